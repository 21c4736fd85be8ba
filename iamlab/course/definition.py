"""An exercise: a question, a starting state, a check that looks at behaviour, hints and a solution.

An exercise is a declaration; lesson modules (`users.py`, `roles.py` …) hold nothing else. `check` never
raises: a mistake of the learner becomes words about that mistake, a broken lab becomes `Outcome.OUR_FAULT`.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace

from iamlab.course.bench import Bench, Missing
from iamlab.course.demand import Choice, Test
from iamlab.course.outcome import Note, Outcome, Result, Solution
from iamlab.course.progress import progress
from iamlab.course.scene import Scene
from iamlab.course.stumbles import latest_stumble

LEVELS = {1: "first steps", 2: "on your own", 3: "harder"}


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """Code that looks like an answer and isn't. Tests hold that it is refused, and for this reason."""

    mistake: str
    """The name of the mistake, as the demand that catches it spells it."""
    code: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise of the course. Use it as `ex = exercise("02-users/list-buckets")`, then `ex.check()`."""

    id: str
    """`<lesson>/<name>`."""
    title: str
    level: int
    """1, 2 or 3; see `LEVELS`."""
    question: str
    test: Test
    hints: tuple[str, ...]
    """From a nudge to nearly the answer."""
    solution_code: str
    reason: str
    """Why it matters, shown after success and with the solution."""
    wrong_answers: tuple[WrongAnswer, ...]
    scene: Scene = field(default_factory=Scene)
    starter: str = "# Write your code here, run it, then run the next cell.\n"
    """What the exercise's cell holds before the learner writes in it."""

    @property
    def lesson(self) -> str:
        return self.id.partition("/")[0]

    # ------------------------------------------------------------ what a learner calls
    def check(self, answer: object = None) -> Result:
        """Look at what the lab would now allow (or at `answer`) and say how far it is."""
        try:
            result = _with_stumble(self._judge(answer))
        # The lab, a moto bug, a full disk: whatever it is, the learner did nothing wrong.
        except Exception as error:
            return Result(Outcome.OUR_FAULT, _our_fault(error))
        self._remember(result)
        return result

    def hint(self) -> Note:
        """The next hint. Counted, never penalised; the last one stays."""
        number = min(progress().of(self.id).hints + 1, len(self.hints))
        self._note(hints=number)
        text = self.hints[number - 1]
        if number == len(self.hints):
            text += "\n\nThis was the last hint. `ex.solution()` shows one way to do it."
        return Note(f"Hint {number} of {len(self.hints)}", text)

    def solution(self) -> Solution:
        """Code that solves it, and why it matters. Your own way may well be as good."""
        self._note(saw_solution=True)
        return Solution(self.solution_code.strip(), self.reason)

    def reset(self) -> Note:
        """Put the exercise's users, roles and tables back to where they began. Nothing else is touched."""
        bench = Bench.current(self.scene)
        self.scene.lay_out(bench.root)
        return Note("Ready", f"`{self.id}` is back at its beginning.")

    def prepare(self) -> None:
        """Lay out the starting state if a lab runs and a piece of it is not there yet."""
        bench = Bench.running(self.scene)
        if bench is not None and bench.incomplete():
            self.scene.lay_out(bench.root)

    # ------------------------------------------------------------ how it works
    def _judge(self, answer: object) -> Result:
        bench = Bench.running(self.scene)
        if bench is None:
            return Result(
                Outcome.NOT_ATTEMPTED, "No lab is running. Run the first code cell of this notebook first."
            )
        if bench.gone():
            self.scene.lay_out(bench.root)
            return Result(
                Outcome.NOT_ATTEMPTED,
                "The lab was reset, so the exercise has been laid out again from its beginning. Run your cell "
                "again, then check.",
            )
        if not self.test.attempted(bench, answer):
            return Result(Outcome.NOT_ATTEMPTED, self.test.untouched)
        invalid = bench.invalid_policy()
        if invalid is not None:
            return Result(Outcome.INVALID_POLICY, invalid)
        try:
            found = self.test.shortfall(bench, answer)
        except Missing as missing:
            return Result(
                Outcome.NOT_YET,
                f"{_sentence(str(missing))}. If it stood here before, `ex.reset()` brings it back.",
                mistake="a piece is missing",
            )
        if found is not None:
            return Result(Outcome.NOT_YET, found.message, found.decision, found.mistake)
        return Result(Outcome.CORRECT, _praise(self.test, answer), reason=self.reason)

    def _remember(self, result: Result) -> None:
        if result.outcome is Outcome.NOT_ATTEMPTED:
            return
        record = progress().of(self.id)
        self._note(checks=record.checks + 1, solved=record.solved or result.correct)

    def _note(self, **changes: bool | int) -> None:
        # A workspace that can't be written to costs the record, never the answer.
        with suppress(OSError):
            progress().update(self.id, **changes)

    # ------------------------------------------------------------ how it shows itself
    def _text(self) -> str:
        question = self.question.strip()
        if isinstance(self.test, Choice):
            question += "\n\n" + self.test.listing
        return question

    def __repr__(self) -> str:
        return f"{self.title} ({LEVELS[self.level]})\n\n{self._text()}"

    def _repr_markdown_(self) -> str:
        stars = "★" * self.level + "☆" * (3 - self.level)
        return (
            f"**{self.title}** {stars}\n\n{self._text()}\n\n"
            "*Then run the check. Stuck?* `ex.hint()` *gives a hint,* `ex.solution()` *shows one way,* "
            "`ex.reset()` *starts again.*"
        )


def _praise(test: Test, answer: object) -> str:
    if isinstance(test, Choice):
        for option in test.options:
            if option.right and option.key.casefold() == str(answer).strip().casefold():
                return option.why
    if test.takes_answer:
        return "The lab agrees with every one of your predictions."
    return "The lab allows what it should, and denies the rest."


def _with_stumble(result: Result) -> Result:
    """A result that is not right may come from a cell that stopped half way: say so."""
    if result.outcome not in (Outcome.NOT_ATTEMPTED, Outcome.NOT_YET):
        return result
    stumble = latest_stumble()
    return replace(result, message=f"{result.message}\n\n{stumble}") if stumble else result


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _our_fault(error: Exception) -> str:
    return (
        f"Something in the lab broke while it was checking (`{type(error).__name__}: {error}`). This says "
        "nothing about your answer. Try `ex.reset()` and run your cell again; if it stays, please report it."
    )
