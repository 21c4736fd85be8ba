"""`make notebooks` stores what is the same in every run and refuses the rest."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

TOOL = Path(__file__).parents[2] / "tools" / "notebooks.py"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("notebooks_tool", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "LESSONS", tmp_path)
    return module


def stored(path: Path, *cells: Any) -> Path:
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def ran(source: str, count: int, *outputs: Any, **metadata: Any) -> Any:
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def test_a_lesson_runs_to_the_same_bytes_every_time(tool: ModuleType, tmp_path: Path) -> None:
    cells = (new_markdown_cell("# Ünïcode"), new_code_cell("print('a')"), new_code_cell("print('a')"))
    first = stored(tmp_path / "01-first.ipynb", *cells)
    assert tool.check(first) != []
    assert tool.execute(first) == []
    once = first.read_bytes()
    assert tool.check(first) == []
    again = stored(
        tmp_path / "02-again.ipynb", *(nbformat.from_dict({**cell, "id": "new"}) for cell in cells[:1])
    )
    again.write_bytes(once.replace(b'"metadata": {}', b'"metadata": {"trusted": true}'))
    assert tool.execute(again) == []
    assert again.read_bytes() == once


def test_a_cells_id_depends_on_nothing_but_its_content(tool: ModuleType) -> None:
    before = new_notebook(cells=[new_code_cell("1"), new_code_cell("2"), new_code_cell("1")])
    after = new_notebook(cells=[new_code_cell("0"), *map(new_code_cell, "121")])
    tool.normalise(before)
    tool.normalise(after)
    ids = [cell.id for cell in before.cells]
    assert len(set(ids)) == 3
    assert [cell.id for cell in after.cells][1:] == ids


def test_metadata_keeps_the_tags_that_tests_read_and_nothing_of_the_editor(tool: ModuleType) -> None:
    notebook = new_notebook(
        metadata={"language_info": {"name": "python", "version": "3.11.7"}, "widgets": {"state": {}}},
        cells=[
            ran("1", 1, tags=["raises-exception"], execution={"iopub.status.busy": "2026"}, collapsed=True)
        ],
    )
    tool.normalise(notebook)
    assert notebook.cells[0].metadata == {"tags": ["raises-exception"]}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info


def test_a_widget_keeps_its_picture_and_loses_its_model(tool: ModuleType) -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "f00"}}
    notebook = new_notebook(
        cells=[
            ran("a", 1, new_output("display_data", {**view, "text/html": "<b>static</b>"})),
            ran("b", 2, new_output("display_data", dict(view))),
        ]
    )
    tool.normalise(notebook)
    assert [dict(output.data) for output in notebook.cells[0].outputs] == [{"text/html": "<b>static</b>"}]
    assert notebook.cells[1].outputs == []


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (
            ran("x", 1, new_output("stream", name="stderr", text="loading 10 %")),
            "writes to stderr: loading 10 %",
        ),
        (
            ran("x", 1, new_output("display_data", {"text/plain": "<object at 0x7f3a52b1c0d0>"})),
            "a memory address",
        ),
        (
            ran("x", 1, new_output("display_data", {"text/plain": f"{TOOL.parents[1]}/x"})),
            "a path of this machine",
        ),
        (ran("iam.create_user(UserName='zoe');", 1), "ends in `;`"),
        (ran("x", 3), "was not run in order (its count is 3, not 1)"),
        (new_code_cell("x"), "was not run in order (its count is None, not 1)"),
        (new_code_cell("  "), "is empty"),
    ],
)
def test_what_must_not_be_stored_is_named_with_its_cell(tool: ModuleType, cell: Any, said: str) -> None:
    [problem] = tool.problems(new_notebook(cells=[new_markdown_cell("text"), cell]))
    assert problem.startswith("cell 2 (")
    assert said in problem


def test_a_lesson_that_fails_is_reported_and_left_as_it_was(tool: ModuleType, tmp_path: Path) -> None:
    path = stored(tmp_path / "01-broken.ipynb", new_code_cell("1/0"))
    before = path.read_bytes()
    [problem] = tool.execute(path)
    assert "ZeroDivisionError" in problem
    assert path.read_bytes() == before


def test_an_error_that_the_lesson_wants_to_show_is_stored(tool: ModuleType, tmp_path: Path) -> None:
    wanted = new_code_cell("1/0", metadata={"tags": ["raises-exception"]})
    path = stored(tmp_path / "01-wanted.ipynb", wanted)
    assert tool.execute(path) == []
    assert nbformat.read(path, as_version=4).cells[0].outputs[0].ename == "ZeroDivisionError"
