"""A rehearsed call is decided as the gate decides it when it is really made: same checks, same outcome, same layer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Decision, Lab
from iamlab.cloud.rehearsal import UnknownPrincipal, principal, rehearse

TABLE = {"TableName": "T", "Key": {"id": {"S": "1"}}}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListAllMyBuckets"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "dynamodb:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
        },
        {"Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/${aws:username}"},
    ],
}

# service, operation, parameters, region
CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("s3", "ListBuckets", {}, "us-east-1"),
    ("s3", "GetObject", {"Bucket": "b", "Key": "k"}, "us-east-1"),
    ("s3", "PutObject", {"Bucket": "b", "Key": "k"}, "us-east-1"),
    ("s3", "ListObjectsV2", {"Bucket": "b"}, "us-east-1"),
    ("s3", "CopyObject", {"Bucket": "b", "Key": "k2", "CopySource": "b/k"}, "us-east-1"),
    ("dynamodb", "GetItem", TABLE, "eu-central-1"),
    ("dynamodb", "GetItem", TABLE, "us-east-1"),
    ("dynamodb", "DeleteTable", {"TableName": "T"}, "eu-central-1"),
    ("iam", "GetUser", {"UserName": "una"}, "us-east-1"),
    ("iam", "ListAccessKeys", {"UserName": "Administrator"}, "us-east-1"),
    ("ec2", "DescribeInstances", {}, "us-east-1"),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::123456789012:role/R", "RoleSessionName": "one"},
        "us-east-1",
    ),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=3) as running:
        yield running


@pytest.fixture(scope="module")
def callers(lab: Lab) -> dict[str, boto3.Session]:
    """The user `una` and a session of the role `R`, both with the same policy."""
    iam, sts = boto3.client("iam"), boto3.client("sts")
    iam.create_user(UserName="una")
    iam.put_user_policy(UserName="una", PolicyName="P", PolicyDocument=json.dumps(POLICY))
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:user/Administrator"},
            "Action": "sts:AssumeRole",
        },
    }
    arn = iam.create_role(RoleName="R", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="R", PolicyName="P", PolicyDocument=json.dumps(POLICY))
    return {
        "user/una": lab.session(iam.create_access_key(UserName="una")),
        "role/R": lab.session(sts.assume_role(RoleArn=arn, RoleSessionName="rehearsal")),
    }


def essence(decision: Decision) -> tuple[Any, ...]:
    request = decision.request
    return request.principal, request.action, request.resource, decision.outcome, decision.layer


@pytest.mark.parametrize("who", ["user/una", "role/R"])
@pytest.mark.parametrize(("service", "operation", "params", "region"), CALLS)
def test_it_is_decided_as_if_it_were_made(
    lab: Lab,
    callers: dict[str, boto3.Session],
    who: str,
    service: str,
    operation: str,
    params: dict[str, Any],
    region: str,
) -> None:
    rehearsed = rehearse(lab.state, principal(lab.state, who), service, operation, params, region)
    client = callers[who].client(service, region_name=region)  # type: ignore[call-overload]
    with suppress(ClientError):  # denied, or the thing isn't there: the decision is what counts
        client._make_api_call(operation, params)
    made = lab.state.decisions[-1].decisions
    assert [essence(decision) for decision in rehearsed] == [essence(decision) for decision in made]


def test_a_rehearsal_leaves_no_trace(lab: Lab, callers: dict[str, boto3.Session]) -> None:
    before = len(lab.state.events), len(lab.state.decisions), lab.clock.now()
    rehearse(lab.state, principal(lab.state, "user/una"), "s3", "ListBuckets", {})
    assert (len(lab.state.events), len(lab.state.decisions), lab.clock.now()) == before


@pytest.mark.parametrize("who", ["user/nobody", "role/None", "group/Devs"])
def test_a_principal_that_is_not_there_is_named(lab: Lab, who: str) -> None:
    kind, name = who.split("/")
    with pytest.raises(UnknownPrincipal, match=f"no {kind} named `{name}`"):
        principal(lab.state, who)


@pytest.mark.parametrize(
    ("mfa", "present"), [(None, None), (False, False), (True, True)], ids=["key", "token", "token with code"]
)
def test_a_second_factor_is_there_as_getsessiontoken_has_it(
    lab: Lab, callers: dict[str, boto3.Session], mfa: bool | None, present: bool | None
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"""
    caller = principal(lab.state, "user/una", mfa=mfa)
    (decision,) = rehearse(lab.state, caller, "s3", "ListBuckets", {})
    assert decision.request.context.get("aws:MultiFactorAuthPresent") is present
