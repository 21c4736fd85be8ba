"""Objects of S3 that are encrypted with KMS keys: the key has to be there and switched on, and S3 keeps its ARN.

Whether the caller may use the key is decided in the gate (`catalogue.s3_encryption`).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud import managed_keys
from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import KEY_ID, named_key
from iamlab.cloud.catalogue.s3_encryption import key_uses, new_encryption
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import encryption, keys
from iamlab.cloud.services import guard, operation, proof
from iamlab.cloud.services.s3_errors import bucket_of, malformed_xml
from iamlab.cloud.state import LabState

_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_STARTS = ("CopyObject", "CreateMultipartUpload", "PutObject")
_GOES_ON = (
    "CompleteMultipartUpload",
    "GetObject",
    "ListParts",
    "SelectObjectContent",
    "UploadPart",
    "UploadPartCopy",
)


@proof("s3", *_STARTS)
def managed_key_is_there(call: Call, state: LabState) -> None:
    """S3's own key of an account is made when S3 first needs it."""
    sealed = new_encryption(call)
    if sealed is None or managed_keys.service_of(str(sealed.key)) is None:
        return
    _, _, _, region, account, _ = str(sealed.key).split(":", 5)
    with state.lock:
        managed_keys.make("s3", account, region)


@guard("s3", *_STARTS, *_GOES_ON)
def key_can_be_used(call: Call, state: LabState) -> None:
    """S3 passes on what KMS says of a key."""
    for _, sealed, _, _, region in key_uses(call):
        arn, key = named_key(call, str(sealed.key))
        name = arn.split(":", 5)[-1]
        if arn.split(":")[3] != region:
            raise _kms("NotFoundException", f"Invalid arn {arn.split(':')[3]}")
        if key is None and name.startswith("alias/"):
            raise _kms("NotFoundException", f"Alias {arn} is not found.")
        if key is None and not KEY_ID.fullmatch(name.removeprefix("key/")):
            raise _kms("NotFoundException", f"Invalid keyId '{name.removeprefix('key/')}'")
        if key is None:
            raise _kms("NotFoundException", f"Key '{arn}' does not exist")
        if keys.is_disabled(key):
            raise _kms("DisabledException", f"{arn} is disabled.")
        if keys.is_pending_deletion(key):
            raise _kms("KMSInvalidStateException", f"{arn} is pending deletion.")


@guard("s3", *_STARTS)
def key_is_kept_by_its_arn(call: Call, state: LabState) -> None:
    """An object keeps the key that it was encrypted with, whatever becomes of an alias or of the bucket's default."""
    sealed = new_encryption(call)
    if sealed is not None:
        encryption.encrypt_with(call.request, sealed)


def _kms(code: str, message: str) -> AwsError:
    return AwsError(f"KMS.{code}", message)


# ---------------------------------------------------------------- a bucket's default
@operation("s3", "GetBucketEncryption")
def get_bucket_encryption(call: Call, state: LabState) -> dict[str, Any]:
    """Every bucket has a default: S3's own keys, unless it has another.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
    """
    default, bucket_key = encryption.rule_of(bucket_of(call))
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@guard("s3", "PutBucketEncryption")
def default_encryption_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the rule names no algorithm of S3's, or a key for one that has none.
    """
    rules = (call.params.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
    default = (rules[0] if len(rules) == 1 else {}).get("ApplyServerSideEncryptionByDefault") or {}
    algorithm, key = default.get("SSEAlgorithm"), default.get("KMSMasterKeyID")
    if algorithm not in _ALGORITHMS:
        raise malformed_xml()
    if key and algorithm == "AES256":
        raise AwsError(
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ArgumentName="ApplyServerSideEncryptionByDefault",
        )
