"""What a kind of credentials may always, or never, call.

Pages: id_credentials_sts-comparison, id_credentials_temp_control-access_*.
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import PolicySet, Request, decide

A = "111111111111"
USER = f"arn:aws:iam::{A}:user/ada"
ROOT = f"arn:aws:iam::{A}:root"
SESSION = f"arn:aws:sts::{A}:assumed-role/batch/run"
FEDERATED = f"arn:aws:sts::{A}:federated-user/lin"
ROLE = f"arn:aws:iam::{A}:role/target"

EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
NOTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"},
}

ALL = PolicySet(identity=[EVERYTHING], session=[EVERYTHING], resource=TRUST)
NONE = PolicySet(identity=[NOTHING], boundary=[NOTHING], session=[NOTHING], scps=[[NOTHING]])

TOKEN: dict[str, Any] = {"flags": ["get_session_token"]}
MFA: dict[str, Any] = TOKEN | {"context": {"aws:MultiFactorAuthPresent": True}}

ALWAYS = [
    (USER, "sts:GetCallerIdentity", {}),
    (SESSION, "sts:GetCallerIdentity", {}),
    (FEDERATED, "sts:GetCallerIdentity", {}),
    (ROOT, "sts:GetCallerIdentity", {}),
    (USER, "sts:GetCallerIdentity", TOKEN),
    (USER, "sts:GetSessionToken", {}),
    (ROOT, "sts:GetSessionToken", {}),
]


@pytest.mark.parametrize(("caller", "action", "more"), ALWAYS)
def test_some_calls_no_policy_can_forbid(caller: str, action: str, more: dict[str, Any]) -> None:
    decision = decide(Request(action, principal=caller, **more), NONE)
    assert (decision.outcome, decision.layer) == ("Allowed", "always")


def test_asking_for_the_caller_needs_a_signature() -> None:
    assert not decide(Request("sts:GetCallerIdentity"), PolicySet()).allowed


NEVER = [
    (SESSION, "sts:GetSessionToken", {}),
    (SESSION, "sts:GetFederationToken", {}),
    (FEDERATED, "sts:GetSessionToken", {}),
    (FEDERATED, "sts:GetFederationToken", {}),
    (FEDERATED, "sts:AssumeRole", {"resource": ROLE}),
    (FEDERATED, "iam:ListUsers", {}),
    (USER, "sts:GetSessionToken", TOKEN),
    (USER, "sts:GetFederationToken", TOKEN),
    (USER, "sts:DecodeAuthorizationMessage", TOKEN),
    (USER, "iam:ListUsers", TOKEN),
    (USER, "iam:ListUsers", TOKEN | {"context": {"aws:MultiFactorAuthPresent": "false"}}),
    (ROOT, "iam:ListUsers", TOKEN),
]


@pytest.mark.parametrize(("caller", "action", "more"), NEVER)
def test_some_calls_no_policy_can_allow(caller: str, action: str, more: dict[str, Any]) -> None:
    decision = decide(Request(action, **({"principal": caller} | more)), ALL)
    assert (decision.outcome, decision.layer) == ("ImplicitlyDenied", "credentials")
    assert decision.message
    assert "could change it" in decision.explain()


ORDINARY = [
    (USER, "iam:ListUsers", MFA),
    (USER, "iam:ListUsers", {}),
    (USER, "s3:ListAllMyBuckets", TOKEN),
    (USER, "sts:AssumeRole", TOKEN | {"resource": ROLE}),
    (USER, "sts:GetFederationToken", {}),
    (SESSION, "sts:AssumeRole", {"resource": ROLE}),
    (SESSION, "iam:ListUsers", {}),
    (FEDERATED, "s3:ListAllMyBuckets", {}),
    (FEDERATED, "iam:ListUsers", {"flags": ["console"]}),
    (USER, "iam:ListUsers", {"flags": ["get_session_token", "console"]}),
]


@pytest.mark.parametrize(("caller", "action", "more"), ORDINARY)
def test_other_calls_are_a_matter_of_policies(caller: str, action: str, more: dict[str, Any]) -> None:
    request = Request(action, **({"principal": caller} | more))
    assert decide(request, ALL).allowed
    assert decide(request, PolicySet()).outcome == "ImplicitlyDenied"


WORDS = [
    (ROOT, "sts:AssumeRole", "Roles may not be assumed by root accounts."),
    (SESSION, "sts:GetSessionToken", "Cannot call GetSessionToken with session credentials"),
    (FEDERATED, "sts:GetFederationToken", "Cannot call GetFederationToken with session credentials"),
    (
        FEDERATED,
        "iam:ListUsers",
        f"User: {FEDERATED} is not authorized to perform: iam:ListUsers on resource: *",
    ),
]


@pytest.mark.parametrize(("caller", "action", "message"), WORDS)
def test_the_words_for_them(caller: str, action: str, message: str) -> None:
    assert decide(Request(action, principal=caller), ALL).message == message
