"""The editor where no page draws it: text for terminals and tests, HTML for GitHub and exported notebooks.

Both come from the same verdicts as the live panel, hold no ids, times or addresses, and escape everything. The HTML has
its style inline, since that is all that such places leave standing, and only colours that both themes can carry.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from iamlab.policy import Finding
from iamlab.widgets.judging import Verdict

__all__ = ["editor_html", "editor_text"]


def _word(verdict: Verdict) -> tuple[str, str]:
    if verdict.decision is None:
        return "?", "not asked"
    return ("✓", "allowed") if verdict.decision.allowed else ("✕", "denied")


def _wish(verdict: Verdict) -> str:
    if verdict.agrees is None:
        return ""
    return (
        "as wished" if verdict.agrees else f"should be {'allowed' if verdict.question.wished else 'denied'}"
    )


def _state(found: Sequence[Finding], valid: bool) -> str:
    count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
    if valid:
        return f"valid, {count}" if found else "valid"
    return f"not valid, {count}"


def _severity(found: Finding) -> str:
    return found.severity.replace("_", " ").lower()


def editor_text(
    title: str, kind: str, findings: Sequence[Finding], verdicts: Sequence[Verdict], valid: bool
) -> str:
    """Title and state, a line for each finding, a line for each verdict."""
    lines = [f"{title} ({kind}, {_state(findings, valid)})"]
    lines += [
        f"  {found.span or 1}: {_severity(found)}: {found.message} [{found.code}]" for found in findings
    ]
    if verdicts and not valid:
        lines.append("  answers of the last valid text:")
    for verdict in verdicts:
        mark, word = _word(verdict)
        wish = _wish(verdict)
        lines.append(
            f"  {mark} {word:<9} {verdict.question.title}: {verdict.reason}{f' ({wish})' if wish else ''}"
        )
    return "\n".join(lines)


_COLOURS = {"allowed": "#2e9d4e", "denied": "#d9483b", "not asked": "inherit"}


def editor_html(
    title: str, kind: str, text: str, findings: Sequence[Finding], verdicts: Sequence[Verdict], valid: bool
) -> str:
    """The text, its findings and the verdicts."""
    rows = []
    for verdict in verdicts:
        mark, word = _word(verdict)
        rows.append(
            f'<tr><td style="color:{_COLOURS[word]};text-align:left"><b>{mark} {word}</b></td>'
            f'<td style="text-align:left">{escape(verdict.question.title)}</td>'
            f'<td style="text-align:left">{escape(verdict.reason)}</td>'
            f'<td style="text-align:left">{escape(_wish(verdict))}</td></tr>'
        )
    found = "".join(
        f"<li>{item.span or 1}: {_severity(item)}: {escape(item.message)} <code>{escape(item.code)}</code></li>"
        for item in findings
    )
    return (
        f"<div><p><b>{escape(title)}</b> ({escape(kind)}, {_state(findings, valid)})</p>"
        f'<pre style="border:1px solid #8888;padding:8px;overflow:auto">{escape(text)}</pre>'
        + (f"<ul>{found}</ul>" if found else "")
        + (f"<table><tbody>{''.join(rows)}</tbody></table>" if rows else "")
        + "</div>"
    )
