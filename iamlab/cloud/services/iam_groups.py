"""Groups and who is in them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import already_exists, delete_conflict, group, limit_exceeded, user
from iamlab.cloud.state import LabState

GROUPS_PER_USER = 10


def group_shape(record: Any) -> dict[str, Any]:
    return {
        "Path": record.path,
        "GroupName": record.name,
        "GroupId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
    }


@operation("iam", "CreateGroup")
def create_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html"""
    name = call.params["GroupName"]
    with state.lock:
        if identities.is_taken(call.account, "group", name):
            raise already_exists(f"Group with name {name} already exists.")
        record = identities.iam(call.account).create_group(name, call.params.get("Path") or "/")
    return {"Group": group_shape(record)}


@operation("iam", "AddUserToGroup")
def add_user_to_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddUserToGroup.html"""
    account = call.account
    with state.lock:
        team, member = group(account, call.params["GroupName"]), user(account, call.params["UserName"])
        if member in team.users:
            return {}
        if len(identities.groups_of(account, member)) >= GROUPS_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER}")
        team.users.append(member)
    return {}


@operation("iam", "RemoveUserFromGroup")
def remove_user_from_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveUserFromGroup.html

    AWS doesn't mind when the user isn't in the group.
    """
    account = call.account
    with state.lock:
        team, member = group(account, call.params["GroupName"]), user(account, call.params["UserName"])
        if member in team.users:
            team.users.remove(member)
    return {}


@operation("iam", "DeleteGroup")
def delete_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteGroup.html"""
    with state.lock:
        team = group(call.account, call.params["GroupName"])
        if team.users:
            raise delete_conflict("Cannot delete entity, must remove users from group first.")
        if team.managed_policies:
            raise delete_conflict("Cannot delete entity, must detach all policies first.")
        if team.policies:
            raise delete_conflict("Cannot delete entity, must delete policies first.")
        identities.iam(call.account).delete_group(team.name)
    return {}
