"""Access keys of users and of the root user. Without a user name, the caller's own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_holders import requested_status, user_or_root
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import limit_exceeded, no_such_entity
from iamlab.cloud.sessions import access_key_id, secret
from iamlab.cloud.state import LabState, RootKey

KEYS_PER_USER = 2


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of a key, whether a user's or the root user's."""

    key_id: str
    status: str
    created: datetime | None
    last_used: tuple[datetime, str, str] | None
    """When, for which service and in which region."""


@operation("iam", "CreateAccessKey")
def create_access_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html"""
    with state.lock:
        user = user_or_root(call)
        if len(keys_of(call.account, user, state)) >= KEYS_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for AccessKeysPerUser: {KEYS_PER_USER}")
        key_id, plain = access_key_id(state.random, "AKIA", call.account), secret(state.random)
        if user is None:
            state.root_keys[key_id] = RootKey(key_id, plain, call.account, created=call.now)
            created = call.now
        else:
            created = identities.add_access_key(call.account, user, key_id, plain).create_date
    return {
        "AccessKey": _named(user)
        | {"AccessKeyId": key_id, "Status": "Active", "SecretAccessKey": plain, "CreateDate": created}
    }


@operation("iam", "ListAccessKeys")
def list_access_keys(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html"""
    user = user_or_root(call)
    shown, truncation = page(call, keys_of(call.account, user, state), lambda key: key.key_id)
    listed = [
        _named(user) | {"AccessKeyId": key.key_id, "Status": key.status, "CreateDate": key.created}
        for key in shown
    ]
    return {"AccessKeyMetadata": listed, **truncation}


@operation("iam", "UpdateAccessKey")
def update_access_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html"""
    status = requested_status(call)
    with state.lock:
        _record(call, user_or_root(call), state).status = status
    return {}


@operation("iam", "DeleteAccessKey")
def delete_access_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccessKey.html"""
    with state.lock:
        user = user_or_root(call)
        key = _record(call, user, state)
        if user is None:
            del state.root_keys[key.access_key_id]
        else:
            identities.remove_access_key(call.account, user, key)
    return {}


@operation("iam", "GetAccessKeyLastUsed")
def get_access_key_last_used(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html

    A key that isn't the account's is nobody's to ask about: IAM doesn't say whether there is one.
    """
    wanted = call.params["AccessKeyId"]
    root = state.root_keys.get(wanted)
    found = identities.user_key(wanted)
    if root is not None and root.account == call.account:
        user, key = None, _of_root(root)
    elif found is not None and found[0] == call.account:
        user, key = found[1], _of_user(found[2])
    else:
        raise AwsError(
            "AccessDenied",
            f"User: {call.caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed "
            f"on resource: access key {wanted}",
            403,
        )
    used: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if key.last_used is not None:
        used = dict(zip(("LastUsedDate", "ServiceName", "Region"), key.last_used, strict=True))
    return _named(user) | {"AccessKeyLastUsed": used}


def keys_of(account: str, user: Any | None, state: LabState) -> list[KeyFacts]:
    """The keys of a user, or of the account's root user (None), oldest first."""
    if user is not None:
        return [_of_user(key) for key in list(user.access_keys)]
    return [_of_root(key) for key in _root_keys(account, state)]


def _root_keys(account: str, state: LabState) -> list[RootKey]:
    return [key for key in list(state.root_keys.values()) if key.account == account]


def _of_root(key: RootKey) -> KeyFacts:
    return KeyFacts(key.access_key_id, key.status, key.created, key.last_used)


def _of_user(key: Any) -> KeyFacts:
    used = key.last_used
    last = (used.timestamp, used.service, used.region) if used is not None else None
    return KeyFacts(key.access_key_id, key.status, key.create_date, last)


def _record(call: Call, user: Any | None, state: LabState) -> Any:
    wanted = call.params["AccessKeyId"]
    keys: Iterable[Any] = user.access_keys if user is not None else _root_keys(call.account, state)
    for key in keys:
        if key.access_key_id == wanted:
            return key
    raise _no_such_key(wanted)


def _no_such_key(wanted: str) -> Exception:
    return no_such_entity(f"The Access Key with id {wanted} cannot be found.")


def _named(user: Any | None) -> dict[str, Any]:
    """The root user has no name to show."""
    return {} if user is None else {"UserName": user.name}
