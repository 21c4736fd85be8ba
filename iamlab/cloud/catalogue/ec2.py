"""What EC2's operations on instances need, and EC2's condition keys for all of its operations.

Operations without an entry here go through the general rule, and :func:`enrich` adds EC2's own keys.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-for-amazon-ec2.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.ec2_resources import (
    arn_of,
    create_tags_checks,
    describe,
    tag_specifications,
    type_of,
)
from iamlab.cloud.catalogue.general import instance_profile_roles
from iamlab.cloud.catalogue.pass_role import pass_role
from iamlab.cloud.catalogue.run_instances import run_instances
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.catalogue.tags import request_tags, tag_keys, tags_in
from iamlab.cloud.moto_seam import instances

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

# Operations on instances, and the parameter that names one or more of them.
ON_INSTANCES: Mapping[str, str] = {
    **dict.fromkeys(
        words(
            "MonitorInstances RebootInstances StartInstances StopInstances TerminateInstances "
            "UnmonitorInstances"
        ),
        "InstanceIds",
    ),
    "ReportInstanceStatus": "Instances",
    **dict.fromkeys(
        words(
            "DescribeInstanceAttribute GetConsoleOutput GetConsoleScreenshot GetInstanceUefiData "
            "GetLaunchTemplateData GetPasswordData ModifyInstanceCapacityReservationAttributes "
            "ModifyInstanceCpuOptions ModifyInstanceEventStartTime ModifyInstanceMaintenanceOptions "
            "ModifyInstanceMetadataOptions ModifyInstanceNetworkPerformanceOptions ModifyInstancePlacement "
            "ResetInstanceAttribute"
        ),
        "InstanceId",
    ),
}


def enrich(call: Call, found: tuple[Check, ...]) -> tuple[Check, ...]:
    """Adds EC2's condition keys, and the tags that `TagSpecifications` gives to what is created."""
    specified = tag_specifications(call)
    enriched = []
    for check in found:
        if not check.action.startswith("ec2:"):
            enriched.append(check)
            continue
        context: Context = {"ec2:Region": call.region, **describe(check.resource), **check.context}
        if specified and (tags := specified.get(type_of(check.resource))):
            context.update(request_tags(tags))
        enriched.append(replace(check, context=context))
    tagging = tuple(create_tags_checks(call, specified))
    return (*enriched, *tagging)


def _instances(operation: str, parameter: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"ec2:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        named = call.params.get(parameter) or ["*"]
        ids = [named] if isinstance(named, str) else named
        arns = [arn_of(call, "instance", str(id_)) for id_ in ids]
        return tuple(Check(action, arn, call.account, _context(call, arn)) for arn in arns)

    return needs


def _context(call: Call, arn: str) -> Context:
    return {"ec2:Region": call.region, **describe(arn)}


def _modify_attribute(call: Call) -> tuple[Check, ...]:
    """The instance, and the security groups it is moved to."""
    arn = arn_of(call, "instance", str(call.params.get("InstanceId") or "*"))
    groups = [arn_of(call, "security-group", str(id_)) for id_ in call.params.get("Groups") or ()]
    return tuple(
        Check("ec2:ModifyInstanceAttribute", each, call.account, _context(call, each))
        for each in (arn, *groups)
    )


def _profile(call: Call) -> tuple[Check, ...]:
    """Giving an instance a profile passes the profile's role to EC2."""
    instance = call.params.get("InstanceId") or _instance_of_association(call) or "*"
    arn = arn_of(call, "instance", str(instance))
    context = _context(call, arn)
    profile = call.params.get("IamInstanceProfile")
    found = [Check(f"ec2:{call.operation}", arn, call.account, context)]
    if profile:
        found += [
            pass_role(call, role, "ec2.amazonaws.com") for role in instance_profile_roles(call, profile)
        ]
    return tuple(found)


def _instance_of_association(call: Call) -> Any | None:
    return instances.associated_instance(
        call.account, call.region, str(call.params.get("AssociationId") or "")
    )


def _tags(call: Call) -> tuple[Check, ...]:
    params = call.params
    tags = tags_in(params.get("Tags")) or {}
    passed = request_tags(tags) if call.operation == "CreateTags" else tag_keys(tags)
    found = []
    for id_ in params.get("Resources") or ["*"]:
        arn = arn_of(call, "", str(id_))
        found.append(Check(f"ec2:{call.operation}", arn, call.account, {**_context(call, arn), **passed}))
    return tuple(found)


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    "RunInstances": run_instances,
    "ModifyInstanceAttribute": _modify_attribute,
    "CreateTags": _tags,
    "DeleteTags": _tags,
    **{operation: _instances(operation, parameter) for operation, parameter in ON_INSTANCES.items()},
    **dict.fromkeys(
        (
            "AssociateIamInstanceProfile",
            "DisassociateIamInstanceProfile",
            "ReplaceIamInstanceProfileAssociation",
        ),
        _profile,
    ),
}
