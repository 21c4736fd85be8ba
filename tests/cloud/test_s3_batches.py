"""DeleteObjects decides every key by itself.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]
BUCKET = "a-bucket"
SENTENCE = (
    "User: arn:aws:iam::123456789012:user/ana is not authorized to perform: s3:{action} on resource: "
    '"arn:aws:s3:::a-bucket/{key}" {reason}'
)
NO_ALLOW = "because no identity-based policy allows the s3:{action} action"


def allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::{BUCKET}{resource}"}


def keys(*names: str) -> dict[str, Any]:
    return {"Objects": [{"Key": name} for name in names]}


def error(key: str, action: str = "DeleteObject", reason: str = NO_ALLOW, **more: str) -> dict[str, str]:
    message = SENTENCE.format(action=action, key=key, reason=reason.format(action=action))
    return {"Key": key, **more, "Code": "AccessDenied", "Message": message}


@pytest.fixture
def s3(lab: Lab) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for key in ("mine/1", "mine/2", "theirs/1"):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"text")
    return client


def left(s3: Any) -> list[str]:
    return [found["Key"] for found in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def test_allowed_keys_are_deleted_and_denied_ones_reported(s3: Any, make_user: MakeUser, lab: Lab) -> None:
    ana = make_user("ana", allow("s3:DeleteObject", "/mine/*")).client("s3")
    answer = ana.delete_objects(Bucket=BUCKET, Delete=keys("mine/1", "theirs/1", "mine/2"))
    assert answer["Deleted"] == [{"Key": "mine/1"}, {"Key": "mine/2"}]
    assert answer["Errors"] == [error("theirs/1")]
    assert left(s3) == ["theirs/1"]
    why = lab.why(answer)
    assert why is not None
    assert (why.allowed, why.request.resource) == (False, "arn:aws:s3:::a-bucket/theirs/1")


def test_who_may_delete_nothing_gets_an_answer_all_the_same(s3: Any, make_user: MakeUser) -> None:
    answer = make_user("ana").client("s3").delete_objects(Bucket=BUCKET, Delete=keys("mine/1", "theirs/1"))
    assert "Deleted" not in answer
    assert answer["Errors"] == [error("mine/1"), error("theirs/1")]
    assert left(s3) == ["mine/1", "mine/2", "theirs/1"]


def test_an_explicit_deny_of_the_bucket_is_said_key_by_key(s3: Any, make_user: MakeUser) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject"}
    policy = {
        "Version": "2012-10-17",
        "Statement": {**statement, "Resource": f"arn:aws:s3:::{BUCKET}/theirs/*"},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    ana = make_user("ana", allow("s3:*", "/*")).client("s3")
    answer = ana.delete_objects(Bucket=BUCKET, Delete=keys("theirs/1"))
    assert answer["Errors"] == [error("theirs/1", reason="with an explicit deny in a resource-based policy")]


def test_a_version_is_another_permission_than_the_object(s3: Any, make_user: MakeUser) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=BUCKET, Key="k", Body=b"2")["VersionId"]
    ana = make_user("ana", allow("s3:DeleteObject", "/*")).client("s3")
    entry = {"Key": "k", "VersionId": version}
    answer = ana.delete_objects(Bucket=BUCKET, Delete={"Objects": [entry, {"Key": "k"}]})
    assert answer["Errors"] == [error("k", "DeleteObjectVersion", VersionId=version)]
    [marked] = answer["Deleted"]
    assert marked["DeleteMarker"] is True
    marker = {"Key": "k", "VersionId": marked["DeleteMarkerVersionId"]}
    assert s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [marker]})["Deleted"] == [
        {**marker, "DeleteMarker": True, "DeleteMarkerVersionId": marker["VersionId"]}
    ]
    assert s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [entry]})["Deleted"] == [entry]


def test_bypassing_a_lock_is_a_permission_by_itself(s3: Any, make_user: MakeUser) -> None:
    ana = make_user("ana", allow("s3:DeleteObject", "/*")).client("s3")
    answer = ana.delete_objects(Bucket=BUCKET, Delete=keys("mine/1"), BypassGovernanceRetention=True)
    assert answer["Errors"] == [error("mine/1", "BypassGovernanceRetention")]


def test_a_quiet_request_hears_of_errors_alone(s3: Any, make_user: MakeUser) -> None:
    ana = make_user("ana", allow("s3:DeleteObject", "/mine/*")).client("s3")
    answer = ana.delete_objects(Bucket=BUCKET, Delete={**keys("mine/1", "theirs/1"), "Quiet": True})
    assert "Deleted" not in answer
    assert answer["Errors"] == [error("theirs/1")]


def test_a_key_that_is_not_there_counts_as_deleted(s3: Any) -> None:
    assert s3.delete_objects(Bucket=BUCKET, Delete=keys("none"))["Deleted"] == [{"Key": "none"}]


def test_a_locked_version_stays(lab: Lab) -> None:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = lab.clock.now().replace(year=lab.clock.now().year + 1)
    entry = {"Key": "k"}
    entry["VersionId"] = s3.put_object(
        Bucket="locked", Key="k", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    [refused] = s3.delete_objects(Bucket="locked", Delete={"Objects": [entry]})["Errors"]
    message = "Access Denied because object protected by object lock."
    assert refused == {**entry, "Code": "AccessDenied", "Message": message}
    answer = s3.delete_objects(Bucket="locked", Delete={"Objects": [entry]}, BypassGovernanceRetention=True)
    assert answer["Deleted"] == [entry]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"Bucket": "no-such-bucket", "Delete": keys("k")}, "NoSuchBucket"),
        ({"Bucket": BUCKET, "Delete": keys(*map(str, range(1001)))}, "MalformedXML"),
        ({"Bucket": BUCKET, "Delete": keys("k"), "ExpectedBucketOwner": "210987654321"}, "AccessDenied"),
    ],
    ids=["no bucket", "too many keys", "another owner expected"],
)
def test_a_request_that_can_not_be_met_deletes_nothing(s3: Any, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        s3.delete_objects(**params)
    assert refused.value.response["Error"]["Code"] == code
    assert len(left(s3)) == 3
