"""Signing in: who gets in, with which context, and what the trail tells about it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/console_sign-in-user.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pyotp
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.sign_in import Refused, SignInError

GOOD, NEW = "correct-Horse-1", "battery-Staple-2"


@pytest.fixture
def iam(lab: Lab) -> Any:
    """The administrator's IAM, with a user `ada` who has a password and may look at herself."""
    iam = boto3.client("iam")
    iam.create_user(UserName="ada")
    iam.create_login_profile(UserName="ada", Password=GOOD)
    allow(iam, "iam:GetUser")
    return iam


def allow(iam: Any, *actions: str, **condition: Any) -> None:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | condition
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="ada", PolicyName="may", PolicyDocument=document)


def refused(lab: Lab, *args: str, **more: str) -> Refused:
    with pytest.raises(SignInError) as caught:
        lab.sign_in(*args, **more)
    return caught.value.refused


def told(lab: Lab) -> list[tuple[str, str]]:
    """Events of the sign-in pages, with their outcome."""
    records = lab.trail.filter(source="signin").records()
    return [(record["eventName"], record["responseElements"][record["eventName"]]) for record in records]


def device(lab: Lab, iam: Any) -> pyotp.TOTP:
    """Gives `ada` an MFA device, and moves the clock past the codes that this took."""
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="ada")["VirtualMFADevice"]
    app = pyotp.TOTP(made["Base32StringSeed"].decode())
    now = lab.clock.now()
    iam.enable_mfa_device(
        UserName="ada",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1=app.at(now - timedelta(seconds=30)),
        AuthenticationCode2=app.at(now),
    )
    lab.clock.advance(minutes=1)
    return app


def test_a_signed_in_user_is_that_user_for_twelve_hours(lab: Lab, iam: Any) -> None:
    session = lab.sign_in("ada", GOOD)
    assert session.client("sts").get_caller_identity()["Arn"].endswith(":user/ada")
    mine = session.client("iam")
    assert mine.get_user()["User"]["PasswordLastUsed"] <= lab.clock.now()
    lab.clock.advance(hours=12)
    with pytest.raises(ClientError, match="ExpiredToken"):
        mine.get_user()


def test_a_wrong_name_and_a_wrong_password_look_alike(lab: Lab, iam: Any) -> None:
    iam.create_user(UserName="keysonly")
    for name, password in (("ada", "guess"), ("nobody", GOOD), ("keysonly", GOOD)):
        assert refused(lab, name, password) is Refused.INCORRECT
    assert "PasswordLastUsed" not in iam.get_user(UserName="ada")["User"]
    records = lab.trail.filter(source="signin").records()
    assert [record["userIdentity"]["userName"] for record in records] == [
        "ada",
        "HIDDEN_DUE_TO_SECURITY_REASONS",
        "keysonly",
    ]
    assert [record["errorMessage"] for record in records] == [
        "Failed authentication",
        "No username found in supplied account",
        "Failed authentication",
    ]
    assert GOOD not in json.dumps(records)


def test_the_trail_tells_of_a_sign_in_as_cloudtrail_does(lab: Lab, iam: Any) -> None:
    lab.sign_in("ada", GOOD).client("iam").get_user()
    event, call = lab.trail[-2].record(), lab.trail[-1].record()
    expected = {
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Success"},
        "additionalEventData": {
            "LoginTo": "https://console.aws.amazon.com/console/home",
            "MobileVersion": "No",
            "MFAUsed": "No",
        },
    }
    assert {name: event[name] for name in expected} == expected
    assert event["userIdentity"]["userName"] == "ada"
    assert not {"errorCode", "requestID"} & event.keys()
    assert call["sessionCredentialFromConsole"] == "true"
    assert call["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_policies_see_whether_a_second_factor_was_there(lab: Lab, iam: Any) -> None:
    allow(iam, "iam:GetUser", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    without = lab.sign_in("ada", GOOD).client("iam")
    with pytest.raises(ClientError, match="AccessDenied"):
        without.get_user()
    app = device(lab, iam)
    assert refused(lab, "ada", GOOD) is Refused.CODE_NEEDED
    assert refused(lab, "ada", GOOD, "000000") is Refused.INCORRECT
    code = app.at(lab.clock.now())
    assert lab.sign_in("ada", GOOD, code).client("iam").get_user()
    assert refused(lab, "ada", GOOD, code) is Refused.INCORRECT, "a code is good for one use"
    assert told(lab) == [
        ("ConsoleLogin", "Success"),
        ("CheckMfa", "Success"),
        ("CheckMfa", "Success"),
        ("ConsoleLogin", "Failure"),
        ("CheckMfa", "Success"),
        ("ConsoleLogin", "Success"),
        ("CheckMfa", "Success"),
        ("ConsoleLogin", "Failure"),
    ]
    assert lab.trail.filter(name="ConsoleLogin")[2].record()["additionalEventData"]["MFAUsed"] == "Yes"


def test_a_handed_out_password_has_to_be_replaced(lab: Lab, iam: Any) -> None:
    iam.update_login_profile(UserName="ada", PasswordResetRequired=True)
    assert refused(lab, "ada", GOOD) is Refused.NEW_PASSWORD_NEEDED
    assert refused(lab, "ada", GOOD, new_password=NEW) is Refused.NOT_CHANGED, "no permission"
    iam.update_account_password_policy(AllowUsersToChangePassword=True, MinimumPasswordLength=12)
    for bad in ("short", GOOD):
        assert refused(lab, "ada", GOOD, new_password=bad) is Refused.NOT_CHANGED
    lab.sign_in("ada", GOOD, new_password=NEW)
    assert not iam.get_login_profile(UserName="ada")["LoginProfile"]["PasswordResetRequired"]
    assert told(lab) == [("PasswordUpdated", "Success"), ("ConsoleLogin", "Success")]
    assert refused(lab, "ada", GOOD) is Refused.INCORRECT
    lab.sign_in("ada", NEW)


@pytest.mark.parametrize("hard", [False, True])
def test_a_password_ages_by_the_labs_clock(lab: Lab, iam: Any, hard: bool) -> None:
    lab.clock.advance(days=80)
    iam.update_account_password_policy(MaxPasswordAge=90, AllowUsersToChangePassword=True, HardExpiry=hard)
    lab.sign_in("ada", GOOD)
    lab.clock.advance(days=10)
    if hard:
        assert refused(lab, "ada", GOOD, new_password=NEW) is Refused.EXPIRED
        iam.update_login_profile(UserName="ada", Password=NEW)
    else:
        assert refused(lab, "ada", GOOD) is Refused.NEW_PASSWORD_NEEDED
        lab.sign_in("ada", GOOD, new_password=NEW)
    lab.sign_in("ada", NEW)


def test_an_expired_password_can_still_be_changed_by_api(lab: Lab, iam: Any) -> None:
    iam.update_account_password_policy(MaxPasswordAge=1, AllowUsersToChangePassword=True, HardExpiry=True)
    keys = iam.create_access_key(UserName="ada")
    lab.clock.advance(days=2)
    assert refused(lab, "ada", GOOD) is Refused.EXPIRED
    lab.session(keys).client("iam").change_password(OldPassword=GOOD, NewPassword=NEW)
    lab.sign_in("ada", NEW)
