"""What a learner gets back from an exercise: results, hints, solutions, and how they show themselves.

In: text in the light markup of `prose`, and perhaps the `Decision` that was wrong. Out: values that render as
text (terminals, tests) and as HTML (notebooks), and that say their `title`, `tone` and `body` to whoever draws
them otherwise. All text is escaped; nothing here depends on time, counters or memory addresses, so stored
notebook outputs stay the same from run to run.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING, Final, Protocol

from iamlab.course.prose import Element, html_of, pre, read

if TYPE_CHECKING:
    from iamlab.engine import Decision


class Outcome(StrEnum):
    """How a check can end. Only `CORRECT` counts as solved; `OUR_FAULT` never counts against anybody."""

    CORRECT = "correct"
    NOT_YET = "not yet"
    NOT_ATTEMPTED = "not attempted"
    INVALID_POLICY = "the policy is not valid"
    OUR_FAULT = "our fault"


# outcome -> (sign, heading, tone)
_LOOKS: Final[dict[Outcome, tuple[str, str, str]]] = {
    Outcome.CORRECT: ("✔", "Correct", "good"),
    Outcome.NOT_YET: ("✘", "Not yet", "warn"),
    Outcome.NOT_ATTEMPTED: ("○", "Nothing to check yet", "quiet"),
    Outcome.INVALID_POLICY: ("⚠", "The policy is not valid", "warn"),
    Outcome.OUR_FAULT: ("⚙", "Our fault, not yours", "info"),
}
# tone -> colour of the card's edge
_EDGES: Final[dict[str, str]] = {
    "good": "var(--jp-success-color1, #2e7d32)",
    "warn": "var(--jp-warn-color1, #e65100)",
    "quiet": "var(--jp-border-color1, #8a8a8a)",
    "info": "var(--jp-info-color1, #0277bd)",
}


class Feedback(Protocol):
    """What every answer to a learner has: a title, its tone (`good`, `warn`, `quiet`, `info`) and what it says."""

    @property
    def title(self) -> str: ...

    @property
    def tone(self) -> str: ...

    @property
    def body(self) -> tuple[Element, ...]: ...


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

    @property
    def title(self) -> str:
        sign, heading, _ = _LOOKS[self.outcome]
        return f"{sign} {heading}"

    @property
    def tone(self) -> str:
        return _LOOKS[self.outcome][2]

    @property
    def body(self) -> tuple[Element, ...]:
        return (*read(self.message), *_why(self.reason))

    def to_text(self) -> str:
        parts = [f"{self.title}. {self.message}"]
        if self.reason:
            parts.append(f"Why it matters: {self.reason}")
        if self.decision is not None:
            parts.append(self.decision.explain())
        return "\n\n".join(parts)

    def to_html(self) -> str:
        path = ""
        if self.decision is not None:
            path = f"<details><summary>{PATH_WORDS}</summary>{self.decision.to_html()}</details>"
        return _card(self, path)

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

    @property
    def tone(self) -> str:
        return "info"

    @property
    def body(self) -> tuple[Element, ...]:
        return read(self.text)

    def _repr_html_(self) -> str:
        return _card(self)


@dataclass(frozen=True, slots=True)
class Solution:
    """Code that solves an exercise, and why it is good."""

    code: str
    reason: str

    @property
    def title(self) -> str:
        return "One way to do it"

    @property
    def tone(self) -> str:
        return "info"

    @property
    def body(self) -> tuple[Element, ...]:
        return (pre(self.code), *_why(self.reason))

    def __repr__(self) -> str:
        return f"{self.title}:\n\n{self.code}\n\nWhy it matters: {self.reason}"

    def _repr_html_(self) -> str:
        return _card(self)


PATH_WORDS: Final = "The path of this request, layer by layer"
"""What the decision behind a result is announced with."""


def _why(reason: str) -> tuple[Element, ...]:
    return read(f"**Why it matters.** {reason}") if reason else ()


def _card(feedback: Feedback, more: str = "") -> str:
    """A box with a coloured edge; colours come from JupyterLab's theme, so it reads in light and dark."""
    return (
        f'<div style="border-left:4px solid {_EDGES[feedback.tone]};padding:.2em .9em;margin:.3em 0;'
        'color:var(--jp-content-font-color1, inherit);max-width:60em">'
        f'<p style="margin:.3em 0"><strong>{escape(feedback.title)}</strong></p>{html_of(feedback.body)}{more}</div>'
    )
