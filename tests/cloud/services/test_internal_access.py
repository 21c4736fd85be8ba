"""Who inside of an account or organisation has access to chosen resources.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_InternalAccessDetails.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

OWN = "123456789012"
BUCKET = "arn:aws:s3:::reports"
ADMINISTRATOR = f"arn:aws:iam::{OWN}:user/Administrator"
TRUST = {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


Watch = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def watch(lab: Lab) -> Watch:
    """`watch(*inclusions)`: the findings about these resources, but for the administrator's."""

    def ask(*inclusions: dict[str, Any], kind: str = "ACCOUNT_INTERNAL_ACCESS") -> list[dict[str, Any]]:
        client = boto3.client("accessanalyzer")
        arn = client.create_analyzer(
            analyzerName="inside",
            type=kind,
            configuration={"internalAccess": {"analysisRule": {"inclusions": list(inclusions)}}},
        )["arn"]
        found = client.list_findings_v2(
            analyzerArn=arn, filter={"principal.AWS": {"neq": [ADMINISTRATOR]}}, maxResults=1000
        )["findings"]
        details = [client.get_finding_v2(analyzerArn=arn, id=one["id"]) for one in found]
        client.delete_analyzer(analyzerName="inside")
        return [one | one["findingDetails"][0]["internalAccessDetails"] for one in details]

    return ask


@pytest.fixture
def world(lab: Lab, make_user: Any) -> None:
    """Two buckets and a table, a user and a role who may read one of the buckets."""
    for name in ("reports", "other"):
        boto3.client("s3").create_bucket(Bucket=name)
    boto3.client("dynamodb").create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    make_user("ana", allow("s3:GetObject", resource=f"{BUCKET}/*"))
    make_user("ben", allow("sqs:*"))
    iam = boto3.client("iam")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=document(TRUST))
    office = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    policy = document(allow("s3:GetObject", "s3:ListBucket", **office), allow("dynamodb:GetItem"))
    iam.put_role_policy(RoleName="Reader", PolicyName="reads", PolicyDocument=policy)


@pytest.mark.usefixtures("world")
def test_each_principal_with_access_is_found_with_what_it_may_do(watch: Watch) -> None:
    found = watch({"resourceArns": [BUCKET]})
    ana, reader = sorted(found, key=lambda one: str(one["principalType"]), reverse=True)
    assert {name: ana[name] for name in ("resource", "findingType", "status")} == {
        "resource": BUCKET,
        "findingType": "InternalAccess",
        "status": "ACTIVE",
    }
    assert ana["findingDetails"] == [
        {
            "internalAccessDetails": {
                "accessType": "INTRA_ACCOUNT",
                "action": ["s3:GetObject"],
                "condition": {},
                "principal": {"AWS": f"arn:aws:iam::{OWN}:user/ana"},
                "principalOwnerAccount": OWN,
                "principalType": "IAM_USER",
                "sources": [{"type": "POLICY"}],
                "resourceControlPolicyRestriction": "NOT_APPLICABLE",
                "serviceControlPolicyRestriction": "NOT_APPLICABLE",
            }
        }
    ]
    assert (reader["principalType"], reader["action"]) == ("IAM_ROLE", ["s3:GetObject", "s3:ListBucket"])
    assert reader["condition"] == {"aws:SourceIp": "203.0.113.0/24"}


CHOSEN: dict[str, tuple[list[dict[str, Any]], set[str]]] = {
    "nothing": ([], set()),
    "a type": ([{"resourceTypes": ["AWS::S3::Bucket"]}], {"reports", "other"}),
    "a resource": ([{"resourceArns": ["arn:aws:s3:::other"]}], {"other"}),
    "a type and a resource of another": (
        [{"resourceTypes": ["AWS::DynamoDB::Table"], "resourceArns": [BUCKET]}],
        set(),
    ),
    "one rule or the other": (
        [{"resourceTypes": ["AWS::DynamoDB::Table"]}, {"resourceArns": [BUCKET]}],
        {"notes", "reports"},
    ),
}


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("case", CHOSEN)
def test_rules_choose_the_resources(watch: Watch, case: str) -> None:
    inclusions, expected = CHOSEN[case]
    found = {one["resource"].rpartition(":")[2].rpartition("/")[2] for one in watch(*inclusions)}
    assert found == expected


@pytest.mark.usefixtures("world")
def test_findings_follow_the_policies_and_are_counted(lab: Lab) -> None:
    client, iam = boto3.client("accessanalyzer"), boto3.client("iam")
    arn = client.create_analyzer(analyzerName="inside", type="ACCOUNT_INTERNAL_ACCESS")["arn"]
    assert client.list_findings_v2(analyzerArn=arn)["findings"] == []
    rule = {"internalAccess": {"analysisRule": {"inclusions": [{"resourceArns": [BUCKET]}]}}}
    assert client.update_analyzer(analyzerName="inside", configuration=rule)["configuration"] == rule
    roles = {"principalType": {"eq": ["IAM_ROLE"]}}
    assert len(client.list_findings_v2(analyzerArn=arn, filter=roles)["findings"]) == 1
    iam.delete_role_policy(RoleName="Reader", PolicyName="reads")
    (finding,) = client.list_findings_v2(analyzerArn=arn, filter=roles)["findings"]
    assert finding["status"] == "RESOLVED"
    (counted,) = client.get_findings_statistics(analyzerArn=arn)["findingsStatistics"]
    totals = {"totalActiveFindings": 2, "totalArchivedFindings": 0, "totalResolvedFindings": 1}
    assert counted["internalAccessFindingsStatistics"] == {
        "resourceTypeStatistics": {"AWS::S3::Bucket": totals},
        **totals,
    }


def test_an_organisation_looks_across_its_accounts_and_counts_its_policies_in(watch: Watch, lab: Lab) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    organizations.create_account(AccountName="Work", Email="work@example.com")
    member = organizations.list_accounts()["Accounts"][-1]["Id"]
    content = document({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"})
    scp = organizations.create_policy(
        Name="No writing", Description="", Type="SERVICE_CONTROL_POLICY", Content=content
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=scp, TargetId=member)
    access = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="reports")
    both = allow("s3:GetObject", "s3:PutObject", resource=f"{BUCKET}/*", Principal={"AWS": access})
    s3.put_bucket_policy(Bucket="reports", Policy=document(both))
    (found,) = watch({"resourceArns": [BUCKET]}, kind="ORGANIZATION_INTERNAL_ACCESS")
    assert (found["principal"], found["accessType"]) == ({"AWS": access}, "INTRA_ORG")
    assert (found["action"], found["principalOwnerAccount"]) == (["s3:GetObject"], member)
    assert found["serviceControlPolicyRestriction"] == "APPLIED"


@pytest.mark.parametrize("operation", ["list_findings", "list_analyzed_resources", "list_access_previews"])
def test_questions_about_external_access_are_refused(lab: Lab, operation: str) -> None:
    client = boto3.client("accessanalyzer")
    arn = client.create_analyzer(analyzerName="inside", type="ACCOUNT_INTERNAL_ACCESS")["arn"]
    with pytest.raises(ClientError, match=r"ValidationException.*external access"):
        getattr(client, operation)(analyzerArn=arn)
