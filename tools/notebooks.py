"""Run the lessons and store their outputs in normal form, so that a diff shows what changed and nothing else.

    python tools/notebooks.py [NAME …]          run the lessons, write their outputs
    python tools/notebooks.py --check [NAME …]  say which lessons are not in normal form; runs nothing
    python tools/notebooks.py --compare […]     run them with nbval against the stored outputs; the rest goes to pytest

Every lesson runs in a kernel of its own with `notebooks/` as its folder and with the environment that `iamlab start`
gives a learner, but with a workspace that is new: no progress, no AWS credentials, no IPython settings of whoever runs
this.

Normal form: cell ids made from the cells' content, metadata that the lessons need and no other, no widget state and no
time stamps. Outputs that would differ from run to run (a memory address), or that a lesson should not show (a line on
stderr, a path of this machine), are errors and are reported with their cell.
Format: https://nbformat.readthedocs.io/en/latest/format_description.html
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from iamlab.cli.jupyter import prepare
from iamlab.course.workspace import Workspace

ROOT = Path(__file__).parents[1]
LESSONS = ROOT / "notebooks"
SANITIZE = ROOT / "tests" / "notebooks" / "sanitize.cfg"
SECONDS_PER_CELL = 120

NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}
CELL_METADATA = ("deletable", "editable", "jupyter", "tags")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"  # names a model that died with its kernel
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


def normalise(notebook: Any) -> None:
    """Bring a notebook into normal form, in place."""
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = {key: cell.metadata[key] for key in CELL_METADATA if key in cell.metadata}
        if cell.cell_type == "code":
            for output in cell.outputs:
                if "data" in output:
                    output.data.pop(WIDGET_VIEW, None)
                    output.metadata = {}
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]


def problems(notebook: Any) -> Iterator[str]:
    """What a stored lesson must not hold, each with the place where it is."""
    count = 0
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type != "code":
            continue
        place = f"cell {number} ({_first_line(cell.source)})"
        if not cell.source.strip():
            yield f"{place}: is empty"
            continue
        if cell.source.rstrip().endswith(";"):
            yield f"{place}: ends in `;`, which hides the value from learners but not from nbval; assign it instead"
        count += 1
        if cell.execution_count != count:
            yield f"{place}: was not run in order (its count is {cell.execution_count}, not {count})"
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                yield f"{place}: writes to stderr: {_first_line(output.text)}"
            text = nbformat.writes(
                nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
            )
            if found := ADDRESS.search(text):
                yield f"{place}: shows a memory address, {found[0]}"
            if str(ROOT) in text:
                yield f"{place}: shows a path of this machine"


def check(path: Path) -> list[str]:
    """Problems of a stored lesson, a form that is not the normal one among them."""
    text = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    found = list(problems(notebook))
    normalise(notebook)
    if _serialised(notebook) != text:
        found.append("is not in normal form: run `make notebooks`")
    return found


def execute(path: Path) -> list[str]:
    """Run one lesson and write it back with its outputs, unless something is wrong with it."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(LESSONS)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        variables = prepare(Workspace.at(folder), os.environ)
        try:
            client.execute(env=variables)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return [f"does not run: {error}"]
    normalise(notebook)
    found = list(problems(notebook))
    if not found:
        path.write_text(_serialised(notebook), encoding="utf-8", newline="\n")
    return found


def compare(names: list[str], arguments: list[str]) -> int:
    """Run the lessons with nbval; the exit code is pytest's."""
    sanitize = [f"--nbval-sanitize-with={SANITIZE}"] if SANITIZE.exists() else []
    options = ["--nbval", f"--nbval-cell-timeout={SECONDS_PER_CELL}", *sanitize, *arguments]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options, *map(str, _lessons(names))],
            env=prepare(Workspace.at(folder), os.environ),
            cwd=ROOT,
        ).returncode


def main() -> int:
    """Do what the command line asks for every lesson it names, by default all of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="run nothing, report what is not in normal form")
    mode.add_argument("--compare", action="store_true", help="run with nbval against the stored outputs")
    options, rest = parser.parse_known_args()
    if options.compare:
        return compare(
            [name for name in rest if name.endswith(".ipynb")], [a for a in rest if not a.endswith(".ipynb")]
        )
    failed = False
    for path in _lessons(rest):
        found = check(path) if options.check else execute(path)
        print(f"{path.name}: {'ok' if not found else ''}", *found, sep="\n  " if found else "", flush=True)
        failed |= bool(found)
    return int(failed)


def _lessons(names: list[str]) -> list[Path]:
    """The notebooks that `names` mean (a stem, a file name or a path), or all; an unknown name ends the run."""
    paths = [LESSONS / f"{Path(name).stem}.ipynb" for name in names] or sorted(LESSONS.glob("*.ipynb"))
    missing = [path.name for path in paths if not path.exists()]
    if missing or not paths:
        sys.exit(f"no such lesson in {LESSONS.name}/: {', '.join(missing) or 'there is none at all'}")
    return paths


def _serialised(notebook: Any) -> str:
    text: str = nbformat.writes(notebook, version=4)
    return text.rstrip("\n") + "\n"


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= 60 else line[:57] + "…"


if __name__ == "__main__":
    sys.exit(main())
