"""What nobody has used for as long as the tracking period lasts, by the lab's clock and its own events.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionDetails.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

OWN = "123456789012"
DAYS = 30
PASSWORD = "Long-enough-4-anybody"


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TRUST = document({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})


class Watch:
    """An analyzer for unused access, asked about everybody but the administrator."""

    def __init__(self, **rule: Any) -> None:
        self.client: Any = boto3.client("accessanalyzer")
        configuration: Any = {"unusedAccessAge": DAYS, **({"analysisRule": rule} if rule else {})}
        self.arn = self.client.create_analyzer(
            analyzerName="idle",
            type="ACCOUNT_UNUSED_ACCESS",
            configuration={"unusedAccess": configuration},
        )["arn"]

    def listed(self, **criteria: str) -> list[dict[str, Any]]:
        wanted: Any = {name: {"eq": [value]} for name, value in criteria.items()}
        wanted.setdefault("resource", {"neq": [f"arn:aws:iam::{OWN}:user/Administrator"]})
        found: list[dict[str, Any]] = self.client.list_findings_v2(analyzerArn=self.arn, filter=wanted)[
            "findings"
        ]
        return found

    def types(self, **criteria: str) -> set[str]:
        return {finding["findingType"] for finding in self.listed(**criteria)}

    def details(self, finding: dict[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get_finding_v2(analyzerArn=self.arn, id=finding["id"])[
            "findingDetails"
        ]
        return found


@pytest.fixture
def watch(lab: Lab) -> Watch:
    return Watch()


@pytest.fixture
def ana(watch: Watch, make_user: Any) -> boto3.Session:
    """A user who may use some services, with a password and an access key."""
    session: boto3.Session = make_user("ana", allow("s3:List*", "s3:PutObject", "sqs:*", "sns:Publish"))
    boto3.client("iam").create_login_profile(UserName="ana", Password=PASSWORD)
    return session


def test_what_is_younger_than_the_tracking_period_is_left_alone(watch: Watch, ana: Any, lab: Lab) -> None:
    boto3.client("iam").create_role(RoleName="New", AssumeRolePolicyDocument=TRUST)
    lab.clock.advance(days=DAYS - 1)
    assert watch.listed(status="ACTIVE") == []


def test_keys_and_passwords_that_nobody_uses_are_found(watch: Watch, ana: Any, lab: Lab) -> None:
    key = boto3.client("iam").list_access_keys(UserName="ana")["AccessKeyMetadata"][0]["AccessKeyId"]
    lab.clock.advance(days=DAYS + 1)
    found = {finding["findingType"]: finding for finding in watch.listed()}
    assert set(found) == {"UnusedIAMUserAccessKey", "UnusedIAMUserPassword"}
    assert {finding["resourceType"] for finding in found.values()} == {"AWS::IAM::User"}
    assert watch.details(found["UnusedIAMUserAccessKey"]) == [
        {"unusedIamUserAccessKeyDetails": {"accessKeyId": key}}
    ]
    assert watch.details(found["UnusedIAMUserPassword"]) == [{"unusedIamUserPasswordDetails": {}}]


def test_use_resolves_and_time_brings_back(watch: Watch, ana: Any, lab: Lab) -> None:
    lab.clock.advance(days=DAYS + 1)
    (before,) = watch.listed(findingType="UnusedIAMUserAccessKey")
    ana.client("sts").get_caller_identity()
    (used,) = watch.listed(findingType="UnusedIAMUserAccessKey")
    assert (used["id"], used["status"]) == (before["id"], "RESOLVED")
    lab.clock.advance(days=DAYS + 1)
    (again,) = watch.listed(findingType="UnusedIAMUserAccessKey")
    assert (again["id"], again["status"]) == (before["id"], "ACTIVE")
    last = watch.details(again)[0]["unusedIamUserAccessKeyDetails"]["lastAccessed"]
    assert (lab.clock.now() - last).days == DAYS + 1


@pytest.mark.parametrize("way", ["signing in", "deactivating the key", "deleting the key"])
def test_what_is_mended_is_resolved(watch: Watch, ana: Any, lab: Lab, way: str) -> None:
    iam = boto3.client("iam")
    lab.clock.advance(days=DAYS + 1)
    assert len(watch.listed(status="ACTIVE")) == 2
    key = iam.list_access_keys(UserName="ana")["AccessKeyMetadata"][0]["AccessKeyId"]
    if way == "signing in":
        lab.sign_in("ana", PASSWORD)
        mended = "UnusedIAMUserPassword"
    else:
        if way == "deleting the key":
            iam.delete_access_key(UserName="ana", AccessKeyId=key)
        else:
            iam.update_access_key(UserName="ana", AccessKeyId=key, Status="Inactive")
        mended = "UnusedIAMUserAccessKey"
    assert watch.types(status="RESOLVED") == {mended}


def test_a_role_that_nobody_assumes_is_found_and_one_that_is_used_is_not(watch: Watch, lab: Lab) -> None:
    iam = boto3.client("iam")
    for name in ("Idle", "Busy"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    lab.clock.advance(days=DAYS + 1)
    arn = f"arn:aws:iam::{OWN}:role/Busy"
    busy = lab.session(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="work"))
    busy.client("sts").get_caller_identity()
    (finding,) = watch.listed()
    assert (finding["findingType"], finding["resource"]) == ("UnusedIAMRole", f"arn:aws:iam::{OWN}:role/Idle")
    assert watch.details(finding) == [{"unusedIamRoleDetails": {}}]


def test_the_roles_of_services_are_left_alone(watch: Watch, lab: Lab) -> None:
    lab.clock.advance(days=DAYS + 1)
    assert watch.listed() == []


def test_permissions_of_somebody_active_are_looked_at_service_by_service(
    watch: Watch, ana: Any, lab: Lab
) -> None:
    ana.client("sqs").list_queues()
    lab.clock.advance(days=DAYS + 1)
    ana.client("s3").list_buckets()
    (finding,) = watch.listed(findingType="UnusedPermission")
    details = {
        one["unusedPermissionDetails"]["serviceNamespace"]: one["unusedPermissionDetails"]
        for one in watch.details(finding)
    }
    assert set(details) == {"s3", "sqs", "sns"}
    # of a service in use, the management actions that were not used
    actions = {action["action"] for action in details["s3"]["actions"]}
    assert "ListBucket" in actions
    assert {"ListAllMyBuckets", "PutObject"}.isdisjoint(actions)
    # of others the service as a whole, with its last use
    assert "actions" not in details["sqs"]
    assert (lab.clock.now() - details["sqs"]["lastAccessed"]).days == DAYS + 1
    assert details["sns"] == {"serviceNamespace": "sns"}


def test_details_come_in_pages(watch: Watch, ana: Any, lab: Lab) -> None:
    lab.clock.advance(days=DAYS + 1)
    ana.client("s3").list_buckets()
    (finding,) = watch.listed(findingType="UnusedPermission")
    pages = watch.client.get_paginator("get_finding_v2").paginate(
        analyzerArn=watch.arn, id=finding["id"], PaginationConfig={"PageSize": 2}
    )
    assert [len(page["findingDetails"]) for page in pages] == [2, 1]


def test_a_recommendation_keeps_what_was_used_and_detaches_the_rest(
    watch: Watch, make_user: Any, lab: Lab
) -> None:
    iam = boto3.client("iam")
    condition = {"Bool": {"aws:SecureTransport": "true"}}
    ana = make_user("ana", allow("s3:*", "sns:Publish") | {"Condition": condition})
    policy = document(allow("sqs:*"))
    managed = iam.create_policy(PolicyName="Queues", PolicyDocument=policy)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="ana", PolicyArn=managed)
    iam.put_user_policy(
        UserName="ana", PolicyName="used", PolicyDocument=document(allow("sts:GetCallerIdentity"))
    )
    lab.clock.advance(days=DAYS + 1)
    ana.client("s3").list_buckets()
    ana.client("sts").get_caller_identity()
    (finding,) = watch.listed(findingType="UnusedPermission")
    ask = {"analyzerArn": watch.arn, "id": finding["id"]}
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        watch.client.get_finding_recommendation(**ask)
    watch.client.generate_finding_recommendation(**ask)
    found = watch.client.get_finding_recommendation(**ask)
    assert (found["status"], found["recommendationType"]) == ("SUCCEEDED", "UnusedPermissionRecommendation")
    assert found["resourceArn"] == f"arn:aws:iam::{OWN}:user/ana"
    given, queues = (step["unusedPermissionsRecommendedStep"] for step in found["recommendedSteps"])
    assert (given["recommendedAction"], given["existingPolicyId"]) == ("CREATE_POLICY", "given")
    (statement,) = json.loads(given["recommendedPolicy"])["Statement"]
    assert {"s3:ListAllMyBuckets", "s3:GetObject"} <= set(statement["Action"])
    assert {"s3:DeleteBucket", "sns:Publish"}.isdisjoint(statement["Action"])
    assert (statement["Resource"], statement["Condition"]) == ("*", condition)
    assert (queues["recommendedAction"], queues["existingPolicyId"]) == ("DETACH_POLICY", managed)
    assert "policyUpdatedAt" in queues


def test_recommendations_are_for_unused_permissions_alone(watch: Watch, ana: Any, lab: Lab) -> None:
    lab.clock.advance(days=DAYS + 1)
    (finding,) = watch.listed(findingType="UnusedIAMUserPassword")
    with pytest.raises(ClientError, match="ValidationException"):
        watch.client.generate_finding_recommendation(analyzerArn=watch.arn, id=finding["id"])


@pytest.mark.parametrize(
    ("exclusion", "left"),
    [
        ({"resourceTags": [{"team": "blue"}]}, {"red", "none"}),
        ({"resourceTags": [{"team": ""}]}, {"none"}),
        ({"resourceTags": [{"team": "blue"}, {"team": "red"}]}, {"none"}),
        ({"resourceTags": [{"team": "blue", "stage": "test"}]}, {"blue", "red", "none"}),
    ],
    ids=["one value", "any value", "two values", "two tags of which one is missing"],
)
def test_exclusions_by_tag_leave_principals_out(lab: Lab, exclusion: dict[str, Any], left: set[str]) -> None:
    watch, iam = Watch(exclusions=[exclusion]), boto3.client("iam")
    for name in ("blue", "red", "none"):
        tags = [] if name == "none" else [{"Key": "team", "Value": name}]
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=tags)
    lab.clock.advance(days=DAYS + 1)
    assert {finding["resource"].rpartition("/")[2] for finding in watch.listed()} == left


def test_findings_are_counted_by_type_and_account(watch: Watch, ana: Any, lab: Lab) -> None:
    lab.clock.advance(days=DAYS + 1)
    (counted,) = watch.client.get_findings_statistics(analyzerArn=watch.arn)["findingsStatistics"]
    found = counted["unusedAccessFindingsStatistics"]
    types = {one["unusedAccessType"]: one["total"] for one in found["unusedAccessTypeStatistics"]}
    assert types == {"UnusedIAMUserAccessKey": 1, "UnusedIAMUserPassword": 1}
    assert found["topAccounts"] == [{"account": OWN, "numberOfActiveFindings": 2, "details": types}]
    assert found["totalActiveFindings"] == 2


REFUSED = {
    "list_findings": {},
    "get_finding": {"id": "x"},
    "list_analyzed_resources": {},
    "start_resource_scan": {"resourceArn": "arn:aws:s3:::reports"},
}


@pytest.mark.parametrize("operation", REFUSED)
def test_questions_about_external_access_are_refused(watch: Watch, operation: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*external access"):
        getattr(watch.client, operation)(analyzerArn=watch.arn, **REFUSED[operation])


@pytest.mark.parametrize("excluded", [False, True], ids=["all accounts", "all but one"])
def test_an_organisations_analyzer_looks_at_all_accounts_that_are_not_excluded(
    lab: Lab, excluded: bool
) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    organizations.create_account(AccountName="Work", Email="work@example.com")
    member = organizations.list_accounts()["Accounts"][-1]["Id"]
    rule = {"exclusions": [{"accountIds": [member]}]} if excluded else {}
    client = boto3.client("accessanalyzer")
    arn = client.create_analyzer(
        analyzerName="all",
        type="ORGANIZATION_UNUSED_ACCESS",
        configuration={"unusedAccess": {"unusedAccessAge": DAYS, "analysisRule": rule}},
    )["arn"]
    lab.clock.advance(days=DAYS + 1)
    found = client.list_findings_v2(analyzerArn=arn, filter={"findingType": {"eq": ["UnusedIAMRole"]}})[
        "findings"
    ]
    owners = [finding["resourceOwnerAccount"] for finding in found]
    assert owners == ([] if excluded else [member])
