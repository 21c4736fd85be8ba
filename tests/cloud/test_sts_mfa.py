"""Calls of STS with a second factor, and what the credentials from them are good for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.outside.authenticator import Authenticator

ACCOUNT = "123456789012"
DEVICE = f"arn:aws:iam::{ACCOUNT}:mfa/ana"
UNCHECKED = Config(parameter_validation=False)
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
FAILED = "MultiFactorAuthentication failed"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def ana(lab: Lab, make_user: Any) -> tuple[Any, Authenticator]:
    """`ana` with a device that is enabled, and her authenticator a few minutes later."""
    session = make_user("ana", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam = boto3.client("iam")
    app = Authenticator(lab.clock.now)
    app.add(iam.create_virtual_mfa_device(VirtualMFADeviceName="ana")["VirtualMFADevice"]["Base32StringSeed"])
    first, second = app.two_codes()
    iam.enable_mfa_device(
        UserName="ana", SerialNumber=DEVICE, AuthenticationCode1=first, AuthenticationCode2=second
    )
    lab.clock.advance(minutes=5)
    return session, app


def make_role(condition: dict[str, Any]) -> str:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": ACCOUNT},
        "Action": "sts:AssumeRole",
        "Condition": condition,
    }
    iam = boto3.client("iam")
    arn = iam.create_role(RoleName="Vault", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    iam.put_role_policy(
        RoleName="Vault",
        PolicyName="all",
        PolicyDocument=document({"Effect": "Allow", "Action": "*", "Resource": "*"}),
    )
    return str(arn)


def refusal(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


HALF = f"{FAILED}, must provide both MFA serial number and one time pass code."
FOREIGN = (
    f"{FAILED}, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with "
    "this user."
)
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"SerialNumber": DEVICE, "TokenCode": "wrong"}, f"{FAILED} with invalid MFA one time pass code. "),
    ({"SerialNumber": DEVICE}, HALF),
    ({"TokenCode": "right"}, HALF),
    ({"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/bob", "TokenCode": "right"}, FOREIGN),
    ({"SerialNumber": "GAHT12345678", "TokenCode": "right"}, FOREIGN),
]


@pytest.mark.parametrize("operation", ["get_session_token", "assume_role"])
def test_what_is_not_proven_is_refused(ana: tuple[Any, Authenticator], operation: str) -> None:
    session, app = ana
    right = app.code()
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    asked = {"RoleArn": make_role({}), "RoleSessionName": "ana"} if operation == "assume_role" else {}
    call = getattr(session.client("sts", config=UNCHECKED), operation)
    for params, words in REFUSED:
        given = {name: {"right": right, "wrong": wrong}.get(value, value) for name, value in params.items()}
        assert refusal(call, **asked, **given) == ("AccessDenied", words, 403), params
    call(**asked, SerialNumber=DEVICE, TokenCode=right)  # no refusal has used the code up


def test_a_role_that_asks_for_mfa_opens_to_a_code_once(ana: tuple[Any, Authenticator], lab: Lab) -> None:
    session, app = ana
    arn = make_role(WITH_MFA)
    sts = session.client("sts")
    asked = {"RoleArn": arn, "RoleSessionName": "ana"}
    assert refusal(sts.assume_role, **asked)[0] == "AccessDenied"
    code = app.code()
    answer = sts.assume_role(**asked, SerialNumber=DEVICE, TokenCode=code)
    assert answer["AssumedRoleUser"]["Arn"].endswith("assumed-role/Vault/ana")
    assert refusal(sts.assume_role, **asked, SerialNumber=DEVICE, TokenCode=code)[1].startswith(FAILED)


def test_a_role_may_ask_how_old_the_factor_is(ana: tuple[Any, Authenticator], lab: Lab) -> None:
    session, app = ana
    arn = make_role({"NumericLessThan": {"aws:MultiFactorAuthAge": "600"}})
    asked = {"RoleArn": arn, "RoleSessionName": "ana"}
    token = session.client("sts").get_session_token(SerialNumber=DEVICE, TokenCode=app.code())
    strong = lab.session(token).client("sts")
    strong.assume_role(**asked)
    lab.clock.advance(minutes=11)
    assert refusal(strong.assume_role, **asked)[0] == "AccessDenied"
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    session.client("sts").assume_role(**asked, SerialNumber=DEVICE, TokenCode=app.code())


# Whose call -> what `aws:MultiFactorAuthPresent` is in it; None: the key is absent.
PRESENT: list[tuple[str, bool | None]] = [
    ("access key", None),
    ("token without code", False),
    ("token with code", True),
    ("role with code", None),
    ("federated", None),
]


@pytest.mark.parametrize(("whose", "present"), PRESENT)
def test_the_key_is_there_when_aws_has_it(
    ana: tuple[Any, Authenticator], lab: Lab, whose: str, present: bool | None
) -> None:
    session, app = ana
    sts = session.client("sts")
    factor = {"SerialNumber": DEVICE, "TokenCode": app.code()}
    if whose == "access key":
        used = session
    elif whose == "token without code":
        used = lab.session(sts.get_session_token())
    elif whose == "token with code":
        used = lab.session(sts.get_session_token(**factor))
    elif whose == "role with code":
        used = lab.session(sts.assume_role(RoleArn=make_role(WITH_MFA), RoleSessionName="ana", **factor))
    else:
        everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
        used = lab.session(sts.get_federation_token(Name="fred", Policy=everything))
    used.client("dynamodb", region_name="us-east-1").list_tables()
    context = lab.why().request.context
    assert context.get("aws:MultiFactorAuthPresent") == present
    assert ("aws:MultiFactorAuthAge" in context) is bool(present)


def test_only_a_token_with_a_factor_may_call_iam(ana: tuple[Any, Authenticator], lab: Lab) -> None:
    session, app = ana
    sts = session.client("sts")
    weak, strong = sts.get_session_token(), sts.get_session_token(SerialNumber=DEVICE, TokenCode=app.code())
    assert refusal(lab.session(weak).client("iam").list_users)[0] == "InvalidClientTokenId"
    assert lab.session(strong).client("iam").list_users()["Users"]


def test_a_role_has_no_device(ana: tuple[Any, Authenticator], lab: Lab) -> None:
    session, app = ana
    arn = make_role({})
    role = lab.session(session.client("sts").assume_role(RoleArn=arn, RoleSessionName="ana"))
    asked = {"RoleArn": arn, "RoleSessionName": "again", "SerialNumber": DEVICE, "TokenCode": app.code()}
    assert refusal(role.client("sts").assume_role, **asked) == ("AccessDenied", FOREIGN, 403)


def test_the_trail_tells_of_the_factor_where_policies_can_not(
    ana: tuple[Any, Authenticator], lab: Lab
) -> None:
    session, app = ana
    sts, arn = session.client("sts"), make_role(WITH_MFA)
    role = sts.assume_role(RoleArn=arn, RoleSessionName="ana", SerialNumber=DEVICE, TokenCode=app.code())
    used = lab.session(role).client("sts")
    used.get_caller_identity()
    identity = lab.trail[-1].record()["userIdentity"]
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "true"
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    assert refusal(used.assume_role, RoleArn=arn, RoleSessionName="next")[0] == "AccessDenied"


def test_a_users_own_session_is_no_link_of_a_chain(ana: tuple[Any, Authenticator], lab: Lab) -> None:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html: chaining is a role that assumes a role
    session, app = ana
    arn = make_role(WITH_MFA)
    boto3.client("iam").update_role(RoleName="Vault", MaxSessionDuration=7200)
    token = session.client("sts").get_session_token(SerialNumber=DEVICE, TokenCode=app.code())
    asked = {"RoleArn": arn, "RoleSessionName": "ana", "DurationSeconds": 7200}
    assert lab.session(token).client("sts").assume_role(**asked)["Credentials"]
