"""Tokens that tell others who a principal of AWS is.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from joserfc import jwt
from joserfc.jwk import KeySet

from iamlab.cloud import Lab

ACCOUNT = "123456789012"
AUDIENCE = "https://api.example.com"


def refusal(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


def verified(token: str, issuer: str) -> dict[str, Any]:
    """The claims of a token, checked as any service outside of AWS would."""
    configuration = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=5).json()
    assert configuration["issuer"] == issuer
    keys = KeySet.import_key_set(requests.get(configuration["jwks_uri"], timeout=5).json())
    return dict(jwt.decode(token, keys, algorithms=["RS256", "ES384"]).claims)


def make_role(**extra: Any) -> str:
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    allow = {
        "Effect": "Allow",
        "Action": ["sts:GetWebIdentityToken", "sts:TagGetWebIdentityToken"],
        "Resource": "*",
    }
    iam = boto3.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName="App", AssumeRolePolicyDocument=document, **extra)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName="App", PolicyName="tokens", PolicyDocument=policy)
    return str(arn)


def test_the_feature_is_off_until_it_is_switched_on_and_keeps_its_address(lab: Lab) -> None:
    iam, sts = boto3.client("iam"), boto3.client("sts")
    asked = {"Audience": [AUDIENCE], "SigningAlgorithm": "RS256"}
    off = ("OutboundWebIdentityFederationDisabledException", 403)
    assert refusal(sts.get_web_identity_token, **asked) == off
    assert refusal(iam.get_outbound_web_identity_federation_info) == ("FeatureDisabled", 404)
    assert refusal(iam.disable_outbound_web_identity_federation) == ("FeatureDisabled", 404)
    issuer = iam.enable_outbound_web_identity_federation()["IssuerIdentifier"]
    assert refusal(iam.enable_outbound_web_identity_federation) == ("FeatureEnabled", 409)
    info = iam.get_outbound_web_identity_federation_info()
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    token = sts.get_web_identity_token(**asked)["WebIdentityToken"]
    iam.disable_outbound_web_identity_federation()
    assert refusal(sts.get_web_identity_token, **asked) == off
    assert verified(token, issuer)["aud"] == AUDIENCE, "what is out stays valid"
    assert iam.enable_outbound_web_identity_federation()["IssuerIdentifier"] == issuer


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_a_token_tells_the_role_its_tags_and_the_requests(lab: Lab, algorithm: str) -> None:
    arn = make_role(Tags=[{"Key": "team", "Value": "blue"}])
    issuer = boto3.client("iam").enable_outbound_web_identity_federation()["IssuerIdentifier"]
    session = lab.session(boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="job"))
    answer = session.client("sts").get_web_identity_token(
        Audience=[AUDIENCE, "https://other.example.com"],
        SigningAlgorithm=algorithm,
        DurationSeconds=600,
        Tags=[{"Key": "job-id", "Value": "7"}],
    )
    claims = verified(answer["WebIdentityToken"], issuer)
    assert (claims["iss"], claims["sub"]) == (issuer, arn)
    assert claims["aud"] == [AUDIENCE, "https://other.example.com"]
    assert claims["exp"] - claims["iat"] == 600
    assert claims["exp"] == int(answer["Expiration"].timestamp())
    assert claims["https://sts.amazonaws.com/"] == {
        "aws_account": ACCOUNT,
        "source_region": "us-east-1",
        "principal_tags": {"team": "blue"},
        "request_tags": {"job-id": "7"},
    }


def test_a_token_does_not_outlive_the_session_it_was_asked_with(lab: Lab) -> None:
    arn = make_role()
    boto3.client("iam").enable_outbound_web_identity_federation()
    role = boto3.client("sts").assume_role(RoleArn=arn, RoleSessionName="job", DurationSeconds=900)
    sts = lab.session(role).client("sts")
    asked = {"Audience": [AUDIENCE], "SigningAlgorithm": "ES384"}
    assert refusal(sts.get_web_identity_token, **asked, DurationSeconds=3600) == (
        "SessionDurationEscalationException",
        403,
    )
    assert sts.get_web_identity_token(**asked)["WebIdentityToken"]


def test_other_algorithms_and_other_addresses_are_refused(lab: Lab) -> None:
    boto3.client("iam").enable_outbound_web_identity_federation()
    sts = boto3.client("sts")
    asked = {"Audience": [AUDIENCE], "SigningAlgorithm": "HS256"}
    assert refusal(sts.get_web_identity_token, **asked) == ("ValidationError", 400)
    strange = "https://00000000-0000-4000-8000-000000000000.tokens.sts.global.api.aws/.well-known/jwks.json"
    assert requests.get(strange, timeout=5).status_code == 404


def test_only_who_may_gets_a_token(lab: Lab, make_user: Any) -> None:
    boto3.client("iam").enable_outbound_web_identity_federation()
    allow = {
        "Effect": "Allow",
        "Action": "sts:GetWebIdentityToken",
        "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {"sts:IdentityTokenAudience": AUDIENCE}},
    }
    ana, bob = make_user("ana", allow).client("sts"), make_user("bob").client("sts")
    asked = {"Audience": [AUDIENCE], "SigningAlgorithm": "ES384"}
    assert ana.get_web_identity_token(**asked)["WebIdentityToken"]
    assert (
        refusal(ana.get_web_identity_token, **asked | {"Audience": ["https://evil.example"]})[0]
        == "AccessDenied"
    )
    assert refusal(bob.get_web_identity_token, **asked)[0] == "AccessDenied"
