"""Grants on KMS keys: permission that stands beside the key's policy, for one principal and some operations.

A grant is kept with its key, as moto keeps grants, and is decided like a policy: `as_policy` writes it as one, so that
a decision can show it, with its constraints, like any other statement. `may_retire` is the same for the one permission
that follows from being named in the grant.

https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from iamlab.cloud.moto_seam import keys
from iamlab.policy import Policy

EQUALS, SUBSET, SOURCE = "EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"

CONTEXTUAL = frozenset(
    {
        "Decrypt",
        "Encrypt",
        "GenerateDataKey",
        "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext",
        "ReEncryptFrom",
        "ReEncryptTo",
    }
)
"""Operations that carry an encryption context, to which alone a constraint on it applies (and to CreateGrant's)."""


@dataclass(frozen=True, slots=True, eq=False)
class Grant:
    """One grant.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
    """

    id: str
    key_arn: str
    grantee: str
    """ARN of the principal, or the name of an AWS service."""
    operations: tuple[str, ...]
    created: datetime
    issuer: str
    """The account under which it was issued."""
    name: str | None = None
    retiring: str | None = None
    """Who else may retire it: an ARN or the name of an AWS service."""
    constraints: Mapping[str, Any] = field(default_factory=dict)
    """`EncryptionContextEquals` or `…Subset` with its pairs, `SourceArn` with an ARN."""
    tokens: set[str] = field(default_factory=set, repr=False)
    """All tokens that CreateGrant has given out for it."""

    @property
    def account(self) -> str:
        """The account of the key."""
        return self.key_arn.split(":")[4]

    @property
    def title(self) -> str:
        """What a person calls it."""
        return f"grant {self.id}" + (f" ({self.name})" if self.name else "")


def is_service(principal: str) -> bool:
    """Whether this is the name of an AWS service and not an ARN."""
    return ":" not in principal and "." in principal


def grants_on(key: Any) -> list[Grant]:
    """The grants on a key, oldest first."""
    # moto lets copies of a multi-Region key share one dictionary; their grants are each one's own.
    return [grant for grant in list(keys.grants(key).values()) if grant.key_arn == key.arn]


def every_grant() -> Iterator[tuple[Any, Grant]]:
    """All grants of all accounts and regions, with moto's record of their key."""
    for key in keys.every_key():
        for grant in grants_on(key):
            yield key, grant


def rename(instead: Callable[[str], str]) -> None:
    """Let grants name their principals otherwise: a user that was renamed, a role that is gone."""
    for key, grant in every_grant():
        grantee, retiring = instead(grant.grantee), grant.retiring and instead(grant.retiring)
        if (grantee, retiring) != (grant.grantee, grant.retiring):
            keys.grants(key)[grant.id] = replace(grant, grantee=grantee, retiring=retiring)


@lru_cache(maxsize=1024)
def as_policy(grant: Grant) -> Policy:
    """A grant as a policy of its key."""
    by_source = (
        {"ArnEquals": {"aws:SourceArn": grant.constraints[SOURCE]}} if SOURCE in grant.constraints else {}
    )
    plain = [name for name in grant.operations if name not in CONTEXTUAL | {"CreateGrant", "RetireGrant"}]
    contextual = [name for name in grant.operations if name in CONTEXTUAL]
    within = _context(grant.constraints)
    rows = [(plain, by_source), (contextual, _joined(by_source, within))]
    if "CreateGrant" in grant.operations:
        # Whoever hands a grant on can't give more than the grant gives, nor with fewer strings attached.
        strict = {"StringEquals": {"kms:GrantConstraintType": EQUALS}} if EQUALS in grant.constraints else {}
        handed_on = {"ForAllValues:StringEquals": {"kms:GrantOperations": list(grant.operations)}}
        rows.append((["CreateGrant"], _joined(by_source, within, strict, handed_on)))
    principal = {"Service" if is_service(grant.grantee) else "AWS": grant.grantee}
    return _policy(grant, [(names, principal, condition) for names, condition in rows if names])


@lru_cache(maxsize=1024)
def may_retire(grant: Grant) -> Policy:
    """Who may retire a grant: the retiring principal, the grantee if the grant says so, and the key's account.

    https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
    """
    named = [grant.retiring] if grant.retiring else []
    if "RetireGrant" in grant.operations:
        named.append(grant.grantee)
    partition = grant.key_arn.split(":")[1]
    principal = {"AWS": [name for name in named if not is_service(name)]}
    principal["AWS"].append(f"arn:{partition}:iam::{grant.account}:root")
    services = [name for name in named if is_service(name)]
    if services:
        principal["Service"] = services
    return _policy(grant, [(["RetireGrant"], principal, {})])


Condition = dict[str, dict[str, Any]]


def _context(constraints: Mapping[str, Any]) -> Condition:
    """A constraint on the encryption context: of a pair, the key's case doesn't matter, the value's does.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """
    pairs = constraints.get(EQUALS) or constraints.get(SUBSET) or {}
    condition: Condition = {}
    if pairs:
        condition["StringEquals"] = {f"kms:EncryptionContext:{key}": value for key, value in pairs.items()}
    if constraints.get(EQUALS):
        condition["ForAllValues:StringEqualsIgnoreCase"] = {"kms:EncryptionContextKeys": list(pairs)}
    return condition


def _joined(*conditions: Condition) -> Condition:
    joined: Condition = {}
    for condition in conditions:
        for operator, tests in condition.items():
            joined[operator] = joined.get(operator, {}) | tests
    return joined


def _policy(grant: Grant, rows: list[tuple[list[str], Any, Condition]]) -> Policy:
    statements: list[dict[str, Any]] = []
    for names, principal, condition in rows:
        statement = {
            "Effect": "Allow",
            "Principal": principal,
            "Action": [f"kms:{name}" for name in names],
            "Resource": grant.key_arn,
        }
        statements.append(statement | ({"Condition": condition} if condition else {}))
    # The older version of the language: values of an encryption context are text, `${…}` included.
    return Policy(json.dumps({"Version": "2008-10-17", "Statement": statements}, indent=2), name=grant.title)
