"""What really happened answers access advisor and CloudTrail's event history.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

ADA, BOB, TEAM = (f"arn:aws:iam::123456789012:{rest}" for rest in ("user/ada", "user/bob", "group/Team"))


def allow(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=9) as running:
        iam = boto3.client("iam")
        iam.create_group(GroupName="Team")
        iam.put_group_policy(GroupName="Team", PolicyName="Queues", PolicyDocument=allow("sqs:ListQueues"))
        for name in ("ada", "bob"):
            iam.create_user(UserName=name)
            iam.add_user_to_group(GroupName="Team", UserName=name)
        iam.put_user_policy(
            UserName="ada", PolicyName="Files", PolicyDocument=allow("s3:ListAllMyBuckets", "s3:GetObject")
        )
        iam.attach_user_policy(UserName="ada", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
        ada = running.session(iam.create_access_key(UserName="ada"))
        ada.client("s3").list_buckets()
        with suppress(ClientError):
            ada.client("sqs").create_queue(QueueName="denied")
        yield running


@pytest.fixture
def iam(lab: Lab) -> Any:
    return boto3.client("iam")


def report(iam: Any, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, Any]:
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    services = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    return {entry["ServiceNamespace"]: entry for entry in services}


def test_services_come_from_the_policies_groups_included(iam: Any) -> None:
    assert sorted(report(iam, ADA)) == ["iam", "s3", "sqs"]
    assert sorted(report(iam, BOB)) == ["sqs"]


def test_the_last_use_is_told_and_a_denied_attempt_is_one(iam: Any) -> None:
    found = report(iam, ADA)
    assert found["s3"]["LastAuthenticatedEntity"] == ADA
    titles = [found[prefix]["ServiceName"] for prefix in ("s3", "iam")]
    assert titles == ["Amazon S3", "AWS Identity and Access Management"]
    assert found["sqs"]["TotalAuthenticatedEntities"] == 1
    assert found["iam"]["TotalAuthenticatedEntities"] == 0
    assert "LastAuthenticated" not in found["iam"]


def test_a_group_counts_its_members(iam: Any) -> None:
    job = iam.generate_service_last_accessed_details(Arn=TEAM)["JobId"]
    details = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="sqs")
    used = {
        entry["EntityInfo"]["Name"]: "LastAuthenticated" in entry for entry in details["EntityDetailsList"]
    }
    assert used == {"ada": True, "bob": False}


def test_actions_are_tracked_if_asked_for_and_calls_on_data_are_not(iam: Any) -> None:
    actions = {
        entry["ActionName"]: entry.get("LastAccessedEntity")
        for entry in report(iam, ADA, "ACTION_LEVEL")["s3"]["TrackedActionsLastAccessed"]
    }
    assert actions == {"GetObject": None, "ListAllMyBuckets": ADA}


def test_only_who_asked_for_a_report_can_read_it(lab: Lab, iam: Any) -> None:
    job = iam.generate_service_last_accessed_details(Arn=ADA)["JobId"]
    with pytest.raises(ClientError, match="NoSuchEntity"):
        lab.root_session().client("iam").get_service_last_accessed_details(JobId=job)


@pytest.mark.parametrize(
    ("arn", "code"),
    [(f"{ADA}x", "NoSuchEntity"), ("arn:aws:iam::123456789012:mfa/ada", "InvalidInput")],
    ids=["nobody", "no holder of policies"],
)
def test_a_report_about_nobody_is_refused(iam: Any, arn: str, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        iam.generate_service_last_accessed_details(Arn=arn)
    assert caught.value.response["Error"]["Code"] == code


def test_the_policies_that_grant_a_service(iam: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPoliciesGrantingServiceAccess.html"""
    found = iam.list_policies_granting_service_access(Arn=ADA, ServiceNamespaces=["s3", "sqs", "iam", "ec2"])
    by_service = {
        entry["ServiceNamespace"]: [
            (policy["PolicyName"], policy["PolicyType"], policy.get("EntityType"), policy.get("EntityName"))
            for policy in entry["Policies"]
        ]
        for entry in found["PoliciesGrantingServiceAccess"]
    }
    assert by_service == {
        "s3": [("Files", "INLINE", "USER", "ada")],
        "sqs": [("Queues", "INLINE", "GROUP", "Team")],
        "iam": [("IAMReadOnlyAccess", "MANAGED", None, None)],
        "ec2": [],
    }


# ------------------------------------------------------------------ CloudTrail
def lookup(**params: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = boto3.client("cloudtrail").lookup_events(**params)["Events"]
    return events


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def test_events_are_found_by_an_attribute_newest_first(lab: Lab) -> None:
    found = lookup(**by("Username", "ada"))
    assert [event["EventName"] for event in found] == ["CreateQueue", "ListBuckets"]
    assert json.loads(found[0]["CloudTrailEvent"])["errorCode"] == "AccessDenied"
    assert [event["ReadOnly"] for event in found] == ["false", "true"]
    created = lookup(**by("EventName", "CreateUser"))
    assert {event["EventSource"] for event in created} == {"iam.amazonaws.com"}


def test_events_are_found_by_what_they_are_about(lab: Lab) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_Resource.html"""
    made = next(event for event in lookup(**by("ResourceName", "ada")) if event["EventName"] == "CreateUser")
    user = boto3.client("iam").get_user(UserName="ada")["User"]
    assert {tuple(resource.values()) for resource in made["Resources"]} == {
        ("AWS::IAM::User", "ada"),
        ("AWS::IAM::User", user["UserId"]),
        ("AWS::IAM::User", user["Arn"]),
    }
    groups = lookup(**by("ResourceType", "AWS::IAM::Group"))
    assert {event["EventName"] for event in groups} >= {"CreateGroup", "AddUserToGroup"}


def test_pages_keep_their_place_while_new_events_come(lab: Lab) -> None:
    client = boto3.client("cloudtrail")
    first = client.lookup_events(**by("EventName", "AddUserToGroup"), MaxResults=1)
    second = client.lookup_events(
        **by("EventName", "AddUserToGroup"), MaxResults=1, NextToken=first["NextToken"]
    )
    names = [
        json.loads(page["Events"][0]["CloudTrailEvent"])["requestParameters"] for page in (first, second)
    ]
    assert [name["userName"] for name in names] == ["bob", "ada"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "two attributes": (
        {"LookupAttributes": by("EventName", "A")["LookupAttributes"] * 2},
        "InvalidLookupAttributesException",
    ),
    "an end before the start": ({"StartTime": 2_000_000_000, "EndTime": 1_000}, "InvalidTimeRangeException"),
    "a strange token": ({"NextToken": "hello"}, "InvalidNextTokenException"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_lookup_that_makes_no_sense_is_refused(lab: Lab, case: str) -> None:
    params, code = REFUSED[case]
    with pytest.raises(ClientError) as caught:
        lookup(**params)
    assert caught.value.response["Error"]["Code"] == code


def test_only_this_region_and_the_last_ninety_days_are_shown(lab: Lab) -> None:
    elsewhere = boto3.client("cloudtrail", region_name="eu-west-1").lookup_events()["Events"]
    assert "CreateUser" not in {event["EventName"] for event in elsewhere}
    lab.clock.advance(days=91)
    assert lookup(**by("EventName", "CreateUser")) == []
