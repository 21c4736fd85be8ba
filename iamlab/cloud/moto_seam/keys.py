"""KMS keys as moto keeps them: their state, and the place where grants lie.

moto has a class of its own for grants, too poor for what AWS tells about them; `Key.grants` holds the lab's instead.
Pinned to moto by `tests/cloud/services/test_kms_grants.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iamlab.cloud.moto_seam import resources


def grants(key: Any) -> dict[str, Any]:
    """The grants on a key by id: the dictionary itself, to be changed."""
    found: dict[str, Any] = key.grants
    return found


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
