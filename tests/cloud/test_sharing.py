"""What of an account could be shared, and how it is beside policies, in moto's state.

Pinned to the supported versions of moto: a change of its internals shows here.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from iamlab.cloud.moto_seam import buckets, sharing

ACCOUNT, REGION = "123456789012", "us-east-1"
PREFIX = f"{REGION}:{ACCOUNT}"
Client = Callable[..., Any]
NOTHING = {"Version": "2012-10-17", "Statement": []}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.Session(region_name=REGION).client


def _role(client: Client) -> str:
    made = client("iam").create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(NOTHING))
    return str(made["Role"]["Arn"])


def _bucket(client: Client) -> str:
    client("s3").create_bucket(Bucket="reports")
    return "arn:aws:s3:::reports"


def _table(client: Client) -> str:
    made = client("dynamodb").create_table(
        TableName="notes",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])


def _function(client: Client) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "")
    made = client("lambda").create_function(
        FunctionName="resize",
        Runtime="python3.12",
        Role=_role(client),
        Handler="app.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    return str(made["FunctionArn"])


MADE: dict[str, Callable[[Client], str]] = {
    "AWS::IAM::Role": _role,
    "AWS::S3::Bucket": _bucket,
    "AWS::SQS::Queue": lambda client: (
        client("sqs").create_queue(QueueName="jobs") and f"arn:aws:sqs:{PREFIX}:jobs"
    ),
    "AWS::SNS::Topic": lambda client: client("sns").create_topic(Name="news")["TopicArn"],
    "AWS::KMS::Key": lambda client: client("kms").create_key()["KeyMetadata"]["Arn"],
    "AWS::SecretsManager::Secret": lambda client: client("secretsmanager").create_secret(Name="login")["ARN"],
    "AWS::Lambda::Function": _function,
    "AWS::DynamoDB::Table": _table,
    "AWS::ECR::Repository": lambda client: client("ecr").create_repository(repositoryName="app")[
        "repository"
    ]["repositoryArn"],
}


@pytest.mark.parametrize("kind", MADE)
def test_resources_of_each_kind_are_listed_by_their_arns(client: Client, kind: str) -> None:
    arn = MADE[kind](client)
    assert (kind, arn) in list(sharing.shareable(ACCOUNT, REGION))


def test_a_tables_stream_is_listed(client: Client) -> None:
    arn = _table(client)
    made = client("dynamodb").update_table(
        TableName="notes", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    )
    stream = made["TableDescription"]["LatestStreamArn"]
    assert stream.startswith(arn)
    assert ("AWS::DynamoDB::Stream", stream) in list(sharing.shareable(ACCOUNT, REGION))


def test_other_regions_have_the_roles_alone(client: Client) -> None:
    _bucket(client)
    role = _role(client)
    client("sqs").create_queue(QueueName="jobs")
    assert list(sharing.shareable(ACCOUNT, "eu-west-1")) == [("AWS::IAM::Role", role)]


@pytest.mark.parametrize(
    ("ownership", "counts"),
    [("BucketOwnerEnforced", False), ("ObjectWriter", True), ("BucketOwnerPreferred", True)],
)
def test_acls_count_where_ownership_lets_them(client: Client, ownership: str, counts: bool) -> None:
    client("s3").create_bucket(Bucket="reports", ObjectOwnership=ownership)
    client("s3").put_bucket_acl(Bucket="reports", ACL="public-read")
    found = sharing.bucket_acl("reports")
    assert ((sharing.ALL_USERS, "READ") in found) is counts
    assert all(who in (sharing.ALL_USERS, buckets.canonical_id(ACCOUNT)) for who, _ in found)


def test_a_bucket_that_is_not_there_is_not_shared(client: Client) -> None:
    assert sharing.bucket_acl("nothing") == ()
