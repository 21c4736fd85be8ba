"""S3 Block Public Access and ACLs, of buckets and of accounts.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html#access-denied-bpa-examples
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT, OTHER = "123456789012", "111122223333"
ALL = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@pytest.fixture
def s3(lab: Lab) -> Any:
    """S3 as the administrator, with a bucket `box` as AWS makes it, and an object `a` in it."""
    client = boto3.client("s3")
    client.create_bucket(Bucket="box")
    client.put_object(Bucket="box", Key="a", Body=b"text")
    return client


def _block(*settings: str) -> dict[str, bool]:
    return dict.fromkeys(settings, True)


def _only(s3: Any, *settings: str) -> None:
    s3.put_public_access_block(
        Bucket="box", PublicAccessBlockConfiguration=_block(*settings) or {ALL[0]: False}
    )


def _policy(*principals: Any) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": who,
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::box/*",
                }
                for who in principals
            ],
        }
    )


def _refusal(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    response = refused.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Code"],
        response["Error"]["Message"],
    )


def _denied(action: str, resource: str, why: str) -> tuple[int, str, str]:
    who = f"User: arn:aws:iam::{ACCOUNT}:user/Administrator"
    return (
        403,
        "AccessDenied",
        f'{who} is not authorized to perform: {action} on resource: "{resource}" because {why}',
    )


PUBLIC_POLICY = "public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access."
PUBLIC_ACL = "public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access."


def test_a_new_bucket_is_closed(s3: Any) -> None:
    assert s3.get_public_access_block(Bucket="box")["PublicAccessBlockConfiguration"] == _block(*ALL)
    rules = s3.get_bucket_ownership_controls(Bucket="box")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]


# ------------------------------------------------------------------ BlockPublicPolicy
def test_a_public_policy_is_refused_and_the_refusal_explained(lab: Lab, s3: Any) -> None:
    assert _refusal(s3.put_bucket_policy, Bucket="box", Policy=_policy("*")) == _denied(
        "s3:PutBucketPolicy", "arn:aws:s3:::box", PUBLIC_POLICY
    )
    decision = lab.why()
    assert decision is not None
    assert [ref.sid for ref in decision.statements] == ["BlockPublicPolicy"]
    assert "S3 Block Public Access" in decision.explain()
    assert _refusal(s3.get_bucket_policy, Bucket="box")[1] == "NoSuchBucketPolicy"


def test_a_policy_for_somebody_is_taken(s3: Any) -> None:
    s3.put_bucket_policy(Bucket="box", Policy=_policy({"AWS": OTHER}))
    assert s3.get_bucket_policy_status(Bucket="box")["PolicyStatus"] == {"IsPublic": False}


def test_the_root_user_is_held_back_as_well(lab: Lab, s3: Any) -> None:
    root = lab.root_session().client("s3")
    assert _refusal(root.put_bucket_policy, Bucket="box", Policy=_policy("*"))[1] == "AccessDenied"


def test_without_the_block_a_public_policy_opens_the_bucket(s3: Any) -> None:
    s3.delete_public_access_block(Bucket="box")
    s3.put_bucket_policy(Bucket="box", Policy=_policy("*"))
    assert s3.get_bucket_policy_status(Bucket="box")["PolicyStatus"] == {"IsPublic": True}
    stranger = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    assert stranger.get_object(Bucket="box", Key="a")["Body"].read() == b"text"


def test_an_accounts_settings_hold_for_all_its_buckets(s3: Any) -> None:
    s3.delete_public_access_block(Bucket="box")
    control = boto3.client("s3control")
    control.put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=_block("BlockPublicPolicy")
    )
    assert _refusal(s3.put_bucket_policy, Bucket="box", Policy=_policy("*"))[2].endswith(PUBLIC_POLICY)
    control.delete_public_access_block(AccountId=ACCOUNT)
    s3.put_bucket_policy(Bucket="box", Policy=_policy("*"))


def test_there_is_no_status_without_a_policy(s3: Any) -> None:
    assert _refusal(s3.get_bucket_policy_status, Bucket="box") == (
        404,
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
    )


# ------------------------------------------------------------------ RestrictPublicBuckets
def test_a_public_bucket_can_be_restricted_to_its_account(lab: Lab, s3: Any) -> None:
    _only(s3)
    s3.put_bucket_policy(Bucket="box", Policy=_policy("*", {"AWS": OTHER}))
    other = lab.root_session(OTHER).client("s3")
    stranger = boto3.client("s3", config=Config(signature_version=UNSIGNED))
    assert other.get_object(Bucket="box", Key="a")["Body"].read() == b"text"
    _only(s3, "RestrictPublicBuckets")
    for outsider in (other, stranger):
        assert _refusal(outsider.get_object, Bucket="box", Key="a") == (403, "AccessDenied", "Access Denied")
        decision = lab.why()
        assert decision is not None
        assert [ref.sid for ref in decision.statements] == ["RestrictPublicBuckets"]
        assert "with an explicit deny in a resource-based policy" in decision.message
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"text"


def test_a_policy_that_is_not_public_works_as_it_is_written(lab: Lab, s3: Any) -> None:
    s3.put_bucket_policy(Bucket="box", Policy=_policy({"AWS": OTHER}))
    other = lab.root_session(OTHER).client("s3")
    assert other.get_object(Bucket="box", Key="a")["Body"].read() == b"text"


def test_analysis_sees_the_policy_that_works(lab: Lab, s3: Any) -> None:
    _only(s3)
    s3.put_bucket_policy(Bucket="box", Policy=_policy("*"))
    before = lab.snapshot().resource_policies["arn:aws:s3:::box"]
    _only(s3, "RestrictPublicBuckets")
    after = lab.snapshot().resource_policies["arn:aws:s3:::box"]
    assert [statement.sid for statement in before.statements] == [None]
    assert [statement.sid for statement in after.statements] == [None, "RestrictPublicBuckets"]


# ------------------------------------------------------------------ ACLs
GROUP = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
EVERYBODY = {
    "Owner": {"ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"},
    "Grants": [
        {
            "Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"},
            "Permission": "READ",
        }
    ],
}
BODY: dict[str, Any] = {"Bucket": "box", "Key": "b", "Body": b"x"}
COPY: dict[str, Any] = {"Bucket": "box", "Key": "b", "CopySource": "box/a"}
BOX, OBJECT = "arn:aws:s3:::box", "arn:aws:s3:::box/b"


@pytest.mark.parametrize(
    ("operation", "params", "resource"),
    [
        ("PutBucketAcl", {"Bucket": "box", "ACL": "public-read"}, BOX),
        ("PutBucketAcl", {"Bucket": "box", "ACL": "public-read-write"}, BOX),
        ("PutBucketAcl", {"Bucket": "box", "ACL": "authenticated-read"}, BOX),
        ("PutBucketAcl", {"Bucket": "box", "GrantRead": GROUP}, BOX),
        ("PutBucketAcl", {"Bucket": "box", "AccessControlPolicy": EVERYBODY}, BOX),
        ("PutObjectAcl", {"Bucket": "box", "Key": "b", "ACL": "public-read"}, OBJECT),
        ("PutObject", BODY | {"ACL": "public-read"}, OBJECT),
        ("PutObject", BODY | {"GrantRead": GROUP}, OBJECT),
        ("CopyObject", COPY | {"ACL": "public-read"}, OBJECT),
    ],
)
def test_public_acls_are_blocked(s3: Any, operation: str, params: dict[str, Any], resource: str) -> None:
    call = getattr(s3, _method(s3, operation))
    assert _refusal(call, **params) == _denied(f"s3:{operation}", resource, PUBLIC_ACL)


def _method(client: Any, operation: str) -> str:
    return next(name for name, called in client.meta.method_to_api_mapping.items() if called == operation)


NO_ACLS = (400, "AccessControlListNotSupported", "The bucket does not allow ACLs")


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("PutBucketAcl", {"Bucket": "box", "ACL": "public-read"}),
        ("PutBucketAcl", {"Bucket": "box", "ACL": "private"}),
        ("PutObjectAcl", {"Bucket": "box", "Key": "a", "ACL": "private"}),
        ("PutObject", BODY | {"ACL": "public-read"}),
        ("PutObject", BODY | {"ACL": "private"}),
        ("PutObject", BODY | {"GrantFullControl": "id=75aa57f0"}),
        ("CopyObject", COPY | {"ACL": "private"}),
        ("CreateMultipartUpload", {"Bucket": "box", "Key": "b", "ACL": "private"}),
    ],
)
def test_acls_are_disabled_in_a_new_bucket(s3: Any, operation: str, params: dict[str, Any]) -> None:
    s3.delete_public_access_block(Bucket="box")
    assert _refusal(getattr(s3, _method(s3, operation)), **params) == NO_ACLS


def test_the_owners_full_control_is_taken_all_the_same(s3: Any) -> None:
    s3.put_object(**BODY, ACL="bucket-owner-full-control")


def test_once_enabled_acls_can_be_set_and_public_ones_ignored(s3: Any) -> None:
    _only(s3)
    s3.put_bucket_ownership_controls(
        Bucket="box", OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.put_bucket_acl(Bucket="box", ACL="public-read")
    assert len(s3.get_bucket_acl(Bucket="box")["Grants"]) == 2
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert _refusal(s3.put_bucket_ownership_controls, Bucket="box", OwnershipControls=enforced) == (
        400,
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
    _only(s3, "IgnorePublicAcls")
    assert len(s3.get_bucket_acl(Bucket="box")["Grants"]) == 1


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"ACL": "public-read"}, "InvalidBucketAclWithObjectOwnership"),
        ({"GrantRead": GROUP}, "InvalidBucketAclWithObjectOwnership"),
        (
            {"ACL": "public-read", "ObjectOwnership": "ObjectWriter"},
            "InvalidBucketAclWithBlockPublicAccessError",
        ),
        ({"ACL": "private"}, None),
        ({"ACL": "log-delivery-write", "ObjectOwnership": "ObjectWriter"}, None),
    ],
)
def test_acls_of_new_buckets(s3: Any, params: dict[str, Any], code: str | None) -> None:
    if code is None:
        s3.create_bucket(Bucket="new", **params)
    else:
        assert _refusal(s3.create_bucket, Bucket="new", **params)[:2] == (400, code)


# ------------------------------------------------------------------ uploads by a browser's form
def _post(client: Any, key: str, **fields: str) -> tuple[int, str]:
    """Status and error code of an upload by form."""
    conditions: list[Any] = [{name: value} for name, value in fields.items()]
    form = client.generate_presigned_post("box", key, Fields=dict(fields), Conditions=conditions)
    answer = requests.post(form["url"], data=form["fields"], files={"file": ("me.txt", b"text")})
    return answer.status_code, answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_a_form_is_an_upload_like_any_other(lab: Lab, s3: Any) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::box/ana/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": put})
    iam.put_user_policy(UserName="ana", PolicyName="put", PolicyDocument=document)
    ana = lab.session(iam.create_access_key(UserName="ana")).client("s3")
    assert _post(ana, "ana/${filename}") == (204, "")
    assert s3.get_object(Bucket="box", Key="ana/me.txt")["Body"].read() == b"text"
    assert _post(ana, "bob/${filename}") == (403, "AccessDenied")


def test_a_form_can_not_bring_a_public_acl_either(s3: Any) -> None:
    assert _post(s3, "a", acl="public-read") == (403, "AccessDenied")
    s3.delete_public_access_block(Bucket="box")
    assert _post(s3, "a", acl="public-read") == (400, "AccessControlListNotSupported")
