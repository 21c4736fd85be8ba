"""What a principal inside may do with a resource, by all policies that have a say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from iamlab.analysis.internal_access import internal_access
from iamlab.analysis.snapshot import Account, Principal
from iamlab.policy import Policy

OWN, OTHER = "123456789012", "111122223333"
BUCKET = "arn:aws:s3:::reports"
OBJECTS = f"{BUCKET}/*"
TABLE = f"arn:aws:dynamodb:us-east-1:{OWN}:table/notes"


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policy(*statements: Any) -> Policy:
    return Policy({"Version": "2012-10-17", "Statement": list(statements)})


def role(account: str, *statements: Any, boundary: Policy | None = None, **tags: str) -> Principal:
    arn = f"arn:aws:iam::{account}:role/Reader"
    return Principal("role", "Reader", arn, policies=(policy(*statements),), boundary=boundary, tags=tags)


def user(*statements: Any) -> Principal:
    return Principal("user", "ana", f"arn:aws:iam::{OWN}:user/ana", policies=(policy(*statements),))


class Case(NamedTuple):
    principal: Principal
    expected: str
    """The actions."""
    resource: str = BUCKET
    of_resource: Policy | None = None
    account: Account = Account(OWN)
    owner: Account = Account(OWN)
    limits: bool = True


FROM_OTHER = {"AWS": f"arn:aws:iam::{OTHER}:role/Reader"}
FULL = policy(allow("*"))
NO_PUT = policy(deny("s3:PutObject"))

CASES: dict[str, Case] = {
    "by an identity policy": Case(user(allow("s3:GetObject", OBJECTS)), "s3:GetObject"),
    "on a part of the objects": Case(user(allow("s3:GetObject", f"{BUCKET}/2026/*")), "s3:GetObject"),
    "on another bucket": Case(user(allow("s3:GetObject", "arn:aws:s3:::other/*")), ""),
    "on the bucket alone": Case(user(allow(["s3:GetObject", "s3:ListBucket"], BUCKET)), "s3:ListBucket"),
    "by variable": Case(user(allow("s3:GetObject", f"{BUCKET}/${{aws:username}}/*")), "s3:GetObject"),
    "of a table": Case(
        user(allow(["dynamodb:GetItem", "dynamodb:ListTables"], "*")), "dynamodb:GetItem", TABLE
    ),
    "nothing at all": Case(user(allow("sqs:*")), ""),
    "by the resource's policy": Case(
        user(allow("sqs:*")),
        "s3:GetObject",
        of_resource=policy(allow("s3:GetObject", OBJECTS, Principal={"AWS": f"arn:aws:iam::{OWN}:user/ana"})),
    ),
    "denied by the resource's policy": Case(
        user(allow("s3:*Object", OBJECTS)),
        "s3:DeleteObject s3:GetObject s3:RestoreObject",
        of_resource=policy(deny(["s3:PutObject", "s3:Replicate*"], OBJECTS, Principal="*")),
    ),
    "within a boundary": Case(
        role(OWN, allow(["s3:GetObject", "s3:PutObject"]), boundary=policy(allow("s3:Get*"))), "s3:GetObject"
    ),
    "under a condition": Case(
        user(allow("s3:GetObject", OBJECTS, Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
        "s3:GetObject",
    ),
    "under a condition that it meets": Case(
        role(
            OWN,
            allow("s3:GetObject", OBJECTS, Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
            team="blue",
        ),
        "s3:GetObject",
    ),
    "under a condition that it can't meet": Case(
        user(allow("s3:GetObject", OBJECTS, Condition={"StringEquals": {"aws:username": "ben"}})), ""
    ),
    "limited by an SCP": Case(
        user(allow(["s3:GetObject", "s3:PutObject"])),
        "s3:GetObject",
        account=Account(OWN, scps=((FULL, NO_PUT),)),
    ),
    "an SCP that doesn't count": Case(
        user(allow(["s3:GetObject", "s3:PutObject"])),
        "s3:GetObject s3:PutObject",
        account=Account(OWN, scps=((FULL, NO_PUT),)),
        limits=False,
    ),
    "from another account, let in by both": Case(
        role(OTHER, allow(["s3:GetObject", "s3:PutObject"])),
        "s3:GetObject",
        of_resource=policy(allow(["s3:GetObject", "s3:DeleteObject"], OBJECTS, Principal=FROM_OTHER)),
        account=Account(OTHER),
    ),
    "from another account, let in by its own alone": Case(
        role(OTHER, allow("s3:GetObject")), "", account=Account(OTHER)
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_actions_count_that_some_request_is_allowed_for(case: str) -> None:
    it = CASES[case]
    found = internal_access(it.account, it.principal, it.resource, it.of_resource, it.owner, limits=it.limits)
    assert " ".join(found.actions if found is not None else ()) == it.expected


def test_the_conditions_of_what_allows_are_shown() -> None:
    principal = user(
        allow("s3:GetObject", OBJECTS, Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        allow("sqs:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    )
    found = internal_access(Account(OWN), principal, BUCKET, None, Account(OWN), limits=True)
    assert found is not None
    assert found.condition == {"aws:SourceIp": "203.0.113.0/24"}


@pytest.mark.parametrize(("organisation", "expected"), [("o-own", ("s3:GetObject",)), ("o-other", None)])
def test_a_principals_organisation_is_told_by_who_asks(organisation: str, expected: Any) -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": organisation}}
    principal = user(allow("s3:GetObject", Condition=condition))
    found = internal_access(
        Account(OWN),
        principal,
        BUCKET,
        None,
        Account(OWN),
        limits=True,
        context={"aws:PrincipalOrgID": "o-own"},
    )
    assert (found and found.actions) == expected
