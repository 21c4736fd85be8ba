"""One direction of a comparison: a request that the first policy set allows and the second doesn't.

Comes in: two sets and a universe of requests. Goes out: a `Difference`, which holds a confirmed request, or none
because there is none, or the reason why nothing can be said. The space of requests is cut into finitely many classes
on which the sets can't behave differently (caller, action, each condition key, resource), and the engine decides a
representative of each: there is no second evaluation beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from iamlab.analysis.action_classes import differing, representatives, special_actions
from iamlab.analysis.callers import Caller, callers_of, speaks_of_principals
from iamlab.analysis.context_search import Found, find_context
from iamlab.analysis.known import ALONE, ALWAYS_PRESENT, can_hold, resource_shapes
from iamlab.analysis.resources import Shape
from iamlab.analysis.rules import ClassRule, Rules, Side
from iamlab.analysis.strings import Budget, Bundle, Glob, OverBudget, glob_of, walk
from iamlab.analysis.universe import Universe, ones, universe
from iamlab.analysis.witness import Witness, witness
from iamlab.engine import Layer, PolicySet, Request
from iamlab.engine.layers import LAYERS
from iamlab.engine.route import route_of
from iamlab.policy.glob import STAR, resource_marks, tokens_of

__all__ = ["STEPS", "Difference", "UniverseName", "find_difference"]

UniverseName = Literal["any", "known"]

STEPS: Final = 60_000
"""How many steps a direction may take before it counts as undecided; some half a second."""


class Difference(NamedTuple):
    """What was found in one direction.

    Attributes:
        request: allowed by the first set alone, or None.
        reason: why nothing can be said when there is no request; empty where there certainly is none.
        plain: whether `decide` says so of the sets as they are; else only where the resource's own policy leaves the
            decision to IAM, as KMS's default key policy does.
    """

    request: Request | None = None
    reason: str = ""
    plain: bool = True


class _Region(NamedTuple):
    """Resources that the engine treats alike, with one of them."""

    shape: Shape
    example: str


def find_difference(
    first: PolicySet,
    second: PolicySet,
    within: UniverseName = "any",
    callers: Callable[[Caller], bool] | None = None,
    steps: int = STEPS,
    partition: str = "",
) -> Difference:
    """Find a request that the first set allows and the second doesn't.

    Args:
        first, second: the sets.
        within: `any` strings, or only requests that the service reference `known`s.
        callers: which of the representative callers count; all when absent.
        steps: the bound.
        partition: among known requests, the only partition whose resources count; all when empty.
    """
    search = _Search(first, second, within, Budget(steps), partition)
    try:
        return search.run(callers)
    except OverBudget as bound:
        return search.fallback or Difference(
            reason=f"{bound} fall into too many cases to look at all of them"
        )


class _Search:
    def __init__(
        self, first: PolicySet, second: PolicySet, within: UniverseName, budget: Budget, partition: str
    ) -> None:
        self.first, self.second = first, second
        self.known = within == "known"
        self.budget = budget
        self.partition = partition
        # INVARIANT: where no resource's policy is given, it is taken to leave the decision to IAM policies.
        self.delegate = not any(policies.layer(Layer.RESOURCE) for policies in (first, second))
        self.principals = any(map(speaks_of_principals, (first, second)))
        self.rcps = any(policies.levels(Layer.RCP) for policies in (first, second))
        self.rules = Rules()
        self.seen: set[Hashable] = set()
        self.fallback: Difference | None = None
        self.unconfirmed = ""

    def run(self, callers: Callable[[Caller], bool] | None) -> Difference:
        if not differing(self.first, self.second):
            return Difference()
        who = [caller for caller in callers_of(self.first, self.second) if callers is None or callers(caller)]
        for action, members in self._actions():
            for caller in who:
                for region in self._regions(action, caller):
                    found = self._class(action, members, caller, region)
                    if found is not None and found.plain:
                        return Difference(found.request)
                    if found is not None and self.fallback is None:
                        self.fallback = Difference(found.request, plain=False)
        return self.fallback or Difference(reason=self.unconfirmed)

    # ------------------------------------------------------------ classes
    def _actions(self) -> Iterator[tuple[str, int]]:
        """An action for each class, and in the known universe the bits of all its members."""
        services = universe().ranges if self.rcps else ()
        special = special_actions(self.first, self.second, services)
        if not self.known:
            for action in representatives(self.first, self.second, special, self.budget):
                yield action, 0
            return
        index = universe()
        region = 0
        for pattern in differing(self.first, self.second):
            region |= index.bits(pattern)
        classes = [region] if region else []
        spoken = dict.fromkeys(
            index.covered(statement.actions)
            for policies in (self.first, self.second)
            for member in policies.members
            for statement in member.policy.statements
        )
        splitters = [*spoken, *(index.bits(pattern) for pattern in special)]
        for bits in splitters:
            if bits & region and region & ~bits:
                classes = [part for group in classes for part in (group & bits, group & ~bits) if part]
                self.budget.spend(len(classes) // 64, "the actions")
        # Classes in which the same statements speak are one.
        merged: dict[Hashable, int] = {}
        for group in classes:
            lower = index.lower[next(ones(group))]
            key = (
                _statements(self.first, lower),
                _statements(self.second, lower),
                tuple(bool(group & index.bits(pattern)) for pattern in special),
            )
            merged[key] = merged.get(key, 0) | group
        for group in merged.values():
            yield index.lower[next(ones(group))], group

    def _regions(self, action: str, caller: Caller) -> list[_Region]:
        if not self.principals and not self.rcps:
            return [_PLAIN]
        partition = (
            "" if caller.principal is None or not self.principals else caller.principal.split(":")[1:2]
        )
        return _regions(action, "".join(partition), self.principals, self.rcps)

    def _class(self, action: str, members: int, caller: Caller, region: _Region) -> Witness | None:
        route = route_of(caller.request(action, region.example, {}))
        if route.fixed is not None:
            return None
        ways = (route.kind, route.mask, route.same_account, route.gate, route.foreign, route.caller_side_only)
        spoken = (_statements(self.first, action), _statements(self.second, action))
        asked = (ways, spoken, caller, region.shape, self.known and members)
        if asked in self.seen:
            return None
        self.seen.add(asked)
        one = Side(self.first, route, self.rules, self.delegate)
        other = Side(self.second, route, self.rules, self.delegate)
        bits = 0
        for mask in (*one.masks, *other.masks):
            bits |= mask
        if one.within(other, bits):
            return None
        place = (ways, one.layers, other.layers, one.masks, other.masks, region.shape, self.known and members)
        if place in self.seen:
            return None
        self.seen.add(place)
        rules = [rule for bit, rule in self.rules.rules.items() if bit & bits]
        found = find_context(one, other, rules, region.shape, _free, self.budget)
        if found is None:
            return None
        if not self.known:
            return self._confirmed(action, found, caller, False)
        return self._typed(members, one, other, rules, caller, region)

    def _typed(
        self,
        members: int,
        one: Side,
        other: Side,
        rules: list[ClassRule],
        caller: Caller,
        region: _Region,
    ) -> Witness | None:
        """The difference among known requests: action by action, those of one shape once."""
        index = universe()
        asked = {test.lookup for rule in rules for test in rule.tests if not test.lookup.startswith("aws:")}
        tried: set[Hashable] = set()
        for number in ones(members):
            shapes = resource_shapes(index, number, self.partition)
            keys = frozenset(key for key in asked if can_hold(index, number, key))
            if (shapes, keys) in tried:
                continue
            tried.add((shapes, keys))
            shape = region.shape._replace(inside=shapes)
            found = find_context(one, other, rules, shape, _presence(index, number), self.budget)
            if found is not None:
                confirmed = self._confirmed(index.names[number], found, caller, shapes == (ALONE,))
                if confirmed is not None:
                    return confirmed
        return None

    def _confirmed(self, action: str, found: Found, caller: Caller, alone: bool) -> Witness | None:
        shown = witness(
            caller,
            action,
            found.resource,
            found.context,
            alone,
            self.first,
            self.second,
            self.delegate,
            universe(),
            self.known,
        )
        if shown is None:
            self.unconfirmed = (
                f"the engine doesn't confirm the difference found for `{action}` on `{found.resource}`"
            )
        return shown


def _statements(policies: PolicySet, action: str) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Which statements concern an action."""
    found: list[tuple[int, tuple[int, ...]]] = []
    for number, member in enumerate(policies.members):
        denies, allows = member.policy.candidates(LAYERS[member.layer].usage, action)
        if denies or allows:
            found.append((number, tuple(statement.index for statement in (*denies, *allows))))
    return tuple(found)


def _free(key: str) -> tuple[bool, bool]:
    return True, True


def _presence(index: Universe, number: int) -> Callable[[str], tuple[bool, bool]]:
    def presence(key: str) -> tuple[bool, bool]:
        return key not in ALWAYS_PRESENT, can_hold(index, number, key)

    return presence


_PLAIN: Final = _Region(Shape(), "x")


def _pattern(text: str) -> Glob:
    return glob_of(tuple(resource_marks(tokens_of(text))))


@lru_cache(512)
def _regions(action: str, partition: str, principals: bool, rcps: bool) -> list[_Region]:
    """Resources that the engine itself treats apart: keys and roles, whose policy must allow; those that RCPs spare."""
    service, _, name = action.partition(":")
    special: list[Glob] = []
    if service == "kms" and principals:
        special.append(_pattern("arn:?*:kms:*:*:key/*"))
    if service == "sts" and name in ("tagsession", "setsourceidentity", "setcontext") and principals:
        special.append(_pattern("arn:?*:iam:*:*:role/*"))
    if rcps:
        special.append(ALONE)
        if service == "kms":
            special.append(_pattern("*:alias/aws/*"))
        if service == "sts":
            special.append(_pattern("*:role/aws-service-role/*"))
    shapes = [
        Shape(must=(glob,), outside=tuple(other for other in special if other != glob)) for glob in special
    ]
    shapes.append(Shape(outside=tuple(special)))
    if partition:
        foreign = _pattern("arn:?*:?*:*:*:*")
        domestic = _pattern(f"arn:{partition}:*"), glob_of((("arn:*:", False), (STAR, False)))
        shapes = [
            narrowed
            for shape in shapes
            for narrowed in (
                shape._replace(outside=(*shape.outside, foreign)),
                *(shape._replace(must=(*shape.must, foreign, home)) for home in domestic),
                shape._replace(must=(*shape.must, foreign), outside=(*shape.outside, *domestic)),
            )
        ]
    found: list[_Region] = []
    for shape in shapes:
        example = _example(shape)
        if example is not None:
            found.append(_Region(shape, example))
    # ARNs of the caller's partition come first: they read best.
    return sorted(found, key=lambda region: not region.example.startswith(f"arn:{partition or 'aws'}:"))


def _example(shape: Shape) -> str | None:
    bundle = Bundle([*shape.must, *shape.outside])
    count = len(shape.must)
    must, banned = bundle.accepts[:count], sum(bundle.accepts[count:])
    return walk(
        bundle,
        lambda state: all(state & region for region in bundle.regions[:count]),
        lambda state: all(state & accept for accept in must) and not state & banned,
        Budget(100_000),
        "the resources",
    )
