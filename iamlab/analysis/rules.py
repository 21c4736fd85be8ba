"""Statements as bits: what two policy sets say about one class of requests, judged by the engine itself.

Comes in: policy sets and a route (caller and action). Goes out: a `Side` for each set, whose question is "would the
engine allow if exactly these statements matched?". The layers are joined by `iamlab.engine.verdict.judge` alone, over
the engine's own plan, in which each statement's matcher is replaced by a look at its bit. Statements that can't behave
differently share a bit, whichever set or layer they stand in.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import NamedTuple

from iamlab.engine import PolicySet
from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.policy_set import Member, Plan, Rule
from iamlab.engine.route import Route
from iamlab.engine.verdict import judge
from iamlab.policy import Policy
from iamlab.policy.conditions import Test
from iamlab.policy.facts import Strength
from iamlab.policy.matching import Resources
from iamlab.policy.statement import Statement, Usage

__all__ = ["ClassRule", "Rules", "Side", "StatementKey", "delegated", "statement_key", "test_key"]


@lru_cache(64)
def delegated(account: str | None) -> Policy:
    """A resource's policy that leaves every decision to the IAM policies of its account, as KMS's default one does."""
    whom = {"AWS": account or "000000000000"}
    statement = {"Effect": "Allow", "Principal": whom, "Action": "*", "Resource": "*"}
    return Policy({"Version": "2012-10-17", "Statement": [statement]}, name="the resource's default policy")


class StatementKey(NamedTuple):
    """What a statement says, apart from its actions."""

    denies: bool
    scope: Hashable
    whom: Hashable
    tests: Hashable


class ClassRule:
    """One statement as it counts for a class of requests.

    Attributes:
        bit: its bit.
        denies: whether it is a Deny.
        resources: what has to match, or None when any resource does.
        tests: what has to hold.
    """

    __slots__ = ("bit", "denies", "resources", "tests")

    def __init__(self, bit: int, denies: bool, resources: Resources | None, tests: tuple[Test, ...]) -> None:
        self.bit = bit
        self.denies = denies
        self.resources = resources
        self.tests = tests


def test_key(test: Test) -> Hashable:
    """Equal for tests that can't differ."""
    return test.operator, test.lookup, frozenset(test.values), test.templated


def _resources(statement: Statement) -> Resources | None:
    resources = statement.resources
    if resources is None or resources.broken:
        return None
    return None if resources.everything and not resources.negated and resources.texts else resources


def statement_key(statement: Statement, usage: Usage, bounded: bool) -> StatementKey | None:
    """Equal for statements that can't differ but in their actions; None for one that never matches."""
    if not statement.denies and (statement.broken or statement.usage_problem(usage)):
        return None
    resources = _resources(statement)
    scope: Hashable = None
    if resources is not None:
        if not resources.texts or (resources.everything and resources.negated):
            return None
        scope = (resources.negated, frozenset(resources.texts), resources.variables_on)
    principals = statement.principals
    whom: Hashable = None
    if usage == Usage.RESOURCE and principals is not None and not principals.broken:
        whom = (principals.negated, frozenset(principals.texts), bounded)
    tests = frozenset(test_key(test) for test in statement.tests if test.broken is None)
    return StatementKey(statement.denies, scope, whom, tests)


class Rules:
    """The bits of the statements that concern one caller and one class of actions."""

    __slots__ = ("_bits", "allows", "cell", "rules")

    def __init__(self) -> None:
        self._bits: dict[Hashable, int] = {}
        self.rules: dict[int, ClassRule] = {}
        self.allows = 0
        self.cell = [0]

    def bit(self, statement: Statement, layer: Layer, route: Route, bounded: bool) -> int:
        """The bit of a statement, or 0 when it can't match this caller."""
        usage = LAYERS[layer].usage
        key = statement_key(statement, usage, bounded)
        if key is None:
            return 0
        principals = statement.principals
        if usage == Usage.RESOURCE and principals is not None and not principals.broken:
            strength = Strength.DIRECT
            if not (statement.denies and principals.undecidable):
                strength = principals.strength(route, bounded)
            if not strength:
                return 0
            # Of a resource's policy it matters how strongly an Allow speaks.
            key = key._replace(whom=strength if layer == Layer.RESOURCE and not key.denies else None)
        bit = self._bits.get(key)
        if bit is None:
            bit = self._bits[key] = 1 << len(self._bits)
            tests = tuple(test for test in statement.tests if test.broken is None)
            self.rules[bit] = ClassRule(bit, statement.denies, _resources(statement), tests)
            if not statement.denies:
                self.allows |= bit
        return bit


class _Stage:
    """A policy set as `judge` sees one, whose plan looks at bits."""

    __slots__ = ("_plan", "bounded", "in_session", "through_endpoint")

    def __init__(self, policies: PolicySet, plan: Plan) -> None:
        self._plan = plan
        self.bounded = policies.bounded
        self.in_session = policies.in_session
        self.through_endpoint = policies.through_endpoint

    def plan(self, action: str) -> Plan:
        return self._plan


class Side:
    """One of the two sets, for one caller and one class of actions.

    Attributes:
        masks: the bits by layer and level: equal masks of equally built sets decide equally.
    """

    __slots__ = ("_cell", "_known", "_route", "_stage", "layers", "masks")

    def __init__(self, policies: PolicySet, route: Route, rules: Rules, delegate: bool) -> None:
        real = policies.plan(route.action)
        plan = Plan()
        cell = self._cell = rules.cell
        bounded = policies.bounded
        masks: list[int] = [0]

        def take(layer: Layer, statement: Statement) -> tuple[int, Callable[[object], bool]]:
            bit = rules.bit(statement, layer, route, bounded)
            return bit, lambda facts: bool(cell[0] & bit)

        for layer_bit, _, statement, member in real.denies:
            if route.mask & layer_bit:
                bit, hit = take(member.layer, statement)
                if bit:
                    plan.denies.append((layer_bit, hit, statement, member))
                    masks[0] |= bit

        def bucket(found: list[Rule], layer: Layer) -> list[Rule]:
            kept: list[Rule] = []
            mask = 0
            for _, statement, member in found:
                bit, hit = take(layer, statement)
                if bit:
                    kept.append((hit, statement, member))
                    mask |= bit
            masks.append(mask)
            return kept

        plan.identity = bucket(real.identity, Layer.IDENTITY)
        plan.boundary = bucket(real.boundary, Layer.BOUNDARY)
        plan.session = bucket(real.session, Layer.SESSION)
        plan.vpce = bucket(real.vpce, Layer.VPCE)
        plan.resource = bucket(real.resource, Layer.RESOURCE)
        plan.grants = bucket(real.grants, Layer.RESOURCE)
        plan.scps = None if real.scps is None else [bucket(level, Layer.SCP) for level in real.scps]
        plan.rcps = None if real.rcps is None else [bucket(level, Layer.RCP) for level in real.rcps]
        if delegate:
            statement = delegated(route.account).statements[0]
            plan.resource.append(
                (lambda facts: True, statement, Member(Layer.RESOURCE, None, 0, statement.policy))
            )
        self.layers = (
            policies.bounded,
            policies.in_session,
            policies.through_endpoint,
            len(plan.scps or ()),
            len(plan.rcps or ()),
            delegate,
        )
        self.masks = tuple(masks)
        self._stage = _Stage(policies, plan)
        self._route = route
        self._known: dict[int, bool] = {}

    def allows(self, matching: int) -> bool:
        """Whether the engine allows when exactly these statements match."""
        known = self._known.get(matching)
        if known is None:
            self._cell[0] = matching
            outcome, _ = judge(self._route, self._stage)  # type: ignore[arg-type]  # has what of a stage is asked
            known = self._known[matching] = outcome is Outcome.ALLOWED
        return known

    def within(self, other: Side, alive: int) -> bool:
        """Whether the other set plainly allows all that this one does, when only these statements can match.

        It is built alike, lacks none of the Allows in their layers, and has no Deny that this one hasn't: more Allows
        never take anything away, and fewer Denies neither.
        """
        if self.layers != other.layers:
            return False
        mine, theirs = self.masks, other.masks
        if theirs[0] & ~mine[0] & alive:
            return False
        for index in range(1, len(mine)):  # noqa: SIM110 (asked at every step of the search)
            if mine[index] & ~theirs[index] & alive:
                return False
        return True
