"""Where second factors are kept: in moto's own places, so that everything that counts or tags them finds them.

In: account ids, moto's user records, `Device`s. Out: `Device`s. A virtual device stands among the account's devices
from the day it is made; a hardware token stands nowhere but at the user who has enabled it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamlab.cloud.moto_seam.identities import iam

# moto's root user has no record; its hardware tokens hang at the account's backend and go when that is reset.
_ROOT_TOKENS = "iamlab_root_tokens"


@dataclass(slots=True, eq=False)
class Device:
    """One second factor. Its first fields are named as moto's record has them, in whose place it stands."""

    serial_number: str
    """The ARN of a virtual device, the number on the back of a token."""
    base32_string_seed: str = field(repr=False)
    qr_code_png: bytes = field(default=b"", repr=False)
    tags: list[dict[str, str]] = field(default_factory=list)
    enable_date: datetime | None = None
    """When it was enabled; None while it belongs to nobody."""
    user: Any = field(default=None, repr=False)
    """moto's record of the user who has enabled it; None for a root user's and for one that nobody has enabled."""
    drift: int = 0
    """By how many steps the device's clock is ahead of AWS's, as far as its codes have told."""
    last_step: int = -1
    """The time step of the last code that was accepted: it and all before it are used up."""


def alias(account: str) -> str | None:
    """The account's alias."""
    return next(iter(iam(account).account_aliases), None)


def virtual_devices(account: str) -> list[Device]:
    """The account's virtual devices, in the order of their serial numbers."""
    devices: dict[str, Device] = iam(account).virtual_mfa_devices
    return sorted(devices.values(), key=lambda device: device.serial_number)


def virtual_device(account: str, serial: str) -> Device | None:
    found: Device | None = iam(account).virtual_mfa_devices.get(serial)
    return found


def add_virtual_device(account: str, device: Device) -> None:
    iam(account).virtual_mfa_devices[device.serial_number] = device


def remove_virtual_device(account: str, device: Device) -> None:
    del iam(account).virtual_mfa_devices[device.serial_number]


def devices_of(account: str, user: Any | None) -> list[Device]:
    """The devices that a user, or with None the root user, has enabled; in the order of their serial numbers."""
    devices = list(_held_by(account, user).values())
    if user is None:
        devices += [d for d in virtual_devices(account) if d.enable_date is not None and d.user is None]
    return sorted(devices, key=lambda device: device.serial_number)


def assign(account: str, user: Any | None, device: Device, when: datetime) -> None:
    """Let a user, or with None the root user, have this device."""
    device.user, device.enable_date = user, when
    if user is not None or virtual_device(account, device.serial_number) is None:
        _held_by(account, user)[device.serial_number] = device


def release(account: str, user: Any | None, device: Device) -> None:
    """Let a device belong to nobody again; what its codes have told of its clock is forgotten."""
    device.user, device.enable_date, device.drift, device.last_step = None, None, 0, -1
    _held_by(account, user).pop(device.serial_number, None)


def _held_by(account: str, user: Any | None) -> dict[str, Device]:
    if user is None:
        tokens: dict[str, Device] = vars(iam(account)).setdefault(_ROOT_TOKENS, {})
        return tokens
    held: dict[str, Device] = user.mfa_devices
    return held
