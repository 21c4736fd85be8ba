"""pyproject.toml is the one source of dependencies; what is derived from it keeps in step."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RUN = {Requirement(line).name: Requirement(line) for line in PROJECT["dependencies"]}
TEST = {Requirement(line).name: Requirement(line) for line in PROJECT["optional-dependencies"]["test"]}
ALL = [
    requirement
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for requirement in map(Requirement, lines)
    if requirement.name != PROJECT["name"]
]


def conda() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    return loaded


def pip_section() -> list[str]:
    [section] = [entry["pip"] for entry in conda()["dependencies"] if isinstance(entry, dict)]
    lines: list[str] = section
    return lines


@pytest.mark.parametrize("name", ["jupyterlab", "ipywidgets", "moto", "boto3", "nbval"])
def test_environment_yml_names_what_notebook_users_look_for(name: str) -> None:
    assert name in {Requirement(line).name for line in pip_section() if not line.startswith("-e")}


def test_environment_yml_asks_for_the_versions_of_pyproject() -> None:
    named = [Requirement(line) for line in pip_section() if not line.startswith("-e")]
    assert named == [(RUN | TEST)[requirement.name] for requirement in named]


def test_environment_yml_installs_the_kit_itself_last() -> None:
    assert pip_section()[-1] == "-e ."


def test_conda_brings_a_python_that_the_kit_supports_and_pip() -> None:
    python, pip, _ = conda()["dependencies"]
    wanted, supported = SpecifierSet(python.removeprefix("python")), SpecifierSet(PROJECT["requires-python"])
    versions = [f"3.{minor}.9" for minor in range(8, 20)]
    assert {v for v in versions if wanted.contains(v)} <= {v for v in versions if supported.contains(v)}
    tested = {c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c}
    assert {v.removesuffix(".9") for v in versions if wanted.contains(v)} == tested
    assert pip == "pip"


@pytest.mark.parametrize("requirement", ALL, ids=str)
def test_the_pinned_versions_are_of_those_that_pyproject_allows(requirement: Requirement) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    versions = [
        str(pin.specifier).removeprefix("==")
        for pin in pins
        if canonicalize_name(pin.name) == canonicalize_name(requirement.name)
    ]
    assert versions, f"{requirement.name} is not pinned: run `make constraints`"
    assert all(requirement.specifier.contains(version) for version in versions), "run `make constraints`"


def test_every_dependency_has_its_reason_written_down() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    assert [requirement.name for requirement in ALL if f"`{requirement.name}`" not in text] == []
