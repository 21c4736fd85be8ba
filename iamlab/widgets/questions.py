"""What one asks a policy: a request with a label and, where one has a wish, the outcome it should have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from iamlab.engine import Decision, Outcome, Request
from iamlab.policy import Policy

__all__ = ["Asker", "Question", "QuestionLike", "questions_of"]

Asker: TypeAlias = Callable[[Policy], Decision]
"""Decides in a way of its own: gets the policy as it is now, returns a Decision."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the verdict panel."""

    ask: Request | Asker
    """The request, or a function that decides for the policy."""
    label: str = ""
    """What it means to people; by default the action and the resource."""
    expected: bool | Outcome | str | None = None
    """The outcome wished for: True (allowed), False (denied), an outcome by name, None for no wish."""

    @property
    def title(self) -> str:
        """The label, or what the request says."""
        return self.label or words_of(self.ask)

    @property
    def wished(self) -> bool | None:
        """True or False for a wish of allowed or denied, None for no wish."""
        if self.expected is None or isinstance(self.expected, bool):
            return self.expected
        return Outcome(self.expected) == Outcome.ALLOWED

    def agrees(self, decision: Decision) -> bool | None:
        """Whether the decision is the one wished for, None where there is no wish."""
        if self.expected is None:
            return None
        if isinstance(self.expected, bool):
            return decision.allowed is self.expected
        return decision.outcome == Outcome(self.expected)


QuestionLike: TypeAlias = (
    Request | Question | Asker | tuple[str, Request | Asker] | tuple[str, Request | Asker, bool]
)


def questions_of(given: Iterable[QuestionLike]) -> tuple[Question, ...]:
    """Questions from what a caller wrote: requests, ``(label, request)``, ``(label, request, expected)``, questions.

    Errors: TypeError naming the entry that is none of these, ValueError for an outcome that doesn't exist.
    """
    return tuple(_question(entry, number) for number, entry in enumerate(given, 1))


def _question(entry: Any, number: int) -> Question:
    match entry:
        case Question():
            question = entry
        case (str() as label, ask):
            question = Question(ask, label)
        case (str() as label, ask, expected):
            question = Question(ask, label, expected)
        case _:
            question = Question(entry)
    if not (isinstance(question.ask, Request) or callable(question.ask)):
        raise TypeError(
            f"question {number} is {entry!r}: expected a Request, (label, Request[, outcome]) or a function"
        )
    _ = (
        question.wished
    )  # an outcome that doesn't exist is the caller's mistake now, not a surprise while typing
    return question


def words_of(ask: Request | Asker) -> str:
    """A request in a few words: ``dynamodb:GetItem on table/Orders``."""
    if not isinstance(ask, Request):
        return str(getattr(ask, "__name__", "question")).replace("_", " ")
    resource = str(ask.resource)
    if resource.startswith("arn:"):
        resource = resource.split(":", 5)[-1]
    return f"{ask.action} on {resource}"
