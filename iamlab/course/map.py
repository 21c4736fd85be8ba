"""The course at a glance: every lesson with its exercises, and which of them are solved, tried, or still to come.

In: the learner's progress. Out: the map as text, HTML and Markdown, the totals, and the exercise to go on with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Final

from iamlab.course.catalogue import exercises
from iamlab.course.definition import LEVELS, Exercise
from iamlab.course.progress import Progress, Record, progress
from iamlab.course.workspace import lessons_folder

_SIGNS: Final = {"solved": "✔", "tried": "…", "open": "○"}
_COLOURS: Final = {
    "solved": "color:var(--jp-success-color1, #2e7d32)",
    "tried": "color:var(--jp-warn-color1, #b26a00)",
    "open": "opacity:.7",
}


@dataclass(frozen=True, slots=True)
class LessonMap:
    """One lesson with its exercises and what is known of each."""

    name: str
    title: str
    exercises: tuple[tuple[Exercise, Record], ...]

    @property
    def solved(self) -> int:
        return sum(record.solved for _, record in self.exercises)

    @property
    def count(self) -> str:
        return f"{self.solved} of {len(self.exercises)} solved"


class CourseMap:
    """What the learner has solved so far, lesson by lesson."""

    def __init__(self, kept: Progress) -> None:
        self._kept = kept

    @property
    def lessons(self) -> tuple[LessonMap, ...]:
        """The lessons in their order."""
        groups = groupby(exercises(), key=lambda ex: ex.lesson)
        return tuple(
            LessonMap(lesson, _title(lesson), tuple((ex, self._kept.of(ex.id)) for ex in group))
            for lesson, group in groups
        )

    @property
    def solved(self) -> int:
        return sum(self._kept.of(ex.id).solved for ex in exercises())

    @property
    def next(self) -> Exercise | None:
        """The first exercise that is not solved; None when all are."""
        return next((ex for ex in exercises() if not self._kept.of(ex.id).solved), None)

    @property
    def headline(self) -> str:
        """How much is solved."""
        return f"{self.solved} of {len(exercises())} exercises solved"

    def _advice(self) -> str:
        ex = self.next
        return "" if ex is None else f"Next: {ex.title} ({ex.lesson})"

    def __repr__(self) -> str:
        lines = [self.headline, *filter(None, [self._advice()])]
        for lesson in self.lessons:
            lines += ["", f"{lesson.title} ({lesson.count})"]
            lines += [
                f"  {_SIGNS[record.state]} {ex.title}{_used(record)}" for ex, record in lesson.exercises
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        advice = self._advice()
        return (
            f"<p><strong>{escape(self.headline)}</strong>{escape(f'. {advice}' if advice else '')}</p>"
            '<div style="display:grid;grid-template-columns:repeat(auto-fill,minmax(19em,1fr));gap:.4em 1.6em;'
            f'max-width:64em">{"".join(map(_lesson_html, self.lessons))}</div>'
        )

    def to_markdown(self) -> str:
        """The map as Markdown, for a file."""
        parts = [f"**{self.headline}**"]
        for lesson in self.lessons:
            rows = "\n".join(
                f"| {_SIGNS[record.state]} {record.state} | {ex.title} | {LEVELS[ex.level]} | {record.checks} "
                f"| {record.hints} | {'yes' if record.saw_solution else ''} |"
                for ex, record in lesson.exercises
            )
            parts.append(
                f"## {lesson.title} ({lesson.count})\n\n"
                f"| state | exercise | grade | checks | hints | saw the solution |\n|:--|:--|:--|--:|--:|:--|\n{rows}"
            )
        return "\n\n".join(parts) + "\n"


def course_map() -> CourseMap:
    """The map of the course with the learner's own progress in it."""
    return CourseMap(progress())


def _lesson_html(lesson: LessonMap) -> str:
    share = round(100 * lesson.solved / len(lesson.exercises))
    return (
        f'<div><p style="margin:.4em 0 0"><a href="{escape(lesson.name)}.ipynb"><strong>{escape(lesson.title)}'
        f'</strong></a> <span style="opacity:.7;white-space:nowrap">{lesson.count}</span></p>'
        '<div style="height:4px;margin:.2em 0;border-radius:2px;background:var(--jp-layout-color3, #bdbdbd)">'
        f'<div style="height:4px;border-radius:2px;width:{share}%;background:var(--jp-success-color1, #2e7d32)">'
        f'</div></div><ul style="list-style:none;margin:0;padding:0">{"".join(_rows_html(lesson))}</ul></div>'
    )


def _rows_html(lesson: LessonMap) -> Iterator[str]:
    for ex, record in lesson.exercises:
        yield (
            '<li style="padding-left:1.3em;text-indent:-1.3em">'
            f'<span style="{_COLOURS[record.state]}" title="{record.state}">{_SIGNS[record.state]}</span> '
            f'{escape(ex.title)} <span style="opacity:.7" title="{LEVELS[ex.level]}">{"★" * ex.level}'
            f"{escape(_used(record))}</span></li>"
        )


def _used(record: Record) -> str:
    """What it took, in a few words."""
    parts = [
        f"{count} {name}{'' if count == 1 else 's'}"
        for count, name in ((record.checks, "check"), (record.hints, "hint"))
        if count
    ]
    parts += ["solution seen"] * record.saw_solution
    return f" ({', '.join(parts)})" if parts else ""


@cache
def _title(lesson: str) -> str:
    """A lesson's own heading, as it ships."""
    return _heading(lessons_folder() / f"{lesson}.ipynb") or lesson


def _heading(path: Path) -> str:
    try:
        first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]
    except (OSError, ValueError, LookupError):
        return ""
    line = "".join(first).partition("\n")[0]
    return line.removeprefix("# ").strip() if line.startswith("# ") else ""
