"""`external_access`: whom outside of a zone of trust a resource's policy lets in, and to what.

Comes in: a policy that names principals, the resource it hangs at, and the `Zone`. Goes out: one `ExternalAccess` for
each principal and condition, with the actions of which some request is allowed, Denies counted in. Each action is
answered by the search over all requests, one for all actions that the same Denies cover and that name the same
resources; where that search gives up, the access counts as given.

Services as principals act for somebody whom the account has let use them: they are not external.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from iamlab.analysis.callers import Caller
from iamlab.analysis.spaces import Space, allows
from iamlab.analysis.universe import ones, universe
from iamlab.policy import Policy
from iamlab.policy.arn import parse_arn
from iamlab.policy.conditions import Test
from iamlab.policy.statement import Statement, Usage

__all__ = ["PUBLIC_CONDITION", "ExternalAccess", "Zone", "about", "external_access", "shown_condition"]

_NOTHING: Mapping[str, str] = MappingProxyType({})
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_PLACEHOLDER: Final = re.compile(r"\$\{[^}]*\}")

# The public: nobody's principal, from nowhere in particular. Keys that tie a request to something fixed are absent, and
# its address is one that nobody has, so that only a rule for every address lets it in.
# The meaning of "public": https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_FIXED = (
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:userid",
)
PUBLIC_CONDITION: Final[Mapping[str, Mapping[str, Any]]] = {
    "Null": dict.fromkeys(_FIXED, "true"),
    "IpAddressIfExists": {"aws:SourceIp": "192.0.2.1/32"},
}
"""What the context of a request by the public meets."""

# Keys that say to which account somebody, or what acts for somebody, belongs.
_ACCOUNT_KEYS = (
    "aws:PrincipalAccount",
    "aws:SourceAccount",
    "aws:SourceOwner",
    "kms:CallerAccount",
    "s3:DataAccessPointAccount",
)
# Keys that only the calls of services carry.
_SERVICE_KEYS = ("aws:PrincipalServiceName", "aws:PrincipalServiceNamesList")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone of trust.

    Attributes:
        accounts: the accounts in it.
        organization: id of the organisation, where the whole of it is trusted.
    """

    accounts: frozenset[str]
    organization: str | None = None

    def condition(self) -> dict[str, dict[str, Any]]:
        """What the context of a request from outside meets, as in a policy's `Condition`."""
        own = sorted(self.accounts)
        made: dict[str, dict[str, Any]] = {
            "StringNotEqualsIfExists": dict.fromkeys(_ACCOUNT_KEYS, own),
            "ArnNotLikeIfExists": {
                "aws:PrincipalArn": [f"arn:*:*::{account}:*" for account in own],
                "aws:SourceArn": [f"arn:*:*:*:{account}:*" for account in own],
            },
        }
        # What a service does by itself isn't access by somebody.
        made["BoolIfExists"] = {"aws:PrincipalIsAWSService": "false"}
        made["Null"] = dict.fromkeys(_SERVICE_KEYS, "true")
        if self.organization is not None:
            for key in ("aws:PrincipalOrgID", "aws:SourceOrgID"):
                made["StringNotEqualsIfExists"][key] = self.organization
            made["ForAllValues:StringNotLike"] = {"aws:PrincipalOrgPaths": f"{self.organization}/*"}
        return made


@dataclass(frozen=True, slots=True)
class ExternalAccess:
    """What one external principal may do by a policy.

    Attributes:
        kind: `AWS`, `Federated` or `CanonicalUser`.
        principal: an account's number, an ARN, a provider, or `*`.
        actions: in the spelling and order of the service reference.
        condition: key → values of the statement's condition, several parted by commas.
        public: anybody in the world is let in.
    """

    kind: str
    principal: str
    actions: tuple[str, ...]
    condition: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    public: bool = False


def external_access(policy: Policy, resource: str, zone: Zone) -> tuple[ExternalAccess, ...]:
    """Everybody outside of the zone whom a policy lets in.

    Args:
        policy: the policy of a resource, or a role's trust policy.
        resource: ARN of what it hangs at; what lies in it (a bucket's objects) belongs to it.
        zone: who is trusted.

    Raises:
        ValueError: the resource is named by no ARN.
    """
    if parse_arn(resource) is None:
        raise ValueError(f"`{resource}` is no ARN")
    return _external_access(policy.text, resource, zone)


@lru_cache(maxsize=512)
def _external_access(text: str, resource: str, zone: Zone) -> tuple[ExternalAccess, ...]:
    policy = Policy(text)
    found: dict[tuple[str, str, tuple[tuple[str, str], ...]], tuple[int, bool]] = {}
    for statement in policy.statements:
        if statement.denies or statement.broken or statement.usage_problem(Usage.RESOURCE):
            continue
        question: _Question | None = None
        for kind, principal in _outsiders(statement, zone):
            question = question or _Question(policy, statement, resource, zone)
            actions, public = question.answer(kind, principal)
            if actions:
                key = (kind, principal, tuple(shown_condition(statement.tests).items()))
                before, was_public = found.get(key, (0, False))
                found[key] = (before | actions, was_public or public)
    known = universe()
    return tuple(
        ExternalAccess(kind, principal, known.named(actions), MappingProxyType(dict(condition)), public)
        for (kind, principal, condition), (actions, public) in found.items()
    )


def _outsiders(statement: Statement, zone: Zone) -> Iterator[tuple[str, str]]:
    """(kind, principal) for whom a statement names and who isn't plainly of the zone."""
    assert statement.principals is not None, "a resource's statement names principals"
    for text in dict.fromkeys(statement.principals.texts):
        kind, _, name = text.rpartition(" ")
        if kind == "Service" or (not kind and name != "*" and statement.principals.anyone):
            continue  # "*" says more than any account or ARN beside it
        if kind:
            yield kind, name
            continue
        arn = parse_arn(name)
        account = arn.account if arn is not None else name
        if account in zone.accounts or (arn is None and name != "*" and not _ACCOUNT.fullmatch(name)):
            continue  # trusted; or the unique id of somebody who is gone
        yield "AWS", account if arn is not None and arn.resource == "root" else name


def shown_condition(tests: Iterable[Test]) -> dict[str, str]:
    """Conditions as findings show them: key → values, parted by commas."""
    values: dict[str, list[str]] = {}
    for test in tests:
        values.setdefault(test.key, []).extend(test.values)
    return {key: ",".join(dict.fromkeys(texts)) for key, texts in values.items()}


class _Question:
    """What one Allow gives outsiders, with all Denies of its policy."""

    def __init__(self, policy: Policy, statement: Statement, resource: str, zone: Zone) -> None:
        self._zone = zone
        self._resource = [resource, f"{resource}/*", f"{resource}:*"]
        listed = policy.document["Statement"]
        every = listed if isinstance(listed, list) else [listed]
        denies = [other for other in policy.statements if other.denies]
        chosen = [every[statement.index], *(every[other.index] for other in denies)]
        self._alone = Policy({**policy.document, "Statement": chosen})
        self._classes = _classes(statement, denies, resource)

    def answer(self, kind: str, principal: str) -> tuple[int, bool]:
        """The actions that a principal may do, as bits of the universe, and whether anybody may do one of them."""
        if kind == "CanonicalUser":  # a request doesn't carry such ids: what the statement says has to do
            return sum(self._classes), False
        granted, public = 0, False
        asks = _asks(kind, principal, self._zone)
        for bits in self._classes:
            action = universe().names[next(ones(bits))]
            if self._allows(action, self._zone.condition(), asks):
                granted |= bits
                public = public or (
                    principal == "*" and self._allows(action, PUBLIC_CONDITION, _is_anonymous)
                )
        return granted, public

    def _allows(
        self, action: str, condition: Mapping[str, Mapping[str, Any]], callers: Callable[[Caller], bool]
    ) -> bool:
        space = Space(action, self._resource, condition)
        return allows(self._alone, space, "known", callers=callers).allowed is not False


def _is_anonymous(caller: Caller) -> bool:
    return caller.principal is None


def _asks(kind: str, principal: str, zone: Zone) -> Callable[[Caller], bool]:
    """Which of the representative callers stand for a principal."""

    def outside(caller: Caller) -> bool:
        arn = None if caller.principal is None else parse_arn(caller.principal)
        if principal == "*":
            return caller.principal is None or (
                arn is not None and not caller.home and arn.account not in zone.accounts
            )
        if kind == "Federated":
            return caller.principal == principal
        if _ACCOUNT.fullmatch(principal):
            return arn is not None and not caller.home and arn.account == principal
        return not caller.home and principal in (caller.principal, caller.issuer)

    return outside


def _classes(statement: Statement, denies: list[Statement], resource: str) -> list[int]:
    """The statement's actions about a resource, as bits, parted by what could make their answers differ."""
    known = universe()
    covered = known.covered(statement.actions) if statement.actions is not None else 0
    parted: dict[tuple[Any, ...], int] = {}
    limits = [known.all if deny.actions is None else known.covered(deny.actions) for deny in denies]
    tested = {test.lookup.partition("/")[0] for one in (statement, *denies) for test in one.tests}
    for number in ones(about(covered, resource)):
        templates = known.templates(number)
        keys = {key for key in known.keys(number) if key.partition("/")[0] in tested} if tested else ()
        key = (templates, frozenset(keys), *(limit >> number & 1 for limit in limits))
        parted[key] = parted.get(key, 0) | 1 << number
    return list(parted.values())


def about(actions: int, resource: str) -> int:
    """Those actions that can be asked for a resource, or for something in it, as bits of the universe."""
    known = universe()
    service = resource.split(":", 3)[2]
    start, end = known.ranges.get("sts" if service == "iam" else service, (0, 0))  # roles are STS's affair
    within = actions & ((1 << end) - (1 << start))
    return sum(
        1 << number
        for number in ones(within)
        if any(template != "*" and _fits(template, resource) for template in known.templates(number))
    )


@lru_cache(maxsize=4096)
def _fits(template: str, resource: str) -> bool:
    """Whether a resource, or something in it, is of a template's shape."""
    parts = [re.escape(part) for part in _PLACEHOLDER.split(template)]
    # A placeholder stands for one name, and a role's for its path as well.
    pattern = re.compile("[^:]*".join(parts).replace(r"\*", ".*"))
    return any(pattern.fullmatch(text) for text in (resource, f"{resource}/x", f"{resource}:x"))
