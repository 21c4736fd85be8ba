"""STS answers as AWS does: credentials, limits, tags, refusals.

https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab

UNCHECKED = Config(parameter_validation=False)


def trust(**principal: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal or {"AWS": "123456789012"},
        "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


ALLOW_ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
S3_ONLY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)


def make_role(name: str, policy: str = ALLOW_ALL, **extra: Any) -> str:
    iam = boto3.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(), **extra)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy)
    return str(role["Arn"])


def refused(call: Callable[..., Any], **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def sts(session: Any = boto3) -> Any:
    return session.client("sts", config=UNCHECKED)


# ------------------------------------------------------------------ AssumeRole
def test_assume_role_hands_out_credentials_that_are_the_role(iam_lab: Lab) -> None:
    arn = make_role("Reader")
    answer = sts().assume_role(RoleArn=arn, RoleSessionName="ada")
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/Reader/ada"
    assert answer["AssumedRoleUser"]["AssumedRoleId"].startswith("AROA")
    assert "PackedPolicySize" not in answer
    who = sts(iam_lab.session(answer)).get_caller_identity()
    assert who["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert who["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]


def test_every_assumption_has_its_own_credentials(iam_lab: Lab) -> None:
    arn = make_role("Reader")
    keys = {
        sts().assume_role(RoleArn=arn, RoleSessionName="ada")["Credentials"]["AccessKeyId"] for _ in range(3)
    }
    assert len(keys) == 3


VALIDATION = "1 validation error detected: Value "
BAD_PARAMETERS: list[tuple[dict[str, Any], str]] = [
    (
        {"RoleSessionName": "a b"},
        VALIDATION + "'a b' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*",
    ),
    (
        {"RoleSessionName": "x" * 65},
        VALIDATION + f"'{'x' * 65}' at 'roleSessionName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
    ),
    (
        {"RoleSessionName": "x"},
        VALIDATION + "'x' at 'roleSessionName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2",
    ),
    (
        {"DurationSeconds": 899},
        VALIDATION + "'899' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value greater than or equal to 900",
    ),
    (
        {"DurationSeconds": 43201},
        VALIDATION + "'43201' at 'durationSeconds' failed to satisfy constraint: "
        "Member must have value less than or equal to 43200",
    ),
    (
        {"ExternalId": "!"},
        "2 validation errors detected: Value '!' at 'externalId' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@:\/-]*; Value '!' at 'externalId' failed to "
        "satisfy constraint: Member must have length greater than or equal to 2",
    ),
    (
        {"DurationSeconds": 3601},
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    ),
]


@pytest.mark.parametrize(("params", "message"), BAD_PARAMETERS)
def test_assume_role_names_the_parameter_that_is_wrong(
    iam_lab: Lab, params: dict[str, Any], message: str
) -> None:
    arn = make_role("Reader")
    wanted = {"RoleArn": arn, "RoleSessionName": "ada"} | params
    assert refused(sts().assume_role, **wanted) == ("ValidationError", message, 400)


def test_a_role_may_allow_longer_sessions(iam_lab: Lab) -> None:
    arn = make_role("Night", MaxSessionDuration=7200)
    before = iam_lab.clock.now()
    answer = sts().assume_role(RoleArn=arn, RoleSessionName="ada", DurationSeconds=7200)
    lives = answer["Credentials"]["Expiration"] - before
    assert timedelta(seconds=7195) < lives < timedelta(seconds=7230)


def test_a_ghost_role_is_refused_like_a_forbidden_one(iam_lab: Lab) -> None:
    ghost = "arn:aws:iam::123456789012:role/ghost"
    code, message, status = refused(sts().assume_role, RoleArn=ghost, RoleSessionName="ada")
    assert (code, status) == ("AccessDenied", 403)
    assert message == (
        "User: arn:aws:iam::123456789012:user/Administrator is not authorized to perform: sts:AssumeRole "
        f"on resource: {ghost}"
    )


def test_root_assumes_no_role(iam_lab: Lab) -> None:
    arn = make_role("Reader")
    root = sts(iam_lab.root_session())
    assert refused(root.assume_role, RoleArn=arn, RoleSessionName="ada") == (
        "AccessDenied",
        "Roles may not be assumed by root accounts.",
        403,
    )


def test_a_trust_policy_lets_in_or_keeps_out(iam_lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName="ForEc2", AssumeRolePolicyDocument=trust(Service="ec2.amazonaws.com"))
    code, _, status = refused(
        sts().assume_role, RoleArn="arn:aws:iam::123456789012:role/ForEc2", RoleSessionName="ada"
    )
    assert (code, status) == ("AccessDenied", 403)


def test_chained_sessions_live_an_hour_at_most(iam_lab: Lab) -> None:
    first = make_role("First")
    second = make_role("Second", MaxSessionDuration=43200)
    chained = sts(iam_lab.session(sts().assume_role(RoleArn=first, RoleSessionName="ada")))
    assert chained.assume_role(RoleArn=second, RoleSessionName="ada")["Credentials"]
    assert refused(chained.assume_role, RoleArn=second, RoleSessionName="ada", DurationSeconds=3601) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        400,
    )


# ------------------------------------------------------------------ session policies
def test_a_session_policy_takes_away_what_it_does_not_allow(iam_lab: Lab) -> None:
    arn = make_role("Reader")
    answer = sts().assume_role(RoleArn=arn, RoleSessionName="ada", Policy=S3_ONLY)
    assert 0 < answer["PackedPolicySize"] <= 100
    session = iam_lab.session(answer)
    session.client("s3").list_buckets()
    code, message, _ = refused(session.client("iam").list_users)
    assert code == "AccessDenied"
    assert message.endswith("because no session policy allows the iam:ListUsers action")


def test_a_managed_session_policy_counts_like_an_inline_one(iam_lab: Lab) -> None:
    arn = make_role("Reader")
    answer = sts().assume_role(
        RoleArn=arn,
        RoleSessionName="ada",
        PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}],
    )
    session = iam_lab.session(answer)
    session.client("s3").list_buckets()
    assert refused(session.client("s3").create_bucket, Bucket="mine")[0] == "AccessDenied"


BAD_SESSION_POLICIES: list[tuple[dict[str, Any], str]] = [
    ({"Policy": "{"}, "MalformedPolicyDocument"),
    ({"Policy": json.dumps({"Version": "2012-10-17", "Statement": []})}, "MalformedPolicyDocument"),
    ({"Policy": trust()}, "MalformedPolicyDocument"),
    ({"Policy": json.dumps({"Version": "2012-10-17", "Id": "x" * 2048, "Statement": []})}, "ValidationError"),
    ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Ghost"}]}, "ValidationError"),
    ({"PolicyArns": [{"arn": f"arn:aws:iam::aws:policy/P{i}"} for i in range(11)]}, "ValidationError"),
]


@pytest.mark.parametrize(("params", "code"), BAD_SESSION_POLICIES)
def test_a_bad_session_policy_gives_no_session(iam_lab: Lab, params: dict[str, Any], code: str) -> None:
    arn = make_role("Reader")
    assert refused(sts().assume_role, RoleArn=arn, RoleSessionName="ada", **params)[0] == code
    assert not iam_lab.state.sessions


# ------------------------------------------------------------------ tags and source identity
def test_session_tags_reach_the_policies(iam_lab: Lab) -> None:
    by_tag = {
        "Effect": "Allow",
        "Action": "iam:ListUsers",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    }
    arn = make_role("Reader", json.dumps({"Version": "2012-10-17", "Statement": [by_tag]}))
    red = sts().assume_role(RoleArn=arn, RoleSessionName="ada", Tags=[{"Key": "team", "Value": "red"}])
    blue = sts().assume_role(RoleArn=arn, RoleSessionName="ada", Tags=[{"Key": "team", "Value": "blue"}])
    iam_lab.session(red).client("iam").list_users()
    assert refused(iam_lab.session(blue).client("iam").list_users)[0] == "AccessDenied"


def test_transitive_tags_and_source_identity_go_down_the_chain_unchanged(iam_lab: Lab) -> None:
    first, second = make_role("First"), make_role("Second")
    tags = [{"Key": "team", "Value": "red"}, {"Key": "shift", "Value": "night"}]
    start = sts().assume_role(
        RoleArn=first, RoleSessionName="ada", Tags=tags, TransitiveTagKeys=["Team"], SourceIdentity="ada.l"
    )
    assert start["SourceIdentity"] == "ada.l"
    chained = sts(iam_lab.session(start))
    wanted = {"RoleArn": second, "RoleSessionName": "next"}
    end = chained.assume_role(**wanted)
    session = iam_lab.state.sessions[end["Credentials"]["AccessKeyId"]]
    assert dict(session.tags) == {"team": "red"}
    assert session.source_identity == "ada.l"
    assert refused(chained.assume_role, **wanted, Tags=[{"Key": "TEAM", "Value": "blue"}]) == (
        "InvalidParameterValue",
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
        "from the calling session.",
        400,
    )
    assert refused(chained.assume_role, **wanted, SourceIdentity="eve") == (
        "ValidationError",
        "The source identity is already set for this assume role session",
        400,
    )


BAD_TAGS: list[tuple[dict[str, Any], str]] = [
    (
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    ),
    (
        {"Tags": [{"Key": "a", "Value": "1"}], "TransitiveTagKeys": ["b"]},
        "The specified transitive tag key must be included in the requested tags.",
    ),
]


@pytest.mark.parametrize(("params", "message"), BAD_TAGS)
def test_tags_that_contradict_each_other_are_refused(
    iam_lab: Lab, params: dict[str, Any], message: str
) -> None:
    arn = make_role("Reader")
    found = refused(sts().assume_role, RoleArn=arn, RoleSessionName="ada", **params)
    assert found == ("InvalidParameterValue", message, 400)


# ------------------------------------------------------------------ sessions of users
def test_get_session_token_gives_credentials_of_the_same_user(iam_lab: Lab) -> None:
    who = sts(iam_lab.session(sts().get_session_token())).get_caller_identity()
    assert who == who | {k: v for k, v in sts().get_caller_identity().items() if k != "ResponseMetadata"}


LIFETIMES: list[tuple[str, str, dict[str, Any], int]] = [
    ("user", "get_session_token", {}, 43_200),
    ("user", "get_session_token", {"DurationSeconds": 129_600}, 129_600),
    ("root", "get_session_token", {}, 3_600),
    ("root", "get_session_token", {"DurationSeconds": 7_200}, 3_600),
    ("user", "get_federation_token", {"Name": "guest"}, 43_200),
    ("root", "get_federation_token", {"Name": "guest"}, 3_600),
]


@pytest.mark.parametrize(("who", "operation", "params", "seconds"), LIFETIMES)
def test_sessions_of_users_live_as_long_as_aws_lets_them(
    iam_lab: Lab, who: str, operation: str, params: dict[str, Any], seconds: int
) -> None:
    client = sts(iam_lab.root_session() if who == "root" else boto3)
    before = iam_lab.clock.now()
    expires = getattr(client, operation)(**params)["Credentials"]["Expiration"]
    assert abs((expires - before).total_seconds() - seconds) < 30


def test_a_federated_user_has_what_user_and_session_policy_both_allow(iam_lab: Lab) -> None:
    guest = sts().get_federation_token(Name="guest", Policy=S3_ONLY)
    assert guest["FederatedUser"] == {
        "FederatedUserId": "123456789012:guest",
        "Arn": "arn:aws:sts::123456789012:federated-user/guest",
    }
    session = iam_lab.session(guest)
    session.client("s3").list_buckets()
    assert refused(session.client("dynamodb").list_tables)[0] == "AccessDeniedException"
    nothing = iam_lab.session(sts().get_federation_token(Name="guest"))
    assert refused(nothing.client("s3").list_buckets)[0] == "AccessDenied"


# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
LIMITS: list[tuple[str, str, str, dict[str, Any], str | None]] = [
    ("role", "sts", "get_caller_identity", {}, None),
    ("role", "iam", "list_users", {}, None),
    ("role", "sts", "get_session_token", {}, "Cannot call GetSessionToken with session credentials"),
    (
        "role",
        "sts",
        "get_federation_token",
        {"Name": "guest"},
        "Cannot call GetFederationToken with session credentials",
    ),
    ("token", "sts", "get_caller_identity", {}, None),
    ("token", "s3", "list_buckets", {}, None),
    ("token", "iam", "list_users", {}, "The security token included in the request is invalid"),
    ("token", "sts", "get_session_token", {}, "Cannot call GetSessionToken with session credentials"),
    ("federated", "sts", "get_caller_identity", {}, None),
    ("federated", "s3", "list_buckets", {}, None),
    ("federated", "iam", "list_users", {}, "The security token included in the request is invalid"),
    (
        "federated",
        "sts",
        "assume_role",
        {"RoleArn": "arn:aws:iam::123456789012:role/Reader", "RoleSessionName": "ada"},
        "Cannot call AssumeRole with session credentials",
    ),
]


@pytest.mark.parametrize(("kind", "service", "operation", "params", "message"), LIMITS)
def test_temporary_credentials_have_limits_that_no_policy_lifts(
    iam_lab: Lab, kind: str, service: str, operation: str, params: dict[str, Any], message: str | None
) -> None:
    arn = make_role("Reader")
    made = {
        "role": lambda: sts().assume_role(RoleArn=arn, RoleSessionName="ada"),
        "token": lambda: sts().get_session_token(),
        "federated": lambda: sts().get_federation_token(Name="guest", Policy=ALLOW_ALL),
    }[kind]()
    call = getattr(iam_lab.session(made).client(service), operation)
    if message is None:
        call(**params)
    else:
        assert refused(call, **params)[1:] == (message, 403)


# ------------------------------------------------------------------ what nobody can prove yet
UNPROVEN: list[tuple[str, dict[str, Any], str]] = [
    (
        "assume_role",
        {"SerialNumber": "arn:aws:iam::123456789012:mfa/ada", "TokenCode": "123456"},
        "AccessDenied",
    ),
    ("assume_role", {"SerialNumber": "arn:aws:iam::123456789012:mfa/ada"}, "AccessDenied"),
    (
        "get_session_token",
        {"SerialNumber": "arn:aws:iam::123456789012:mfa/ada", "TokenCode": "123456"},
        "AccessDenied",
    ),
    (
        "assume_role_with_web_identity",
        {"RoleSessionName": "ada", "WebIdentityToken": "junk"},
        "InvalidIdentityToken",
    ),
    (
        "assume_role_with_saml",
        {"PrincipalArn": "arn:aws:iam::123456789012:saml-provider/Corp", "SAMLAssertion": "anVuaw=="},
        "InvalidIdentityToken",
    ),
]


@pytest.mark.parametrize(("operation", "params", "code"), UNPROVEN)
def test_a_factor_that_cannot_be_verified_is_not_believed(
    iam_lab: Lab, operation: str, params: dict[str, Any], code: str
) -> None:
    arn = make_role("Reader")
    if operation.startswith("assume_role"):
        params = {"RoleArn": arn, "RoleSessionName": "ada"} | params
    if operation == "assume_role_with_saml":
        del params["RoleSessionName"]
    assert refused(getattr(sts(), operation), **params)[0] == code
    assert not iam_lab.state.sessions


# ------------------------------------------------------------------ the small ones
def test_an_access_key_tells_its_account(iam_lab: Lab) -> None:
    key = boto3.client("iam").create_user(UserName="ada")
    assert key["User"]["UserId"].startswith("AIDA")
    made = boto3.client("iam").create_access_key(UserName="ada")["AccessKey"]
    boto3.client("iam").delete_access_key(UserName="ada", AccessKeyId=made["AccessKeyId"])
    info = sts().get_access_key_info(AccessKeyId=made["AccessKeyId"])
    assert info["Account"] == "123456789012"


def test_a_denied_ec2_call_can_be_decoded_by_who_may(iam_lab: Lab) -> None:
    boto3.client("iam").create_user(UserName="ada")
    ada = iam_lab.session(boto3.client("iam").create_access_key(UserName="ada"))
    _, message, _ = refused(ada.client("ec2").terminate_instances, InstanceIds=["i-0123456789abcdef0"])
    encoded = message.rpartition(" ")[2]
    decoded = json.loads(sts().decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert decoded["allowed"] is False
    assert refused(sts().decode_authorization_message, EncodedMessage="x")[:2] == (
        "InvalidAuthorizationMessageException",
        "Message is not valid",
    )


def test_sessions_are_the_same_in_every_run_of_a_seeded_lab() -> None:
    def keys() -> list[str]:
        with Lab(seed=11):
            arn = make_role("Reader")
            made = [sts().assume_role(RoleArn=arn, RoleSessionName="ada"), sts().get_session_token()]
            return [f"{m['Credentials']}" for m in made]

    assert keys() == keys()
