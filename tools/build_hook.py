"""Put the lessons into the wheel, as package data of `iamlab.course`.

They live in `notebooks/`, where people and Binder look for them; an editable installation reads them there, so only a
real wheel gets copies. Build hooks: https://hatch.pypa.io/latest/plugins/build-hook/reference/
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class LessonsHook(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own business
    """Called by hatchling for every wheel; `version` is "editable" for `pip install -e`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        lessons = Path(self.root, "notebooks")
        for path in sorted(lessons.rglob("*")):
            name = path.relative_to(lessons)
            if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
                build_data["force_include"][str(path)] = f"iamlab/course/notebooks/{name.as_posix()}"
