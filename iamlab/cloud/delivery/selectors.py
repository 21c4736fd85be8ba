"""Which events a trail wants.

In: a trail and an event. Out: yes or no. Basic selectors tell management events from data events on named resources;
advanced ones compare fields of the record.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_EventSelector.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from iamlab.cloud.data_events import S3_OBJECT
from iamlab.cloud.delivery.model import LogTrail
from iamlab.cloud.trail import Event

# Services without a Region of their own. STS is one of them only at its global endpoint, which nothing here asks for.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html#cloudtrail-concepts-global-service-events
_GLOBAL = frozenset(
    f"{name}.amazonaws.com" for name in ("iam", "cloudfront", "route53", "organizations", "signin")
)


def wants(trail: LogTrail, event: Event) -> bool:
    """Whether a trail's files get an event.

    Args:
        event: with its outcome, as it stands in the lab's trail.
    """
    if event.account != trail.account or not trail.records(event.time) or not trail.seen_in(event.region):
        return False
    if event.source in _GLOBAL and not trail.global_events:
        return False
    if trail.advanced_selectors:
        fields = _fields(event)
        return any(_advanced(selector, fields) for selector in trail.advanced_selectors)
    return any(_basic(selector, event) for selector in trail.event_selectors)


def _basic(selector: Mapping[str, Any], event: Event) -> bool:
    kind = selector["ReadWriteType"]
    if kind != "All" and (kind == "ReadOnly") is not event.read_only:
        return False
    if not event.data_event:
        return (
            bool(selector["IncludeManagementEvents"])
            and event.source not in selector["ExcludeManagementEventSources"]
        )
    found = event.resources
    return any(
        wanted["Type"] == kind and _names(kind, str(value), arn)
        for wanted in selector["DataResources"]
        for value in wanted["Values"]
        for kind, arn in found
    )


def _names(kind: str, value: str, arn: str) -> bool:
    """`arn:aws:s3` and its like mean all; buckets' ARNs are beginnings, those of tables and functions exact."""
    if value.count(":") <= 2 or value.endswith(":::"):
        return arn.startswith(value)
    return arn.startswith(value) if kind == S3_OBJECT else arn == value


def _fields(event: Event) -> Mapping[str, tuple[str, ...]]:
    record = event.record()
    found: dict[str, tuple[str, ...]] = {
        name: (str(record[name]),)
        for name in ("eventCategory", "eventSource", "eventName", "eventType", "errorCode")
        if name in record
    }
    found["readOnly"] = ("true" if event.read_only else "false",)
    found["sessionCredentialFromConsole"] = (record.get("sessionCredentialFromConsole", "false"),)
    arn = record["userIdentity"].get("arn")
    if arn:
        found["userIdentity.arn"] = (arn,)
    found["resources.type"] = tuple(kind for kind, _ in event.resources)
    found["resources.ARN"] = tuple(arn for _, arn in event.resources)
    return found


def _advanced(selector: Mapping[str, Any], fields: Mapping[str, tuple[str, ...]]) -> bool:
    """All fields have to fit, and all operators of each."""
    return all(
        _fits(condition, fields.get(condition["Field"], ())) for condition in selector["FieldSelectors"]
    )


_OPERATORS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "Equals": (str.__eq__, True),
    "StartsWith": (str.startswith, True),
    "EndsWith": (str.endswith, True),
    "NotEquals": (str.__eq__, False),
    "NotStartsWith": (str.startswith, False),
    "NotEndsWith": (str.endswith, False),
}


def _fits(condition: Mapping[str, Any], values: tuple[str, ...]) -> bool:
    for name, (compare, wanted) in _OPERATORS.items():
        named = condition.get(name)
        if named and any(compare(value, each) for value in values for each in named) is not wanted:
            return False
    return True
