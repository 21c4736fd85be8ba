"""Setting up from nothing says what is missing before it does anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a clone as set-up reads before it installs."""
    folder = tmp_path / "a clone with spaces"
    (folder / "tools").mkdir(parents=True)
    for name in ("tools/setup.sh", "tools/build_hook.py", "pyproject.toml", "constraints.txt", "Makefile"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def commands(folder: Path, **scripts: str) -> str:
    """A PATH on which only these Pythons are to be found, beside the system's ordinary commands."""
    folder.mkdir()
    for tool in ("sh", "cat", "cksum", "dirname", "make", "rm", "sed"):
        found = shutil.which(tool)
        assert found is not None, tool
        (folder / tool).symlink_to(found)
    for name, body in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    return str(folder)


def make(clone: Path, path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "setup", *arguments],
        cwd=clone,
        env={"PATH": path, "NO_UV": "1"},
        capture_output=True,
        text=True,
    )


OLD, SHIM = "exit 1", "echo 'command not found' >&2; exit 127"
MODERN = f'exec "{sys.executable}" "$@"'


@pytest.mark.parametrize("scripts", [{}, {"python3": OLD}, {"python3": SHIM, "python3.12": SHIM}])
def test_without_a_modern_python_it_says_which_one_is_needed(
    clone: Path, tmp_path: Path, scripts: dict[str, str]
) -> None:
    run = make(clone, commands(tmp_path / "bin", **scripts))
    assert run.returncode != 0
    assert "iamlab needs Python 3.11 or newer" in run.stderr
    assert not (clone / ".venv").exists()


def test_it_takes_the_first_python_that_is_modern_and_runs(clone: Path, tmp_path: Path) -> None:
    """Here that Python can't make environments, as Debian's without python3-venv can't: set-up says what to do."""
    no_venv = f'case "$2" in venv) exit 1;; esac; {MODERN}'
    path = commands(tmp_path / "bin", python3=OLD, **{"python3.13": SHIM, "python3.12": no_venv})
    run = make(clone, path)
    assert run.returncode != 0
    assert "python3.12 can't make a virtual environment" in run.stderr
    assert "apt-get install python3-venv" in run.stderr
    assert not (clone / ".venv").exists()


def test_a_python_that_is_named_is_the_one_that_counts(clone: Path, tmp_path: Path) -> None:
    path = commands(tmp_path / "bin", python3=MODERN, python2=OLD)
    run = make(clone, path, "PYTHON=python2")
    assert run.returncode != 0
    assert "iamlab needs Python 3.11 or newer, and python2 is not" in run.stderr


def test_what_is_set_up_is_not_set_up_again_until_a_dependency_changes(clone: Path, tmp_path: Path) -> None:
    path = commands(tmp_path / "bin", python3=MODERN)
    installs = clone / "installs"
    (clone / ".venv" / "bin").mkdir(parents=True)
    python = clone / ".venv" / "bin" / "python"
    pip = f'case "$*" in *pip\\ install*) echo "$*" >> "{installs}"; exit 0;; *pip*) exit 0;; esac'
    python.write_text(f"#!/bin/sh\n{pip}\n{MODERN}\n", encoding="utf-8")
    python.chmod(0o755)

    def count() -> int:
        assert make(clone, path).returncode == 0
        return len(installs.read_text(encoding="utf-8").splitlines())

    assert [count(), count()] == [1, 1]
    with (clone / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert [count(), count()] == [2, 2]


def test_the_shell_scripts_parse() -> None:
    for script in sorted((ROOT / "tools").glob("*.sh")):
        subprocess.run(["sh", "-n", str(script)], check=True)
        assert os.access(script, os.X_OK), script.name
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
