"""The policy simulator answers as the gate would decide, in the simulator's words.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

ADA, TEAM, APP = (f"arn:aws:iam::123456789012:{rest}" for rest in ("user/ada", "group/Team", "role/App"))
FILE = "arn:aws:s3:::files/a.txt"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


RED = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
TRUST = document(
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


@pytest.fixture(scope="module")
def iam() -> Iterator[Any]:
    with Lab(seed=4):
        client = boto3.client("iam")
        ceiling = client.create_policy(PolicyName="Ceiling", PolicyDocument=document(allow("s3:Get*")))
        client.create_user(UserName="ada", PermissionsBoundary=ceiling["Policy"]["Arn"])
        client.put_user_policy(UserName="ada", PolicyName="Own", PolicyDocument=document(allow("s3:*")))
        client.create_group(GroupName="Team")
        client.add_user_to_group(GroupName="Team", UserName="ada")
        client.put_group_policy(
            GroupName="Team", PolicyName="Red", PolicyDocument=document(allow("sqs:*", Condition=RED))
        )
        client.create_role(RoleName="App", AssumeRolePolicyDocument=TRUST)
        client.attach_role_policy(RoleName="App", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
        yield client


def simulate(iam: Any, source: str, action: str, resource: str = FILE, **more: Any) -> dict[str, Any]:
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=source, ActionNames=[action], ResourceArns=[resource], **more
    )["EvaluationResults"]
    found: dict[str, Any] = result
    return found


RED_ENTRY = {
    "ContextKeyName": "aws:PrincipalTag/team",
    "ContextKeyValues": ["red"],
    "ContextKeyType": "string",
}
MORE = {"PolicyInputList": [document({"Effect": "Deny", "Action": "*", "Resource": "*"})]}

# who, action, further parameters, decision, the policies whose statements matched
DECISIONS: list[tuple[str, str, dict[str, Any], str, list[str]]] = [
    (ADA, "s3:GetObject", {}, "allowed", ["user_ada_Own", "Ceiling"]),
    (ADA, "s3:PutObject", {}, "implicitDeny", []),
    (ADA, "ec2:RunInstances", {}, "implicitDeny", []),
    (ADA, "s3:GetObject", MORE, "explicitDeny", ["PolicyInputList.1"]),
    (
        ADA,
        "s3:PutObject",
        {"PermissionsBoundaryPolicyInputList": [document(allow("*"))]},
        "allowed",
        ["user_ada_Own", "PermissionsBoundaryPolicyInputList.1"],
    ),
    (TEAM, "sqs:SendMessage", {"ContextEntries": [RED_ENTRY]}, "allowed", ["group_Team_Red"]),
    (TEAM, "sqs:SendMessage", {}, "implicitDeny", []),
    (APP, "s3:GetObject", {}, "allowed", ["AmazonS3ReadOnlyAccess"]),
]


@pytest.mark.parametrize(
    ("source", "action", "more", "decision", "matched"),
    DECISIONS,
    ids=[f"{number}-{who.rpartition('/')[2]}-{action}" for number, (who, action, *_) in enumerate(DECISIONS)],
)
def test_a_principal_is_judged_with_all_that_limits_it(
    iam: Any, source: str, action: str, more: dict[str, Any], decision: str, matched: list[str]
) -> None:
    result = simulate(iam, source, action, **more)
    assert result["EvalDecision"] == decision
    assert {statement["SourcePolicyId"] for statement in result["MatchedStatements"]} == set(matched)


def test_keys_that_the_context_lacks_are_named(iam: Any) -> None:
    assert simulate(iam, TEAM, "sqs:SendMessage")["MissingContextValues"] == ["aws:PrincipalTag/team"]


def test_a_boundary_s_part_is_told_apart(iam: Any) -> None:
    detail = {"AllowedByPermissionsBoundary": False}
    assert simulate(iam, ADA, "s3:PutObject")["PermissionsBoundaryDecisionDetail"] == detail
    assert "PermissionsBoundaryDecisionDetail" not in simulate(iam, APP, "s3:GetObject")


def test_every_action_gets_an_answer_page_by_page(iam: Any) -> None:
    params: dict[str, Any] = {
        "PolicySourceArn": ADA,
        "ActionNames": ["s3:GetObject", "s3:PutObject", "sqs:SendMessage"],
    }
    pages = list(
        iam.get_paginator("simulate_principal_policy").paginate(**params, PaginationConfig={"PageSize": 2})
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [2, 1]
    assert [page["IsTruncated"] for page in pages] == [True, False]


def test_several_resources_are_told_apart_within_their_action(iam: Any) -> None:
    policy = document(
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::files/secret"},
    )
    elsewhere, secret = "arn:aws:s3:::other/a.txt", "arn:aws:s3:::files/secret"
    for resources, decision in (
        ([elsewhere, "arn:aws:s3:::other/b.txt"], "implicitDeny"),
        ([elsewhere, FILE], "allowed"),
        ([elsewhere, FILE, secret], "explicitDeny"),
    ):
        (result,) = iam.simulate_custom_policy(
            PolicyInputList=[policy], ActionNames=["s3:GetObject"], ResourceArns=resources
        )["EvaluationResults"]
        assert result["EvalDecision"] == decision
        assert result["EvalResourceName"] == "arn:aws:s3:::${BucketName}/${ObjectName}"
        assert (result["MatchedStatements"], result["MissingContextValues"]) == ([], [])
        parts = result["ResourceSpecificResults"]
        assert [part["EvalResourceName"] for part in parts] == resources
        assert all(set(part) >= {"EvalResourceDecision", "MatchedStatements"} for part in parts)
    assert [part["EvalResourceDecision"] for part in parts] == ["implicitDeny", "allowed", "explicitDeny"]
    assert [len(part["MatchedStatements"]) for part in parts] == [0, 1, 1]


def test_a_resource_policy_needs_to_know_who_calls(iam: Any) -> None:
    shared = document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": ADA},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::files/*",
        }
    )
    params = {
        "PolicyInputList": [document(allow("ec2:*"))],
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [FILE],
        "ResourcePolicy": shared,
        "ResourceOwner": "arn:aws:iam::123456789012:root",
    }
    (result,) = iam.simulate_custom_policy(**params, CallerArn=ADA)["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
    with pytest.raises(ClientError, match="InvalidInput"):
        iam.simulate_custom_policy(**params)


KEY, ELSEWHERE = "arn:aws:kms:us-east-1:123456789012:key/k", "arn:aws:iam::210987654321:role/Theirs"
NOBODY = document({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"})
# action, resource, further parameters, decision
ALONE: list[tuple[str, str, dict[str, Any], str]] = [
    ("kms:Decrypt", KEY, {}, "allowed"),
    ("sts:AssumeRole", APP, {}, "allowed"),
    ("sts:AssumeRole", ELSEWHERE, {}, "allowed"),
    # https://github.com/aws/aws-cli/issues/10314
    ("sts:AssumeRole", APP, {"ResourcePolicy": NOBODY, "CallerArn": ADA}, "allowed"),
    ("sts:GetCallerIdentity", "*", {}, "implicitDeny"),
    ("sts:GetSessionToken", "*", {}, "implicitDeny"),
]


@pytest.mark.parametrize(
    ("action", "resource", "more", "decision"),
    ALONE,
    ids=[f"{number}-{action}" for number, (action, *_) in enumerate(ALONE)],
)
def test_policies_alone_are_simulated(
    iam: Any, action: str, resource: str, more: dict[str, Any], decision: str
) -> None:
    (result,) = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("kms:*"), allow("sts:Assume*"))],
        ActionNames=[action],
        ResourceArns=[resource],
        **more,
    )["EvaluationResults"]
    assert result["EvalDecision"] == decision


def test_a_role_may_be_who_calls(iam: Any) -> None:
    shared = document(
        {"Effect": "Allow", "Principal": {"AWS": APP}, "Action": "s3:PutObject", "Resource": FILE}
    )
    params = {"ResourcePolicy": shared, "ResourceOwner": "arn:aws:iam::123456789012:root"}
    assert simulate(iam, APP, "s3:PutObject")["EvalDecision"] == "implicitDeny"
    assert simulate(iam, APP, "s3:PutObject", **params)["EvalDecision"] == "allowed"
    (result,) = iam.simulate_custom_policy(
        PolicyInputList=[document(allow("ec2:*"))],
        ActionNames=["s3:PutObject"],
        ResourceArns=[FILE],
        CallerArn=APP,
        **params,
    )["EvaluationResults"]
    assert result["EvalDecision"] == "allowed"
    with pytest.raises(ClientError, match="Invalid Caller ARN"):
        simulate(iam, APP, "s3:PutObject", CallerArn="arn:aws:sts::123456789012:assumed-role/App/x")


def test_the_keys_that_policies_ask_for(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html"""
    policy = document(
        allow("s3:*", "arn:aws:s3:::home/${aws:username}/*"),
        allow(
            "sqs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"AWS:SourceIp": "true"}}
        ),
    )
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert keys == ["aws:username", "aws:SourceIp"]
    of_ada = iam.get_context_keys_for_principal_policy(PolicySourceArn=ADA)["ContextKeyNames"]
    assert of_ada == ["aws:PrincipalTag/team"]


INLINE = {"PolicyName": "Own", "AttachmentType": "user", "AttachmentName": "ada"}
# who, action, what is left out, the decision without it
LEFT_OUT: list[tuple[str, str, dict[str, Any], str]] = [
    (ADA, "s3:PutObject", {"PolicyType": "permission-boundary"}, "allowed"),
    (ADA, "s3:GetObject", {"PolicyType": "inline"}, "implicitDeny"),
    (ADA, "s3:GetObject", {"InlinePolicyIdentifier": INLINE}, "implicitDeny"),
    (ADA, "s3:GetObject", {"InlinePolicyIdentifier": INLINE | {"AttachmentType": "group"}}, "allowed"),
    (ADA, "s3:GetObject", {"InlinePolicyIdentifier": INLINE | {"AttachmentName": "bob"}}, "allowed"),
    (ADA, "s3:GetObject", {"PolicyType": "rcp"}, "allowed"),
    (APP, "s3:GetObject", {"PolicyType": "aws-managed"}, "implicitDeny"),
    (APP, "s3:GetObject", {"PolicyType": "user-managed"}, "allowed"),
    (APP, "s3:GetObject", {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3*"}, "implicitDeny"),
    (APP, "s3:GetObject", {"PolicyArn": "arn:aws:iam::aws:policy/Other"}, "allowed"),
]


@pytest.mark.parametrize(
    ("source", "action", "entry", "decision"),
    LEFT_OUT,
    ids=[f"{number}-{next(iter(entry))}" for number, (_, _, entry, _) in enumerate(LEFT_OUT)],
)
def test_a_simulation_leaves_out_what_it_is_told_to(
    iam: Any, source: str, action: str, entry: dict[str, Any], decision: str
) -> None:
    assert simulate(iam, source, action)["EvalDecision"] != decision or decision == "allowed"
    assert simulate(iam, source, action, PolicyExclusionList=[entry])["EvalDecision"] == decision


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no such user", {"PolicySourceArn": f"{ADA}x"}, "NoSuchEntity"),
    ("a policy's ARN", {"PolicySourceArn": "arn:aws:iam::123456789012:policy/Ceiling"}, "InvalidInput"),
    ("an action without service", {"ActionNames": ["GetObject"]}, "InvalidInput"),
    ("a policy that is no JSON", {"PolicyInputList": ["hello"]}, "InvalidInput"),
    ("a policy without statements", {"PolicyInputList": ['{"Version": "2012-10-17"}']}, "InvalidInput"),
    (
        "an exclusion that is no ARN",
        {"PolicyExclusionList": [{"PolicyArn": "arn:aws:iam::*:policy/AmazonS3*"}]},
        "InvalidInput",
    ),
    (
        "an exclusion with two asterisks",
        {"PolicyExclusionList": [{"PolicyArn": "arn:aws:iam::aws:policy/*S3*"}]},
        "InvalidInput",
    ),
    (
        "a word as a number",
        {
            "ContextEntries": [
                {"ContextKeyName": "aws:b", "ContextKeyValues": ["x"], "ContextKeyType": "numeric"}
            ]
        },
        "InvalidInput",
    ),
]


@pytest.mark.parametrize(
    ("params", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_what_cannot_be_simulated_is_refused(iam: Any, params: dict[str, Any], code: str) -> None:
    usual = {"PolicySourceArn": ADA, "ActionNames": ["s3:GetObject"]}
    with pytest.raises(ClientError) as caught:
        iam.simulate_principal_policy(**usual | params)
    assert caught.value.response["Error"]["Code"] == code
