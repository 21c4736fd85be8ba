"""What S3 refuses in the documents that are put into buckets (tags, ownership controls, versioning, ACLs), and to read.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketOwnershipControls.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import objects
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.s3_errors import bucket_of, malformed_xml
from iamlab.cloud.state import LabState

_OWNERSHIPS = ("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
_VERSIONING = ("Enabled", "Suspended")

_TAG_TEXT = re.compile(r"[\w\s.:/=+\-@]*")
_KEY_LENGTH, _VALUE_LENGTH, _MOST_TAGS = 128, 256, 50
_SYSTEM = "aws:"
_SYSTEM_WORDS: Mapping[str, str] = {
    "PutBucketTagging": "System tags cannot be added/updated by requester",
    "PutObjectTagging": "Your TagKey cannot be prefixed with aws:",
}

_CANNED = frozenset(
    {
        "authenticated-read",
        "aws-exec-read",
        "bucket-owner-full-control",
        "bucket-owner-read",
        "log-delivery-write",
        "private",
        "public-read",
        "public-read-write",
    }
)
# parameter -> its header
_GRANTS: Mapping[str, str] = {
    "GrantFullControl": "x-amz-grant-full-control",
    "GrantRead": "x-amz-grant-read",
    "GrantReadACP": "x-amz-grant-read-acp",
    "GrantWrite": "x-amz-grant-write",
    "GrantWriteACP": "x-amz-grant-write-acp",
}
_GRANTEE = re.compile(r"""(?P<kind>id|uri|emailAddress)=(?P<quote>["']?)(?P<who>.+)(?P=quote)""")
_CANONICAL = re.compile(r"[0-9a-f]{64}")
_KINDS = ("AmazonCustomerByEmail", "CanonicalUser", "Group")
_PERMISSIONS = ("FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP")
_GROUPS = frozenset(
    f"http://acs.amazonaws.com/groups/{name}"
    for name in ("global/AllUsers", "global/AuthenticatedUsers", "s3/LogDelivery")
)


@guard("s3", "CreateBucket")
def new_bucket_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: a header says what S3 doesn't know.
    """
    canned, ownership = call.params.get("ACL"), call.params.get("ObjectOwnership")
    if canned and canned not in _CANNED:
        raise _argument("", "x-amz-acl", canned)
    if ownership and ownership not in _OWNERSHIPS:
        header = "x-amz-object-ownership"
        raise _argument(f"Invalid {header} header: {ownership}", header, ownership)


@guard("s3", "PutBucketOwnershipControls")
def ownership_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: `MalformedXML`.
    """
    rules = (call.params.get("OwnershipControls") or {}).get("Rules") or []
    if [rule.get("ObjectOwnership") in _OWNERSHIPS for rule in rules] != [True]:
        raise malformed_xml()


@guard("s3", "PutBucketVersioning")
def versioning_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the status isn't one, or there is none.
    """
    status = (call.params.get("VersioningConfiguration") or {}).get("Status")
    if not status:
        raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    if status not in _VERSIONING:
        raise malformed_xml()
    if bucket_of(call).object_lock_enabled and status == "Suspended":
        raise AwsError(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
            409,
        )


@guard("s3", "GetObject")
def version_can_be_read(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the version that is asked for is a delete marker.
    """
    params = call.params
    version = str(params.get("VersionId") or "")
    if version and objects.is_marker(str(params.get("Bucket", "")), str(params.get("Key", "")), version):
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            Method=call.request.method,
            ResourceType="DeleteMarker",
        )


@operation("s3", "GetBucketRequestPayment")
def get_bucket_request_payment(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html"""
    return {"Payer": "BucketOwner"}


@guard("s3", "PutBucketTagging", "PutObjectTagging")
def tags_are_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: `InvalidTag`, or too many of them.
    """
    tags = [
        (str(tag.get("Key") or ""), str(tag.get("Value") or ""))
        for tag in (call.params.get("Tagging") or {}).get("TagSet") or ()
    ]
    if call.operation == "PutBucketTagging" and len(tags) > _MOST_TAGS:
        raise AwsError("BadRequest", f"Bucket tag count cannot be greater than {_MOST_TAGS}")
    seen: set[str] = set()
    for key, value in tags:
        if key in seen:
            raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=key)
        if key.startswith(_SYSTEM):
            raise AwsError("InvalidTag", _SYSTEM_WORDS[call.operation], TagKey=key)
        if not 1 <= len(key) <= _KEY_LENGTH or not _TAG_TEXT.fullmatch(key):
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > _VALUE_LENGTH or not _TAG_TEXT.fullmatch(value):
            raise AwsError(
                "InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value
            )
        seen.add(key)


@guard("s3", "PutBucketAcl", "PutObjectAcl")
def acl_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the request has no ACL, or one that S3 can't read.
    """
    params = call.params
    canned, grants = params.get("ACL"), {name: params[name] for name in _GRANTS if params.get(name)}
    if not canned and not grants and not params.get("AccessControlPolicy"):
        raise AwsError(
            "MissingSecurityHeader",
            "Your request was missing a required header",
            MissingHeaderName="x-amz-acl",
        )
    if canned and canned not in _CANNED:
        raise _argument("", "x-amz-acl", canned)
    if params.get("AccessControlPolicy"):
        if canned or grants:
            raise AwsError("UnexpectedContent", "This request does not support content")
        _check_list(params["AccessControlPolicy"])
    for name, value in grants.items():
        for grantee in str(value).split(","):
            _check_grantee(_GRANTS[name], grantee.strip())


def _check_list(acl: Mapping[str, Any]) -> None:
    """An ACL that came as a document."""
    unreadable = malformed_xml("MalformedACLError")
    if "Owner" not in acl or "Grants" not in acl:
        raise unreadable
    _check_id("CanonicalUser/ID", str(acl["Owner"].get("ID") or ""))
    for grant in acl["Grants"]:
        grantee = grant.get("Grantee") or {}
        kind = grantee.get("Type")
        if grant.get("Permission") not in _PERMISSIONS or kind not in _KINDS:
            raise unreadable
        if kind == "Group" and grantee.get("URI") not in _GROUPS:
            raise _argument("Invalid group uri", "Group/URI", grantee.get("URI") or "")
        if kind == "CanonicalUser":
            _check_id("CanonicalUser/ID", str(grantee.get("ID") or ""))


def _check_id(name: str, who: str) -> None:
    if not _CANONICAL.fullmatch(who):
        raise _argument("Invalid id", name, who)


def _check_grantee(header: str, grantee: str) -> None:
    found = _GRANTEE.fullmatch(grantee)
    if found is None:
        raise _argument("Argument format not recognized", header, grantee)
    kind, who = found["kind"], found["who"]
    if kind == "uri" and who not in _GROUPS:
        raise _argument("Invalid group uri", "uri", who)
    if kind == "id":
        _check_id("id", who)


def _argument(message: str, name: str, value: Any) -> AwsError:
    return AwsError("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)
