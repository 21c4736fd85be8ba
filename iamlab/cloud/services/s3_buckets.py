"""S3's CreateBucket: which names a bucket may have, where it may lie, who has it already, and that it starts closed.

And ListBuckets, page by page.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
"""

from __future__ import annotations

import base64
import re
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.tags import tags_in
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import buckets, resources
from iamlab.cloud.services import EVERY, guard, operation, proof
from iamlab.cloud.services.s3_acls import refuse_acl_of_new_bucket
from iamlab.cloud.services.s3_errors import bucket_of, no_such_bucket
from iamlab.cloud.state import LabState

_HOME = "us-east-1"
_IRELAND = "EU"
"""The old name of `eu-west-1`, which is kept as it was given."""

_MOST = 10_000
"""Buckets in one answer."""

_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_TAKEN_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_TAKEN_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


@proof("s3", EVERY)
def bucket_is_there(call: Call, state: LabState) -> None:
    """S3 looks for the bucket before it asks any policy: that there is none it tells everybody.

    Raises:
        AwsError: `NoSuchBucket`, 404.
    """
    name = str(call.params.get("Bucket") or "")
    known = not name or name.startswith("arn:") or name.endswith("-s3alias")
    if not known and call.operation != "CreateBucket" and resources.bucket(name) is None:
        raise no_such_bucket(name)


@operation("s3", "CreateBucket")
def create_bucket(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""
    params = call.params
    name, settings = str(params["Bucket"]), params.get("CreateBucketConfiguration") or {}
    if not _valid(name):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", BucketName=name)
    location = _location(call, settings.get("LocationConstraint"))
    namespace = params.get("BucketNamespace")
    if namespace == "account-regional":
        _check_suffix(call, name, location)
    with state.lock:
        bucket = _again(call, name)
        refuse_acl_of_new_bucket(call)
        if bucket is None:
            bucket = buckets.create(name, call.account, location, namespace=namespace)
            buckets.close(bucket)
        buckets.set_acl(bucket, call.request.headers)
        if params.get("ObjectLockEnabledForBucket"):
            bucket.object_lock_enabled, bucket.versioning_status = True, "Enabled"
        if params.get("ObjectOwnership"):
            bucket.ownership_rule = params["ObjectOwnership"]
        tags = tags_in(settings.get("Tags"))
        if tags:
            buckets.tag(bucket, tags)
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html#API_CreateBucket_ResponseSyntax
    everywhere = location == _HOME or namespace == "account-regional"
    return {"Location": f"/{name}" if everywhere else f"http://{name}.s3.amazonaws.com/"}


def _valid(name: str) -> bool:
    return (
        _NAME.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.startswith(_TAKEN_STARTS)
        and not name.endswith(_TAKEN_ENDS)
    )


def _location(call: Call, asked: Any) -> str:
    """Where the bucket will lie. The endpoint of us-east-1 makes buckets anywhere, all others in their own Region.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    if not asked:
        if call.region == _HOME:
            return _HOME
        raise _incompatible("unspecified")
    known = call.model.service_model.shape_for("BucketLocationConstraint").enum
    if asked not in known or resources.partition_of(_region(asked)) != resources.partition_of(call.region):
        raise AwsError(
            "InvalidLocationConstraint",
            "The specified location-constraint is not valid",
            LocationConstraint=asked,
        )
    if call.region not in (_HOME, _region(asked)):
        raise _incompatible(asked)
    return str(asked)


def _region(location: str) -> str:
    return "eu-west-1" if location == _IRELAND else location


def _incompatible(location: str) -> AwsError:
    return AwsError(
        "IllegalLocationConstraintException",
        f"The {location} location constraint is incompatible for the region specific endpoint this request was sent "
        "to.",
    )


def _check_suffix(call: Call, name: str, location: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html"""
    suffix = f"-{call.account}-{_region(location)}-an"
    if not name.endswith(suffix):
        raise AwsError(
            "InvalidNamespaceHeader",
            "The requested bucket name did not include the account-regional namespace suffix, but the provided "
            f"x-amz-bucket-namespace header value is account-regional. Specify {suffix} as the bucket name suffix to "
            "create a bucket in your account-regional namespace, or remove the header.",
        )


def _again(call: Call, name: str) -> Any | None:
    """The caller's own bucket of that name, where making it again is no error: in us-east-1."""
    owner = resources.bucket_owner(name)
    if owner is None:
        return None
    if owner != call.account:
        raise AwsError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again.",
            409,
            BucketName=name,
        )
    bucket = resources.bucket(name)
    if call.region != _HOME or bucket is None or bucket.region_name != _HOME:
        raise AwsError(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            409,
            BucketName=name,
        )
    return bucket


@guard("s3", "DeleteBucket")
def no_version_is_left(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: `BucketNotEmpty`, 409; moto's own words are those for buckets without versions.
    """
    bucket = bucket_of(call)
    if buckets.holds_versions(bucket):
        raise AwsError(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
            409,
            BucketName=bucket.name,
        )


@operation("s3", "ListBuckets")
def list_buckets(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html"""
    params = call.params
    most = int(params.get("MaxBuckets") or 0) if "MaxBuckets" in params else _MOST
    if not 1 <= most <= _MOST:
        raise AwsError(
            "InvalidArgument",
            f"Argument max-buckets must be an integer between 1 and {_MOST}",
            ArgumentName="max-buckets",
            ArgumentValue=params["MaxBuckets"],
        )
    prefix, region, after = (
        str(params.get(name) or "") for name in ("Prefix", "BucketRegion", "ContinuationToken")
    )
    found = [
        bucket
        for bucket in buckets.of_account(call.account, resources.partition_of(call.region))
        if bucket.name.startswith(prefix) and region in ("", bucket.region_name)
    ]
    start = next((place for place, bucket in enumerate(found) if bucket.name > _name_in(after)), len(found))
    end = start + most
    asked = bool(prefix or region or after or "MaxBuckets" in params)
    answer: dict[str, Any] = {
        "Buckets": [_listed(bucket, with_region=asked) for bucket in found[start:end]],
        "Owner": {"ID": buckets.canonical_id(call.account)},
    }
    if prefix:
        answer["Prefix"] = prefix
    if end < len(found):
        answer["ContinuationToken"] = base64.b64encode(found[end - 1].name.encode()).decode()
    return answer


def _name_in(token: str) -> str:
    """A page begins behind the last bucket of the one before."""
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        raise AwsError(
            "InvalidArgument",
            "The continuation token provided is incorrect",
            ArgumentName="continuation-token",
        ) from None


def _listed(bucket: Any, *, with_region: bool) -> dict[str, Any]:
    shown = {"Name": bucket.name, "CreationDate": bucket.creation_date}
    return shown | ({"BucketRegion": bucket.region_name} if with_region else {})
