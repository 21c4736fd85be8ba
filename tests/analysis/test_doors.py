"""Whom a resource's policy lets in beyond those who may be let in, over all callers.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html (aws:PrincipalArn)
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.analysis.doors import let_in_beyond
from iamlab.analysis.snapshot import Principal
from iamlab.engine import PolicySet, decide
from iamlab.policy import Policy

HOME, AWAY = "123456789012", "111122223333"
ANA, BEN = (f"arn:aws:iam::{HOME}:user/{name}" for name in ("ana", "ben"))
APP = f"arn:aws:iam::{HOME}:role/App"
KNOWN = (
    Principal("user", "ana", ANA, id="AIDAANAEXAMPLE", tags={"team": "red"}),
    Principal("user", "ben", BEN, id="AIDABENEXAMPLE"),
    Principal("role", "App", APP, id="AROAAPPEXAMPLE"),
)


def trust(principal: object, **condition: object) -> dict[str, Any]:
    return _policy({"Action": "sts:AssumeRole"}, principal, condition)


def bucket(principal: object, **condition: object) -> dict[str, Any]:
    return _policy({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::photos/*"}, principal, condition)


def federated(provider: str, **condition: object) -> dict[str, Any]:
    kind = "SAML" if provider.startswith("saml-") else "WebIdentity"
    who = {"Federated": f"arn:aws:iam::{HOME}:{provider}"}
    return _policy({"Action": f"sts:AssumeRoleWith{kind}"}, who, condition)


def _policy(what: dict[str, Any], principal: object, condition: dict[str, object]) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, **what}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": statement}


GITHUB = "oidc-provider/token.actions.githubusercontent.com"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

# name: (policy, ceiling)
WITHIN = {
    "the same user": (trust({"AWS": ANA}), trust({"AWS": ANA})),
    "fewer users": (trust({"AWS": ANA}), trust({"AWS": [ANA, BEN]})),
    "the account, narrowed to a user's ARN": (
        trust({"AWS": HOME}, ArnEquals={"aws:PrincipalArn": ANA}),
        trust({"AWS": ANA}),
    ),
    "everybody, narrowed to a user's ARN": (
        trust("*", StringEquals={"aws:PrincipalArn": ANA}),
        trust({"AWS": ANA}),
    ),
    "the same branch of the same repository": (
        federated(GITHUB, StringLike={"token.actions.githubusercontent.com:sub": "repo:a/b:main"}),
        federated(GITHUB, StringEquals={"token.actions.githubusercontent.com:sub": "repo:a/b:main"}),
    ),
    "the account, narrowed to a name": (
        trust({"AWS": HOME}, StringEquals={"aws:username": ["ana"]}),
        trust({"AWS": ANA}),
    ),
    "a condition that its user meets anyway": (
        trust({"AWS": ANA}, StringEquals={"aws:PrincipalAccount": HOME}),
        trust({"AWS": ANA}),
    ),
    "a bucket for sessions of a role, by the role's id": (
        bucket("*", StringLike={"aws:userid": "AROAAPPEXAMPLE:*"}),
        bucket({"AWS": APP}),
    ),
    "a bucket for the holder of a tag": (
        bucket({"AWS": [ANA, BEN]}, StringEquals={"aws:PrincipalTag/team": "red"}),
        bucket({"AWS": ANA}),
    ),
    "a bucket that leaves the decision to its account": (bucket({"AWS": HOME}), bucket({"AWS": ANA})),
    "a fresh second factor instead of any": (
        trust({"AWS": ANA}, NumericLessThan={"aws:MultiFactorAuthAge": "3600"}),
        trust({"AWS": ANA}, **MFA),
    ),
    "a service": (trust({"Service": "ec2.amazonaws.com"}), trust({"Service": "ec2.amazonaws.com"})),
}

# name: (policy, ceiling, who gets in)
BEYOND = {
    "a role open to its account": (trust({"AWS": HOME}), trust({"AWS": ANA}), f":{HOME}:user/"),
    "another account": (trust({"AWS": [ANA, AWAY]}), trust({"AWS": ANA}), f":{AWAY}:user/"),
    "a bucket for the world": (bucket("*"), bucket({"AWS": ANA}), "anonymous"),
    "a second service": (
        trust({"Service": ["ec2.amazonaws.com", "ecs.amazonaws.com"]}),
        trust({"Service": "ec2.amazonaws.com"}),
        "ecs.amazonaws.com",
    ),
    "a user's name in any account": (
        bucket("*", ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:user/ana"}),
        bucket({"AWS": ANA}),
        ":999999999999:user/ana",
    ),
    "names that begin alike": (
        trust({"AWS": HOME}, StringLike={"aws:PrincipalArn": f"arn:aws:iam::{HOME}:user/a*"}),
        trust({"AWS": ANA}),
        f":{HOME}:user/asomebody",
    ),
    "another user of the account, by a condition": (
        trust({"AWS": HOME}, ArnEquals={"aws:PrincipalArn": [ANA, BEN]}),
        trust({"AWS": ANA}),
        BEN,
    ),
    "all but one": (
        trust({"AWS": HOME}, ArnNotEquals={"aws:PrincipalArn": BEN}),
        trust({"AWS": ANA}),
        f":{HOME}:",
    ),
    "a token without a code": (
        trust({"AWS": ANA}, StringLike={"aws:MultiFactorAuthPresent": "*"}),
        trust({"AWS": ANA}, **MFA),
        ANA,
    ),
    "jobs of another branch": (
        federated("oidc-provider/ci.example.org", StringLike={"ci.example.org:sub": "repo:a/b:main*"}),
        federated("oidc-provider/ci.example.org", StringEquals={"ci.example.org:sub": "repo:a/b:main"}),
        "oidc-provider/ci.example.org",
    ),
    "jobs of a provider that many share": (
        federated(GITHUB, StringLike={"token.actions.githubusercontent.com:sub": "repo:a/*"}),
        federated(GITHUB, StringEquals={"token.actions.githubusercontent.com:sub": "repo:a/b:main"}),
        GITHUB,
    ),
    "another provider": (
        federated("saml-provider/Two"),
        federated("saml-provider/One"),
        "saml-provider/Two",
    ),
    "other external ids": (
        trust({"AWS": ANA}, StringLike={"sts:ExternalId": "unicorn-*"}),
        trust({"AWS": ANA}, StringEquals={"sts:ExternalId": "unicorn-42"}),
        ANA,
    ),
}


@pytest.mark.parametrize("name", WITHIN)
def test_nobody_gets_in_who_should_not(name: str) -> None:
    policy, most = (Policy(document) for document in WITHIN[name])
    found = let_in_beyond(policy, most, HOME, KNOWN)
    assert (found.request, found.reason) == (None, "")


@pytest.mark.parametrize("name", BEYOND)
def test_somebody_gets_in_who_should_not(name: str) -> None:
    given, ceiling, who = BEYOND[name]
    policy, most = Policy(given), Policy(ceiling)
    request = let_in_beyond(policy, most, HOME, KNOWN).request
    assert request is not None
    assert who in request.caller
    # Whoever has all permissions of their own is let in by the one and not by the other.
    everything = Policy(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    )
    own = () if request.principal_type in ("Anonymous", "AWSService", "Federated") else (everything,)
    assert decide(request, PolicySet(identity=own, resource=policy)).allowed
    if given["Statement"]["Action"] == "sts:AssumeRole":
        assert not decide(request, PolicySet(identity=own, resource=most)).allowed
