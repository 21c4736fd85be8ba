"""A Decision as plain data for the front end: ``TraceData`` in ``frontend/src/types.ts`` says the same in TypeScript.

Nothing is decided or worded anew here: what the engine's trace says is handed on, with the texts of the policies, so
that the page can show each statement where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from iamlab.engine import Decision, LayerTrace, Outcome, PartTrace, PolicyTrace, StatementTrace
from iamlab.policy import Policy, Span
from iamlab.policy.statement import Statement

__all__ = ["edited_statements", "statement_name", "trace_data"]

# What a station is marked with, and the words below its title. A layer without an Allow is a denial only where it
# decides: a resource's policy that says nothing leaves the word to the caller's own policies.
_LOOKS: Mapping[Outcome | None, tuple[str, str]] = {
    Outcome.ALLOWED: ("allowed", "allows"),
    Outcome.EXPLICITLY_DENIED: ("denied", "denies"),
    Outcome.IMPLICITLY_DENIED: ("silent", "no Allow here"),
    None: ("silent", "not asked"),
}


def trace_data(decision: Decision, *, edited: Policy | None = None) -> dict[str, Any]:
    """The decision with its whole trace; ``edited`` is the policy whose text already stands in an editor."""
    request = decision.request
    deciding = {ref.statement for ref in decision.statements}
    return {
        "allowed": decision.allowed,
        "outcome": str(decision.outcome),
        "message": decision.message,
        "explanation": decision.explain(),
        "request": {
            "principal": request.principal or "anonymous",
            "action": request.action,
            "resource": request.resource,
            "context": [[key, _value(value)] for key, value in sorted(request.context.items())],
        },
        "layers": [
            _layer(layer, layer.layer == decision.layer, edited, deciding) for layer in decision.trace.layers
        ],
    }


def edited_statements(decision: Decision, policy: Policy) -> Iterator[StatementTrace]:
    """The traces of the statements of one of the decision's policies."""
    for layer in decision.trace.layers:
        for trace in layer.policies:
            if trace.member.policy is policy:
                yield from trace.statements


def statement_name(sid: str | None, index: int) -> str:
    """A statement's name in a sentence: its Sid, else its number."""
    return sid or f"statement {index + 1}"


def _layer(
    layer: LayerTrace, decided: bool, edited: Policy | None, deciding: set[Statement]
) -> dict[str, Any]:
    verdict, words = _LOOKS[layer.outcome]
    if not layer.applies:
        verdict, words = "absent", "not asked" if layer.policies else "none here"
    elif decided and layer.outcome == Outcome.IMPLICITLY_DENIED:
        verdict = "denied"
    return {
        "layer": str(layer.layer),
        "title": layer.title,
        "applies": layer.applies,
        "outcome": words,
        "verdict": verdict,
        "decided": decided,
        "note": layer.note,
        "policies": [_policy(policy, edited, deciding) for policy in layer.policies],
    }


def _policy(trace: PolicyTrace, edited: Policy | None, deciding: set[Statement]) -> dict[str, Any]:
    policy = trace.member.policy
    is_edited = policy is edited
    title = "The policy in the editor" if is_edited else trace.name or f"Policy {trace.index + 1}"
    return {
        "title": title if trace.level is None else f"{title}, level {trace.level + 1} from the root",
        "arn": trace.arn or "",
        "text": "" if is_edited else policy.text,
        "edited": is_edited,
        "statements": [_statement(item, item.statement in deciding) for item in trace.statements],
    }


def _statement(statement: StatementTrace, decided: bool) -> dict[str, Any]:
    return {
        "label": statement_name(statement.sid, statement.index),
        "effect": statement.effect,
        "matched": statement.matched,
        "decided": decided,
        "compared": statement.compared,
        "span": _span(statement.span),
        "parts": [_part(part) for part in statement.parts],
    }


def _part(part: PartTrace) -> dict[str, Any]:
    return {
        "element": part.element,
        "matched": part.matched,
        "reason": part.reason,
        "span": _span(part.span),
        "operator": part.operator or "",
        "key": part.key or "",
    }


def _span(span: Span | None) -> list[int] | None:
    return None if span is None else [span.start, span.end]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(_value(item) for item in value)
    return str(value)
