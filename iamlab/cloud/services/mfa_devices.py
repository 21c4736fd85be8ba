"""MFA devices: made, enabled with two codes in a row, shown, brought back into step, taken away.

A virtual device is a seed that the account keeps and an authenticator app knows. A hardware token is known to AWS from
its maker: `deliver_token` plays the maker. Root users enable theirs in the console, where there is no API for it:
`enable_for_root` plays the console.

Others ask `check_code`: STS for `TokenCode`, and the sign-in page.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import base64
import io
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities, mfa
from iamlab.cloud.moto_seam.mfa import Device
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_holders import user_or_root
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    delete_conflict,
    limit_exceeded,
    mfa_device,
    no_such_entity,
    user,
    user_shape,
)
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.services.one_time_codes import accepts, accepts_pair
from iamlab.cloud.state import LabState

DEVICES_PER_USER = 8
_SEED_BYTES = 40
_TOKENS = "mfa tokens"


class CodeCheck(StrEnum):
    """What became of a one-time code."""

    ACCEPTED = "accepted"
    WRONG = "the code is wrong, too old, or was used before"
    NOT_THEIRS = "this person has no such device"


def check_code(
    state: LabState, account: str, record: Any | None, serial: str, code: str, now: datetime
) -> CodeCheck:
    """Hold a one-time code against a person's device. An accepted code is used up.

    Args:
        account: the account of the person.
        record: moto's record of the user; None for the root user.
        serial: serial number of the device.
        now: the lab's time.
    """
    with state.lock:
        for device in mfa.devices_of(account, record):
            if device.serial_number == serial:
                return CodeCheck.ACCEPTED if accepts(device, code, now) else CodeCheck.WRONG
    return CodeCheck.NOT_THEIRS


def deliver_token(state: LabState, serial: str, seed: str) -> None:
    """A hardware token leaves its maker, who tells AWS its seed (base 32)."""
    state.stores.setdefault(_TOKENS, {})[serial] = Device(serial, seed)


def enable_for_root(
    state: LabState, account: str, serial: str, first: str, second: str, now: datetime
) -> None:
    """What the console does for a root user who enters two codes in a row.

    Raises:
        AwsError: as EnableMFADevice.
    """
    _enable(state, account, None, serial, (first, second), now)


# ------------------------------------------------------------------ virtual devices
@operation("iam", "CreateVirtualMFADevice")
def create_virtual_mfa_device(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html"""
    account, name = call.account, call.params["VirtualMFADeviceName"]
    serial = f"arn:{identities.PARTITION}:iam::{account}:mfa{call.params.get('Path') or '/'}{name}"
    tags = checked(call.params.get("Tags"))
    with state.lock:
        if mfa.virtual_device(account, serial) is not None:
            raise already_exists("MFADevice entity at the same path and name already exists.")
        seed = base64.b32encode(state.random.randbytes(_SEED_BYTES)).decode()
        device = Device(serial, seed, _qr_code(_otpauth(account, name, seed)), tags)
        mfa.add_virtual_device(account, device)
    shape = {
        "SerialNumber": serial,
        "Base32StringSeed": device.base32_string_seed.encode(),
        "QRCodePNG": device.qr_code_png,
    }
    return {"VirtualMFADevice": shape | ({"Tags": tags} if tags else {})}


@operation("iam", "DeleteVirtualMFADevice")
def delete_virtual_mfa_device(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteVirtualMFADevice.html"""
    with state.lock:
        device: Device = mfa_device(call.account, call.params["SerialNumber"])
        if device.enable_date is not None:
            raise delete_conflict("MFA VirtualDevice in use. Must deactivate first.")
        mfa.remove_virtual_device(call.account, device)
    return {}


@operation("iam", "ListVirtualMFADevices")
def list_virtual_mfa_devices(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html: neither seeds nor tags."""
    wanted = call.params.get("AssignmentStatus") or "Any"
    devices = [
        device
        for device in mfa.virtual_devices(call.account)
        if wanted == "Any" or (wanted == "Assigned") == (device.enable_date is not None)
    ]
    shown, truncation = page(call, devices, lambda device: device.serial_number)
    return {"VirtualMFADevices": [_virtual_shape(call.account, device) for device in shown], **truncation}


# ------------------------------------------------------------------ devices of users
@operation("iam", "EnableMFADevice")
def enable_mfa_device(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html"""
    params = call.params
    record = user(call.account, params["UserName"])
    _enable(state, call.account, record, params["SerialNumber"], _codes(call), call.now)
    return {}


@operation("iam", "ResyncMFADevice")
def resync_mfa_device(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResyncMFADevice.html"""
    with state.lock:
        record = user(call.account, call.params["UserName"])
        device = _enabled(call.account, record, call.params["SerialNumber"])
        if not accepts_pair(device, *_codes(call), call.now):
            raise _invalid_code()
    return {}


@operation("iam", "DeactivateMFADevice")
def deactivate_mfa_device(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeactivateMFADevice.html"""
    with state.lock:
        record = user_or_root(call)
        mfa.release(call.account, record, _enabled(call.account, record, call.params["SerialNumber"]))
    return {}


@operation("iam", "GetMFADevice")
def get_mfa_device(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetMFADevice.html"""
    serial, name = call.params["SerialNumber"], call.params.get("UserName")
    owners = (
        [user(call.account, name)]
        if name is not None
        else [*identities.iam(call.account).users.values(), None]
    )
    for owner in owners:
        for device in mfa.devices_of(call.account, owner):
            if device.serial_number == serial:
                shape = {"SerialNumber": serial, "EnableDate": device.enable_date}
                return shape | ({"UserName": owner.name} if owner is not None else {})
    raise no_such_entity(f"MFA Device with serial number {serial} does not exist.")


@operation("iam", "ListMFADevices")
def list_mfa_devices(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListMFADevices.html"""
    record = user_or_root(call)
    named = {"UserName": record.name} if record is not None else {}  # the root user has no name to show
    shown, truncation = page(call, mfa.devices_of(call.account, record), lambda device: device.serial_number)
    devices = [
        named | {"SerialNumber": device.serial_number, "EnableDate": device.enable_date} for device in shown
    ]
    return {"MFADevices": devices, **truncation}


# ------------------------------------------------------------------ helpers
def _enable(
    state: LabState, account: str, record: Any | None, serial: str, codes: tuple[str, str], now: datetime
) -> None:
    with state.lock:
        device = mfa.virtual_device(account, serial) or state.stores.get(_TOKENS, {}).get(serial)
        if device is None:
            if serial.startswith("arn:"):
                mfa_device(account, serial)
            raise no_such_entity(f"MFADevice with serial number {serial} doesn't exist.")
        if device.enable_date is not None:
            raise already_exists("MFA Device is already in use.")
        if len(mfa.devices_of(account, record)) >= DEVICES_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for MFADevicesPerUser: {DEVICES_PER_USER}")
        if not accepts_pair(device, *codes, now):
            raise _invalid_code()
        mfa.assign(account, record, device, now.replace(microsecond=0))


def _enabled(account: str, record: Any | None, serial: str) -> Device:
    """A device that this user has enabled."""
    for device in mfa.devices_of(account, record):
        if device.serial_number == serial:
            return device
    if serial.startswith("arn:"):
        mfa_device(account, serial)
    raise no_such_entity("MFA Device invalid for user.")


def _invalid_code() -> AwsError:
    return AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)


def _codes(call: Call) -> tuple[str, str]:
    return call.params["AuthenticationCode1"], call.params["AuthenticationCode2"]


def _virtual_shape(account: str, device: Device) -> dict[str, Any]:
    shape: dict[str, Any] = {"SerialNumber": device.serial_number}
    if device.enable_date is None:
        return shape
    if device.user is not None:
        return shape | {"User": user_shape(device.user), "EnableDate": device.enable_date}
    # A root user is as old as the first of the account's users: the lab makes both at once.
    born = min(
        (someone.create_date for someone in list(identities.iam(account).users.values())), default=None
    )
    root = {
        "UserId": account,
        "Arn": f"arn:{identities.PARTITION}:iam::{account}:root",
        "CreateDate": born or device.enable_date,
    }
    return shape | {"User": root, "EnableDate": device.enable_date}


def _otpauth(account: str, name: str, seed: str) -> str:
    """What the QR code says, as CreateVirtualMFADevice documents it."""
    return f"otpauth://totp/{quote(name)}@{mfa.alias(account) or account}?secret={seed}"


def _qr_code(text: str) -> bytes:
    import segno  # few labs draw one, and every lab's first call of IAM loads this module

    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="png", scale=4)
    return out.getvalue()
