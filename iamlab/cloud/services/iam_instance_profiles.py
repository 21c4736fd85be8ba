"""Instance profiles: the container in which an EC2 instance finds its role.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import guard
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    delete_conflict,
    instance_profile,
    limit_exceeded,
    no_such_entity,
)
from iamlab.cloud.state import LabState


@guard("iam", "CreateInstanceProfile")
def name_is_free(call: Call, state: LabState) -> None:
    name = call.params["InstanceProfileName"]
    if identities.is_taken(call.account, "instance profile", name):
        raise already_exists(f"Instance Profile {name} already exists.")


@guard("iam", "AddRoleToInstanceProfile")
def holds_one_role(call: Call, state: LabState) -> None:
    if instance_profile(call.account, call.params["InstanceProfileName"]).roles:
        raise limit_exceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")


@guard("iam", "RemoveRoleFromInstanceProfile")
def holds_this_role(call: Call, state: LabState) -> None:
    profile, name = (
        instance_profile(call.account, call.params["InstanceProfileName"]),
        call.params["RoleName"],
    )
    if all(held.name != name for held in profile.roles):
        raise no_such_entity(f"The role with name {name} cannot be found.")


@guard("iam", "DeleteInstanceProfile")
def is_empty(call: Call, state: LabState) -> None:
    if instance_profile(call.account, call.params["InstanceProfileName"]).roles:
        raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
