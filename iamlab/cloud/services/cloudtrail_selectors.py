"""Which events a trail logs: event selectors, advanced ones, insights; and its tags.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.data_events import FUNCTION, S3_OBJECT, TABLE
from iamlab.cloud.delivery.model import EVERYTHING, LogTrail
from iamlab.cloud.delivery.recorder import trails_of
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import operation
from iamlab.cloud.services.cloudtrail_names import check_tags, find
from iamlab.cloud.state import LabState

MOST_SELECTORS, MOST_RESOURCES, MOST_VALUES = 5, 250, 500

Selector = dict[str, Any]
Selectors = tuple[Mapping[str, Any], ...]

# Type → what its values may look like: everything, or one thing. For S3, a bucket with a slash, or a prefix in it.
_VALUES: Mapping[str, re.Pattern[str]] = {
    S3_OBJECT: re.compile(r"arn:aws[\w-]*:s3(:::)?|arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]/.*"),
    FUNCTION: re.compile(r"arn:aws[\w-]*:lambda|arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+"),
    TABLE: re.compile(
        r"arn:aws[\w-]*:dynamodb|arn:aws[\w-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[\w.-]+(/stream/\S+)?"
    ),
}
_EXCLUDABLE = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
_CATEGORIES = frozenset({"Management", "Data", "NetworkActivity"})
_OPERATORS = frozenset({"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"})
_EXACT = frozenset({"eventCategory", "readOnly", "resources.type"})
_COMMON = frozenset(
    {
        "eventCategory",
        "eventName",
        "eventSource",
        "eventType",
        "readOnly",
        "sessionCredentialFromConsole",
        "userIdentity.arn",
    }
)
_FIELDS: Mapping[str, frozenset[str]] = {
    "Management": _COMMON,
    "Data": _COMMON | {"resources.type", "resources.ARN"},
    "NetworkActivity": frozenset(
        {"eventCategory", "eventName", "eventSource", "errorCode", "vpcEndpointId", "userIdentity.arn"}
    ),
}
_INSIGHTS = frozenset({"ApiCallRateInsight", "ApiErrorRateInsight"})


@operation("cloudtrail", "PutEventSelectors")
def put_event_selectors(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html"""
    trail = find(call, state, str(call.params["TrailName"]), at_home=True)
    basic, advanced = call.params.get("EventSelectors"), call.params.get("AdvancedEventSelectors")
    if basic and advanced:
        raise _invalid("EventSelectors and AdvancedEventSelectors can't be used together.")
    if not basic and not advanced:
        raise _invalid(f"Specify a valid number of selectors (1 to {MOST_SELECTORS}) for your trail.")
    made = _basic(basic) if basic else EVERYTHING
    kept = _advanced(advanced) if advanced else ()
    with state.lock:
        trail.event_selectors, trail.advanced_selectors = made, kept
    return _shown(trail)


@operation("cloudtrail", "GetEventSelectors")
def get_event_selectors(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html"""
    return _shown(find(call, state, str(call.params["TrailName"])))


@operation("cloudtrail", "PutInsightSelectors")
def put_insight_selectors(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html"""
    trail = find(call, state, _trail_name(call), at_home=True)
    selectors = tuple(call.params["InsightSelectors"])
    for selector in selectors:
        if selector.get("InsightType") not in _INSIGHTS:
            raise AwsError(
                "InvalidInsightSelectorsException", f"Invalid insight type: {selector.get('InsightType')}"
            )
    with state.lock:
        trail.insights = selectors
    return {"TrailARN": trail.arn, "InsightSelectors": list(selectors)}


@operation("cloudtrail", "GetInsightSelectors")
def get_insight_selectors(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetInsightSelectors.html"""
    trail = find(call, state, _trail_name(call))
    if not trail.insights:
        raise AwsError("InsightNotEnabledException", f"Trail {trail.arn} does not have Insights enabled.")
    return {"TrailARN": trail.arn, "InsightSelectors": list(trail.insights)}


# ------------------------------------------------------------------ tags
@operation("cloudtrail", "AddTags")
def add_tags(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AddTags.html"""
    with state.lock:
        trail = _tagged(call, state, str(call.params["ResourceId"]))
        trail.tags = check_tags(call.params["TagsList"], trail.tags)
    return {}


@operation("cloudtrail", "RemoveTags")
def remove_tags(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_RemoveTags.html"""
    with state.lock:
        trail = _tagged(call, state, str(call.params["ResourceId"]))
        for tag in call.params["TagsList"]:
            trail.tags.pop(tag["Key"], None)
    return {}


@operation("cloudtrail", "ListTags")
def list_tags(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTags.html"""
    return {
        "ResourceTagList": [
            {
                "ResourceId": arn,
                "TagsList": [
                    {"Key": key, "Value": value} for key, value in _tagged(call, state, arn).tags.items()
                ],
            }
            for arn in call.params["ResourceIdList"]
        ]
    }


def _tagged(call: Call, state: LabState, arn: str) -> LogTrail:
    if not arn.startswith("arn:"):
        raise AwsError("CloudTrailARNInvalidException", f"Invalid Trail ARN: {arn}.")
    for trail in trails_of(state):
        if trail.account == call.account and trail.arn == arn:
            return trail
    raise AwsError("ResourceNotFoundException", f"Resource not found: {arn}")


# ------------------------------------------------------------------ rules
def _trail_name(call: Call) -> str:
    name = call.params.get("TrailName")
    if call.params.get("EventDataStore"):
        raise AwsError("UnsupportedOperationException", "The lab has no event data stores.")
    if not name:
        raise AwsError("InvalidParameterCombinationException", "TrailName or EventDataStore must be given.")
    return str(name)


def _basic(selectors: list[Selector]) -> Selectors:
    """Selectors as AWS keeps them, with what the request left out."""
    if len(selectors) > MOST_SELECTORS:
        raise _invalid(f"Specify a valid number of selectors (1 to {MOST_SELECTORS}) for your trail.")
    made = []
    for selector in selectors:
        kind = selector.get("ReadWriteType") or "All"
        if kind not in ("ReadOnly", "WriteOnly", "All"):
            raise _invalid(f"Value {kind} for ReadWriteType is invalid.")
        excluded = list(selector.get("ExcludeManagementEventSources") or ())
        for source in excluded:
            if source not in _EXCLUDABLE:
                raise _invalid(f"Value {source} for ExcludeManagementEventSources is invalid.")
        made.append(
            {
                "ReadWriteType": kind,
                "IncludeManagementEvents": selector.get("IncludeManagementEvents", True),
                "DataResources": list(_data_resources(selector)),
                "ExcludeManagementEventSources": excluded,
            }
        )
    if (
        sum(len(resource["Values"]) for selector in made for resource in selector["DataResources"])
        > MOST_RESOURCES
    ):
        raise _invalid(
            f"Specify a valid number of DataResources.Values (0 to {MOST_RESOURCES}) for all your selectors."
        )
    return tuple(made)


def _data_resources(selector: Selector) -> Iterator[Selector]:
    for resource in selector.get("DataResources") or ():
        kind = resource.get("Type")
        if kind not in _VALUES:
            raise _invalid(f"Value {kind} for DataResources.Type is invalid.")
        values = list(resource.get("Values") or ())
        for value in values:
            if _VALUES[kind].fullmatch(value) is None or value.endswith("*"):
                raise _invalid(f"Value {value} for DataResources.Values is invalid.")
        yield {"Type": kind, "Values": values}


def _advanced(selectors: list[Selector]) -> Selectors:
    count = 0
    for selector in selectors:
        conditions = {condition["Field"]: condition for condition in selector["FieldSelectors"]}
        category = (conditions.get("eventCategory", {}).get("Equals") or [""])[0]
        if category not in _CATEGORIES:
            raise _invalid("Each advanced event selector needs the field eventCategory, with a valid value.")
        if category == "Data" and len(conditions.get("resources.type", {}).get("Equals") or ()) != 1:
            raise _invalid("Advanced event selectors for data events need one value for resources.type.")
        for field, condition in conditions.items():
            used = _OPERATORS & {name for name, values in condition.items() if values}
            if field not in _FIELDS[category]:
                raise _invalid(f"Field {field} is not valid for {category} events.")
            if not used or (field in _EXACT and used != {"Equals"}):
                raise _invalid(f"Field {field} does not have a valid operator.")
            count += sum(len(condition[name]) for name in used)
    if count > MOST_VALUES:
        raise _invalid(f"The number of values of all advanced event selectors exceeds {MOST_VALUES}.")
    return tuple(selectors)


def _shown(trail: LogTrail) -> dict[str, Any]:
    if trail.advanced_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": list(trail.advanced_selectors)}
    return {"TrailARN": trail.arn, "EventSelectors": list(trail.event_selectors)}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidEventSelectorsException", message)
