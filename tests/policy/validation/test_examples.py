"""Policies as AWS writes them: its examples have no errors, and its managed policies none but for known gaps.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_examples.html
"""

import json
import time
from collections import Counter

import pytest

from iamlab.policy import Policy, Severity


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trusted(principal, action="sts:AssumeRole", **more):
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


CLEAN = {
    "read one bucket": (
        "identity",
        policy(
            allow("s3:ListBucket", "arn:aws:s3:::b"),
            allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b/*"),
        ),
    ),
    "a home folder": (
        "identity",
        policy(
            allow(
                "s3:ListBucket",
                "arn:aws:s3:::b",
                Condition={"StringLike": {"s3:prefix": ["home/${aws:username}/*"]}},
            ),
            allow("s3:*", ["arn:aws:s3:::b/home/${aws:username}", "arn:aws:s3:::b/home/${aws:username}/*"]),
        ),
    ),
    "one table": (
        "identity",
        policy(allow(["dynamodb:BatchGetItem", "dynamodb:Query"], "arn:aws:dynamodb:*:*:table/MyTable")),
    ),
    "rows of one's own": (
        "identity",
        policy(
            allow(
                "dynamodb:GetItem",
                "arn:aws:dynamodb:*:*:table/T",
                Condition={
                    "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${www.amazon.com:user_id}"]}
                },
            )
        ),
    ),
    "one's own access keys": (
        "identity",
        policy(allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"], "arn:aws:iam::*:user/${aws:username}")),
    ),
    "only in one Region": (
        "identity",
        policy(allow("ec2:*", Condition={"StringEquals": {"ec2:Region": "us-east-2"}})),
    ),
    "stop one's own machines": (
        "identity",
        policy(
            allow(
                ["ec2:StartInstances", "ec2:StopInstances"],
                "arn:aws:ec2:*:*:instance/*",
                Condition={"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}},
            )
        ),
    ),
    "nothing without MFA": (
        "identity",
        policy(
            {
                "Sid": "DenyAllExceptListedIfNoMFA",
                "Effect": "Deny",
                "NotAction": ["iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "sts:GetSessionToken"],
                "Resource": "*",
                "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
            }
        ),
    ),
    "pass one role": (
        "identity",
        policy(
            allow(
                "iam:PassRole",
                "arn:aws:iam::111122223333:role/app",
                Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
            )
        ),
    ),
    "a boundary for delegated administrators": (
        "identity",
        policy(
            allow(
                "iam:CreateUser",
                Condition={
                    "StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/Boundary"}
                },
            )
        ),
    ),
    "a public bucket": (
        "resource",
        policy(
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
        ),
    ),
    "only over TLS": (
        "resource",
        policy(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ),
    ),
    "a KMS key": (
        "resource",
        policy(
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ),
    ),
    "a topic for a bucket's events": (
        "resource",
        policy(
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": "arn:aws:sns:us-east-1:111122223333:t",
                "Condition": {
                    "ArnLike": {"aws:SourceArn": "arn:aws:s3:::b"},
                    "StringEquals": {"aws:SourceAccount": "111122223333"},
                },
            }
        ),
    ),
    "a role for EC2": ("trust", trusted({"Service": "ec2.amazonaws.com"})),
    "a role for another account": (
        "trust",
        trusted({"AWS": "111122223333"}, Condition={"StringEquals": {"sts:ExternalId": "12345"}}),
    ),
    "a role with session tags": (
        "trust",
        trusted(
            {"AWS": "arn:aws:iam::111122223333:user/u"},
            ["sts:AssumeRole", "sts:TagSession"],
            Condition={
                "StringLike": {"aws:RequestTag/Project": "*"},
                "ForAllValues:StringEquals": {"sts:TransitiveTagKeys": "a"},
            },
        ),
    ),
    "a role for SAML": (
        "trust",
        trusted(
            {"Federated": "arn:aws:iam::111122223333:saml-provider/Idp"},
            "sts:AssumeRoleWithSAML",
            Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        ),
    ),
    "a role for GitHub": (
        "trust",
        trusted(
            {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "sts:AssumeRoleWithWebIdentity",
            Condition={
                "StringEquals": {
                    "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                    "token.actions.githubusercontent.com:sub": "repo:octo/repo:ref:refs/heads/main",
                }
            },
        ),
    ),
    "a role for Cognito": (
        "trust",
        trusted(
            {"Federated": "cognito-identity.amazonaws.com"},
            "sts:AssumeRoleWithWebIdentity",
            Condition={
                "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:12345678-abcd"},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
            },
        ),
    ),
    "an SCP that lets all through": ("scp", policy(allow("*"))),
    "an SCP for some Regions": (
        "scp",
        policy(
            {
                "Effect": "Deny",
                "NotAction": ["iam:*", "organizations:*", "sts:*"],
                "Resource": "*",
                "Condition": {
                    "StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]},
                    "ArnNotLike": {"aws:PrincipalARN": ["arn:aws:iam::*:role/Admin"]},
                },
            }
        ),
    ),
    "an RCP for one's own organisation": (
        "rcp",
        policy(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:*"],
                "Resource": "*",
                "Condition": {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                },
            }
        ),
    ),
}


@pytest.mark.parametrize("name", CLEAN)
def test_an_example_of_aws_has_no_findings(name):
    kind, text = CLEAN[name]
    assert [str(finding) for finding in Policy(text).findings(kind)] == []


def test_administrator_access_gets_the_warnings_that_aws_gives_it():
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html lists it under both
    found = Policy(policy(allow("*"))).findings()
    assert [finding.code for finding in found] == [
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE",
    ]


@pytest.fixture(scope="module")
def managed():
    """The findings of every AWS managed policy that moto carries."""
    data = pytest.importorskip("moto.iam.aws_managed_policies").aws_managed_policies_data
    return {
        name: Policy(json.dumps(entry["Document"]), name=name).findings()
        for name, entry in json.loads(data).items()
    }


# Errors in AWS's own policies: retired services and actions that the reference no longer lists or not yet, keys that it
# lists for too few actions, and ARNs that are indeed of no known shape. How many policies may have each.
GAPS = {
    "INVALID_SERVICE_IN_ACTION": 32,
    "INVALID_ACTION": 12,
    "INVALID_ARN_RESOURCE": 36,
    "UNSUPPORTED_ACTION_FOR_CONDITION_KEY": 28,
    "MISSING_QUALIFIER": 4,
    "MISSING_ARN_ACCOUNT": 3,
    "INVALID_SERVICE": 3,
    "INVALID_SERVICE_CONDITION_KEY": 2,
    "INVALID_GLOBAL_CONDITION_KEY": 2,
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": 2,
}


def test_aws_managed_policies_have_no_errors_but_for_known_gaps(managed):
    policies = Counter(
        code
        for found in managed.values()
        for code in {finding.code for finding in found if finding.severity is Severity.ERROR}
    )
    assert len(managed) > 1000
    assert {code: count for code, count in policies.items() if count > GAPS.get(code, 0)} == {}


def test_aws_lists_the_same_managed_policies_for_passing_any_role(managed):
    # The page names these under "Pass role with star in resource", "… in action and resource" and the SLR checks.
    def having(code):
        return {name for name, found in managed.items() if code in {finding.code for finding in found}}

    assert {"AdministratorAccess", "IAMFullAccess"} <= having("PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE")
    assert {"AdministratorAccess", "IAMFullAccess"} <= having("CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE")
    assert {"AdministratorAccess-Amplify", "AWSElasticBeanstalkService"} <= having(
        "PASS_ROLE_WITH_STAR_IN_RESOURCE"
    )
    linked = having("CREATE_SLR_WITH_STAR_IN_RESOURCE")
    assert {"PowerUserAccess", "AlexaForBusinessFullAccess", "AWSOrganizationsServiceTrustPolicy"} <= linked
    assert len(linked) <= 5


def test_a_policy_of_6_kb_is_validated_fast():
    statements = [
        allow(
            ["s3:GetObject", "s3:PutObject", "dynamodb:GetItem", "ec2:Describe*"],
            [f"arn:aws:s3:::bucket-{number}/*", f"arn:aws:dynamodb:us-east-1:111122223333:table/t{number}"],
            Condition={
                "StringEquals": {"aws:PrincipalTag/team": f"team-{number}"},
                "Bool": {"aws:SecureTransport": "true"},
            },
        )
        for number in range(24)
    ]
    text = policy(*statements)
    assert 5_500 < len("".join(text.split())) < 7_500
    Policy(text).findings()  # reads the reference
    times = []
    for _ in range(5):
        start = time.perf_counter()
        Policy(text + " ").findings()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.06  # 30 ms on an idle machine; a shared one gets twice that
