"""Findings of access from outside follow the state of the world.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

OWN, OTHER, THIRD = "123456789012", "111122223333", "444455556666"
BUCKET = "arn:aws:s3:::reports"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, principal: Any, resource: Any = None, **more: Any) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return made if resource is None else made | {"Resource": resource}


def trust(principal: Any, **more: Any) -> str:
    return document(allow("sts:AssumeRole", principal, **more))


@pytest.fixture
def client(lab: Lab) -> Any:
    return boto3.client("accessanalyzer")


@pytest.fixture
def analyzer(client: Any) -> str:
    return str(client.create_analyzer(analyzerName="own", type="ACCOUNT")["arn"])


@pytest.fixture
def findings(client: Any, analyzer: str) -> Callable[..., list[dict[str, Any]]]:
    """`findings(**criteria)`: the findings that equal these."""

    def ask(**criteria: str) -> list[dict[str, Any]]:
        wanted = {key.replace("_", "."): {"eq": [value]} for key, value in criteria.items()}
        found: list[dict[str, Any]] = client.list_findings(analyzerArn=analyzer, filter=wanted)["findings"]
        return found

    return ask


def opened(name: str, *statements: Any, **settings: Any) -> Any:
    """A bucket with this policy, and nothing that blocks it."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name, **settings)
    s3.delete_public_access_block(Bucket=name)
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=document(*statements))
    return s3


def test_a_finding_tells_who_may_do_what_and_how(
    findings: Callable[..., Any], client: Any, analyzer: str
) -> None:
    vpc = {"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}
    opened(
        "reports", allow("s3:GetObject", {"AWS": f"arn:aws:iam::{OTHER}:root"}, f"{BUCKET}/*", Condition=vpc)
    )
    (finding,) = findings()
    times = {name: finding.pop(name) for name in ("createdAt", "analyzedAt", "updatedAt")}
    assert all(isinstance(when, datetime) for when in times.values())
    assert finding == {
        "id": finding["id"],
        "principal": {"AWS": OTHER},
        "action": ["s3:GetObject"],
        "resource": BUCKET,
        "isPublic": False,
        "resourceType": "AWS::S3::Bucket",
        "condition": {"aws:SourceVpc": "vpc-1a2b3c4d"},
        "status": "ACTIVE",
        "resourceOwnerAccount": OWN,
        "sources": [{"type": "POLICY"}],
        "resourceControlPolicyRestriction": "NOT_APPLICABLE",
    }
    assert client.get_finding(analyzerArn=analyzer, id=finding["id"])["finding"]["action"] == ["s3:GetObject"]
    newer = client.get_finding_v2(analyzerArn=analyzer, id=finding["id"])
    assert newer["findingType"] == "ExternalAccess"
    assert newer["findingDetails"] == [
        {
            "externalAccessDetails": {
                "action": ["s3:GetObject"],
                "condition": {"aws:SourceVpc": "vpc-1a2b3c4d"},
                "isPublic": False,
                "principal": {"AWS": OTHER},
                "sources": [{"type": "POLICY"}],
                "resourceControlPolicyRestriction": "NOT_APPLICABLE",
            }
        }
    ]
    (listed,) = client.list_findings_v2(analyzerArn=analyzer)["findings"]
    assert {"principal", "action", "condition"}.isdisjoint(listed)


def _queue() -> str:
    arn = f"arn:aws:sqs:us-east-1:{OWN}:jobs"
    boto3.client("sqs").create_queue(
        QueueName="jobs", Attributes={"Policy": document(allow("sqs:SendMessage", {"AWS": OTHER}, arn))}
    )
    return arn


def _topic() -> str:
    sns = boto3.client("sns")
    arn = str(sns.create_topic(Name="news")["TopicArn"])
    policy = document(allow("sns:Publish", {"AWS": OTHER}, arn))
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn


def _key() -> str:
    root = allow("kms:*", {"AWS": f"arn:aws:iam::{OWN}:root"}, "*")
    policy = document(root, allow("kms:Decrypt", {"AWS": OTHER}, "*"))
    return str(boto3.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"])


def _granted_key() -> str:
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]
    partner = f"arn:aws:iam::{OTHER}:root"
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=partner, Operations=["Decrypt"])
    return str(key["Arn"])


def _secret() -> str:
    secrets = boto3.client("secretsmanager")
    arn = str(secrets.create_secret(Name="login", SecretString="x")["ARN"])
    policy = document(allow("secretsmanager:GetSecretValue", {"AWS": OTHER}, "*"))
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy)
    return arn


def _repository() -> str:
    ecr = boto3.client("ecr")
    made = ecr.create_repository(repositoryName="app")["repository"]
    policy = document(allow("ecr:BatchGetImage", {"AWS": OTHER}))
    ecr.set_repository_policy(repositoryName="app", policyText=policy)
    return str(made["repositoryArn"])


def _table() -> str:
    dynamodb = boto3.client("dynamodb")
    arn = f"arn:aws:dynamodb:us-east-1:{OWN}:table/notes"
    made = dynamodb.create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert made["TableDescription"]["TableArn"] == arn
    policy = document(allow("dynamodb:GetItem", {"AWS": OTHER}, arn))
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=policy)
    return arn


def _role() -> str:
    made = boto3.client("iam").create_role(RoleName="Partner", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    return str(made["Role"]["Arn"])


SHARED: dict[str, tuple[Callable[[], str], str]] = {
    "AWS::IAM::Role": (_role, "sts:AssumeRole"),
    "AWS::SQS::Queue": (_queue, "sqs:SendMessage"),
    "AWS::SNS::Topic": (_topic, "sns:Publish"),
    "AWS::KMS::Key": (_key, "kms:Decrypt"),
    "AWS::KMS::Key by a grant": (_granted_key, "kms:Decrypt"),
    "AWS::SecretsManager::Secret": (_secret, "secretsmanager:GetSecretValue"),
    "AWS::ECR::Repository": (_repository, "ecr:BatchGetImage"),
    "AWS::DynamoDB::Table": (_table, "dynamodb:GetItem"),
}


@pytest.mark.parametrize("kind", SHARED)
def test_what_is_shared_with_another_account_is_found(findings: Callable[..., Any], kind: str) -> None:
    make, action = SHARED[kind]
    arn = make()
    (finding,) = findings()
    assert (finding["resource"], finding["resourceType"]) == (arn, kind.split(" ")[0])
    assert (finding["principal"], finding["action"]) == ({"AWS": OTHER}, [action])


def test_a_grants_constraints_are_shown_as_condition(findings: Callable[..., Any]) -> None:
    kms = boto3.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=f"arn:aws:iam::{OTHER}:root",
        Operations=["Decrypt"],
        Constraints={"EncryptionContextSubset": {"team": "blue"}},
    )
    assert findings()[0]["condition"] == {"kms:EncryptionContext:team": "blue"}


def test_a_bucket_is_public_by_its_acl_where_acls_count(findings: Callable[..., Any]) -> None:
    s3 = opened("reports", ObjectOwnership="ObjectWriter")
    s3.put_bucket_acl(Bucket="reports", ACL="public-read")
    (finding,) = findings()
    assert (finding["principal"], finding["isPublic"]) == ({"AWS": "*"}, True)
    assert finding["sources"] == [{"type": "BUCKET_ACL"}]
    assert "s3:ListBucket" in finding["action"]


def test_a_block_of_public_access_closes_a_public_bucket(findings: Callable[..., Any]) -> None:
    s3 = opened("reports", allow("s3:GetObject", "*", f"{BUCKET}/*"))
    assert [finding["status"] for finding in findings()] == ["ACTIVE"]
    block = {"RestrictPublicBuckets": True, "IgnorePublicAcls": True}
    s3.put_public_access_block(Bucket="reports", PublicAccessBlockConfiguration=block)
    assert [finding["status"] for finding in findings()] == ["RESOLVED"]


def test_an_open_door_is_found_mended_and_opened_again(
    findings: Callable[..., Any], client: Any, analyzer: str, lab: Lab
) -> None:
    iam = boto3.client("iam")
    assert findings() == []
    everybody = allow("s3:GetObject", "*", f"{BUCKET}/*")
    s3 = opened("reports", everybody)
    iam.create_role(RoleName="Partner", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    public, partner = findings(isPublic="true")[0], findings(resourceType="AWS::IAM::Role")[0]
    assert partner["principal"] == {"AWS": OTHER}

    # what is meant is archived, what isn't is mended
    client.update_findings(analyzerArn=analyzer, ids=[partner["id"]], status="ARCHIVED")
    s3.put_bucket_policy(
        Bucket="reports", Policy=document(allow("s3:GetObject", {"AWS": OWN}, f"{BUCKET}/*"))
    )
    assert [finding["id"] for finding in findings(status="RESOLVED")] == [public["id"]]
    assert [finding["id"] for finding in findings(status="ARCHIVED")] == [partner["id"]]
    assert findings(status="ACTIVE") == []
    assert findings(status="RESOLVED")[0]["updatedAt"] > public["updatedAt"]

    # the same door opened again is the same finding; another one is another
    s3.put_bucket_policy(Bucket="reports", Policy=document(everybody))
    assert [finding["id"] for finding in findings(status="ACTIVE")] == [public["id"]]
    iam.update_assume_role_policy(RoleName="Partner", PolicyDocument=trust({"AWS": THIRD}))
    assert [finding["principal"] for finding in findings(status="ACTIVE", resource=partner["resource"])] == [
        {"AWS": THIRD}
    ]
    assert findings(status="RESOLVED")[0]["id"] == partner["id"]

    # a resource that is gone is shared with nobody, and resolved findings are forgotten in time
    s3.delete_bucket(Bucket="reports")
    assert findings(resource=BUCKET)[0]["status"] == "RESOLVED"
    lab.clock.advance(days=91)
    assert findings(resource=BUCKET) == []


def test_a_finding_that_changes_keeps_its_id(findings: Callable[..., Any]) -> None:
    s3 = opened("reports", allow("s3:GetObject", {"AWS": OTHER}, f"{BUCKET}/*"))
    (before,) = findings()
    wider = document(allow(["s3:GetObject", "s3:PutObject"], {"AWS": OTHER}, f"{BUCKET}/*"))
    s3.put_bucket_policy(Bucket="reports", Policy=wider)
    (after,) = findings()
    assert after["id"] == before["id"]
    assert after["action"] == ["s3:GetObject", "s3:PutObject"]
    assert after["updatedAt"] > before["updatedAt"] == after["createdAt"]


def test_archive_rules_are_for_new_findings_and_can_be_applied_to_others(
    findings: Callable[..., Any], client: Any, analyzer: str
) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName="Before", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    assert findings()[0]["status"] == "ACTIVE"
    client.create_archive_rule(
        analyzerName="own", ruleName="partner", filter={"principal.AWS": {"eq": [OTHER]}}
    )
    iam.create_role(RoleName="After", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    iam.create_role(RoleName="Stranger", AssumeRolePolicyDocument=trust({"AWS": THIRD}))
    status = {finding["resource"].rpartition("/")[2]: finding["status"] for finding in findings()}
    assert status == {"Before": "ACTIVE", "After": "ARCHIVED", "Stranger": "ACTIVE"}
    client.apply_archive_rule(analyzerArn=analyzer, ruleName="partner")
    status = {finding["resource"].rpartition("/")[2]: finding["status"] for finding in findings()}
    assert status == {"Before": "ARCHIVED", "After": "ARCHIVED", "Stranger": "ACTIVE"}


FILTERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing": ({}, {"public", "partner", "vpc"}),
    "a type": ({"resourceType": {"eq": ["AWS::IAM::Role"]}}, {"partner"}),
    "one of two types": ({"resourceType": {"eq": ["AWS::IAM::Role", "AWS::SQS::Queue"]}}, {"partner"}),
    "any type but one": ({"resourceType": {"neq": ["AWS::IAM::Role"]}}, {"public", "vpc"}),
    "a part of a name": ({"resource": {"contains": ["-vpc", "-nothing"]}}, {"vpc"}),
    "public": ({"isPublic": {"eq": ["true"]}}, {"public"}),
    "a principal": ({"principal.AWS": {"eq": [OTHER]}}, {"partner"}),
    "a principal of a kind": ({"principal.Federated": {"exists": True}}, set()),
    "any condition": ({"condition.aws:SourceVpc": {"exists": True}}, {"vpc"}),
    "no condition": ({"condition.aws:sourcevpc": {"exists": False}}, {"public", "partner"}),
    "the owner": ({"resourceOwnerAccount": {"eq": [OWN]}}, {"public", "partner", "vpc"}),
    "two criteria": ({"principal.AWS": {"eq": ["*"]}, "isPublic": {"eq": ["false"]}}, {"vpc"}),
    "the type of findings": ({"findingType": {"neq": ["ExternalAccess"]}}, set()),
}


@pytest.fixture
def three(client: Any, analyzer: str) -> None:
    """A public bucket, one for a VPC, and a role for a partner."""
    opened("reports-public", allow("s3:GetObject", "*", "arn:aws:s3:::reports-public/*"))
    vpc = {"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}
    opened("reports-vpc", allow("s3:GetObject", "*", "arn:aws:s3:::reports-vpc/*", Condition=vpc))
    boto3.client("iam").create_role(RoleName="for-partner", AssumeRolePolicyDocument=trust({"AWS": OTHER}))


@pytest.mark.usefixtures("three")
def test_filters_choose_findings(client: Any, analyzer: str) -> None:
    for case, (criteria, expected) in FILTERS.items():
        found = client.list_findings_v2(analyzerArn=analyzer, filter=criteria)["findings"]
        assert {finding["resource"].rpartition("-")[2] for finding in found} == expected, case


@pytest.mark.usefixtures("three")
def test_findings_come_sorted_and_in_pages(client: Any, analyzer: str) -> None:
    pages = client.get_paginator("list_findings").paginate(
        analyzerArn=analyzer,
        sort={"attributeName": "resource", "orderBy": "DESC"},
        PaginationConfig={"PageSize": 2},
    )
    names = [[finding["resource"].rpartition(":")[2] for finding in page["findings"]] for page in pages]
    assert names == [["reports-vpc", "reports-public"], ["role/for-partner"]]


@pytest.mark.usefixtures("three")
def test_findings_are_counted(client: Any, analyzer: str) -> None:
    (public,) = client.list_findings(analyzerArn=analyzer, filter={"isPublic": {"eq": ["true"]}})["findings"]
    client.update_findings(analyzerArn=analyzer, resourceArn=public["resource"], status="ARCHIVED")
    (counted,) = client.get_findings_statistics(analyzerArn=analyzer)["findingsStatistics"]
    found = counted["externalAccessFindingsStatistics"]
    assert {name: value for name, value in found.items() if name.startswith("total")} == {
        "totalActiveFindings": 2,
        "totalArchivedFindings": 1,
        "totalResolvedFindings": 0,
    }
    assert found["resourceTypeStatistics"]["AWS::S3::Bucket"]["totalActiveCrossAccount"] == 1
    assert found["resourceTypeStatistics"]["AWS::IAM::Role"]["totalActivePublic"] == 0


@pytest.mark.usefixtures("three")
def test_every_resource_that_could_be_shared_is_looked_at(client: Any, analyzer: str) -> None:
    opened("private")
    listed = client.list_analyzed_resources(analyzerArn=analyzer)["analyzedResources"]
    assert {one["resourceArn"].rpartition(":")[2] for one in listed} == {
        "role/for-partner",
        "reports-public",
        "reports-vpc",
        "private",
    }
    roles = client.list_analyzed_resources(analyzerArn=analyzer, resourceType="AWS::IAM::Role")
    assert [one["resourceOwnerAccount"] for one in roles["analyzedResources"]] == [OWN]
    client.list_findings(analyzerArn=analyzer)
    shown = client.get_analyzer(analyzerName="own")["analyzer"]
    assert shown["lastResourceAnalyzed"] in {one["resourceArn"] for one in listed}
    assert shown["lastResourceAnalyzedAt"] > shown["createdAt"]


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "reports-public",
            {"isPublic": True, "actions": ["s3:GetObject"], "sharedVia": ["POLICY"], "status": "ACTIVE"},
        ),
        ("private", {"isPublic": False}),
    ],
    ids=["a shared one", "a private one"],
)
def test_a_resource_is_shown_with_what_is_shared_of_it(
    client: Any, analyzer: str, name: str, expected: dict[str, Any]
) -> None:
    opened("private")
    arn = f"arn:aws:s3:::{name}"
    client.start_resource_scan(analyzerArn=analyzer, resourceArn=arn)
    found = client.get_analyzed_resource(analyzerArn=analyzer, resourceArn=arn)["resource"]
    assert found | expected == found
    assert ("status" in found) is ("status" in expected)


UNKNOWN: dict[str, Callable[[Any, str], Any]] = {
    "a finding": lambda client, arn: client.get_finding_v2(analyzerArn=arn, id="gone"),
    "a finding to change": lambda client, arn: client.update_findings(
        analyzerArn=arn, ids=["gone"], status="ARCHIVED"
    ),
    "a resource": lambda client, arn: client.get_analyzed_resource(analyzerArn=arn, resourceArn=BUCKET),
    "a resource to look at": lambda client, arn: client.start_resource_scan(
        analyzerArn=arn, resourceArn=BUCKET
    ),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_what_is_not_there_is_not_found(client: Any, analyzer: str, case: str) -> None:
    with pytest.raises(ClientError) as caught:
        UNKNOWN[case](client, analyzer)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_an_organisation_trusts_its_members(lab: Lab) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="Work", Email="work@example.com")
    member = organizations.list_accounts()["Accounts"][-1]["Id"]
    organizations.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    client = boto3.client("accessanalyzer")
    zones = {
        kind: client.create_analyzer(analyzerName=kind.lower(), type=kind)["arn"]
        for kind in ("ACCOUNT", "ORGANIZATION")
    }
    iam = boto3.client("iam")
    iam.create_role(RoleName="ForMember", AssumeRolePolicyDocument=trust({"AWS": member}))
    iam.create_role(RoleName="ForPartner", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    found = {
        kind: {
            finding["resource"].rpartition("/")[2]
            for finding in client.list_findings(analyzerArn=arn)["findings"]
        }
        for kind, arn in zones.items()
    }
    assert found == {"ACCOUNT": {"ForMember", "ForPartner"}, "ORGANIZATION": {"ForPartner"}}


def test_an_rcp_is_pointed_out_and_not_counted_in(lab: Lab) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    kind = "RESOURCE_CONTROL_POLICY"
    organizations.enable_policy_type(RootId=root, PolicyType=kind)
    organizations.create_account(AccountName="Work", Email="work@example.com")
    member = organizations.list_accounts()["Accounts"][-1]["Id"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}
    content = document(deny | {"Condition": {"StringNotEquals": {"aws:PrincipalAccount": OWN}}})
    made = organizations.create_policy(Name="No strangers", Description="", Type=kind, Content=content)
    organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=root)
    access = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    work = lab.session(boto3.client("sts").assume_role(RoleArn=access, RoleSessionName="admin"))
    work.client("iam").create_role(RoleName="ForPartner", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    client = work.client("accessanalyzer")
    arn = client.create_analyzer(analyzerName="work", type="ACCOUNT")["arn"]
    found = client.list_findings(analyzerArn=arn, filter={"principal.AWS": {"eq": [OTHER]}})["findings"]
    assert [one["resourceControlPolicyRestriction"] for one in found] == ["APPLICABLE"]
