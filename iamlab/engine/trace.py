"""The trace of a decision: every layer, policy, statement and element, with what was compared and where it stands.

These are the values that `tracing` makes. Answers are worked out once, when the trace is made; the objects around them,
sentences and places come into being when they are read. Statements that don't list the action are shared between
traces, and their further elements stay uncompared (`matched` is None), as in the decision itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.policy_set import Member
from iamlab.engine.reasons import reason_of
from iamlab.engine.route import Route
from iamlab.policy.conditions import Test
from iamlab.policy.outline import Answer, Outline
from iamlab.policy.problems import Path
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from iamlab.policy import Span

__all__ = ["LayerTrace", "PartTrace", "PolicyTrace", "StatementTrace", "Trace"]


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
        matched: Answer,
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
        statement: the compiled statement.
        matched: whether it has a say.
        compared: whether its elements were compared; False when it doesn't list the action.
    """

    __slots__ = ("_answers", "_outline", "_parts", "_route", "matched", "statement")

    def __init__(
        self,
        statement: Statement,
        outline: Outline,
        matched: bool,
        answers: list[Answer] | None,
        route: Route | None,
    ) -> None:
        self.statement = statement
        self.matched = matched
        self._outline = outline
        self._answers = answers
        self._route = route
        self._parts: tuple[PartTrace, ...] | None = None

    @property
    def index(self) -> int:
        """Position in its policy, from 0."""
        return self.statement.index

    @property
    def sid(self) -> str | None:
        """Its Sid, or None."""
        return self.statement.sid

    @property
    def effect(self) -> str:
        """`Allow` or `Deny`."""
        return self.statement.effect

    @property
    def compared(self) -> bool:
        """Whether its elements were compared; False when it doesn't list the action."""
        return self._answers is not None

    @property
    def parts(self) -> tuple[PartTrace, ...]:
        """Its elements."""
        parts = self._parts
        if parts is None:
            parts = self._parts = tuple(self._make_parts())
        return parts

    def _make_parts(self) -> Iterator[PartTrace]:
        answers, route = self._answers, self._route
        if answers is None:
            for element, source, broken in self._outline.elements:
                listed = False if element.endswith("Action") and not broken else None
                yield PartTrace(element, listed, source, None, broken)
            return
        for (element, source, broken), answer in zip(self._outline.elements, answers, strict=True):
            yield PartTrace(element, answer, source, route, broken if answer is None else None)

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
    """

    __slots__ = ("_compared", "_resting", "index", "level", "member")

    def __init__(
        self, member: Member, resting: tuple[StatementTrace, ...], compared: tuple[StatementTrace, ...] = ()
    ) -> None:
        self.member = member
        self.index = member.index
        self.level = member.level
        self._resting = resting
        self._compared = compared

    @property
    def statements(self) -> tuple[StatementTrace, ...]:
        """All of its statements."""
        if not self._compared:
            return self._resting
        rows = list(self._resting)
        for statement in self._compared:
            rows[statement.statement.index] = statement
        return tuple(rows)

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
        return f"<PolicyTrace {self.index}: {len(self._resting)} statements>"


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
