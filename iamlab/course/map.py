"""The course at a glance: which exercises are solved, tried, or still to come."""

from __future__ import annotations

from html import escape
from itertools import groupby

from iamlab.course.catalogue import exercises
from iamlab.course.progress import Progress, progress

_SIGNS = {"solved": "✔", "tried": "…", "open": "○"}


class CourseMap:
    """What the learner has solved so far, lesson by lesson."""

    def __init__(self, kept: Progress) -> None:
        self._kept = kept

    def __repr__(self) -> str:
        lines = []
        for lesson, group in groupby(exercises(), key=lambda ex: ex.lesson):
            lines.append(lesson)
            lines += [f"  {_SIGNS[self._kept.of(ex.id).state]} {ex.title}" for ex in group]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for lesson, group in groupby(exercises(), key=lambda ex: ex.lesson):
            cells = "".join(
                f"<li>{_SIGNS[state]} {escape(ex.title)} <small>({state})</small></li>"
                for ex in group
                for state in (self._kept.of(ex.id).state,)
            )
            rows.append(
                f"<p style='margin:.5em 0 0'><strong>{escape(lesson)}</strong></p>"
                f"<ul style='list-style:none;margin:0 0 0 1em'>{cells}</ul>"
            )
        return "".join(rows)


def course_map() -> CourseMap:
    """The map of the course with the learner's own progress in it."""
    return CourseMap(progress())
