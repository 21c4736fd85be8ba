"""Events of calls on another account's resource: CloudTrail writes them into the trails of both accounts.

In: the event of a call that has come to its end, and the account whose resource it was about. Out: the event with its
copy for that account. The two have ids of their own and share one; the copy tells the caller's account and unique id,
but neither names nor keys of it.

Who is told of a denied call differs: S3 tells the bucket's owner, other services only the caller.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from iamlab.cloud.callers import outsider
from iamlab.cloud.trail import Event

_DENIAL = re.compile(r".*AccessDenied|(?:UnauthorizedOperation|AuthorizationError)$")
_TELLS_OF_DENIALS = frozenset({"s3.amazonaws.com"})
# What sets an ACL. An owner isn't shown it if it names somebody's email address.
_ACL = frozenset(
    {
        "ACL",
        "AccessControlPolicy",
        "GrantFullControl",
        "GrantRead",
        "GrantReadACP",
        "GrantWrite",
        "GrantWriteACP",
    }
)


def share(event: Event, owner: str | None) -> None:
    """Give an event its copy for the account whose resource the call was about, if that is another account.

    An anonymous caller has no account: the event is the owner's alone.

    Args:
        event: with its outcome.
        owner: the account of the resource; None if nothing was decided about any.
    """
    if owner is None:
        return
    event.owner = owner
    if event.caller.type == "Anonymous":
        event.account = owner
    elif event.caller.account is not None and owner != event.account and _told(event):
        # Drawn from the event's own id, so that a call within one account and one across two
        # leave the lab's source of randomness alike.
        drawn = uuid.UUID(event.event_id)
        event.shared_id = str(uuid.uuid5(drawn, "shared"))
        event.copy = replace(
            event,
            caller=outsider(event.caller),
            account=owner,
            event_id=str(uuid.uuid5(drawn, owner)),
            parameters=_shown(event.source, event.parameters),
        )


def views(events: Iterable[Event], account: str) -> Iterable[Event]:
    """The events that stand in an account's trail, as they stand there, in the given order."""
    for event in events:
        if event.account == account:
            yield event
        elif event.copy is not None and event.copy.account == account:
            yield event.copy


def _told(event: Event) -> bool:
    """Whether the owner hears of the call at all."""
    denied = event.error_code is not None and _DENIAL.match(event.error_code) is not None
    return not denied or event.source in _TELLS_OF_DENIALS


def _shown(source: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request's parameters as the owner sees them."""
    acl = {name: value for name, value in parameters.items() if name in _ACL}
    if source != "s3.amazonaws.com" or "emailaddress" not in str(acl).lower():
        return parameters
    return {name: value for name, value in parameters.items() if name not in _ACL}
