"""A wheel holds all that `pip install` users need, and nothing that only developers do."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [built] = out.glob("*.whl")
    return built


def test_every_lesson_is_in_the_wheel_byte_for_byte(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        prefix = "iamlab/course/notebooks/"
        packed = {n.removeprefix(prefix): archive.read(n) for n in archive.namelist() if n.startswith(prefix)}
    lessons = {path.name: path.read_bytes() for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert lessons
    assert {name: packed.get(name) for name in lessons} == lessons
    assert not [name for name in packed if "checkpoint" in name or name.startswith(".")]


@pytest.mark.parametrize(
    "part", ["iamlab/py.typed", "iamlab/widgets/static/iamlab.js", "iamlab/policy/data/"]
)
def test_the_packages_data_is_in_the_wheel(wheel: Path, part: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert any(name.startswith(part) for name in archive.namelist())


@pytest.mark.parametrize("part", ["frontend/", "tests/", "node_modules", "tools/", "benchmarks/"])
def test_what_only_developers_need_is_not(wheel: Path, part: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if part in name]


def test_a_workspace_opens_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from iamlab.course.workspace import Workspace, lessons_folder\n"
        "assert str(lessons_folder()).startswith(sys.argv[1]), lessons_folder()\n"
        "print(*Workspace.at(sys.argv[2]).open().copied)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "site"), str(tmp_path / "work")]
    copied = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path).stdout.split()
    assert "00-start-here.ipynb" in copied
    assert (tmp_path / "work" / "00-start-here.ipynb").is_file()
