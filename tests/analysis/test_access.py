"""Who can do one thing: as they are, by way of roles, as root, from elsewhere.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from typing import Any

from iamlab.analysis.access import who_can
from iamlab.analysis.snapshot import Account, Principal
from iamlab.policy import Policy

ME = "arn:aws:iam::111122223333"
OBJECT = "arn:aws:s3:::notes/a"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def policy(*statements: dict[str, Any], name: str = "own") -> Policy:
    return Policy({"Version": "2012-10-17", "Statement": list(statements)}, name=name)


def user(name: str, *statements: dict[str, Any]) -> Principal:
    return Principal("user", name, f"{ME}:user/{name}", policies=(policy(*statements),))


def role(name: str, trusted: Any, *statements: dict[str, Any]) -> Principal:
    trust = policy({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}, name="trust")
    return Principal("role", name, f"{ME}:role/{name}", policies=(policy(*statements),), trust=trust)


def test_it_names_those_who_can_and_the_statement() -> None:
    account = Account("111122223333", users=(user("ana", allow("s3:GetObject", Sid="Read")), user("bob")))
    found = who_can(account, "s3:GetObject", OBJECT)
    assert [access.who for access in found] == ["root", "user/ana"]
    assert found.accesses[1].through == "identity: own, Read"
    assert "user/bob" not in found


def test_roles_lead_there_over_several_steps() -> None:
    account = Account(
        "111122223333",
        users=(user("ana", allow("sts:AssumeRole", f"{ME}:role/First")), user("bob", allow("sts:*"))),
        roles=(
            role("First", {"AWS": f"{ME}:user/ana"}, allow("sts:AssumeRole")),
            role("Last", {"AWS": f"{ME}:role/First"}, allow("s3:*")),
        ),
    )
    ways = {access.who: [str(r) for r in access.roles] for access in who_can(account, "s3:GetObject", OBJECT)}
    assert ways == {
        "root": [],
        "role/Last": [],
        "role/First": ["role/Last"],
        "user/ana": ["role/First", "role/Last"],
    }


def test_conditions_count_and_can_be_met() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    account = Account("111122223333", users=(user("ana", allow("s3:*", Condition=mfa)),))
    assert "user/ana" not in who_can(account, "s3:GetObject", OBJECT)
    assert "user/ana" in who_can(account, "s3:GetObject", OBJECT, {"aws:MultiFactorAuthPresent": True})


def test_a_resources_policy_lets_in_and_locks_out() -> None:
    def bucket(*statements: dict[str, Any]) -> Account:
        return Account(
            "111122223333",
            users=(user("ana", allow("s3:*")), user("bob")),
            resource_policies={"arn:aws:s3:::notes": policy(*statements, name="bucket policy")},
        )

    everything = {"Action": "s3:GetObject", "Resource": f"{OBJECT[:-1]}*"}
    named = bucket({"Effect": "Allow", "Principal": {"AWS": f"{ME}:user/bob"}, **everything})
    assert [access.who for access in who_can(named, "s3:GetObject", OBJECT)] == [
        "root",
        "user/ana",
        "user/bob",
    ]
    locked = bucket({"Effect": "Deny", "Principal": "*", **everything})
    assert len(who_can(locked, "s3:GetObject", OBJECT)) == 0
    public = who_can(bucket({"Effect": "Allow", "Principal": "*", **everything}), "s3:GetObject", OBJECT)
    assert "anyone" in public
    foreign = {"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::444455556666:role/Reader"]}
    shared = who_can(bucket({"Effect": "Allow", "Principal": foreign, **everything}), "s3:GetObject", OBJECT)
    assert [access.who for access in shared if access.outside] == foreign["AWS"]


def test_scps_bind_root_too() -> None:
    scps = ((policy(allow("*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),),)
    account = Account("111122223333", users=(user("ana", allow("*")),), scps=scps)
    assert len(who_can(account, "s3:GetObject", OBJECT)) == 0


def test_it_shows_itself_escaped() -> None:
    bundle = who_can(
        Account("111122223333", users=(user("ana", allow("s3:*", Sid="<b>")),)), "s3:GetObject", OBJECT
    )
    assert "user/ana: identity: own, <b>" in bundle.to_text()
    assert "<b>" not in bundle.to_html()


def test_grants_on_a_key_let_in_principals_of_the_account_and_from_elsewhere() -> None:
    """https://docs.aws.amazon.com/kms/latest/developerguide/grants.html"""
    key = f"arn:aws:kms:eu-west-1:111122223333:key/{'0' * 8}"
    delegates = {"Effect": "Allow", "Principal": {"AWS": f"{ME}:root"}, "Action": "kms:*", "Resource": "*"}
    other = "arn:aws:iam::444455556666:role/Reader"
    grants = tuple(
        policy(allow("kms:Decrypt", key, Principal={"AWS": who}), name=f"grant {who}")
        for who in (f"{ME}:user/bob", other)
    )
    account = Account(
        "111122223333",
        users=(user("ana", allow("kms:*")), user("bob")),
        resource_policies={key: policy(delegates, name="key policy")},
        grants={key: grants},
    )
    found = who_can(account, "kms:Decrypt", key)
    assert [access.who for access in found] == ["root", "user/ana", "user/bob", other]
    assert "grant" in found.accesses[2].through
    assert [access.who for access in who_can(account, "kms:Encrypt", key)] == ["root", "user/ana"]
