"""What is wrong with a policy, and where: findings and the places they point at.

Comes in: nothing but values; goes out: `Finding`, `Severity`, `Span`. The codes and the four severities are those of
AWS's own policy validation, so that what is learnt here can be looked up there.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["Finding", "Fix", "LineIndex", "Severity", "Span"]


class Severity(StrEnum):
    """The four finding types of `ValidatePolicy`, worst first."""

    ERROR = "ERROR"
    SECURITY_WARNING = "SECURITY_WARNING"
    WARNING = "WARNING"
    SUGGESTION = "SUGGESTION"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a policy's text; offsets from 0, lines and columns from 1, ends exclusive."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"

    def to_json(self) -> dict[str, dict[str, int]]:
        """The span as the simulator API and `ValidatePolicy` write positions."""
        return {
            "start": {"line": self.line, "column": self.column, "offset": self.start},
            "end": {"line": self.end_line, "column": self.end_column, "offset": self.end},
        }


class LineIndex:
    """Turns offsets of one text into lines and columns in logarithmic time."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        starts = [0]
        position = text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = text.find("\n", position + 1)
        self._starts = starts

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, both counted from 1, of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        """The span from `start` up to, but not including, `end`."""
        return Span(start, end, *self.place(start), *self.place(end))


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the text that mends a finding and is safe to make without asking further.

    Attributes:
        title: what it does, for a button or a prompt.
        edits: stretches of the text, none overlapping another, each with what takes its place.
    """

    title: str
    edits: tuple[tuple[Span, str], ...]

    def apply(self, text: str) -> str:
        """The text with the change made; it must be the text that the finding was made from."""
        for span, replacement in sorted(
            self.edits, key=lambda edit: (edit[0].start, edit[0].end), reverse=True
        ):
            text = text[: span.start] + replacement + text[span.end :]
        return text

    def to_json(self) -> dict[str, Any]:
        """The fix as plain data."""
        edits = [{"span": span.to_json(), "text": replacement} for span, replacement in self.edits]
        return {"title": self.title, "edits": edits}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a policy.

    Attributes:
        code: the issue code, as AWS's policy validation names it (`INVALID_EFFECT` …).
        severity: how bad it is.
        message: what is wrong and what to do, in one sentence.
        span: where in the policy's text; None when the whole document is meant.
        path: the way to the element from the document's root (`("Statement", 0, "Effect")`).
        why: why it matters, in a sentence or two; empty where the message says it all.
        fix: a change of the text that mends it, where a safe one is known.
        learn_more: address of the page that explains the check.
    """

    code: str
    severity: Severity
    message: str
    span: Span | None = None
    path: tuple[str | int, ...] = ()
    why: str = ""
    fix: Fix | None = None
    learn_more: str = ""

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        return f"{place}{self.severity.lower()} {self.code}: {self.message}"

    def to_json(self) -> dict[str, Any]:
        """The finding as plain data, for JSON output."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.message,
            "span": self.span.to_json() if self.span else None,
            "path": list(self.path),
            "why": self.why,
            "fix": self.fix.to_json() if self.fix else None,
            "learn_more": self.learn_more,
        }
