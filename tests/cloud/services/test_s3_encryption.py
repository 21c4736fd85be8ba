"""Who reads or writes an object that is encrypted with a KMS key needs permissions on the key, too.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

MakeUser = Callable[..., boto3.Session]
Refusal = Callable[..., tuple[str, int, str]]
ACCOUNT, BUCKET = "123456789012", "sealed"
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"
S3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
NO_ALLOW = "because no identity-based policy allows the {0} action"
CIPHERTEXT = "the resource associated with this ciphertext"


def may(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [f"kms:{name}" for name in actions], "Resource": "*", **more}


@pytest.fixture
def s3(lab: Lab) -> Any:
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.fixture
def key(s3: Any) -> str:
    return str(boto3.client("kms").create_key()["KeyMetadata"]["Arn"])


def by_default(s3: Any, key: str | None, *, bucket_key: bool = False) -> None:
    rule: dict[str, Any] = {"SSEAlgorithm": "aws:kms"} | ({"KMSMasterKeyID": key} if key else {})
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule, "BucketKeyEnabled": bucket_key}]
        },
    )


def sealed_with(key: str) -> dict[str, str]:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def denied(action: str, on: str, reason: str = NO_ALLOW) -> tuple[str, int, str]:
    words = f"User: {ANA} is not authorized to perform: {action} on {on} {reason.format(action)}"
    return "AccessDenied", 403, words


# ---------------------------------------------------------------- one object


def test_writing_takes_a_data_key_and_reading_its_decryption(
    lab: Lab, s3: Any, key: str, make_user: MakeUser, refusal: Refusal
) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"text", **sealed_with(key))
    ana = make_user("ana", S3).client("s3")
    put = {"Bucket": BUCKET, "Key": "k", "Body": b"x"}
    assert refusal(ana.put_object, **put, **sealed_with(key)) == denied(
        "kms:GenerateDataKey", f"resource: {key}"
    )
    why = lab.why()
    assert why is not None
    assert (why.request.action, why.request.resource) == ("kms:GenerateDataKey", key)
    assert refusal(ana.get_object, Bucket=BUCKET, Key="k") == denied("kms:Decrypt", CIPHERTEXT)
    assert ana.put_object(**put)["ResponseMetadata"]["HTTPStatusCode"] == 200, "unencrypted, it takes no key"


@pytest.mark.parametrize(
    ("allowed", "reads", "writes"),
    [
        (["Decrypt"], True, False),
        (["GenerateDataKey"], False, True),
        (["GenerateDataKey*", "Decrypt"], True, True),
        ([], False, False),
    ],
    ids=["Decrypt", "GenerateDataKey", "both", "neither"],
)
def test_each_direction_has_its_own_permission(
    s3: Any, key: str, make_user: MakeUser, allowed: list[str], reads: bool, writes: bool
) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"text", **sealed_with(key))
    ana = make_user("ana", S3, may(*allowed or ["ListKeys"])).client("s3")
    assert goes(ana.get_object, Bucket=BUCKET, Key="k") is reads
    assert goes(ana.put_object, Bucket=BUCKET, Key="new", Body=b"x", **sealed_with(key)) is writes
    ana.head_object(Bucket=BUCKET, Key="k")
    ana.delete_object(Bucket=BUCKET, Key="k")


def goes(call: Callable[..., Any], **params: Any) -> bool:
    try:
        call(**params)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


CONDITIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("through S3", {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, True),
    ("through another service", {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}, False),
    ("the caller's account", {"StringEquals": {"kms:CallerAccount": ACCOUNT}}, True),
    (
        "the object's ARN",
        {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}/k"}},
        True,
    ),
    (
        "the bucket's ARN",
        {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{BUCKET}"}},
        False,
    ),
    (
        "the names of the context",
        {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["aws:s3:arn"]}},
        True,
    ),
    ("through any service", {"Bool": {"aws:ViaAWSService": "true"}}, True),
    ("from the caller's place", {"Null": {"aws:SourceIp": "false"}}, False),
]


@pytest.mark.parametrize(("what", "condition", "holds"), CONDITIONS, ids=[row[0] for row in CONDITIONS])
def test_conditions_see_that_s3_asks(
    s3: Any, key: str, make_user: MakeUser, what: str, condition: dict[str, Any], holds: bool
) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    ana = make_user("ana", S3, may("GenerateDataKey", "Decrypt", Condition=condition)).client("s3")
    assert goes(ana.put_object, Bucket=BUCKET, Key="k", Body=b"x", **sealed_with(key)) is holds, what


def test_a_direct_call_does_not_come_through_s3(key: str, make_user: MakeUser) -> None:
    through = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    kms = make_user("ana", may("GenerateDataKey", Condition=through)).client("kms")
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.generate_data_key(KeyId=key, KeySpec="AES_256")


def test_pairs_of_the_caller_join_the_context(s3: Any, key: str, make_user: MakeUser) -> None:
    pairs = base64.b64encode(json.dumps({"team": "blue"}).encode()).decode()
    wanted = {"StringEquals": {"kms:EncryptionContext:team": "blue"}}
    ana = make_user("ana", S3, may("GenerateDataKey", Condition=wanted)).client("s3")
    put = {"Bucket": BUCKET, "Key": "k", "Body": b"x", **sealed_with(key)}
    assert not goes(ana.put_object, **put)
    assert goes(ana.put_object, **put, SSEKMSEncryptionContext=pairs)


def test_a_grant_lets_through_s3_as_well(s3: Any, key: str, make_user: MakeUser) -> None:
    ana = make_user("ana", S3).client("s3")
    boto3.client("kms").create_grant(
        KeyId=key,
        GranteePrincipal=ANA,
        Operations=["GenerateDataKey"],
        Constraints={"EncryptionContextSubset": {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}/mine"}},
    )
    put = {"Bucket": BUCKET, "Body": b"x", **sealed_with(key)}
    assert goes(ana.put_object, Key="mine", **put)
    assert not goes(ana.put_object, Key="other", **put)


def test_reading_in_public_ends_where_a_key_begins(s3: Any, key: str, refusal: Refusal) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **sealed_with(key))
    s3.delete_public_access_block(Bucket=BUCKET)
    public = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [public]}))
    anybody = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    code, status, message = refusal(anybody.get_object, Bucket=BUCKET, Key="k")
    assert (code, status) == ("InvalidArgument", 400)
    assert "Signature Version 4" in message


# ---------------------------------------------------------------- defaults, copies and parts


@pytest.mark.parametrize("bucket_key", [False, True], ids=["a key for each object", "a key for the bucket"])
def test_a_buckets_default_counts_as_if_the_request_said_it(
    s3: Any, key: str, make_user: MakeUser, bucket_key: bool
) -> None:
    by_default(s3, key, bucket_key=bucket_key)
    arn = f"arn:aws:s3:::{BUCKET}" if bucket_key else f"arn:aws:s3:::{BUCKET}/k"
    condition = {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": arn}}
    nobody = make_user("bob", S3).client("s3")
    assert not goes(nobody.put_object, Bucket=BUCKET, Key="k", Body=b"x")
    ana = make_user("ana", S3, may("GenerateDataKey", "Decrypt", Condition=condition)).client("s3")
    assert ana.put_object(Bucket=BUCKET, Key="k", Body=b"x")["SSEKMSKeyId"] == key
    by_default(s3, None)
    assert ana.get_object(Bucket=BUCKET, Key="k")["SSEKMSKeyId"] == key, "an object keeps its key"
    assert not goes(nobody.get_object, Bucket=BUCKET, Key="k")


def test_s3s_own_key_is_for_everybody_of_the_account_through_s3_alone(
    s3: Any, make_user: MakeUser, refusal: Refusal
) -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk"""
    ana = make_user("ana", S3).client("s3")
    by_default(s3, None)
    made = ana.put_object(Bucket=BUCKET, Key="k", Body=b"x")["SSEKMSKeyId"]
    assert ana.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"x"
    kms = boto3.client("kms")
    found = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert (found["Arn"], found["KeyManager"]) == (made, "AWS")
    code, _, message = refusal(kms.encrypt, KeyId=made, Plaintext=b"x")
    assert (code, "no resource-based policy allows" in message) == ("AccessDeniedException", True)
    assert refusal(kms.disable_key, KeyId=made)[0] == "AccessDeniedException"
    deny = make_user("eve", S3, {**may("*"), "Effect": "Deny"}).client("s3")
    assert not goes(deny.put_object, Bucket=BUCKET, Key="k2", Body=b"x"), "a Deny of the caller's own counts"


def test_a_copy_reads_with_one_key_and_writes_with_the_other(s3: Any, key: str, make_user: MakeUser) -> None:
    other = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **sealed_with(key))
    copy = {"Bucket": BUCKET, "Key": "copy", "CopySource": f"{BUCKET}/k", **sealed_with(other)}

    def on(arn: str, action: str) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": f"kms:{action}", "Resource": arn}

    assert not goes(make_user("a", S3, on(key, "Decrypt")).client("s3").copy_object, **copy)
    assert not goes(make_user("b", S3, on(other, "GenerateDataKey")).client("s3").copy_object, **copy)
    both = make_user("c", S3, on(key, "Decrypt"), on(other, "GenerateDataKey")).client("s3")
    assert both.copy_object(**copy)["SSEKMSKeyId"] == other


def test_parts_of_an_upload_are_read_before_they_become_an_object(
    s3: Any, key: str, make_user: MakeUser, refusal: Refusal
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html"""
    by_default(s3, key)
    starts = make_user("ana", S3, may("GenerateDataKey")).client("s3")
    place = {"Bucket": BUCKET, "Key": "k"}
    upload = place | {"UploadId": starts.create_multipart_upload(**place)["UploadId"]}
    part = {**upload, "PartNumber": 1, "Body": b"x"}
    assert refusal(starts.upload_part, **part) == denied("kms:Decrypt", CIPHERTEXT)
    done = make_user("bob", S3, may("Decrypt")).client("s3")
    tag = done.upload_part(**part)["ETag"]
    parts = {"Parts": [{"ETag": tag, "PartNumber": 1}]}
    assert not goes(starts.complete_multipart_upload, **upload, MultipartUpload=parts)
    assert done.complete_multipart_upload(**upload, MultipartUpload=parts)["SSEKMSKeyId"] == key


def test_a_checksum_of_an_encrypted_object_takes_its_decryption(
    s3: Any, key: str, make_user: MakeUser
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html, ChecksumMode"""
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", ChecksumAlgorithm="SHA256", **sealed_with(key))
    ana = make_user("ana", S3).client("s3")
    ana.head_object(Bucket=BUCKET, Key="k")
    with pytest.raises(ClientError, match="403"):
        ana.head_object(Bucket=BUCKET, Key="k", ChecksumMode="ENABLED")


# ---------------------------------------------------------------- other accounts, and keys that don't work


def test_a_key_of_another_account_is_asked_and_told_nothing_of(
    lab: Lab, s3: Any, key: str, refusal: Refusal
) -> None:
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(AccountName="Work", Email="work@example.com")
    member = organizations.list_accounts()["Accounts"][-1]["Id"]
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    session = lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="admin"))
    theirs = session.client("s3")
    theirs.create_bucket(Bucket="of-the-member")
    put = {"Bucket": "of-the-member", "Key": "k", "Body": b"x", **sealed_with(key)}
    assert refusal(theirs.put_object, **put) == (
        "AccessDenied",
        403,
        f"User: arn:aws:sts::{member}:assumed-role/OrganizationAccountAccessRole/admin is not authorized to perform: "
        "kms:GenerateDataKey on this resource because the resource does not exist in this Region, no resource-based "
        "policies allow access, or a resource-based policy explicitly denies access",
    )
    root = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    accounts = [f"arn:aws:iam::{account}:root" for account in (ACCOUNT, member)]
    document = {"Version": "2012-10-17", "Statement": [{**root, "Principal": {"AWS": accounts}}]}
    boto3.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(document))
    assert theirs.put_object(**put)["SSEKMSKeyId"] == key
    assert theirs.get_object(Bucket="of-the-member", Key="k")["Body"].read() == b"x"


NOBODY = "1234abcd-12ab-34cd-56ef-1234567890ab"
UNUSABLE = [
    (NOBODY, f"Key 'arn:aws:kms:us-east-1:{ACCOUNT}:key/{NOBODY}' does not exist"),
    ("nonsense", "Invalid keyId 'nonsense'"),
    ("alias/none", f"Alias arn:aws:kms:us-east-1:{ACCOUNT}:alias/none is not found."),
    (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{NOBODY}", "Invalid arn eu-west-1"),
]


@pytest.mark.parametrize(("name", "words"), UNUSABLE, ids=[row[0] for row in UNUSABLE])
def test_a_key_that_is_not_there(s3: Any, refusal: Refusal, name: str, words: str) -> None:
    found = refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", **sealed_with(name))
    assert found == ("KMS.NotFoundException", 400, words)


def test_a_key_that_is_off_or_going(s3: Any, key: str, refusal: Refusal) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **sealed_with(key))
    kms = boto3.client("kms")
    kms.disable_key(KeyId=key)
    disabled = ("KMS.DisabledException", 400, f"{key} is disabled.")
    assert refusal(s3.get_object, Bucket=BUCKET, Key="k") == disabled
    assert refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", **sealed_with(key)) == disabled
    kms.schedule_key_deletion(KeyId=key)
    assert refusal(s3.get_object, Bucket=BUCKET, Key="k") == (
        "KMS.KMSInvalidStateException",
        400,
        f"{key} is pending deletion.",
    )


def test_an_alias_is_the_key_that_it_stands_for_at_the_time(s3: Any, key: str) -> None:
    kms = boto3.client("kms")
    kms.create_alias(AliasName="alias/objects", TargetKeyId=key)
    assert (
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", **sealed_with("alias/objects"))["SSEKMSKeyId"] == key
    )
    kms.update_alias(AliasName="alias/objects", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert s3.head_object(Bucket=BUCKET, Key="k")["SSEKMSKeyId"] == key
