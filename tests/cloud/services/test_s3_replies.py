"""What S3 tells of buckets and objects: owners, encryption, policies, and why a document is refused.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT, OTHER = "123456789012", "111122223333"
BAD_XML = "The XML you provided was not well-formed or did not validate against our published schema"


@pytest.fixture
def s3(lab: Lab) -> Any:
    """S3 as the administrator, with a bucket `box` that has ACLs, and an object `a` in it."""
    client = boto3.client("s3", config=Config(parameter_validation=False, s3={"addressing_style": "path"}))
    client.create_bucket(Bucket="box", ObjectOwnership="ObjectWriter")
    client.put_object(Bucket="box", Key="a", Body=b"text")
    return client


def _error(call: Any, **params: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], dict(answer["Error"])


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": [OTHER]}, "Action": [action], "Resource": [resource]}


def _acl(**changes: Any) -> dict[str, Any]:
    grant = {"Grantee": {"Type": "CanonicalUser", "ID": "a" * 64}, "Permission": "READ"}
    return {"Owner": {"ID": "a" * 64}, "Grants": [grant | changes]}


# operation, parameters -> status, the error with its members
REFUSED: list[tuple[str, dict[str, Any], int, dict[str, Any]]] = [
    (
        "create_bucket",
        {"Bucket": "crate", "ObjectOwnership": "Mine"},
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Invalid x-amz-object-ownership header: Mine",
            "ArgumentName": "x-amz-object-ownership",
            "ArgumentValue": "Mine",
        },
    ),
    (
        "create_bucket",
        {"Bucket": "crate", "ACL": "open"},
        400,
        {"Code": "InvalidArgument", "ArgumentName": "x-amz-acl", "ArgumentValue": "open"},
    ),
    (
        "list_buckets",
        {"MaxBuckets": 10_001},
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Argument max-buckets must be an integer between 1 and 10000",
            "ArgumentName": "max-buckets",
            "ArgumentValue": "10001",
        },
    ),
    (
        "put_bucket_ownership_controls",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "Mine"}]}},
        400,
        {"Code": "MalformedXML", "Message": BAD_XML},
    ),
    (
        "put_bucket_ownership_controls",
        {"OwnershipControls": {"Rules": []}},
        400,
        {"Code": "MalformedXML", "Message": BAD_XML},
    ),
    (
        "put_bucket_versioning",
        {"VersioningConfiguration": {"Status": "On"}},
        400,
        {"Code": "MalformedXML", "Message": BAD_XML},
    ),
    (
        "put_bucket_versioning",
        {"VersioningConfiguration": {}},
        400,
        {
            "Code": "IllegalVersioningConfigurationException",
            "Message": "The Versioning element must be specified",
        },
    ),
    (
        "put_bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]}},
        400,
        {"Code": "InvalidTag", "Message": "Cannot provide multiple Tags with the same key", "TagKey": "a"},
    ),
    (
        "put_bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": "a" * 129, "Value": "b"}]}},
        400,
        {"Code": "InvalidTag", "Message": "The TagKey you have provided is invalid", "TagKey": "a" * 129},
    ),
    (
        "put_object_tagging",
        {"Key": "a", "Tagging": {"TagSet": [{"Key": "a", "Value": "<b>"}]}},
        400,
        {
            "Code": "InvalidTag",
            "Message": "The TagValue you have provided is invalid",
            "TagKey": "a",
            "TagValue": "<b>",
        },
    ),
    (
        "put_bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": "aws:a", "Value": "b"}]}},
        400,
        {
            "Code": "InvalidTag",
            "Message": "System tags cannot be added/updated by requester",
            "TagKey": "aws:a",
        },
    ),
    (
        "put_object_tagging",
        {"Key": "a", "Tagging": {"TagSet": [{"Key": "aws:a", "Value": "b"}]}},
        400,
        {"Code": "InvalidTag", "Message": "Your TagKey cannot be prefixed with aws:", "TagKey": "aws:a"},
    ),
    (
        "put_bucket_acl",
        {"AccessControlPolicy": {"Grants": []}},
        400,
        {"Code": "MalformedACLError", "Message": BAD_XML},
    ),
    (
        "put_bucket_acl",
        {"AccessControlPolicy": _acl(Permission="LOOK")},
        400,
        {"Code": "MalformedACLError", "Message": BAD_XML},
    ),
    (
        "put_object_acl",
        {"Key": "a", "AccessControlPolicy": _acl(Grantee={"Type": "CanonicalUser", "ID": "ana"})},
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Invalid id",
            "ArgumentName": "CanonicalUser/ID",
            "ArgumentValue": "ana",
        },
    ),
    (
        "put_bucket_acl",
        {"AccessControlPolicy": _acl(Grantee={"Type": "Group", "URI": "all"})},
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Invalid group uri",
            "ArgumentName": "Group/URI",
            "ArgumentValue": "all",
        },
    ),
    (
        "put_bucket_acl",
        {"AccessControlPolicy": _acl(), "ACL": "private"},
        400,
        {"Code": "UnexpectedContent", "Message": "This request does not support content"},
    ),
    (
        "put_bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": f"k{number}", "Value": "b"} for number in range(51)]}},
        400,
        {"Code": "BadRequest", "Message": "Bucket tag count cannot be greater than 50"},
    ),
    (
        "put_bucket_acl",
        {},
        400,
        {
            "Code": "MissingSecurityHeader",
            "Message": "Your request was missing a required header",
            "MissingHeaderName": "x-amz-acl",
        },
    ),
    (
        "put_bucket_acl",
        {"ACL": "open"},
        400,
        {"Code": "InvalidArgument", "ArgumentName": "x-amz-acl", "ArgumentValue": "open"},
    ),
    (
        "put_bucket_acl",
        {"GrantRead": "ana"},
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Argument format not recognized",
            "ArgumentName": "x-amz-grant-read",
            "ArgumentValue": "ana",
        },
    ),
    (
        "put_object_acl",
        {"Key": "a", "GrantRead": 'id="ana"'},
        400,
        {"Code": "InvalidArgument", "Message": "Invalid id", "ArgumentName": "id", "ArgumentValue": "ana"},
    ),
    (
        "put_bucket_acl",
        {"GrantRead": "uri=http://example.com"},
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Invalid group uri",
            "ArgumentName": "uri",
            "ArgumentValue": "http://example.com",
        },
    ),
    (
        "put_bucket_encryption",
        {
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "AES256",
                            "KMSMasterKeyID": "x",
                        }
                    }
                ]
            }
        },
        400,
        {
            "Code": "InvalidArgument",
            "Message": "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
            "aws:kms:dsse",
            "ArgumentName": "ApplyServerSideEncryptionByDefault",
        },
    ),
    (
        "get_object",
        {"Key": "a", "VersionId": "x"},
        404,
        {
            "Code": "NoSuchVersion",
            "Message": "The specified version does not exist.",
            "Key": "a",
            "VersionId": "x",
        },
    ),
    (
        "get_object_lock_configuration",
        {},
        404,
        {
            "Code": "ObjectLockConfigurationNotFoundError",
            "Message": "Object Lock configuration does not exist for this bucket",
            "BucketName": "box",
        },
    ),
    ("head_object", {"Bucket": "no-such-box", "Key": "a"}, 404, {"Code": "404", "Message": "Not Found"}),
]


@pytest.mark.parametrize(("operation", "params", "status", "error"), REFUSED, ids=range(len(REFUSED)))
def test_what_s3_does_not_take(
    s3: Any, operation: str, params: dict[str, Any], status: int, error: dict[str, Any]
) -> None:
    place = {} if operation == "list_buckets" else {"Bucket": "box"}
    assert _error(getattr(s3, operation), **place | params) == (status, error)


def test_a_bucket_without_settings_of_its_own_is_named(s3: Any) -> None:
    s3.delete_public_access_block(Bucket="box")
    assert _error(s3.get_public_access_block, Bucket="box") == (
        404,
        {
            "Code": "NoSuchPublicAccessBlockConfiguration",
            "Message": "The public access block configuration was not found",
            "BucketName": "box",
        },
    )


# ------------------------------------------------------------------ policies
def test_a_policy_is_put_without_an_answer_and_shown_in_one_form(s3: Any) -> None:
    put = s3.put_bucket_policy(Bucket="box", Policy=_policy(_allow("s3:GetObject", "arn:aws:s3:::box/*")))
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert s3.get_bucket_policy(Bucket="box")["Policy"] == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
        f'"Principal":{{"AWS":"arn:aws:iam::{OTHER}:root"}},"Action":"s3:GetObject",'
        '"Resource":"arn:aws:s3:::box/*"}]}'
    )


@pytest.mark.parametrize(
    ("operation", "method", "more"),
    [
        ("get_bucket_policy", "GET", {}),
        ("put_bucket_policy", "PUT", {"Policy": _policy()}),
        ("delete_bucket_policy", "DELETE", {}),
    ],
)
def test_a_policy_is_its_owners_accounts_alone(
    lab: Lab, s3: Any, operation: str, method: str, more: dict[str, str]
) -> None:
    s3.put_bucket_policy(Bucket="box", Policy=_policy(_allow("s3:*BucketPolicy", "arn:aws:s3:::box")))
    other = lab.root_session(OTHER).client("s3")
    assert _error(getattr(other, operation), Bucket="box", **more) == (
        405,
        {
            "Code": "MethodNotAllowed",
            "Message": "The specified method is not allowed against this resource.",
            "Method": method,
            "ResourceType": "BUCKETPOLICY",
        },
    )


# ------------------------------------------------------------------ owners
def test_an_account_has_one_canonical_id_wherever_it_is_told(lab: Lab, s3: Any) -> None:
    own = s3.list_buckets()["Owner"]
    assert len(own["ID"]) == 64
    acl = s3.get_bucket_acl(Bucket="box")
    assert acl["Owner"] == s3.get_object_acl(Bucket="box", Key="a")["Owner"] == own
    assert [grant["Grantee"]["ID"] for grant in acl["Grants"]] == [own["ID"]]
    assert s3.list_objects(Bucket="box")["Contents"][0]["Owner"] == own
    assert s3.list_objects_v2(Bucket="box", FetchOwner=True)["Contents"][0]["Owner"] == own
    assert s3.list_object_versions(Bucket="box")["Versions"][0]["Owner"] == own
    assert lab.root_session(OTHER).client("s3").list_buckets()["Owner"] != own


def test_an_acl_can_be_put_back_as_it_was_shown(s3: Any) -> None:
    shown = s3.get_bucket_acl(Bucket="box")
    acl = {name: shown[name] for name in ("Owner", "Grants")}
    s3.put_bucket_acl(Bucket="box", AccessControlPolicy=acl)
    assert {name: s3.get_bucket_acl(Bucket="box")[name] for name in acl} == acl
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket="box", OwnershipControls=enforced)


# ------------------------------------------------------------------ encryption
def test_everything_is_encrypted(s3: Any) -> None:
    for call, more in ((s3.put_object, {"Body": b"text"}), (s3.get_object, {}), (s3.head_object, {})):
        assert call(Bucket="box", Key="a", **more)["ServerSideEncryption"] == "AES256"
    copied = s3.copy_object(Bucket="box", Key="b", CopySource="box/a")
    assert copied["ServerSideEncryption"] == "AES256"
    assert s3.put_object(Bucket="box", Key="a", Body=b"text")["ChecksumType"] == "FULL_OBJECT"


def test_a_bucket_has_a_default_encryption_and_can_not_lose_it(s3: Any) -> None:
    def rules() -> Any:
        return s3.get_bucket_encryption(Bucket="box")["ServerSideEncryptionConfiguration"]["Rules"]

    default = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    assert rules() == default
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket="box", ServerSideEncryptionConfiguration={"Rules": [kms]})
    assert rules() == [kms]
    s3.delete_bucket_encryption(Bucket="box")
    assert rules() == default


# ------------------------------------------------------------------ buckets
def test_buckets_come_page_by_page(s3: Any) -> None:
    for name in ("boxes", "crate", "chest"):
        s3.create_bucket(Bucket=name)
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert names == ["box", "boxes", "chest", "crate"]
    first = s3.list_buckets(MaxBuckets=3)
    rest = s3.list_buckets(MaxBuckets=3, ContinuationToken=first["ContinuationToken"])
    assert [bucket["Name"] for bucket in (*first["Buckets"], *rest["Buckets"])] == names
    assert "ContinuationToken" not in rest
    assert {bucket["BucketRegion"] for bucket in first["Buckets"]} == {"us-east-1"}
    assert "BucketRegion" not in s3.list_buckets()["Buckets"][0]
    some = s3.list_buckets(Prefix="box", BucketRegion="us-east-1")
    assert ([bucket["Name"] for bucket in some["Buckets"]], some["Prefix"]) == (["box", "boxes"], "box")
    assert s3.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    assert _error(s3.list_buckets, ContinuationToken="?")[1]["Code"] == "InvalidArgument"


def test_a_reply_names_the_request_and_the_host(s3: Any) -> None:
    answer = s3.head_bucket(Bucket="box")
    assert answer["AccessPointAlias"] is False
    assert answer["ResponseMetadata"]["RequestId"]
    assert answer["ResponseMetadata"]["HostId"]


def test_that_there_is_no_bucket_everybody_is_told(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    ana = lab.session(iam.create_access_key(UserName="ana")).client("s3")
    stranger = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    told = {
        "Code": "NoSuchBucket",
        "Message": "The specified bucket does not exist",
        "BucketName": "no-such-box",
    }
    for nobody in (ana, stranger):
        assert _error(nobody.get_object, Bucket="no-such-box", Key="a") == (404, told)
        assert _error(nobody.delete_bucket, Bucket="no-such-box") == (404, told)
    assert _error(ana.create_bucket, Bucket="no-such-box")[0] == 403


# ------------------------------------------------------------------ versions, and other odds
def test_a_delete_marker_can_not_be_read(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    marker = s3.delete_object(Bucket="box", Key="a")["VersionId"]
    assert _error(s3.get_object, Bucket="box", Key="a", VersionId=marker) == (
        405,
        {
            "Code": "MethodNotAllowed",
            "Message": "The specified method is not allowed against this resource.",
            "Method": "GET",
            "ResourceType": "DeleteMarker",
        },
    )
    assert _error(s3.delete_bucket, Bucket="box") == (
        409,
        {
            "Code": "BucketNotEmpty",
            "Message": "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            "BucketName": "box",
        },
    )
    for version in s3.list_object_versions(Bucket="box")["Versions"]:
        s3.delete_object(Bucket="box", Key="a", VersionId=version["VersionId"])
    s3.delete_object(Bucket="box", Key="a", VersionId=marker)
    s3.delete_bucket(Bucket="box")


def test_a_listing_says_where_it_begins(s3: Any) -> None:
    listed = s3.list_objects(Bucket="box")
    assert (listed["Prefix"], listed["Marker"]) == ("", "")
    listed = s3.list_objects(Bucket="box", Prefix="a", Marker="0")
    assert (listed["Prefix"], listed["Marker"], len(listed["Contents"])) == ("a", "0", 1)


def test_locked_objects_keep_their_versions(s3: Any) -> None:
    s3.create_bucket(Bucket="safe", ObjectLockEnabledForBucket=True)
    suspended = {"Status": "Suspended"}
    status, error = _error(s3.put_bucket_versioning, Bucket="safe", VersioningConfiguration=suspended)
    assert (status, error["Code"]) == (409, "InvalidBucketState")


def test_the_owner_pays(s3: Any) -> None:
    assert s3.get_bucket_request_payment(Bucket="box")["Payer"] == "BucketOwner"


def test_an_account_without_settings_of_its_own_is_named(lab: Lab) -> None:
    assert _error(boto3.client("s3control").get_public_access_block, AccountId=ACCOUNT) == (
        404,
        {
            "Code": "NoSuchPublicAccessBlockConfiguration",
            "Message": "The public access block configuration was not found",
            "AccountId": ACCOUNT,
        },
    )


@pytest.mark.parametrize(("path", "kind"), [("", "SERVICE"), ("box", "BUCKET"), ("box/a/b", "OBJECT")])
def test_a_method_that_is_not_one_is_named_with_what_it_was_for(lab: Lab, path: str, kind: str) -> None:
    answer = requests.request("PATCH", f"https://s3.amazonaws.com/{path}", timeout=10)
    assert answer.status_code == 405
    assert f"<Method>PATCH</Method><ResourceType>{kind}</ResourceType>" in answer.text
