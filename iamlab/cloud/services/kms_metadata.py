"""KMS keys made, described and listed, with their tags.

https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys, resources
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.kms_keys import allowed_key
from iamlab.cloud.services.kms_paging import page
from iamlab.cloud.state import LabState

_KEYS, _TAGS = 100, 50
_ENCRYPT, _SIGN = "ENCRYPT_DECRYPT", "SIGN_VERIFY"
# start of a key spec -> usages that a key of it may have; the longest start counts
# https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
_USAGES = {
    "SYMMETRIC_DEFAULT": (_ENCRYPT,),
    "HMAC_": ("GENERATE_VERIFY_MAC",),
    "RSA_": (_ENCRYPT, _SIGN),
    "ECC_NIST_P": (_SIGN, "KEY_AGREEMENT"),
    "ECC_": (_SIGN,),
    "ML_DSA_": (_SIGN,),
    "ML_KEM_": ("KEY_ENCAPSULATION",),
    "SM2": (_ENCRYPT, _SIGN, "KEY_AGREEMENT"),
}


@guard("kms", "CreateKey")
def usage_fits_the_spec(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: keys of this spec aren't for this usage, or the call doesn't say what the key is for.
    """
    params = call.params
    spec = str(params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT")
    usage = params.get("KeyUsage")
    if usage is None and spec != "SYMMETRIC_DEFAULT":
        raise AwsError("ValidationException", "You must specify a KeyUsage value for an asymmetric CMK.")
    start = max((start for start in _USAGES if spec.startswith(start)), key=len)
    if usage is not None and usage not in _USAGES[start]:
        raise AwsError("ValidationException", f"KeyUsage {usage} is not compatible with KeySpec {spec}")


@guard("kms", "CreateKey")
def key_lives_in_kms(call: Call, state: LabState) -> None:
    """There are no key stores in the lab."""
    if call.params.get("CustomKeyStoreId"):
        raise AwsError("CustomKeyStoreNotFoundException", "Custom key store not found.")
    if call.params.get("Origin") in ("AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"):
        raise AwsError("ValidationException", "A key of this origin needs a CustomKeyStoreId.")


@guard("kms", "CreateKey", "TagResource")
def tags_are_the_customers(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html, "TagException\""""
    names = [str(tag["TagKey"]) for tag in call.params.get("Tags") or ()]
    if any(name.lower().startswith("aws:") for name in names):
        raise AwsError("TagException", "aws: prefixed tag key names are not allowed for external use.", 400)
    if len(set(names)) < len(names):
        raise AwsError("TagException", "Duplicate tag keys")


@operation("kms", "CreateKey")
def create_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html"""
    with state.lock:
        key = keys.make(call.account, call.region, call.params)
    return {"KeyMetadata": keys.metadata(key)}


@operation("kms", "DescribeKey")
def describe_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
    return {"KeyMetadata": keys.metadata(allowed_key(call))}


@operation("kms", "ListKeys")
def list_keys(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html"""
    here = [key for key in keys.every_key() if (key.account_id, key.region) == (call.account, call.region)]
    listed = [{"KeyId": key.id, "KeyArn": str(key.arn)} for key in sorted(here, key=lambda key: str(key.id))]
    return page(call, "Keys", "KeyId", listed, _KEYS)


@operation("kms", "ListResourceTags")
def list_resource_tags(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ListResourceTags.html"""
    tags = resources.resource_tags(str(allowed_key(call).arn))
    listed = [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]
    return page(call, "Tags", "TagKey", listed, _TAGS)
