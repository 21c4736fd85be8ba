"""`iamlab restore LESSON`: a fresh copy of a lesson beside the learner's own."""

from __future__ import annotations

from argparse import Namespace

from iamlab.cli.errors import CommandError
from iamlab.course.workspace import Workspace, WorkspaceError

__all__ = ["run"]


def run(options: Namespace) -> int:
    """Copy the lesson and say where it is."""
    try:
        fresh = Workspace.at(options.workspace).restore(options.lesson)
    except WorkspaceError as error:
        raise CommandError(str(error)) from error
    print(f"A fresh copy is at {fresh}; your own work is untouched.")
    return 0
