"""EC2's resources as moto has stored them, and instances' profiles. Looking imports and makes nothing.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from iamlab.cloud.moto_seam.resources import backend


def resource(account: str, region: str, resource_id: str) -> Any | None:
    """An EC2 instance, image, subnet, security group, volume, interface … by its id."""
    found = backend("ec2", account, region)
    if found is None:
        return None
    look_up = _EC2_LOOKUPS.get(resource_id.split("-", 1)[0])
    try:
        return look_up(found, resource_id) if look_up else None
    except Exception:
        return None  # moto raises its own NotFound errors here; "not there" is an answer


_EC2_LOOKUPS: Mapping[str, Callable[[Any, str], Any]] = {
    "i": lambda ec2, id_: ec2.get_instance(id_),
    "ami": lambda ec2, id_: next((i for i in ec2.amis.values() if i.id == id_), None),
    "subnet": lambda ec2, id_: ec2.get_subnet(id_),
    "vpc": lambda ec2, id_: ec2.get_vpc(id_),
    "sg": lambda ec2, id_: ec2.get_security_group_from_id(id_),
    "vol": lambda ec2, id_: ec2.volumes.get(id_),
    "eni": lambda ec2, id_: ec2.get_network_interface(id_),
    "snap": lambda ec2, id_: ec2.snapshots.get(id_),
}


def tags(account: str, region: str, resource_id: str) -> dict[str, str]:
    """The tags of any EC2 resource (moto keeps them in one table by id)."""
    found = backend("ec2", account, region)
    return dict(found.tags.get(resource_id, {})) if found is not None else {}


def default_subnet(account: str, region: str, zone: str | None) -> Any | None:
    """The default subnet that an instance lands in if the request names none."""
    found = backend("ec2", account, region)
    if found is None:
        return None
    for name in sorted(found.subnets) if zone is None else (zone,):
        for subnet in found.subnets.get(name, {}).values():
            if subnet.default_for_az:
                return subnet
    return None


def default_group(account: str, region: str, vpc_id: str) -> Any | None:
    """A VPC's default security group."""
    found = backend("ec2", account, region)
    if found is None:
        return None
    return next((g for g in found.groups.get(vpc_id, {}).values() if g.name == "default"), None)


def group_named(account: str, region: str, name: str) -> Any | None:
    """A security group by its name, in any VPC of the region."""
    found = backend("ec2", account, region)
    if found is None:
        return None
    return next((g for groups in found.groups.values() for g in groups.values() if g.name == name), None)


def associated_instance(account: str, region: str, association: str) -> str | None:
    """The instance that an instance profile association belongs to."""
    known = associations(account, region)
    return next((entry.instance for entry in known if entry.id == association), None)


def launch_template(account: str, region: str, id_or_name: str) -> Any | None:
    """A launch template by id or name."""
    found = backend("ec2", account, region)
    if found is None:
        return None
    identity = found.launch_template_name_to_ids.get(id_or_name, id_or_name)
    return found.launch_templates.get(identity)


# ------------------------------------------------------------------ instance profiles
@dataclass(frozen=True, slots=True)
class Association:
    """An instance and its instance profile."""

    id: str
    instance: str
    profile_arn: str
    profile_id: str


def associations(account: str, region: str) -> list[Association]:
    """All associations of a Region, oldest first."""
    found = backend("ec2", account, region)
    entries = found.iam_instance_profile_associations.values() if found is not None else ()
    return [_association(entry) for entry in entries]


def _ec2(account: str, region: str) -> Any:
    return backend("ec2", account, region)


def associate(account: str, region: str, instance: str, profile_arn: str) -> Association:
    """Give an instance, which is there and has none, an instance profile."""
    return _association(
        _ec2(account, region).associate_iam_instance_profile(instance, iam_instance_profile_arn=profile_arn)
    )


def dissociate(account: str, region: str, association: str) -> None:
    """Take an instance its instance profile."""
    _ec2(account, region).disassociate_iam_instance_profile(association)


@cache
def show_profiles_by_their_ids() -> None:
    """Let instances show their profile's id; moto shows that of the association."""
    from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociation

    kind: Any = IamInstanceProfileAssociation
    original = kind.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.instance.iam_instance_profile["Id"] = self.iam_instance_profile.id

    kind.__init__ = init


def _association(entry: Any) -> Association:
    profile = entry.iam_instance_profile
    return Association(str(entry.association_id), str(entry.instance_id), str(profile.arn), str(profile.id))
