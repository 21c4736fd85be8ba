"""Looking at EC2's resources as moto has stored them; nothing here imports or changes moto's EC2.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resources.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    found = backend("ec2", account, region)
    entry = found.iam_instance_profile_associations.get(association) if found is not None else None
    if entry is None and found is not None:
        known = found.iam_instance_profile_associations.values()
        entry = next((each for each in known if each.id == association), None)
    return str(entry.instance.id) if entry is not None else None


def launch_template(account: str, region: str, id_or_name: str) -> Any | None:
    """A launch template by id or name."""
    found = backend("ec2", account, region)
    if found is None:
        return None
    identity = found.launch_template_name_to_ids.get(id_or_name, id_or_name)
    return found.launch_templates.get(identity)
