"""What launching an instance needs: a check for each resource that the launch touches.

Each has its own condition keys; a policy that restricts the instance type must leave the other resources
free. Values that the request leaves out come from the launch template, then from EC2's defaults.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.ec2_resources import (
    arn_of,
    create_tags_checks,
    describe,
    metadata_context,
    tag_specifications,
)
from iamlab.cloud.catalogue.general import instance_profile_roles
from iamlab.cloud.catalogue.pass_role import pass_role
from iamlab.cloud.catalogue.tags import request_tags
from iamlab.cloud.moto_seam import instances, resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

_ACTION = "ec2:RunInstances"
_DEFAULT_TYPE = "m1.small"


def run_instances(call: Call) -> tuple[Check, ...]:
    """All checks of one RunInstances call."""
    launch = _Launch(call)
    specified = tag_specifications(call)
    found = [
        launch.check("instance", "*", launch.instance_context(), specified),
        launch.check("image", str(launch.params.get("ImageId") or "*"), {}, specified),
        *launch.network(specified),
        *launch.volumes(specified),
    ]
    for kind, id_, context in launch.optional():
        found.append(launch.check(kind, id_, context, specified))
    profile = launch.params.get("IamInstanceProfile")
    if profile:
        found += [
            pass_role(call, role, "ec2.amazonaws.com") for role in instance_profile_roles(call, profile)
        ]
    found += create_tags_checks(call, specified)
    return tuple(found)


class _Launch:
    """A request's parameters with those of its launch template below them."""

    __slots__ = ("call", "from_template", "params", "template")

    def __init__(self, call: Call) -> None:
        self.call = call
        self.template: Any | None = None
        self.from_template: Mapping[str, Any] = {}
        named = call.params.get("LaunchTemplate") or {}
        wanted = named.get("LaunchTemplateId") or named.get("LaunchTemplateName")
        if wanted:
            self.template = instances.launch_template(call.account, call.region, str(wanted))
            self.from_template = _template_data(self.template, named.get("Version"))
        self.params = {**self.from_template, **call.params}

    def check(
        self, kind: str, id_: str, context: Context, specified: Mapping[str, Mapping[str, str]]
    ) -> Check:
        call = self.call
        arn = arn_of(call, kind, id_)
        found: Context = {"ec2:Region": call.region, **describe(arn, call.account), **context}
        if self.template is not None:
            found["ec2:LaunchTemplate"] = arn_of(call, "launch-template", str(self.template.id))
            found["ec2:IsLaunchTemplateResource"] = self._is_from_template(kind)
        if specified.get(kind):
            found.update(request_tags(specified[kind]))
        return Check(_ACTION, arn, call.account, found)

    def _is_from_template(self, kind: str) -> bool:
        """Whether the resource was named by the template and not by the request."""
        names = {
            "image": ("ImageId",),
            "key-pair": ("KeyName",),
            "security-group": ("SecurityGroupIds", "SecurityGroups"),
            "subnet": ("SubnetId", "NetworkInterfaces"),
            "network-interface": ("NetworkInterfaces",),
            "launch-template": (),
        }.get(kind, ("InstanceType",))
        return not any(name in self.call.params for name in names)

    def instance_context(self) -> Context:
        params = self.params
        placement = params.get("Placement") or {}
        context: Context = {
            "ec2:InstanceType": str(params.get("InstanceType") or _DEFAULT_TYPE),
            "ec2:EbsOptimized": bool(params.get("EbsOptimized", False)),
            "ec2:Tenancy": str(placement.get("Tenancy") or "default"),
            "ec2:RootDeviceType": "ebs",
            "ec2:InstanceMarketType": str(
                (params.get("InstanceMarketOptions") or {}).get("MarketType") or "on-demand"
            ),
        }
        zone = self.zone()
        if zone:
            context["ec2:AvailabilityZone"] = zone
        if placement.get("GroupName"):
            context["ec2:PlacementGroup"] = arn_of(self.call, "placement-group", placement["GroupName"])
        profile = params.get("IamInstanceProfile")
        if profile:
            context["ec2:InstanceProfile"] = self._profile_arn(profile)
        context.update(metadata_context(params.get("MetadataOptions") or {}))
        return context

    def _profile_arn(self, profile: Any) -> str:
        if isinstance(profile, Mapping) and profile.get("Arn"):
            return str(profile["Arn"])
        name = str(profile.get("Name") if isinstance(profile, Mapping) else profile)
        partition = resources.partition_of(self.call.region)
        found = resources.iam_instance_profile(self.call.account, partition, name)
        if found is not None:
            return str(found.arn)
        return f"arn:{partition}:iam::{self.call.account}:instance-profile/{name}"

    def zone(self) -> str | None:
        named = (self.params.get("Placement") or {}).get("AvailabilityZone")
        if named:
            return str(named)
        subnet = self._subnet()
        return str(subnet.availability_zone) if subnet is not None else None

    def _subnet(self) -> Any | None:
        call = self.call
        named = self.params.get("SubnetId") or next(
            (i["SubnetId"] for i in self.params.get("NetworkInterfaces") or () if i.get("SubnetId")), None
        )
        if named:
            return instances.resource(call.account, call.region, str(named))
        zone = (self.params.get("Placement") or {}).get("AvailabilityZone")
        return instances.default_subnet(call.account, call.region, zone)

    def network(self, specified: Mapping[str, Mapping[str, str]]) -> Iterator[Check]:
        """Subnet, network interfaces and security groups, those of the default VPC where none is named."""
        call, params = self.call, self.params
        interfaces = params.get("NetworkInterfaces") or [{}]
        subnet = self._subnet()
        subnet_ids = {
            str(i.get("SubnetId") or params.get("SubnetId") or (subnet.id if subnet is not None else "*"))
            for i in interfaces
            if not i.get("NetworkInterfaceId")
        }
        for id_ in sorted(subnet_ids):
            yield self.check("subnet", id_, {}, specified)
        group_ids: dict[str, None] = {}
        for interface in interfaces:
            existing = interface.get("NetworkInterfaceId")
            context: Context = {}
            if not existing:
                subnet_id = interface.get("SubnetId") or params.get("SubnetId")
                subnet_id = subnet_id or (subnet.id if subnet is not None else None)
                if subnet_id:
                    context["ec2:Subnet"] = arn_of(call, "subnet", str(subnet_id))
                if subnet is not None:
                    context["ec2:Vpc"] = arn_of(call, "vpc", str(subnet.vpc_id))
                    context["ec2:AvailabilityZone"] = str(subnet.availability_zone)
                if interface.get("AssociatePublicIpAddress") is not None:
                    context["ec2:AssociatePublicIpAddress"] = bool(interface["AssociatePublicIpAddress"])
            yield self.check("network-interface", str(existing or "*"), context, specified)
            group_ids.update(dict.fromkeys(map(str, interface.get("Groups") or ())))
        group_ids.update(dict.fromkeys(map(str, params.get("SecurityGroupIds") or ())))
        for name in params.get("SecurityGroups") or ():
            group = instances.group_named(call.account, call.region, str(name))
            group_ids[str(group.id) if group is not None else "*"] = None
        if not group_ids:
            default = (
                instances.default_group(call.account, call.region, subnet.vpc_id)
                if subnet is not None
                else None
            )
            group_ids[str(default.id) if default is not None else "*"] = None
        for id_ in group_ids:
            yield self.check("security-group", id_, {}, specified)

    def volumes(self, specified: Mapping[str, Mapping[str, str]]) -> Iterator[Check]:
        """The volumes that come with the instance, and the snapshots they are made from."""
        mappings = [m["Ebs"] for m in self.params.get("BlockDeviceMappings") or () if m.get("Ebs")]
        for ebs in mappings or [{}]:
            context: Context = {"ec2:Encrypted": bool(ebs.get("Encrypted", False))}
            zone = self.zone()
            if zone:
                context["ec2:AvailabilityZone"] = zone
            for name, key in (
                ("VolumeType", "ec2:VolumeType"),
                ("VolumeSize", "ec2:VolumeSize"),
                ("Iops", "ec2:VolumeIops"),
                ("Throughput", "ec2:VolumeThroughput"),
            ):
                if ebs.get(name) is not None:
                    context[key] = ebs[name]
            snapshot = ebs.get("SnapshotId")
            if snapshot:
                context["ec2:ParentSnapshot"] = arn_of(self.call, "snapshot", str(snapshot))
                yield self.check("snapshot", str(snapshot), {}, specified)
            yield self.check("volume", "*", context, specified)

    def optional(self) -> Iterator[tuple[str, str, Context]]:
        """Resources that take part only if they are named."""
        params = self.params
        if params.get("KeyName"):
            yield "key-pair", str(params["KeyName"]), {"ec2:KeyPairName": str(params["KeyName"])}
        if self.call.params.get("LaunchTemplate"):
            named = self.call.params["LaunchTemplate"]
            id_ = named.get("LaunchTemplateId") or (self.template.id if self.template is not None else "*")
            yield "launch-template", str(id_), {}
        group = (params.get("Placement") or {}).get("GroupName")
        if group:
            yield "placement-group", str(group), {"ec2:PlacementGroupName": str(group)}
        reservation = params.get("CapacityReservationSpecification") or {}
        target = reservation.get("CapacityReservationTarget") or {}
        if target.get("CapacityReservationId"):
            yield "capacity-reservation", str(target["CapacityReservationId"]), {}


def _template_data(template: Any | None, version: Any) -> Mapping[str, Any]:
    if template is None:
        return {}
    try:
        found = template.get_version(str(version or "$Default"))
    except Exception:
        return {}  # an unknown version: EC2 refuses the call by itself
    data = getattr(found, "data", None)
    return data if isinstance(data, Mapping) else {}
