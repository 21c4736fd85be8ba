"""Instances take, change and lose their instance profiles, and EC2 words what can't be.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
PROFILE = "arn:aws:iam::123456789012:instance-profile"
GONE = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=5) as running:
        iam = boto3.client("iam")
        iam.create_role(RoleName="Web", AssumeRolePolicyDocument=TRUST)
        for name in ("First", "Second", "Empty"):
            iam.create_instance_profile(InstanceProfileName=name)
        for name in ("First", "Second"):
            iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="Web")
        yield running


@pytest.fixture(scope="module")
def ec2(lab: Lab) -> Any:
    return boto3.client("ec2")


def start(ec2: Any, **params: Any) -> dict[str, Any]:
    image = ec2.describe_images()["Images"][0]["ImageId"]
    made: dict[str, Any] = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, **params)
    return dict(made["Instances"][0])


@pytest.fixture(scope="module")
def instance(ec2: Any) -> str:
    return str(start(ec2)["InstanceId"])


def profile_id(name: str) -> str:
    found = boto3.client("iam").get_instance_profile(InstanceProfileName=name)
    return str(found["InstanceProfile"]["InstanceProfileId"])


def test_an_instance_tells_the_id_of_its_profile(ec2: Any) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfile.html"""
    told = start(ec2, IamInstanceProfile={"Name": "First"})["IamInstanceProfile"]
    assert told == {"Arn": f"{PROFILE}/First", "Id": profile_id("First")}


def test_a_profile_is_given_changed_and_taken(ec2: Any, instance: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IamInstanceProfileAssociation.html"""
    member = "IamInstanceProfileAssociation"
    given = ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": "First"}, InstanceId=instance)[
        member
    ]
    first = {"Arn": f"{PROFILE}/First", "Id": profile_id("First")}
    assert given["AssociationId"].startswith("iip-assoc-")
    assert given == {
        "AssociationId": given["AssociationId"],
        "InstanceId": instance,
        "IamInstanceProfile": first,
        "State": "associating",
    }
    here = [{"Name": "instance-id", "Values": [instance]}]
    listed = ec2.describe_iam_instance_profile_associations(Filters=here)["IamInstanceProfileAssociations"]
    assert listed == [given | {"State": "associated"}]
    second = {"Arn": f"{PROFILE}/Second"}
    changed = ec2.replace_iam_instance_profile_association(
        AssociationId=given["AssociationId"], IamInstanceProfile=second
    )[member]
    assert changed["AssociationId"] != given["AssociationId"]
    assert changed["IamInstanceProfile"]["Id"] == profile_id("Second")
    taken = ec2.disassociate_iam_instance_profile(AssociationId=changed["AssociationId"])[member]
    assert taken == changed | {"State": "disassociating"}
    assert not ec2.describe_iam_instance_profile_associations(Filters=here)["IamInstanceProfileAssociations"]


# operation, parameters, code, words
REFUSED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "a name that IAM doesn't know": (
        "associate_iam_instance_profile",
        {"IamInstanceProfile": {"Name": "Ghost"}},
        "InvalidParameterValue",
        "Value (Ghost) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    ),
    "an ARN that IAM doesn't know": (
        "associate_iam_instance_profile",
        {"IamInstanceProfile": {"Arn": f"{PROFILE}/Ghost"}},
        "InvalidParameterValue",
        f"Value ({PROFILE}/Ghost) for parameter iamInstanceProfile.arn is invalid. "
        "Invalid IAM Instance Profile ARN",
    ),
    "a name and an ARN": (
        "associate_iam_instance_profile",
        {"IamInstanceProfile": {"Name": "First", "Arn": f"{PROFILE}/First"}},
        "InvalidParameterCombination",
        "The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'",
    ),
    "no such instance": (
        "associate_iam_instance_profile",
        {"IamInstanceProfile": {"Name": "First"}, "InstanceId": GONE},
        "InvalidInstanceID.NotFound",
        f"The instance ID '{GONE}' does not exist",
    ),
    "no such association": (
        "disassociate_iam_instance_profile",
        {"AssociationId": "iip-assoc-0123456789abcdef0"},
        "InvalidAssociationID.NotFound",
        "An invalid association-id of 'iip-assoc-0123456789abcdef0' was given",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_is_worded_as_ec2_does(ec2: Any, instance: str, case: str) -> None:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html"""
    operation, params, code, words = REFUSED[case]
    if operation.startswith("associate"):
        params = {"InstanceId": instance} | params
    with pytest.raises(ClientError) as caught:
        getattr(ec2, operation)(**params)
    assert caught.value.response["Error"] == {"Code": code, "Message": words}


def test_a_profile_without_a_role_starts_nothing(ec2: Any) -> None:
    with pytest.raises(ClientError) as caught:
        start(ec2, IamInstanceProfile={"Name": "Empty"})
    assert caught.value.response["Error"] == {
        "Code": "InvalidParameterValue",
        "Message": f'IAM Instance Profile "{PROFILE}/Empty" has no associated IAM Roles',
    }
