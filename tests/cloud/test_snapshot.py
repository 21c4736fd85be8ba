"""`lab.snapshot()` is the account that the gate enforces, and what GetAccountAuthorizationDetails tells of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from iamlab.analysis.authorization_details import account_from_json
from iamlab.cloud import Lab

ALLOW_S3 = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
}


@pytest.fixture
def furnished(lab: Lab) -> Lab:
    iam = boto3.client("iam")
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=json.dumps(ALLOW_S3))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=edge, PolicyDocument=json.dumps(ALLOW_S3), SetAsDefault=False)
    iam.create_user(UserName="ana", PermissionsBoundary=edge, Tags=[{"Key": "team", "Value": "blue"}])
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="ana")
    iam.put_group_policy(GroupName="readers", PolicyName="reading", PolicyDocument=json.dumps(ALLOW_S3))
    iam.attach_user_policy(UserName="ana", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam.create_role(RoleName="App", Path="/service/", AssumeRolePolicyDocument=json.dumps(trust))
    boto3.client("s3").create_bucket(Bucket="notes")
    boto3.client("s3").put_bucket_policy(
        Bucket="notes",
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:DeleteBucket",
                        "Resource": "arn:aws:s3:::notes",
                    }
                ],
            }
        ),
    )
    return lab


def test_it_holds_principals_policies_and_resource_policies(furnished: Lab) -> None:
    account = furnished.snapshot()
    ana = account.principal("user/ana")
    assert ana.groups == ("readers",)
    assert ana.tags == {"team": "blue"}
    assert ana.boundary is not None
    assert ana.boundary.name == "edge"
    assert [policy.name for policy in account.identity_policies(ana)] == ["ReadOnlyAccess", "reading"]
    assert account.managed["arn:aws:iam::123456789012:policy/edge"].versions.keys() == {"v1", "v2"}
    assert account.principal("role/App").arn.endswith(":role/service/App")
    assert list(account.resource_policies) == ["arn:aws:s3:::notes"]
    assert account.decide(ana, "s3:PutObject", "arn:aws:s3:::notes/a").allowed
    assert not account.decide(ana, "s3:DeleteBucket", "arn:aws:s3:::notes").allowed


def test_it_agrees_with_get_account_authorization_details(furnished: Lab) -> None:
    pages: list[Any] = list(boto3.client("iam").get_paginator("get_account_authorization_details").paginate())
    told, seen = account_from_json(pages), furnished.snapshot()
    assert told.id == seen.id
    for principal in seen.principals:
        same = told.principal(principal.arn)
        assert (same.id, same.groups, same.tags) == (principal.id, principal.groups, principal.tags)
        assert [p.document for p in told.identity_policies(same)] == [
            p.document for p in seen.identity_policies(principal)
        ]


def test_another_account_is_another_snapshot(lab: Lab) -> None:
    assert lab.snapshot("111122223333").principals == ()
    assert [str(user) for user in lab.snapshot().users] == ["user/Administrator"]


def test_it_holds_the_grants_on_keys(lab: Lab, make_user: Callable[..., boto3.Session]) -> None:
    make_user("ana")
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    account = lab.snapshot()
    assert not account.decide(account.principal("user/ana"), "kms:Decrypt", key).allowed
    kms.create_grant(
        KeyId=key, GranteePrincipal=account.principal("user/ana").arn, Operations=["Decrypt"], Name="reader"
    )
    account = lab.snapshot()
    decision = account.decide(account.principal("user/ana"), "kms:Decrypt", key)
    assert decision.allowed
    assert "(reader) matches" in decision.explain()


def test_policies_of_repositories_and_buses_are_in_it(lab: Lab) -> None:
    ecr, events = boto3.client("ecr"), boto3.client("events")
    ecr.create_repository(repositoryName="app")
    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "ecr:ListImages"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    ecr.set_repository_policy(repositoryName="app", policyText=policy)
    events.put_permission(Action="events:PutEvents", Principal="111122223333", StatementId="other")
    assert set(lab.snapshot().resource_policies) == {
        "arn:aws:ecr:us-east-1:123456789012:repository/app",
        "arn:aws:events:us-east-1:123456789012:event-bus/default",
    }
