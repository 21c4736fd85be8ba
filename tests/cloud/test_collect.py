"""Every policy that speaks about a call is collected, and none that doesn't.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud.callers import Caller, find_caller, service_principal
from iamlab.cloud.catalogue import Check
from iamlab.cloud.collect import (
    boundary_policies,
    flags_for,
    identity_policies,
    parsed,
    policies_for,
    session_policies,
)
from iamlab.cloud.lab import Lab
from iamlab.engine import Layer, PolicySet

ACCOUNT = "123456789012"


def document(action: str = "s3:*", effect: str = "Allow") -> str:
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}
    )


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
    }
)
MANAGED = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"


def user(lab: Lab, name: str = "ada") -> tuple[Any, Caller]:
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    return iam, caller(lab, key)


def caller(lab: Lab, key: str) -> Caller:
    found = find_caller(key, lab.state)
    assert found is not None
    return found


def assumed(lab: Lab, **params: Any) -> Caller:
    made = boto3.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Reader", RoleSessionName="shift", **params
    )
    return caller(lab, made["Credentials"]["AccessKeyId"])


def names(policies: Any) -> list[str]:
    return [policy.name for policy in policies]


def test_a_user_has_inline_attached_and_group_policies(iam_lab: Lab) -> None:
    iam, ada = user(iam_lab)
    iam.put_user_policy(UserName="ada", PolicyName="mine", PolicyDocument=document())
    iam.attach_user_policy(UserName="ada", PolicyArn=MANAGED)
    iam.create_group(GroupName="Team")
    iam.add_user_to_group(GroupName="Team", UserName="ada")
    iam.put_group_policy(GroupName="Team", PolicyName="ours", PolicyDocument=document())
    iam.create_group(GroupName="Others")
    iam.put_group_policy(GroupName="Others", PolicyName="theirs", PolicyDocument=document())
    found = identity_policies(ada)
    assert names(found) == ["mine", "AmazonDynamoDBReadOnlyAccess", "ours (group Team)"]
    assert [policy.arn for policy in found] == [None, MANAGED, None]


def test_a_change_of_a_policy_counts_at_the_next_call(iam_lab: Lab) -> None:
    iam, ada = user(iam_lab)
    arn = iam.create_policy(PolicyName="P", PolicyDocument=document("s3:Get*"))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ada", PolicyArn=arn)
    before = identity_policies(ada)[0].text
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("s3:Put*"), SetAsDefault=False)
    assert identity_policies(ada)[0].text == before
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    assert "s3:Put*" in identity_policies(ada)[0].text
    iam.detach_user_policy(UserName="ada", PolicyArn=arn)
    assert identity_policies(ada) == ()


def test_a_role_session_has_the_roles_policies_and_its_own_session_policies(iam_lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=TRUST, PermissionsBoundary=MANAGED)
    iam.put_role_policy(RoleName="Reader", PolicyName="inline", PolicyDocument=document())
    plain = assumed(iam_lab)
    assert names(identity_policies(plain)) == ["inline"]
    assert session_policies(plain) is None
    assert names(boundary_policies(plain)) == ["AmazonDynamoDBReadOnlyAccess"]
    bound = assumed(iam_lab, Policy=document("s3:Get*"), PolicyArns=[{"arn": MANAGED}])
    assert names(session_policies(bound)) == ["session policy", "AmazonDynamoDBReadOnlyAccess"]


def test_a_boundary_limits_a_user_until_it_is_taken_away(iam_lab: Lab) -> None:
    iam, ada = user(iam_lab)
    assert boundary_policies(ada) is None
    iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=MANAGED)
    assert names(boundary_policies(ada)) == ["AmazonDynamoDBReadOnlyAccess"]
    iam.delete_user_permissions_boundary(UserName="ada")
    assert boundary_policies(ada) is None


def test_root_and_services_have_no_policies_of_their_own(iam_lab: Lab) -> None:
    root = iam_lab.root_session().get_credentials()
    assert root is not None
    for who in (caller(iam_lab, root.access_key), service_principal("ec2.amazonaws.com")):
        assert identity_policies(who) == ()
        assert boundary_policies(who) is None
        assert session_policies(who) is None


def test_equal_texts_are_parsed_once() -> None:
    assert parsed(document(), "a") is parsed(document(), "a")
    assert parsed(document(), "a") is not parsed(document(), "b")


def test_an_unchanged_set_of_policies_is_compiled_once(iam_lab: Lab) -> None:
    iam, ada = user(iam_lab)
    iam.put_user_policy(UserName="ada", PolicyName="mine", PolicyDocument=document())
    check = Check("s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT)
    first = policies_for(ada, check, iam_lab.state)
    assert policies_for(ada, check, iam_lab.state) is first
    iam.put_user_policy(UserName="ada", PolicyName="mine", PolicyDocument=document("s3:List*"))
    assert policies_for(ada, check, iam_lab.state) is not first


# ------------------------------------------------------------------ organisations
@pytest.fixture
def member(iam_lab: Lab) -> tuple[Any, str, str, str]:
    """An organisation with both policy types enabled, a unit, and an account in it."""
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Lab")["OrganizationalUnit"]["Id"]
    organizations.create_account(AccountName="Dev", Email="dev@example.com")
    made = organizations.list_accounts()["Accounts"][-1]["Id"]
    organizations.move_account(AccountId=made, SourceParentId=root, DestinationParentId=unit)
    return organizations, root, unit, made


def member_admin(lab: Lab, account: str) -> boto3.Session:
    return lab.session(
        boto3.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", RoleSessionName="boss"
        )
    )


def by_level(policies: PolicySet, layer: Layer) -> list[int]:
    """How many policies hang at each level, root first."""
    counts = Counter(member.level for member in policies.layer(layer))
    return [counts[level] for level in sorted(counts, key=str)]


def deny_s3(organizations: Any, kind: str) -> str:
    statement: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    if kind == "RESOURCE_CONTROL_POLICY":
        statement["Principal"] = "*"
    made = organizations.create_policy(
        Name=f"no-{kind}",
        Description="",
        Type=kind,
        Content=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return str(made["Policy"]["PolicySummary"]["Id"])


def test_an_scp_above_binds_the_member_and_not_the_management_account(
    iam_lab: Lab, member: tuple[Any, str, str, str]
) -> None:
    organizations, root, unit, account = member
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    boss = member_admin(iam_lab, account)
    me = boss.client("sts").get_caller_identity()
    assert me["Account"] == account
    policy = deny_s3(organizations, "SERVICE_CONTROL_POLICY")
    organizations.attach_policy(PolicyId=policy, TargetId=unit)
    key = boss.get_credentials().access_key  # type: ignore[union-attr]
    check = Check("s3:ListAllMyBuckets", "*", account, wildcard_only=True)
    assert by_level(policies_for(caller(iam_lab, key), check, iam_lab.state), Layer.SCP) == [1, 2, 1]
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    boto3.client("s3").list_buckets()
    admin = caller(iam_lab, boto3.Session().get_credentials().access_key)  # type: ignore[union-attr]
    assert flags_for(admin, check) == ("management_account",)
    own = Check("s3:ListAllMyBuckets", "*", ACCOUNT, wildcard_only=True)
    assert flags_for(caller(iam_lab, key), own) == ("resource_management_account",)


def test_policies_of_a_type_that_is_off_bind_nobody_and_cannot_be_attached(
    iam_lab: Lab, member: tuple[Any, str, str, str]
) -> None:
    organizations, _, unit, account = member
    policy = deny_s3(organizations, "SERVICE_CONTROL_POLICY")
    with pytest.raises(ClientError, match="only for enabled policy types"):
        organizations.attach_policy(PolicyId=policy, TargetId=unit)
    key = member_admin(iam_lab, account).get_credentials().access_key  # type: ignore[union-attr]
    check = Check("s3:ListAllMyBuckets", "*", account, wildcard_only=True)
    assert by_level(policies_for(caller(iam_lab, key), check, iam_lab.state), Layer.SCP) == []


def test_rcps_follow_the_account_of_the_resource(iam_lab: Lab, member: tuple[Any, str, str, str]) -> None:
    organizations, root, unit, account = member
    organizations.enable_policy_type(RootId=root, PolicyType="RESOURCE_CONTROL_POLICY")
    organizations.attach_policy(PolicyId=deny_s3(organizations, "RESOURCE_CONTROL_POLICY"), TargetId=unit)
    admin = caller(iam_lab, boto3.Session().get_credentials().access_key)  # type: ignore[union-attr]
    object_arn = "arn:aws:s3:::b/k"
    for owner, levels in ((account, [1, 2, 1]), (ACCOUNT, [1, 1]), ("210987654321", [])):
        found = policies_for(admin, Check("s3:GetObject", object_arn, owner), iam_lab.state)
        assert by_level(found, Layer.RCP) == levels
