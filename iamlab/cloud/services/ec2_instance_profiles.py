"""Instances and their instance profiles, which EC2 finds in IAM and refuses in words of its own.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities, instances
from iamlab.cloud.moto_seam.instances import Association
from iamlab.cloud.services import guard, operation
from iamlab.cloud.state import LabState

_PAGE = 1_000
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@guard("ec2", "RunInstances")
def profile_can_be_given(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html"""
    instances.show_profiles_by_their_ids()
    wanted = call.params.get("IamInstanceProfile")
    if wanted:
        profile = _profile(call, wanted)
        if not profile.roles:
            raise AwsError(
                "InvalidParameterValue", f'IAM Instance Profile "{profile.arn}" has no associated IAM Roles'
            )


@operation("ec2", "AssociateIamInstanceProfile")
def associate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AssociateIamInstanceProfile.html"""
    instance = call.params["InstanceId"]
    profile = _profile(call, call.params["IamInstanceProfile"])
    if _INSTANCE.fullmatch(instance) is None:
        raise AwsError("InvalidInstanceID.Malformed", f'Invalid id: "{instance}"')
    with state.lock:
        if instances.resource(call.account, call.region, instance) is None:
            raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance}' does not exist")
        if any(known.instance == instance for known in instances.associations(call.account, call.region)):
            raise AwsError("IncorrectState", f"There is an existing association for instance {instance}")
        return _answer(_given(call, instance, profile), "associating")


@operation("ec2", "ReplaceIamInstanceProfileAssociation")
def replace(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceIamInstanceProfileAssociation.html

    The new association has an id of its own.
    """
    with state.lock:
        present = _association(call)
        profile = _profile(call, call.params["IamInstanceProfile"])
        instances.dissociate(call.account, call.region, present.id)
        return _answer(_given(call, present.instance, profile), "associating")


@operation("ec2", "DisassociateIamInstanceProfile")
def dissociate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateIamInstanceProfile.html"""
    with state.lock:
        present = _association(call)
        instances.dissociate(call.account, call.region, present.id)
    return _answer(present, "disassociating")


@operation("ec2", "DescribeIamInstanceProfileAssociations")
def describe(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIamInstanceProfileAssociations.html"""
    params = call.params
    wanted = params.get("AssociationIds")
    found = [
        shape
        for shape in map(_shape, instances.associations(call.account, call.region))
        if (not wanted or shape["AssociationId"] in wanted)
        and all(_fits(shape, condition) for condition in params.get("Filters") or ())
    ]
    token = str(params.get("NextToken") or "0")
    if not token.isdigit():
        raise AwsError("InvalidParameterValue", "Unable to parse pagination token.")
    start = int(token)
    end = start + int(params.get("MaxResults") or _PAGE)
    answer: dict[str, Any] = {"IamInstanceProfileAssociations": found[start:end]}
    return answer | ({"NextToken": str(end)} if end < len(found) else {})


def _fits(shape: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    fields = {"instance-id": shape["InstanceId"], "state": shape["State"]}
    if condition["Name"] not in fields:
        raise AwsError("InvalidParameterValue", f"The filter '{condition['Name']}' is invalid")
    return fields[condition["Name"]] in condition["Values"]


def _profile(call: Call, wanted: Mapping[str, str]) -> Any:
    """The instance profile that a call names.

    Raises:
        AwsError: it isn't there, or is named twice.
    """
    name, arn = wanted.get("Name"), wanted.get("Arn")
    if name and arn:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
        )
    profiles = identities.iam(call.account).instance_profiles.values()
    found = next((each for each in list(profiles) if (arn and each.arn == arn) or each.name == name), None)
    if found is not None:
        return found
    member, shown, title = ("arn", arn, "ARN") if arn else ("name", name, "name")
    raise AwsError(
        "InvalidParameterValue",
        f"Value ({shown}) for parameter iamInstanceProfile.{member} is invalid. Invalid IAM Instance Profile {title}",
    )


def _given(call: Call, instance: str, profile: Any) -> Association:
    instances.show_profiles_by_their_ids()
    return instances.associate(call.account, call.region, instance, profile.arn)


def _association(call: Call) -> Association:
    wanted = call.params["AssociationId"]
    known = instances.associations(call.account, call.region)
    found = next((each for each in known if each.id == wanted), None)
    if found is None:
        raise AwsError("InvalidAssociationID.NotFound", f"An invalid association-id of '{wanted}' was given")
    return found


def _answer(association: Association, state: str) -> dict[str, Any]:
    return {"IamInstanceProfileAssociation": _shape(association) | {"State": state}}


def _shape(association: Association) -> dict[str, Any]:
    return {
        "AssociationId": association.id,
        "InstanceId": association.instance,
        "IamInstanceProfile": {"Arn": association.profile_arn, "Id": association.profile_id},
        "State": "associated",
    }
