"""Checking signatures, codes that authenticate messages, and public keys.

https://docs.aws.amazon.com/kms/latest/developerguide/symmetric-asymmetric.html
"""

from __future__ import annotations

import hmac
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.kms_keys import allowed_key
from iamlab.cloud.state import LabState


@operation("kms", "Verify")
def verify(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html"""
    params, key = call.params, allowed_key(call)
    algorithm = str(params["SigningAlgorithm"])
    if not keys.verifies(key, params["Message"], params["Signature"], algorithm):
        raise AwsError("KMSInvalidSignatureException", "")
    return {"KeyId": str(key.arn), "SignatureValid": True, "SigningAlgorithm": algorithm}


@operation("kms", "GenerateMac")
def generate_mac(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html"""
    key = allowed_key(call)
    return {"Mac": _mac(call, key), "MacAlgorithm": str(call.params["MacAlgorithm"]), "KeyId": str(key.arn)}


@operation("kms", "VerifyMac")
def verify_mac(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_VerifyMac.html"""
    key = allowed_key(call)
    if not hmac.compare_digest(_mac(call, key), call.params["Mac"]):
        raise AwsError("KMSInvalidMacException", "")
    return {"KeyId": str(key.arn), "MacValid": True, "MacAlgorithm": str(call.params["MacAlgorithm"])}


def _mac(call: Call, key: Any) -> bytes:
    digest = str(call.params["MacAlgorithm"]).removeprefix("HMAC_").replace("_", "").lower()
    return hmac.new(keys.material(key), call.params["Message"], digest).digest()


@operation("kms", "GetPublicKey")
def get_public_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html"""
    key = allowed_key(call)
    spec = str(key.key_spec)
    if spec == "SYMMETRIC_DEFAULT" or spec.startswith("HMAC"):
        raise AwsError("UnsupportedOperationException", "")
    member, can = keys.algorithms(key)
    return {
        "KeyId": str(key.arn),
        "PublicKey": keys.public_key(key),
        "CustomerMasterKeySpec": spec,
        "KeySpec": spec,
        "KeyUsage": str(key.key_usage),
        member: can,
    }


@guard("kms", "ReplicateKey")
def key_is_of_many_regions(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html, "UnsupportedOperationException\""""
    if not allowed_key(call).multi_region:
        raise AwsError("UnsupportedOperationException", "")


@guard("kms", "GenerateRandom")
def length_is_told(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateRandom.html: there is no usual one."""
    if call.params.get("NumberOfBytes") is None:
        raise AwsError("ValidationException", "NumberOfBytes must be specified.")
