"""Users: made, shown, renamed, bounded, deleted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    boundary_policy,
    delete_conflict,
    no_such_entity,
    user,
    user_shape,
)
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.state import LabState


@operation("iam", "CreateUser")
def create_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html"""
    params, account = call.params, call.account
    name, boundary = params["UserName"], params.get("PermissionsBoundary")
    tags = checked(params.get("Tags"))
    if boundary is not None:
        boundary_policy(account, boundary)
    with state.lock:
        if identities.is_taken(account, "user", name):
            raise already_exists(f"User with name {name} already exists.")
        record = identities.iam(account).create_user(
            region_name=call.region, user_name=name, path=params.get("Path") or "/", tags=tags
        )
        identities.set_user_boundary(record, boundary)
    return {"User": user_shape(account, record)}


@operation("iam", "GetUser")
def get_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html

    Without a name it shows the caller; a role has no user to show.
    """
    account, name = call.account, call.params.get("UserName")
    if name is not None:
        return {"User": user_shape(account, user(account, name))}
    caller = call.caller
    if caller.type == "User":
        return {"User": user_shape(account, caller.record)}
    if caller.is_root:
        # An account is as old as the first of its users: the lab makes both at once.
        born = min((u.create_date for u in identities.iam(account).users.values()), default=call.now)
        return {"User": {"UserId": account, "Arn": caller.arn, "CreateDate": born}}
    raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")


@operation("iam", "UpdateUser")
def update_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html

    The unique id stays, and with it everything attached; ARNs in other people's policies don't follow.
    """
    params, account = call.params, call.account
    with state.lock:
        record = user(account, params["UserName"])
        new = params.get("NewUserName")
        other = new is not None and new.casefold() != record.name.casefold()
        if other and identities.is_taken(account, "user", str(new)):
            raise already_exists(f"User with name {new} already exists.")
        tags = identities.user_tags(account, record)
        old_arn = record.arn
        backend = identities.iam(account)
        backend.update_user(record.name, params.get("NewPath"), new)
        for key in record.access_keys:
            key.user_name = record.name
        if record.arn != old_arn:  # moto files tags under the ARN
            backend.tagger.delete_all_tags_for_resource(old_arn)
            backend.tagger.tag_resource(record.arn, [{"Key": k, "Value": v} for k, v in tags.items()])
    return {}


@operation("iam", "DeleteUser")
def delete_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html"""
    account, name = call.account, call.params["UserName"]
    with state.lock:
        record = user(account, name)
        _refuse_while_used(account, record)
        identities.iam(account).delete_user(name)
    return {}


# What has to go before a user can, in the order in which AWS asks for it.
_FIRST = (
    ("access_keys", "must delete access keys first."),
    ("managed_policies", "must detach all policies first."),
    ("policies", "must delete policies first."),
    ("password", "must delete login profile first."),
    ("mfa_devices", "must delete MFA device first."),
    ("signing_certificates", "must delete signing certificates first."),
    ("ssh_public_keys", "must delete SSH public keys first."),
)


def _refuse_while_used(account: str, record: Any) -> None:
    if identities.groups_of(account, record):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    for attribute, words in _FIRST:
        if getattr(record, attribute):
            raise delete_conflict(f"Cannot delete entity, {words}")


@operation("iam", "PutUserPermissionsBoundary")
def put_user_permissions_boundary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html"""
    record = user(call.account, call.params["UserName"])
    arn = call.params["PermissionsBoundary"]
    boundary_policy(call.account, arn)
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


@operation("iam", "TagUser")
def tag_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagUser.html

    A key that is there in other letters is replaced, and keeps the new ones.
    """
    account = call.account
    with state.lock:
        record = user(account, call.params["UserName"])
        already = identities.user_tags(account, record)
        tags = checked(call.params.get("Tags"), already)
        folded = {tag["Key"].casefold() for tag in tags}
        backend = identities.iam(account)
        backend.untag_user(record.name, [key for key in already if key.casefold() in folded])
        backend.tag_user(record.name, tags)
    return {}
