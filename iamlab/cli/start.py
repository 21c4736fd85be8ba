"""`iamlab start`: the learner's workspace, opened in JupyterLab."""

from __future__ import annotations

import sys
from argparse import Namespace

from iamlab.cli import jupyter
from iamlab.cli.errors import CommandError
from iamlab.course.workspace import Delivery, Workspace, WorkspaceError, lesson_names

__all__ = ["run"]


def run(options: Namespace) -> int:
    """Deliver the lessons, then be JupyterLab until it is stopped."""
    workspace = Workspace.at(options.workspace)
    try:
        delivery = workspace.open()
        first = lesson_names()[0]
    except WorkspaceError as error:
        raise CommandError(str(error)) from error
    print(_welcome(workspace, delivery), flush=True)

    return jupyter.run(workspace, f"{first}.ipynb", port=options.port, browser=not options.no_browser)


def _welcome(workspace: Workspace, delivery: Delivery) -> str:
    lines = [f"Your lessons are in {workspace.root}"]
    lines += [
        f"  {name}: a newer version came with this iamlab; yours is untouched, and\n"
        f"  `{_command()} restore {name}` puts the new one beside it"
        for name in delivery.newer
    ]
    lines.append("JupyterLab is starting. To stop it, press Ctrl-C twice here.")
    return "\n".join(lines)


def _command() -> str:
    return "python -m iamlab" if sys.argv[0].endswith("__main__.py") else "iamlab"
