"""What a learner gets back from an exercise: results, hints, solutions, and how they show themselves.

In: plain text in which `backticks` mark code, and perhaps the `Decision` that was wrong. Out: values that
render as text (terminals, tests) and as HTML (notebooks). All text is escaped; nothing here depends on
time, counters or memory addresses, so stored notebook outputs stay the same from run to run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.engine import Decision


class Outcome(StrEnum):
    """How a check can end. Only `CORRECT` counts as solved; `OUR_FAULT` never counts against anybody."""

    CORRECT = "correct"
    NOT_YET = "not yet"
    NOT_ATTEMPTED = "not attempted"
    INVALID_POLICY = "the policy is not valid"
    OUR_FAULT = "our fault"


# outcome -> (sign, heading, colour of the card's edge)
_LOOKS: dict[Outcome, tuple[str, str, str]] = {
    Outcome.CORRECT: ("✔", "Correct", "var(--jp-success-color1, #2e7d32)"),
    Outcome.NOT_YET: ("✘", "Not yet", "var(--jp-warn-color1, #e65100)"),
    Outcome.NOT_ATTEMPTED: ("○", "Nothing to check yet", "var(--jp-border-color1, #8a8a8a)"),
    Outcome.INVALID_POLICY: ("⚠", "The policy is not valid", "var(--jp-warn-color1, #e65100)"),
    Outcome.OUR_FAULT: ("⚙", "Our fault, not yours", "var(--jp-info-color1, #0277bd)"),
}
_PLAIN_EDGE = "var(--jp-info-color1, #0277bd)"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one check, with words that say what to do next."""

    outcome: Outcome
    message: str
    decision: Decision | None = None
    """The decision that was not as it should be: shown as the path the request took."""
    mistake: str = ""
    """Name of the known mistake that was recognised, '' if none."""
    reason: str = ""
    """After success: why it matters."""

    @property
    def correct(self) -> bool:
        return self.outcome is Outcome.CORRECT

    def to_text(self) -> str:
        sign, heading, _ = _LOOKS[self.outcome]
        parts = [f"{sign} {heading}. {self.message}"]
        if self.reason:
            parts.append(f"Why it matters: {self.reason}")
        if self.decision is not None:
            parts.append(self.decision.explain())
        return "\n\n".join(parts)

    def to_html(self) -> str:
        sign, heading, edge = _LOOKS[self.outcome]
        body = paragraphs(self.message)
        if self.reason:
            body += paragraphs(f"**Why it matters.** {self.reason}")
        if self.decision is not None:
            body += (
                "<details><summary>The path of this request, layer by layer</summary>"
                f"{self.decision.to_html()}</details>"
            )
        return card(f"{sign} {heading}", body, edge)

    def __repr__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()


@dataclass(frozen=True, slots=True)
class Note:
    """A titled piece of text: a hint, or the word that an exercise has been laid out again."""

    title: str
    text: str

    def __repr__(self) -> str:
        return f"{self.title}: {self.text}"

    def _repr_html_(self) -> str:
        return card(self.title, paragraphs(self.text), _PLAIN_EDGE)


@dataclass(frozen=True, slots=True)
class Solution:
    """Code that solves an exercise, and why it is good."""

    code: str
    reason: str

    def __repr__(self) -> str:
        return f"One way to do it:\n\n{self.code}\n\nWhy it matters: {self.reason}"

    def _repr_html_(self) -> str:
        code = (
            '<pre style="overflow-x:auto;padding:8px;background:var(--jp-layout-color2, rgba(128,128,128,.12))">'
            f"{escape(self.code)}</pre>"
        )
        return card("One way to do it", code + paragraphs(f"**Why it matters.** {self.reason}"), _PLAIN_EDGE)


# ---------------------------------------------------------------- HTML
_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_EMPHASIS = re.compile(r"\*([^*]+)\*")
_KEPT = re.compile(r"\0(\d+)\0")


def paragraphs(text: str) -> str:
    """Text with `backticks`, **bold**, *emphasis*, blank lines and `- ` lists as HTML; everything else is escaped."""
    return "".join(_block(block) for block in text.strip().split("\n\n") if block.strip())


def _block(block: str) -> str:
    lines = block.strip().splitlines()
    if all(line.startswith("- ") for line in lines):
        items = "".join(f"<li>{_inline(line[2:])}</li>" for line in lines)
        return f'<ul style="margin:.4em 0 .4em 1.4em">{items}</ul>'
    return f'<p style="margin:.4em 0">{_inline(" ".join(lines))}</p>'


def _inline(text: str) -> str:
    # Code first, and out of the way: an ARN's `*` is no emphasis.
    codes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        codes.append(match[1])
        return f"\0{len(codes) - 1}\0"

    html = escape(_CODE.sub(keep, text.replace("\0", "")))
    html = _EMPHASIS.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", html))
    return _KEPT.sub(lambda match: f"<code>{escape(codes[int(match[1])])}</code>", html)


def card(title: str, body: str, edge: str) -> str:
    """A box with a coloured edge; colours come from JupyterLab's theme, so it reads in light and dark."""
    return (
        f'<div style="border-left:4px solid {edge};padding:.2em .9em;margin:.3em 0;'
        'color:var(--jp-content-font-color1, inherit);max-width:60em">'
        f'<p style="margin:.3em 0"><strong>{escape(title)}</strong></p>{body}</div>'
    )
