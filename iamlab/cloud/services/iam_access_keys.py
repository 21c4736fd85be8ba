"""Access keys of users. Without a user name, the caller's own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import limit_exceeded, no_such_entity, user
from iamlab.cloud.sessions import access_key_id, secret
from iamlab.cloud.state import LabState

KEYS_PER_USER = 2


@operation("iam", "CreateAccessKey")
def create_access_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html"""
    with state.lock:
        record = _whose(call)
        if len(record.access_keys) >= KEYS_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}")
        key = identities.add_access_key(
            call.account, record, access_key_id(state.random, "AKIA", call.account), secret(state.random)
        )
    return {
        "AccessKey": {
            "UserName": record.name,
            "AccessKeyId": key.access_key_id,
            "Status": key.status,
            "SecretAccessKey": key.secret_access_key,
            "CreateDate": key.create_date,
        }
    }


@operation("iam", "ListAccessKeys")
def list_access_keys(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html"""
    record = _whose(call)
    return {
        "AccessKeyMetadata": [
            {
                "UserName": record.name,
                "AccessKeyId": key.access_key_id,
                "Status": key.status,
                "CreateDate": key.create_date,
            }
            for key in list(record.access_keys)
        ],
        "IsTruncated": False,
    }


@operation("iam", "UpdateAccessKey")
def update_access_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html"""
    with state.lock:
        _key(_whose(call), call.params["AccessKeyId"]).status = call.params["Status"]
    return {}


@operation("iam", "DeleteAccessKey")
def delete_access_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html"""
    with state.lock:
        record = _whose(call)
        identities.remove_access_key(call.account, record, _key(record, call.params["AccessKeyId"]))
    return {}


@operation("iam", "GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html"""
    wanted = call.params["AccessKeyId"]
    found = identities.user_key(wanted)
    if found is None or found[0] != call.account:
        raise no_such_entity(f"The Access Key with id {wanted} cannot be found.")
    _, owner, key = found
    used = key.last_used
    answer: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if used is not None:
        answer = {"LastUsedDate": used.timestamp, "ServiceName": used.service, "Region": used.region}
    return {"UserName": owner.name, "AccessKeyLastUsed": answer}


def _whose(call: Call) -> Any:
    name = call.params.get("UserName")
    if name is not None:
        return user(call.account, name)
    if call.caller.type == "User":
        return call.caller.record
    raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")


def _key(record: Any, wanted: str) -> Any:
    for key in record.access_keys:
        if key.access_key_id == wanted:
            return key
    raise no_such_entity(f"The Access Key with id {wanted} cannot be found.")
