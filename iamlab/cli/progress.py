"""`iamlab progress`: what the learner has solved, as a map, as a file to hand in, and as the table of a class."""

from __future__ import annotations

import argparse
import getpass
from pathlib import Path

from iamlab.cli.errors import CommandError
from iamlab.course.map import CourseMap
from iamlab.course.progress import Progress, ProgressError, read_file
from iamlab.course.report import ClassTable, Report, write_text
from iamlab.course.workspace import Workspace


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; returns the exit code."""
    try:
        return _class(options) if options.classes else _own(options)
    except ProgressError as error:
        raise CommandError(str(error)) from error


def _own(options: argparse.Namespace) -> int:
    workspace = Workspace.at(options.workspace)
    kept = Progress.load(workspace.data / "progress.json")
    if options.taken:
        _, other = read_file(Path(options.taken))
        if not kept.writable:
            raise CommandError(
                f"the progress in {workspace.root} belongs to a newer iamlab; upgrade this one"
            )
        try:
            changed = kept.take_over(other)
        except OSError as error:
            raise CommandError(f"can't write to {workspace.root}: {error.strerror or error}") from error
        print(f"{changed} exercises brought up to date from {options.taken}")
    if options.export:
        Report(options.learner or _name(), kept).write(Path(options.export))
        print(f"written to {options.export}")
    if not options.taken and not options.export:
        print(CourseMap(kept))
    return 0


def _class(options: argparse.Namespace) -> int:
    table = ClassTable.read(map(Path, options.classes))
    if options.export:
        if Path(options.export).suffix.lower() != ".csv":
            raise CommandError(f"`{options.export}` must end in .csv: a class is a table")
        write_text(Path(options.export), table.to_csv())
        print(f"written to {options.export}")
    else:
        print(table.to_text())
    return 0


def _name() -> str:
    """The name under which the learner works on this computer; '' where it has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
