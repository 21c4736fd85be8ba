"""KMS keys as moto keeps them: their state, and the place where grants lie.

moto has a class of its own for grants, too poor for what AWS tells about them; `Key.grants` holds the lab's instead.
Pinned to moto by `tests/cloud/services/test_kms_grants.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from iamlab.cloud.moto_seam import resources


def grants(key: Any) -> dict[str, Any]:
    """The grants on a key by id: the dictionary itself, to be changed."""
    found: dict[str, Any] = key.grants
    return found


def spent_tokens(key: Any) -> set[str]:
    """The tokens of grants that were on a key: the set itself, to be changed."""
    if not hasattr(key, "spent_tokens"):
        key.spent_tokens = set()
    found: set[str] = key.spent_tokens
    return found


def new_id(multi_region: bool = False) -> str:
    """In the place of moto's `generate_key_id`, whose multi-Region ids are too long for its own ciphertexts.

    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """
    from moto.moto_api._internal import mock_random  # seeded with the lab

    number = mock_random.uuid4()
    return f"mrk-{number.hex}" if multi_region else str(number)


def every_key() -> Iterator[Any]:
    """The keys of all accounts and regions."""
    for found in resources.backends("kms"):
        yield from list(found.keys.values())


def is_disabled(key: Any) -> bool:
    """Whether a key was switched off."""
    return bool(key.key_state == "Disabled")


def is_pending_deletion(key: Any) -> bool:
    """Whether a key waits for its deletion."""
    return bool(key.key_state == "PendingDeletion")


def is_pending_import(key: Any) -> bool:
    """Whether a key waits for its material."""
    return bool(key.key_state == "PendingImport")


def make_managed(account: str, region: str, alias: str, policy: str, description: str) -> Any:
    """Make a key that belongs to an AWS service."""
    backend = _store(account, region)
    key = backend.create_key(policy, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", description, None)
    key.key_manager = "AWS"
    backend.create_alias(key.id, alias)
    return key


def make(account: str, region: str, params: Mapping[str, Any]) -> Any:
    """Make a key as CreateKey's parameters want it."""
    key = _store(account, region).create_key(
        params.get("Policy"),
        params.get("KeyUsage") or "ENCRYPT_DECRYPT",
        params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT",
        params.get("Description") or "",
        params.get("Tags"),
        bool(params.get("MultiRegion")),
        params.get("Origin") or "AWS_KMS",
    )
    if key.origin == "EXTERNAL":
        key.enabled, key.key_state = False, "PendingImport"
    return key


_ELLIPTIC = {
    "ECC_NIST_P256": "ECDSA_SHA_256",
    "ECC_NIST_P384": "ECDSA_SHA_384",
    "ECC_NIST_P521": "ECDSA_SHA_512",
    "ECC_SECG_P256K1": "ECDSA_SHA_256",
}
_RSA_SIGNING = [f"RSASSA_{kind}_SHA_{size}" for kind in ("PKCS1_V1_5", "PSS") for size in (256, 384, 512)]


def algorithms(key: Any) -> tuple[str, list[str]]:
    """What a key can do, as KMS calls it: the member of its description, and its algorithms.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
    """
    spec, usage = str(key.key_spec), str(key.key_usage or "ENCRYPT_DECRYPT")
    if usage == "GENERATE_VERIFY_MAC":
        return "MacAlgorithms", [spec.replace("HMAC_", "HMAC_SHA_")]
    if usage == "KEY_AGREEMENT":
        return "KeyAgreementAlgorithms", ["ECDH"]
    if usage == "SIGN_VERIFY":
        return "SigningAlgorithms", _RSA_SIGNING if spec.startswith("RSA") else [
            _ELLIPTIC.get(spec, "SM2DSA")
        ]
    encrypting = ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"] if spec.startswith("RSA") else [spec]
    return "EncryptionAlgorithms", encrypting


def material_id(key: Any) -> str | None:
    """The id of the key material; only keys that encrypt symmetrically, within KMS, show theirs."""
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        return None
    return hashlib.sha256(b"id of " + key.key_material).hexdigest()


def metadata(key: Any) -> dict[str, Any]:
    """A key as KMS shows it; moto tells of algorithms that the key hasn't, and not of all that it is."""
    shown: dict[str, Any] = key.to_dict()["KeyMetadata"]
    shown["KeyUsage"] = shown["KeyUsage"] or "ENCRYPT_DECRYPT"
    shown["MultiRegion"] = bool(shown["MultiRegion"])
    for date in ("CreationDate", "DeletionDate"):
        if date in shown:
            shown[date] = datetime.fromtimestamp(shown[date], UTC)
    for name in ("EncryptionAlgorithms", "SigningAlgorithms"):
        shown.pop(name, None)
    name, can = algorithms(key)
    shown[name] = can
    material = material_id(key)
    if material is not None:
        shown["CurrentKeyMaterialId"] = material
    return shown


# ---------------------------------------------------------------- aliases
_SERVICES = "acm dynamodb ebs elasticfilesystem es glue kinesisvideo lambda rds redshift s3 ssm xray"

PREDEFINED_ALIASES = tuple(f"alias/aws/{service}" for service in _SERVICES.split(" "))
"""Those that an account has before their keys are made."""


def _store(account: str, region: str) -> Any:
    from moto.kms.models import kms_backends  # at first use: few labs have such keys

    return kms_backends[account][region]


def aliases(account: str, region: str) -> dict[str, dict[str, Any]]:
    """The aliases of an account by name, with what ListAliases tells of each."""
    return {
        name: {
            "TargetKeyId": key.id,
            "CreationDate": getattr(alias, "created", _created(key)),
            "LastUpdatedDate": getattr(alias, "updated", _created(key)),
        }
        for key in list(_store(account, region).keys.values())
        for name, alias in key.aliases.items()
    }


def _created(key: Any) -> datetime:
    return datetime.fromtimestamp(key.creation_date, UTC)


def point_alias(account: str, region: str, name: str, key: Any, now: datetime) -> None:
    """Let an alias, new or not, lead to a key."""
    store = _store(account, region)
    there = store.alias_exists(name)
    alias = (store.update_alias if there else store.create_alias)(key.id, name)
    alias.updated = now
    if not there:
        alias.created = now


def drop_alias(account: str, region: str, name: str) -> None:
    """Delete an alias."""
    _store(account, region).delete_alias(name)


# ---------------------------------------------------------------- what keys do
def seal(key: Any, plaintext: bytes, context: Mapping[str, str]) -> bytes:
    """Encrypt; the ciphertext names its key."""
    from moto.kms.utils import encrypt

    return bytes(encrypt({key.id: key}, key.id, plaintext, dict(context)))


def unseal(key: Any, ciphertext: bytes, context: Mapping[str, str]) -> bytes | None:
    """Decrypt; None where this isn't what the key has sealed, in this context."""
    from moto.kms.exceptions import AccessDeniedException, InvalidCiphertextException
    from moto.kms.utils import decrypt

    try:
        plaintext, _ = decrypt({key.id: key}, ciphertext, dict(context))
    except (AccessDeniedException, InvalidCiphertextException):
        return None
    return bytes(plaintext)


def material(key: Any) -> bytes:
    """The bytes that a symmetric key works with."""
    return bytes(key.key_material)


def public_key(key: Any) -> bytes:
    """The public half of an asymmetric key, DER-encoded."""
    return bytes(key.private_key.public_key())


def verifies(key: Any, message: bytes, signature: bytes, algorithm: str) -> bool:
    """Whether a signature is a key's, of this message."""
    return bool(key.private_key.verify(message, signature, algorithm))


def is_managed(key: Any) -> bool:
    """Whether a key belongs to an AWS service."""
    return bool(key.key_manager == "AWS")


def switch(key: Any, *, on: bool) -> None:
    """Switch a key on or off."""
    key.enabled = on
    key.key_state = "Enabled" if on else "Disabled"


def rotation(key: Any) -> tuple[datetime, int] | None:
    """Since when, and every how many days, a key gets new material; None if it doesn't."""
    found: tuple[datetime, int] | None = getattr(key, "rotated_since", None)
    return found if key.key_rotation_status else None


def rotate(key: Any, since: datetime, days: int | None) -> None:
    """Let a key get new material every so many days, or (None) no more."""
    key.key_rotation_status = days is not None
    if days is not None:
        key.rotated_since = since, days


def doom(key: Any, until: datetime | None) -> None:
    """Let a key wait for its deletion at that moment; None calls it off, and leaves the key switched off."""
    key.enabled = False
    key.key_state = "Disabled" if until is None else "PendingDeletion"
    key.deletion_date = until and until.astimezone(UTC).replace(tzinfo=None)  # moto counts in naive UTC
