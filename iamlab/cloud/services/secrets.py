"""Secrets: their names, and what can be done to one that is about to be deleted.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
"""

from __future__ import annotations

import re
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.services import guard, operation
from iamlab.cloud.state import LabState

_NAME = re.compile(r"[\w/+=.@!-]+", re.ASCII)
_NOT_OF_DELETED = (
    "DeleteResourcePolicy",
    "GetResourcePolicy",
    "GetSecretValue",
    "PutResourcePolicy",
    "PutSecretValue",
    "RotateSecret",
    "TagResource",
    "UntagResource",
    "UpdateSecret",
    "UpdateSecretVersionStage",
)
_MARKED = "You can't perform this operation on the secret because it was marked for deletion."
_USUAL_STAGE = "AWSCURRENT"
_DEFAULT_KEY = "DefaultEncryptionKey"


@guard("secretsmanager", "CreateSecret")
def name_can_be_given(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""
    name = str(call.params["Name"])
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
            "-/_+=.@!",
        )
    found = named(call, name)
    if found is not None and found.deleted_date is not None:
        raise AwsError(
            "InvalidRequestException",
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        )


@guard("secretsmanager", "CreateSecret", "PutSecretValue", "UpdateSecret")
def value_is_text_or_bytes(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    if call.params.get("SecretString") and call.params.get("SecretBinary"):
        raise AwsError(
            "InvalidParameterException",
            "You can't specify both a binary secret value and a string secret value in the same secret.",
        )


@guard("secretsmanager", "BatchGetSecretValue", "ListSecrets")
def token_is_one_of_ours(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html, InvalidNextToken"""
    if not str(call.params.get("NextToken") or "0").isdigit():
        raise AwsError("InvalidNextTokenException", "The NextToken value is invalid.")


@guard("secretsmanager", *_NOT_OF_DELETED)
def secret_is_not_deleted(call: Call, state: LabState) -> None:
    """What isn't for a secret that waits for its deletion."""
    found = named(call, str(call.params["SecretId"]))
    if found is not None and getattr(found, "deleted_date", None) is not None:
        raise AwsError("InvalidRequestException", _MARKED)


@guard("secretsmanager", "GetSecretValue")
def version_is_there(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""
    found, params = named(call, str(call.params["SecretId"])), call.params
    if found is None or params.get("VersionId"):
        return
    stage = str(params.get("VersionStage") or _USUAL_STAGE)
    stages = [name for version in found.versions.values() for name in version.get("version_stages") or ()]
    if stage not in stages:
        raise AwsError(
            "ResourceNotFoundException",
            f"Secrets Manager can't find the specified secret value for staging label: {stage}",
        )


@guard("secretsmanager", "DeleteSecret")
def deletion_is_clear(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html"""
    days, force = call.params.get("RecoveryWindowInDays"), call.params.get("ForceDeleteWithoutRecovery")
    if days is not None and force:
        raise AwsError(
            "InvalidParameterException",
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )
    if days is not None and not 7 <= days <= 30:
        raise AwsError(
            "InvalidParameterException",
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        )
    found = named(call, str(call.params["SecretId"]))
    if found is not None and not force and getattr(found, "deleted_date", None) is not None:
        raise AwsError("InvalidRequestException", _MARKED)


@operation("secretsmanager", "ListSecretVersionIds")
def list_secret_version_ids(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html"""
    found = named(call, str(call.params["SecretId"]))
    if found is None:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    versions = [
        {
            "VersionId": version,
            "VersionStages": list(facts["version_stages"]),
            "CreatedDate": facts["createdate"],
            "KmsKeyIds": [found.kms_key_id or _DEFAULT_KEY],
        }
        for version, facts in found.versions.items()
        if facts.get("version_stages")
    ]
    return {"Versions": versions, "ARN": found.arn, "Name": found.name}


def named(call: Call, secret: str) -> Any | None:
    """moto's record of a secret that a call names by name or ARN, of whatever account; None if there is none."""
    parts = secret.split(":")
    account, region = (parts[4], parts[3]) if len(parts) >= 7 else (call.account, call.region)
    return resources.secret(account, region, secret)
