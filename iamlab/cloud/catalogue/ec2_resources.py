"""EC2's resources: their ARNs, and the condition keys that describe them.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-policy-keys
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tags_in
from iamlab.cloud.moto_seam import instances, resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

# The start of a resource's id → its type in ARNs.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
ID_TYPES: Mapping[str, str] = {
    "acl": "network-acl",
    "ami": "image",
    "cagw": "carrier-gateway",
    "cgw": "customer-gateway",
    "cr": "capacity-reservation",
    "dopt": "dhcp-options",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "fleet": "fleet",
    "h": "dedicated-host",
    "i": "instance",
    "igw": "internet-gateway",
    "ipam": "ipam",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "pcx": "vpc-peering-connection",
    "pg": "placement-group",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sfr": "spot-fleet-request",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "sir": "spot-instances-request",
    "snap": "snapshot",
    "subnet": "subnet",
    "tgw": "transit-gateway",
    "vgw": "vpn-gateway",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpn": "vpn-connection",
}
# Shared resources: their ARN has no account.
_OWNERLESS = ("image", "snapshot")


def arn_of(call: Call, kind: str, id_: str) -> str:
    """The ARN of a resource; without a type, the id's start tells it."""
    kind = kind or ID_TYPES.get(id_.rpartition("-")[0], "*")
    account = "" if kind in _OWNERLESS else call.account
    return f"arn:{resources.partition_of(call.region)}:ec2:{call.region}:{account}:{kind}/{id_}"


def type_of(arn: str) -> str:
    """`instance` of `arn:aws:ec2:us-east-1:123456789012:instance/i-…`; '' of `*`."""
    return arn.split(":", 5)[-1].partition("/")[0] if arn.count(":") >= 5 else ""


def describe(arn: str, account: str = "") -> Context:
    """The condition keys that describe an existing resource: tags, type, zone, VPC …

    Args:
        account: whose view it is, for resources whose ARN has no account.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return {}
    kind, _, id_ = parts[5].partition("/")
    owner, region = parts[4] or account, parts[3]
    context: Context = {}
    key = _ID_KEYS.get(kind)
    if key is not None and id_ != "*":
        context[key] = id_
    context.update(resource_tags(instances.tags(owner, region, id_), "aws", "ec2"))
    entity = instances.resource(owner, region, id_)
    reader = _DESCRIBE.get(kind)
    if entity is not None and reader is not None:
        context.update(reader(entity, arn))
    return context


_ID_KEYS: Mapping[str, str] = {
    "image": "ec2:ImageID",
    "instance": "ec2:InstanceID",
    "network-interface": "ec2:NetworkInterfaceID",
    "security-group": "ec2:SecurityGroupID",
    "snapshot": "ec2:SnapshotID",
    "subnet": "ec2:SubnetID",
    "volume": "ec2:VolumeID",
    "vpc": "ec2:VpcID",
}


def _sibling(arn: str, kind: str, id_: Any) -> str:
    return f"{arn.rsplit(':', 1)[0]}:{kind}/{id_}"


def _instance(instance: Any, arn: str) -> Context:
    context: Context = {
        "ec2:InstanceType": str(instance.instance_type),
        "ec2:EbsOptimized": bool(instance.ebs_optimized),
        "ec2:Tenancy": str(getattr(instance.placement, "tenancy", None) or "default"),
        "ec2:RootDeviceType": "ebs",
    }
    zone = getattr(instance.placement, "zone", None)
    if zone:
        context["ec2:AvailabilityZone"] = str(zone)
    profile = getattr(instance, "iam_instance_profile", None)
    if profile is not None:
        context["ec2:InstanceProfile"] = str(getattr(profile, "arn", profile))
    options = getattr(instance, "metadata_options", None) or {}
    if isinstance(options, Mapping):
        context.update(metadata_context(options))
    return context


def metadata_context(options: Mapping[str, Any]) -> Context:
    """Keys about an instance's metadata service."""
    context: Context = {}
    if options.get("HttpTokens"):
        context["ec2:MetadataHttpTokens"] = str(options["HttpTokens"])
    if options.get("HttpEndpoint"):
        context["ec2:MetadataHttpEndpoint"] = str(options["HttpEndpoint"])
    if options.get("HttpPutResponseHopLimit"):
        context["ec2:MetadataHttpPutResponseHopLimit"] = int(options["HttpPutResponseHopLimit"])
    if options.get("InstanceMetadataTags"):
        context["ec2:InstanceMetadataTags"] = str(options["InstanceMetadataTags"])
    return context


def _image(image: Any, arn: str) -> Context:
    alias = getattr(image, "image_owner_alias", None)
    return {
        "ec2:ImageType": str(getattr(image, "image_type", None) or "machine"),
        "ec2:Owner": str(alias or image.owner_id),
        "ec2:Public": bool(image.is_public),
        "ec2:RootDeviceType": str(getattr(image, "root_device_type", None) or "ebs"),
    }


def _subnet(subnet: Any, arn: str) -> Context:
    return {
        "ec2:AvailabilityZone": str(subnet.availability_zone),
        "ec2:Vpc": _sibling(arn, "vpc", subnet.vpc_id),
    }


def _group(group: Any, arn: str) -> Context:
    return {"ec2:Vpc": _sibling(arn, "vpc", group.vpc_id)} if group.vpc_id else {}


def _volume(volume: Any, arn: str) -> Context:
    context: Context = {
        "ec2:Encrypted": bool(volume.encrypted),
        "ec2:VolumeSize": int(volume.size),
        "ec2:VolumeType": str(getattr(volume, "volume_type", None) or "gp2"),
    }
    if volume.snapshot_id:
        start = arn.split(":ec2:", 1)
        region = start[1].split(":", 1)[0]
        context["ec2:ParentSnapshot"] = f"{start[0]}:ec2:{region}::snapshot/{volume.snapshot_id}"
    return context


def _interface(interface: Any, arn: str) -> Context:
    subnet = interface.subnet
    return {
        "ec2:Subnet": _sibling(arn, "subnet", subnet.id),
        "ec2:Vpc": _sibling(arn, "vpc", subnet.vpc_id),
        "ec2:AvailabilityZone": str(subnet.availability_zone),
    }


_DESCRIBE: Mapping[str, Callable[[Any, str], Context]] = {
    "image": _image,
    "instance": _instance,
    "network-interface": _interface,
    "security-group": _group,
    "subnet": _subnet,
    "volume": _volume,
}


def tag_specifications(call: Call) -> dict[str, dict[str, str]]:
    """Resource type → tags, of a request that tags what it creates."""
    found: dict[str, dict[str, str]] = {}
    for entry in call.params.get("TagSpecifications") or ():
        tags = tags_in(entry.get("Tags"))
        if tags and entry.get("ResourceType"):
            found.setdefault(str(entry["ResourceType"]), {}).update(tags)
    return found


def create_tags_checks(call: Call, specified: Mapping[str, Mapping[str, str]]) -> list[Check]:
    """Tagging on creation needs `ec2:CreateTags` with `ec2:CreateAction` telling by which operation."""
    return [
        Check(
            "ec2:CreateTags",
            arn_of(call, kind, "*"),
            call.account,
            {"ec2:Region": call.region, "ec2:CreateAction": call.operation, **request_tags(tags)},
            dependent=True,
        )
        for kind, tags in specified.items()
        if tags
    ]
