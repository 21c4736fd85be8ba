"""Calls whose parameters name the account that the resource is in.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT, OTHER = "123456789012", "111122223333"


def _code(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_a_registry_id_leads_to_the_repository_of_another_account(lab: Lab) -> None:
    mine, theirs = boto3.client("ecr"), lab.root_session(OTHER).client("ecr")
    theirs.create_repository(repositoryName="app")
    which: Any = {"registryId": OTHER, "repositoryName": "app"}
    with pytest.raises(
        ClientError, match=r"ecr:us-east-1:111122223333:repository/app because no resource-based"
    ):
        mine.list_images(**which)
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "ecr:ListImages"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    theirs.set_repository_policy(repositoryName="app", policyText=policy)
    assert mine.list_images(**which)["imageIds"] == []
    with pytest.raises(ClientError, match="AccessDeniedException"):
        mine.delete_repository(**which)
    with pytest.raises(ClientError, match="RepositoryNotFoundException"):
        mine.list_images(repositoryName="app")


def test_a_queue_is_looked_up_in_the_account_that_is_named(lab: Lab) -> None:
    mine, theirs = boto3.client("sqs"), lab.root_session(OTHER).client("sqs")
    url = theirs.create_queue(QueueName="line")["QueueUrl"]
    with pytest.raises(ClientError, match="AccessDenied"):
        mine.get_queue_url(QueueName="line", QueueOwnerAWSAccountId=OTHER)
    theirs.add_permission(QueueUrl=url, Label="look", AWSAccountIds=[ACCOUNT], Actions=["GetQueueUrl"])
    assert mine.get_queue_url(QueueName="line", QueueOwnerAWSAccountId=OTHER)["QueueUrl"] == url


def test_events_go_to_the_bus_of_another_account_that_lets_them_in(lab: Lab) -> None:
    mine, theirs = boto3.client("events"), lab.root_session(OTHER).client("events")
    bus = theirs.create_event_bus(Name="news")["EventBusArn"]
    entry: Any = {"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": bus}
    with pytest.raises(ClientError, match="AccessDeniedException"):
        mine.put_events(Entries=[entry])
    theirs.put_permission(
        EventBusName="news", Action="events:PutEvents", Principal=ACCOUNT, StatementId="mine"
    )
    assert mine.put_events(Entries=[entry])["FailedEntryCount"] == 0


@pytest.fixture
def s3(lab: Lab) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket="box")
    client.put_object(Bucket="box", Key="a", Body=b"text")
    return client


EXPECTING = [
    ("get_object", {"Key": "a"}, "ExpectedBucketOwner"),
    ("put_object", {"Key": "b", "Body": b"x"}, "ExpectedBucketOwner"),
    ("list_objects_v2", {}, "ExpectedBucketOwner"),
    ("delete_objects", {"Delete": {"Objects": [{"Key": "a"}]}}, "ExpectedBucketOwner"),
    ("get_bucket_policy_status", {}, "ExpectedBucketOwner"),
    ("copy_object", {"Key": "b", "CopySource": "box/a"}, "ExpectedSourceBucketOwner"),
]


@pytest.mark.parametrize(("method", "params", "name"), EXPECTING, ids=[row[0] for row in EXPECTING])
def test_a_bucket_of_another_owner_than_expected_is_refused(
    s3: Any, method: str, params: dict[str, Any], name: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(s3, method)(Bucket="box", **params, **{name: OTHER})
    assert _code(refused) == (403, "AccessDenied")


def test_the_expected_owner_may_be_named_and_has_to_be_an_account(s3: Any) -> None:
    assert s3.get_object(Bucket="box", Key="a", ExpectedBucketOwner=ACCOUNT)["Body"].read() == b"text"
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket="box", Key="a", ExpectedBucketOwner="me")
    assert _code(refused) == (400, "InvalidBucketOwnerAWSAccountID")
