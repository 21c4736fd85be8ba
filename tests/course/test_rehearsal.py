"""A rehearsed call is decided as the gate decides it when it is really made: same checks, same outcome, same layer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Decision, Lab
from iamlab.cloud.rehearsal import UnknownPrincipal, federated, principal, rehearse
from iamlab.outside.oidc import OidcIdp
from iamlab.outside.saml import SamlIdp

TABLE = {"TableName": "T", "Key": {"id": {"S": "1"}}}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListAllMyBuckets"], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "dynamodb:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
        },
        {"Effect": "Deny", "Action": "dynamodb:DeleteTable", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/${aws:username}"},
    ],
}

# service, operation, parameters, region
CALLS: list[tuple[str, str, dict[str, Any], str]] = [
    ("s3", "ListBuckets", {}, "us-east-1"),
    ("s3", "GetObject", {"Bucket": "photos", "Key": "k"}, "us-east-1"),
    ("s3", "PutObject", {"Bucket": "photos", "Key": "k"}, "us-east-1"),
    ("s3", "ListObjectsV2", {"Bucket": "photos"}, "us-east-1"),
    ("s3", "CopyObject", {"Bucket": "photos", "Key": "k2", "CopySource": "photos/k"}, "us-east-1"),
    ("dynamodb", "GetItem", TABLE, "eu-central-1"),
    ("dynamodb", "GetItem", TABLE, "us-east-1"),
    ("dynamodb", "DeleteTable", {"TableName": "T"}, "eu-central-1"),
    ("iam", "GetUser", {"UserName": "una"}, "us-east-1"),
    ("iam", "ListAccessKeys", {"UserName": "Administrator"}, "us-east-1"),
    ("ec2", "DescribeInstances", {}, "us-east-1"),
    (
        "sts",
        "AssumeRole",
        {"RoleArn": "arn:aws:iam::123456789012:role/R", "RoleSessionName": "one"},
        "us-east-1",
    ),
]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=3) as running:
        yield running


@pytest.fixture(scope="module")
def callers(lab: Lab) -> dict[str, boto3.Session]:
    """The user `una` and a session of the role `R`, both with the same policy, and a bucket for them to ask for."""
    boto3.client("s3").create_bucket(Bucket="photos")
    iam, sts = boto3.client("iam"), boto3.client("sts")
    iam.create_user(UserName="una")
    iam.put_user_policy(UserName="una", PolicyName="P", PolicyDocument=json.dumps(POLICY))
    trust = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:user/Administrator"},
            "Action": "sts:AssumeRole",
        },
    }
    arn = iam.create_role(RoleName="R", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="R", PolicyName="P", PolicyDocument=json.dumps(POLICY))
    return {
        "user/una": lab.session(iam.create_access_key(UserName="una")),
        "role/R": lab.session(sts.assume_role(RoleArn=arn, RoleSessionName="rehearsal")),
    }


def essence(decision: Decision) -> tuple[Any, ...]:
    request = decision.request
    return request.principal, request.action, request.resource, decision.outcome, decision.layer


@pytest.mark.parametrize("who", ["user/una", "role/R"])
@pytest.mark.parametrize(("service", "operation", "params", "region"), CALLS)
def test_it_is_decided_as_if_it_were_made(
    lab: Lab,
    callers: dict[str, boto3.Session],
    who: str,
    service: str,
    operation: str,
    params: dict[str, Any],
    region: str,
) -> None:
    rehearsed = rehearse(lab.state, principal(lab.state, who), service, operation, params, region)
    client = callers[who].client(service, region_name=region)  # type: ignore[call-overload]
    with suppress(ClientError):  # denied, or the thing isn't there: the decision is what counts
        client._make_api_call(operation, params)
    made = lab.state.decisions[-1].decisions
    assert [essence(decision) for decision in rehearsed] == [essence(decision) for decision in made]


def test_a_rehearsal_leaves_no_trace(lab: Lab, callers: dict[str, boto3.Session]) -> None:
    before = len(lab.state.events), len(lab.state.decisions), lab.clock.now()
    rehearse(lab.state, principal(lab.state, "user/una"), "s3", "ListBuckets", {})
    assert (len(lab.state.events), len(lab.state.decisions), lab.clock.now()) == before


@pytest.mark.parametrize("who", ["user/nobody", "role/None", "group/Devs"])
def test_a_principal_that_is_not_there_is_named(lab: Lab, who: str) -> None:
    kind, name = who.split("/")
    with pytest.raises(UnknownPrincipal, match=f"no {kind} named `{name}`"):
        principal(lab.state, who)


@pytest.mark.parametrize(
    ("mfa", "present"), [(None, None), (False, False), (True, True)], ids=["key", "token", "token with code"]
)
def test_a_second_factor_is_there_as_getsessiontoken_has_it(
    lab: Lab, callers: dict[str, boto3.Session], mfa: bool | None, present: bool | None
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html"""
    caller = principal(lab.state, "user/una", mfa=mfa)
    (decision,) = rehearse(lab.state, caller, "s3", "ListBuckets", {})
    assert decision.request.context.get("aws:MultiFactorAuthPresent") is present


# ---------------------------------------------------------------- those for whom a provider vouches
AUDIENCE = {"StringEquals": {"saml:aud": "https://signin.aws.amazon.com/saml"}}
JOB = {"StringEquals": {"ci.example.org:aud": "sts.amazonaws.com", "ci.example.org:sub": "repo:o/r:main"}}


def trusting(lab: Lab, name: str, provider: str, action: str, condition: dict[str, Any]) -> str:
    """A role for those who come from a provider."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": action,
        "Condition": condition,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    arn: str = boto3.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"][
        "Arn"
    ]
    return arn


def made(lab: Lab, operation: str, params: dict[str, Any]) -> list[Decision]:
    """The decisions on a call that is really made."""
    with suppress(ClientError):
        boto3.client("sts")._make_api_call(operation, params)  # type: ignore[attr-defined]
    return list(lab.state.decisions[-1].decisions)


@pytest.mark.parametrize("tags", [{}, {"team": "data"}], ids=["without tags", "with a tag"])
def test_an_assertion_is_rehearsed_as_it_is_decided(lab: Lab, tags: dict[str, str]) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html"""
    idp, name = SamlIdp(lab.clock.now), f"Rehearsed{len(tags)}"
    provider = boto3.client("iam").create_saml_provider(Name=name, SAMLMetadataDocument=idp.metadata())[
        "SAMLProviderArn"
    ]
    role = trusting(lab, name, provider, "sts:AssumeRoleWithSAML", AUDIENCE)
    user = idp.add_user("rehearsal", "x", roles=[(role, provider)], tags=tags)
    params = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": idp.respond(user)}
    claims = {"saml:aud": "https://signin.aws.amazon.com/saml", "saml:sub": "rehearsal"}
    caller = federated(lab.state, f"saml-provider/{name}", claims, tags)
    rehearsed = rehearse(lab.state, caller, "sts", "AssumeRoleWithSAML", {"RoleArn": role})
    really = made(lab, "AssumeRoleWithSAML", params)
    assert [essence(decision) for decision in rehearsed] == [essence(decision) for decision in really]
    assert [decision.allowed for decision in really] == [True] + [False] * len(tags)
    for mine, theirs in zip(rehearsed, really, strict=True):
        said = dict(theirs.request.context)
        moments = {key: said[key] for key in ("aws:CurrentTime", "aws:EpochTime")}
        assert {**said, **mine.request.context, **moments} == said


@pytest.mark.parametrize(("subject", "allowed"), [("repo:o/r:main", True), ("repo:o/r:other", False)])
def test_a_token_is_rehearsed_as_it_is_decided(lab: Lab, subject: str, allowed: bool) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    name = f"Job{allowed}"
    issuer = f"https://{name.lower()}.example.org"
    host = issuer.removeprefix("https://")
    condition = json.loads(json.dumps(JOB).replace("ci.example.org", host))
    with OidcIdp(lab.clock.now, issuer) as idp:
        lab.trust_issuer(issuer, idp.start())
        provider = boto3.client("iam").create_open_id_connect_provider(
            Url=issuer, ClientIDList=["sts.amazonaws.com"]
        )["OpenIDConnectProviderArn"]
        role = trusting(lab, name, provider, "sts:AssumeRoleWithWebIdentity", condition)
        params = {"RoleArn": role, "RoleSessionName": "job"}
        really = made(lab, "AssumeRoleWithWebIdentity", params | {"WebIdentityToken": idp.token(subject)})
    claims = {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": subject}
    caller = federated(lab.state, f"oidc-provider/{host}", claims)
    rehearsed = rehearse(lab.state, caller, "sts", "AssumeRoleWithWebIdentity", params)
    assert [essence(decision) for decision in rehearsed] == [essence(decision) for decision in really]
    assert [decision.allowed for decision in really] == [allowed]
