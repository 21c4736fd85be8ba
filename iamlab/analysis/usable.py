"""Which actions some well-typed request is allowed: the searching half of `reach`.

Comes in: a policy set and the actions it allows on paper. Goes out: those for which a request was found that the
engine allows, each with that request. Actions on which all statements agree and whose resources and keys have
the same shapes are one class: the engine is asked once for all of them.

A request is well-typed when its resource has one of the action's ARN shapes and it carries a service's condition key
only where the service reference lists it for the action. Its caller is a user of the account that owns the resource.
KMS keys and roles, whose own policies must allow, too, are taken to leave the decision to the account.
See https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final

from iamlab.analysis.samples import ACCOUNT, FRESH, filled, meeting, values_for
from iamlab.analysis.universe import Universe, ones
from iamlab.engine import Layer, PolicySet, Request, decide
from iamlab.policy import Policy
from iamlab.policy.conditions import Test
from iamlab.policy.statement import Statement

__all__ = ["Asker", "Search", "split", "user_context"]

_MOST_TRIES: Final = 512
_MANY: Final = 500  # from here on, the universe's own groups are faster than asking action by action
# Global keys that requests carry only where the reference lists them for the action.
_LISTED_ONLY: Final = ("aws:requesttag/", "aws:tagkeys")
# Actions that the resource's own policy has to allow, too: trust policies and key policies.
_GATED: Final = ("kms:", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
_CONSENT: Final = Policy(
    [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*"}],
    name="the resource's consent",
)
_USER: Final = f"arn:aws:iam::{ACCOUNT}:user/{FRESH}"


def user_context() -> dict[str, Any]:
    """What every request of the sample user carries."""
    return {
        "aws:PrincipalArn": _USER,
        "aws:PrincipalAccount": ACCOUNT,
        "aws:PrincipalType": "User",
        "aws:PrincipalIsAWSService": False,
        "aws:ResourceAccount": ACCOUNT,
        "aws:SecureTransport": True,
        "aws:ViaAWSService": False,
        "aws:userid": "AIDAIAMLABIAMLABIAMLA",
        "aws:username": FRESH,
    }


def split(
    universe: Universe, statements: list[Statement], bits: int
) -> Iterator[tuple[int, list[Statement]]]:
    """Part a set of actions into those that the same statements cover.

    Returns:
        Pairs of a set of actions and the statements that cover all of it; no other statement covers any of it.
    """
    parts: list[tuple[int, list[Statement]]] = [(bits, [])]
    for statement in statements:
        broken = statement.actions is None or statement.actions.broken is not None
        covered = universe.all if broken else universe.covered(statement.actions)
        following = []
        for part, covering in parts:
            inside = part & covered
            if inside:
                following.append((inside, [*covering, statement]))
            if part ^ inside:
                following.append((part ^ inside, covering))
        parts = following
    return ((part, covering) for part, covering in parts if part)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what for.

    Attributes:
        request: a request of the caller; its context is what all of the caller's requests carry.
        within: ARN of the resource that is asked for, with all that lies in it; None for any resource.
        fixed: how condition keys begin, in lower case, that have the values of that context and no others.
    """

    request: Request
    within: str | None = None
    fixed: tuple[str, ...] = ()

    def resource(self, template: str, *patterns: str) -> str | None:
        """A resource of a template's shape that all patterns match; None where there is none."""
        if self.within is None:
            return meeting(template, *patterns) if patterns else filled(template)
        for place in (self.within, f"{self.within}/*"):
            found = meeting(template, place, *patterns)
            if found is not None:
                return found
        return None

    def ask(self, action: str, resource: str, context: Mapping[str, Any]) -> Request:
        """The caller's request for an action."""
        base = self.request
        return Request(
            action,
            resource,
            base.principal,
            principal_type=base.principal_type,
            account=base.account,
            issuer=base.issuer,
            flags=base.flags,
            resource_account=base.resource_account,
            context=context,
            wildcard_only_action=resource == "*",
        )


def _sample_user() -> Asker:
    return Asker(Request("iam:GetUser", _USER, _USER, resource_account=ACCOUNT, context=user_context()))


class Search:
    """The search in one policy set.

    Args:
        universe: the known actions.
        policies: the set.
        asker: whose requests, and for what; a user of the account that owns the resource, for anything.

    Attributes:
        usable: the actions found so far.
        unsure: actions whose combinations were too many to try all.
        witnesses: for one action of each class found the request that is allowed.
    """

    def __init__(self, universe: Universe, policies: PolicySet, asker: Asker | None = None) -> None:
        self._universe = universe
        self._policies = policies
        self._gated = _with_consent(policies)
        self._asker = asker or _sample_user()
        self._context = {key.lower(): value for key, value in self._asker.request.context.items()}
        self._lower = {key: value for key, value in self._context.items() if isinstance(value, str)}
        self.usable = 0
        self.unsure = 0
        self.witnesses: dict[str, Request] = {}

    def run(self, bits: int) -> None:
        """Search for requests for the actions of a set."""
        members = self._policies.members
        statements = [statement for member in members for statement in member.policy.statements]
        granting = {
            id(statement)
            for member in members
            if member.layer in (Layer.IDENTITY, Layer.RESOURCE)
            for statement in member.policy.statements
            if not statement.denies
        }
        for part, covering in split(self._universe, statements, bits):
            grants = [statement for statement in covering if id(statement) in granting]
            if grants:
                self._search(part, covering, grants)

    def _search(self, part: int, covering: list[Statement], grants: list[Statement]) -> None:
        if all(_plain(statement) for statement in covering):
            number = _first(part)
            resource = next(self._anything(number), None)
            found = self._ask(number, resource, {}) if resource is not None else None
            self._settle(part, found, False)
            return
        tests: dict[str, list[Test]] = {}
        for statement in covering:
            for test in statement.tests:
                tests.setdefault(test.lookup, []).append(test)
        named = _resources(covering)
        for group in self._alike(part, tests, bool(named)):
            number = _first(group)
            found, sure = self._try_all(number, covering, grants, tests)
            self._settle(group, found, not sure)

    def _alike(self, part: int, tests: Mapping[str, list[Test]], shaped: bool) -> Iterator[int]:
        """Actions that have the same shapes of resources, and of the keys asked for the same ones."""
        special = [key for key in tests if not key.startswith("aws:") or key.startswith(_LISTED_ONLY)]
        if not shaped and not special:
            yield part
            return
        if not special and part.bit_count() >= _MANY:
            yield from (part & bits for bits in self._universe.shapes().values() if part & bits)
            return
        groups: dict[tuple[Any, ...], int] = {}
        for number in ones(part):
            shape = (
                self._universe.templates(number) if shaped else (),
                tuple(key for key in special if self._has_key(number, key)),
            )
            groups[shape] = groups.get(shape, 0) | 1 << number
        yield from groups.values()

    def _has_key(self, number: int, key: str) -> bool:
        keys = self._universe.keys(number)
        return key in keys or any(key.startswith(known.partition("${")[0]) for known in keys if "${" in known)

    def _try_all(
        self, number: int, covering: list[Statement], grants: list[Statement], tests: Mapping[str, list[Test]]
    ) -> tuple[Request | None, bool]:
        contexts: list[dict[str, Any]] = []
        tries = 0
        for resource in self._candidates(number, covering, grants):
            contexts = contexts or list(islice(self._contexts(number, grants, tests), _MOST_TRIES + 1))
            for context in contexts:
                if tries >= _MOST_TRIES:
                    return None, False
                tries += 1
                found = self._ask(number, resource, context)
                if found is not None:
                    return found, True
        return None, True

    def _contexts(
        self, number: int, grants: list[Statement], tests: Mapping[str, list[Test]]
    ) -> Iterator[dict[str, Any]]:
        """Combinations of values, those first that one of the Allows asks for."""
        choices: list[list[tuple[str, Any]]] = []
        for key, asked in tests.items():
            if key.startswith(self._asker.fixed):
                continue
            special = not key.startswith("aws:") or key.startswith(_LISTED_ONLY)
            values: list[Any] = [None]
            if not special or self._has_key(number, key):
                values = values_for(asked)
                liked = [test for test in asked if test.statement in grants]
                values.sort(key=lambda value, key=key, liked=liked: not _passes(liked, key, value))  # type: ignore[misc]  # mypy infers no types for a lambda with defaults
            choices.append([(key, value) for value in values])
        for combination in product(*choices):
            yield dict(combination)

    def _candidates(self, number: int, covering: list[Statement], grants: list[Statement]) -> Iterator[str]:
        """Resources of the action's shapes on which the Allows, or the Allows and another statement, meet."""
        seen: set[str | None] = {None}
        others = _resources(s for s in covering if not s.denies and s not in grants)
        patterns = self._resolved(grants)
        anywhere = any(s.resources is None or s.resources.negated or s.resources.everything for s in grants)
        for template in self._universe.templates(number):
            for pattern in patterns:
                for more in ["*", *others]:
                    found = self._asker.resource(template, pattern, more)
                    if found not in seen:
                        seen.add(found)
                        assert found is not None
                        yield found
            found = self._asker.resource(template) if anywhere else None
            if found not in seen:
                seen.add(found)
                assert found is not None
                yield found

    def _anything(self, number: int) -> Iterator[str]:
        """Resources of an action's shapes, whatever they are called."""
        for template in self._universe.templates(number):
            found = self._asker.resource(template)
            if found is not None:
                yield found

    def _resolved(self, statements: list[Statement]) -> list[str]:
        """Patterns of `Resource`, with the sample user's values in place of variables."""
        found: dict[str, None] = {}
        for statement in statements:
            if statement.resources is not None and not statement.resources.negated:
                found.update((text, None) for text in statement.resources.resolved(self._lower) if text)
        return list(found)

    def _ask(self, number: int, resource: str, context: Mapping[str, Any]) -> Request | None:
        given = self._context | dict(context)
        request = self._asker.ask(
            self._universe.names[number],
            resource,
            {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()},
        )
        gated = request.action.startswith(_GATED)
        return request if decide(request, self._gated if gated else self._policies).allowed else None

    def _settle(self, bits: int, found: Request | None, unsure: bool) -> None:
        if found is not None:
            self.usable |= bits
            self.witnesses[found.action] = found
        elif unsure:
            self.unsure |= bits


def _with_consent(policies: PolicySet) -> PolicySet:
    """The set with a resource's policy that leaves the decision to the account, where it has none.

    That is what KMS's default key policy does, and a role's trust policy that names the account.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    if policies.layer(Layer.RESOURCE):
        return policies

    def layer(name: Layer) -> list[Policy]:
        return [member.policy for member in policies.layer(name)]

    def levels(name: Layer) -> list[list[Policy]]:
        found: list[list[Policy]] = [[] for _ in range(policies.levels(name))]
        for member in policies.layer(name):
            assert member.level is not None
            found[member.level].append(member.policy)
        return found

    return PolicySet(
        identity=layer(Layer.IDENTITY),
        boundary=layer(Layer.BOUNDARY),
        session=layer(Layer.SESSION),
        vpce=layer(Layer.VPCE),
        resource=_CONSENT,
        scps=levels(Layer.SCP),
        rcps=levels(Layer.RCP),
    )


def _first(bits: int) -> int:
    """The lowest action of a set."""
    return (bits & -bits).bit_length() - 1


def _plain(statement: Statement) -> bool:
    """Neither resources nor conditions nor principals tell requests apart."""
    resources = statement.resources
    everything = resources is not None and resources.everything and not resources.negated
    return everything and not statement.tests and not statement.broken and statement.principals is None


def _resources(statements: Any) -> list[str]:
    """The resource patterns that name something in particular."""
    found: dict[str, None] = {}
    for statement in statements:
        if statement.resources is not None:
            found.update((text, None) for text in statement.resources.texts if text.strip("*"))
    return list(found)


def _passes(tests: list[Test], key: str, value: Any) -> bool:
    context = {} if value is None else {key: value}
    return all(test.broken is None and test.holds(context) for test in tests)
