"""Where moto keeps IAM's identities, and how the lab reads and changes them.

Everything here leans on the inside of `moto.iam.models`, pinned in pyproject.toml.
In: account ids, names, ARNs. Out: moto's own records, or plain values.

What moto does not keep, and AWS does, is kept here beside its records: the permissions boundary of a user.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from moto.iam.models import IAMBackend, iam_backends

PARTITION = "aws"

# Keyed by moto's own record, so that a deleted user takes its boundary along.
_user_boundaries: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def iam(account: str) -> IAMBackend:
    """IAM's state of one account; an account nobody has used yet comes up empty."""
    return iam_backends[account][PARTITION]


def known_accounts() -> list[str]:
    """Accounts that hold any IAM state."""
    return list(iam_backends)  # a copy: other threads may add accounts while we look


def account_exists(account: str) -> bool:
    return account in iam_backends


# ------------------------------------------------------------------ users
def user_by_name(account: str, name: str) -> Any | None:
    """The user's record; names are unique whatever their case."""
    users = iam(account).users
    found = users.get(name)
    if found is not None:
        return found
    folded = name.casefold()
    return next((user for key, user in list(users.items()) if key.casefold() == folded), None)


def user_by_id(account: str, user_id: str) -> Any | None:
    return next((user for user in list(iam(account).users.values()) if user.id == user_id), None)


def groups_of(account: str, user: Any) -> list[Any]:
    """The groups that hold this user, in the order they were made."""
    return [group for group in list(iam(account).groups.values()) if user in group.users]


def user_boundary(user: Any) -> str | None:
    """ARN of the user's permissions boundary."""
    return _user_boundaries.get(user)


def set_user_boundary(user: Any, arn: str | None) -> None:
    if arn is None:
        _user_boundaries.pop(user, None)
    else:
        _user_boundaries[user] = arn


def user_tags(account: str, user: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in iam(account).tagger.list_tags_for_resource(user.arn)["Tags"]}


# ------------------------------------------------------------------ groups
def group_by_name(account: str, name: str) -> Any | None:
    groups = iam(account).groups
    found = groups.get(name)
    if found is not None:
        return found
    folded = name.casefold()
    return next((group for key, group in list(groups.items()) if key.casefold() == folded), None)


# ------------------------------------------------------------------ roles
def role_by_name(account: str, name: str) -> Any | None:
    folded = name.casefold()
    return next((role for role in list(iam(account).roles.values()) if role.name.casefold() == folded), None)


def role_by_arn(arn: str) -> Any | None:
    """The role an ARN names, path included; None for a ghost or another kind of ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return None
    account = parts[4]
    if not account_exists(account):
        return None
    return next((role for role in list(iam(account).roles.values()) if role.arn == arn), None)


def role_by_id(account: str, role_id: str) -> Any | None:
    return iam(account).roles.get(role_id)


def role_tags(role: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in role.tags or ()}


def is_service_linked(role: Any) -> bool:
    return bool(role.path.startswith("/aws-service-role/"))


# ------------------------------------------------------------------ access keys
def user_key(access_key_id: str) -> tuple[str, Any, Any] | None:
    """(account, user, key) of a user's long-term access key, whatever its status."""
    for account in known_accounts():
        backend = iam(account)
        key = backend.access_keys.get(access_key_id)
        if key is None or key.user_name is None:
            continue
        # moto leaves `key.user_name` behind when a user is renamed: the key hangs at the user itself
        user = backend.users.get(key.user_name)
        if user is None or key not in user.access_keys:
            user = next((u for u in list(backend.users.values()) if key in u.access_keys), None)
        return (account, user, key) if user is not None else None
    return None


# ------------------------------------------------------------------ policies
def managed_policy(account: str, arn: str) -> Any | None:
    """A managed policy as this account sees it: one of its own, or one of AWS's."""
    return iam(account).managed_policies.get(arn)


def default_document(policy: Any) -> str:
    """Text of the default version."""
    for version in policy.versions:
        if version.version_id == policy.default_version_id:
            return str(version.document)
    return ""


def attached(entity: Any) -> Iterator[tuple[str, str, str]]:
    """(name, arn, document) of the managed policies attached to a user, group or role."""
    for arn, policy in list(entity.managed_policies.items()):
        yield policy.name, arn, default_document(policy)


def inline(entity: Any) -> list[tuple[str, str]]:
    """(name, document) of the inline policies of a user, group or role."""
    return list(entity.policies.items())
