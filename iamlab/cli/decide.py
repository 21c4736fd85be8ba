"""`iamlab decide FILE`: decisions for JSON Lines of cases, without starting anything."""

from __future__ import annotations

import io
import sys
from argparse import Namespace
from typing import IO

from iamlab.cli.errors import CommandError
from iamlab.engine.cases import run_cases

__all__ = ["run"]


def run(options: Namespace) -> int:
    """Decide every case of the file or of standard input; see `iamlab.engine.cases` for the format."""
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # one output on every system, and no case that can't be printed
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    if options.cases == "-":
        return run_cases(_decoded(sys.stdin.buffer), sys.stdout, sys.stderr, explain=options.explain)
    try:
        with open(options.cases, "rb") as file:
            return run_cases(_decoded(file), sys.stdout, sys.stderr, explain=options.explain)
    except FileNotFoundError:
        raise CommandError(f"there is no file `{options.cases}`; use - to read standard input") from None
    except IsADirectoryError:
        raise CommandError(f"`{options.cases}` is a folder; name a file of cases") from None
    except PermissionError:
        raise CommandError(f"`{options.cases}` can't be read: no permission, or it is a folder") from None


def _decoded(file: IO[bytes]) -> io.TextIOWrapper:
    """The lines as text. A byte that is not UTF-8 stays recognisable, so that it spoils its own case alone."""
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="\n")
