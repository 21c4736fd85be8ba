"""The card of an exercise: its task, and buttons for what `check`, `hint`, `solution` and `reset` do in a cell.

Choices are picked and predictions are made on the card; code is written in the notebook's cell, and the card checks
what the lab then allows. What a button answers is the very `Result`, `Note` or `Solution` that the cell would show.
Each cell that runs may have checked the exercise too, so afterwards the card looks at the learner's progress again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from iamlab.course.definition import LEVELS, Exercise
from iamlab.course.demand import Choice, Demands, Forecast
from iamlab.course.outcome import PATH_WORDS, Feedback, Note, Outcome, Result
from iamlab.course.progress import progress
from iamlab.course.prose import data_of, html_of, inline, read
from iamlab.widgets.front import Front, loader
from iamlab.widgets.trace_data import trace_data

if TYPE_CHECKING:
    from iamlab.course.demand import Test

__all__ = ["ExerciseCard"]


class ExerciseCard(Front):
    """Shows an :class:`~iamlab.course.Exercise` with buttons, say ``ExerciseCard(exercise("02-users/list-buckets"))``.

    In a notebook an exercise shows itself in this way. Where no page draws the card, the exercise's own text stands in.
    """

    _esm = loader("exercise")

    _task = traitlets.Dict().tag(sync=True)
    _record = traitlets.Dict().tag(sync=True)
    _feedback = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    _answer = traitlets.Any(None).tag(sync=True)
    """What is picked on the card: an option's key, or True and False by prediction. Kept for the reload of a page."""

    _cells: Any = None
    """Where IPython tells that a cell has run; None outside of a notebook, and for a card that is closed."""

    def __init__(self, exercise: Exercise) -> None:
        if not isinstance(exercise, Exercise):
            raise TypeError(f"ExerciseCard shows an Exercise, got {type(exercise).__name__}")
        super().__init__()
        self.exercise = exercise
        self._task = _task(exercise)
        self._plain = self.plain()
        self.refresh()
        self._cells = _cell_events()
        if self._cells is not None:
            self._cells.register("post_run_cell", self.refresh)

    def refresh(self, *_: object) -> None:
        """Look at the learner's progress again."""
        record = progress().of(self.exercise.id)
        self._record = {"state": record.state, "hints": record.hints, "of": len(self.exercise.hints)}

    def close(self) -> None:
        """Take the card away from its page, and listen to cells no longer."""
        if self._cells is not None:
            self._cells.unregister("post_run_cell", self.refresh)
            self._cells = None
        super().close()

    # ── what the page asks ──

    def answer(self, kind: str, question: Mapping[str, Any]) -> Any:
        match kind:
            case "check":
                shown: Feedback = self._check(question.get("answer"))
            case "hint":
                shown = self.exercise.hint()
            case "solution":
                shown = self.exercise.solution()
            case "reset":
                shown = self._reset()
            case _:
                return None
        self._feedback = _data(shown)
        self.refresh()
        return {"done": kind}

    def _check(self, answer: object) -> Result:
        test = self.exercise.test
        self._answer = _picked(test, answer)
        result = self.exercise.check(self._answer)
        if result.outcome is Outcome.NOT_ATTEMPTED and result.message.startswith(test.untouched):
            # The words for the check's cell say "above"; from here, the cell to write in is below.
            rest = result.message.removeprefix(test.untouched)
            return replace(result, message=_UNTOUCHED[type(test)] + rest)
        return result

    def _reset(self) -> Note:
        try:
            note = self.exercise.reset()
        except Exception as error:  # a person pressed a button: whatever broke in the lab is told there
            return Note("Our fault, not yours", f"The exercise could not be laid out: `{_one_line(error)}`.")
        self._answer = None
        return note

    # ── without a page ──

    def plain(self) -> str:
        return repr(self.exercise)

    def html(self) -> str:
        return html_of(read(self.exercise._repr_markdown_()))

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        shown = super()._repr_mimebundle_(**kwargs)
        if (
            shown is not None
        ):  # as the exercise shows itself without buttons, which is what stored notebooks hold
            del shown[0]["text/html"]
            shown[0]["text/markdown"] = self.exercise._repr_markdown_()
        return shown


_UNTOUCHED: Mapping[type[Any], str] = {
    Demands: "Nothing has changed in the lab yet. Write your code in the cell below and run it, then check again.",
    Choice: "Choose one of the options, then check again.",
    Forecast: "Choose *allowed* or *denied* on every line, then check again.",
}


def _task(exercise: Exercise) -> dict[str, Any]:
    """The exercise as the page reads it (``Task`` in types.ts)."""
    test = exercise.test
    options = test.options if isinstance(test, Choice) else ()
    return {
        "title": exercise.title,
        "level": exercise.level,
        "grade": LEVELS[exercise.level],
        "question": data_of(read(exercise.question)),
        "options": [{"key": option.key, "text": data_of(inline(option.text))} for option in options],
        "predictions": list(test.asks) if isinstance(test, Forecast) else [],
    }


def _data(shown: Feedback) -> dict[str, Any]:
    """An answer as the page reads it (``Feedback`` in types.ts)."""
    decision = shown.decision if isinstance(shown, Result) else None
    return {
        "title": shown.title,
        "tone": shown.tone,
        "body": data_of(shown.body),
        "path": None if decision is None else {"words": PATH_WORDS, "trace": trace_data(decision)},
    }


def _picked(test: Test, answer: object) -> object:
    """What the page says was picked, as a cell would hand it to `check`; None for nothing, or for what can't be."""
    if isinstance(test, Choice):
        return answer if isinstance(answer, str) and answer else None
    if isinstance(test, Forecast) and isinstance(answer, Mapping):
        return {label: answer[label] for label in test.asks if isinstance(answer.get(label), bool)}
    return None


def _cell_events() -> Any:
    from IPython import get_ipython

    shell = get_ipython()
    return None if shell is None else shell.events


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".replace("`", "'").split())
