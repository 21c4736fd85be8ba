"""Passwords: which ones an account takes, who may change whose, and what AWS calls each refusal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ChangePassword.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam import credentials, identities

ACCOUNT = "123456789012"
GOOD = "correct-Horse-1"
MakeUser = Callable[..., boto3.Session]
Refusal = Callable[..., tuple[str, int, str]]


@pytest.fixture
def ada(iam: Any, lab: Lab, make_user: MakeUser) -> Any:
    """IAM as user `ada`, who may do nothing yet and has the password `GOOD`."""
    session = make_user("ada")
    iam.create_login_profile(UserName="ada", Password=GOOD)
    return session.client("iam")


# ------------------------------------------------------------------ the account's policy
def test_an_account_has_no_policy_at_first(iam: Any, refusal: Refusal, lab: Lab) -> None:
    gone = ("NoSuchEntity", 404, f"The Password Policy with domain name {ACCOUNT} cannot be found.")
    assert refusal(iam.get_account_password_policy) == gone
    assert refusal(iam.delete_account_password_policy) == gone


def test_a_policy_is_replaced_whole(iam: Any, refusal: Refusal, lab: Lab) -> None:
    iam.update_account_password_policy(
        MinimumPasswordLength=14,
        RequireSymbols=True,
        MaxPasswordAge=90,
        PasswordReusePrevention=5,
        HardExpiry=True,
    )
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 5,
        "HardExpiry": True,
    }
    iam.update_account_password_policy(RequireNumbers=True)
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 6,
        "RequireSymbols": False,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
    }
    iam.delete_account_password_policy()
    assert refusal(iam.get_account_password_policy)[0] == "NoSuchEntity"


RANGES = [
    ("MinimumPasswordLength", 5, "greater than or equal to 6"),
    ("MinimumPasswordLength", 129, "less than or equal to 128"),
    ("MaxPasswordAge", 0, "greater than or equal to 1"),
    ("MaxPasswordAge", 1096, "less than or equal to 1095"),
    ("PasswordReusePrevention", 0, "greater than or equal to 1"),
    ("PasswordReusePrevention", 25, "less than or equal to 24"),
]


@pytest.mark.parametrize(("name", "value", "bound"), RANGES)
def test_numbers_of_a_policy_have_bounds(
    iam: Any, refusal: Refusal, lab: Lab, name: str, value: int, bound: str
) -> None:
    wire = name[0].lower() + name[1:]
    assert refusal(iam.update_account_password_policy, **{name: value}) == (
        "ValidationError",
        400,
        f"1 validation error detected: Value at '{wire}' failed to satisfy constraint: "
        f"Member must have value {bound}",
    )


# ------------------------------------------------------------------ which passwords pass
USED_BEFORE = "Policy constraint violation with password reuse prevention during password change."
NEEDS = "Password should meet {} more of the following requirements: {}"
UPPER, LOWER, NUMBER, SYMBOL = (
    f"Password should have at least one {what}"
    for what in ("uppercase letter", "lowercase letter", "number", "symbol")
)
# policy, None: AWS's default; password; AWS's words, None: it passes
RULES: list[tuple[dict[str, Any] | None, str, str | None]] = [
    (None, "Ab1defg", "Password should have a minimum length of 8"),
    (None, "abcdefgh", NEEDS.format(2, f"{UPPER}, {NUMBER}, {SYMBOL}")),
    (None, "abcdefg1", NEEDS.format(1, f"{UPPER}, {SYMBOL}")),
    (None, "ABCDEFG1", NEEDS.format(1, f"{LOWER}, {SYMBOL}")),
    (None, "ééééééééé", NEEDS.format(3, f"{UPPER}, {LOWER}, {NUMBER}, {SYMBOL}")),
    (None, "Abcdefg1", None),
    (None, "abcdef-1", None),
    ({}, "abcde", "Password should have a minimum length of 6"),
    ({}, "abcdef", None),
    ({"MinimumPasswordLength": 14}, "Abcdefghij-12", "Password should have a minimum length of 14"),
    ({"RequireUppercaseCharacters": True}, "abcdef", UPPER),
    ({"RequireLowercaseCharacters": True}, "ABCDEF", LOWER),
    ({"RequireNumbers": True}, "abcdef", NUMBER),
    ({"RequireSymbols": True}, "abcdef", SYMBOL),
    ({"RequireSymbols": True}, "abc;def", SYMBOL),
    ({"RequireSymbols": True}, "abc|def", None),
]


@pytest.mark.parametrize(("policy", "password", "words"), RULES)
def test_a_password_that_breaks_the_policy_is_refused_everywhere(
    iam: Any, refusal: Refusal, ada: Any, policy: dict[str, Any] | None, password: str, words: str | None
) -> None:
    if policy is not None:
        iam.update_account_password_policy(**policy, AllowUsersToChangePassword=True)
    else:
        give(iam, "iam:ChangePassword")
    iam.create_user(UserName="ben")
    calls = (
        lambda: iam.create_login_profile(UserName="ben", Password=password),
        lambda: iam.update_login_profile(UserName="ada", Password=password),
        lambda: ada.change_password(OldPassword=GOOD, NewPassword=password),
    )
    if words is None:
        calls = (calls[0], calls[2], calls[1])  # changed by its owner first, while the old one is right
    for call in calls:
        if words is None:
            call()
        else:
            assert refusal(call) == ("PasswordPolicyViolation", 400, words)


def test_a_password_isnt_used_twice_within_the_reach_of_the_policy(
    iam: Any, refusal: Refusal, ada: Any
) -> None:
    iam.update_account_password_policy(PasswordReusePrevention=2, AllowUsersToChangePassword=True)
    again = ("PasswordPolicyViolation", 400, USED_BEFORE)
    assert refusal(ada.change_password, OldPassword=GOOD, NewPassword=GOOD) == again
    ada.change_password(OldPassword=GOOD, NewPassword="second")
    assert refusal(iam.update_login_profile, UserName="ada", Password=GOOD) == again
    ada.change_password(OldPassword="second", NewPassword="third!")
    ada.change_password(OldPassword="third!", NewPassword=GOOD)


def test_no_password_is_kept_as_it_was_typed(ada: Any) -> None:
    record = credentials.password(identities.user_by_name(ACCOUNT, "ada"))
    assert record is not None
    assert GOOD.encode() not in record.history[0].digest
    assert GOOD not in repr(record)


def test_a_refused_password_isnt_repeated_in_the_answer(iam: Any, refusal: Refusal, lab: Lab) -> None:
    iam.create_user(UserName="ben")
    assert refusal(iam.create_login_profile, UserName="ben", Password="pässwörd-€") == (
        "ValidationError",
        400,
        "The specified value for password is invalid. It must contain only printable ASCII characters.",
    )


# ------------------------------------------------------------------ login profiles
def test_a_login_profile_shows_when_it_was_made_and_whether_a_reset_is_due(iam: Any, lab: Lab) -> None:
    iam.create_user(UserName="ben")
    made = iam.create_login_profile(UserName="ben", Password=GOOD, PasswordResetRequired=True)["LoginProfile"]
    assert (made["UserName"], made["PasswordResetRequired"]) == ("ben", True)
    lab.clock.advance(days=1)
    iam.update_login_profile(UserName="ben", PasswordResetRequired=False)
    iam.update_login_profile(UserName="ben", Password=GOOD + "2")
    found = iam.get_login_profile(UserName="ben")["LoginProfile"]
    assert found == {"UserName": "ben", "CreateDate": made["CreateDate"], "PasswordResetRequired": False}


PROFILES: list[tuple[str, dict[str, Any], tuple[str, int, str]]] = [
    (
        "create_login_profile",
        {"UserName": "ada", "Password": GOOD},
        ("EntityAlreadyExists", 409, "Login Profile for user ada already exists."),
    ),
    *(
        (call, {"UserName": "ben"}, ("NoSuchEntity", 404, "Login Profile for User ben cannot be found."))
        for call in ("get_login_profile", "update_login_profile", "delete_login_profile")
    ),
    (
        "create_login_profile",
        {"UserName": "x", "Password": GOOD},
        ("NoSuchEntity", 404, "The user with name x cannot be found."),
    ),
    (
        "create_login_profile",
        {"UserName": "ben"},
        (
            "ValidationError",
            400,
            "1 validation error detected: Value at 'password' failed to satisfy constraint: "
            "Member must not be null",
        ),
    ),
]


@pytest.mark.parametrize(("call", "params", "expected"), PROFILES)
def test_login_profiles_are_refused_in_awss_words(
    iam: Any, refusal: Refusal, ada: Any, call: str, params: dict[str, Any], expected: tuple[str, int, str]
) -> None:
    iam.create_user(UserName="ben")
    assert refusal(getattr(iam, call), **params) == expected


def test_without_a_name_it_is_ones_own(iam: Any, refusal: Refusal, ada: Any, lab: Lab) -> None:
    give(iam, "iam:GetLoginProfile", "iam:DeleteLoginProfile")
    assert ada.get_login_profile()["LoginProfile"]["UserName"] == "ada"
    ada.delete_login_profile()
    assert refusal(ada.get_login_profile)[0] == "NoSuchEntity"
    assert refusal(lab.root_session().client("iam").get_login_profile) == (
        "ValidationError",
        400,
        "Must specify userName when calling with non-User credentials",
    )


# ------------------------------------------------------------------ changing one's own
def test_a_policy_can_let_every_user_change_their_own(iam: Any, refusal: Refusal, ada: Any) -> None:
    code, status, message = refusal(ada.change_password, OldPassword=GOOD, NewPassword="another-One2")
    assert (code, status) == ("AccessDenied", 403)
    assert "is not authorized to perform: iam:ChangePassword" in message
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    ada.change_password(OldPassword=GOOD, NewPassword="another-One2")
    assert ada.get_account_password_policy()["PasswordPolicy"]["AllowUsersToChangePassword"]
    assert refusal(ada.update_login_profile, UserName="ada", Password=GOOD)[0] == "AccessDenied"
    iam.put_user_policy(
        UserName="ada",
        PolicyName="no",
        PolicyDocument='{"Version": "2012-10-17", "Statement": '
        '{"Effect": "Deny", "Action": "iam:ChangePassword", "Resource": "*"}}',
    )
    assert "explicit deny" in refusal(ada.change_password, OldPassword=GOOD, NewPassword=GOOD)[2]


def test_a_new_password_is_another_one(iam: Any, refusal: Refusal, ada: Any) -> None:
    give(iam, "iam:ChangePassword")
    for password in (GOOD, "neither-Old-nor-new1"):
        same = refusal(ada.change_password, OldPassword=password, NewPassword=password)
        assert same == ("PasswordPolicyViolation", 400, USED_BEFORE)


def test_the_old_password_has_to_be_right(iam: Any, refusal: Refusal, ada: Any) -> None:
    give(iam, "iam:ChangePassword")
    wrong = ("AccessDenied", 403, "The old password was incorrect.")
    assert refusal(ada.change_password, OldPassword="guess", NewPassword="another-One2") == wrong
    ada.change_password(OldPassword=GOOD, NewPassword="another-One2")
    assert refusal(ada.change_password, OldPassword=GOOD, NewPassword="third-One3") == wrong


def test_only_users_have_a_password_to_change(refusal: Refusal, lab: Lab, make_user: MakeUser) -> None:
    root = lab.root_session().client("iam")
    assert refusal(root.change_password, OldPassword=GOOD, NewPassword=GOOD) == (
        "InvalidUserType",
        400,
        "Only IAM Users can change their own password",
    )
    keys_only = make_user("eve", {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": "*"}).client(
        "iam"
    )
    assert refusal(keys_only.change_password, OldPassword=GOOD, NewPassword=GOOD) == (
        "NoSuchEntity",
        404,
        "Login Profile for User eve cannot be found.",
    )


def give(iam: Any, *actions: str) -> None:
    """Let `ada` do these things."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_user_policy(
        UserName="ada",
        PolicyName="may",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )


def test_iams_dates_have_no_fractions(iam: Any, lab: Lab) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_LoginProfile.html: as `2019-04-18T17:04:49Z`."""
    lab.clock.advance(seconds=0.5)
    iam.create_user(UserName="ben")
    dates = [
        iam.create_login_profile(UserName="ben", Password=GOOD)["LoginProfile"]["CreateDate"],
        iam.get_user(UserName="ben")["User"]["CreateDate"],
    ]
    assert [date.microsecond for date in dates] == [0, 0]
