"""Which resources a management event is about.

A record of STS, KMS and S3 has them under `resources`, with their ARNs; CloudTrail's event history lists those of more
services, by name, unique id or ARN, whatever the call and its answer have of them.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Resource.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iamlab.cloud.data_events import Resource
from iamlab.cloud.moto_seam.resources import partition_of

_ROLE, _KEY, _BUCKET = "AWS::IAM::Role", "AWS::KMS::Key", "AWS::S3::Bucket"
_SESSION, _TRAIL = "AWS::STS::AssumedRole", "AWS::CloudTrail::Trail"
_NAMING = frozenset({"kms.amazonaws.com", "s3.amazonaws.com", "sts.amazonaws.com"})
"""Services whose records name resources."""


def _iam(kind: str) -> dict[str, str]:
    """How one kind of IAM's entities is named: by name and id anywhere, by ARN in its own structure."""
    return {
        f"{kind}Name": f"AWS::IAM::{kind}",
        f"{kind}Id": f"AWS::IAM::{kind}",
        f"{kind}.Arn": f"AWS::IAM::{kind}",
    }


# service -> member, or structure and member -> type of resource
_NAMED: Mapping[str, Mapping[str, str]] = {
    "iam": {
        **_iam("User"),
        **_iam("Group"),
        **_iam("Role"),
        **_iam("InstanceProfile"),
        "Policy.PolicyName": "AWS::IAM::Policy",
        "Policy.PolicyId": "AWS::IAM::Policy",
        "Policy.Arn": "AWS::IAM::Policy",
        "PolicyArn": "AWS::IAM::Policy",
        "AccessKeyId": "AWS::IAM::AccessKey",
        "SerialNumber": "AWS::IAM::MFADevice",
        "SAMLProviderArn": "AWS::IAM::SAMLProvider",
        "ServerCertificateName": "AWS::IAM::ServerCertificate",
    },
    "sts": {
        "RoleArn": _ROLE,
        "Credentials.AccessKeyId": "AWS::IAM::AccessKey",
        "AssumedRoleUser.AssumedRoleId": _SESSION,
        "AssumedRoleUser.Arn": _SESSION,
    },
    "kms": {"KeyId": _KEY, "KeyMetadata.Arn": _KEY},
    "s3": {"Bucket": _BUCKET},
    "cloudtrail": {"Name": _TRAIL, "TrailName": _TRAIL, "TrailARN": _TRAIL, "S3BucketName": _BUCKET},
    "dynamodb": {"TableName": "AWS::DynamoDB::Table"},
    "lambda": {"FunctionName": "AWS::Lambda::Function"},
}


def listed(
    source: str, parameters: Mapping[str, Any], answer: Mapping[str, Any] | None
) -> tuple[tuple[str, str], ...]:
    """Type and name of each resource that the event history lists with an event.

    Args:
        source: `iam.amazonaws.com`.
        parameters: the request's, as the trail keeps them.
        answer: the answer's members, of a call that changed something.
    """
    named = _NAMED.get(source.partition(".")[0])
    if named is None:
        return ()
    return tuple(dict.fromkeys((*_found(named, parameters, ""), *_found(named, answer or {}, ""))))


def _found(named: Mapping[str, str], values: Mapping[str, Any], structure: str) -> Iterator[tuple[str, str]]:
    for member, value in values.items():
        if isinstance(value, Mapping):
            yield from _found(named, value, f"{member}.")
        elif isinstance(value, str):
            kind = named.get(structure + member) or named.get(member)
            if kind is not None:
                yield kind, value


def about(
    source: str, parameters: Mapping[str, Any], answer: Mapping[str, Any] | None, region: str, owner: str
) -> tuple[Resource, ...]:
    """Type and ARN of each resource in the record of a management event.

    Args:
        source: `kms.amazonaws.com`.
        parameters: the request's, as the trail keeps them.
        answer: the answer's members, of a call that changed something.
        region: the event's.
        owner: the account of the resources.
    """
    if source not in _NAMING:
        return ()
    partition = partition_of(region)
    found = []
    for kind, name in listed(source, parameters, answer):
        if kind == _BUCKET and not name.startswith("arn:"):
            found.append((kind, f"arn:{partition}:s3:::{name}"))
        elif kind == _KEY and not name.startswith(("arn:", "alias/")):
            found.append((kind, f"arn:{partition}:kms:{region}:{owner}:key/{name}"))
        elif (kind == _KEY and ":key/" in name) or kind == _ROLE:
            found.append((kind, name))
    return tuple(dict.fromkeys(found))
