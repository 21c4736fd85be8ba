"""Nothing a learner typed is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iamlab.widgets import PolicyEditor
from iamlab.widgets.drafts import Draft


def test_a_draft_that_was_never_written_is_not_there(tmp_path: Path) -> None:
    assert Draft(tmp_path / "orders.json").read() is None


def test_a_draft_comes_back_as_it_was_typed(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "deep" / "er" / "orders.json")
    draft.write('{\n  "Sid": "Größe 🦊"')
    assert draft.read() == '{\n  "Sid": "Größe 🦊"'


def test_writing_leaves_nothing_beside_the_draft(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "orders.json")
    draft.write("one")
    draft.write("two")
    assert [path.name for path in tmp_path.iterdir()] == ["orders.json"]


def test_a_write_that_fails_leaves_the_old_draft_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = Draft(tmp_path / "orders.json")
    draft.write("old")

    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        draft.write("new")
    assert draft.read() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["orders.json"]


def test_every_copy_gets_a_name_of_its_own(tmp_path: Path) -> None:
    draft = Draft(tmp_path / "orders.json")
    assert draft.keep_copy() is None
    copies = []
    for text in ("first", "second"):
        draft.write(text)
        copies.append(draft.keep_copy())
    assert copies == [tmp_path / "orders.1.json", tmp_path / "orders.2.json"]
    assert [copy.read_text(encoding="utf-8") for copy in copies if copy] == ["first", "second"]


def test_a_plain_name_is_a_draft_in_the_learners_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IAMLAB_WORKSPACE", str(tmp_path))
    editor = PolicyEditor("{}", draft="04-read-books")
    assert list(tmp_path.iterdir()) == [], "nothing is written before something is typed"
    editor.text = '{"Version": "2012-10-17"}'
    assert Draft.at("04-read-books").path == tmp_path / ".iamlab" / "drafts" / "04-read-books.json"
    assert PolicyEditor("{}", draft="04-read-books").text == editor.text, "as after a restart of the kernel"


@pytest.mark.parametrize("place", ["orders.json", "drafts/orders"])
def test_anything_else_is_a_path(place: str) -> None:
    assert Draft.at(place).path == Path(place)
