"""Analyzers and their archive rules: made, shown, changed, deleted, tagged, and refused in AWS's shape.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAnalyzer.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateArchiveRule.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab import Lab

ACCOUNT = "123456789012"
ARN = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer"
ROLE = "AWSServiceRoleForAccessAnalyzer"
PUBLIC = {"isPublic": {"eq": ["true"]}}


@pytest.fixture
def client(lab: Lab) -> Any:
    """Access Analyzer as the administrator. Parameters are left for the lab to check."""
    return boto3.client("accessanalyzer", config=Config(parameter_validation=False))


def unused(age: Any = 90, **rule: Any) -> dict[str, Any]:
    return {"unusedAccess": {"unusedAccessAge": age, **({"analysisRule": rule} if rule else {})}}


def test_an_analyzer_is_shown_as_it_was_made(client: Any, lab: Lab) -> None:
    made = client.create_analyzer(analyzerName="own", type="ACCOUNT", tags={"team": "blue"})
    assert made["arn"] == f"{ARN}/own"
    (listed,) = client.list_analyzers()["analyzers"]
    assert listed == client.get_analyzer(analyzerName="own")["analyzer"]
    created = listed.pop("createdAt")
    assert listed == {
        "arn": f"{ARN}/own",
        "name": "own",
        "type": "ACCOUNT",
        "tags": {"team": "blue"},
        "status": "ACTIVE",
    }
    assert created < lab.clock.now()


def test_an_analyzer_for_unused_access_looks_90_days_back(client: Any) -> None:
    client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS")
    assert client.get_analyzer(analyzerName="idle")["analyzer"]["configuration"] == unused(90)


def test_the_same_client_token_makes_the_same_analyzer(client: Any) -> None:
    ask = {"analyzerName": "own", "type": "ACCOUNT", "clientToken": "one"}
    assert client.create_analyzer(**ask)["arn"] == client.create_analyzer(**ask)["arn"]


def test_the_first_analyzer_brings_the_services_role(client: Any, iam: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        iam.get_role(RoleName=ROLE)
    client.create_analyzer(analyzerName="own", type="ACCOUNT")
    assert iam.get_role(RoleName=ROLE)["Role"]["Path"] == "/aws-service-role/access-analyzer.amazonaws.com/"
    client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS")


def test_each_region_has_analyzers_of_its_own(client: Any) -> None:
    client.create_analyzer(analyzerName="own", type="ACCOUNT")
    elsewhere = boto3.client("accessanalyzer", region_name="eu-west-1")
    assert elsewhere.list_analyzers()["analyzers"] == []
    assert elsewhere.create_analyzer(analyzerName="own", type="ACCOUNT")["arn"].split(":")[3] == "eu-west-1"


def test_analyzers_are_listed_by_type_and_in_pages(client: Any) -> None:
    client.create_analyzer(analyzerName="own", type="ACCOUNT")
    client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS")
    pages = client.get_paginator("list_analyzers").paginate(PaginationConfig={"PageSize": 1})
    assert [[one["name"] for one in page["analyzers"]] for page in pages] == [["own"], ["idle"]]
    (idle,) = client.list_analyzers(type="ACCOUNT_UNUSED_ACCESS")["analyzers"]
    assert idle["name"] == "idle"


def test_exclusions_can_be_changed_and_the_tracking_period_stays(client: Any) -> None:
    client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS", configuration=unused(30))
    wanted = unused(30, exclusions=[{"resourceTags": [{"team": "blue"}]}])
    given = {"unusedAccess": {"analysisRule": wanted["unusedAccess"]["analysisRule"]}}
    assert client.update_analyzer(analyzerName="idle", configuration=given)["configuration"] == wanted
    assert client.get_analyzer(analyzerName="idle")["analyzer"]["configuration"] == wanted


def test_a_deleted_analyzer_is_gone_with_its_findings(client: Any) -> None:
    arn = client.create_analyzer(analyzerName="own", type="ACCOUNT")["arn"]
    client.delete_analyzer(analyzerName="own")
    assert client.list_analyzers()["analyzers"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.list_findings_v2(analyzerArn=arn)


def test_tags_come_and_go(client: Any) -> None:
    arn = client.create_analyzer(analyzerName="own", type="ACCOUNT", tags={"team": "blue"})["arn"]
    client.tag_resource(resourceArn=arn, tags={"team": "red", "stage": "test"})
    client.untag_resource(resourceArn=arn, tagKeys=["stage", "never"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "red"}


def test_an_archive_rule_is_shown_changed_and_deleted(client: Any) -> None:
    client.create_analyzer(
        analyzerName="own", type="ACCOUNT", archiveRules=[{"ruleName": "first", "filter": PUBLIC}]
    )
    client.create_archive_rule(analyzerName="own", ruleName="second", filter=PUBLIC)
    changed = {"resource": {"contains": ["public-"]}}
    client.update_archive_rule(analyzerName="own", ruleName="second", filter=changed)
    rule = client.get_archive_rule(analyzerName="own", ruleName="second")["archiveRule"]
    assert rule["filter"] == changed
    assert rule["updatedAt"] > rule["createdAt"]
    rules = client.list_archive_rules(analyzerName="own")["archiveRules"]
    assert [one["ruleName"] for one in rules] == ["first", "second"]
    client.delete_archive_rule(analyzerName="own", ruleName="first")
    assert [one["ruleName"] for one in client.list_archive_rules(analyzerName="own")["archiveRules"]] == [
        "second"
    ]


Ask = Callable[[Any], Any]
OWN = f"{ARN}/own"
GONE = f"{ARN}/gone"

REFUSED: dict[str, tuple[Ask, str, int, str]] = {
    # (the call, code, status, what the message or its fields name)
    "a bad name": (
        lambda c: c.create_analyzer(analyzerName="1", type="ACCOUNT"),
        "ValidationException",
        400,
        "analyzerName",
    ),
    "a type that there is not": (
        lambda c: c.create_analyzer(analyzerName="new", type="WORLD"),
        "ValidationException",
        400,
        "type",
    ),
    "a rule for a type that nobody looks at inside": (
        lambda c: c.create_analyzer(
            analyzerName="new",
            type="ACCOUNT_INTERNAL_ACCESS",
            configuration={
                "internalAccess": {"analysisRule": {"inclusions": [{"resourceTypes": ["AWS::SQS::Queue"]}]}}
            },
        ),
        "ValidationException",
        400,
        "resourceTypes",
    ),
    "a configuration of another type": (
        lambda c: c.create_analyzer(
            analyzerName="new", type="ACCOUNT_INTERNAL_ACCESS", configuration=unused(30)
        ),
        "ValidationException",
        400,
        "internalAccess",
    ),
    "an organisation that there is not": (
        lambda c: c.create_analyzer(analyzerName="new", type="ORGANIZATION"),
        "ValidationException",
        400,
        "organization",
    ),
    "a name twice": (
        lambda c: c.create_analyzer(analyzerName="own", type="ACCOUNT_UNUSED_ACCESS"),
        "ConflictException",
        409,
        "own",
    ),
    "a second one of the account": (
        lambda c: c.create_analyzer(analyzerName="new", type="ACCOUNT"),
        "ServiceQuotaExceededException",
        402,
        "quota",
    ),
    "an age of no days": (
        lambda c: c.create_analyzer(
            analyzerName="new", type="ACCOUNT_UNUSED_ACCESS", configuration=unused(0)
        ),
        "ValidationException",
        400,
        "unusedAccessAge",
    ),
    "an age of more than a year": (
        lambda c: c.create_analyzer(
            analyzerName="new", type="ACCOUNT_UNUSED_ACCESS", configuration=unused(366)
        ),
        "ValidationException",
        400,
        "unusedAccessAge",
    ),
    "an age for external access": (
        lambda c: c.create_analyzer(analyzerName="new", type="ACCOUNT", configuration=unused(30)),
        "ValidationException",
        400,
        "configuration",
    ),
    "a tag of AWS's": (
        lambda c: c.create_analyzer(
            analyzerName="new", type="ACCOUNT_UNUSED_ACCESS", tags={"aws:team": "blue"}
        ),
        "ValidationException",
        400,
        "aws:team",
    ),
    "an analyzer that is not there": (
        lambda c: c.get_analyzer(analyzerName="gone"),
        "ResourceNotFoundException",
        404,
        "gone",
    ),
    "an ARN of none": (
        lambda c: c.list_findings(analyzerArn=GONE),
        "ResourceNotFoundException",
        404,
        GONE,
    ),
    "the analyzer in another Region": (
        lambda c: c.list_findings(analyzerArn=OWN.replace("us-east-1", "eu-west-1")),
        "ResourceNotFoundException",
        404,
        "eu-west-1",
    ),
    "no ARN": (lambda c: c.list_findings(analyzerArn="own"), "ValidationException", 400, "analyzerArn"),
    "tags of nothing": (
        lambda c: c.list_tags_for_resource(resourceArn=GONE),
        "ResourceNotFoundException",
        404,
        GONE,
    ),
    "changing an analyzer for external access": (
        lambda c: c.update_analyzer(analyzerName="own"),
        "ValidationException",
        400,
        "external",
    ),
    "a service-linked analyzer": (
        lambda c: c.create_service_linked_analyzer(type="ACCOUNT"),
        "AccessDeniedException",
        403,
        "services",
    ),
    "a rule twice": (
        lambda c: c.create_archive_rule(analyzerName="own", ruleName="rule", filter=PUBLIC),
        "ConflictException",
        409,
        "rule",
    ),
    "a rule that is not there": (
        lambda c: c.get_archive_rule(analyzerName="own", ruleName="gone"),
        "ResourceNotFoundException",
        404,
        "gone",
    ),
    "a rule without criteria": (
        lambda c: c.create_archive_rule(analyzerName="own", ruleName="new", filter={}),
        "ValidationException",
        400,
        "filter",
    ),
    "a rule by status": (
        lambda c: c.create_archive_rule(
            analyzerName="own", ruleName="new", filter={"status": {"eq": ["ACTIVE"]}}
        ),
        "ValidationException",
        400,
        "status",
    ),
    "a filter key that there is not": (
        lambda c: c.list_findings(analyzerArn=OWN, filter={"colour": {"eq": ["red"]}}),
        "ValidationException",
        400,
        "colour",
    ),
    "a criterion without operator": (
        lambda c: c.list_findings(analyzerArn=OWN, filter={"resource": {}}),
        "ValidationException",
        400,
        "resource",
    ),
    "sorting by nothing known": (
        lambda c: c.list_findings(analyzerArn=OWN, sort={"attributeName": "colour"}),
        "ValidationException",
        400,
        "colour",
    ),
    "a token that nobody gave out": (
        lambda c: c.list_analyzers(nextToken="x"),
        "ValidationException",
        400,
        "nextToken",
    ),
    "pages of nothing": (lambda c: c.list_analyzers(maxResults=0), "ValidationException", 400, "maxResults"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(client: Any, case: str) -> None:
    client.create_analyzer(
        analyzerName="own", type="ACCOUNT", archiveRules=[{"ruleName": "rule", "filter": PUBLIC}]
    )
    ask, code, status, named = REFUSED[case]
    with pytest.raises(ClientError) as caught:
        ask(client)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert named in answer["Error"]["Message"] + str(answer.get("fieldList"))
    if code == "ValidationException":
        assert answer["reason"] in ("fieldValidationFailed", "notSupported", "other")
        assert answer.get("fieldList") or answer["reason"] != "fieldValidationFailed"
    elif status != 403:
        assert answer["resourceType"] in ("Analyzer", "ArchiveRule")
        assert answer["resourceId"]


ALLOWED = {"Effect": "Allow", "Action": "access-analyzer:*", "Resource": f"{ARN}/mine*"}
LINKED = {
    "Effect": "Allow",
    "Action": "iam:CreateServiceLinkedRole",
    "Resource": "*",
    "Condition": {"StringEquals": {"iam:AWSServiceName": "access-analyzer.amazonaws.com"}},
}


def test_policies_decide_about_each_analyzer_by_its_arn(client: Any, make_user: Any) -> None:
    ana = make_user("ana", ALLOWED, LINKED).client("accessanalyzer")
    arn = ana.create_analyzer(analyzerName="mine", type="ACCOUNT")["arn"]
    ana.create_archive_rule(analyzerName="mine", ruleName="rule", filter=PUBLIC)
    assert ana.list_findings_v2(analyzerArn=arn)["findings"] == []
    with pytest.raises(ClientError, match=f"access-analyzer:GetAnalyzer on resource: {ARN}/other"):
        ana.get_analyzer(analyzerName="other")
    with pytest.raises(ClientError, match=f"access-analyzer:ListFindings on resource: {ARN}/other"):
        ana.list_findings_v2(analyzerArn=f"{ARN}/other")


def test_the_first_analyzer_needs_the_permission_to_make_the_services_role(
    client: Any, make_user: Any
) -> None:
    ana = make_user("ana", ALLOWED).client("accessanalyzer")
    with pytest.raises(ClientError, match="iam:CreateServiceLinkedRole"):
        ana.create_analyzer(analyzerName="mine", type="ACCOUNT")
    client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS")
    ana.create_analyzer(analyzerName="mine", type="ACCOUNT")


def test_policies_can_ask_for_an_analyzers_tags(client: Any, make_user: Any) -> None:
    blue = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "blue"}}}
    ana = make_user("ana", {**ALLOWED, "Resource": "*", **blue}).client("accessanalyzer")
    arn = client.create_analyzer(analyzerName="own", type="ACCOUNT", tags={"team": "blue"})["arn"]
    client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS", tags={"team": "red"})
    assert ana.list_findings_v2(analyzerArn=arn)["findings"] == []
    with pytest.raises(ClientError, match="access-analyzer:GetAnalyzer"):
        ana.get_analyzer(analyzerName="idle")


PRINCIPAL = "access-analyzer.amazonaws.com"


@pytest.fixture
def organisation(lab: Lab) -> str:
    """An organisation with one member account, whose id it is."""
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="Work", Email="work@example.com")
    return str(organizations.list_accounts()["Accounts"][-1]["Id"])


def as_member(lab: Lab, account: str) -> Any:
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    session = lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="admin"))
    return session.client("accessanalyzer")


def test_an_organisation_has_to_trust_the_service(client: Any, organisation: str) -> None:
    ask = {"analyzerName": "all", "type": "ORGANIZATION"}
    with pytest.raises(ClientError, match="trusted access"):
        client.create_analyzer(**ask)
    boto3.client("organizations").enable_aws_service_access(ServicePrincipal=PRINCIPAL)
    assert client.create_analyzer(**ask)["arn"] == f"{ARN}/all"


def test_members_watch_the_organisation_once_they_are_put_in_charge(organisation: str, lab: Lab) -> None:
    organizations = boto3.client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal=PRINCIPAL)
    member = as_member(lab, organisation)
    ask = {"analyzerName": "all", "type": "ORGANIZATION"}
    with pytest.raises(ClientError, match="delegated administrator"):
        member.create_analyzer(**ask)
    organizations.register_delegated_administrator(AccountId=organisation, ServicePrincipal=PRINCIPAL)
    assert member.create_analyzer(**ask)["arn"].split(":")[4] == organisation
