"""Paths of `escalations` walked in the lab: with boto3 as the start, the gain is denied before and allowed after."""

from __future__ import annotations

import json
from collections.abc import Callable
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


def walk(lab: Lab, path: Path, session: boto3.Session) -> boto3.Session:
    """Make the calls of a path; who arrives at its end."""
    for call in path.calls:
        answer = getattr(session.client(call.service), call.method)(**call.parameters)
        if call.takes is not None:
            session = lab.session(answer[call.takes])
    return session


def make_proof(session: boto3.Session) -> None:
    """What every start is denied and every end is allowed."""
    session.client("iam").create_user(UserName="proof")


@pytest.mark.parametrize("scene", SCENES, ids=[scene.__name__ for scene in SCENES])
def test_a_path_leads_where_it_says(lab: Lab, scene: Callable[[Any], None]) -> None:
    iam = boto3.client("iam")
    scene(iam)
    start = lab.session(iam.create_access_key(UserName="ana"))
    (path, *_) = escalations(lab.snapshot()).paths("user/ana", to_administrator=True)
    assert path.replayable
    with pytest.raises(ClientError, match="AccessDenied"):
        make_proof(start)
    make_proof(walk(lab, path, start))


def test_who_has_no_path_stays_who_it_is(lab: Lab) -> None:
    ana(boto3.client("iam"), allow("iam:List*"), allow("iam:Get*"))
    assert escalations(lab.snapshot()).paths("user/ana") == ()
