"""What STS refuses, and in which words.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT = "123456789012"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/Administrator"
UNCHECKED = Config(parameter_validation=False)
NOISE = "".join(
    Random(7).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=100_000)
)


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(name: str, *actions: str, **condition: Any) -> str:
    """A role that lets the account do these actions of STS, and may do anything itself."""
    trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": list(actions)}
    if condition:
        trust["Condition"] = condition
    iam = boto3.client("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    everything = document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything)
    return role_arn(name)


@pytest.fixture(scope="module")
def roles() -> Iterator[Lab]:
    """One lab for all calls that are refused: they change nothing."""
    with Lab(seed=7) as lab:
        make_role("Open", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
        make_role("Plain", "sts:AssumeRole")
        make_role("Partner", "sts:AssumeRole", StringEquals={"sts:ExternalId": "blue"})
        make_role("Tagged", "sts:AssumeRole", "sts:TagSession", StringEquals={"aws:RequestTag/team": "red"})
        make_role("Named", "sts:AssumeRole", StringLike={"sts:RoleSessionName": "${aws:username}"})
        yield lab


def refusal(call: Any, **params: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["Error"]["Message"], error["ResponseMetadata"]["HTTPStatusCode"]


def denied(action: str, role: str) -> tuple[str, str, int]:
    words = f"User: {CALLER} is not authorized to perform: {action} on resource: {role_arn(role)}"
    return "AccessDenied", words, 403


def breach(value: str, name: str, constraint: str) -> tuple[str, str, int]:
    words = f"Value '{value}' at '{name}' failed to satisfy constraint: Member must {constraint}"
    return "ValidationError", f"1 validation error detected: {words}", 400


def tag(key: str, value: str = "1") -> dict[str, str]:
    return {"Key": key, "Value": value}


SYNTAX = ("MalformedPolicyDocument", "The policy is not in the valid JSON format.", 400)
LONG = json.dumps({"Version": "2012-10-17", "Statement": [], "Id": "x" * 2048})
DENSE = document({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{NOISE[:1890]}"})
MANY = [tag(f"key{n:02}", NOISE[2000 + n * 250 : 2250 + n * 250]) for n in range(50)]

ASSUME_ROLE: list[tuple[str, dict[str, Any], tuple[str, str | None, int]]] = [
    ("a ghost", {"RoleArn": role_arn("Ghost")}, denied("sts:AssumeRole", "Ghost")),
    (
        "no ARN",
        {"RoleArn": "just-some-words-here"},
        ("ValidationError", "just-some-words-here is invalid", 400),
    ),
    (
        "a user",
        {"RoleArn": CALLER},
        (
            "AccessDenied",
            f"User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {CALLER}",
            403,
        ),
    ),
    ("no external id", {"RoleArn": role_arn("Partner")}, denied("sts:AssumeRole", "Partner")),
    (
        "another external id",
        {"RoleArn": role_arn("Partner"), "ExternalId": "moon"},
        denied("sts:AssumeRole", "Partner"),
    ),
    ("a name not the caller's", {"RoleArn": role_arn("Named")}, denied("sts:AssumeRole", "Named")),
    (
        "tags without leave",
        {"RoleArn": role_arn("Plain"), "Tags": [tag("a")]},
        denied("sts:TagSession", "Plain"),
    ),
    (
        "a source identity without leave",
        {"RoleArn": role_arn("Plain"), "SourceIdentity": "ana"},
        denied("sts:SetSourceIdentity", "Plain"),
    ),
    (
        "a tag of another value",
        {"RoleArn": role_arn("Tagged"), "Tags": [tag("team", "blue")]},
        denied("sts:AssumeRole", "Tagged"),
    ),
    ("policy is no JSON", {"Policy": "{"}, SYNTAX),
    ("policy too long", {"Policy": LONG}, breach(LONG, "policy", "have length less than or equal to 2048")),
    ("policy too dense", {"Policy": DENSE, "Tags": MANY[:10]}, ("PackedPolicyTooLarge", None, 400)),
    ("tags too dense", {"Tags": MANY}, ("PackedPolicyTooLarge", None, 400)),
    (
        "a policy that isn't",
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Ghost"}]},
        ("ValidationError", "Policy arn:aws:iam::aws:policy/Ghost does not exist or is not attachable.", 400),
    ),
    (
        "a tag of AWS's own",
        {"Tags": [tag("aws:team")]},
        ("InvalidParameterValue", "System tags cannot be added/updated by requester.", 400),
    ),
    (
        "an ARN that says nothing",
        {"RoleArn": ""},
        (
            "ValidationError",
            "2 validation errors detected: Value '' at 'roleArn' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: "
            r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+; "
            "Value '' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
            400,
        ),
    ),
    (
        "source identity too short",
        {"SourceIdentity": "x"},
        breach("x", "sourceIdentity", "have length greater than or equal to 2"),
    ),
    (
        "a context that nobody can assert",
        {
            "RoleArn": role_arn("Context"),
            "ProvidedContexts": [
                {
                    "ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter",
                    "ContextAssertion": "signed by nobody",
                }
            ],
        },
        ("InvalidParameterValue", "The context assertion that was provided is not valid.", 400),
    ),
]


@pytest.mark.parametrize(("case", "params", "answer"), ASSUME_ROLE, ids=[row[0] for row in ASSUME_ROLE])
def test_assume_role_refuses(
    roles: Lab, case: str, params: dict[str, Any], answer: tuple[str, str | None, int]
) -> None:
    if case.startswith("a context"):
        make_role("Context", "sts:AssumeRole", "sts:SetContext")
    asked = {"RoleArn": role_arn("Open"), "RoleSessionName": "ana"} | params
    code, words, status = refusal(boto3.client("sts", config=UNCHECKED).assume_role, **asked)
    assert (code, status) == (answer[0], answer[2])
    if answer[1] is not None:
        assert words == answer[1]


def test_packed_words_say_what_is_too_large_and_by_how_much(roles: Lab) -> None:
    assume = boto3.client("sts").assume_role
    asked = {"RoleArn": role_arn("Open"), "RoleSessionName": "ana"}
    policy = refusal(assume, **asked, Policy=DENSE, Tags=MANY[:10])[1]
    tags = refusal(assume, **asked, Tags=MANY)[1]
    percents = [int(words.split("%")[0].split()[-1]) for words in (policy, tags)]
    assert policy == f"Packed policy consumes {percents[0]}% of allotted space, please use smaller policy."
    assert tags == f"Packed size of session tags consumes {percents[1]}% of allotted space."
    assert min(percents) > 100


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("Partner", {"ExternalId": "blue"}),
    ("Tagged", {"Tags": [tag("team", "red")]}),
    ("Named", {"RoleSessionName": "Administrator"}),
    ("Open", {"SourceIdentity": "ana", "Tags": [tag("a")], "TransitiveTagKeys": ["A"]}),
]


@pytest.mark.parametrize(("role", "params"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_what_the_trust_policy_asks_for_opens_the_role(roles: Lab, role: str, params: dict[str, Any]) -> None:
    asked = {"RoleArn": role_arn(role), "RoleSessionName": "ana"} | params
    answer = boto3.client("sts").assume_role(**asked)
    assert answer["AssumedRoleUser"]["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/")


OTHERS: list[tuple[str, str, dict[str, Any], tuple[str, str, int]]] = [
    (
        "a federated name too short",
        "get_federation_token",
        {"Name": "x"},
        breach("x", "name", "have length greater than or equal to 2"),
    ),
    (
        "a federated name too long",
        "get_federation_token",
        {"Name": "x" * 33},
        breach("x" * 33, "name", "have length less than or equal to 32"),
    ),
    (
        "too short for a federated user",
        "get_federation_token",
        {"Name": "guest", "DurationSeconds": 899},
        breach("899", "durationSeconds", "have value greater than or equal to 900"),
    ),
    (
        "too long for a federated user",
        "get_federation_token",
        {"Name": "guest", "DurationSeconds": 129_601},
        breach("129601", "durationSeconds", "have value less than or equal to 129600"),
    ),
    (
        "too long for a session",
        "get_session_token",
        {"DurationSeconds": 129_601},
        breach("129601", "durationSeconds", "have value less than or equal to 129600"),
    ),
    ("a policy for nobody", "get_federation_token", {"Name": "guest", "Policy": "{"}, SYNTAX),
    (
        "a message of nobody",
        "decode_authorization_message",
        {"EncodedMessage": "abc"},
        ("InvalidAuthorizationMessageException", "Message is not valid", 400),
    ),
    (
        "a key id too short",
        "get_access_key_info",
        {"AccessKeyId": "AKIA"},
        breach("AKIA", "accessKeyId", "have length greater than or equal to 16"),
    ),
    (
        "a token for the outside",
        "get_web_identity_token",
        {"Audience": ["https://example.com"], "SigningAlgorithm": "RS256"},
        (
            "OutboundWebIdentityFederationDisabledException",
            "Outbound web identity federation is not enabled for this account.",
            403,
        ),
    ),
    (
        "a trade-in token",
        "get_delegated_access_token",
        {"TradeInToken": "junk"},
        (
            "ExpiredTradeInTokenException",
            "The trade-in token provided in the request has expired and can no longer be exchanged for credentials.",
            400,
        ),
    ),
]


@pytest.mark.parametrize(("case", "operation", "params", "answer"), OTHERS, ids=[row[0] for row in OTHERS])
def test_the_other_operations_refuse(
    roles: Lab, case: str, operation: str, params: dict[str, Any], answer: tuple[str, str, int]
) -> None:
    assert refusal(getattr(boto3.client("sts", config=UNCHECKED), operation), **params) == answer


def test_who_asks_for_a_longer_token_gets_one_and_its_size(roles: Lab) -> None:
    sts = boto3.client("sts")
    answer = sts.get_session_token(MinimumSessionTokenSize=3000)
    size = len(answer["Credentials"]["SessionToken"])
    assert size == answer["SessionTokenSize"] >= 3000
    assert answer["SessionTokenUtilization"] == -(-100 * size // 4096)
    assert "SessionTokenSize" not in sts.get_session_token()
    roles.session(answer).client("sts").get_caller_identity()
