"""`let_in_beyond`: whom a resource's policy lets in that it should not, over all callers and all circumstances.

Comes in: the policy of a resource (a role's trust policy, a bucket policy) and one that lets in all who may be let in.
Goes out: a `Difference` with a request that shows the first lets in more. Callers are those that the policies name or
describe by `aws:PrincipalArn`, those the account is known to have, and made-up ones of each kind, in the account and
outside of it; each carries the condition keys that it has. What their own policies say is left out: they are taken to
allow everything.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_identity-vs-resource.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from iamlab.analysis.bound_keys import caller_fence, mfa_fence
from iamlab.analysis.callers import ELSEWHERE, Caller
from iamlab.analysis.comparison import with_callers_consent
from iamlab.analysis.difference import Difference, find_difference
from iamlab.analysis.snapshot import Principal
from iamlab.engine import PolicySet
from iamlab.policy import Policy

__all__ = ["let_in_beyond"]

_ACCOUNT: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_NAMED: Final = re.compile(r"arn:aws:iam::([0-9]{12}):(user|role)/([^*?\"]+)(?=\")")
_SESSION: Final = re.compile(r"arn:aws:sts::([0-9]{12}):assumed-role/([^*?/\"]+)/[^*?\"]+(?=\")")


@dataclass(frozen=True, slots=True)
class _Visitor:
    """A caller with an identity: as a `Principal` element names it, and the keys it carries."""

    named: str
    keys: dict[str, str] = field(compare=False)


def let_in_beyond(policy: Policy, most: Policy, account: str, known: Iterable[Principal] = ()) -> Difference:
    """Find a request that a resource's policy lets in and another one doesn't, among those that AWS knows.

    Args:
        policy: the policy of the resource.
        most: one that lets in all who may be let in.
        account: the account that owns the resource.
        known: users and roles to try besides, with the keys that they really have.
    """
    text = json.dumps(policy.document)
    # Those without an identity, the anonymous first: that somebody needs no credentials says most.
    strangers = [{**statement, "Principal": "*"} for statement in caller_fence(text, {})]
    runs: tuple[tuple[list[dict[str, Any]], Callable[[Caller], bool]], ...] = (
        (strangers, lambda caller: caller.home is None),
        (list(_bonds(text, policy, account, known)), lambda caller: _is_where_it_belongs(caller, account)),
    )
    found = Difference()
    for denies, counts in runs:
        plain = PolicySet(resource=_fenced(policy, denies)), PolicySet(resource=most)
        for first, second in (plain, tuple(map(with_callers_consent, plain))):
            difference = find_difference(first, second, "known", callers=counts, partition="aws")
            if difference.request is not None:
                return difference
            found = found if found.reason else difference
    return found


def _is_where_it_belongs(caller: Caller, account: str) -> bool:
    """Whether a caller with an identity is asked for as it is: at home in the resource's account, or not.

    Root users are left out: they can't assume roles, and an account's own one needs no policy. So are the sessions of
    GetFederationToken, which can do no more than their user.
    """
    if caller.home is None or caller.principal is None:
        return False
    if caller.principal.endswith(":root") or ":federated-user/" in caller.principal:
        return False
    return caller.home == (caller.principal.split(":")[4] == account)


def _fenced(policy: Policy, denies: list[dict[str, Any]]) -> Policy:
    document = dict(policy.document)
    own = document.get("Statement", [])
    document["Statement"] = [*(own if isinstance(own, list) else [own]), *denies]
    return Policy(document)


def _bonds(text: str, policy: Policy, account: str, known: Iterable[Principal]) -> Iterator[dict[str, Any]]:
    """Denies that tie the keys of each visitor to it."""
    for statement in mfa_fence(text):
        yield {**statement, "Principal": "*"}
    for visitor in dict.fromkeys(_visitors(text, policy, account, known)):
        for statement in caller_fence(text, visitor.keys, patterns=True):
            yield {**statement, "Principal": {"AWS": visitor.named}}


def _visitors(text: str, policy: Policy, account: str, known: Iterable[Principal]) -> Iterator[_Visitor]:
    for principal in known:
        session = "" if principal.kind == "user" else ":*"
        more = {
            "aws:userid": principal.id + session,
            **{f"aws:PrincipalTag/{k}": v for k, v in principal.tags.items()},
        }
        yield _visitor(account, principal.kind, principal.arn.partition(f":{principal.kind}/")[2], more)
    accounts = dict.fromkeys([*_ACCOUNT.findall(text), account, ELSEWHERE])
    for match in _NAMED.finditer(text):
        yield _visitor(match[1], match[2], match[3])
    for match in _SESSION.finditer(text):
        yield _visitor(match[1], "role", match[2], named=match[0])
    for home in accounts:
        yield _visitor(home, "user", "somebody")
        session_arn = f"arn:aws:sts::{home}:assumed-role/some-role/session"
        yield _visitor(home, "role", "some-role", named=session_arn)
        for name in _described(policy):
            yield _visitor(home, "user", name)
            yield _visitor(home, "role", name)


def _visitor(
    account: str, kind: str, name: str, more: dict[str, str] | None = None, named: str = ""
) -> _Visitor:
    arn = f"arn:aws:iam::{account}:{kind}/{name}"
    keys = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account,
        "aws:PrincipalType": "User" if kind == "user" else "AssumedRole",
        "aws:userid": "AIDASOMEBODYEXAMPLE" if kind == "user" else "AROASOMEBODYEXAMPLE:*",
    }
    if kind == "user":
        keys["aws:username"] = name.rpartition("/")[2]
    return _Visitor(named or arn, keys | (more or {}))


def _described(policy: Policy) -> Iterator[str]:
    """Names that fit what conditions say about `aws:PrincipalArn`."""
    statements = policy.document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for keys in statement.get("Condition", {}).values():
            for key, values in keys.items():
                if key.lower() == "aws:principalarn":
                    for value in values if isinstance(values, list) else [values]:
                        name = re.split(r":(?:user|role)/|(?<=\*)(?:user|role)/", str(value))[-1]
                        name = name.rpartition(":")[2]
                        yield name.replace("*", "somebody").replace("?", "x")
