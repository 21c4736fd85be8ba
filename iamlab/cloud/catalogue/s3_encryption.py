"""What S3's calls need of the KMS keys with which objects are encrypted.

S3 asks KMS for a data key when it writes, and to decrypt one when it reads, on behalf of whoever calls; the parts of a
multipart upload are read before they become an object.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check
from iamlab.cloud.catalogue.forwarded import key_arn, use_of_key
from iamlab.cloud.catalogue.s3 import split_copy_source
from iamlab.cloud.moto_seam import encryption, resources
from iamlab.cloud.moto_seam.encryption import Encryption

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

_STARTS_OBJECT = frozenset({"CopyObject", "CreateMultipartUpload", "PutObject"})
_ON_UPLOAD = frozenset({"CompleteMultipartUpload", "ListParts", "UploadPart", "UploadPartCopy"})
_COPIES = frozenset({"CopyObject", "UploadPartCopy"})
_READS = frozenset({"GetObject", "SelectObjectContent"})
_CONCERNED = _STARTS_OBJECT | _ON_UPLOAD | _READS | {"HeadObject"}

Use = tuple[str, Encryption, str, str, str]
"""What is asked of KMS, how the object is encrypted (with the key's ARN), its bucket, its key, the bucket's Region."""


def key_checks(call: Call) -> tuple[Check, ...]:
    """The permissions on KMS keys that a call of S3 needs."""
    found: list[Check] = []
    for action, sealed, bucket, key, region in key_uses(call):
        context = _context(call, sealed, bucket, key)
        found += use_of_key(call, action, "s3", str(sealed.key), context, region)
    return tuple(found)


def key_uses(call: Call) -> Iterator[Use]:
    """What a call of S3 makes S3 ask of KMS."""
    if call.operation not in _CONCERNED:
        return
    params = call.params
    if call.operation in _COPIES and "CopySource" in params:
        bucket, key, version = split_copy_source(params["CopySource"])
        yield from _reading(call, bucket, key, version)
    bucket, key = str(params.get("Bucket", "")), str(params.get("Key", ""))
    if call.operation in _STARTS_OBJECT:
        sealed = new_encryption(call)
        if sealed is not None:
            yield "GenerateDataKey", sealed, bucket, key, _region(bucket, call)
    elif call.operation in _ON_UPLOAD:
        found = resources.bucket(bucket)
        upload = encryption.of_upload(found, str(params.get("UploadId"))) if found is not None else None
        if found is not None and upload is not None:
            sealed = _resolved(call, upload, bucket, found.account_id)
            yield "Decrypt", sealed, bucket, key, _region(bucket, call)
    elif call.operation in _READS or params.get("ChecksumMode") == "ENABLED":
        yield from _reading(call, bucket, key, params.get("VersionId"), head=call.operation == "HeadObject")


def new_encryption(call: Call) -> Encryption | None:
    """How the object that a call makes is to be encrypted, if with a KMS key: as it says, else as its bucket says.

    A key that is named without its ARN is one of the caller's account, in the bucket's default as well.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
    """
    params, bucket = call.params, str(call.params.get("Bucket", ""))
    found = resources.bucket(bucket)
    if found is None or params.get("SSECustomerAlgorithm"):
        return None
    default = encryption.of_bucket(found)
    asked = str(params.get("ServerSideEncryption") or "")
    if not asked:
        if default is None:
            return None
        return _resolved(call, default, bucket, call.account if default.key else found.account_id)
    if not asked.startswith("aws:kms"):
        return None
    bucket_key = params.get("BucketKeyEnabled")
    if bucket_key is None:
        bucket_key = default is not None and default.bucket_key
    sealed = Encryption(asked, params.get("SSEKMSKeyId"), bool(bucket_key))
    return _resolved(call, sealed, bucket, call.account)


def _reading(call: Call, bucket: str, key: str, version: str | None, *, head: bool = False) -> Iterator[Use]:
    entity = resources.s3_object(bucket, key, version)
    if entity is None or (head and not entity.checksum_value):
        return
    sealed = encryption.of_object(entity)
    if sealed is None:
        return
    found = resources.bucket(bucket)
    owner = found.account_id if found is not None else call.account
    yield "Decrypt", _resolved(call, sealed, bucket, owner), bucket, key, _region(bucket, call)


def _resolved(call: Call, sealed: Encryption, bucket: str, account: str) -> Encryption:
    """The same with the key's ARN."""
    return replace(sealed, key=key_arn("s3", account, _region(bucket, call), sealed.key, call))


def _region(bucket: str, call: Call) -> str:
    found = resources.bucket(bucket)
    return str(found.region_name) if found is not None else call.region


def _context(call: Call, sealed: Encryption, bucket: str, key: str) -> dict[str, str]:
    """The encryption context: the object's ARN, or the bucket's where that has a data key, and the caller's pairs."""
    arn = f"arn:{resources.partition_of(call.region)}:s3:::{bucket}"
    own = {"aws:s3:arn": arn if sealed.bucket_key else f"{arn}/{key}"}
    return {**_pairs(call.params.get("SSEKMSEncryptionContext")), **own}


def _pairs(text: Any) -> dict[str, str]:
    """The encryption context of a request: JSON in Base64."""
    try:
        pairs = json.loads(base64.b64decode(str(text or ""), validate=True) or b"{}")
    except (ValueError, binascii.Error):
        return {}
    return {str(name): str(value) for name, value in pairs.items()} if isinstance(pairs, dict) else {}
