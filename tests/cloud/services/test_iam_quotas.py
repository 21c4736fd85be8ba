"""How many of everything an account may have, and in which words IAM says so.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab
from iamlab.cloud.services import (
    iam_groups,
    iam_instance_profiles,
    iam_managed_policies,
    iam_roles,
    iam_users,
)

DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
_NAMES = """
AdministratorAccess AmazonDynamoDBFullAccess AmazonDynamoDBReadOnlyAccess AmazonEC2FullAccess
AmazonEC2ReadOnlyAccess AmazonKinesisFullAccess AmazonRDSFullAccess AmazonRDSReadOnlyAccess AmazonS3FullAccess
AmazonS3ReadOnlyAccess AmazonSNSFullAccess AmazonSNSReadOnlyAccess AmazonSQSFullAccess AmazonSQSReadOnlyAccess
AmazonVPCFullAccess AmazonVPCReadOnlyAccess CloudWatchFullAccess CloudWatchReadOnlyAccess IAMFullAccess
IAMReadOnlyAccess ReadOnlyAccess
"""
# AWS's own policies to attach, more than anybody may have
POLICIES = [f"arn:aws:iam::aws:policy/{name}" for name in _NAMES.split()]


@pytest.mark.parametrize(("kind", "limit"), [("user", 10), ("group", 10), ("role", 20)], ids=str)
def test_policies_of_an_entity_are_counted(iam: Any, refusal: Any, kind: str, limit: int) -> None:
    which = {f"{kind.title()}Name": "x"}
    getattr(iam, f"create_{kind}")(**which, **({"AssumeRolePolicyDocument": TRUST} if kind == "role" else {}))
    attach = getattr(iam, f"attach_{kind}_policy")
    for arn in POLICIES[:limit]:
        attach(**which, PolicyArn=arn)
    attach(**which, PolicyArn=POLICIES[0])  # once more is no more
    assert refusal(attach, **which, PolicyArn=POLICIES[limit]) == (
        "LimitExceeded",
        409,
        f"Cannot exceed quota for PoliciesPer{kind.title()}: {limit}",
    )


def test_a_user_is_in_ten_groups(iam: Any, refusal: Any) -> None:
    iam.create_user(UserName="ada")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        iam.add_user_to_group(GroupName=f"g{number}", UserName="ada")
    iam.add_user_to_group(GroupName="g0", UserName="ada")
    assert refusal(iam.add_user_to_group, GroupName="g10", UserName="ada") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for GroupsPerUser: 10",
    )


def test_a_policy_has_five_versions(iam: Any, refusal: Any) -> None:
    arn = iam.create_policy(PolicyName="Mine", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)
    assert refusal(iam.create_policy_version, PolicyArn=arn, PolicyDocument=DOCUMENT) == (
        "LimitExceeded",
        409,
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing "
        "version.",
    )
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=DOCUMENT)["PolicyVersion"]
    assert (version["VersionId"], version["IsDefaultVersion"]) == ("v6", False)


# module and name of the quota, the quota, the call, its parameters, what the error calls the quota
ACCOUNT: list[tuple[Any, str, int, str, dict[str, Any], str]] = [
    (iam_users, "USERS", 5_000, "create_user", {"UserName": "x"}, "UsersPerAccount"),
    (iam_groups, "GROUPS", 300, "create_group", {"GroupName": "x"}, "GroupsPerAccount"),
    (
        iam_roles,
        "ROLES",
        1_000,
        "create_role",
        {"RoleName": "x", "AssumeRolePolicyDocument": TRUST},
        "RolesPerAccount",
    ),
    (
        iam_managed_policies,
        "POLICIES",
        1_500,
        "create_policy",
        {"PolicyName": "x", "PolicyDocument": DOCUMENT},
        "PoliciesPerAccount",
    ),
    (
        iam_instance_profiles,
        "PROFILES",
        1_000,
        "create_instance_profile",
        {"InstanceProfileName": "x"},
        "InstanceProfilesPerAccount",
    ),
]


def test_an_account_has_quotas(iam: Any, refusal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, quota, limit, operation, params, name in ACCOUNT:
        assert getattr(module, quota) == limit
        # making five thousand users would take a while: the quota comes to meet the account
        monkeypatch.setattr(module, quota, 0)
        refused = refusal(getattr(iam, operation), **params)
        assert refused == ("LimitExceeded", 409, f"Cannot exceed quota for {name}: 0")


def test_who_has_no_user_must_name_one(lab: Lab, iam: Any) -> None:
    document = json.loads(TRUST)
    document["Statement"][0]["Principal"] = {"AWS": lab.account_id}
    iam.create_role(RoleName="Admin", AssumeRolePolicyDocument=json.dumps(document))
    iam.attach_role_policy(RoleName="Admin", PolicyArn=POLICIES[0])
    arn = f"arn:aws:iam::{lab.account_id}:role/Admin"
    session = lab.session(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="shift"))
    with pytest.raises(ClientError) as caught:
        session.client("iam").get_user()
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": "Must specify userName when calling with non-User credentials",
    }
