"""MFA devices are enabled, resynchronised and refused as AWS does it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
"""

from __future__ import annotations

import base64
import io
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
import segno
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam import identities, mfa
from iamlab.cloud.services.mfa_devices import CodeCheck, check_code, deliver_token, enable_for_root
from iamlab.outside.authenticator import Authenticator

ACCOUNT = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT}:mfa/root"
STEP = timedelta(seconds=30)


def device(app: Authenticator, name: str = "ana", **extra: Any) -> str:
    """A new virtual device, its seed in the app."""
    made = boto3.client("iam").create_virtual_mfa_device(VirtualMFADeviceName=name, **extra)
    app.add(made["VirtualMFADevice"]["Base32StringSeed"], name)
    return str(made["VirtualMFADevice"]["SerialNumber"])


def enable(app: Authenticator, serial: str, user: str = "ana", label: str | None = None) -> None:
    first, second = app.two_codes(label or serial.rsplit("/", 1)[-1])
    boto3.client("iam").enable_mfa_device(
        UserName=user, SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
    )


@pytest.fixture
def app(lab: Lab) -> Authenticator:
    """An authenticator in the lab's time, and the user `ana` who holds it."""
    boto3.client("iam").create_user(UserName="ana")
    return Authenticator(lab.clock.now)


def refused(operation: str, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        getattr(boto3.client("iam"), operation)(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


# ------------------------------------------------------------------ virtual devices
def test_a_virtual_device_has_a_seed_and_a_qr_code(lab: Lab) -> None:
    made = boto3.client("iam").create_virtual_mfa_device(
        VirtualMFADeviceName="ana", Path="/phones/", Tags=[{"Key": "team", "Value": "blue"}]
    )["VirtualMFADevice"]
    assert made["SerialNumber"] == f"arn:aws:iam::{ACCOUNT}:mfa/phones/ana"
    assert len(base64.b32decode(made["Base32StringSeed"])) == 40
    assert len(made["Base32StringSeed"]) == 64
    # https://docs.aws.amazon.com/IAM/latest/APIReference/API_VirtualMFADevice.html (QRCodePNG)
    address = f"otpauth://totp/ana@{ACCOUNT}?secret={made['Base32StringSeed'].decode()}"
    picture = io.BytesIO()
    segno.make_qr(address).save(picture, kind="png", scale=4)
    assert made["QRCodePNG"] == picture.getvalue()
    assert made["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert set(made) == {"SerialNumber", "Base32StringSeed", "QRCodePNG", "Tags"}


def test_lists_tell_who_has_a_device_but_no_seed(lab: Lab, app: Authenticator) -> None:
    iam = boto3.client("iam")
    free, taken = device(app, "free"), device(app, "ana")
    enable(app, taken)
    ana = iam.get_user(UserName="ana")["User"]
    shown = {d["SerialNumber"]: d for d in iam.list_virtual_mfa_devices()["VirtualMFADevices"]}
    assert shown[free] == {"SerialNumber": free}
    assert {k: v for k, v in shown[taken]["User"].items() if k != "CreateDate"} == {
        k: ana[k] for k in ("Path", "UserName", "UserId", "Arn")
    }
    assert isinstance(shown[taken]["EnableDate"], datetime)
    for status, serials in (("Assigned", {taken}), ("Unassigned", {free}), ("Any", {free, taken})):
        listed = iam.list_virtual_mfa_devices(AssignmentStatus=status)["VirtualMFADevices"]
        assert {d["SerialNumber"] for d in listed} == serials


def test_lists_come_in_pages(lab: Lab, app: Authenticator) -> None:
    iam = boto3.client("iam")
    serials = [device(app, f"d{n}") for n in range(5)]
    pages = list(iam.get_paginator("list_virtual_mfa_devices").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["VirtualMFADevices"]) for page in pages] == [2, 2, 1]
    assert [d["SerialNumber"] for page in pages for d in page["VirtualMFADevices"]] == serials


def test_a_device_in_use_can_not_be_deleted(lab: Lab, app: Authenticator) -> None:
    iam = boto3.client("iam")
    serial = device(app)
    enable(app, serial)
    assert refused("delete_virtual_mfa_device", SerialNumber=serial) == (
        "DeleteConflict",
        "MFA VirtualDevice in use. Must deactivate first.",
        409,
    )
    assert refused("delete_user", UserName="ana")[0] == "DeleteConflict"
    iam.deactivate_mfa_device(UserName="ana", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    iam.delete_user(UserName="ana")


GHOST = f"arn:aws:iam::{ACCOUNT}:mfa/ghost"
CODES = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
UNKNOWN = ("NoSuchEntity", f"VirtualMFADevice with serial number {GHOST} doesn't exist.", 404)
NO_DEVICE = ("NoSuchEntity", "MFA Device invalid for user.", 404)
WRONG = ("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)
REFUSALS: list[tuple[str, dict[str, Any], tuple[str, str, int]]] = [
    (
        "create_virtual_mfa_device",
        {"VirtualMFADeviceName": "spare"},
        ("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.", 409),
    ),
    (
        "create_virtual_mfa_device",
        {"VirtualMFADeviceName": "my phone"},
        (
            "ValidationError",
            "The specified value for virtualMFADeviceName is invalid. It must contain only alphanumeric characters "
            "and/or the following: +=,.@_-",
            400,
        ),
    ),
    ("delete_virtual_mfa_device", {"SerialNumber": GHOST}, UNKNOWN),
    ("enable_mfa_device", {"UserName": "ana", "SerialNumber": GHOST, **CODES}, UNKNOWN),
    ("resync_mfa_device", {"UserName": "ana", "SerialNumber": GHOST, **CODES}, UNKNOWN),
    ("deactivate_mfa_device", {"UserName": "ana", "SerialNumber": GHOST}, UNKNOWN),
    (
        "enable_mfa_device",
        {"UserName": "ana", "SerialNumber": "GAHT12345678", **CODES},
        ("NoSuchEntity", "MFADevice with serial number GAHT12345678 doesn't exist.", 404),
    ),
    *(
        (
            call,
            {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:user/ana"} | more,
            ("InvalidInput", f"ARN arn:aws:iam::{ACCOUNT}:user/ana is not valid.", 400),
        )
        for call, more in (
            ("delete_virtual_mfa_device", {}),
            ("enable_mfa_device", {"UserName": "ana"} | CODES),
            ("list_mfa_device_tags", {}),
        )
    ),
    (
        "enable_mfa_device",
        {"UserName": "nobody", "SerialNumber": GHOST, **CODES},
        ("NoSuchEntity", "The user with name nobody cannot be found.", 404),
    ),
    ("enable_mfa_device", {"UserName": "ana", "SerialNumber": "spare", **CODES}, WRONG),
    ("deactivate_mfa_device", {"UserName": "ana", "SerialNumber": "spare"}, NO_DEVICE),
    ("resync_mfa_device", {"UserName": "ana", "SerialNumber": "spare", **CODES}, NO_DEVICE),
]


def test_refusals_in_awss_words(lab: Lab, app: Authenticator) -> None:
    spare = device(app, "spare")
    for operation, params, answer in REFUSALS:
        named = {"SerialNumber": spare} if params.get("SerialNumber") == "spare" else {}
        assert refused(operation, **params | named) == answer, operation


# ------------------------------------------------------------------ codes
def test_enabling_takes_two_codes_in_a_row_in_their_order(lab: Lab, app: Authenticator) -> None:
    serial = device(app)
    first, second = app.two_codes()
    third = app.code(at=lab.clock.now() + 2 * STEP)
    for pair in ((first, first), (second, first), (first, third), ("000000", second)):
        codes = {"AuthenticationCode1": pair[0], "AuthenticationCode2": pair[1]}
        assert refused("enable_mfa_device", UserName="ana", SerialNumber=serial, **codes) == WRONG
    enable(app, serial)
    listed = boto3.client("iam").list_mfa_devices(UserName="ana")["MFADevices"]
    assert [(d["UserName"], d["SerialNumber"]) for d in listed] == [("ana", serial)]


def test_a_device_belongs_to_one_user(lab: Lab, app: Authenticator) -> None:
    boto3.client("iam").create_user(UserName="bob")
    serial = device(app)
    enable(app, serial)
    lab.clock.advance(minutes=5)
    first, second = app.two_codes()
    for user in ("ana", "bob"):
        assert refused(
            "enable_mfa_device",
            UserName=user,
            SerialNumber=serial,
            AuthenticationCode1=first,
            AuthenticationCode2=second,
        ) == ("EntityAlreadyExists", "MFA Device is already in use.", 409)


def test_a_user_has_eight_devices_at_most(lab: Lab, app: Authenticator) -> None:
    for number in range(8):
        enable(app, device(app, f"d{number}"))
    ninth = device(app, "d9")
    first, second = app.two_codes("d9")
    codes = {"AuthenticationCode1": first, "AuthenticationCode2": second}
    assert refused("enable_mfa_device", UserName="ana", SerialNumber=ninth, **codes) == (
        "LimitExceeded",
        "Cannot exceed quota for MFADevicesPerUser: 8",
        409,
    )


def _check(lab: Lab, serial: str, code: str) -> CodeCheck:
    ana = identities.user_by_name(ACCOUNT, "ana")
    return check_code(lab.state, ACCOUNT, ana, serial, code, lab.clock.now())


def test_a_code_counts_once(lab: Lab, app: Authenticator) -> None:
    serial = device(app)
    enable(app, serial)
    assert _check(lab, serial, app.code()) is CodeCheck.WRONG, "used up by enabling"
    lab.clock.advance(minutes=2)
    code = app.code()
    assert _check(lab, serial, code) is CodeCheck.ACCEPTED
    assert _check(lab, serial, code) is CodeCheck.WRONG
    lab.clock.advance(seconds=30)
    assert _check(lab, serial, app.code(at=lab.clock.now() - 2 * STEP)) is CodeCheck.WRONG, (
        "older than the last"
    )
    assert _check(lab, serial, app.code()) is CodeCheck.ACCEPTED


def test_a_code_is_good_for_its_step_and_one_to_either_side(lab: Lab, app: Authenticator) -> None:
    serial = device(app)
    enable(app, serial)
    for steps, verdict in ((-2, "wrong"), (2, "wrong"), (-1, "right"), (1, "right")):
        lab.clock.advance(minutes=10)
        code = app.code(at=lab.clock.now() + steps * STEP)
        accepted = _check(lab, serial, code) is CodeCheck.ACCEPTED
        assert accepted is (verdict == "right"), steps
        lab.clock.advance(minutes=10)
        _check(lab, serial, app.code())  # brings AWS's idea of the clock back


def test_a_clock_that_went_wrong_is_brought_back_by_resync(lab: Lab, app: Authenticator) -> None:
    serial = device(app)
    enable(app, serial)
    lab.clock.advance(hours=1)
    slow = Authenticator(lambda: lab.clock.now() - timedelta(minutes=20))
    slow.add(app._entries["ana"].seed)
    assert _check(lab, serial, slow.code()) is CodeCheck.WRONG
    first, second = slow.two_codes()
    boto3.client("iam").resync_mfa_device(
        UserName="ana", SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second
    )
    lab.clock.advance(minutes=3)
    assert _check(lab, serial, slow.code()) is CodeCheck.ACCEPTED
    assert _check(lab, serial, app.code()) is CodeCheck.WRONG


def test_somebody_elses_device_is_not_theirs(lab: Lab, app: Authenticator) -> None:
    assert _check(lab, device(app, "free"), app.code()) is CodeCheck.NOT_THEIRS


def test_a_hardware_token_is_known_from_its_maker(lab: Lab, app: Authenticator) -> None:
    seed = base64.b32encode(b"twenty bytes of seed").decode()
    app.add(seed, "token")
    deliver_token(lab.state, "GAHT12345678", seed)
    enable(app, "GAHT12345678", label="token")
    iam = boto3.client("iam")
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert iam.list_mfa_devices(UserName="ana")["MFADevices"][0]["SerialNumber"] == "GAHT12345678"
    assert iam.get_mfa_device(SerialNumber="GAHT12345678")["UserName"] == "ana"
    lab.clock.advance(minutes=2)
    assert _check(lab, "GAHT12345678", app.code("token")) is CodeCheck.ACCEPTED


def test_root_has_devices_of_its_own(lab: Lab, app: Authenticator) -> None:
    serial = device(app, "root")
    enable_for_root(lab.state, ACCOUNT, serial, *app.two_codes(), lab.clock.now())
    root = lab.root_session().client("iam")
    assert [d["SerialNumber"] for d in root.list_mfa_devices()["MFADevices"]] == [serial]
    listed = boto3.client("iam").list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert listed[0]["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert listed[0]["User"]["UserId"] == ACCOUNT
    root.deactivate_mfa_device(SerialNumber=serial)
    assert root.list_mfa_devices()["MFADevices"] == []


def test_the_trail_and_the_records_hold_no_seed_and_no_code(lab: Lab, app: Authenticator) -> None:
    serial = device(app)
    seed = app._entries["ana"].seed
    first, second = app.two_codes()
    enable(app, serial)
    told = repr(lab.trail.records()) + repr(mfa.virtual_device(ACCOUNT, serial))
    for secret in (seed, first, second):
        assert secret not in told


def test_a_lab_that_starts_over_forgets_devices(lab: Lab, app: Authenticator) -> None:
    enable_for_root(lab.state, ACCOUNT, device(app, "root"), *app.two_codes(), lab.clock.now())
    lab.reset()
    assert boto3.client("iam").list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert lab.root_session().client("iam").list_mfa_devices()["MFADevices"] == []
