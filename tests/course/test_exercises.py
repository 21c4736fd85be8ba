"""Every exercise is open as it ships, solved by its solution, and refuses each known wrong answer for its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from iamlab import Lab
from iamlab.course import Exercise, Outcome, exercise, exercises
from iamlab.course.catalogue import NoSuchExercise
from iamlab.course.definition import WrongAnswer
from iamlab.course.demand import Choice, Demands, Forecast
from iamlab.course.outcome import Result

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ALL = pytest.mark.parametrize("ex", exercises(), ids=lambda ex: ex.id)
ONE_OF_EACH_KIND = tuple({type(ex.test): ex for ex in exercises()}.values())
WRONG = [(ex, wrong) for ex in exercises() for wrong in ex.wrong_answers]


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    return tmp_path


@pytest.fixture
def lab() -> Iterator[Lab]:
    with Lab(seed=1) as running:
        yield running


def run(ex: Exercise, code: str) -> Result:
    """Run code as the exercise's cell would, then check as the cell below it does."""
    names: dict[str, Any] = {
        "boto3": boto3,
        "json": json,
        "lab": Lab.current(),
        "iam": boto3.client("iam"),
        "ex": ex,
    }
    exec(compile(code, ex.id, "exec"), names)
    return ex.check(names.get("answer")) if ex.test.takes_answer else ex.check()


def attempt(ex: Exercise, code: str) -> Result:
    exercise(ex.id)
    return run(ex, code)


@ALL
def test_it_is_open_as_it_ships(ex: Exercise, lab: Lab) -> None:
    result = attempt(ex, ex.starter)
    assert result.outcome is Outcome.NOT_ATTEMPTED, result


@ALL
def test_its_solution_solves_it(ex: Exercise, lab: Lab) -> None:
    exercise(ex.id)
    before = len(lab.trail)
    result = run(ex, ex.solution_code)
    assert result.outcome is Outcome.CORRECT, result
    assert ex.reason in result.to_text()
    # Checking rehearses calls, it doesn't make them.
    assert {event.who for event in lab.trail[before:]} <= {"Administrator", "root"}


@pytest.mark.parametrize(
    ("ex", "wrong"), WRONG, ids=[f"{ex.id}-{number}" for number, (ex, _) in enumerate(WRONG)]
)
def test_a_known_wrong_answer_is_refused_for_its_own_reason(
    ex: Exercise, wrong: WrongAnswer, lab: Lab
) -> None:
    result = attempt(ex, wrong.code)
    assert (result.outcome, result.mistake) == (Outcome.NOT_YET, wrong.mistake), result
    assert result.message.strip()


def test_a_wrong_answer_can_be_put_right_without_a_reset(lab: Lab) -> None:
    ex = exercise("04-policies/one-letter")
    for wrong in ex.wrong_answers:
        assert not run(ex, wrong.code).correct
    assert run(ex, ex.solution_code).correct


@ALL
def test_a_reset_brings_the_beginning_back(ex: Exercise, lab: Lab) -> None:
    attempt(ex, ex.solution_code)
    assert "beginning" in repr(ex.reset())
    assert run(ex, ex.starter).outcome is Outcome.NOT_ATTEMPTED
    assert run(ex, ex.solution_code).correct


def test_a_lab_that_was_reset_is_laid_out_again_not_called_wrong(lab: Lab) -> None:
    ex = exercise("03-roles/who-may-wear-it")
    assert run(ex, ex.solution_code).correct
    lab.reset()
    result = ex.check()
    assert result.outcome is Outcome.NOT_ATTEMPTED
    assert "was reset" in result.message
    assert run(ex, ex.solution_code).correct


@ALL
def test_without_a_lab_it_says_what_to_do(ex: Exercise) -> None:
    assert Lab.current() is None
    result = ex.check()
    assert result.outcome is Outcome.NOT_ATTEMPTED
    assert "first code cell" in result.message


@pytest.mark.parametrize("ex", ONE_OF_EACH_KIND, ids=lambda ex: ex.id)
def test_a_broken_lab_is_never_called_a_wrong_answer(
    ex: Exercise, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise(ex.id)

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(type(ex.test), "shortfall", broken)
    result = run(ex, ex.solution_code)
    assert result.outcome is Outcome.OUR_FAULT
    assert "the disk is full" in result.message


@ALL
def test_it_is_completely_described(ex: Exercise) -> None:
    assert ex.level in (1, 2, 3)
    assert ex.title
    assert ex.reason
    assert len(ex.hints) >= 3, "hints are graded: a nudge, a direction, nearly the answer"
    assert len(ex.wrong_answers) >= 2
    assert ex.question.strip() in ex._repr_markdown_()


def test_all_three_grades_occur_and_each_lesson_has_at_least_two() -> None:
    lessons: dict[str, int] = {}
    for ex in exercises():
        lessons[ex.lesson] = lessons.get(ex.lesson, 0) + 1
    assert {ex.level for ex in exercises()} == {1, 2, 3}
    assert set(lessons) == {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
    assert min(lessons.values()) >= 2


def test_no_two_exercises_share_a_piece() -> None:
    owners: dict[str, str] = {}
    for ex in exercises():
        for piece in ex.scene.names():
            assert owners.setdefault(piece, ex.id) == ex.id, piece


def test_every_demand_and_option_that_names_a_mistake_is_shown_to_be_needed() -> None:
    """A mistake that no known wrong answer makes is a sentence that nobody has ever read."""
    never_made = {"no such user", "no such role", "cannot read", "still cannot read", "GetItem is gone"}
    never_made |= {"took listing away too", "still deletes", "locked out of Europe", "only one key"}
    for ex in exercises():
        made = {wrong.mistake for wrong in ex.wrong_answers}
        if isinstance(ex.test, Demands):
            named = {demand.mistake for demand in ex.test.demands}
            named |= {near.mistake for demand in ex.test.demands for near in getattr(demand, "near", ())}
        elif isinstance(ex.test, Choice):
            named = {option.mistake for option in ex.test.options if not option.right}
        else:
            assert isinstance(ex.test, Forecast)
            named = made & set(ex.test.asks)
        assert named - made <= never_made, ex.id


def test_a_name_that_does_not_exist_gets_a_suggestion() -> None:
    with pytest.raises(NoSuchExercise, match="did you mean `02-users/one-group`"):
        exercise("02-users/one-grup")


def test_an_option_that_does_not_exist_is_told_apart_from_a_wrong_one(lab: Lab) -> None:
    result = exercise("00-start-here/read-the-error").check("z")
    assert result.mistake == "no such option"


def test_a_policy_that_breaks_the_grammar_is_named_with_its_line(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    ex = exercise("02-users/list-buckets")
    boto3.client("iam").create_user(UserName="priya")
    broken = {"Version": "2012-10-17", "Statement": {"Effect": "Allowed", "Action": "s3:*", "Resource": "*"}}
    monkeypatch.setattr(
        type(ex.scene), "documents", lambda *_: iter([("ListBuckets of user/priya", "identity", broken)])
    )
    result = ex.check()
    assert result.outcome is Outcome.INVALID_POLICY
    assert "ListBuckets of user/priya" in result.message
    assert "line" in result.message


def test_a_piece_that_the_learner_deleted_is_missed_kindly(lab: Lab) -> None:
    ex = exercise("03-roles/who-may-wear-it")
    iam = boto3.client("iam")
    iam.delete_user_policy(UserName="otto", PolicyName="MayAssume")
    iam.delete_user(UserName="otto")
    run(ex, ex.solution_code.replace("user/otto", "user/eve"))
    result = ex.check()
    assert result.outcome is Outcome.NOT_YET
    assert "`otto`" in result.message
    assert "ex.reset()" in result.message
