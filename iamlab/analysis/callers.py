"""The callers that two policy sets can tell apart.

Comes in: two sets. Goes out: representative callers. Where no policy names principals, that is one IAM user of the
account that owns the resource (and its root user, where nothing but organisation policies is given). Where policies
do, it is everyone they name, of each kind someone they don't name, and each of them both in the account that owns the
resource and outside of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from iamlab.engine import Layer, PolicySet, Request
from iamlab.policy.arn import parse_arn
from iamlab.policy.statement import Usage

__all__ = ["ACCOUNT", "ELSEWHERE", "Caller", "callers_of", "speaks_of_principals"]

ACCOUNT: Final = "123456789012"
ELSEWHERE: Final = "999999999999"
_ORGANISATION: Final = (Layer.SCP, Layer.RCP)


class Caller(NamedTuple):
    """Someone who calls.

    Attributes:
        principal: as in a `Request`; None stands for an anonymous caller.
        issuer: the role or user behind it.
        home: its account is the resource's; None for a caller without an account.
        moves: its account is nowhere named: it is the one of the resource's ARN.
    """

    principal: str | None
    issuer: str | None
    home: bool | None
    moves: bool = False

    def request(self, action: str, resource: str, context: dict[str, object], alone: bool = False) -> Request:
        """The caller's request.

        Args:
            action, resource, context: as in a `Request`.
            alone: the action has no resource types.
        """
        principal, owner = self.principal, None
        arn = parse_arn(resource)
        account = (
            arn.account if arn is not None and len(arn.account) == 12 and arn.account.isdigit() else None
        )
        own = None if principal is None else parse_arn(principal)
        if self.moves and own is not None:
            partition = arn.partition if arn is not None and arn.partition.isalnum() else own.partition
            principal = str(own._replace(account=account or own.account, partition=partition))
            owner = account or own.account
        elif own is not None and self.home is not None:
            if self.home:
                owner = own.account
            else:
                owner = account if account and account != own.account else _other_than(own.account)
        else:
            owner = account or ACCOUNT
        return Request(
            action,
            resource,
            principal,
            issuer=self.issuer,
            resource_account=owner,
            context=context,
            wildcard_only_action=alone,
        )


def _other_than(account: str) -> str:
    return ACCOUNT if account != ACCOUNT else ELSEWHERE


def speaks_of_principals(policies: PolicySet) -> bool:
    """Whether a resource's policy or the policy of a VPC endpoint is in the set."""
    return bool(policies.layer(Layer.RESOURCE) or policies.layer(Layer.VPCE))


def callers_of(one: PolicySet, other: PolicySet) -> list[Caller]:
    """Representatives of all callers; see the module's text."""
    sets = (one, other)
    somebody = Caller(f"arn:aws:iam::{ACCOUNT}:user/somebody", None, True, moves=True)
    if not any(map(speaks_of_principals, sets)):
        only_above = all(
            member.layer in _ORGANISATION for policies in sets for member in policies.members
        ) and any(policies.members for policies in sets)
        root = Caller(f"arn:aws:iam::{ACCOUNT}:root", None, True, moves=True)
        return [root] if only_above else [somebody]
    named = list(dict.fromkeys(text for policies in sets for text in _named(policies)))
    found: dict[Caller, None] = {}
    for caller in _representatives(named):
        found[caller] = None
    return list(found)


def _named(policies: PolicySet) -> Iterator[str]:
    for member in policies.members:
        for statement in member.policy.statements:
            if statement.principals is not None and statement.usage_problem(Usage.RESOURCE) is None:
                yield from statement.principals.texts


def _representatives(named: Iterable[str]) -> Iterator[Caller]:
    accounts: dict[str, None] = {}
    own: list[tuple[str, str | None]] = []
    services = ["service.amazonaws.com"]
    providers = [f"arn:aws:iam::{ACCOUNT}:saml-provider/somebody"]
    arns = [text for text in named if text.startswith("arn:")]
    for text in named:
        kind, _, name = text.partition(" ")
        if kind == "Service":
            services.insert(0, name)
        elif kind == "Federated":
            providers.insert(0, name)
        elif len(text) == 12 and text.isdigit():
            accounts[f"aws {text}"] = None
        else:
            arn = parse_arn(text)
            if arn is None:
                continue
            accounts[f"{arn.partition} {arn.account}"] = None
            own.extend(_entities(text, arns))
    for partition_account in [*accounts, f"aws {ACCOUNT}", f"aws {ELSEWHERE}"]:
        partition, _, account = partition_account.partition(" ")
        own.append((f"arn:{partition}:iam::{account}:user/somebody", None))
        own.append((f"arn:{partition}:sts::{account}:assumed-role/some-role/session", None))
        own.append((f"arn:{partition}:iam::{account}:root", None))
    for principal, issuer in own:
        for home in (True, False):
            yield Caller(principal, issuer, home)
    yield Caller(None, None, None)
    for service in services:
        yield Caller(service, None, None)
    for provider in providers:
        yield Caller(provider, None, None)


def _entities(text: str, arns: list[str]) -> Iterator[tuple[str, str | None]]:
    """The callers that a principal's ARN stands for."""
    arn = parse_arn(text)
    assert arn is not None
    kind, _, name = arn.resource.partition("/")
    if kind == "user":
        yield text, None
        yield f"arn:{arn.partition}:sts::{arn.account}:federated-user/somebody", text
    elif kind == "role":
        session = f"arn:{arn.partition}:sts::{arn.account}:assumed-role/{name.rpartition('/')[2]}"
        yield f"{session}/session", text
    elif kind == "assumed-role":
        role = name.partition("/")[0]
        same = [other for other in arns if f"::{arn.account}:role/" in other and other.endswith(f"/{role}")]
        yield text, None
        for issuer in same:
            yield text, issuer
    elif kind == "federated-user":
        yield text, None
