"""Objects of S3 that are encrypted with KMS keys: the key has to be there and switched on, and S3 keeps its ARN.

Whether the caller may use the key is decided in the gate (`catalogue.s3_encryption`).

https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
"""

from __future__ import annotations

from iamlab.cloud import managed_keys
from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import KEY_ID, named_key
from iamlab.cloud.catalogue.s3_encryption import key_uses, new_encryption
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import encryption, keys
from iamlab.cloud.services import guard, proof
from iamlab.cloud.state import LabState

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
