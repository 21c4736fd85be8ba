"""Service-linked roles, from the first call to the last.

https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import service_linked
from iamlab.cloud.lab import Lab
from iamlab.cloud.moto_seam import identities

ACCOUNT = "123456789012"
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
ECS = "AWSServiceRoleForECS"


@cache
def iam() -> Any:
    """The administrator's client; parameters are left for the lab to check."""
    return boto3.client("iam", config=Config(parameter_validation=False))


def refusal(operation: str, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        getattr(iam(), operation)(**params)
    found = caught.value.response
    return found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Message"]


# the service, the suffix of the call, the name, the policy
# https://docs.aws.amazon.com/autoscaling/ec2/userguide/autoscaling-service-linked-role.html and its like
NAMES: list[tuple[str, str | None, str, str]] = [
    ("ecs.amazonaws.com", None, ECS, "AmazonECSServiceRolePolicy"),
    ("autoscaling.amazonaws.com", None, "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"),
    ("autoscaling.amazonaws.com", "lab", "AWSServiceRoleForAutoScaling_lab", "AutoScalingServiceRolePolicy"),
    (
        "dynamodb.application-autoscaling.amazonaws.com",
        None,
        "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        "AWSApplicationAutoscalingDynamoDBTablePolicy",
    ),
    ("ssm.amazonaws.com", None, "AWSServiceRoleForAmazonSSM", "AmazonSSMServiceRolePolicy"),
]


def test_the_service_chooses_name_path_trust_and_permissions(lab: Lab) -> None:
    client = iam()
    for service, suffix, name, policy in NAMES:
        params = {"Description": "ours"} | ({"CustomSuffix": suffix} if suffix else {})
        made = client.create_service_linked_role(AWSServiceName=service, **params)["Role"]
        assert made["RoleName"] == name
        assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}"
        assert set(made) == {"Arn", "AssumeRolePolicyDocument", "CreateDate", "Path", "RoleId", "RoleName"}
        assert made["AssumeRolePolicyDocument"]["Statement"] == [
            {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}
        ]
        shown = client.get_role(RoleName=name)["Role"]
        assert shown["Description"] == "ours"
        assert shown["AssumeRolePolicyDocument"]["Statement"] == [
            {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        ]
        attached = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        assert attached == [
            {"PolicyName": policy, "PolicyArn": f"arn:aws:iam::aws:policy/aws-service-role/{policy}"}
        ]


def test_what_is_asked_wrongly_is_refused(lab: Lab) -> None:
    iam().create_service_linked_role(AWSServiceName="ecs.amazonaws.com", Description="ours")
    assert iam().get_role(RoleName=ECS)["Role"]["Description"] == "ours"
    for service, more, message in (
        (
            "ecs.amazonaws.com",
            {},
            f"Service role name {ECS} has been taken in this account, please try a different suffix.",
        ),
        ("ecs.amazonaws.com", {"CustomSuffix": "x"}, "Custom suffix is not allowed for ecs.amazonaws.com"),
        ("nobody.amazonaws.com", {}, "Service nobody.amazonaws.com does not support service-linked roles."),
    ):
        refused = refusal("create_service_linked_role", AWSServiceName=service, **more)
        assert refused == ("InvalidInput", 400, message)
    reserved = refusal(
        "create_role", RoleName="Mine", Path="/aws-service-role/x/", AssumeRolePolicyDocument=DOCUMENT
    )
    assert reserved == (
        "InvalidInput",
        400,
        "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles",
    )


PROTECTED: list[tuple[str, dict[str, Any]]] = [
    ("delete_role", {}),
    ("update_role", {"Description": "x", "MaxSessionDuration": 7200}),
    ("update_assume_role_policy", {"PolicyDocument": DOCUMENT}),
    ("put_role_policy", {"PolicyName": "p", "PolicyDocument": DOCUMENT}),
    ("delete_role_policy", {"PolicyName": "p"}),
    ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    (
        "detach_role_policy",
        {"PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"},
    ),
    ("put_role_permissions_boundary", {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    ("delete_role_permissions_boundary", {}),
]


def test_nobody_but_the_service_changes_it(lab: Lab) -> None:
    iam().create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    message = (
        f"Cannot perform the operation on the protected role '{ECS}' - this role is only modifiable by AWS"
    )
    for operation, params in PROTECTED:
        refused = refusal(operation, RoleName=ECS, **params)
        assert (operation, *refused) == (operation, "UnmodifiableEntity", 400, message)


def test_its_description_and_tags_are_the_accounts(lab: Lab) -> None:
    client = iam()
    client.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    client.update_role(RoleName=ECS, Description="for the shop")
    client.tag_role(RoleName=ECS, Tags=[{"Key": "team", "Value": "shop"}, {"Key": "x", "Value": "y"}])
    client.untag_role(RoleName=ECS, TagKeys=["x"])
    role = client.get_role(RoleName=ECS)["Role"]
    assert (role["Description"], role["Tags"]) == ("for the shop", [{"Key": "team", "Value": "shop"}])
    shown = client.update_role_description(RoleName=ECS, Description="for all")["Role"]
    assert shown["Description"] == "for all"


def test_its_policy_is_for_it_alone(lab: Lab) -> None:
    client = iam()
    client.create_user(UserName="ada")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    client.create_role(RoleName="Mine", AssumeRolePolicyDocument=document)
    arn = "arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy"
    assert refusal("attach_role_policy", RoleName="Mine", PolicyArn=arn) == (
        "PolicyNotAttachable",
        400,
        "Cannot attach a Service Role Policy to a Customer Role.",
    )
    assert refusal("attach_user_policy", UserName="ada", PolicyArn=arn)[0] == "PolicyNotAttachable"
    # nor is it a boundary
    for operation, params in (
        ("put_user_permissions_boundary", {"UserName": "ada"}),
        ("put_role_permissions_boundary", {"RoleName": "Mine"}),
    ):
        assert refusal(operation, PermissionsBoundary=arn, **params)[:2] == ("PolicyNotAttachable", 400)


def test_its_deletion_is_a_task(lab: Lab) -> None:
    client = iam()
    client.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    task = client.delete_service_linked_role(RoleName=ECS)["DeletionTaskId"]
    assert re.fullmatch(rf"task/aws-service-role/ecs\.amazonaws\.com/{ECS}/[0-9a-f-]{{36}}", task)
    found = client.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert (found["Status"], "Reason" in found) == ("SUCCEEDED", False)
    assert refusal("get_role", RoleName=ECS)[0] == "NoSuchEntity"
    assert refusal("delete_service_linked_role", RoleName=ECS)[0] == "NoSuchEntity"
    ghost = task[:-1] + ("0" if task[-1] != "0" else "1")
    assert refusal("get_service_linked_role_deletion_status", DeletionTaskId=ghost)[0] == "NoSuchEntity"
    assert refusal("get_service_linked_role_deletion_status", DeletionTaskId="task")[0] == "InvalidInput"
    client.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")


def test_every_service_linked_role_has_a_policy_of_awss_and_a_name_of_its_own(lab: Lab) -> None:
    roles = list(service_linked._ROLES.values())
    missing = [role.name for role in roles if identities.managed_policy(ACCOUNT, role.policy_arn) is None]
    assert missing == []
    assert len({role.name for role in roles}) == len(roles) > 100
    assert max(len(role.name) for role in roles) <= 64
