"""`decide` and `Decision`: the verdict on one request, which carries its own explanation.

Comes in: a `Request` and a `PolicySet`. Goes out: a `Decision` whose outcome is known at once and whose statements,
trace, message, explanation and pictures are worked out from the same compiled matchers when somebody asks for them.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.policy_set import Member, PolicySet, Rule
from iamlab.engine.request import Request
from iamlab.engine.route import Route, route_of
from iamlab.engine.verdict import judge
from iamlab.policy import Policy
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from iamlab.engine.trace import Trace
    from iamlab.policy import Span

__all__ = ["Decision", "StatementRef", "decide"]


class StatementRef:
    """A statement that matched, in its place.

    Attributes:
        layer: the layer it spoke in.
        level: of SCPs and RCPs the level from the root, counted from 0; else None.
        policy_index: position of its policy in the layer (in the level), from 0.
        policy: the policy.
        statement: the compiled statement.
    """

    __slots__ = ("layer", "level", "policy", "policy_index", "statement")

    def __init__(self, member: Member, statement: Statement) -> None:
        self.layer = member.layer
        self.level = member.level
        self.policy_index = member.index
        self.policy: Policy = member.policy
        self.statement = statement

    @property
    def statement_index(self) -> int:
        """Position of the statement in its policy, from 0."""
        return self.statement.index

    @property
    def sid(self) -> str | None:
        """The statement's Sid, or None."""
        return self.statement.sid

    @property
    def effect(self) -> str:
        """`Allow` or `Deny`."""
        return self.statement.effect

    @property
    def span(self) -> Span | None:
        """Where the statement stands in the policy's text."""
        return self.policy.span(self.statement.path)

    def to_json(self) -> dict[str, Any]:
        """The statement as `iamlab decide` prints it."""
        data: dict[str, Any] = {"layer": str(self.layer)}
        if self.level is not None:
            data["level"] = self.level
        return data | {
            "policy": self.policy_index,
            "statement": self.statement_index,
            "sid": self.sid,
            "effect": self.effect,
        }

    def __repr__(self) -> str:
        label = f" {self.sid!r}" if self.sid else ""
        place = f"policy {self.policy_index} statement {self.statement_index}"
        return f"<StatementRef {self.effect} {self.layer} {place}{label}>"


class Decision:
    """The verdict on one request. Made by `decide`.

    Attributes:
        outcome: `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`.
        layer: what decided: the layer that denies, or that the permission comes from.
        request: the request.
        policies: the policies it was judged by.
    """

    __slots__ = ("_trace", "layer", "outcome", "policies", "request")

    def __init__(self, outcome: Outcome, layer: Layer, request: Request, policies: PolicySet) -> None:
        self.outcome = outcome
        self.layer = layer
        self.request = request
        self.policies = policies
        self._trace: Trace | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request may go through."""
        return self.outcome is Outcome.ALLOWED

    @property
    def route(self) -> Route:
        """What follows from the request alone."""
        return route_of(self.request)

    @property
    def statements(self) -> tuple[StatementRef, ...]:
        """The statements behind the outcome: all matching Denies of an explicit denial, else all matching Allows."""
        return tuple(self._statements())

    def _statements(self) -> Iterator[StatementRef]:
        route = self.route
        if route.fixed is not None:
            return
        plan, mask = self.policies.plan(route.action), route.mask
        if self.outcome is Outcome.EXPLICITLY_DENIED:
            for bit, hit, statement, member in plan.denies:
                if mask & bit and hit(route):
                    yield StatementRef(member, statement)
            return
        groups: list[list[Rule]] = [*(plan.scps or ()), *(plan.rcps or ())]
        groups += [plan.vpce, plan.resource, plan.identity, plan.boundary, plan.session]
        for rules in groups:
            for allows, statement, member in rules:
                if mask & LAYERS[member.layer].bit and allows(route):
                    yield StatementRef(member, statement)

    @property
    def trace(self) -> Trace:
        """Every layer, policy, statement and element, with what was compared."""
        trace = self._trace
        if trace is None:
            # Here and below: deciding alone needs none of it, and imports take their time.
            from iamlab.engine.tracing import make_trace

            trace = self._trace = make_trace(route_of(self.request), self.policies, self.layer)
        return trace

    @property
    def message(self) -> str:
        """The words AWS sends with the denial; '' when allowed."""
        from iamlab.engine.messages import message_of

        return message_of(self)

    def explain(self) -> str:
        """The decision in plain words, and what would have to change for the opposite where that can be known."""
        from iamlab.engine.explain import explanation_of

        return explanation_of(self)

    def to_text(self) -> str:
        """Verdict, explanation and trace as plain text."""
        from iamlab.engine.render_text import decision_text

        return decision_text(self)

    def to_html(self) -> str:
        """Verdict, picture, explanation and trace as one HTML fragment."""
        from iamlab.engine.render_html import decision_html

        return decision_html(self)

    def to_svg(self) -> str:
        """The way of the request through the layers, as a picture."""
        from iamlab.engine.render_svg import decision_svg

        return decision_svg(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.to_text(), "text/html": self.to_html()}

    def __repr__(self) -> str:
        return f"<Decision {self.outcome} by {self.layer}: {self.request.action} on {self.request.resource}>"


def decide(request: Request, policies: PolicySet) -> Decision:
    """Decide one request.

    Args:
        request: who wants to do what, with the complete context.
        policies: everything that applies.

    Returns:
        The decision. The same request and policies always give the same one.
    """
    outcome, layer = judge(request._route or route_of(request), policies)
    return Decision(outcome, layer, request, policies)
