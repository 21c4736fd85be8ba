"""Whom outside of a zone of trust a resource's policy lets in.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from iamlab.analysis.external_access import Zone, external_access
from iamlab.analysis.universe import universe
from iamlab.policy import Policy

OWN, OTHER = "123456789012", "111122223333"
ORGANIZATION = "o-exampleorgid"
ACCOUNT = Zone(frozenset({OWN}))
ORG = Zone(frozenset({OWN, OTHER}), ORGANIZATION)

BUCKET = "arn:aws:s3:::reports"
OBJECTS = f"{BUCKET}/*"
ROLE = f"arn:aws:iam::{OWN}:role/app/Reader"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:jobs"
TOPIC = f"arn:aws:sns:us-east-1:{OWN}:news"
KEY = f"arn:aws:kms:us-east-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SECRET = f"arn:aws:secretsmanager:us-east-1:{OWN}:secret:login-AbCdEf"
FUNCTION = f"arn:aws:lambda:us-east-1:{OWN}:function:resize"
TABLE = f"arn:aws:dynamodb:us-east-1:{OWN}:table/notes"
REPOSITORY = f"arn:aws:ecr:us-east-1:{OWN}:repository/app"
IDP = f"arn:aws:iam::{OWN}:saml-provider/Corp"
GITHUB = f"arn:aws:iam::{OWN}:oidc-provider/token.actions.githubusercontent.com"


def allow(
    action: Any, principal: Any, resource: Any = None, condition: dict[str, Any] | None = None
) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    if resource is not None:
        made["Resource"] = resource
    return made | ({"Condition": condition} if condition else {})


def deny(action: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return allow(action, "*", "*", condition) | {"Effect": "Deny"}


def read(principal: Any, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    return allow("s3:GetObject", principal, OBJECTS, condition)


class Case(NamedTuple):
    resource: str
    statements: list[dict[str, Any]]
    found: list[tuple[str, str, str, bool]]
    """(kind of principal, principal, its actions, public)."""
    zone: Zone = ACCOUNT


READ = "s3:GetObject"
ANYBODY = [("AWS", "*", READ, True)]
LIMITED = [("AWS", "*", READ, False)]

CASES: dict[str, Case] = {
    # whom a statement names
    "everybody": Case(BUCKET, [read("*")], ANYBODY),
    "every AWS principal": Case(BUCKET, [read({"AWS": "*"})], ANYBODY),
    "everybody, and another account": Case(BUCKET, [read({"AWS": [OTHER, "*"]})], ANYBODY),
    "another account by number": Case(BUCKET, [read({"AWS": OTHER})], [("AWS", OTHER, READ, False)]),
    "another account by its root": Case(
        BUCKET, [read({"AWS": f"arn:aws:iam::{OTHER}:root"})], [("AWS", OTHER, READ, False)]
    ),
    "a role and a user elsewhere": Case(
        BUCKET,
        [read({"AWS": [f"arn:aws:iam::{OTHER}:role/x", f"arn:aws:iam::{OTHER}:user/y"]})],
        [
            ("AWS", f"arn:aws:iam::{OTHER}:role/x", READ, False),
            ("AWS", f"arn:aws:iam::{OTHER}:user/y", READ, False),
        ],
    ),
    "the own account": Case(BUCKET, [read({"AWS": OWN})], []),
    "an own role": Case(BUCKET, [read({"AWS": f"arn:aws:iam::{OWN}:role/x"})], []),
    "somebody who is gone": Case(BUCKET, [read({"AWS": "AIDAEXAMPLEEXAMPLE123"})], []),
    "a service": Case(BUCKET, [read({"Service": "cloudfront.amazonaws.com"})], []),
    "a canonical user": Case(
        BUCKET, [read({"CanonicalUser": "79a59df9"})], [("CanonicalUser", "79a59df9", READ, False)]
    ),
    "another account of the organisation": Case(BUCKET, [read({"AWS": OTHER})], [], ORG),
    # what its condition ties the request to
    "everybody of the account": Case(
        BUCKET, [read("*", {"StringEquals": {"aws:PrincipalAccount": OWN}})], []
    ),
    "everybody of another account": Case(
        BUCKET, [read("*", {"StringEquals": {"aws:PrincipalAccount": OTHER}})], LIMITED
    ),
    "the account's roles by pattern": Case(
        BUCKET, [read("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}})], []
    ),
    "everybody of an organisation, asked for an account": Case(
        BUCKET, [read("*", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})], LIMITED
    ),
    "everybody of the organisation": Case(
        BUCKET, [read("*", {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})], [], ORG
    ),
    "everybody of a part of the organisation": Case(
        BUCKET,
        [read("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/r-ab12/*"}})],
        [],
        ORG,
    ),
    "everybody of another organisation": Case(
        BUCKET, [read("*", {"StringEquals": {"aws:PrincipalOrgID": "o-another"}})], LIMITED, ORG
    ),
    "from a VPC": Case(BUCKET, [read("*", {"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}})], LIMITED),
    "from an office": Case(BUCKET, [read("*", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})], LIMITED),
    "from every address": Case(BUCKET, [read("*", {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}})], ANYBODY),
    "a topic for its owner": Case(
        TOPIC, [allow("SNS:Publish", "*", TOPIC, {"StringEquals": {"AWS:SourceOwner": OWN}})], []
    ),
    "a queue for an own topic": Case(
        QUEUE, [allow("sqs:SendMessage", "*", QUEUE, {"ArnEquals": {"aws:SourceArn": TOPIC}})], []
    ),
    "services, named by a condition": Case(
        BUCKET, [read("*", {"Bool": {"aws:PrincipalIsAWSService": "true"}})], []
    ),
    "one service, named by a condition": Case(
        BUCKET, [read("*", {"StringEquals": {"aws:PrincipalServiceName": "delivery.logs.amazonaws.com"}})], []
    ),
    # what Denies take away
    "denied to all others": Case(
        BUCKET, [read("*"), deny("s3:*", {"StringNotEquals": {"aws:PrincipalAccount": OWN}})], []
    ),
    "denied without TLS": Case(
        BUCKET, [read("*"), deny("s3:*", {"Bool": {"aws:SecureTransport": "false"}})], ANYBODY
    ),
    "one of two denied": Case(
        BUCKET,
        [allow(["s3:GetObject", "s3:PutObject"], {"AWS": OTHER}, OBJECTS), deny("s3:Put*")],
        [("AWS", OTHER, READ, False)],
    ),
    # what actions are about
    "actions that a bucket's objects don't have": Case(
        BUCKET,
        [allow(["s3:ListBucket", "s3:GetObject"], {"AWS": OTHER}, OBJECTS)],
        [("AWS", OTHER, READ, False)],
    ),
    "another bucket's objects": Case(BUCKET, [allow("s3:GetObject", "*", "arn:aws:s3:::other/*")], []),
    "two statements for one principal": Case(
        BUCKET,
        [read({"AWS": OTHER}), allow("s3:ListBucket", {"AWS": OTHER}, BUCKET)],
        [("AWS", OTHER, "s3:GetObject s3:ListBucket", False)],
    ),
    # kinds of resources
    "a role by a partner": Case(
        ROLE,
        [allow("sts:AssumeRole", {"AWS": OTHER}, None, {"StringEquals": {"sts:ExternalId": "x1"}})],
        [("AWS", OTHER, "sts:AssumeRole", False)],
    ),
    "a role by SAML": Case(
        ROLE,
        [
            allow(
                "sts:AssumeRoleWithSAML",
                {"Federated": IDP},
                None,
                {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
            )
        ],
        [("Federated", IDP, "sts:AssumeRoleWithSAML", False)],
    ),
    "a role by OIDC": Case(
        ROLE,
        [
            allow(
                "sts:AssumeRoleWithWebIdentity",
                {"Federated": GITHUB},
                None,
                {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:octo/app:*"}},
            )
        ],
        [("Federated", GITHUB, "sts:AssumeRoleWithWebIdentity", False)],
    ),
    "a role for a service": Case(ROLE, [allow("sts:AssumeRole", {"Service": "ec2.amazonaws.com"})], []),
    "a queue": Case(QUEUE, [allow("sqs:SendMessage", "*", QUEUE)], [("AWS", "*", "sqs:SendMessage", True)]),
    "a key": Case(KEY, [allow("kms:Decrypt", {"AWS": OTHER}, "*")], [("AWS", OTHER, "kms:Decrypt", False)]),
    "a key's default policy": Case(KEY, [allow("kms:*", {"AWS": f"arn:aws:iam::{OWN}:root"}, "*")], []),
    "a secret": Case(
        SECRET,
        [allow("secretsmanager:GetSecretValue", {"AWS": OTHER}, "*")],
        [("AWS", OTHER, "secretsmanager:GetSecretValue", False)],
    ),
    "a function": Case(
        FUNCTION,
        [allow("lambda:InvokeFunction", {"AWS": f"arn:aws:iam::{OTHER}:root"}, FUNCTION)],
        [("AWS", OTHER, "lambda:InvokeFunction", False)],
    ),
    "a table": Case(
        TABLE, [allow("dynamodb:GetItem", {"AWS": OTHER}, TABLE)], [("AWS", OTHER, "dynamodb:GetItem", False)]
    ),
    "a repository": Case(
        REPOSITORY, [allow("ecr:BatchGetImage", {"AWS": OTHER})], [("AWS", OTHER, "ecr:BatchGetImage", False)]
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_external_principals_are_found_with_what_they_may_do(case: str) -> None:
    resource, statements, expected, zone = CASES[case]
    found = external_access(Policy({"Version": "2012-10-17", "Statement": statements}), resource, zone)
    assert [(one.kind, one.principal, " ".join(one.actions), one.public) for one in found] == expected


def test_each_condition_is_a_finding_of_its_own_and_shows_its_values() -> None:
    vpcs = read("*", {"StringEquals": {"aws:SourceVpc": ["vpc-1a2b3c4d", "vpc-5e6f7a8b"]}})
    organisation = read(
        "*",
        {
            "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION},
            "StringLike": {"aws:PrincipalOrgID": "o-*"},
        },
    )
    policy = Policy({"Version": "2012-10-17", "Statement": [vpcs, organisation]})
    found = external_access(policy, BUCKET, ACCOUNT)
    assert [dict(one.condition) for one in found] == [
        {"aws:SourceVpc": "vpc-1a2b3c4d,vpc-5e6f7a8b"},
        {"aws:PrincipalOrgID": f"{ORGANIZATION},o-*"},
    ]


def test_a_wildcard_stands_for_the_actions_that_the_resource_has() -> None:
    policy = Policy({"Version": "2012-10-17", "Statement": [allow("s3:*", {"AWS": OTHER}, BUCKET)]})
    (found,) = external_access(policy, BUCKET, ACCOUNT)
    assert {"s3:ListBucket", "s3:PutBucketPolicy"} <= set(found.actions)
    assert {"s3:GetObject", "s3:ListAllMyBuckets"}.isdisjoint(found.actions)


def test_a_resource_has_an_arn() -> None:
    policy = Policy({"Version": "2012-10-17", "Statement": [read("*")]})
    with pytest.raises(ValueError, match="reports"):
        external_access(policy, "reports", ACCOUNT)
    assert external_access(policy, "arn:aws:unheard-of:us-east-1:123456789012:thing", ACCOUNT) == ()


WIDE: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "all of SQS": (QUEUE, [allow("sqs:*", "*", QUEUE)]),
    "all but some": (
        QUEUE,
        [allow("sqs:*", {"AWS": OTHER}, QUEUE), deny(["sqs:*Permission", "sqs:Set*", "sqs:DeleteQueue"])],
    ),
    "what is not named": (
        TOPIC,
        [
            {"Effect": "Allow", "Principal": {"AWS": OTHER}, "NotAction": "sns:Publish", "Resource": TOPIC},
            deny("sns:*", {"StringNotEquals": {"sns:Protocol": "https"}}),
        ],
    ),
    "two Denies over one another": (
        SECRET,
        [
            allow("secretsmanager:*", {"AWS": OTHER}, "*"),
            deny("secretsmanager:*", {"StringNotEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}),
            deny("secretsmanager:Put*"),
        ],
    ),
}


@pytest.mark.parametrize("case", WIDE)
def test_actions_answered_together_have_the_answer_that_each_has_alone(case: str) -> None:
    resource, (wide, *denies) = WIDE[case]

    def found(statement: dict[str, Any]) -> set[str]:
        policy = Policy({"Version": "2012-10-17", "Statement": [statement, *denies]})
        return {action for one in external_access(policy, resource, ACCOUNT) for action in one.actions}

    statement = {name: value for name, value in wide.items() if name not in ("Action", "NotAction")}
    known = universe()
    start, end = known.ranges[resource.split(":")[2]]
    (allowed,) = Policy({"Version": "2012-10-17", "Statement": [wide]}).statements
    covered = known.covered(allowed.actions)
    named = [
        name for number, name in enumerate(known.names) if start <= number < end and covered >> number & 1
    ]
    alone = {action for name in named for action in found({**statement, "Action": name})}
    assert found(wide) == alone
    assert alone
    assert len(alone) < len(named)
