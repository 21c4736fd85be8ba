"""What keys are for: encrypting, decrypting, data keys, signatures and codes, each with the keys made for it.

moto looks for a key in one account alone, and tells less than KMS does.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-cryptography.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import ciphertext_key, named_key
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import guard, operation
from iamlab.cloud.state import LabState

# operation -> the usage of a key that it takes, and the parameter that names the algorithm
_USES = {
    **dict.fromkeys(("Decrypt", "Encrypt"), ("ENCRYPT_DECRYPT", "EncryptionAlgorithm")),
    **dict.fromkeys(
        (
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
        ),
        ("ENCRYPT_DECRYPT", ""),
    ),
    **dict.fromkeys(("Sign", "Verify"), ("SIGN_VERIFY", "SigningAlgorithm")),
    **dict.fromkeys(("GenerateMac", "VerifyMac"), ("GENERATE_VERIFY_MAC", "MacAlgorithm")),
    "DeriveSharedSecret": ("KEY_AGREEMENT", "KeyAgreementAlgorithm"),
}
_SYMMETRIC = "SYMMETRIC_DEFAULT"
_BYTES = {"AES_128": 16, "AES_256": 32}


@guard("kms", *_USES, "ReEncrypt")
def key_is_for_this(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html, "InvalidKeyUsageException\""""
    if call.operation == "ReEncrypt":
        for side in ("Source", "Destination"):
            key, algorithm = _key(call, f"{side}KeyId"), call.params.get(f"{side}EncryptionAlgorithm")
            _check(key, "ENCRYPT_DECRYPT", f"ReEncrypt{'From' if side == 'Source' else 'To'}", algorithm)
        return
    usage, parameter = _USES[call.operation]
    asked = call.params.get(parameter) if parameter else _SYMMETRIC
    _check(_key(call, "KeyId"), usage, call.operation, asked)


def _check(key: Any, usage: str, operation: str, algorithm: Any) -> None:
    has = str(key.key_usage or "ENCRYPT_DECRYPT")
    if has != usage:
        raise AwsError(
            "InvalidKeyUsageException", f"{key.arn} key usage is {has} which is not valid for {operation}."
        )
    asked = str(algorithm or _SYMMETRIC)
    if asked not in keys.algorithms(key)[1]:
        raise AwsError(
            "InvalidKeyUsageException", f"Algorithm {asked} and key spec {key.key_spec} are incompatible."
        )


def _key(call: Call, parameter: str) -> Any:
    """The key that a call names, or that its ciphertext names."""
    named = call.params.get(parameter) or ciphertext_key(call)
    _, key = named_key(call, str(named))
    assert key is not None, "nobody is let in to a key that isn't there"
    return key


# ---------------------------------------------------------------- ciphertexts
@operation("kms", "Encrypt")
def encrypt(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html"""
    params, key = call.params, _key(call, "KeyId")
    return {
        "CiphertextBlob": keys.seal(key, params["Plaintext"], params.get("EncryptionContext") or {}),
        "KeyId": str(key.arn),
        "EncryptionAlgorithm": str(params.get("EncryptionAlgorithm") or _SYMMETRIC),
    }


@operation("kms", "Decrypt")
def decrypt(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"""
    key = _key(call, "KeyId")
    answer = {
        "KeyId": str(key.arn),
        "Plaintext": _opened(call, key, call.params.get("EncryptionContext")),
        "EncryptionAlgorithm": str(call.params.get("EncryptionAlgorithm") or _SYMMETRIC),
    }
    return answer | _material("KeyMaterialId", key)


@operation("kms", "ReEncrypt")
def re_encrypt(call: Call, state: LabState) -> dict[str, Any]:
    """The two keys may belong to two accounts.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html
    """
    params, old, new = call.params, _key(call, "SourceKeyId"), _key(call, "DestinationKeyId")
    plaintext = _opened(call, old, params.get("SourceEncryptionContext"))
    answer = {
        "CiphertextBlob": keys.seal(new, plaintext, params.get("DestinationEncryptionContext") or {}),
        "SourceKeyId": str(old.arn),
        "KeyId": str(new.arn),
        "SourceEncryptionAlgorithm": str(params.get("SourceEncryptionAlgorithm") or _SYMMETRIC),
        "DestinationEncryptionAlgorithm": str(params.get("DestinationEncryptionAlgorithm") or _SYMMETRIC),
    }
    return answer | _material("SourceKeyMaterialId", old) | _material("DestinationKeyMaterialId", new)


@operation("kms", "GenerateDataKey")
@operation("kms", "GenerateDataKeyWithoutPlaintext")
def generate_data_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html, and …WithoutPlaintext.html"""
    params, key = call.params, _key(call, "KeyId")
    if (params.get("KeySpec") is None) == (params.get("NumberOfBytes") is None):
        raise AwsError("ValidationException", "Please specify either number of bytes or key spec.")
    size = _BYTES.get(str(params.get("KeySpec"))) or int(params["NumberOfBytes"])
    plaintext = state.random.randbytes(size)
    answer = {
        "CiphertextBlob": keys.seal(key, plaintext, params.get("EncryptionContext") or {}),
        "KeyId": str(key.arn),
    }
    if call.operation == "GenerateDataKey":
        answer["Plaintext"] = plaintext
    return answer | _material("KeyMaterialId", key)


def _opened(call: Call, key: Any, context: Any) -> bytes:
    """What the call's ciphertext holds."""
    arn = ciphertext_key(call)
    _, sealed_by = named_key(call, arn) if arn is not None else ("", None)
    if sealed_by is None:
        raise AwsError("InvalidCiphertextException", "")
    if sealed_by.id != key.id:  # copies of a multi-Region key share one id
        raise AwsError(
            "IncorrectKeyException",
            "The key ID in the request does not identify a CMK that can perform this operation.",
        )
    plaintext = keys.unseal(key, call.params["CiphertextBlob"], context or {})
    if plaintext is None:
        raise AwsError("InvalidCiphertextException", "")
    return plaintext


def _material(member: str, key: Any) -> dict[str, Any]:
    found = keys.material_id(key)
    return {} if found is None else {member: found}
