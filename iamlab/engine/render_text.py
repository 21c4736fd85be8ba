"""A decision as plain text, for terminals and tests.

Comes in: a decision. Goes out: its verdict, its explanation, and one line for each layer, statement and element that
    was compared, with the place in the policy's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from iamlab.engine.explain import explanation_of, verdict_words
from iamlab.engine.layers import Outcome
from iamlab.engine.trace import LayerTrace, PartTrace, PolicyTrace, StatementTrace

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

__all__ = [
    "MARKS",
    "decision_text",
    "layer_words",
    "part_label",
    "policy_label",
    "printable",
    "statement_label",
]

MARKS: Final = {True: "✓", False: "✗", None: "·"}

_OUTCOMES: Final = {
    Outcome.ALLOWED: "allows",
    Outcome.IMPLICITLY_DENIED: "doesn't allow",
    Outcome.EXPLICITLY_DENIED: "denies",
}


# What terminals obey, XML can't hold even escaped, and files can't store: control characters and halves of characters.
# See https://www.w3.org/TR/xml/#charsets
_UNPRINTABLE: Final = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """Text of a request or policy as it may be shown anywhere."""
    return _UNPRINTABLE.sub("\ufffd", text)


def decision_text(decision: Decision) -> str:
    """The whole decision as text."""
    request = decision.request
    lines = [
        f"{verdict_words(decision)}: {request.caller} → {request.action} on {request.resource}",
        "",
        explanation_of(decision),
        "",
    ]
    for layer in decision.trace.layers:
        lines.extend(_layer_lines(layer, layer.layer == decision.layer))
    return printable("\n".join(lines))


def layer_words(layer: LayerTrace) -> str:
    """What a layer says, in a few words."""
    if not layer.applies:
        return layer.note or "none"
    said = _OUTCOMES[layer.outcome] if layer.outcome else ""
    return f"{said} ({layer.note})" if layer.note else said


def _layer_lines(layer: LayerTrace, decided: bool) -> Iterator[str]:
    yield f"{'▶' if decided else ' '} {layer.title}: {layer_words(layer)}"
    if not layer.applies:
        return
    for policy in layer.policies:
        yield f"      {policy_label(policy)}"
        for statement in policy.statements:
            yield f"        {MARKS[statement.matched]} {statement_label(statement)}"
            if statement.compared:
                for part in statement.parts:
                    yield f"            {MARKS[part.matched]} {part_label(part)}: {part.reason}{_place(part)}"
    return


def policy_label(policy: PolicyTrace) -> str:
    """A policy's name, or its position."""
    level = f"level {policy.level + 1}, " if policy.level is not None else ""
    return f"{level}{policy.name or f'policy {policy.index + 1}'}"


def statement_label(statement: StatementTrace) -> str:
    """A statement's effect, name or position, and place."""
    sid = f" {statement.sid}" if statement.sid else f" statement {statement.index + 1}"
    span = statement.span
    state = "" if statement.compared else ", doesn't list the action"
    return f"{statement.effect}{sid}{f' (line {span.line})' if span else ''}{state}"


def part_label(part: PartTrace) -> str:
    """An element's name; a condition's operator with its key."""
    return f"{part.operator} {part.key}" if part.operator else part.element


def _place(part: PartTrace) -> str:
    span = part.span
    return f" [{span}]" if span else ""
