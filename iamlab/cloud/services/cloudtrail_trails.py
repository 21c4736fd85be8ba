"""CloudTrail's trails: making, changing and ending them, starting and stopping them, and how their delivery goes.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.delivery.destinations import bucket_refusal, key_refusal, topic_refusal
from iamlab.cloud.delivery.model import PER_REGION, LogTrail
from iamlab.cloud.delivery.recorder import recorder_of, trails_of
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources, topics
from iamlab.cloud.services import operation
from iamlab.cloud.services.cloudtrail_names import check_name, check_tags, find
from iamlab.cloud.state import Decided, LabState
from iamlab.engine import Decision

_LONGEST_PREFIX = 200
_MOST_NAMED = 20


@operation("cloudtrail", "CreateTrail")
def create_trail(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html"""
    params = call.params
    name = str(params["Name"])
    check_name(name)
    trail = LogTrail(name, call.account, call.region, str(params["S3BucketName"]))
    trail.tags = check_tags(params.get("TagsList") or ())
    _take(trail, call)
    with state.lock:
        known = [other for other in trails_of(state) if other.account == call.account]
        if any(other.name == name and other.seen_in(call.region) for other in known):
            raise AwsError(
                "TrailAlreadyExistsException", f"Trail {name} already exists for customer: {call.account}"
            )
        _check_room(trail, known)
        _check_destinations(trail, call, state)
        recorder_of(state).trails[trail.arn] = trail
    return trail.settings()


@operation("cloudtrail", "UpdateTrail")
def update_trail(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_UpdateTrail.html"""
    with state.lock:
        trail = find(call, state, str(call.params["Name"]), at_home=True)
        changed = replace(trail)
        if call.params.get("S3BucketName"):
            changed.bucket = str(call.params["S3BucketName"])
        _take(changed, call)
        if changed.multi_region and not trail.multi_region:
            others = [t for t in trails_of(state) if t.account == call.account and t is not trail]
            _check_room(changed, others)
        _check_destinations(changed, call, state)
        if changed.bucket != trail.bucket:
            changed.retry_at = None  # the new bucket may do what the old one didn't
        recorder_of(state).trails[trail.arn] = changed
    return changed.settings()


@operation("cloudtrail", "DeleteTrail")
def delete_trail(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteTrail.html"""
    with state.lock:
        trail = find(call, state, str(call.params["Name"]), at_home=True)
        recorder = recorder_of(state)
        recorder.deliver(trail, call.now, all_of_it=True)
        del recorder.trails[trail.arn]
        if not recorder.trails:
            state.recorder = None
    return {}


@operation("cloudtrail", "StartLogging")
def start_logging(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html"""
    with state.lock:
        trail = find(call, state, str(call.params["Name"]), at_home=True)
        if not trail.logging:
            trail.started, trail.stopped = call.now, None
    return {}


@operation("cloudtrail", "StopLogging")
def stop_logging(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html"""
    with state.lock:
        trail = find(call, state, str(call.params["Name"]), at_home=True)
        if trail.logging:
            trail.stopped = call.now
    return {}


@operation("cloudtrail", "GetTrail")
def get_trail(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrail.html"""
    return {"Trail": find(call, state, str(call.params["Name"])).description()}


@operation("cloudtrail", "DescribeTrails")
def describe_trails(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html"""
    names = call.params.get("trailNameList") or ()
    if len(names) > _MOST_NAMED:
        raise AwsError(
            "InvalidParameterException", f"You can specify at most {_MOST_NAMED} trail names or ARNs."
        )
    for name in names:
        if not name.startswith("arn:"):
            check_name(name)
    shadows = call.params.get("includeShadowTrails", True)
    found = [
        trail
        for trail in trails_of(state)
        if trail.account == call.account
        and (trail.region == call.region or (shadows and trail.multi_region))
        and (not names or trail.arn in names or (trail.region == call.region and trail.name in names))
    ]
    return {"trailList": [trail.description() for trail in found]}


@operation("cloudtrail", "ListTrails")
def list_trails(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListTrails.html"""
    return {
        "Trails": [
            {"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.region}
            for trail in trails_of(state)
            if trail.account == call.account
        ]
    }


@operation("cloudtrail", "GetTrailStatus")
def get_trail_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetTrailStatus.html"""
    trail = find(call, state, str(call.params["Name"]))
    succeeded = trail.delivered if trail.error is None else None
    told = trail.notified if trail.notification_error is None else None
    moments = {
        "LatestDeliveryTime": trail.delivered,
        "LatestNotificationTime": trail.notified,
        "StartLoggingTime": trail.started,
        "StopLoggingTime": trail.stopped,
        "LatestDeliveryError": trail.error,
        "LatestNotificationError": trail.notification_error,
    }
    return {
        "IsLogging": trail.logging,
        "LatestDeliveryAttemptTime": _stamp(trail.attempted),
        "LatestNotificationAttemptTime": _stamp(trail.notified),
        "LatestNotificationAttemptSucceeded": _stamp(told),
        "LatestDeliveryAttemptSucceeded": _stamp(succeeded),
        "TimeLoggingStarted": _stamp(trail.started),
        "TimeLoggingStopped": _stamp(trail.stopped),
        **{name: value for name, value in moments.items() if value is not None},
    }


# ------------------------------------------------------------------ what a trail may be
def _take(trail: LogTrail, call: Call) -> None:
    """Put a request's settings into a trail, those that it names."""
    params = call.params
    for parameter, attribute in _SETTINGS.items():
        if params.get(parameter) is not None:
            setattr(trail, attribute, params[parameter])
    if trail.multi_region and not trail.global_events:
        raise AwsError(
            "InvalidParameterCombinationException", "Multi-Region trail must include global service events."
        )
    if params.get("IsOrganizationTrail"):
        raise AwsError("UnsupportedOperationException", "The lab has no trails for a whole organization.")
    if params.get("CloudWatchLogsLogGroupArn") or params.get("CloudWatchLogsRoleArn"):
        raise AwsError(
            "CloudWatchLogsDeliveryUnavailableException",
            "Cannot set a CloudWatch Logs delivery for this Region.",
        )
    if trail.prefix is not None and len(trail.prefix) > _LONGEST_PREFIX:
        raise AwsError(
            "InvalidS3PrefixException",
            f"S3 prefix is longer than maximum length: {_LONGEST_PREFIX}. Prefix length: {len(trail.prefix)}",
        )
    if resources.bucket(trail.bucket) is None:
        raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {trail.bucket} does not exist!")
    if params.get("SnsTopicName"):
        trail.topic = _topic_arn(call, str(params["SnsTopicName"]))
    if params.get("KmsKeyId"):
        trail.key = _key_arn(call, str(params["KmsKeyId"]))


_SETTINGS = {
    "S3KeyPrefix": "prefix",
    "IncludeGlobalServiceEvents": "global_events",
    "IsMultiRegionTrail": "multi_region",
    "EnableLogFileValidation": "validation",
    "RecursiveLogging": "recursive",
}


def _topic_arn(call: Call, name: str) -> str:
    if name.endswith(".fifo"):
        raise AwsError("InvalidSnsTopicNameException", f"SNS Topic name is not valid: {name}")
    if name.startswith("arn:"):
        return name
    return f"arn:{resources.partition_of(call.region)}:sns:{call.region}:{call.account}:{name}"


def _key_arn(call: Call, key_id: str) -> str:
    region, account = call.region, call.account
    if key_id.startswith("arn:"):
        parts = key_id.split(":")
        if len(parts) < 6:
            raise AwsError("InvalidKmsKeyIdException", f"KMS key ID is not valid: {key_id}")
        region, account = parts[3], parts[4]
    key = resources.kms_key(account, region, key_id)
    if key is None:
        raise AwsError("KmsKeyNotFoundException", f"KMS key not found: {key_id}")
    return str(key.arn)


def _check_room(trail: LogTrail, others: list[LogTrail]) -> None:
    """Five trails in each Region; one for all Regions counts in each."""
    regions = {trail.region} | ({other.region for other in others} if trail.multi_region else set())
    for region in sorted(regions, key=lambda region: region != trail.region):
        if sum(other.seen_in(region) for other in others) >= PER_REGION:
            raise AwsError(
                "MaximumNumberOfTrailsExceededException",
                f"User: {trail.account} already has {PER_REGION} trails in {region}.",
            )


def _check_destinations(trail: LogTrail, call: Call, state: LabState) -> None:
    refused = bucket_refusal(trail, state, call.now)
    if refused is not None:
        _remember(refused, call, state, "s3")
        raise AwsError(
            "InsufficientS3BucketPolicyException",
            f"Incorrect S3 bucket policy is detected for bucket: {trail.bucket}",
        )
    refused = key_refusal(trail, state, call.now)
    if refused is not None:
        _remember(refused, call, state, "kms")
        raise AwsError(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket {trail.bucket} or KMS key {trail.key}.",
        )
    if trail.topic is None:
        return
    refused = topic_refusal(trail, state, call.now) if topics.exists(trail.topic) else None
    if refused is not None:
        _remember(refused, call, state, "sns")
    if refused is not None or not topics.exists(trail.topic):
        raise AwsError(
            "InsufficientSnsTopicPolicyException",
            "SNS Topic does not exist or the topic policy is incorrect!",
        )


def _remember(refused: Decision, call: Call, state: LabState, service: str) -> None:
    """`lab.why(error)` shall show what the bucket's policy said to CloudTrail, not that the caller may make trails."""
    action = refused.request.action.partition(":")[2]
    state.decisions.append(Decided(call.request_id, service, action, refused, (refused,)))


def _stamp(when: datetime | None) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if when is not None else ""
