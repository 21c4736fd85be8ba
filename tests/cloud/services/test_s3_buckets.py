"""CreateBucket: names, Regions, and buckets that exist already.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

pytestmark = pytest.mark.usefixtures("lab")

STYLES = ("virtual", "path")
# names that are hosts of other services, too
SERVICES = (
    "logs",
    "iam",
    "sts",
    "monitoring",
    "ec2",
    "kms",
    "events",
    "dynamodb",
    "rds",
    "access-analyzer",
    "www",
)


def _s3(region: str = "us-east-1", style: str = "auto") -> Any:
    return boto3.client("s3", region_name=region, config=Config(s3={"addressing_style": style}))


def _made(s3: Any, name: str, region: str | None = None, **params: Any) -> tuple[int, str]:
    """Status and code (or location) of the answer."""
    settings = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
    try:
        answer = s3.create_bucket(Bucket=name, **settings, **params)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Location"]


@pytest.mark.parametrize("style", STYLES)
def test_a_bucket_may_have_the_name_of_a_service(style: str) -> None:
    s3 = _s3(style=style)
    for name in SERVICES:
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="a/b", Body=name.encode())
        assert s3.get_object(Bucket=name, Key="a/b")["Body"].read() == name.encode()
    assert sorted(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]) == sorted(SERVICES)


# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "-start",
        "end-",
        "end.",
        "two..dots",
        "192.168.5.4",
        "xn--name",
        "sthree-name",
        "amzn-s3-demo-name",
        "name-s3alias",
        "name--ol-s3",
        "name.mrap",
        "name--x-s3x--table-s3",
    ],
)
def test_names_that_no_bucket_may_have(name: str) -> None:
    s3 = _s3(style="path")
    with pytest.raises(ClientError) as refused:
        s3.create_bucket(Bucket=name)
    assert refused.value.response["Error"] == {
        "Code": "InvalidBucketName",
        "Message": "The specified bucket is not valid.",
        "BucketName": name,
    }
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("name", ["abc", "a" * 63, "my.bucket.name", "1-2.3", "www.example.org"])
def test_names_that_a_bucket_may_have(name: str) -> None:
    assert _made(_s3(), name) == (200, f"/{name}")


# endpoint's Region, location constraint -> the answer
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
LOCATIONS = [
    ("us-east-1", None, 200, "/somewhere"),
    ("us-east-1", "eu-west-1", 200, "http://somewhere.s3.amazonaws.com/"),
    ("us-east-1", "us-east-1", 400, "InvalidLocationConstraint"),
    ("us-east-1", "mars-1", 400, "InvalidLocationConstraint"),
    ("us-east-1", "cn-north-1", 400, "InvalidLocationConstraint"),
    ("eu-west-1", "eu-west-1", 200, "http://somewhere.s3.amazonaws.com/"),
    ("eu-west-1", "EU", 200, "http://somewhere.s3.amazonaws.com/"),
    ("eu-west-1", None, 400, "IllegalLocationConstraintException"),
    ("eu-west-1", "eu-central-1", 400, "IllegalLocationConstraintException"),
]


@pytest.mark.parametrize(("endpoint", "location", "status", "answer"), LOCATIONS)
def test_where_a_bucket_may_lie(endpoint: str, location: str | None, status: int, answer: str) -> None:
    assert _made(_s3(endpoint), "somewhere", location) == (status, answer)


def test_the_words_about_a_location_that_does_not_fit() -> None:
    with pytest.raises(
        ClientError, match="The unspecified location constraint is incompatible for the region"
    ):
        _s3("eu-west-1").create_bucket(Bucket="somewhere")


def test_making_a_bucket_again_is_no_error_in_us_east_1_alone() -> None:
    assert _made(_s3(), "mine") == _made(_s3(), "mine") == (200, "/mine")
    europe = _s3("eu-west-1")
    assert _made(europe, "ours", "eu-west-1")[0] == 200
    assert _made(europe, "ours", "eu-west-1") == (409, "BucketAlreadyOwnedByYou")
    assert _made(_s3(), "ours") == (409, "BucketAlreadyOwnedByYou")


def test_the_name_of_another_accounts_bucket_is_taken(lab: Lab) -> None:
    _s3().create_bucket(Bucket="taken")
    other = lab.root_session("111122223333").client("s3")
    with pytest.raises(ClientError) as refused:
        other.create_bucket(Bucket="taken")
    assert refused.value.response["Error"]["Code"] == "BucketAlreadyExists"
    assert refused.value.response["Error"]["Message"].endswith(
        "Please select a different name and try again."
    )


def test_a_bucket_in_the_accounts_own_namespace_needs_the_suffix() -> None:
    own = {"BucketNamespace": "account-regional"}
    assert _made(_s3(), "logs", **own) == (400, "InvalidNamespaceHeader")
    name = "logs-123456789012-us-east-1-an"
    assert _made(_s3(), name, **own) == (200, f"/{name}")


def test_what_is_asked_for_at_once_is_there() -> None:
    s3 = _s3()
    tags = [{"Key": "team", "Value": "red"}]
    s3.create_bucket(
        Bucket="locked", ObjectLockEnabledForBucket=True, CreateBucketConfiguration={"Tags": tags}
    )
    assert s3.get_bucket_tagging(Bucket="locked")["TagSet"] == tags
    assert s3.get_bucket_versioning(Bucket="locked")["Status"] == "Enabled"
