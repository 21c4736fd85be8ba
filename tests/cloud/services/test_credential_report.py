"""The credential report: when it is made, when it is gone, and that every column tells the truth.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT = "123456789012"
STARTED = ("STARTED", "No report exists. Starting a new report generation task")


def state(iam: Any) -> tuple[str, str | None]:
    answer = iam.generate_credential_report()
    return answer["State"], answer.get("Description")


def rows(iam: Any) -> dict[str, dict[str, str]]:
    answer = iam.get_credential_report()
    assert answer["ReportFormat"] == "text/csv"
    return {row["user"]: row for row in csv.DictReader(answer["Content"].decode().splitlines())}


def gone(iam: Any) -> tuple[str, int]:
    """Code and status of an error without message."""
    with pytest.raises(ClientError, match="GetCredentialReport operation: Unknown") as caught:
        iam.get_credential_report()
    answer = caught.value.response
    assert set(answer["Error"]) == {"Type", "Code"}
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_report_is_asked_for_made_and_kept_for_four_hours(iam: Any, lab: Lab) -> None:
    assert gone(iam) == ("ReportNotPresent", 410)
    assert state(iam) == STARTED
    assert state(iam) == ("COMPLETE", None)
    made = iam.get_credential_report()["GeneratedTime"]
    iam.create_user(UserName="later")
    lab.clock.set(made + timedelta(hours=3, minutes=59))
    assert state(iam) == ("COMPLETE", None)
    assert "later" not in rows(iam)
    lab.clock.advance(minutes=1)
    assert gone(iam) == ("ReportExpired", 410)
    assert state(iam) == STARTED
    assert "later" in rows(iam)


def test_the_report_of_many_users_takes_its_time(iam: Any, lab: Lab) -> None:
    from iamlab.cloud.moto_seam.identities import iam as backend

    for number in range(300):
        backend(ACCOUNT).create_user("us-east-1", f"user{number}")
    assert state(iam)[0] == "STARTED"
    assert state(iam)[0] == "INPROGRESS"
    assert gone(iam) == ("ReportInProgress", 404)
    assert state(iam)[0] == "COMPLETE"
    assert len(rows(iam)) == 302


def test_every_column_is_true(iam: Any, lab: Lab, certify: Callable[..., Any]) -> None:
    iam.update_account_password_policy(MaxPasswordAge=90)
    iam.create_user(UserName="ada", Path="/staff/")
    iam.create_user(UserName="bare")
    iam.create_login_profile(UserName="ada", Password="correct-Horse-1")
    one = iam.create_access_key(UserName="ada")["AccessKey"]
    two = iam.create_access_key(UserName="ada")["AccessKey"]
    iam.update_access_key(UserName="ada", AccessKeyId=two["AccessKeyId"], Status="Inactive")
    certificate = iam.upload_signing_certificate(UserName="ada", CertificateBody=certify("ada").body)[
        "Certificate"
    ]
    lab.session(one, region="eu-west-1").client("sts").get_caller_identity()
    used = iam.get_access_key_last_used(AccessKeyId=one["AccessKeyId"])["AccessKeyLastUsed"]["LastUsedDate"]
    profile = iam.get_login_profile(UserName="ada")["LoginProfile"]
    created = {user["UserName"]: user["CreateDate"].isoformat() for user in iam.list_users()["Users"]}
    root = lab.root_session().client("iam")
    root_key = root.list_access_keys()["AccessKeyMetadata"][0]
    root.generate_credential_report()
    found = rows(iam)
    assert list(found) == ["<root_account>", "ada", "Administrator", "bare"]
    nothing = {
        f"access_key_{slot}_{fact}": "false" if fact == "active" else "N/A"
        for slot in (1, 2)
        for fact in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    } | {
        f"cert_{slot}_{fact}": "false" if fact == "active" else "N/A"
        for slot in (1, 2)
        for fact in ("active", "last_rotated")
    }
    assert found["bare"] == {
        "user": "bare",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/bare",
        "user_creation_time": created["bare"],
        "password_enabled": "false",
        "password_last_used": "N/A",
        "password_last_changed": "N/A",
        "password_next_rotation": "N/A",
        "mfa_active": "false",
        **nothing,
        "additional_credentials_info": "N/A",
    }
    assert found["ada"] == found["bare"] | {
        "user": "ada",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/staff/ada",
        "user_creation_time": created["ada"],
        "password_enabled": "true",
        "password_last_used": "no_information",
        "password_last_changed": profile["CreateDate"].isoformat(),
        "password_next_rotation": (profile["CreateDate"] + timedelta(days=90)).isoformat(),
        "access_key_1_active": "true",
        "access_key_1_last_rotated": one["CreateDate"].isoformat(),
        "access_key_1_last_used_date": used.isoformat(),
        "access_key_1_last_used_region": "eu-west-1",
        "access_key_1_last_used_service": "sts",
        "access_key_2_active": "false",
        "access_key_2_last_rotated": two["CreateDate"].isoformat(),
        "cert_1_active": "true",
        "cert_1_last_rotated": certificate["UploadDate"].isoformat(),
    }
    last_used = found["<root_account>"].pop("access_key_1_last_used_date")
    assert last_used > root_key["CreateDate"].isoformat()
    assert found["<root_account>"] == {
        name: value for name, value in found["bare"].items() if "1_last_used_date" not in name
    } | {
        "user": "<root_account>",
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "user_creation_time": created["Administrator"],
        "password_enabled": "not_supported",
        "password_last_used": "no_information",
        "password_last_changed": "not_supported",
        "password_next_rotation": "not_supported",
        "access_key_1_active": "true",
        "access_key_1_last_rotated": root_key["CreateDate"].isoformat(),
        "access_key_1_last_used_region": "us-east-1",
        "access_key_1_last_used_service": "iam",
    }
