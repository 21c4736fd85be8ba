"""IAM: real paths, boundaries, tags, passed roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlab.cloud.callers import Caller
from iamlab.cloud.catalogue import Check
from iamlab.cloud.moto_seam import identities

Ask = Callable[..., tuple[Check, ...]]
State = Callable[[str], Any]
A = "arn:aws:iam::123456789012"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)

# operation, parameters, (action, resource), own condition keys that must be there
NEW_AND_NAMED: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("GetUser", {}, f"{A}:user/team/bob", {}),
    ("ListAccessKeys", {}, f"{A}:user/team/bob", {}),
    ("ChangePassword", {"OldPassword": "x", "NewPassword": "y"}, f"{A}:user/team/bob", {}),
    ("GetUser", {"UserName": "nobody"}, f"{A}:user/nobody", {}),
    ("CreateUser", {"UserName": "eve", "Path": "/team/"}, f"{A}:user/team/eve", {}),
    (
        "CreateUser",
        {"UserName": "eve", "PermissionsBoundary": f"{A}:policy/ceiling"},
        f"{A}:user/eve",
        {"iam:PermissionsBoundary": f"{A}:policy/ceiling"},
    ),
    (
        "CreateRole",
        {"RoleName": "app", "Tags": [{"Key": "team", "Value": "blue"}]},
        f"{A}:role/app",
        {"aws:RequestTag/team": "blue", "aws:TagKeys": ["team"], "aws:ResourceTag/team": "blue"},
    ),
    (
        "AttachUserPolicy",
        {"UserName": "eve", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        f"{A}:user/eve",
        {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    ),
    ("AddUserToGroup", {"GroupName": "devs", "UserName": "eve"}, f"{A}:group/devs", {}),
    ("CreatePolicy", {"PolicyName": "p", "Path": "/x/"}, f"{A}:policy/x/p", {}),
    (
        "GetPolicy",
        {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        {},
    ),
    ("CreateSAMLProvider", {"Name": "corp"}, f"{A}:saml-provider/corp", {}),
    (
        "CreateOpenIDConnectProvider",
        {"Url": "https://token.example.com/oidc"},
        f"{A}:oidc-provider/token.example.com/oidc",
        {},
    ),
    ("CreateVirtualMFADevice", {"VirtualMFADeviceName": "phone"}, f"{A}:mfa/phone", {}),
    (
        "GetServiceLinkedRoleDeletionStatus",
        {"DeletionTaskId": "task/aws-service-role/lex.amazonaws.com/AWSServiceRoleForLexBots/1234"},
        f"{A}:role/AWSServiceRoleForLexBots",
        {},
    ),
    (
        "SimulatePrincipalPolicy",
        {"PolicySourceArn": f"{A}:user/team/bob", "ActionNames": ["s3:GetObject"]},
        f"{A}:user/team/bob",
        {},
    ),
    ("UntagRole", {"RoleName": "app", "TagKeys": ["team"]}, f"{A}:role/app", {"aws:TagKeys": ["team"]}),
    ("ListUsers", {}, f"{A}:user/", {}),
    ("ListUsers", {"PathPrefix": "/team/"}, f"{A}:user/team/", {}),
    ("ListPolicies", {}, "policy path /", {}),
    ("GetAccountSummary", {}, "*", {}),
]


@pytest.mark.parametrize(("operation", "params", "resource", "context"), NEW_AND_NAMED)
def test_names_become_arns_and_parameters_condition_keys(
    operation: str, params: dict[str, Any], resource: str, context: dict[str, Any], ask: Ask, state: State
) -> None:
    check = ask("iam", operation, **params)[0]
    assert (check.action, check.resource) == (f"iam:{operation}", resource)
    assert check.owner == "123456789012"
    assert dict(check.context) == context


def test_what_is_tagged_as_it_is_made_needs_the_permission_to_tag(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags_roles.html#id_tags_roles_permissions"""
    tags = [{"Key": "team", "Value": "blue"}]
    asked = [(check.action, check.resource) for check in ask("iam", "CreateRole", RoleName="app", Tags=tags)]
    assert asked == [("iam:CreateRole", f"{A}:role/app"), ("iam:TagRole", f"{A}:role/app")]


def test_service_linked_roles_are_named_by_service_and_key(ask: Ask, state: State) -> None:
    state("iam").list_users()
    (check,) = ask("iam", "CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com")
    assert check.resource == (
        f"{A}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
    assert check.context == {"iam:AWSServiceName": "autoscaling.amazonaws.com"}


def test_existing_entities_are_named_with_their_path_and_carry_their_tags(ask: Ask, state: State) -> None:
    iam = state("iam")
    iam.create_user(UserName="eve", Path="/team/", Tags=[{"Key": "dept", "Value": "x"}])
    iam.create_role(RoleName="app", Path="/svc/", AssumeRolePolicyDocument=TRUST)
    iam.tag_role(RoleName="app", Tags=[{"Key": "dept", "Value": "y"}])
    iam.create_group(GroupName="devs", Path="/g/")
    arn = iam.create_policy(
        PolicyName="p", Path="/pol/", PolicyDocument=POLICY, Tags=[{"Key": "dept", "Value": "z"}]
    )["Policy"]["Arn"]
    both = ("aws:ResourceTag/dept", "iam:ResourceTag/dept")
    (user,) = ask("iam", "GetUser", UserName="eve")
    assert (user.resource, dict(user.context)) == (f"{A}:user/team/eve", dict.fromkeys(both, "x"))
    (role,) = ask("iam", "GetRole", RoleName="app")
    assert (role.resource, dict(role.context)) == (f"{A}:role/svc/app", dict.fromkeys(both, "y"))
    (group,) = ask("iam", "GetGroup", GroupName="devs")
    assert (group.resource, dict(group.context)) == (f"{A}:group/g/devs", {})
    (policy,) = ask("iam", "GetPolicy", PolicyArn=arn)
    assert (policy.resource, dict(policy.context)) == (f"{A}:policy/pol/p", {"aws:ResourceTag/dept": "z"})


def test_changes_of_a_bounded_principal_tell_its_boundary(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    iam = state("iam")
    ceiling = iam.create_policy(PolicyName="ceiling", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.create_role(RoleName="app", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=ceiling)
    iam.create_user(UserName="eve")
    identities.set_user_boundary(identities.user_by_name("123456789012", "eve"), ceiling)
    (on_role,) = ask("iam", "PutRolePolicy", RoleName="app", PolicyName="x", PolicyDocument=POLICY)
    (on_user,) = ask("iam", "DeleteUserPermissionsBoundary", UserName="eve")
    (unrelated,) = ask("iam", "ListUserPolicies", UserName="eve")
    assert on_role.context["iam:PermissionsBoundary"] == ceiling
    assert on_user.context["iam:PermissionsBoundary"] == ceiling
    assert "iam:PermissionsBoundary" not in unrelated.context


def test_renaming_needs_both_names(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html"""
    state("iam").create_user(UserName="eve", Path="/team/")
    found = ask("iam", "UpdateUser", UserName="eve", NewUserName="eva")
    assert [c.resource for c in found] == [f"{A}:user/team/eve", f"{A}:user/team/eva"]
    found = ask("iam", "UpdateUser", UserName="eve", NewPath="/ops/")
    assert [c.resource for c in found] == [f"{A}:user/team/eve", f"{A}:user/ops/eve"]


def test_a_role_put_into_an_instance_profile_is_passed_to_ec2(ask: Ask, state: State) -> None:
    iam = state("iam")
    iam.create_instance_profile(InstanceProfileName="web", Path="/x/")
    iam.create_role(RoleName="app", Path="/svc/", AssumeRolePolicyDocument=TRUST)
    profile, passed = ask("iam", "AddRoleToInstanceProfile", InstanceProfileName="web", RoleName="app")
    assert profile.resource == f"{A}:instance-profile/x/web"
    assert (passed.action, passed.resource, passed.dependent) == ("iam:PassRole", f"{A}:role/svc/app", True)
    assert passed.context == {"iam:PassedToService": "ec2.amazonaws.com"}


def test_an_access_key_belongs_to_its_user(ask: Ask, state: State) -> None:
    iam = state("iam")
    iam.create_user(UserName="eve", Path="/team/")
    key = iam.create_access_key(UserName="eve")["AccessKey"]["AccessKeyId"]
    (known,) = ask("iam", "GetAccessKeyLastUsed", AccessKeyId=key)
    (unknown,) = ask("iam", "GetAccessKeyLastUsed", AccessKeyId="AKIANOBODY")
    assert (known.resource, unknown.resource) == (f"{A}:user/team/eve", f"{A}:user/*")


def test_without_a_name_root_and_roles_stand_for_themselves(ask: Ask, state: State) -> None:
    root = Caller(arn=f"{A}:root", type="Account", account="123456789012")
    (check,) = ask("iam", "GetUser", {"caller": root})
    assert check.resource == f"{A}:root"
