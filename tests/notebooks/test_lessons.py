"""Each lesson teaches in the same form, can be solved, and says kindly what to do while it isn't."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from iamlab.course import exercises

from .conftest import LESSONS, exercise_cells, read, tags, text_of

EACH = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
RUN = Callable[[Path, Mapping[str, str]], Any]


def markdown(notebook: Any) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


STATIONS = (
    "00-start-here",
    "01-what-is-iam",
    "02-users",
    "03-roles",
    "04-policies",
    "05-an-app-that-reads-dynamodb",
    "06-multi-factor-authentication",
    "07-identity-federation",
    "08-access-keys",
    "09-permission-boundaries",
    "10-security-best-practices",
    "11-how-a-decision-is-made",
    "12-break-and-fix",
)


def test_the_stations_of_the_thread_are_there_in_order() -> None:
    assert tuple(path.stem for path in LESSONS) == STATIONS


@EACH
@pytest.mark.slow
def test_every_check_passes_when_the_exercises_are_solved(path: Path, run_with: RUN) -> None:
    solved = run_with(path, {ex.id: ex.solution_code for ex in exercises()})
    results = {name: text_of(check) for name, (_, check) in exercise_cells(solved).items()}
    assert results
    assert {name: text for name, text in results.items() if not text.startswith("✔ Correct")} == {}


@EACH
def test_unsolved_it_raises_nothing_and_says_what_to_do(path: Path) -> None:
    """The stored outputs are those of an unsolved run; nbval holds that they are true."""
    for name, (_, check) in exercise_cells(read(path)).items():
        assert "raises-exception" not in tags(check)
        text = text_of(check)
        assert text.startswith("○ Nothing to check yet"), name
        assert "cell above" in text, name


@EACH
def test_its_exercises_are_those_of_the_course_and_stand_as_shipped(path: Path) -> None:
    wanted = {ex.id: ex.starter.strip() for ex in exercises() if ex.lesson == path.stem}
    found = {name: written.source.strip() for name, (written, _) in exercise_cells(read(path)).items()}
    assert found == wanted
    assert len(found) >= 2


@EACH
def test_it_has_every_part_of_a_lesson(path: Path) -> None:
    text = markdown(read(path))
    for part in (
        "will be able to",
        "![",
        "Start",
        "Pause and predict",
        "## Something to try",
        "## Exercises",
        "## Recap",
        "https://docs.aws.amazon.com/",
    ):
        assert part in text, f"{path.stem} has no `{part}`"


@EACH
def test_every_prediction_has_its_answer(path: Path) -> None:
    parts = re.split(r"\*\*Pause and predict\.\*\*", markdown(read(path)))[1:]
    for number, part in enumerate(parts, 1):
        assert "**Answer:**" in part, f"prediction {number} of {path.stem} is never answered"


@EACH
def test_something_works_and_something_is_denied_and_explained(path: Path) -> None:
    cells = code_cells(read(path))
    denied = [cell for cell in cells if "raises-exception" in tags(cell)]
    assert any("not authorized to perform" in text_of(cell) for cell in denied)
    assert any(cell.source.strip() == "lab.why()" for cell in cells)
    assert any(cell.outputs and "raises-exception" not in tags(cell) for cell in cells)


@EACH
def test_expected_errors_take_one_line_and_are_always_expected(path: Path) -> None:
    for cell in code_cells(read(path)):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        assert bool(errors) is ("raises-exception" in tags(cell)), cell.source
        for error in errors:
            assert len("\n".join(error.traceback).splitlines()) == 1, cell.source


@EACH
def test_cells_are_short_enough_to_retype(path: Path) -> None:
    for cell in code_cells(read(path)):
        assert len(cell.source.splitlines()) <= 20, cell.source
        assert max(map(len, cell.source.splitlines())) <= 90, cell.source


@EACH
def test_prose_comes_before_code(path: Path) -> None:
    """No more than two code cells follow each other without a word, unless an answer of the lab comes in between."""
    silent = 0
    for cell in read(path).cells:
        silent = 0 if cell.cell_type == "markdown" else silent + (cell.source.strip() != "lab.why()")
        assert silent <= 3, cell.source


@EACH
def test_no_raw_response_and_no_secret_is_shown(path: Path) -> None:
    for cell in code_cells(read(path)):
        shown = re.sub(r"arn:aws:\S+", "", text_of(cell))  # a session's ARN can be as long as a secret
        assert "ResponseMetadata" not in shown, cell.source
        assert not re.search(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])", shown), cell.source


@EACH
def test_the_state_of_enforcement_is_shown_at_the_start(path: Path) -> None:
    first = next(cell for cell in code_cells(read(path)) if "Lab.start(" in cell.source)
    assert "IAM is enforced" in text_of(first)


@EACH
def test_its_pictures_and_its_neighbours_are_there(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", markdown(read(path))):
        assert (path.parent / target).is_file(), target


@EACH
def test_its_pictures_can_be_heard(path: Path) -> None:
    for words in re.findall(r"!\[([^\]]*)\]", markdown(read(path))):
        assert len(words) > 30, "a picture needs words for those who can't see it"


@EACH
def test_the_lesson_leaves_the_pieces_of_its_exercises_alone(path: Path) -> None:
    """A user of the lesson's with the name of an exercise's would stand in that exercise's way."""
    notebook = read(path)
    taught = "\n".join(cell.source for cell in code_cells(notebook) if "exercise" not in tags(cell))
    for ex in exercises():
        if ex.lesson == path.stem:
            for name in ex.scene.names():
                assert f'"{name}"' not in taught, f"{name} of {ex.id}"


@EACH
def test_what_is_typed_in_its_editors_survives_a_restart(path: Path) -> None:
    for cell in code_cells(read(path)):
        assert cell.source.count("PolicyEditor(") == cell.source.count("draft="), cell.source
