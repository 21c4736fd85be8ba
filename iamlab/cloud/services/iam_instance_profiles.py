"""Instance profiles: the container in which an EC2 instance finds its role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import by_name, page
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    delete_conflict,
    instance_profile,
    limit_exceeded,
    modifiable_role,
    no_such_entity,
    role,
    role_shape,
)
from iamlab.cloud.services.iam_tags import checked, tag_list
from iamlab.cloud.state import LabState

PROFILES = 1_000
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def instance_profile_shape(record: Any) -> dict[str, Any]:
    """An instance profile as lists show it."""
    return {
        "Path": record.path,
        "InstanceProfileName": record.name,
        "InstanceProfileId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
        "Roles": [role_shape(held) for held in record.roles],
    }


@operation("iam", "CreateInstanceProfile")
def create_instance_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html"""
    params, account, name = call.params, call.account, call.params["InstanceProfileName"]
    tags = checked(params.get("Tags"))
    with state.lock:
        if identities.is_taken(account, "instance profile", name):
            raise already_exists(f"Instance Profile {name} already exists.")
        if len(identities.iam(account).instance_profiles) >= PROFILES:
            raise limit_exceeded(f"Cannot exceed quota for InstanceProfilesPerAccount: {PROFILES}")
        record = identities.iam(account).create_instance_profile(
            name=name, path=params.get("Path") or "/", role_names=[], tags=tags
        )
    return {"InstanceProfile": instance_profile_shape(record) | ({"Tags": tags} if tags else {})}


@operation("iam", "GetInstanceProfile")
def get_instance_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html"""
    record = instance_profile(call.account, call.params["InstanceProfileName"])
    tags = tag_list(identities.tags_of(call.account, record))
    return {"InstanceProfile": instance_profile_shape(record) | {"Tags": tags}}


@operation("iam", "ListInstanceProfiles")
def list_instance_profiles(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html"""
    prefix = call.params.get("PathPrefix") or "/"
    found = list(identities.iam(call.account).instance_profiles.values())
    return _listed(call, (record for record in found if record.path.startswith(prefix)))


@operation("iam", "ListInstanceProfilesForRole")
def list_instance_profiles_for_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfilesForRole.html"""
    return _listed(call, role(call.account, call.params["RoleName"]).instance_profile_list)


def _listed(call: Call, records: Iterable[Any]) -> dict[str, Any]:
    shown, truncation = page(call, by_name(records), lambda record: str(record.name))
    return {"InstanceProfiles": [instance_profile_shape(record) for record in shown], **truncation}


@operation("iam", "AddRoleToInstanceProfile")
def add_role_to_instance_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html"""
    with state.lock:
        record = instance_profile(call.account, call.params["InstanceProfileName"])
        held = modifiable_role(call.account, call.params["RoleName"])
        if record.roles:
            raise limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
        record.roles.append(held)
    return {}


@operation("iam", "RemoveRoleFromInstanceProfile")
def remove_role_from_instance_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html"""
    with state.lock:
        record = instance_profile(call.account, call.params["InstanceProfileName"])
        held = role(call.account, call.params["RoleName"])
        if held not in record.roles:
            raise no_such_entity(f"The role with name {held.name} cannot be found.")
        record.roles.remove(held)
    return {}


@operation("iam", "DeleteInstanceProfile")
def delete_instance_profile(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteInstanceProfile.html"""
    with state.lock:
        record = instance_profile(call.account, call.params["InstanceProfileName"])
        if record.roles:
            raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
        del identities.iam(call.account).instance_profiles[record.name]
    return {}
