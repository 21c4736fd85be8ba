"""A grant stands beside its key's policy, and across accounts it needs no other.

https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import Decision, PolicySet, Request, decide
from iamlab.policy import Policy

A, B = "111111111111", "222222222222"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ANA, BOB = f"arn:aws:iam::{A}:user/ana", f"arn:aws:iam::{B}:user/bob"
ROLE, SESSION = f"arn:aws:iam::{B}:role/Reader", f"arn:aws:sts::{B}:assumed-role/Reader/s"
HOME_ROLE, HOME_SESSION = f"arn:aws:iam::{A}:role/Reader", f"arn:aws:sts::{A}:assumed-role/Reader/s"
OTHER_ROOT = f"arn:aws:iam::{B}:root"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str = "kms:*") -> dict[str, Any]:
    return document({"Effect": "Allow", "Action": action, "Resource": "*"})


def deny(**more: Any) -> dict[str, Any]:
    return document({"Effect": "Deny", "Action": "kms:*", "Resource": "*", **more})


DELEGATES = document(
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "kms:*", "Resource": "*"}
)


def grant(principal: str, **more: Any) -> Policy:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "kms:Decrypt", "Resource": KEY}
    return Policy(document({**statement, **more}), name="grant 0123 (reader)")


def judge(caller: str, *grants: Policy, action: str = "kms:Decrypt", **policies: Any) -> Decision:
    request = Request(action, KEY, caller, resource_account=A, context={})
    return decide(request, PolicySet(**{"resource": DELEGATES, **policies}, grants=grants))


CASES: list[tuple[str, str, Policy, dict[str, Any], str, str]] = [
    ("a user of the key's account", ANA, grant(ANA), {}, "Allowed", "resource"),
    ("another user", ANA, grant(f"arn:aws:iam::{A}:user/zoe"), {}, "ImplicitlyDenied", "identity"),
    ("a user of another account, without a policy there", BOB, grant(BOB), {}, "Allowed", "resource"),
    ("a role of another account", SESSION, grant(ROLE), {}, "Allowed", "resource"),
    ("one session of it", SESSION, grant(SESSION), {}, "Allowed", "resource"),
    ("another account: its own policies decide", BOB, grant(OTHER_ROOT), {}, "ImplicitlyDenied", "identity"),
    (
        "another account, whose policies allow",
        BOB,
        grant(OTHER_ROOT),
        {"identity": [allow()]},
        "Allowed",
        "identity",
    ),
    ("the root user of another account", OTHER_ROOT, grant(OTHER_ROOT), {}, "Allowed", "resource"),
    ("a key policy that is silent", ANA, grant(ANA), {"resource": document()}, "Allowed", "resource"),
    (
        "a Deny of the key's policy",
        ANA,
        grant(ANA),
        {"resource": deny(Principal="*")},
        "ExplicitlyDenied",
        "resource",
    ),
    ("a Deny of the grantee's own", BOB, grant(BOB), {"identity": [deny()]}, "ExplicitlyDenied", "identity"),
    ("a Deny of an SCP", BOB, grant(BOB), {"scps": [[allow("*"), deny()]]}, "ExplicitlyDenied", "scp"),
    ("an SCP without Allow", BOB, grant(BOB), {"scps": [[allow("s3:*")]]}, "ImplicitlyDenied", "scp"),
    (
        "a boundary, for a user who is named",
        ANA,
        grant(ANA),
        {"boundary": [allow("s3:*")]},
        "Allowed",
        "resource",
    ),
    (
        "a boundary, for a role's session",
        HOME_SESSION,
        grant(HOME_ROLE),
        {"boundary": [allow("s3:*")]},
        "ImplicitlyDenied",
        "boundary",
    ),
    ("a session policy", SESSION, grant(ROLE), {"session": [allow("s3:*")]}, "ImplicitlyDenied", "session"),
]


@pytest.mark.parametrize(
    ("name", "caller", "given", "policies", "outcome", "layer"), CASES, ids=[c[0] for c in CASES]
)
def test_what_a_grant_is_worth(
    name: str, caller: str, given: Policy, policies: dict[str, Any], outcome: str, layer: str
) -> None:
    decision = judge(caller, given, **policies)
    assert (decision.outcome, decision.layer) == (outcome, layer), name


def test_a_key_policy_alone_is_not_enough_across_accounts_though_a_grant_is() -> None:
    named = document({"Effect": "Allow", "Principal": {"AWS": BOB}, "Action": "kms:*", "Resource": "*"})
    assert judge(BOB, resource=named).outcome == "ImplicitlyDenied"
    assert judge(BOB, grant(BOB), resource=named).allowed


def test_a_grant_allows_its_operations_alone() -> None:
    assert not judge(BOB, grant(BOB), action="kms:Encrypt").allowed


def test_the_explanation_names_the_grant() -> None:
    for caller in (ANA, BOB):
        told = judge(caller, grant(f"arn:aws:iam::{A}:user/zoe"), grant(caller)).explain()
        assert "the grant 0123 (reader) matches" in told, caller


def test_the_explanation_tells_which_constraint_of_a_grant_fails() -> None:
    given = grant(ANA, Condition={"StringEquals": {"kms:EncryptionContext:app": "pay"}})
    told = judge(ANA, given).explain()
    assert "of `grant 0123 (reader)`" in told
    assert "kms:EncryptionContext:app" in told


def test_a_set_knows_its_grants() -> None:
    given = grant(ANA)
    policies = PolicySet(resource=DELEGATES, grants=[given])
    assert policies.grants == (given,)
    assert [(member.index, member.grant) for member in policies.members] == [(0, False), (1, True)]
