"""What a proposed policy would open or close, before it is there.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-access-preview.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AccessPreviewFinding.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

OWN, OTHER, THIRD = "123456789012", "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWN}:role/Partner"
BUCKET = "arn:aws:s3:::reports"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:jobs"
KEY = f"arn:aws:kms:us-east-1:{OWN}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, principal: Any, resource: Any = None) -> dict[str, Any]:
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    return made if resource is None else made | {"Resource": resource}


def trust(*accounts: str) -> str:
    return document(allow("sts:AssumeRole", {"AWS": list(accounts)}))


@pytest.fixture
def client(lab: Lab) -> Any:
    return boto3.client("accessanalyzer")


@pytest.fixture
def analyzer(client: Any) -> str:
    return str(client.create_analyzer(analyzerName="own", type="ACCOUNT")["arn"])


Preview = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def preview(client: Any, analyzer: str) -> Preview:
    """`preview(arn, configuration)`: the findings of a preview."""

    def ask(arn: str, configuration: dict[str, Any], **criteria: Any) -> list[dict[str, Any]]:
        made = client.create_access_preview(analyzerArn=analyzer, configurations={arn: configuration})
        found: list[dict[str, Any]] = client.list_access_preview_findings(
            analyzerArn=analyzer, accessPreviewId=made["id"], filter=criteria
        )["findings"]
        return found

    return ask


PUBLIC = document(allow("s3:GetObject", "*", f"{BUCKET}/*"))
READERS = {"grantee": {"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}, "permission": "READ"}
DECRYPT = allow("kms:Decrypt", {"AWS": OTHER}, "*")
GRANT = {
    "operations": ["Decrypt"],
    "granteePrincipal": f"arn:aws:iam::{OTHER}:role/x",
    "issuingAccount": OWN,
    "constraints": {"encryptionContextEquals": {"team": "blue"}},
}

PROPOSED: dict[str, tuple[str, dict[str, Any], list[tuple[str, list[str]]]]] = {
    # (the resource, its configuration, (principal, actions) of the findings)
    "a role": (ROLE, {"iamRole": {"trustPolicy": trust(OTHER)}}, [(OTHER, ["sts:AssumeRole"])]),
    "a role for the account": (ROLE, {"iamRole": {"trustPolicy": trust(OWN)}}, []),
    "a bucket": (BUCKET, {"s3Bucket": {"bucketPolicy": PUBLIC}}, [("*", ["s3:GetObject"])]),
    "a bucket that is blocked": (
        BUCKET,
        {
            "s3Bucket": {
                "bucketPolicy": PUBLIC,
                "bucketPublicAccessBlock": {"ignorePublicAcls": True, "restrictPublicBuckets": True},
            }
        },
        [],
    ),
    "a bucket with an ACL": (
        BUCKET,
        {"s3Bucket": {"bucketAclGrants": [READERS]}},
        [("*", ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"])],
    ),
    "a queue": (
        QUEUE,
        {"sqsQueue": {"queuePolicy": document(allow("sqs:SendMessage", {"AWS": OTHER}, QUEUE))}},
        [(OTHER, ["sqs:SendMessage"])],
    ),
    "a key": (
        KEY,
        {"kmsKey": {"keyPolicies": {"default": document(DECRYPT)}}},
        [(OTHER, ["kms:Decrypt"])],
    ),
    "a grant": (KEY, {"kmsKey": {"grants": [GRANT]}}, [(GRANT["granteePrincipal"], ["kms:Decrypt"])]),
    "a repository": (
        f"arn:aws:ecr:us-east-1:{OWN}:repository/app",
        {"ecrRepository": {"repositoryPolicy": document(allow("ecr:BatchGetImage", {"AWS": OTHER}))}},
        [(OTHER, ["ecr:BatchGetImage"])],
    ),
}


@pytest.mark.parametrize("case", PROPOSED)
def test_what_is_proposed_for_a_new_resource_is_new(preview: Preview, case: str) -> None:
    arn, configuration, expected = PROPOSED[case]
    found = preview(arn, configuration)
    assert [(one["principal"]["AWS"], one["action"]) for one in found] == expected
    assert {(one["changeType"], one["status"], one["resource"]) for one in found} <= {("NEW", "ACTIVE", arn)}
    assert all("existingFindingId" not in one for one in found)


def test_changes_are_told_against_the_findings_that_there_are(
    preview: Preview, client: Any, analyzer: str
) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName="Partner", AssumeRolePolicyDocument=trust(OTHER, THIRD))
    findings = client.list_findings(analyzerArn=analyzer)["findings"]
    ids = {finding["principal"]["AWS"]: finding["id"] for finding in findings}
    client.update_findings(analyzerArn=analyzer, ids=[ids[OTHER]], status="ARCHIVED")
    wider = document(
        allow(["sts:AssumeRole"], {"AWS": OTHER}), allow("sts:AssumeRole", {"AWS": "777788889999"})
    )
    found = {one["principal"]["AWS"]: one for one in preview(ROLE, {"iamRole": {"trustPolicy": wider}})}
    told = {
        who: (
            one["changeType"],
            one["status"],
            one.get("existingFindingStatus"),
            one.get("existingFindingId"),
        )
        for who, one in found.items()
    }
    assert told == {
        OTHER: ("UNCHANGED", "ARCHIVED", "ARCHIVED", ids[OTHER]),
        "777788889999": ("NEW", "ACTIVE", None, None),
        THIRD: ("CHANGED", "RESOLVED", "ACTIVE", ids[THIRD]),
    }
    # nothing has happened
    assert len(client.list_findings(analyzerArn=analyzer)["findings"]) == 2


def test_more_actions_are_a_change(preview: Preview) -> None:
    boto3.client("iam").create_role(RoleName="Partner", AssumeRolePolicyDocument=trust(OTHER))
    wider = document(allow(["sts:AssumeRole", "sts:TagSession"], {"AWS": OTHER}))
    (found,) = preview(ROLE, {"iamRole": {"trustPolicy": wider}})
    assert (found["changeType"], found["status"]) == ("CHANGED", "ACTIVE")


def test_what_a_configuration_leaves_out_stays_and_an_empty_policy_is_none(preview: Preview) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="reports")
    s3.put_bucket_policy(
        Bucket="reports", Policy=document(allow("s3:GetObject", {"AWS": OTHER}, f"{BUCKET}/*"))
    )
    assert [one["changeType"] for one in preview(BUCKET, {"s3Bucket": {}})] == ["UNCHANGED"]
    assert [one["status"] for one in preview(BUCKET, {"s3Bucket": {"bucketPolicy": ""}})] == ["RESOLVED"]


def test_archive_rules_count_for_what_is_new(preview: Preview, client: Any) -> None:
    client.create_archive_rule(
        analyzerName="own", ruleName="partner", filter={"principal.AWS": {"eq": [OTHER]}}
    )
    found = preview(ROLE, {"iamRole": {"trustPolicy": trust(OTHER, THIRD)}})
    assert {one["principal"]["AWS"]: one["status"] for one in found} == {OTHER: "ARCHIVED", THIRD: "ACTIVE"}


def test_preview_findings_can_be_filtered(preview: Preview) -> None:
    boto3.client("iam").create_role(RoleName="Partner", AssumeRolePolicyDocument=trust(OTHER))
    configuration = {"iamRole": {"trustPolicy": trust(OTHER, THIRD)}}
    (new,) = preview(ROLE, configuration, changeType={"eq": ["NEW"]})
    assert new["principal"] == {"AWS": THIRD}
    (known,) = preview(ROLE, configuration, existingFindingStatus={"exists": True})
    assert known["principal"] == {"AWS": OTHER}


def test_previews_are_shown_and_listed(client: Any, analyzer: str) -> None:
    configurations = {ROLE: {"iamRole": {"trustPolicy": trust(OTHER)}}}
    ask = {"analyzerArn": analyzer, "configurations": configurations, "clientToken": "one"}
    name = client.create_access_preview(**ask)["id"]
    assert client.create_access_preview(**ask)["id"] == name
    shown = client.get_access_preview(analyzerArn=analyzer, accessPreviewId=name)["accessPreview"]
    assert (shown["status"], shown["configurations"]) == ("COMPLETED", configurations)
    (listed,) = client.list_access_previews(analyzerArn=analyzer)["accessPreviews"]
    assert listed == {member: value for member, value in shown.items() if member != "configurations"}


def test_a_policy_that_cannot_be_read_fails_the_preview(client: Any, analyzer: str) -> None:
    configurations = {ROLE: {"iamRole": {"trustPolicy": "{}"}}}
    name = client.create_access_preview(analyzerArn=analyzer, configurations=configurations)["id"]
    shown = client.get_access_preview(analyzerArn=analyzer, accessPreviewId=name)["accessPreview"]
    assert (shown["status"], shown["statusReason"]) == ("FAILED", {"code": "INVALID_CONFIGURATION"})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two resources": (
        {ROLE: {"iamRole": {"trustPolicy": trust(OTHER)}}, BUCKET: {"s3Bucket": {}}},
        "exactly one",
    ),
    "a configuration of another kind": ({BUCKET: {"iamRole": {"trustPolicy": trust(OTHER)}}}, "IAM::Role"),
    "a kind that the lab has not got": (
        {"arn:aws:ec2:us-east-1::snapshot/snap-1": {"ebsSnapshot": {}}},
        "ebsSnapshot",
    ),
    "somebody else's role": (
        {f"arn:aws:iam::{OTHER}:role/x": {"iamRole": {"trustPolicy": trust(OTHER)}}},
        "zone of trust",
    ),
    "access points": (
        {BUCKET: {"s3Bucket": {"accessPoints": {f"arn:aws:s3:us-east-1:{OWN}:accesspoint/x": {}}}}},
        "access points",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused(client: Any, analyzer: str, case: str) -> None:
    configurations, named = REFUSED[case]
    with pytest.raises(ClientError, match=f"ValidationException.*{named}"):
        client.create_access_preview(analyzerArn=analyzer, configurations=configurations)


def test_previews_are_for_external_access_and_go_with_their_analyzer(client: Any, analyzer: str) -> None:
    configurations = {ROLE: {"iamRole": {"trustPolicy": trust(OTHER)}}}
    name = client.create_access_preview(analyzerArn=analyzer, configurations=configurations)["id"]
    client.delete_analyzer(analyzerName="own")
    client.create_analyzer(analyzerName="own", type="ACCOUNT")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.get_access_preview(analyzerArn=analyzer, accessPreviewId=name)
    idle = client.create_analyzer(analyzerName="idle", type="ACCOUNT_UNUSED_ACCESS")["arn"]
    with pytest.raises(ClientError, match="ValidationException"):
        client.create_access_preview(analyzerArn=idle, configurations=configurations)
