"""A learner's text is never lost: not to a start, an upgrade, a restore or a full disk."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from iamlab.course import workspace as module
from iamlab.course.workspace import VARIABLE, Workspace, WorkspaceError, lesson_names

FIRST, SECOND = b'{"cells": ["first"]}', b'{"cells": ["second"]}'


@pytest.fixture(autouse=True)
def lessons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two lessons and a picture, as if they had been shipped."""
    folder = tmp_path / "shipped"
    (folder / "images").mkdir(parents=True)
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / "00-start-here.ipynb").write_bytes(FIRST)
    (folder / "03-roles.ipynb").write_bytes(SECOND)
    (folder / "README.md").write_text("for developers", encoding="utf-8")
    (folder / "images" / "door.svg").write_text("<svg/>", encoding="utf-8")
    (folder / ".ipynb_checkpoints" / "00-start-here-checkpoint.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(module, "_SHIPPED", folder)
    monkeypatch.delenv(VARIABLE, raising=False)
    return folder


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace.at(tmp_path / "learner" / "work")


def names(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".iamlab" not in path.parts
    }


def test_opening_makes_the_folder_and_copies_every_lesson_and_picture(work: Workspace) -> None:
    delivery = work.open()
    assert (
        names(work.root)
        == {"00-start-here.ipynb", "03-roles.ipynb", "images/door.svg"}
        == set(delivery.copied)
    )
    assert (work.root / "03-roles.ipynb").read_bytes() == SECOND
    assert delivery.newer == ()


def test_opening_again_changes_nothing(work: Workspace) -> None:
    work.open()
    (work.root / "03-roles.ipynb").write_text("my own work", encoding="utf-8")
    delivery = work.open()
    assert delivery.copied == ()
    assert delivery.newer == ()
    assert (work.root / "03-roles.ipynb").read_text(encoding="utf-8") == "my own work"


def test_a_lesson_that_was_removed_comes_back(work: Workspace) -> None:
    work.open()
    (work.root / "03-roles.ipynb").unlink()
    assert work.open().copied == ("03-roles.ipynb",)


def test_an_upgrade_leaves_the_learners_copy_and_says_that_there_is_a_newer_one(
    work: Workspace, lessons: Path
) -> None:
    work.open()
    (lessons / "03-roles.ipynb").write_bytes(b'{"cells": ["improved"]}')
    assert work.open().newer == ("03-roles",)
    assert (work.root / "03-roles.ipynb").read_bytes() == SECOND
    work.restore("03-roles")
    assert work.open().newer == ()


def test_a_file_of_the_learners_own_that_has_a_lessons_name_is_left_alone(work: Workspace) -> None:
    work.root.mkdir(parents=True)
    (work.root / "00-start-here.ipynb").write_text("mine", encoding="utf-8")
    delivery = work.open()
    assert "00-start-here.ipynb" not in delivery.copied
    assert (work.root / "00-start-here.ipynb").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("wanted", ["03-roles", "03-roles.ipynb", "03", "3"])
def test_a_lesson_is_restored_beside_the_learners_own_under_a_name_that_is_free(
    work: Workspace, wanted: str
) -> None:
    work.open()
    (work.root / "03-roles.ipynb").write_text("mine", encoding="utf-8")
    restored = [work.restore(wanted).name for _ in range(3)]
    assert restored == ["03-roles-fresh.ipynb", "03-roles-fresh-2.ipynb", "03-roles-fresh-3.ipynb"]
    assert (work.root / "03-roles.ipynb").read_text(encoding="utf-8") == "mine"
    assert all((work.root / name).read_bytes() == SECOND for name in restored)


def test_a_lesson_that_is_gone_is_restored_under_its_own_name(work: Workspace) -> None:
    assert work.restore("03-roles") == work.root / "03-roles.ipynb"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("03-rules", "no lesson is named `03-rules`; did you mean `03-roles`?"),
        ("99", "no lesson is named `99`; there are: 00-start-here, 03-roles"),
        ("../03-roles", "no lesson is named `../03-roles`; did you mean `03-roles`?"),
        ("", "no lesson is named ``; there are: 00-start-here, 03-roles"),
    ],
)
def test_a_lesson_that_is_not_known_is_answered_with_those_that_are(
    work: Workspace, wanted: str, said: str
) -> None:
    with pytest.raises(WorkspaceError) as caught:
        work.restore(wanted)
    assert str(caught.value) == said
    assert not work.root.exists()


@pytest.mark.parametrize("ledger", ["", "{", "[]", '{"files": 3}', '{"version": 1}', "\x00"])
def test_a_damaged_ledger_is_written_anew(work: Workspace, ledger: str) -> None:
    work.open()
    path = work.data / "workspace.json"
    path.write_text(ledger, encoding="utf-8")
    (work.root / "03-roles.ipynb").unlink()
    assert work.open().copied == ("03-roles.ipynb",)
    assert "03-roles.ipynb" in json.loads(path.read_text(encoding="utf-8"))["files"]
    assert [file.name for file in work.data.iterdir()] == ["workspace.json"]


def test_a_file_in_the_way_of_the_workspace_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="can't be a workspace: a file stands in its way"):
        Workspace.at(tmp_path / "taken").open()


class FullDisk:
    """A file that could be made but takes no byte."""

    def __enter__(self) -> FullDisk:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def write(self, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_no_half_lesson(work: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.open

    def opened(path: Path, mode: str = "r", **options: Any) -> Any:
        if mode != "xb":
            return real(path, mode, **options)
        path.touch(exist_ok=False)
        return FullDisk()

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", opened)
        with pytest.raises(WorkspaceError, match="No space left on device"):
            work.restore("03-roles")
    assert names(work.root) == set()
    assert work.restore("03-roles").read_bytes() == SECOND


def test_unchanged_lessons_are_those_that_are_as_shipped(work: Workspace) -> None:
    work.open()
    (work.root / "00-start-here.ipynb").write_text("mine", encoding="utf-8")
    assert [path.name for path in work.unchanged()] == ["03-roles.ipynb"]


def test_the_workspace_is_where_the_learner_says_else_the_variable_else_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert Workspace.at().root == tmp_path / "home" / "iamlab-workspace"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    assert Workspace.at().root == tmp_path / "named"
    assert Workspace.at(tmp_path / "said").root == tmp_path / "said"


def test_a_notebook_without_the_variable_finds_the_workspace_above_it(
    work: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    work.open()
    inside = work.root / "images"
    monkeypatch.chdir(inside)
    assert Workspace.current().root == work.root
    monkeypatch.chdir(tmp_path)
    assert Workspace.current().root == tmp_path
    monkeypatch.setenv(VARIABLE, str(work.root))
    assert Workspace.current().root == work.root


def test_lessons_are_in_the_order_of_their_numbers() -> None:
    assert lesson_names() == ("00-start-here", "03-roles")


def test_an_installation_without_lessons_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SHIPPED", tmp_path)
    monkeypatch.setattr(module, "_CHECKOUT", tmp_path)
    with pytest.raises(WorkspaceError, match="lessons are missing"):
        lesson_names()
