"""A call on another account's resource stands in the trails of both accounts.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.client import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

HERE, THERE = "123456789012", "111122223333"
ROLE = f"arn:aws:iam::{THERE}:role/R"


def document(*actions: str, principal: Any, resource: str | None = None) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Principal": principal}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [statement | ({"Resource": resource} if resource else {})]}
    )


@pytest.fixture
def there(lab: Lab) -> boto3.Session:
    """The owner: a role, a key and two buckets that let the lab's account in, and one of each that doesn't."""
    root = lab.root_session(THERE)
    iam, s3 = root.client("iam"), root.client("s3")
    for name, account in (("R", HERE), ("Closed", THERE)):
        iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=document("sts:AssumeRole", principal={"AWS": account})
        )
    for name in ("open", "closed"):
        s3.create_bucket(Bucket=f"{name}-there")
    s3.put_bucket_policy(
        Bucket="open-there",
        Policy=document(
            "s3:GetObject", "s3:PutObject", principal={"AWS": HERE}, resource="arn:aws:s3:::open-there/*"
        ),
    )
    return root


def key(there: boto3.Session, *accounts: str) -> str:
    made = there.client("kms").create_key(
        Policy=document("kms:*", principal={"AWS": list(accounts)}, resource="*")
    )
    return str(made["KeyMetadata"]["Arn"])


def views(lab: Lab) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The latest call's record in the caller's trail, and the one in the owner's."""
    event = lab.trail[-1]
    return event.record(), event.copy.record() if event.copy is not None else None


CALLS: dict[str, tuple[Callable[[boto3.Session], Any], str, bool]] = {
    "a role that lets the caller in": (
        lambda there: boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="app"), "AssumeRole", True,
    ),
    "a role that doesn't": (
        lambda there: boto3.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{THERE}:role/Closed", RoleSessionName="app"
        ), "AssumeRole", False,
    ),
    "a key that lets the caller in": (
        lambda there: boto3.client("kms").encrypt(KeyId=key(there, HERE, THERE), Plaintext=b"x"), "Encrypt", True,
    ),
    "a key that doesn't": (
        lambda there: boto3.client("kms").encrypt(KeyId=key(there, THERE), Plaintext=b"x"), "Encrypt", False,
    ),
    "an object": (
        lambda there: boto3.client("s3").put_object(Bucket="open-there", Key="a", Body=b"x"), "PutObject", True,
    ),
    "an object that isn't there": (
        lambda there: boto3.client("s3").get_object(Bucket="open-there", Key="none"), "GetObject", True,
    ),
    "an object in a bucket that doesn't let the caller in": (
        lambda there: boto3.client("s3").get_object(Bucket="closed-there", Key="a"), "GetObject", True,
    ),
    "a resource of the caller's own": (
        lambda there: boto3.client("s3").create_bucket(Bucket="here"), "CreateBucket", False,
    ),
    "no resource at all": (
        lambda there: boto3.client("sts").get_caller_identity(), "GetCallerIdentity", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("call", "name", "told"), CALLS.values(), ids=CALLS)
def test_the_owner_is_told_of_what_its_service_tells(
    lab: Lab, there: boto3.Session, call: Callable[[boto3.Session], Any], name: str, told: bool
) -> None:
    with suppress(ClientError):
        call(there)
    own, other = views(lab)
    assert own["eventName"] == name
    assert own["recipientAccountId"] == HERE
    assert (other is not None) is told
    assert ("sharedEventID" in own) is told
    if other is not None:
        assert other["recipientAccountId"] == THERE
        assert other["sharedEventID"] == own["sharedEventID"]
        assert len({own["eventID"], other["eventID"], own["sharedEventID"]}) == 3
        differing = {field for field in own if own[field] != other.get(field)}
        assert differing == {"eventID", "recipientAccountId", "userIdentity"}


def test_the_owner_sees_the_callers_account_and_id_but_no_names_and_keys(
    lab: Lab, there: boto3.Session
) -> None:
    boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="app")
    own, other = views(lab)
    assert other is not None
    assert own["userIdentity"]["type"] == "IAMUser"
    assert other["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": own["userIdentity"]["principalId"],
        "accountId": HERE,
    }


def test_each_accounts_history_has_its_own_copy_and_the_lab_has_the_call_once(
    lab: Lab, there: boto3.Session
) -> None:
    boto3.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="app")
    assert len(lab.trail.filter(name="AssumeRole")) == 1
    event = lab.trail[-1]

    def found(session: Any, key: str, value: str) -> list[str]:
        wanted = [{"AttributeKey": key, "AttributeValue": value}]
        rows = session.client("cloudtrail").lookup_events(LookupAttributes=wanted)["Events"]
        return [row["EventId"] for row in rows if row["EventName"] == "AssumeRole"]

    assert found(boto3, "EventName", "AssumeRole") == [event.event_id]
    assert found(there, "EventName", "AssumeRole") == [event.copy.event_id]
    assert found(boto3, "AccessKeyId", event.caller.access_key) == [event.event_id]
    assert found(there, "AccessKeyId", event.caller.access_key) == []
    (row,) = there.client("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": event.copy.event_id}]
    )["Events"]
    assert "Username" not in row
    assert "AccessKeyId" not in row


def test_a_trail_with_data_events_gets_what_others_do_with_the_accounts_objects(
    lab: Lab, there: boto3.Session
) -> None:
    s3, trails = there.client("s3"), there.client("cloudtrail")
    s3.create_bucket(Bucket="logs-there")
    s3.put_bucket_policy(
        Bucket="logs-there",
        Policy=document(
            "s3:GetBucketAcl", "s3:PutObject", principal={"Service": "cloudtrail.amazonaws.com"}, resource="*"
        ).replace('"*"', '["arn:aws:s3:::logs-there", "arn:aws:s3:::logs-there/*"]'),
    )
    trails.create_trail(Name="all", S3BucketName="logs-there")
    trails.put_event_selectors(
        TrailName="all",
        EventSelectors=[
            {
                "IncludeManagementEvents": False,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::open-there/"]}],
            }
        ],
    )
    trails.start_logging(Name="all")
    boto3.client("s3").put_object(Bucket="open-there", Key="a", Body=b"x")
    event = lab.trail[-1]
    lab.clock.advance(minutes=5)
    (file,) = s3.list_objects_v2(Bucket="logs-there")["Contents"]
    body = s3.get_object(Bucket="logs-there", Key=file["Key"])["Body"].read()
    (record,) = json.loads(gzip.decompress(body))["Records"]
    assert record["eventID"] == event.copy.event_id
    assert record["resources"] == [
        {"accountId": THERE, "type": "AWS::S3::Object", "ARN": "arn:aws:s3:::open-there/a"}
    ]


def test_an_anonymous_callers_event_is_the_bucket_owners_alone(lab: Lab, there: boto3.Session) -> None:
    nobody = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    with suppress(ClientError):
        nobody.get_object(Bucket="closed-there", Key="a")
    own, other = views(lab)
    assert own["recipientAccountId"] == THERE
    assert own["userIdentity"]["accountId"] == "anonymous"
    assert other is None


def test_a_shared_event_takes_no_more_chance_than_another(lab: Lab, there: boto3.Session) -> None:
    """What comes after it in a seeded lab has the ids it would have had."""
    kms = boto3.client("kms")
    own = kms.create_key()["KeyMetadata"]["Arn"]
    start, ends = lab.state.random.getstate(), []
    for arn in (own, key(there, HERE, THERE)):
        lab.state.random.setstate(start)
        kms.describe_key(KeyId=arn)
        ends.append(lab.state.random.getstate())
    assert lab.trail[-1].shared_id is not None
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("value", "withheld"),
    [('emailAddress="ana@example.com"', {"grantRead"}), ('id="abc"', set())],
    ids=["an email address", "an id"],
)
def test_the_owner_is_not_shown_an_acl_that_names_an_email_address(
    lab: Lab, there: boto3.Session, value: str, withheld: set[str]
) -> None:
    with suppress(ClientError):
        boto3.client("s3").put_object_acl(Bucket="open-there", Key="a", GrantRead=value)
    own, other = views(lab)
    assert own["requestParameters"]["grantRead"] == value
    assert other is not None
    assert set(own["requestParameters"]) - set(other["requestParameters"]) == withheld
