"""Paths of `escalations` walked in the lab: with boto3 as the start, the gain is denied before and allowed after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.analysis.escalation import Path, escalations
from iamlab.cloud import Lab

ME = "arn:aws:iam::123456789012"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def trusting(principal: str) -> str:
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})


ALL = document(allow("*"))
LITTLE = document(allow("sqs:ListQueues"))


def ana(iam: Any, *statements: dict[str, Any], **more: Any) -> None:
    iam.create_user(UserName="ana", **more)
    iam.put_user_policy(UserName="ana", PolicyName="own", PolicyDocument=document(*statements))


def put_user_policy(iam: Any) -> None:
    ana(iam, allow("iam:PutUserPolicy", f"{ME}:user/ana"))


def attach_user_policy(iam: Any) -> None:
    ana(iam, allow("iam:AttachUserPolicy", f"{ME}:user/ana"))


def create_policy_version(iam: Any) -> None:
    ana(iam, allow("iam:CreatePolicyVersion"))
    mine = iam.create_policy(PolicyName="mine", PolicyDocument=LITTLE)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ana", PolicyArn=mine)


def make_room_for_a_version(iam: Any) -> None:
    ana(iam, allow(["iam:CreatePolicyVersion", "iam:DeletePolicyVersion"]))
    mine = iam.create_policy(PolicyName="mine", PolicyDocument=LITTLE)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=mine, PolicyDocument=LITTLE)
    iam.attach_user_policy(UserName="ana", PolicyArn=mine)


def set_default_policy_version(iam: Any) -> None:
    ana(iam, allow("iam:SetDefaultPolicyVersion"))
    mine = iam.create_policy(PolicyName="mine", PolicyDocument=ALL)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=mine, PolicyDocument=LITTLE, SetAsDefault=True)
    iam.attach_user_policy(UserName="ana", PolicyArn=mine)


def add_user_to_group(iam: Any) -> None:
    ana(iam, allow("iam:AddUserToGroup", f"{ME}:group/admins"))
    iam.create_group(GroupName="admins")
    iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=ALL)


def put_group_policy(iam: Any) -> None:
    ana(iam, allow("iam:PutGroupPolicy", f"{ME}:group/staff"))
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="ana")


def attach_group_policy(iam: Any) -> None:
    ana(iam, allow("iam:AttachGroupPolicy", f"{ME}:group/staff"))
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="ana")


def create_access_key(iam: Any) -> None:
    ana(iam, allow("iam:CreateAccessKey", f"{ME}:user/boss"))
    iam.create_user(UserName="boss")
    iam.put_user_policy(UserName="boss", PolicyName="all", PolicyDocument=ALL)


def assume_role(iam: Any) -> None:
    ana(iam, allow("sts:AssumeRole", f"{ME}:role/Ops"))
    iam.create_role(RoleName="Ops", AssumeRolePolicyDocument=trusting(f"{ME}:root"))
    iam.put_role_policy(RoleName="Ops", PolicyName="all", PolicyDocument=ALL)


def update_assume_role_policy(iam: Any) -> None:
    ana(iam, allow("iam:UpdateAssumeRolePolicy", f"{ME}:role/Ops"))
    iam.create_role(
        RoleName="Ops", AssumeRolePolicyDocument=trusting("arn:aws:iam::123456789012:user/Administrator")
    )
    iam.put_role_policy(RoleName="Ops", PolicyName="all", PolicyDocument=ALL)


def attach_role_policy(iam: Any) -> None:
    ana(iam, allow(["iam:AttachRolePolicy", "sts:AssumeRole"], f"{ME}:role/Ops"))
    iam.create_role(RoleName="Ops", AssumeRolePolicyDocument=trusting(f"{ME}:root"))


def put_role_policy_by_the_role(iam: Any) -> None:
    ana(iam, allow("sts:AssumeRole", f"{ME}:role/Ops"))
    iam.create_role(RoleName="Ops", AssumeRolePolicyDocument=trusting(f"{ME}:root"))
    iam.put_role_policy(
        RoleName="Ops",
        PolicyName="own",
        PolicyDocument=document(allow("iam:PutRolePolicy", f"{ME}:role/Ops")),
    )


def delete_boundary(iam: Any) -> None:
    edge = iam.create_policy(
        PolicyName="edge", PolicyDocument=document(allow(["sqs:*", "iam:DeleteUserPermissionsBoundary"]))
    )
    ana(iam, allow("*"), PermissionsBoundary=edge["Policy"]["Arn"])


def detach_the_deny(iam: Any) -> None:
    ana(iam, allow("*"))
    deny = {"Effect": "Deny", "Action": ["s3:*", "iam:CreateUser"], "Resource": "*"}
    arn = iam.create_policy(PolicyName="never", PolicyDocument=document(deny))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ana", PolicyArn=arn)


SCENES: tuple[Callable[[Any], None], ...] = (
    put_user_policy,
    attach_user_policy,
    create_policy_version,
    make_room_for_a_version,
    set_default_policy_version,
    add_user_to_group,
    put_group_policy,
    attach_group_policy,
    create_access_key,
    assume_role,
    update_assume_role_policy,
    attach_role_policy,
    put_role_policy_by_the_role,
    delete_boundary,
    detach_the_deny,
)


Key = Mapping[str, str]


@pytest.fixture(scope="module")
def shared() -> boto3.Session:
    """One session for all clients of this module: reading IAM's model anew costs more than a whole path."""
    return boto3.Session(region_name="us-east-1")


def client_of(shared: boto3.Session, service: str, key: Key) -> Any:
    """A client that signs with a key, whoever's it is."""
    return shared.client(
        service,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key.get("SessionToken"),
    )


def walk(shared: boto3.Session, path: Path, key: Key) -> Key:
    """Make the calls of a path; the key of who arrives at its end."""
    for call in path.calls:
        answer = getattr(client_of(shared, call.service, key), call.method)(**call.parameters)
        if call.takes is not None:
            key = answer[call.takes]
    return key


def make_proof(shared: boto3.Session, key: Key) -> None:
    """What every start is denied and every end is allowed."""
    client_of(shared, "iam", key).create_user(UserName="proof")


@pytest.mark.parametrize("scene", SCENES, ids=[scene.__name__ for scene in SCENES])
def test_a_path_leads_where_it_says(lab: Lab, shared: boto3.Session, scene: Callable[[Any], None]) -> None:
    keys = lab.environ()
    admin = {"AccessKeyId": keys["AWS_ACCESS_KEY_ID"], "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"]}
    iam = client_of(shared, "iam", admin)
    scene(iam)
    start = iam.create_access_key(UserName="ana")["AccessKey"]
    (path, *_) = escalations(lab.snapshot()).paths("user/ana", to_administrator=True)
    assert path.replayable
    with pytest.raises(ClientError, match="AccessDenied"):
        make_proof(shared, start)
    make_proof(shared, walk(shared, path, start))


def test_who_has_no_path_stays_who_it_is(lab: Lab) -> None:
    ana(boto3.client("iam"), allow("iam:List*"), allow("iam:Get*"))
    assert escalations(lab.snapshot()).paths("user/ana") == ()
