"""Progress survives: restarts, damaged files, newer versions, and a write that fails half way."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from iamlab.course.definition import Exercise
from iamlab.course.map import course_map
from iamlab.course.progress import FORMAT, VERSION, Progress, Record, progress
from iamlab.course.start import FIRST_USER, READ_THE_ERROR


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    return tmp_path / ".iamlab" / "progress.json"


def test_what_was_done_is_there_after_a_restart(file: Path) -> None:
    progress().update("00/x", solved=True, checks=2)
    assert progress().of("00/x") == Record(solved=True, checks=2)
    stored = json.loads(file.read_text(encoding="utf-8"))
    assert (stored["format"], stored["version"]) == (FORMAT, VERSION)


def test_hints_are_counted_and_the_last_one_stays(file: Path) -> None:
    ex = FIRST_USER
    shown = [repr(ex.hint()) for _ in range(len(ex.hints) + 1)]
    assert [text.split(":")[0] for text in shown[:2]] == ["Hint 1 of 3", "Hint 2 of 3"]
    assert shown[-1] == shown[-2]
    assert progress().of(ex.id).hints == len(ex.hints)
    assert not progress().of(ex.id).solved


def test_the_solution_is_always_there_and_noted(file: Path) -> None:
    assert FIRST_USER.solution_code.strip() in repr(FIRST_USER.solution())
    assert progress().of(FIRST_USER.id).saw_solution


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "null", '{"format": "other"}', f'{{"format": "{FORMAT}", "version": 1, "exercises": 7}}'],
)
def test_a_damaged_file_is_set_aside_not_lost(file: Path, damage: str) -> None:
    file.parent.mkdir()
    file.write_text(damage, encoding="utf-8")
    progress().update("00/x", solved=True)
    assert file.with_name("progress.damaged-1.json").read_text(encoding="utf-8") == damage
    assert progress().of("00/x").solved


def test_a_second_damaged_file_does_not_overwrite_the_first(file: Path) -> None:
    file.parent.mkdir()
    for text in ("one", "two"):
        file.write_text(text, encoding="utf-8")
        Progress.load(file)
    assert sorted(path.read_text() for path in file.parent.glob("*damaged*")) == ["one", "two"]


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    text = json.dumps({"format": FORMAT, "version": VERSION + 1, "exercises": {}})
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    kept = progress()
    kept.update("00/x", solved=True)
    assert kept.of("00/x").solved
    assert file.read_text(encoding="utf-8") == text


def test_a_write_that_fails_leaves_the_last_good_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress().update("00/x", solved=True)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        progress().update("00/y", solved=True)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]


def _line(ex: Exercise) -> str:
    return next(line for line in repr(course_map()).splitlines() if line[4:].startswith(ex.title))


def test_the_map_shows_what_is_solved_tried_and_open(file: Path) -> None:
    assert _line(FIRST_USER).strip().startswith("○")
    progress().update(FIRST_USER.id, solved=True)
    progress().update(READ_THE_ERROR.id, checks=1)
    assert _line(FIRST_USER).strip().startswith("✔")
    assert _line(READ_THE_ERROR).strip().startswith("…")
    assert 'title="solved"' in course_map()._repr_html_()
