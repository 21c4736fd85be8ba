"""Where moto keeps what users hold beside access keys: passwords, SSH keys, certificates, credentials of services.

The lab's own operations make, read and remove these records; moto's state is only their place, so that they go when
their user or account goes. What moto has no place for is kept here, beside its records.

In: moto's user records and account ids. Out: the lab's own records, whatever they are.
"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from iamlab.cloud.moto_seam.identities import iam

# Keyed by moto's own record, so that a deleted user takes its credentials along.
_service_credentials: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def users(account: str) -> list[Any]:
    """Every user of the account, in the order they were made."""
    return list(iam(account).users.values())


# ------------------------------------------------------------------ passwords
def password(user: Any) -> Any | None:
    """What was put there by `set_password`; None for a user without a password."""
    return user.password


def set_password(user: Any, record: Any | None) -> None:
    user.password = record


def password_last_used(user: Any) -> Any | None:
    return user.password_last_used


def set_password_last_used(user: Any, when: Any) -> None:
    user.password_last_used = when


def password_policy(account: str) -> Any | None:
    """The account's own password policy; None where AWS's default rules."""
    return iam(account).account_password_policy


def set_password_policy(account: str, policy: Any | None) -> None:
    iam(account).account_password_policy = policy


# ------------------------------------------------------------------ other things that users hold
def ssh_keys(user: Any) -> list[Any]:
    """The user's SSH public keys, to be changed in place."""
    found: list[Any] = user.ssh_public_keys
    return found


def signing_certificates(user: Any) -> dict[str, Any]:
    """The user's signing certificates by id, to be changed in place."""
    found: dict[str, Any] = user.signing_certificates
    return found


def service_credentials(user: Any) -> list[Any]:
    """The user's service-specific credentials, to be changed in place."""
    return _service_credentials.setdefault(user, [])


def mfa_serials(user: Any) -> list[str]:
    """Serial numbers of the MFA devices that the user has enabled."""
    return list(user.mfa_devices)
