"""KMS keys as moto keeps them: their state, and the place where grants lie.

moto has a class of its own for grants, too poor for what AWS tells about them; `Key.grants` holds the lab's instead.
Pinned to moto by `tests/cloud/services/test_kms_grants.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from iamlab.cloud.moto_seam import resources


def grants(key: Any) -> dict[str, Any]:
    """The grants on a key by id: the dictionary itself, to be changed."""
    found: dict[str, Any] = key.grants
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


def make_managed(account: str, region: str, alias: str, policy: str, description: str) -> Any:
    """Make a key that belongs to an AWS service."""
    from moto.kms.models import kms_backends  # at first use: few labs have such keys

    backend = kms_backends[account][region]
    key = backend.create_key(policy, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", description, None)
    key.key_manager = "AWS"
    backend.create_alias(key.id, alias)
    return key


def make(account: str, region: str, params: Mapping[str, Any]) -> Any:
    """Make a key as CreateKey's parameters want it."""
    from moto.kms.models import kms_backends  # at first use: few labs have such keys

    return kms_backends[account][region].create_key(
        params.get("Policy"),
        params.get("KeyUsage") or "ENCRYPT_DECRYPT",
        params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT",
        params.get("Description") or "",
        params.get("Tags"),
        bool(params.get("MultiRegion")),
        params.get("Origin") or "AWS_KMS",
    )


def metadata(key: Any) -> dict[str, Any]:
    """A key as KMS shows it; moto tells of algorithms that the key hasn't, and not of all that it is."""
    shown: dict[str, Any] = key.to_dict()["KeyMetadata"]
    shown["KeyUsage"] = shown["KeyUsage"] or "ENCRYPT_DECRYPT"
    shown["MultiRegion"] = bool(shown["MultiRegion"])
    for date in ("CreationDate", "DeletionDate"):
        if date in shown:
            shown[date] = datetime.fromtimestamp(shown[date], UTC)
    return {name: value for name, value in shown.items() if value != []}


def is_managed(key: Any) -> bool:
    """Whether a key belongs to an AWS service."""
    return bool(key.key_manager == "AWS")


def switch(key: Any, *, on: bool) -> None:
    """Switch a key on or off."""
    key.enabled = on
    key.key_state = "Enabled" if on else "Disabled"


def doom(key: Any, until: datetime | None) -> None:
    """Let a key wait for its deletion at that moment; None calls it off, and leaves the key switched off."""
    key.enabled = False
    key.key_state = "Disabled" if until is None else "PendingDeletion"
    key.deletion_date = until and until.astimezone(UTC).replace(tzinfo=None)  # moto counts in naive UTC
