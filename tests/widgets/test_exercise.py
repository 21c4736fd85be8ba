"""The card of an exercise: its buttons answer what the methods answer in a cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import IPython
import pytest

import iamlab
from iamlab import Lab
from iamlab.course import Exercise, exercise, exercises
from iamlab.course.progress import progress
from iamlab.course.prose import data_of
from iamlab.widgets import ExerciseCard

MAKE = "00-start-here/first-user"
CHOOSE = "00-start-here/read-the-error"
PREDICT = "01-what-is-iam/who-may-what"
RIGHT = {
    "ravi lists the buckets": True,
    "ravi reads todo.txt": True,
    "ravi deletes todo.txt": False,
    "mei reads todo.txt": False,
}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    with Lab(seed=1) as running:
        yield running


def press(card: ExerciseCard, kind: str, answer: object = None) -> dict[str, Any]:
    """What the card shows after a button was pressed."""
    assert card.answer(kind, {"answer": answer}) == {"done": kind}
    shown: dict[str, Any] = json.loads(json.dumps(card._feedback))
    return shown


def test_a_check_says_what_it_says_in_a_cell() -> None:
    ex = exercise(MAKE)
    card = ExerciseCard(ex)
    boto3.client("iam").create_group(GroupName="guest")
    shown, result = press(card, "check"), ex.check()
    assert (shown["title"], shown["tone"], shown["body"]) == (
        result.title,
        result.tone,
        data_of(result.body),
    )
    assert "group" in json.dumps(shown["body"])


def test_a_check_shows_the_path_of_the_decision() -> None:
    card = ExerciseCard(exercise(MAKE))
    boto3.client("iam").create_user(UserName="guest")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    boto3.client("iam").attach_user_policy(UserName="guest", PolicyArn=administrator)
    path = press(card, "check")["path"]
    assert path["trace"]["allowed"]
    assert path["trace"]["request"]["action"] == "iam:ListUsers"


def test_what_is_solved_on_the_card_is_solved_in_the_progress() -> None:
    card = ExerciseCard(exercise(MAKE))
    assert card._record["state"] == "open"
    boto3.client("iam").create_user(UserName="guest")
    assert press(card, "check")["tone"] == "good"
    assert card._record["state"] == "solved"
    assert progress().of(MAKE).solved


def test_what_is_solved_in_a_cell_shows_on_the_card_when_the_cell_has_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: dict[str, Any] = {}
    events = SimpleNamespace(
        register=lambda name, call: heard.update({name: call}),
        unregister=lambda name, call: heard.pop(name),
    )
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(events=events))
    card = ExerciseCard(exercise(CHOOSE))
    card.exercise.check("b")
    heard["post_run_cell"](None)
    assert card._record["state"] == "solved"
    card.close()
    assert heard == {}


@pytest.mark.parametrize(
    ("name", "picked", "tone", "words"),
    [
        (CHOOSE, "b", "good", "names all you need"),
        (CHOOSE, "a", "warn", "The key works"),
        (CHOOSE, None, "quiet", "Choose one of the options"),
        (CHOOSE, {"a": 1}, "quiet", "Choose one of the options"),
        (PREDICT, RIGHT, "good", "agrees"),
        (PREDICT, RIGHT | {"mei reads todo.txt": True}, "warn", "you said allowed"),
        (PREDICT, {"mei reads todo.txt": False}, "warn", "no guess"),
        (PREDICT, {"mei reads todo.txt": "False"}, "quiet", "on every line"),
        (PREDICT, None, "quiet", "on every line"),
        (MAKE, None, "quiet", "cell below"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_picked_on_the_card_is_the_answer(name: str, picked: Any, tone: str, words: str) -> None:
    shown = press(ExerciseCard(exercise(name)), "check", picked)
    assert shown["tone"] == tone
    assert words in json.dumps(shown["body"])


def test_hints_are_counted_on_the_card() -> None:
    card = ExerciseCard(exercise(MAKE))
    assert press(card, "hint")["title"] == "Hint 1 of 3"
    assert card._record == {"state": "tried", "hints": 1, "of": 3}


def test_the_solution_comes_with_its_reason() -> None:
    ex = exercise(MAKE)
    shown = press(ExerciseCard(ex), "solution")
    assert shown["body"][0] == ["pre", ex.solution_code.strip()]
    assert ex.reason.split(".")[0] in json.dumps(shown["body"])


def test_a_reset_brings_the_beginning_back_and_forgets_what_was_picked() -> None:
    card = ExerciseCard(exercise(CHOOSE))
    press(card, "check", "a")
    assert card._answer == "a"
    assert press(card, "reset")["title"] == "Ready"
    assert card._answer is None


def test_a_broken_lab_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Exercise) -> None:
        raise RuntimeError("`<b>`")

    card = ExerciseCard(exercise(MAKE))
    monkeypatch.setattr(Exercise, "reset", broken)
    assert "Our fault" in press(card, "reset")["title"]


def test_an_unknown_question_is_not_answered() -> None:
    card = ExerciseCard(exercise(MAKE))
    assert card.answer("run", {"answer": "import os"}) is None
    assert card._feedback is None


@pytest.mark.parametrize("ex", exercises(), ids=lambda ex: ex.id)
def test_every_exercise_can_be_drawn(ex: Exercise) -> None:
    """Nothing of Markdown is left over in what the page gets."""
    card = ExerciseCard(ex)
    drawn = json.dumps([card._task["question"], card._task["options"]])
    assert "```" not in drawn
    assert "**" not in drawn
    assert "|:" not in drawn
    assert '"> ' not in drawn


# ── where it shows ──


def test_where_nothing_is_drawn_the_exercise_shows_its_own_text() -> None:
    ex = exercise(MAKE)
    shown, _ = ExerciseCard(ex)._repr_mimebundle_() or ({}, {})
    assert shown["text/plain"] == repr(ex)
    assert shown["text/markdown"] == ex._repr_markdown_()
    assert "text/html" not in shown
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_in_a_notebook_an_exercise_is_its_card(monkeypatch: pytest.MonkeyPatch) -> None:
    formatter = IPython.core.formatters.DisplayFormatter()
    shell = SimpleNamespace(kernel=object(), display_formatter=formatter)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    iamlab._give_exercises_their_buttons()
    monkeypatch.setattr(IPython, "get_ipython", lambda: None)
    shown, _ = formatter.format(exercise(MAKE))
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert shown["text/plain"] == repr(exercise(MAKE))


def test_in_a_terminal_an_exercise_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    formatter = IPython.core.formatters.DisplayFormatter()
    shell = SimpleNamespace(display_formatter=formatter)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    iamlab._give_exercises_their_buttons()
    shown, _ = formatter.format(exercise(MAKE))
    assert "application/vnd.jupyter.widget-view+json" not in shown


def test_only_exercises_have_a_card() -> None:
    with pytest.raises(TypeError, match="shows an Exercise, got str"):
        ExerciseCard("00-start-here/first-user")  # type: ignore[arg-type]
