"""CloudTrail's event history: the lab's events, looked up as one looks up those of an account.

Management events of the last 90 days, in the account and region of the call, newest first.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.event_resources import listed
from iamlab.cloud.services import operation
from iamlab.cloud.services.moments import moment
from iamlab.cloud.shared_events import views
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import Event

HISTORY = timedelta(days=90)
PAGE = 50

_FIELDS: dict[str, Callable[[Event], str | None]] = {
    "EventId": lambda event: event.event_id,
    "EventName": lambda event: event.name,
    "ReadOnly": lambda event: _word(event.read_only),
    "Username": lambda event: _user_name(event),
    "EventSource": lambda event: event.source,
    "AccessKeyId": lambda event: event.caller.access_key,
}
# Attribute -> which of a resource's type and name it means.
_RESOURCES = {"ResourceType": 0, "ResourceName": 1}


@operation("cloudtrail", "LookupEvents")
def lookup_events(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
    params = call.params
    begin, end = (
        moment(params[name]) if params.get(name) is not None else None for name in ("StartTime", "EndTime")
    )
    if begin is not None and end is not None and begin > end:
        raise AwsError("InvalidTimeRangeException", "Start time must be earlier than or equal to end time.")
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.")
    size = int(params.get("MaxResults") or PAGE)
    if not 1 <= size <= PAGE:
        raise AwsError("InvalidMaxResultsException", f"Max results must be between 1 and {PAGE}.")
    earliest = call.now - HISTORY
    found = [
        event
        for event in views(reversed(list(state.events)), call.account)
        if not event.data_event
        and params.get("EventCategory")
        is None  # the other category is unusual activity: the lab looks for none
        and event.region == call.region
        and earliest <= event.time
        and (begin is None or begin <= event.time)
        and (end is None or event.time <= end)
        and all(_matches(event, attribute) for attribute in attributes)
    ]
    start = _position(params.get("NextToken"), found)
    answer: dict[str, Any] = {"Events": [_shown(event) for event in found[start : start + size]]}
    if start + size < len(found):
        answer["NextToken"] = base64.urlsafe_b64encode(found[start + size].event_id.encode()).decode()
    return answer


def _matches(event: Event, attribute: dict[str, str]) -> bool:
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    if key in _RESOURCES:
        return any(resource[_RESOURCES[key]] == value for resource in _resources(event))
    if key not in _FIELDS:
        raise AwsError("InvalidLookupAttributesException", f"Invalid lookup attribute key: {key}.")
    return _FIELDS[key](event) == value


def _position(token: str | None, found: list[Event]) -> int:
    """Where a page begins: at the event that its token names, so that newer events don't shift it."""
    if token is None:
        return 0
    try:
        wanted = base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        wanted = ""
    for number, event in enumerate(found):
        if event.event_id == wanted:
            return number
    raise AwsError("InvalidNextTokenException", "The token is invalid, or was used with other parameters.")


def _shown(event: Event) -> dict[str, Any]:
    made: dict[str, Any] = {
        "EventId": event.event_id,
        "EventName": event.name,
        "ReadOnly": _word(event.read_only),
        "EventTime": event.time,
        "EventSource": event.source,
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in _resources(event)],
        "CloudTrailEvent": json.dumps(event.record(), separators=(",", ":")),
    }
    if event.caller.access_key is not None:
        made["AccessKeyId"] = event.caller.access_key
    name = _user_name(event)
    if name is not None:
        made["Username"] = name
    return made


def _resources(event: Event) -> tuple[tuple[str, str], ...]:
    return listed(event.source, event.parameters, event.response)


def _user_name(event: Event) -> str | None:
    """The user's name, the session's name of a role, `root`."""
    caller = event.caller
    if caller.type in ("AWSService", "Anonymous", "AWSAccount"):
        return None
    return event.who.rpartition("/")[2]


def _word(value: bool) -> str:
    return "true" if value else "false"
