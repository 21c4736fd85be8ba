"""The lessons as data, and a way to run one with code put into its exercises."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from iamlab.cli.jupyter import prepare
from iamlab.course.workspace import Workspace

LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
SECONDS_PER_CELL = 120
_NAMED = re.compile(r'exercise\("([^"]+)"\)')


def tags(cell: Any) -> list[str]:
    return list(cell.metadata.get("tags", ()))


def exercise_cells(notebook: Any) -> dict[str, tuple[Any, Any]]:
    """Exercise id → (the cell to write in, the cell that checks)."""
    found: dict[str, tuple[Any, Any]] = {}
    name, written = "", None
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        if "exercise" in tags(cell):
            written = cell
        elif "check" in tags(cell):
            found[name] = (written, cell)
        elif match := _NAMED.search(cell.source):
            name = match[1]
    return found


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def text_of(cell: Any) -> str:
    """A cell's outputs as plain text."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append(f"{output.ename}: {output.evalue}")
        else:
            parts.append(output.data.get("text/plain", ""))
    return "\n".join(parts)


@pytest.fixture
def run_with(tmp_path: Path) -> Callable[[Path, Mapping[str, str]], Any]:
    """Run a lesson with code in place of its exercises' cells, in a workspace that is new."""

    def run(path: Path, answers: Mapping[str, str]) -> Any:
        notebook = read(path)
        for name, (written, _) in exercise_cells(notebook).items():
            if name in answers:
                written.source = answers[name].rstrip("\n")
        client = NotebookClient(
            notebook,
            timeout=SECONDS_PER_CELL,
            kernel_name="python3",
            resources={"metadata": {"path": str(path.parent)}},
            store_widget_state=False,
        )
        client.execute(env=prepare(Workspace.at(tmp_path), os.environ))
        return notebook

    return run
