"""Print requirements that stand in the project's files, one a line, for the shell scripts that install them.

`--unbounded`: the names in pyproject.toml with their extras but without versions. `--conda`: the pip section of
environment.yml, as conda would hand it to pip.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def unbounded() -> Iterator[str]:
    """Every dependency of the package and its extras, whatever version."""
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for lines in (project["dependencies"], *project["optional-dependencies"].values()):
        for requirement in map(Requirement, lines):
            if requirement.name != project["name"]:
                extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
                yield requirement.name + extras


def conda() -> Iterator[str]:
    """The lines that conda passes to pip."""
    import yaml

    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    for entry in environment["dependencies"]:
        if isinstance(entry, dict):
            yield from entry["pip"]


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--unbounded", dest="lines", action="store_const", const=unbounded)
    which.add_argument("--conda", dest="lines", action="store_const", const=conda)
    for line in parser.parse_args().lines():
        print(line)


if __name__ == "__main__":
    main()
