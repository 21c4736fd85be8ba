"""AWS managed keys: those with which a service encrypts for an account that names no key of its own.

Such a key comes into being at its first use. Its policy lets everybody of the account use it, through that service
alone, and nobody can change it.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.moto_seam import keys, resources


@dataclass(frozen=True, slots=True)
class _Managed:
    """What tells one service's key from another's."""

    id: str
    name: str
    full_name: str
    purpose: str
    actions: tuple[str, ...]


_USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
_LEND = (*_USE[:-1], "kms:CreateGrant", "kms:DescribeKey")
_MANAGED = {
    "s3": _Managed("auto-s3-2", "S3", "S3", "S3 objects", _USE),
    "secretsmanager": _Managed(
        "auto-secretsmanager-2", "AWS Secrets Manager", "AWS Secrets Manager", "Secrets Manager data", _LEND
    ),
    "sns": _Managed("auto-sns-1", "SNS", "SNS", "SNS data", _LEND),
    "sqs": _Managed("auto-sqs-1", "SQS", "Simple Queue Service (SQS)", "SQS messages", _LEND),
    "ssm": _Managed("auto-ssm-1", "SSM", "SSM", "SSM parameters", _LEND),
}
_ALIAS = "alias/aws/"


def alias_of(service: str) -> str:
    """The alias of a service's key."""
    return f"{_ALIAS}{service}"


def policy_text(service: str, account: str, region: str) -> str:
    """The policy of a service's key."""
    managed = _MANAGED[service]
    through = {"kms:CallerAccount": account, "kms:ViaService": via(service, region)}
    root = f"arn:{resources.partition_of(region)}:iam::{account}:root"
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Id": managed.id,
            "Statement": [
                {
                    "Sid": f"Allow access through {managed.full_name} for all principals in the account that are "
                    f"authorized to use {managed.name}",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": list(managed.actions),
                    "Resource": "*",
                    "Condition": {"StringEquals": through},
                },
                {
                    "Sid": "Allow direct access to key metadata to the account",
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
                    "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
                    "Resource": "*",
                },
            ],
        },
        indent=2,
    )


def via(service: str, region: str) -> str:
    """A service as `kms:ViaService` names it.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    suffix = ".cn" if resources.partition_of(region) == "aws-cn" else ""
    return f"{service}.{region}.amazonaws.com{suffix}"


def service_of(name: str) -> str | None:
    """The service whose key an alias (or its ARN) names; None for all other names of keys."""
    alias = name.split(":", 5)[-1]
    service = alias.removeprefix(_ALIAS)
    return service if alias.startswith(_ALIAS) and service in _MANAGED else None


def make(service: str, account: str, region: str) -> Any:
    """The key of a service, made if it isn't there."""
    found = resources.kms_key(account, region, alias_of(service))
    if found is not None:
        return found
    description = f"Default key that protects my {_MANAGED[service].purpose} when no other key is defined"
    return keys.make_managed(
        account, region, alias_of(service), policy_text(service, account, region), description
    )
