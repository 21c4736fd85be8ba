"""What moto's S3 leaves out of its replies, or says otherwise than S3.

Every account of moto has the same canonical user id, and shows a name that S3 shows no more; objects aren't encrypted
unless somebody asks; some errors don't say what they are about, and those of HEAD have a body.

In: a reply and what was asked. Out: the reply as S3 gives it. Pinned to moto by
`tests/cloud/services/test_s3_replies.py`.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from iamlab.cloud.moto_seam import buckets
from iamlab.cloud.moto_seam.query_errors import Reply

_OWN_ID = "x-amz-request-id"
_MOTOS_ID = "x-amzn-requestid"
_HOST_ID = "x-amz-id-2"
_OWNER_IN = re.compile(rf"{buckets.MOTOS_OWNER}|bcaf1ffd86f41161ca5fb16fd081034f")
_DISPLAY_NAME = re.compile("<DisplayName>webfile</DisplayName>")
_ALGORITHM = re.compile("(<ChecksumAlgorithm>[A-Z0-9]+</ChecksumAlgorithm>)")
_CHECKSUM = re.compile(r"(<Checksum(?:CRC|SHA)\w+>[^<]*</Checksum(?:CRC|SHA)\w+>)(?=</CopyObjectResult>)")
_ITEMS = re.compile(r"<(Contents|CommonPrefixes)>.*?</\1>", re.DOTALL)
_WHOLE = "FULL_OBJECT"

# Operations that tell whom things belong to.
_OWNERS = frozenset(
    {
        "GetBucketAcl",
        "GetObjectAcl",
        "ListBuckets",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
        "ListParts",
    }
)
_OBJECTS = frozenset(
    {
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateMultipartUpload",
        "GetObject",
        "HeadObject",
        "PutObject",
        "UploadPart",
    }
)
_SEALED, _BY_CUSTOMER = "x-amz-server-side-encryption", "SSECustomerAlgorithm"
_STATUS: Mapping[str, int] = {"PutBucketPolicy": 204}
_HEADERS: Mapping[str, Mapping[str, str]] = {"HeadBucket": {"x-amz-access-point-alias": "false"}}
# error -> the parameters of the request that it tells
_TOLD: Mapping[str, Mapping[str, str]] = {
    "NoSuchPublicAccessBlockConfiguration": {"BucketName": "Bucket"},
    "NoSuchVersion": {"Key": "Key", "VersionId": "VersionId"},
    "ObjectLockConfigurationNotFoundError": {"BucketName": "Bucket"},
}


def completed(reply: Reply, operation: str, method: str, params: Mapping[str, Any], account: str) -> Reply:
    """A reply of S3's.

    Args:
        operation: its name in the API.
        method: of the HTTP request.
        params: the request's parameters.
        account: the owner of the bucket, or whoever lists its own.
    """
    status, headers, body = reply
    headers = _identified(headers)
    if status >= 400:
        return status, headers, "" if method == "HEAD" else _explained(body, params)
    status = _STATUS.get(operation, status)
    headers = {**headers, **_HEADERS.get(operation, {})}
    if operation in _OBJECTS:
        headers = _with_object_headers(headers, params)
    if operation == "ListObjects":
        body = _with_places(_text(body), params)
    if operation in _OWNERS:
        text = _OWNER_IN.sub(buckets.canonical_id(account), _text(body))
        body = _ALGORITHM.sub(rf"\1<ChecksumType>{_WHOLE}</ChecksumType>", _DISPLAY_NAME.sub("", text))
    if operation == "CopyObject":
        body = _CHECKSUM.sub(rf"\1<ChecksumType>{_WHOLE}</ChecksumType>", _text(body))
        headers["content-length"] = str(len(body))
    return status, headers, "" if status == 204 else body


def completed_by_control(reply: Reply, params: Mapping[str, Any]) -> Reply:
    """A reply of S3 Control's, whose errors are like S3's."""
    status, headers, body = reply
    if status < 400:
        return status, _identified(headers), body
    text = _text(body).replace("<Type>Sender</Type>", "", 1)
    account = params.get("AccountId")
    if "<Code>NoSuchPublicAccessBlockConfiguration</Code>" in text and account:
        text = text.replace("</Message>", f"</Message><AccountId>{escape(str(account))}</AccountId>", 1)
    return status, _identified(headers), text


def _identified(headers: Mapping[str, Any]) -> dict[str, Any]:
    """S3 names a request otherwise than other services, and the host that answered as well."""
    named = {_OWN_ID if name.lower() == _MOTOS_ID else name: value for name, value in headers.items()}
    return {**named, _HOST_ID: buckets.HOST_ID}


def _with_places(text: str, params: Mapping[str, Any]) -> str:
    """A listing says where it begins, be it nowhere."""
    rest = _ITEMS.sub("", text)
    missing = "".join(
        f"<{name}>{escape(str(params.get(name) or ''))}</{name}>"
        for name in ("Prefix", "Marker")
        if f"<{name}" not in rest
    )
    return text.replace("<IsTruncated>", f"{missing}<IsTruncated>", 1)


def _with_object_headers(headers: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    told = {name.lower() for name in headers}
    more = {}
    if _SEALED not in told and not params.get(_BY_CUSTOMER):
        more[_SEALED] = "AES256"
    if any(name.startswith(("x-amz-checksum-crc", "x-amz-checksum-sha")) for name in told):
        more["x-amz-checksum-type"] = _WHOLE
    return {**headers, **more}


def _explained(body: str | bytes, params: Mapping[str, Any]) -> str:
    text = _text(body)
    code = text.partition("<Code>")[2].partition("</Code>")[0]
    told = "".join(
        f"<{member}>{escape(str(params[name]))}</{member}>"
        for member, name in _TOLD.get(code, {}).items()
        if f"<{member}>" not in text and name in params
    )
    return text.replace("</Message>", f"</Message>{told}", 1)


def _text(body: str | bytes) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body
