"""S3's access control lists: which requests may carry one, and what a reader sees.

In a bucket whose owner owns all objects (Object Ownership `BucketOwnerEnforced`, as in every new bucket) ACLs are
disabled. Public ACLs that are blocked are denied before, with the policies (:mod:`iamlab.cloud.public_access`).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import buckets, resources
from iamlab.cloud.public_access import grants_to_everybody, settings_of
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.s3_errors import bucket_of
from iamlab.cloud.state import LabState

_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_OWNERS = "bucket-owner-full-control"
"""The one ACL that a request may carry where ACLs are disabled: it says what holds anyway."""


def refuse_acl_of_new_bucket(call: Call) -> None:
    """Every new bucket blocks public ACLs, and disables all unless the request says otherwise.

    Raises:
        AwsError: the bucket can't have the ACL of the request.
    """
    params = call.params
    if not _given(call) or params.get("ACL") == "private":
        return
    if params.get("ObjectOwnership", buckets.OWNER_ENFORCED) == buckets.OWNER_ENFORCED:
        raise _against_ownership(str(params["Bucket"]))
    if grants_to_everybody(params):
        raise AwsError(
            "InvalidBucketAclWithBlockPublicAccessError",
            "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
            BucketName=params["Bucket"],
        )


def _given(call: Call) -> bool:
    return any(call.params.get(name) for name in ("ACL", *_GRANTS))


def _against_ownership(bucket: str) -> AwsError:
    return AwsError(
        "InvalidBucketAclWithObjectOwnership",
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
        BucketName=bucket,
    )


@guard("s3", "PutBucketAcl", "PutObjectAcl")
def acls_are_enabled(call: Call, state: LabState) -> None:
    """Where ACLs are disabled, none can be set.

    Raises:
        AwsError: `AccessControlListNotSupported`.
    """
    bucket = resources.bucket(str(call.params["Bucket"]))
    if bucket is not None and buckets.acls_disabled(bucket):
        raise _not_supported()


@guard("s3", "CopyObject", "CreateMultipartUpload", "PutObject")
def acl_is_the_owners(call: Call, state: LabState) -> None:
    """Where ACLs are disabled, an object may be written without any, or with the owner's."""
    bucket = resources.bucket(str(call.params["Bucket"]))
    if bucket is None or not buckets.acls_disabled(bucket) or not _given(call):
        return
    if call.params.get("ACL") != _OWNERS:
        raise _not_supported()


def _not_supported() -> AwsError:
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


@guard("s3", "PutBucketOwnershipControls")
def acl_allows_it(call: Call, state: LabState) -> None:
    """ACLs can be disabled only once the bucket's names nobody but its owner."""
    name, rules = str(call.params["Bucket"]), (call.params.get("OwnershipControls") or {}).get("Rules") or ()
    bucket = resources.bucket(name)
    enforced = any(rule.get("ObjectOwnership") == buckets.OWNER_ENFORCED for rule in rules)
    if bucket is not None and enforced and not buckets.private(bucket):
        raise _against_ownership(name)


@operation("s3", "GetBucketAcl")
def get_bucket_acl(call: Call, state: LabState) -> dict[str, Any]:
    """The permissions in effect: without public ones where `IgnorePublicAcls` is on.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
    """
    bucket = bucket_of(call)
    acl = buckets.acl_of(bucket)
    if settings_of(bucket.name).ignore_acls:
        acl["Grants"] = [
            grant
            for grant in acl["Grants"]
            if not grants_to_everybody({"AccessControlPolicy": {"Grants": [grant]}})
        ]
    return acl
