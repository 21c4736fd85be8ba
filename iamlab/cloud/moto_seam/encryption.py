"""With which KMS key S3 encrypts, as moto keeps it: of objects, of unfinished uploads and as a bucket's default.

moto stores the name of the key as the request gave it, and forgets the bucket's default in multipart uploads; S3 stores
the key's ARN. `encrypt_with` writes it into a request before moto reads it.
Pinned to moto by `tests/cloud/services/test_s3_encryption.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

_HEADER = "HTTP_X_AMZ_SERVER_SIDE_ENCRYPTION"


@dataclass(frozen=True, slots=True)
class Encryption:
    """How something is encrypted with a KMS key."""

    algorithm: str
    """`aws:kms` or `aws:kms:dsse`."""
    key: str | None
    """The key's name; None for the AWS managed key."""
    bucket_key: bool
    """The bucket as a whole, and not each object, has a data key."""


def of_object(entity: Any) -> Encryption | None:
    """An object's encryption, if it is with a KMS key."""
    return _encryption(entity.encryption, entity.kms_key_id, entity.bucket_key_enabled)


def of_upload(bucket: Any, upload_id: str) -> Encryption | None:
    """The encryption of the object that an unfinished upload will become."""
    upload = bucket.multiparts.get(upload_id)
    if upload is None:
        return None
    default = of_bucket(bucket)
    return _encryption(upload.sse_encryption, upload.kms_key_id, default is not None and default.bucket_key)


def of_bucket(bucket: Any) -> Encryption | None:
    """A bucket's default encryption, if it is with a KMS key."""
    default, bucket_key = rule_of(bucket)
    return _encryption(default.get("SSEAlgorithm"), default.get("KMSMasterKeyID"), bucket_key)


def rule_of(bucket: Any) -> tuple[dict[str, str], bool]:
    """A bucket's default encryption as the API has it, and whether the bucket has a data key."""
    rule = (bucket.encryption or {}).get("Rule") or {}
    rule = rule[0] if isinstance(rule, list) else rule
    default = rule.get("ApplyServerSideEncryptionByDefault") or {"SSEAlgorithm": "AES256"}
    return default, str(rule.get("BucketKeyEnabled", False)).lower() == "true"


def encrypt_with(request: Request, encryption: Encryption) -> None:
    """Let moto encrypt what a request brings with this key, whatever the request says itself."""
    request.environ[_HEADER] = encryption.algorithm
    request.environ[f"{_HEADER}_AWS_KMS_KEY_ID"] = encryption.key


def _encryption(algorithm: Any, key: Any, bucket_key: Any) -> Encryption | None:
    if not str(algorithm or "").startswith("aws:kms"):
        return None
    return Encryption(str(algorithm), str(key) if key else None, str(bucket_key).lower() == "true")
