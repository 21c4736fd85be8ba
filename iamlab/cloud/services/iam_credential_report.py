"""The credential report: every user of the account, the root user first, with the state of their credentials.

A report is made at most every four hours; until then the one that is there is shown again, whatever has changed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials, identities, mfa
from iamlab.cloud.passwords import Password
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_access_keys import keys_of
from iamlab.cloud.services.iam_paging import by_name
from iamlab.cloud.services.iam_signing_certificates import certificates_of
from iamlab.cloud.services.iam_users import account_created
from iamlab.cloud.state import LabState

LIFETIME = timedelta(hours=4)
USERS_PER_SECOND = 100
"""How fast a report is written: that of a small account is there by the next call."""

_STORE = "iam:credential reports"
_SLOTS = 2
"""Access keys, and certificates, that have columns of their own."""

_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
_CERTIFICATE = ("active", "last_rotated")
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{slot}_{fact}" for slot in range(1, _SLOTS + 1) for fact in _KEY),
    *(f"cert_{slot}_{fact}" for slot in range(1, _SLOTS + 1) for fact in _CERTIFICATE),
    "additional_credentials_info",
)
NONE = "N/A"
NEVER = "no_information"
UNSUPPORTED = "not_supported"

_SILENT = ""  # these errors say nothing beside their code


@dataclass(frozen=True, slots=True)
class Report:
    """One report of an account."""

    asked: datetime
    ready: datetime
    content: str


@operation("iam", "GenerateCredentialReport")
def generate_credential_report(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateCredentialReport.html"""
    with state.lock:
        reports: dict[str, Report] = state.stores.setdefault(_STORE, {})
        report = reports.get(call.account)
        if report is not None and call.now < report.ready + LIFETIME:
            return {"State": "COMPLETE" if call.now >= report.ready else "INPROGRESS"}
        duration = timedelta(seconds=len(credentials.users(call.account)) // USERS_PER_SECOND)
        reports[call.account] = Report(call.now, call.now + duration, _content(call, state))
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@operation("iam", "GetCredentialReport")
def get_credential_report(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetCredentialReport.html"""
    report: Report | None = state.stores.get(_STORE, {}).get(call.account)
    if report is None:
        raise AwsError("ReportNotPresent", _SILENT, 410)
    if call.now < report.ready:
        raise AwsError("ReportInProgress", _SILENT, 404)
    if call.now >= report.ready + LIFETIME:
        raise AwsError("ReportExpired", _SILENT, 410)
    return {
        "Content": report.content.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.ready,
    }


def _content(call: Call, state: LabState) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerow(_root_row(call, state))
    for user in by_name(credentials.users(call.account)):
        writer.writerow(_user_row(call, user, state))
    return text.getvalue().rstrip("\n")


def _root_row(call: Call, state: LabState) -> list[str]:
    account = call.account
    return [
        "<root_account>",
        f"arn:{identities.PARTITION}:iam::{account}:root",
        _date(account_created(account, call.now)),
        UNSUPPORTED,
        NEVER,  # nobody signs in to this console as root
        UNSUPPORTED,
        UNSUPPORTED,
        *_others(account, None, state),
    ]


def _user_row(call: Call, user: Any, state: LabState) -> list[str]:
    return [
        user.name,
        user.arn,
        _date(user.create_date),
        *_password(call.account, user),
        *_others(call.account, user, state),
    ]


def _password(account: str, user: Any) -> Iterator[str]:
    password: Password | None = credentials.password(user)
    if password is None:
        yield from ("false", NONE, NONE, NONE)
        return
    policy = credentials.password_policy(account)
    yield "true"
    yield _date(credentials.password_last_used(user), NEVER)
    yield _date(password.changed)
    yield _date(policy.expires(password) if policy is not None else None)


def _others(account: str, user: Any | None, state: LabState) -> Iterator[str]:
    """What the root user and all others have alike."""
    yield _flag(bool(mfa.devices_of(account, user)))
    keys = keys_of(account, user, state)
    for slot in range(_SLOTS):
        if slot >= len(keys):
            yield from ("false", *[NONE] * (len(_KEY) - 1))
            continue
        key = keys[slot]
        yield _flag(key.status == "Active")
        yield _date(key.created)
        when, service, region = key.last_used or (None, NONE, NONE)
        yield from (_date(when), region, service)
    certificates = list(certificates_of(account, user, state).values())
    for slot in range(_SLOTS):
        if slot >= len(certificates):
            yield from ("false", NONE)
            continue
        yield _flag(certificates[slot].status == "Active")
        yield _date(certificates[slot].uploaded)
    yield NONE  # nobody in the lab has more than two of either


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _date(when: datetime | None, absent: str = NONE) -> str:
    if when is None:
        return absent
    aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)  # moto's dates are naive
    return aware.astimezone(UTC).isoformat(timespec="seconds")
