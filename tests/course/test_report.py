"""Progress leaves the workspace in forms for people and programs, and comes back whole."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from iamlab.course import exercises, export_progress
from iamlab.course.map import CourseMap
from iamlab.course.progress import FORMAT, VERSION, Progress, ProgressError, Record, progress, read_file
from iamlab.course.report import ClassTable, Report
from iamlab.course.start import FIRST_USER, READ_THE_ERROR

SOME = {FIRST_USER.id: Record(True, 2, 1), READ_THE_ERROR.id: Record(checks=1, saw_solution=True)}


def report(learner: str, records: dict[str, Record] | None = None) -> Report:
    return Report(learner, Progress(Path("nowhere.json"), dict(SOME if records is None else records)))


def test_a_notebook_exports_the_learners_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    progress().update(FIRST_USER.id, solved=True)
    export_progress(tmp_path / "ana.json", "Ana")
    assert Report.read(tmp_path / "ana.json").progress.of(FIRST_USER.id).solved


def test_json_can_be_read_again(tmp_path: Path) -> None:
    report("Ana Söder").write(tmp_path / "ana.json")
    again = Report.read(tmp_path / "ana.json")
    assert (again.learner, again.progress.records) == ("Ana Söder", SOME)
    document = json.loads((tmp_path / "ana.json").read_text(encoding="utf-8"))
    assert (document["format"], document["version"]) == (FORMAT, VERSION)


@pytest.mark.parametrize("form", ["html", "md"])
def test_people_read_the_map_under_the_learners_name(tmp_path: Path, form: str) -> None:
    report("<b>Ana").write(tmp_path / f"ana.{form}")
    text = (tmp_path / f"ana.{form}").read_text(encoding="utf-8")
    assert f"1 of {len(exercises())} exercises solved" in text
    assert FIRST_USER.title in text
    assert ("&lt;b&gt;Ana" in text) is (form == "html")


def test_csv_has_a_row_for_every_exercise(tmp_path: Path) -> None:
    report("ana").write(tmp_path / "ana.csv")
    with (tmp_path / "ana.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["exercise"] for row in rows] == [ex.id for ex in exercises()]
    assert (rows[0]["learner"], rows[0]["solved"], rows[0]["checks"], rows[0]["hints"]) == (
        "ana",
        "yes",
        "2",
        "1",
    )


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+1", "-1"])
def test_a_name_is_no_formula_in_a_spreadsheet(name: str) -> None:
    assert f"\n'{name}," in report(name).to_csv().replace("\r\n", "\n")


@pytest.mark.parametrize("name", ["ana", "ana.pdf"])
def test_another_form_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProgressError, match=r"must end in \.json, \.html"):
        report("ana").write(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProgressError, match="can't write"):
        report("ana").write(tmp_path / "missing" / "ana.json")


def test_what_is_taken_over_joins_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    here = Progress(path)
    here.update(FIRST_USER.id, checks=5)
    here.update(READ_THE_ERROR.id, solved=True)
    report("ana").write(tmp_path / "ana.json")
    assert here.take_over(read_file(tmp_path / "ana.json")[1]) == 2
    kept = Progress.load(path)
    assert kept.of(FIRST_USER.id) == Record(True, 5, 1)
    assert kept.of(READ_THE_ERROR.id) == Record(True, 1, 0, True)
    assert kept.take_over(kept) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not a file of iamlab's progress"),
        ('{"format": "other"}', "is not a file of iamlab's progress"),
        (json.dumps({"format": FORMAT, "version": VERSION + 1, "exercises": {}}), "newer iamlab"),
    ],
    ids=["broken", "other", "newer"],
)
def test_a_foreign_file_is_told_and_left_alone(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProgressError, match=words):
        Report.read(path)
    assert path.read_text(encoding="utf-8") == text
    with pytest.raises(ProgressError, match="can't read"):
        Report.read(tmp_path / "missing.json")


def test_a_class_is_a_table_by_lesson(tmp_path: Path) -> None:
    everything = {ex.id: Record(solved=True) for ex in exercises()}
    for one in (report("zoe"), report("Ana", everything), report("", {})):
        one.write(tmp_path / f"{one.learner or 'nameless'}.json")
    head, *rows, last = ClassTable.read(tmp_path.glob("*.json")).rows()
    assert head[:3] == ["learner", "solved", "00"]
    assert [row[:3] for row in rows] == [
        ["Ana", str(len(exercises())), "2/2"],
        ["nameless", "0", "0/2"],
        ["zoe", "1", "1/2"],
    ]
    assert last[:3] == ["finished", "1", "1"]
    assert len({len(line) for line in ClassTable.read(tmp_path.glob("*.json")).to_text().splitlines()}) == 1


def test_the_map_names_every_lesson_and_what_comes_next() -> None:
    shown = CourseMap(Progress(Path(), dict(SOME)))
    assert shown.next is READ_THE_ERROR
    assert "(2 checks, 1 hint)" in repr(shown)
    assert "(1 check, solution seen)" in repr(shown)
    for lesson in shown.lessons:
        assert lesson.title.startswith(lesson.name[:2]), "a lesson's heading begins with its number"
        assert f'href="{lesson.name}.ipynb"' in shown._repr_html_()
    done = CourseMap(Progress(Path(), {ex.id: Record(solved=True) for ex in exercises()}))
    assert done.next is None
    assert "Next" not in repr(done)
