"""The verdicts of an edited policy: where it stands among the other policies, and what each question gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iamlab.engine import (
    Decision,
    Layer,
    Outcome,
    PartTrace,
    PolicySet,
    Request,
    StatementRef,
    StatementTrace,
    decide,
)
from iamlab.policy import Policy
from iamlab.widgets.questions import Question
from iamlab.widgets.trace_data import edited_statements, statement_name

__all__ = ["KINDS", "Kind", "Verdict", "judge", "others_of"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of policy one can edit."""

    words: str
    part: str
    """The parameter of PolicySet in which it stands."""
    joins: str
    """``among``: one more of several; ``alone``: the only one of its kind; ``level``: a level of its own, below."""
    layer: Layer
    principals: bool = False

    def place(self, policy: Policy, others: Mapping[str, Any]) -> PolicySet:
        """The policies of a request with the edited one in its place."""
        parts = dict(others)
        match self.joins:
            case "among":
                parts[self.part] = (*(parts.get(self.part) or ()), policy)
            case "level":
                parts[self.part] = (*(parts.get(self.part) or ()), (policy,))
            case _:
                parts[self.part] = policy if self.part == "resource" else (policy,)
        return PolicySet(**parts)


KINDS: Mapping[str, Kind] = {
    "identity": Kind("identity policy", "identity", "among", Layer.IDENTITY),
    "resource": Kind("resource policy", "resource", "alone", Layer.RESOURCE, principals=True),
    "trust": Kind("trust policy", "resource", "alone", Layer.RESOURCE, principals=True),
    "boundary": Kind("permissions boundary", "boundary", "alone", Layer.BOUNDARY),
    "session": Kind("session policy", "session", "among", Layer.SESSION),
    "vpce": Kind("VPC endpoint policy", "vpce", "alone", Layer.VPCE, principals=True),
    "scp": Kind("service control policy", "scps", "level", Layer.SCP),
    "rcp": Kind("resource control policy", "rcps", "level", Layer.RCP, principals=True),
}

_LEVELS = {"scps": Layer.SCP, "rcps": Layer.RCP}
_FLAT = {
    "identity": Layer.IDENTITY,
    "boundary": Layer.BOUNDARY,
    "session": Layer.SESSION,
    "vpce": Layer.VPCE,
}


def others_of(others: PolicySet | Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The parts of the other policies by PolicySet's parameters. Errors: TypeError for a part that doesn't exist."""
    if others is None:
        return {}
    if not isinstance(others, PolicySet):
        others = PolicySet(**others)
    parts: dict[str, Any] = {
        name: tuple(member.policy for member in others.layer(layer)) for name, layer in _FLAT.items()
    }
    parts["resource"] = next(
        (member.policy for member in others.layer(Layer.RESOURCE) if not member.grant), None
    )
    parts["grants"] = others.grants
    for name, layer in _LEVELS.items():
        levels: list[list[Policy]] = [[] for _ in range(others.levels(layer))]
        for member in others.layer(layer):
            levels[member.level or 0].append(member.policy)
        parts[name] = tuple(map(tuple, levels))
    return parts


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question's answer, ready to be shown."""

    question: Question
    decision: Decision | None
    reason: str
    spans: tuple[tuple[int, int], ...] = ()
    """Where in the edited text it was decided, or what there comes closest."""

    @classmethod
    def unasked(cls, question: Question) -> Verdict:
        """The verdict while there is no valid policy to ask."""
        return cls(question, None, "no valid policy yet")

    @property
    def agrees(self) -> bool | None:
        """Whether it is the outcome wished for; None without a wish or an answer."""
        return None if self.decision is None else self.question.agrees(self.decision)

    def data(self) -> dict[str, Any]:
        """As the front end reads it (``Verdict`` in types.ts)."""
        request = self.question.ask
        return {
            "label": self.question.title,
            "request": f"{request.action} on {request.resource}" if isinstance(request, Request) else "",
            "allowed": None if self.decision is None else self.decision.allowed,
            "reason": self.reason,
            "wished": self.question.wished,
            "agrees": self.agrees,
            "spans": [list(span) for span in self.spans],
        }


def judge(
    questions: Iterable[Question], policy: Policy, kind: str, others: Mapping[str, Any]
) -> tuple[Verdict, ...]:
    """Put the questions to the policy in its place among the others."""
    placed = KINDS[kind].place(policy, others)
    return tuple(_verdict(question, policy, KINDS[kind], placed) for question in questions)


def _verdict(question: Question, policy: Policy, kind: Kind, placed: PolicySet) -> Verdict:
    try:
        decision = decide(question.ask, placed) if isinstance(question.ask, Request) else question.ask(policy)
        if not isinstance(decision, Decision):
            raise TypeError(
                f"the question's function returned {type(decision).__name__}, expected a Decision"
            )
    except Exception as error:  # a question's own function may raise anything; it must not stop the typing
        return Verdict(question, None, f"could not be asked: {error or type(error).__name__}")
    return Verdict(question, decision, *_reason(decision, policy, kind))


def _reason(decision: Decision, policy: Policy, kind: Kind) -> tuple[str, tuple[tuple[int, int], ...]]:
    """In a line, why; and the places in the edited policy that show it."""
    effect = "Allow" if decision.allowed else "Deny"
    deciding = [ref for ref in decision.statements if ref.effect == effect]
    spans = tuple((ref.span.start, ref.span.end) for ref in deciding if ref.policy is policy and ref.span)
    verb = "allows" if decision.allowed else "denies"
    if decision.allowed or decision.outcome == Outcome.EXPLICITLY_DENIED:
        if not deciding:
            return f"{_layer(decision.layer)} {verb} it", spans
        ref = next((ref for ref in deciding if ref.policy is policy), deciding[0])
        where = "" if ref.policy is policy else f" of {_layer(ref.layer)}"
        return f"{_statement(ref)}{where} {verb} it", spans
    if decision.layer not in (kind.layer, None):
        return f"{_layer(decision.layer)} does not allow it", spans
    nearest = _nearest(decision, policy)
    if nearest is None:
        return "no statement allows it", spans
    statement, part = nearest
    what = f"condition on {part.key}" if part.key else part.element
    missed = () if part.span is None else ((part.span.start, part.span.end),)
    return (
        f"nothing allows it: the {what} of {statement_name(statement.sid, statement.index)} does not match",
        missed,
    )


def _nearest(decision: Decision, policy: Policy) -> tuple[StatementTrace, PartTrace] | None:
    """The Allow that fails in one element alone, which is the one to look at, with that element.

    One that lists the action comes first; one that doesn't is told only where it is the only Allow there is.
    """
    allows = [item for item in edited_statements(decision, policy) if item.effect == "Allow"]
    for statement in [item for item in allows if item.compared] or (allows if len(allows) == 1 else []):
        failed = [part for part in statement.parts if part.matched is False]
        if len(failed) == 1:
            return statement, failed[0]
    return None


def _statement(ref: StatementRef) -> str:
    return statement_name(ref.sid, ref.statement_index)


_LAYERS: Mapping[str, str] = {
    "scp": "the service control policy",
    "rcp": "the resource control policy",
    "vpce": "the VPC endpoint policy",
    "resource": "the resource policy",
    "identity": "the identity policy",
    "boundary": "the permissions boundary",
    "session": "the session policy",
    "root": "being the root user",
    "always": "AWS always",
}


def _layer(layer: object) -> str:
    return _LAYERS.get(str(layer), f"the layer {layer}")
