"""The trace of a decision: every layer, policy, statement and element, with what was compared and where it stands.

Comes in: a request's route, the policies, the verdict. Goes out: a `Trace`. The trace asks the same compiled matchers
that decided; it merely doesn't stop at the first answer. Statements that don't list the action are shared between
traces and their further elements stay uncompared (`matched` is None), as in the decision itself.

Sentences and places are worked out when they are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamlab.engine.layers import FLOW, LAYERS, Layer, Outcome
from iamlab.engine.policy_set import Member, PolicySet
from iamlab.engine.reasons import RESOURCE_NOTES, reason_of
from iamlab.engine.route import Route
from iamlab.policy.conditions import Test
from iamlab.policy.facts import Strength
from iamlab.policy.problems import Path
from iamlab.policy.statement import Statement, Usage

if TYPE_CHECKING:
    from iamlab.policy import Span

__all__ = ["LayerTrace", "PartTrace", "PolicyTrace", "StatementTrace", "Trace", "make_trace"]


class PartTrace:
    """One element of a statement against the request.

    Attributes:
        element: `Principal`, `NotPrincipal`, `Action`, `NotAction`, `Resource`, `NotResource` or `Condition`; `Policy`,
            `Statement`, `Effect` for what can't be evaluated at all.
        matched: whether it is met; None when it wasn't compared or can't be evaluated.
        broken: why it can't be evaluated, or None.
    """

    __slots__ = ("_route", "_source", "broken", "element", "matched")

    def __init__(
        self,
        element: str,
        matched: bool | None,
        source: Statement | Test,
        route: Route | None,
        broken: str | None = None,
    ) -> None:
        self.element = element
        self.matched = matched
        self._source = source
        self._route = route
        self.broken = broken

    @property
    def operator(self) -> str | None:
        """A condition's operator as written, prefix and suffix included; else None."""
        source = self._source
        return source.operator if isinstance(source, Test) else None

    @property
    def key(self) -> str | None:
        """A condition's key as written; else None."""
        source = self._source
        return source.key if isinstance(source, Test) else None

    @property
    def reason(self) -> str:
        """Why, in a sentence without a full stop."""
        return reason_of(self)

    @property
    def policy_values(self) -> tuple[str | None, ...]:
        """What the policy lists, with this request's variables put in; None where a variable has no value."""
        source, route = self._source, self._route
        if isinstance(source, Test):
            return source.values if route is None else source.resolved(route.values)
        if self.element in ("Action", "NotAction"):
            return tuple(source.actions.texts) if source.actions else ()
        if self.element in ("Principal", "NotPrincipal"):
            return tuple(source.principals.texts) if source.principals else ()
        if self.element in ("Resource", "NotResource") and source.resources:
            return tuple(source.resources.texts) if route is None else source.resources.resolved(route.values)
        return ()

    @property
    def written_values(self) -> tuple[str, ...]:
        """What the policy lists, as written."""
        source = self._source
        if isinstance(source, Test):
            return source.values
        return tuple(
            value for value in PartTrace(self.element, None, source, None).policy_values if value is not None
        )

    @property
    def context_values(self) -> tuple[str, ...] | None:
        """What the request holds against it; None when it holds nothing or wasn't asked."""
        source, route = self._source, self._route
        if route is None:
            return None
        if isinstance(source, Test):
            value = route.values.get(source.lookup)
            return value if value is None or isinstance(value, tuple) else (value,)
        if self.element in ("Action", "NotAction"):
            return (route.action,)
        if self.element in ("Resource", "NotResource"):
            return (route.resource,)
        if self.element in ("Principal", "NotPrincipal"):
            return (route.principal,)
        return None

    @property
    def multivalued(self) -> bool:
        """Whether the request holds a list for this condition's key."""
        source, route = self._source, self._route
        return (
            isinstance(source, Test)
            and route is not None
            and isinstance(route.values.get(source.lookup), tuple)
        )

    @property
    def path(self) -> Path:
        """The way to the element from the document's root."""
        source = self._source
        if isinstance(source, Test):
            return source.path
        named = self.element not in ("Policy", "Statement")
        return (*source.path, self.element) if named else source.path

    @property
    def span(self) -> Span | None:
        """Where it stands in the policy's text (an absent element: its statement)."""
        return self._statement().policy.span(self.path)

    def _statement(self) -> Statement:
        source = self._source
        if isinstance(source, Test):
            assert source.statement is not None
            return source.statement
        return source

    def __repr__(self) -> str:
        what = f"{self.operator} {self.key}" if self.operator else self.element
        return f"<PartTrace {what}: {self.matched}>"


class StatementTrace:
    """One statement against the request.

    Attributes:
        index: position in its policy, from 0.
        sid: its Sid, or None.
        effect: `Allow` or `Deny`.
        matched: whether it has a say.
        compared: whether its elements were compared; False when it doesn't list the action.
        parts: its elements.
    """

    __slots__ = ("compared", "effect", "index", "matched", "parts", "sid", "statement")

    def __init__(
        self, statement: Statement, matched: bool, compared: bool, parts: tuple[PartTrace, ...]
    ) -> None:
        self.statement = statement
        self.index = statement.index
        self.sid = statement.sid
        self.effect = statement.effect
        self.matched = matched
        self.compared = compared
        self.parts = parts

    @property
    def span(self) -> Span | None:
        """Where the statement stands in the policy's text."""
        return self.statement.policy.span(self.statement.path)

    @property
    def broken(self) -> tuple[str, ...]:
        """Why it can't be evaluated, if so."""
        return tuple(part.broken for part in self.parts if part.broken)

    def __repr__(self) -> str:
        return f"<StatementTrace {self.index} {self.effect}: {'matched' if self.matched else 'not matched'}>"


class PolicyTrace:
    """One policy in its place.

    Attributes:
        index: position in its layer (in its level), from 0.
        level: of SCPs and RCPs the level from the root; else None.
        statements: all of its statements.
    """

    __slots__ = ("index", "level", "member", "statements")

    def __init__(self, member: Member, statements: tuple[StatementTrace, ...]) -> None:
        self.member = member
        self.index = member.index
        self.level = member.level
        self.statements = statements

    @property
    def name(self) -> str | None:
        """The policy's name, if it has one."""
        return self.member.policy.name

    @property
    def arn(self) -> str | None:
        """The policy's ARN, if it has one."""
        return self.member.policy.arn

    @property
    def complaint(self) -> str | None:
        """Why the document as a whole can't be read, or None."""
        return self.member.policy.complaint

    def __repr__(self) -> str:
        return f"<PolicyTrace {self.index}: {len(self.statements)} statements>"


class LayerTrace:
    """One layer of the decision.

    Attributes:
        layer: which.
        applies: whether it has a say in this request.
        outcome: what the layer by itself says; None when it doesn't apply or holds no policy.
        note: what else there is to know, or ''.
        policies: its policies.
    """

    __slots__ = ("applies", "layer", "note", "outcome", "policies")

    def __init__(
        self,
        layer: Layer,
        applies: bool,
        outcome: Outcome | None,
        note: str,
        policies: tuple[PolicyTrace, ...],
    ) -> None:
        self.layer = layer
        self.applies = applies
        self.outcome = outcome
        self.note = note
        self.policies = policies

    @property
    def title(self) -> str:
        """The layer's name for people."""
        return LAYERS[self.layer].title

    def matched(self) -> Iterator[tuple[PolicyTrace, StatementTrace]]:
        """The statements that matched, each with its policy."""
        for policy in self.policies:
            for statement in policy.statements:
                if statement.matched:
                    yield policy, statement

    def __repr__(self) -> str:
        return f"<LayerTrace {self.layer}: {self.outcome}>"


class Trace:
    """All layers of a decision, in the order in which a request passes them."""

    __slots__ = ("layers",)

    def __init__(self, layers: tuple[LayerTrace, ...]) -> None:
        self.layers = layers

    def layer(self, layer: Layer) -> LayerTrace | None:
        """One layer's trace; None for what isn't a layer of policies."""
        return next((found for found in self.layers if found.layer == layer), None)

    def statements(self) -> Iterator[tuple[LayerTrace, PolicyTrace, StatementTrace]]:
        """Every statement with its policy and layer."""
        for layer in self.layers:
            for policy in layer.policies:
                for statement in policy.statements:
                    yield layer, policy, statement

    def __repr__(self) -> str:
        return f"<Trace {', '.join(f'{layer.layer}: {layer.outcome}' for layer in self.layers)}>"


def make_trace(route: Route, policies: PolicySet, decider: Layer) -> Trace:
    """Trace a decision.

    Args:
        route: the request's route.
        policies: the policies.
        decider: the layer that decided.
    """
    idle = _idle(policies)
    fixed = route.fixed
    if fixed is not None:
        return Trace(tuple(LayerTrace(layer, False, None, fixed[2], idle[layer].policies) for layer in FLOW))
    active: dict[Layer, _Active] = {}
    bounded = policies.bounded
    mask = route.mask
    for member, statements in policies.plan(route.action).members:
        layer = member.layer
        facts = LAYERS[layer]
        if mask & facts.bit:
            found = active.get(layer)
            if found is None:
                found = active[layer] = _Active(list(idle[layer].policies))
            position, resting = member.shown
            rows = list(resting.statements)
            for statement in statements:
                row = rows[statement.index] = _compare(statement, facts.usage, bounded, route)
                if row.matched:
                    if statement.denies:
                        found.denied = True
                    else:
                        found.allowing.add(member.level)
            found.policies[position] = PolicyTrace(member, tuple(rows))
    layers = []
    for layer, resting_layer in idle.items():
        found = active.get(layer)
        if (
            found is None
            and resting_layer.outcome is None
            and layer is not decider
            and mask & LAYERS[layer].bit
        ):
            layers.append(resting_layer)
        else:
            layers.append(_layer_trace(layer, route, policies, found, resting_layer))
    return Trace(tuple(layers))


class _Active:
    """What is known of a layer while its statements are compared."""

    __slots__ = ("allowing", "denied", "policies")

    def __init__(self, policies: list[PolicyTrace]) -> None:
        self.policies = policies
        self.denied = False
        self.allowing: set[int | None] = set()


def _idle(policies: PolicySet) -> dict[Layer, LayerTrace]:
    """The layers as they look when they don't concern the action; made once per set."""
    idle: dict[Layer, LayerTrace] | None = policies.shown
    if idle is None:
        lists: dict[Layer, list[PolicyTrace]] = {layer: [] for layer in FLOW}
        for member in policies.members:
            usage = LAYERS[member.layer].usage
            resting = PolicyTrace(
                member, tuple(_resting(statement, usage) for statement in member.policy.statements)
            )
            member.shown = (len(lists[member.layer]), resting)
            lists[member.layer].append(resting)
        idle = {}
        for layer, found in lists.items():
            present = bool(found) or (layer in (Layer.SCP, Layer.RCP) and policies.levels(layer) > 0)
            outcome = Outcome.IMPLICITLY_DENIED if present else None
            idle[layer] = LayerTrace(layer, present, outcome, "", tuple(found))
        policies.shown = idle
    return idle


def _resting(statement: Statement, usage: Usage) -> StatementTrace:
    """A statement that doesn't list the action: nothing else of it is compared."""
    found = statement.shown.get(usage)
    if found is None:
        parts = []
        for element in _elements(statement):
            parts.append(PartTrace(element, False if element.endswith("Action") else None, statement, None))
        parts.extend(PartTrace("Condition", None, test, None, test.broken) for test in statement.tests)
        found = statement.shown[usage] = StatementTrace(statement, False, False, tuple(parts))
    assert isinstance(found, StatementTrace)
    return found


def _elements(statement: Statement) -> Iterator[str]:
    if statement.principals is not None:
        yield "NotPrincipal" if statement.principals.negated else "Principal"
    if statement.actions is not None:
        yield "NotAction" if statement.actions.negated else "Action"
    if statement.resources is not None:
        yield "NotResource" if statement.resources.negated else "Resource"


def _compare(statement: Statement, usage: Usage, bounded: bool, route: Route) -> StatementTrace:
    """Ask every element of a statement; a statement matches when all do.

    What can't be evaluated counts as met in a Deny and as not met in an Allow.
    """
    parts: list[PartTrace] = []
    if (
        statement.broken
        or statement.principals is not None
        or usage != Usage.IDENTITY
        or statement.resources is None
    ):
        _add_odd_parts(parts, statement, usage, bounded, route)
    actions, resources = statement.actions, statement.resources
    if actions is not None:
        element = "NotAction" if actions.negated else "Action"
        broken = actions.broken
        parts.append(PartTrace(element, None if broken else True, statement, route, broken))
    values = route.values
    if resources is not None:
        element = "NotResource" if resources.negated else "Resource"
        broken = resources.broken
        matched = None if broken else resources.match(route.resource, values)
        parts.append(PartTrace(element, matched, statement, route, broken))
    for test in statement.tests:
        broken = test.broken
        parts.append(PartTrace("Condition", None if broken else test.holds(values), test, route, broken))
    unknown = statement.denies
    for part in parts:
        matched = part.matched
        if not matched and (matched is False or not unknown):
            return StatementTrace(statement, False, True, tuple(parts))
    return StatementTrace(statement, True, True, tuple(parts))


def _add_odd_parts(
    parts: list[PartTrace], statement: Statement, usage: Usage, bounded: bool, route: Route
) -> None:
    """What few statements have: elements that can't be read, elements out of place, principals."""
    own = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
    for element, why in statement.broken:
        if (
            element not in own
            or (element == "Condition" and not statement.tests)
            or not _stands(statement, element)
        ):
            parts.append(PartTrace(element, None, statement, route, why))
    problem = statement.usage_problem(usage)
    if problem is not None:
        parts.append(PartTrace(problem[0], None, statement, route, problem[1]))
    principals = statement.principals
    if principals is not None and (problem is None or problem[0] != "Principal"):
        element = "NotPrincipal" if principals.negated else "Principal"
        matched: bool | None = principals.strength(route, bounded) > Strength.NONE
        why_not = principals.broken
        if not why_not and not matched and principals.undecidable and statement.denies:
            why_not = "a canonical user id is listed, and the request doesn't tell the caller's"
        parts.append(PartTrace(element, None if why_not else matched, statement, route, why_not))


def _stands(statement: Statement, element: str) -> bool:
    """Whether a compiled element will report its own reason."""
    if element == "Condition":
        return bool(statement.tests)
    return element in tuple(_elements(statement))


def _layer_trace(
    layer: Layer,
    route: Route,
    policies: PolicySet,
    active: _Active | None,
    idle: LayerTrace,
) -> LayerTrace:
    shown = idle.policies if active is None else tuple(active.policies)
    if not route.mask & LAYERS[layer].bit:
        note = route.notes[layer] if shown or layer not in (Layer.SCP, Layer.RCP) else ""
        return LayerTrace(layer, False, None, note, shown)
    if idle.outcome is None:
        # A layer without a policy decides where an Allow of it is needed.
        return LayerTrace(layer, True, Outcome.IMPLICITLY_DENIED, "there is no such policy", shown)
    if active is not None and active.denied:
        return LayerTrace(layer, True, Outcome.EXPLICITLY_DENIED, "", shown)
    allowing: set[int | None] = set() if active is None else active.allowing
    outcome, note = Outcome.ALLOWED if allowing else Outcome.IMPLICITLY_DENIED, ""
    if layer in (Layer.SCP, Layer.RCP):
        levels = policies.levels(layer)
        missing = [level for level in range(levels) if level not in allowing]
        if missing:
            outcome = Outcome.IMPLICITLY_DENIED
            note = (
                f"no policy at level {missing[0] + 1} of {levels} (counted from the root) allows the action"
            )
    elif layer == Layer.RESOURCE:
        outcome, note = _resource_note(route, policies, outcome)
    return LayerTrace(layer, True, outcome, note, shown)


def _resource_note(route: Route, policies: PolicySet, outcome: Outcome) -> tuple[Outcome, str]:
    from iamlab.engine.verdict import granted

    if route.foreign:
        return Outcome.IMPLICITLY_DENIED, "partitions of AWS don't trust each other"
    strength = granted(policies.plan(route.action), route, policies.bounded)
    where = "same" if route.same_account else "cross"
    return outcome, RESOURCE_NOTES.get((strength, where), "")
