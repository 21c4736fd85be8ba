"""Bucket, key and topic of a trail, asked and used as the service `cloudtrail.amazonaws.com`.

The policies of bucket, key and topic decide, by the same engine that decides about people's calls. Such a call is ruled
on, not made through the gate: it leaves no event of its own.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from iamlab.cloud.callers import service_principal
from iamlab.cloud.delivery.model import LogTrail
from iamlab.cloud.moto_seam import objects, resources, topics
from iamlab.cloud.ruling import rule
from iamlab.cloud.service_calls import service_call
from iamlab.cloud.state import LabState
from iamlab.engine import Decision

SERVICE = "cloudtrail.amazonaws.com"
_ACL = "bucket-owner-full-control"


def bucket_refusal(trail: LogTrail, state: LabState, now: datetime) -> Decision | None:
    """The decision that keeps CloudTrail from writing to the trail's bucket; None if it may.

    Asked are the two permissions of AWS's own bucket policy: to read the bucket's ACL, and to write files that the
    bucket's owner controls.
    """
    key = f"{trail.folder(trail.region)}/{now:%Y/%m/%d}/"
    for operation, params in (
        ("GetBucketAcl", {"Bucket": trail.bucket}),
        ("PutObject", {"Bucket": trail.bucket, "Key": key, "ACL": _ACL}),
    ):
        refused = _refusal(trail, state, now, "s3", operation, params)
        if refused is not None:
            return refused
    return None


def key_refusal(trail: LogTrail, state: LabState, now: datetime) -> Decision | None:
    """The decision that keeps CloudTrail from encrypting with the trail's key; None if it may, or has none."""
    if trail.key is None:
        return None
    params = {
        "KeyId": trail.key,
        "KeySpec": "AES_256",
        "EncryptionContext": {"aws:cloudtrail:arn": trail.arn},
    }
    return _refusal(trail, state, now, "kms", "GenerateDataKey", params)


def topic_refusal(trail: LogTrail, state: LabState, now: datetime) -> Decision | None:
    """The decision that keeps CloudTrail from publishing to the trail's topic; None if it may, or has none."""
    if trail.topic is None:
        return None
    return _refusal(trail, state, now, "sns", "Publish", {"TopicArn": trail.topic, "Message": ""})


def write(trail: LogTrail, key: str, data: bytes, state: LabState, now: datetime) -> str | None:
    """Put one log file into the trail's bucket.

    Returns:
        S3's error code if it didn't take the file.
    """
    if resources.bucket(trail.bucket) is None:
        return "NoSuchBucket"
    params = {"Bucket": trail.bucket, "Key": key, "ACL": _ACL}
    if _refusal(trail, state, now, "s3", "PutObject", params) is not None:
        return "AccessDenied"
    if key_refusal(trail, state, now) is not None:
        return "AccessDenied"
    objects.put(trail.bucket, key, data, "application/json", "gzip", trail.key)
    return None


def notify(trail: LogTrail, keys: list[str], state: LabState, now: datetime) -> str | None:
    """Tell the trail's topic about new files.

    Returns:
        SNS's error code if it didn't take the message.
    """
    assert trail.topic is not None
    if topic_refusal(trail, state, now) is not None:
        return "AuthorizationError"
    message = json.dumps({"s3Bucket": trail.bucket, "s3ObjectKey": keys}, separators=(",", ":"))
    return None if topics.publish(trail.topic, message) else "NotFound"


def _refusal(
    trail: LogTrail, state: LabState, now: datetime, service: str, operation: str, params: dict[str, Any]
) -> Decision | None:
    call = service_call(state, service_principal(SERVICE), service, operation, now, **params)
    source = {"aws:SourceArn": trail.arn, "aws:SourceAccount": trail.account}
    # The first check is the operation itself. The files' ACL gives the bucket's owner what it has anyway: AWS's own
    # bucket policy lets CloudTrail set it without s3:PutObjectAcl.
    _, decision = rule(call, state, source).made[0]
    return None if decision.allowed else decision
