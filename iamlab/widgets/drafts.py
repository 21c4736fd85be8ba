"""A learner's text on disk, so that no restart, reset or upgrade loses it.

Every change is written whole to a file beside and then moved over the draft: a crash leaves the old draft or the new
one, never half of one. Before a draft is set back to its first text, a numbered copy of it stays.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from iamlab.course.workspace import Workspace

__all__ = ["Draft"]


@dataclass(frozen=True, slots=True)
class Draft:
    """The file that holds what was typed."""

    path: Path

    @classmethod
    def at(cls, place: str | Path) -> Draft:
        """The draft at a path; for a plain name, without a folder and an ending, one in the learner's workspace."""
        path = Path(place)
        if path.name == str(place) and not path.suffix:
            path = Workspace.current().data / "drafts" / f"{place}.json"
        return cls(path)

    def read(self) -> str | None:
        """The text, None where there is no draft yet. Errors: OSError, UnicodeDecodeError for a foreign file."""
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, text: str) -> None:
        """Replace the draft by ``text`` in one step. Errors: OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.", suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self.path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def keep_copy(self) -> Path | None:
        """Copy the draft to ``NAME.1.json``, ``NAME.2.json`` …; None where there is nothing to copy."""
        text = self.read()
        if text is None:
            return None
        number = 1
        while True:
            copy = self.path.with_suffix(f".{number}{self.path.suffix}")
            try:
                with copy.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
            except FileExistsError:
                number += 1
                continue
            return copy
