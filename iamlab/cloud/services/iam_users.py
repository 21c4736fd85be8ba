"""Users: made, shown, renamed, bounded, deleted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials, identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import by_name, page
from iamlab.cloud.services.iam_principals import follow, forget
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    boundary_policy,
    delete_conflict,
    full_user_shape,
    limit_exceeded,
    no_such_entity,
    user,
    user_shape,
)
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.state import LabState

USERS = 5_000
"""Users of an account. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@operation("iam", "CreateUser")
def create_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""
    params, account = call.params, call.account
    name, boundary = params["UserName"], params.get("PermissionsBoundary")
    tags = checked(params.get("Tags"), fold=True)
    if boundary is not None:
        boundary_policy(account, boundary, "User")
    with state.lock:
        if identities.is_taken(account, "user", name):
            raise already_exists(f"User with name {name} already exists.")
        if len(identities.iam(account).users) >= USERS:
            raise limit_exceeded(f"Cannot exceed quota for UsersPerAccount: {USERS}")
        record = identities.iam(account).create_user(
            region_name=call.region, user_name=name, path=params.get("Path") or "/", tags=tags
        )
        identities.set_user_boundary(record, boundary)
    return {"User": full_user_shape(account, record)}


@operation("iam", "GetUser")
def get_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html

    Without a name it shows the caller; a role has no user to show.
    """
    account, name = call.account, call.params.get("UserName")
    if name is not None:
        return {"User": full_user_shape(account, user(account, name))}
    caller = call.caller
    if caller.type == "User":
        return {"User": full_user_shape(account, caller.record)}
    if caller.is_root:
        return {
            "User": {"UserId": account, "Arn": caller.arn, "CreateDate": account_created(account, call.now)}
        }
    raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")


def account_created(account: str, now: datetime) -> datetime:
    """An account is as old as the first of its users: the lab makes both at once."""
    return min((user.create_date for user in credentials.users(account)), default=now)


@operation("iam", "ListUsers")
def list_users(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html: no tags, no boundaries."""
    prefix = call.params.get("PathPrefix") or "/"
    users = by_name(u for u in list(identities.iam(call.account).users.values()) if u.path.startswith(prefix))
    shown, truncation = page(call, users, lambda u: str(u.name))
    return {"Users": [user_shape(u) for u in shown], **truncation}


@operation("iam", "UpdateUser")
def update_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html

    The unique id stays, and with it everything attached. Policies that name the user as a principal follow; ARNs
    in a policy's resources don't. The same name in other letters is taken, by the user itself.
    """
    params, account = call.params, call.account
    with state.lock:
        record = user(account, params["UserName"])
        new = params.get("NewUserName")
        if new not in (None, record.name) and identities.is_taken(account, "user", str(new)):
            raise already_exists(f"User with name {new} already exists.")
        old_arn = record.arn
        identities.rename_user(account, record, new, params.get("NewPath"))
        follow(old_arn, record.arn)
    return {}


@operation("iam", "DeleteUser")
def delete_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html"""
    account = call.account
    with state.lock:
        record = user(account, call.params["UserName"])
        _refuse_while_used(account, record)
        identities.iam(account).delete_user(record.name)
        forget(record)
    return {}


_REFERENCED = "must remove referenced objects first."
# What has to go before a user can, in the order in which AWS asks for it.
_FIRST = (
    ("access_keys", "must delete access keys first."),
    ("managed_policies", "must detach all policies first."),
    ("policies", "must delete policies first."),
    ("password", "must delete login profile first."),
    ("mfa_devices", "must delete MFA device first."),
    ("signing_certificates", "must delete certificates first."),
    ("ssh_public_keys", _REFERENCED),
)


def _refuse_while_used(account: str, record: Any) -> None:
    if identities.groups_of(account, record):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    for attribute, words in _FIRST:
        if getattr(record, attribute):
            raise delete_conflict(f"Cannot delete entity, {words}")
    if credentials.service_credentials(record):
        raise delete_conflict(f"Cannot delete entity, {_REFERENCED}")


@operation("iam", "PutUserPermissionsBoundary")
def put_user_permissions_boundary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""
    record = user(call.account, call.params["UserName"])
    arn = call.params["PermissionsBoundary"]
    boundary_policy(call.account, arn, "User")
    identities.set_user_boundary(record, arn)
    return {}


@operation("iam", "DeleteUserPermissionsBoundary")
def delete_user_permissions_boundary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUserPermissionsBoundary.html"""
    record = user(call.account, call.params["UserName"])
    if identities.user_boundary(record) is None:
        raise no_such_entity(f"The user with name {record.name} does not have a permissions boundary.")
    identities.set_user_boundary(record, None)
    return {}
