"""Groups and who is in them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import by_name, page
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    delete_conflict,
    group,
    group_shape,
    limit_exceeded,
    user,
    user_shape,
)
from iamlab.cloud.state import LabState

GROUPS_PER_USER = 10
GROUPS = 300
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@operation("iam", "CreateGroup")
def create_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html"""
    name = call.params["GroupName"]
    with state.lock:
        if identities.is_taken(call.account, "group", name):
            raise already_exists(f"Group with name {name} already exists.")
        if len(identities.iam(call.account).groups) >= GROUPS:
            raise limit_exceeded(f"Cannot exceed quota for GroupsPerAccount: {GROUPS}")
        record = identities.iam(call.account).create_group(name, call.params.get("Path") or "/")
    return {"Group": group_shape(record)}


@operation("iam", "GetGroup")
def get_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetGroup.html: the group, and who is in it."""
    team = group(call.account, call.params["GroupName"])
    shown, truncation = page(call, by_name(team.users), lambda member: str(member.name))
    return {"Group": group_shape(team), "Users": [user_shape(member) for member in shown], **truncation}


@operation("iam", "ListGroups")
def list_groups(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroups.html"""
    prefix = call.params.get("PathPrefix") or "/"
    teams = [
        team for team in list(identities.iam(call.account).groups.values()) if team.path.startswith(prefix)
    ]
    return _listed(call, teams)


@operation("iam", "ListGroupsForUser")
def list_groups_for_user(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListGroupsForUser.html"""
    return _listed(call, identities.groups_of(call.account, user(call.account, call.params["UserName"])))


def _listed(call: Call, teams: list[Any]) -> dict[str, Any]:
    shown, truncation = page(call, by_name(teams), lambda team: str(team.name))
    return {"Groups": [group_shape(team) for team in shown], **truncation}


@operation("iam", "UpdateGroup")
def update_group(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html

    The same name in other letters is taken, by the group itself.
    """
    params, account = call.params, call.account
    with state.lock:
        team, new = group(account, params["GroupName"]), params.get("NewGroupName")
        if new not in (None, team.name) and identities.is_taken(account, "group", str(new)):
            raise already_exists(f"Group with name {new} already exists.")
        identities.rename_group(account, team, new, params.get("NewPath"))
    return {}


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
