"""S3: which actions, on which object or bucket, with which of the request's headers.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iamlab.cloud.call import AuthKind
from iamlab.cloud.catalogue import Check
from iamlab.cloud.catalogue.s3 import split_copy_source

Ask = Callable[..., tuple[Check, ...]]
State = Callable[[str], Any]
B, K = "arn:aws:s3:::reports", "arn:aws:s3:::reports/2026/q1.csv"
BUCKET = {"Bucket": "reports"}
OBJECT = {"Bucket": "reports", "Key": "2026/q1.csv"}

# operation, parameters, [(action, resource)], part of the first check's context
CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]], dict[str, Any]]] = [
    ("ListBuckets", {}, [("ListAllMyBuckets", "*")], {}),
    ("HeadBucket", BUCKET, [("ListBucket", B)], {}),
    (
        "ListObjectsV2",
        {**BUCKET, "Prefix": "2026/", "Delimiter": "/", "MaxKeys": 10},
        [("ListBucket", B)],
        {"s3:prefix": "2026/", "s3:delimiter": "/", "s3:max-keys": 10},
    ),
    ("ListObjects", {**BUCKET, "Prefix": ""}, [("ListBucket", B)], {"s3:prefix": ""}),
    ("ListObjectVersions", BUCKET, [("ListBucketVersions", B)], {}),
    ("ListMultipartUploads", BUCKET, [("ListBucketMultipartUploads", B)], {}),
    ("GetBucketLifecycleConfiguration", BUCKET, [("GetLifecycleConfiguration", B)], {}),
    ("DeleteBucketCors", BUCKET, [("PutBucketCORS", B)], {}),
    ("GetPublicAccessBlock", BUCKET, [("GetBucketPublicAccessBlock", B)], {}),
    ("GetObject", OBJECT, [("GetObject", K)], {}),
    ("HeadObject", OBJECT, [("GetObject", K)], {}),
    ("GetObject", {**OBJECT, "VersionId": "3"}, [("GetObjectVersion", K)], {"s3:VersionId": "3"}),
    ("GetObjectAcl", {**OBJECT, "VersionId": "3"}, [("GetObjectVersionAcl", K)], {}),
    ("GetObjectAttributes", OBJECT, [("GetObjectAttributes", K), ("GetObject", K)], {}),
    ("GetObjectRetention", {**OBJECT, "VersionId": "3"}, [("GetObjectRetention", K)], {}),
    ("DeleteObject", OBJECT, [("DeleteObject", K)], {}),
    ("DeleteObject", {**OBJECT, "VersionId": "3"}, [("DeleteObjectVersion", K)], {"s3:VersionId": "3"}),
    (
        "DeleteObject",
        {**OBJECT, "VersionId": "3", "BypassGovernanceRetention": True},
        [("DeleteObjectVersion", K), ("BypassGovernanceRetention", K)],
        {},
    ),
    (
        "DeleteObjects",
        {**BUCKET, "Delete": {"Objects": [{"Key": "a"}, {"Key": "b", "VersionId": "2"}]}},
        [("DeleteObject", f"{B}/a"), ("DeleteObjectVersion", f"{B}/b")],
        {},
    ),
    ("PutObject", OBJECT, [("PutObject", K)], {"s3:ObjectCreationOperation": True}),
    (
        "PutObject",
        {
            **OBJECT,
            "ACL": "public-read",
            "Tagging": "team=blue&empty=",
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": "1234abcd",
            "StorageClass": "STANDARD_IA",
            "IfNoneMatch": "*",
        },
        [("PutObject", K), ("PutObjectAcl", K), ("PutObjectTagging", K)],
        {
            "s3:x-amz-acl": "public-read",
            "s3:RequestObjectTag/team": "blue",
            "s3:RequestObjectTag/empty": "",
            "s3:RequestObjectTagKeys": ["team", "empty"],
            "s3:x-amz-server-side-encryption": "aws:kms",
            "s3:x-amz-server-side-encryption-aws-kms-key-id": (
                "arn:aws:kms:us-east-1:123456789012:key/1234abcd"
            ),
            "s3:x-amz-storage-class": "STANDARD_IA",
            "s3:if-none-match": "*",
        },
    ),
    (
        "PutObject",
        {
            **OBJECT,
            "ObjectLockMode": "GOVERNANCE",
            "ObjectLockRetainUntilDate": datetime(2026, 12, 3, 12, tzinfo=UTC),
            "ObjectLockLegalHoldStatus": "ON",
        },
        [("PutObject", K), ("PutObjectRetention", K), ("PutObjectLegalHold", K)],
        {
            "s3:object-lock-mode": "GOVERNANCE",
            "s3:object-lock-retain-until-date": "2026-12-03T12:00:00Z",
            "s3:object-lock-remaining-retention-days": 10,
            "s3:object-lock-legal-hold": "ON",
        },
    ),
    (
        "PutObjectRetention",
        {**OBJECT, "Retention": {"Mode": "COMPLIANCE", "RetainUntilDate": "2026-11-24T12:00:00Z"}},
        [("PutObjectRetention", K)],
        {"s3:object-lock-mode": "COMPLIANCE", "s3:object-lock-remaining-retention-days": 1},
    ),
    (
        "PutObjectTagging",
        {**OBJECT, "Tagging": {"TagSet": [{"Key": "team", "Value": "red"}]}},
        [("PutObjectTagging", K)],
        {"s3:RequestObjectTag/team": "red", "s3:RequestObjectTagKeys": ["team"]},
    ),
    (
        "CreateMultipartUpload",
        {**OBJECT, "Tagging": "a=b"},
        [("PutObject", K), ("PutObjectTagging", K)],
        {"s3:ObjectCreationOperation": False},
    ),
    ("UploadPart", {**OBJECT, "PartNumber": 1}, [("PutObject", K)], {"s3:ObjectCreationOperation": False}),
    ("CompleteMultipartUpload", OBJECT, [("PutObject", K)], {"s3:ObjectCreationOperation": True}),
    ("ListParts", OBJECT, [("ListMultipartUploadParts", K)], {}),
    ("AbortMultipartUpload", OBJECT, [("AbortMultipartUpload", K)], {}),
    (
        "CopyObject",
        {**OBJECT, "CopySource": "archive/old%20one.csv?versionId=7", "MetadataDirective": "COPY"},
        [("GetObjectVersion", "arn:aws:s3:::archive/old one.csv"), ("PutObject", K)],
        {"s3:VersionId": "7"},
    ),
    (
        "UploadPartCopy",
        {**OBJECT, "CopySource": {"Bucket": "archive", "Key": "x"}},
        [("GetObject", "arn:aws:s3:::archive/x"), ("PutObject", K)],
        {},
    ),
    ("RestoreObject", OBJECT, [("RestoreObject", K)], {}),
    ("SelectObjectContent", OBJECT, [("GetObject", K)], {}),
    (
        "CreateBucket",
        {
            **BUCKET,
            "ACL": "private",
            "ObjectOwnership": "ObjectWriter",
            "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
        },
        [("CreateBucket", B), ("PutBucketAcl", B), ("PutBucketOwnershipControls", B)],
        {
            "s3:x-amz-acl": "private",
            "s3:x-amz-object-ownership": "ObjectWriter",
            "s3:locationconstraint": "eu-west-1",
        },
    ),
    (
        "CreateBucket",
        {**BUCKET, "ObjectLockEnabledForBucket": True},
        [("CreateBucket", B), ("PutBucketObjectLockConfiguration", B), ("PutBucketVersioning", B)],
        {},
    ),
]


@pytest.mark.parametrize(("operation", "params", "expected", "context"), CASES)
def test_operations_are_asked_as_the_actions_that_s3_documents(
    operation: str,
    params: dict[str, Any],
    expected: list[tuple[str, str]],
    context: dict[str, Any],
    ask: Ask,
) -> None:
    found = ask("s3", operation, **params)
    assert [(c.action, c.resource) for c in found] == [(f"s3:{a}", r) for a, r in expected]
    assert context.items() <= dict(found[0].context).items()


def test_keys_of_a_request_stay_with_the_actions_that_have_them(ask: Ask) -> None:
    (read,) = ask("s3", "GetObject", **OBJECT, IfMatch="abc")
    (uploads,) = ask("s3", "ListMultipartUploads", **BUCKET, Prefix="a", Delimiter="/")
    assert "s3:if-match" not in read.context
    assert not {"s3:prefix", "s3:delimiter"} & set(uploads.context)


def test_every_request_tells_how_it_was_signed(ask: Ask, http: Any) -> None:
    request = http("GET", "/", {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    (header,) = ask("s3", "GetObject", {"request": request}, **OBJECT)
    common = {
        "s3:authType": "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:signatureAge": 2000,
        "s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "s3:TlsVersion": 1.3,
        "s3:ResourceAccount": "123456789012",
    }
    assert dict(header.context) == common
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    over = {"auth": AuthKind.QUERY, "signed_at": now - timedelta(minutes=10), "secure": False}
    (query,) = ask("s3", "GetObject", over, **OBJECT)
    assert query.context["s3:authType"] == "REST-QUERY-STRING"
    assert query.context["s3:signatureAge"] == 600_000
    assert "s3:TlsVersion" not in query.context
    (anonymous,) = ask("s3", "GetObject", {"auth": AuthKind.ANONYMOUS, "signed_at": None}, **OBJECT)
    assert not {"s3:authType", "s3:signatureversion", "s3:signatureAge"} & set(anonymous.context)


def test_an_objects_tags_are_told_for_actions_that_have_the_key(ask: Ask, state: State) -> None:
    s3 = state("s3")
    s3.create_bucket(**BUCKET)
    s3.put_object(**OBJECT, Body=b"x", Tagging="class=secret")
    (read,) = ask("s3", "GetObject", **OBJECT)
    (write,) = ask("s3", "PutObject", **OBJECT)
    assert read.context["s3:ExistingObjectTag/class"] == "secret"
    assert "s3:ExistingObjectTag/class" not in write.context


def test_a_version_has_its_own_tags(ask: Ask, state: State) -> None:
    s3 = state("s3")
    s3.create_bucket(**BUCKET)
    s3.put_bucket_versioning(**BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(**OBJECT, Body=b"x", Tagging="class=secret")["VersionId"]
    s3.put_object(**OBJECT, Body=b"y")
    found = ask("s3", "GetObject", **OBJECT, VersionId=first)
    assert [c.action for c in found] == ["s3:GetObjectVersion"]
    assert found[0].context["s3:ExistingObjectTag/class"] == "secret"
    (latest,) = ask("s3", "GetObject", **OBJECT)
    assert "s3:ExistingObjectTag/class" not in latest.context


def test_copying_a_tagged_object_copies_its_tags(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    s3 = state("s3")
    s3.create_bucket(Bucket="archive")
    s3.put_object(Bucket="archive", Key="x", Body=b"x", Tagging="class=secret")
    copied = ask("s3", "CopyObject", **OBJECT, CopySource="archive/x")
    source = "arn:aws:s3:::archive/x"
    assert [(c.action, c.resource) for c in copied] == [
        ("s3:GetObject", source),
        ("s3:PutObject", K),
        ("s3:GetObjectTagging", source),
        ("s3:PutObjectTagging", K),
    ]
    assert copied[3].context["s3:RequestObjectTag/class"] == "secret"
    replaced = ask(
        "s3", "CopyObject", **OBJECT, CopySource="archive/x", TaggingDirective="REPLACE", Tagging="a=b"
    )
    assert [c.action for c in replaced] == ["s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"]


def test_that_an_object_is_missing_is_told_to_those_who_may_list(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    s3 = state("s3")
    s3.create_bucket(**BUCKET)
    missing = ask("s3", "GetObject", **OBJECT)
    assert [(c.action, c.resource, c.dependent) for c in missing] == [
        ("s3:GetObject", K, False),
        ("s3:ListBucket", B, True),
    ]
    s3.put_object(**OBJECT, Body=b"x")
    assert len(ask("s3", "GetObject", **OBJECT)) == 1
    assert len(ask("s3", "GetObject", Bucket="no-such-bucket", Key="x")) == 1


def test_a_bucket_brings_its_policy_and_its_owner(ask: Ask, state: State) -> None:
    s3 = state("s3")
    s3.create_bucket(**BUCKET)
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{B}/*"}],
    }
    s3.put_bucket_policy(**BUCKET, Policy=json.dumps(document))
    (check,) = ask("s3", "PutObject", {"account": "111122223333"}, **OBJECT)
    assert check.owner == "123456789012"
    assert check.context["s3:ResourceAccount"] == "123456789012"
    assert check.resource_policy is not None
    assert check.resource_policy.document == document


def test_an_access_point_stands_in_for_a_bucket(ask: Ask) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html"""
    point = "arn:aws:s3:us-east-1:123456789012:accesspoint/audit"
    (check,) = ask("s3", "GetObject", Bucket=point, Key="a/b")
    assert check.resource == f"{point}/object/a/b"
    assert check.context["s3:DataAccessPointArn"] == point
    assert check.context["s3:DataAccessPointAccount"] == "123456789012"


def test_replication_passes_its_role_to_s3(ask: Ask) -> None:
    role = "arn:aws:iam::123456789012:role/replicate"
    configure, passed = ask(
        "s3", "PutBucketReplication", **BUCKET, ReplicationConfiguration={"Role": role, "Rules": []}
    )
    assert configure.action == "s3:PutReplicationConfiguration"
    assert (passed.action, passed.resource) == ("iam:PassRole", role)
    assert passed.context["iam:PassedToService"] == "s3.amazonaws.com"


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("bucket/a/b", ("bucket", "a/b", None)),
        ("/bucket/a%2Fb%3F", ("bucket", "a/b?", None)),
        ("bucket/k?versionId=v1", ("bucket", "k", "v1")),
        (
            "arn:aws:s3:us-east-1:123456789012:accesspoint/ap/object/k/x",
            ("arn:aws:s3:us-east-1:123456789012:accesspoint/ap", "k/x", None),
        ),
        ({"Bucket": "b", "Key": "k", "VersionId": "1"}, ("b", "k", "1")),
    ],
)
def test_a_copy_source_has_bucket_key_and_version(source: Any, parts: tuple[Any, ...]) -> None:
    assert split_copy_source(source) == parts
