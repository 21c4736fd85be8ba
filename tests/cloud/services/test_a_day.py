"""Twenty-four hours of an account in fast motion: keys rotate, sessions end, passwords age, certificates lapse.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html (rotation)
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html (sessions end)
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.sign_in import Refused, SignInError

ACCOUNT = "123456789012"
FIRST, SECOND = "morning-Coffee-1", "evening-Tea-2"


def code(call: Any, **params: Any) -> str:
    """The error code of a call, `ok` without an error."""
    try:
        call(**params)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def upload(iam: Any, name: str, certified: Any) -> None:
    iam.upload_server_certificate(
        ServerCertificateName=name, CertificateBody=certified.body, PrivateKey=certified.private_key
    )


def report(iam: Any) -> dict[str, dict[str, str]]:
    iam.generate_credential_report()
    content = iam.get_credential_report()["Content"].decode()
    return {row["user"]: row for row in csv.DictReader(content.splitlines())}


def policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def settle(iam: Any) -> None:
    """`ada` with a role for her to assume, in an account whose passwords last a day."""
    iam.update_account_password_policy(
        MaxPasswordAge=1, PasswordReusePrevention=1, AllowUsersToChangePassword=True
    )
    iam.create_user(UserName="ada")
    iam.create_login_profile(UserName="ada", Password=FIRST)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=policy(trust), MaxSessionDuration=4 * 3600)
    iam.put_user_policy(UserName="ada", PolicyName="may", PolicyDocument=policy(assume))


def test_a_day_in_the_life_of_an_account(lab: Lab, iam: Any, certify: Callable[..., Any]) -> None:
    settle(iam)
    dawn = lab.clock.now()

    def at(hours: float) -> None:
        lab.clock.set(dawn + timedelta(hours=hours))

    # 00:00 · everything is fresh
    old = iam.create_access_key(UserName="ada")["AccessKey"]
    sts_old = lab.session(old).client("sts")
    token = lab.session(sts_old.get_session_token(DurationSeconds=3600)).client("sts")
    role = f"arn:aws:iam::{ACCOUNT}:role/Reader"
    reader = lab.session(
        sts_old.assume_role(RoleArn=role, RoleSessionName="day", DurationSeconds=4 * 3600)
    ).client("sts")
    long = lab.session(sts_old.get_session_token(DurationSeconds=36 * 3600)).client("sts")
    console = lab.sign_in("ada", FIRST).client("sts")
    web = certify("www.example.com", days=20 / 24)
    upload(iam, "www", web)
    api_key = iam.create_service_specific_credential(
        UserName="ada", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=1
    )["ServiceSpecificCredential"]
    first_report = report(iam)
    callers = (sts_old, token, reader, console, long)

    def alive() -> list[str]:
        return [code(sts.get_caller_identity) for sts in callers]

    assert alive() == ["ok"] * 5

    # 01:00 · the hour's session has ended, the others go on
    at(1.01)
    assert alive() == ["ok", "ExpiredToken", "ok", "ok", "ok"]

    # 02:00 · rotation: a second key, the old one watched, switched off, found missed by nobody, deleted
    at(2)
    new = iam.create_access_key(UserName="ada")["AccessKey"]
    assert code(lab.session(new).client("sts").get_caller_identity) == "ok"
    last = iam.get_access_key_last_used(AccessKeyId=old["AccessKeyId"])["AccessKeyLastUsed"]
    assert last["LastUsedDate"] < new["CreateDate"]
    iam.update_access_key(UserName="ada", AccessKeyId=old["AccessKeyId"], Status="Inactive")
    assert alive()[0] == "InvalidClientTokenId"
    iam.update_access_key(UserName="ada", AccessKeyId=old["AccessKeyId"], Status="Active")
    assert alive()[0] == "ok"
    iam.delete_access_key(UserName="ada", AccessKeyId=old["AccessKeyId"])
    assert alive() == ["InvalidClientTokenId", "ExpiredToken", "ok", "ok", "ok"]

    # 04:00 · the role's session ends; the morning's report is too old
    at(4.01)
    assert alive()[2] == "ExpiredToken"
    second_report = report(iam)
    assert first_report["ada"]["access_key_1_last_rotated"] == old["CreateDate"].isoformat()
    assert second_report["ada"]["access_key_1_last_rotated"] == new["CreateDate"].isoformat()
    assert second_report["ada"]["access_key_1_last_used_service"] == "sts"
    assert second_report["ada"]["password_last_used"] != "no_information"

    # 12:00 · signed out; the long session token lives on
    at(12.01)
    assert alive()[3:] == ["ExpiredToken", "ok"]

    # 20:00 · the certificate lapses: it stays where it is, but can't be uploaded again
    at(20.01)
    expires = iam.get_server_certificate(ServerCertificateName="www")["ServerCertificate"]
    assert expires["ServerCertificateMetadata"]["Expiration"] < lab.clock.now()
    assert code(upload, iam=iam, name="again", certified=web) == "MalformedCertificate"
    upload(iam, "again", certify("www.example.com"))
    iam.delete_server_certificate(ServerCertificateName="www")

    # 24:00 · the password and the API key have had their day
    at(24.01)
    listed = iam.list_service_specific_credentials(UserName="ada")["ServiceSpecificCredentials"]
    assert [(one["ServiceSpecificCredentialId"], one["Status"]) for one in listed] == [
        (api_key["ServiceSpecificCredentialId"], "Expired")
    ]
    with pytest.raises(SignInError) as caught:
        lab.sign_in("ada", FIRST)
    assert caught.value.refused is Refused.NEW_PASSWORD_NEEDED
    lab.sign_in("ada", FIRST, new_password=SECOND)
    rotated = report(iam)["ada"]["password_next_rotation"]
    assert datetime.fromisoformat(rotated) > lab.clock.now() + timedelta(hours=23)

    # the next day, noon · the last of the sessions has ended
    at(36.01)
    assert alive() == ["InvalidClientTokenId", *["ExpiredToken"] * 4]
