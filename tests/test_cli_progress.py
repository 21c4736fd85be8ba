"""`iamlab progress` shows, exports and takes over what a learner has solved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamlab.cli import main
from iamlab.course.progress import Progress
from iamlab.course.start import FIRST_USER


@pytest.fixture
def solved(tmp_path: Path) -> Path:
    """A workspace in which one exercise is solved."""
    workspace = tmp_path / "workspace"
    Progress(workspace / ".iamlab" / "progress.json").update(FIRST_USER.id, solved=True, checks=1)
    return workspace


def test_it_shows_the_map(solved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["progress", str(solved)]) == 0
    assert f"✔ {FIRST_USER.title} (1 check)" in capsys.readouterr().out


def test_it_moves_to_another_machine(
    solved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, other = tmp_path / "ana.json", tmp_path / "other"
    assert main(["progress", str(solved), "--export", str(file), "--learner", "ana"]) == 0
    assert json.loads(file.read_text(encoding="utf-8"))["learner"] == "ana"
    assert main(["progress", str(other), "--import", str(file)]) == 0
    assert "1 exercises" in capsys.readouterr().out
    assert Progress.load(other / ".iamlab" / "progress.json").of(FIRST_USER.id).solved


def test_a_class_is_shown_and_written(
    solved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [str(tmp_path / f"{name}.json") for name in ("ana", "bo")]
    for file in files:
        main(["progress", str(solved), "--export", file, "--learner", Path(file).stem])
    capsys.readouterr()
    assert main(["progress", "--class", *files]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "learner",
        "ana",
        "bo",
        "finished",
    ]
    assert main(["progress", "--export", str(tmp_path / "class.csv"), "--class", *files]) == 0
    assert (tmp_path / "class.csv").read_text(encoding="utf-8").startswith("learner,solved,00,")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--export", "map.pdf"], "must end in .json"),
        (["--import", "missing.json"], "can't read missing.json"),
        (["--class", "missing.json"], "can't read missing.json"),
    ],
    ids=["form", "import", "class"],
)
def test_what_cannot_be_done_is_told_in_a_line(
    solved: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["progress", str(solved), *arguments]) == 2
    assert words in capsys.readouterr().err
