"""Progress on its way out of the workspace and back: files for an instructor, for another machine, or to keep.

One file per learner. JSON is the exchange format: it is the workspace's own progress file with the learner's name, so
it can be taken over into another workspace, and many of them make the table of a class. HTML, Markdown and CSV are
for people and spreadsheets. No file holds anything but what the course counts: no code, no answers, no times.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from iamlab import __version__
from iamlab.course.catalogue import exercises
from iamlab.course.map import CourseMap
from iamlab.course.progress import Progress, ProgressError, progress, read_file


@dataclass(frozen=True, slots=True)
class Report:
    """One learner's progress under the learner's name."""

    learner: str
    progress: Progress

    @classmethod
    def read(cls, path: Path) -> Report:
        """A report from a JSON file that `write` made, or a workspace's own progress file.

        Raises:
            ProgressError: it can't be read, is something else, or belongs to a newer iamlab.
        """
        document, kept = read_file(path)
        return cls(str(document.get("learner") or path.stem), kept)

    def write(self, path: Path) -> None:
        """Write the report, in the form that the file's ending names: `.json`, `.html`, `.md` or `.csv`.

        Raises:
            ProgressError: there is no such form, or the file can't be written.
        """
        form = _FORMS.get(path.suffix.lower())
        if form is None:
            raise ProgressError(f"`{path.name}` must end in {', '.join(_FORMS)}: the ending says the form")
        write_text(path, form(self))

    def to_json(self) -> str:
        document = {**self.progress.document(), "iamlab": __version__, "learner": self.learner}
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        rows = [
            (self.learner, ex.lesson, ex.id, ex.level, *record.plain().values())
            for ex in exercises()
            for record in (self.progress.of(ex.id),)
        ]
        return _csv(("learner", "lesson", "exercise", "grade", *_COUNTS), rows)

    def to_markdown(self) -> str:
        return f"# Learning AWS IAM: {self.learner or 'progress'}\n\n{CourseMap(self.progress).to_markdown()}"

    def to_html(self) -> str:
        return _page(
            f"Learning AWS IAM: {self.learner or 'progress'}", CourseMap(self.progress)._repr_html_()
        )


_COUNTS: Final = ("solved", "checks", "hints", "saw_solution")
_FORMS: Final[Mapping[str, Callable[[Report], str]]] = {
    ".json": Report.to_json,
    ".html": Report.to_html,
    ".md": Report.to_markdown,
    ".csv": Report.to_csv,
}


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The reports of several learners beside each other: how many exercises of each lesson each has solved."""

    reports: tuple[Report, ...]

    @classmethod
    def read(cls, paths: Iterable[Path]) -> ClassTable:
        """A table of the JSON reports in `paths`, sorted by learner. Raises: ProgressError."""
        return cls(tuple(sorted(map(Report.read, paths), key=lambda report: report.learner.casefold())))

    def rows(self) -> list[list[str]]:
        """The head, a row for each learner, and how many learners have solved everything."""
        maps = [(report.learner, CourseMap(report.progress)) for report in self.reports]
        lessons = [lesson.name.partition("-")[0] for lesson in CourseMap(Progress(Path())).lessons]
        body = [
            [name, str(map_.solved), *(f"{lesson.solved}/{len(lesson.exercises)}" for lesson in map_.lessons)]
            for name, map_ in maps
        ]
        finished = [
            sum(map_.lessons[number].solved == len(map_.lessons[number].exercises) for _, map_ in maps)
            for number in range(len(lessons))
        ]
        everything = sum(map_.next is None for _, map_ in maps)
        return [["learner", "solved", *lessons], *body, ["finished", str(everything), *map(str, finished)]]

    def to_csv(self) -> str:
        head, *rows = self.rows()
        return _csv(head, rows)

    def to_text(self) -> str:
        rows = self.rows()
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        return "\n".join(
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
                ]
            )
            for row in rows
        )


def export_progress(path: str | Path, learner: str = "") -> None:
    """Write the learner's own progress to a file that ends in `.json`, `.html`, `.md` or `.csv`.

    Arguments:
        learner: the name that stands in it.

    Raises:
        ProgressError: there is no such form, or the file can't be written.
    """
    Report(learner, progress()).write(Path(path))


def write_text(path: Path, text: str) -> None:
    """Write a file in one step: it is there whole, or as it was before. Raises: ProgressError."""
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise ProgressError(f"can't write {path}: {error.strerror or error}") from error


def _csv(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    """A value that a spreadsheet takes for what it is: text that begins like a formula gets a quote before it.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(title)}</title>\n"
        "<style>:root { color-scheme: light dark } body { font: 16px/1.5 system-ui, sans-serif; margin: 2em }"
        " a { color: inherit; text-decoration: none }</style>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</html>\n"
    )
