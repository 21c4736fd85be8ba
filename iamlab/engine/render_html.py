"""A decision as an HTML fragment for notebooks.

Comes in: a decision. Goes out: headline, picture, explanation, AWS's message, and a folded table of every statement
with what was compared. Everything that comes from requests or policies is escaped; colours come from JupyterLab's theme
with fallbacks, so that the fragment reads in light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from iamlab.engine.explain import explanation_of, verdict_words
from iamlab.engine.layers import Outcome
from iamlab.engine.render_svg import COLOURS, decision_svg, escape
from iamlab.engine.render_text import MARKS, layer_words, part_label, policy_label
from iamlab.engine.trace import LayerTrace, StatementTrace

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

__all__ = ["decision_html", "prose"]

_CODE = re.compile(r"`([^`]*)`")
_CELL: Final = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;white-space:normal"
_FAINT: Final = "opacity:0.65"


def decision_html(decision: Decision) -> str:
    """The whole decision as one fragment."""
    request = decision.request
    colour = COLOURS[decision.outcome]
    parts = [
        f'<div class="iamlab-decision" style="border-left:4px solid {colour};padding:4px 0 4px 12px;line-height:1.45">',
        f'<div style="font-weight:600;font-size:1.1em;color:{colour}">{escape(verdict_words(decision))}</div>',
        f"<div><code>{escape(request.caller)}</code> → <code>{escape(request.action)}</code> on "
        f"<code>{escape(request.resource)}</code></div>",
        f'<div style="margin:6px 0;overflow-x:auto">{decision_svg(decision)}</div>',
        *(
            f'<div style="max-width:62em">{prose(line)}</div>'
            for line in explanation_of(decision).split("\n")
        ),
    ]
    if not decision.allowed:
        parts.append(
            f'<div style="margin-top:6px;{_FAINT}">AWS says: <span style="font-style:italic">'
            f"{escape(decision.message)}</span></div>"
        )
    parts.append(_details(decision))
    parts.append("</div>")
    return "".join(parts)


def prose(text: str) -> str:
    """A sentence with its backticks turned into code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def _details(decision: Decision) -> str:
    rows = "".join(
        row for layer in decision.trace.layers for row in _layer_rows(layer, layer.layer == decision.layer)
    )
    return (
        '<details style="margin-top:6px"><summary style="cursor:pointer">Every layer and statement</summary>'
        f'<table style="border-collapse:collapse;margin-top:4px"><tbody>{rows}</tbody></table></details>'
    )


def _row(cells: tuple[str, str, str, str], style: str = "") -> str:
    styled = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
    return f'<tr style="background:transparent;{style}">{styled}</tr>'


def _layer_rows(layer: LayerTrace, decided: bool) -> Iterator[str]:
    title = f"<b>{escape(layer.title)}</b>" if layer.applies else escape(layer.title)
    words = prose(layer_words(layer))
    if layer.outcome is not None:
        words = f'<span style="color:{COLOURS[layer.outcome]}">{words}</span>'
    line = "border-top:1px solid var(--jp-border-color2, #9e9e9e66)"
    yield _row(("▶" if decided else "", title, "", words), line if layer.applies else f"{line};{_FAINT}")
    if not layer.applies:
        return
    for policy in layer.policies:
        for statement in policy.statements:
            yield from _statement_rows(policy_label(policy), statement)


def _statement_rows(policy: str, statement: StatementTrace) -> Iterator[str]:
    colour = COLOURS[Outcome.ALLOWED if statement.effect == "Allow" else Outcome.EXPLICITLY_DENIED]
    mark = f'<span style="color:{colour}">{MARKS[True]}</span>' if statement.matched else MARKS[False]
    sid = f"<code>{escape(statement.sid)}</code>" if statement.sid else f"statement {statement.index + 1}"
    verdict = (
        "matches"
        if statement.matched
        else "doesn't match"
        if statement.compared
        else "doesn't list the action"
    )
    span = statement.span
    place = f"line {span.line}" if span else ""
    style = "" if statement.compared else _FAINT
    yield _row((mark, f"{escape(policy)}, {statement.effect} {sid}", place, verdict), style)
    if statement.compared:
        for part in statement.parts:
            where = part.span
            label = f"<span style='padding-left:1.5em'>{escape(part_label(part))}</span>"
            yield _row((MARKS[part.matched], label, str(where or ""), prose(part.reason)))
