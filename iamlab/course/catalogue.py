"""All exercises of the course, in the order of the lessons."""

from __future__ import annotations

import difflib
from functools import cache

from iamlab.course import (
    app,
    boundaries,
    decisions,
    factors,
    federation,
    incidents,
    keys,
    policies,
    practices,
    roles,
    start,
    users,
    what_is_iam,
)
from iamlab.course.definition import LEVELS, Exercise

_LESSONS = (
    start,
    what_is_iam,
    users,
    roles,
    policies,
    app,
    factors,
    federation,
    keys,
    boundaries,
    practices,
    decisions,
    incidents,
)


class Exercises(tuple[Exercise, ...]):
    """A list of exercises that shows itself as a table."""

    __slots__ = ()

    def __repr__(self) -> str:
        width = max((len(ex.id) for ex in self), default=0)
        return "\n".join(f"{ex.id:{width}}  {'*' * ex.level:3}  {ex.title}" for ex in self)

    def _repr_markdown_(self) -> str:
        rows = "\n".join(f"| `{ex.id}` | {ex.title} | {LEVELS[ex.level]} |" for ex in self)
        return f"| exercise | what you do | grade |\n|:--|:--|:--|\n{rows}"


class NoSuchExercise(LookupError):
    """The course has no exercise of that name; the text names the nearest one."""


@cache
def exercises() -> Exercises:
    """Every exercise of the course."""
    return Exercises(ex for lesson in _LESSONS for ex in lesson.EXERCISES)


def exercise(name: str) -> Exercise:
    """One exercise, its pieces laid out in the running lab.

    Args:
        name: its id, `02-users/list-buckets`.

    Raises:
        NoSuchExercise: there is none of that name.
    """
    for found in exercises():
        if found.id == name:
            found.prepare()
            return found
    close = difflib.get_close_matches(name, [ex.id for ex in exercises()], n=1)
    hint = f"did you mean `{close[0]}`?" if close else "`exercises()` lists them all"
    raise NoSuchExercise(f"no exercise is named `{name}`; {hint}")
