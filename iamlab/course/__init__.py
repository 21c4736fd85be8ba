"""The course: exercises with checks that ask the lab, hints, solutions, and the learner's progress.

    from iamlab.course import exercise, exercises

    ex = exercise("02-users/list-buckets")
    ex.check()

The names are loaded on first use: the command line needs the workspace alone, and starts without the lab.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.course.catalogue import exercise, exercises
    from iamlab.course.definition import Exercise
    from iamlab.course.map import course_map
    from iamlab.course.outcome import Outcome, Result
    from iamlab.course.report import export_progress

__all__ = ["Exercise", "Outcome", "Result", "course_map", "exercise", "exercises", "export_progress"]

_HOMES = {
    "Exercise": "iamlab.course.definition",
    "Outcome": "iamlab.course.outcome",
    "Result": "iamlab.course.outcome",
    "course_map": "iamlab.course.map",
    "exercise": "iamlab.course.catalogue",
    "exercises": "iamlab.course.catalogue",
    "export_progress": "iamlab.course.report",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'iamlab.course' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
