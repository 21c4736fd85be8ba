"""Access Analyzer validates policies and answers over all requests.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

IDENTITY, RESOURCE = "IDENTITY_POLICY", "RESOURCE_POLICY"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=2) as running:
        yield running


@pytest.fixture(scope="module")
def analyzer(lab: Lab) -> Any:
    return boto3.client("accessanalyzer")


def test_findings_come_with_aws_s_words_and_places(analyzer: Any) -> None:
    text = '{\n "Version": "2012-10-17",\n "Statement": {"Effect": "Allowed", "Action": "s3:*", "Resource": "*"}}'
    (finding,) = analyzer.validate_policy(policyDocument=text, policyType=IDENTITY)["findings"]
    assert (finding["findingType"], finding["issueCode"]) == ("ERROR", "INVALID_EFFECT")
    (location,) = finding["locations"]
    assert location["path"] == [{"value": "Statement"}, {"value": "Effect"}]
    assert location["span"]["start"] == {"line": 3, "column": 25, "offset": text.index('"Allowed"')}
    assert finding["learnMoreLink"].startswith("https://docs.aws.amazon.com/")


# statement -> finding's code, and what AWS says
WORDS: dict[str, tuple[Any, str, str]] = {
    "a mistyped action": (
        allow("s3:GetObjct", "arn:aws:s3:::reports/*"),
        "INVALID_ACTION",
        "The action s3:GetObjct does not exist. Did you mean s3:GetObject?",
    ),
    "any role": (
        allow("iam:PassRole"),
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows "
        "iam:PassRole permissions on multiple resources. We recommend that you specify resource ARNs or add the "
        "iam:PassedToService condition key to your statement.",
    ),
    "an empty Sid": (
        allow("s3:GetObject", "arn:aws:s3:::reports/*", Sid=""),
        "EMPTY_SID_VALUE",
        "Add a value to the empty string in the Sid element.",
    ),
    "a bucket's name": (
        allow("s3:GetObject", "reports"),
        "INVALID_ARN_PREFIX",
        "Add the required prefix (arn) to the resource ARN.",
    ),
    "no resource": (
        {"Effect": "Allow", "Action": "s3:GetObject"},
        "MISSING_RESOURCE",
        "Add a Resource or NotResource element to the policy statement.",
    ),
}


@pytest.mark.parametrize("case", WORDS)
def test_findings_are_told_in_aws_s_words(analyzer: Any, case: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"""
    statement, code, words = WORDS[case]
    found = analyzer.validate_policy(policyDocument=document(statement), policyType=IDENTITY)["findings"]
    assert [(finding["issueCode"], finding["findingDetails"]) for finding in found] == [(code, words)]


def test_checks_that_aws_does_not_make_are_kept_to_ourselves(analyzer: Any) -> None:
    text = document(allow("s3:ListBucket", "arn:aws:s3:::reports/*"))
    assert analyzer.validate_policy(policyDocument=text, policyType=IDENTITY)["findings"] == []


def test_a_trust_policy_is_validated_as_one(analyzer: Any) -> None:
    trust = document({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"})
    found = analyzer.validate_policy(
        policyDocument=trust,
        policyType=RESOURCE,
        validatePolicyResourceType="AWS::IAM::AssumeRolePolicyDocument",
    )["findings"]
    assert "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE" in {finding["issueCode"] for finding in found}


def test_findings_come_in_pages(analyzer: Any) -> None:
    text = document(*(allow("s3:Nothing") for _ in range(5)))
    pages = list(
        analyzer.get_paginator("validate_policy").paginate(
            policyDocument=text, policyType=IDENTITY, PaginationConfig={"PageSize": 3}
        )
    )
    whole = analyzer.validate_policy(policyDocument=text, policyType=IDENTITY)["findings"]
    assert [finding for page in pages for finding in page["findings"]] == whole
    assert len(pages) > 1


READ = document(allow("s3:GetObject", "arn:aws:s3:::reports/*"))

NEW_ACCESS: dict[str, tuple[str, str, str]] = {
    "the same": (READ, READ, "PASS"),
    "less": (document(allow("s3:GetObject", "arn:aws:s3:::reports/2026/*")), READ, "PASS"),
    "written otherwise": (
        document(
            allow("s3:GetObject", "arn:aws:s3:::reports/*"), allow("s3:GetObject", "arn:aws:s3:::reports/a*")
        ),
        READ,
        "PASS",
    ),
    "another action": (document(allow("s3:Get*", "arn:aws:s3:::reports/*")), READ, "FAIL"),
    "a lost Deny": (
        document(allow("s3:*")),
        document(allow("s3:*"), {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}),
        "FAIL",
    ),
}


@pytest.mark.parametrize("case", NEW_ACCESS)
def test_new_access_is_found(analyzer: Any, case: str) -> None:
    new, old, result = NEW_ACCESS[case]
    answer = analyzer.check_no_new_access(
        newPolicyDocument=new, existingPolicyDocument=old, policyType=IDENTITY
    )
    assert answer["result"] == result
    assert bool(answer["reasons"]) is (result == "FAIL")


def test_the_statement_with_the_new_access_is_named(analyzer: Any) -> None:
    new = document(allow("s3:GetObject", "arn:aws:s3:::reports/*"), allow("sqs:*", Sid="Queues"))
    answer = analyzer.check_no_new_access(
        newPolicyDocument=new, existingPolicyDocument=READ, policyType=IDENTITY
    )
    assert answer["reasons"] == [
        {
            "description": "New access in the statement with sid: Queues.",
            "statementIndex": 1,
            "statementId": "Queues",
        }
    ]


@pytest.mark.parametrize(
    ("access", "result"),
    [
        ({"actions": ["s3:PutObject", "iam:PassRole"]}, "PASS"),
        ({"actions": ["s3:GetObject"]}, "FAIL"),
        ({"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::other/*"]}, "PASS"),
        ({"resources": ["arn:aws:s3:::reports/x"]}, "FAIL"),
    ],
    ids=["other actions", "its action", "its action elsewhere", "its resource"],
)
def test_access_that_must_not_be_granted(analyzer: Any, access: dict[str, Any], result: str) -> None:
    answer = analyzer.check_access_not_granted(policyDocument=READ, access=[access], policyType=IDENTITY)
    assert answer["result"] == result


BUCKET = "arn:aws:s3:::reports/*"
ORGANISATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}

OFFICE = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
ANYWHERE = {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}


@pytest.mark.parametrize(
    ("statement", "result"),
    [
        (allow("s3:GetObject", BUCKET, Principal="*"), "FAIL"),
        (allow("s3:GetObject", BUCKET, Principal="*", Condition=ORGANISATION), "PASS"),
        (allow("s3:GetObject", BUCKET, Principal={"AWS": "111122223333"}), "PASS"),
        (allow("s3:GetObject", BUCKET, Principal="*", Condition=OFFICE), "PASS"),
        (allow("s3:GetObject", BUCKET, Principal="*", Condition=ANYWHERE), "FAIL"),
    ],
    ids=["everybody", "everybody of an organisation", "one account", "one office", "every address"],
)
def test_public_access_is_found(analyzer: Any, statement: dict[str, Any], result: str) -> None:
    answer = analyzer.check_no_public_access(
        policyDocument=document(statement), resourceType="AWS::S3::Bucket"
    )
    assert answer["result"] == result


def test_a_policy_that_cannot_be_read_is_refused(analyzer: Any) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        analyzer.check_no_new_access(newPolicyDocument="{}", existingPolicyDocument=READ, policyType=IDENTITY)


def test_it_is_enforced_as_every_service(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="nobody")
    nobody = lab.session(iam.create_access_key(UserName="nobody")).client("accessanalyzer")
    with pytest.raises(ClientError, match=r"AccessDenied.*access-analyzer:ValidatePolicy"):
        nobody.validate_policy(policyDocument=READ, policyType=IDENTITY)
