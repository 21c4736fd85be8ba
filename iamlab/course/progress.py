"""What a learner has done so far: one small JSON file in the workspace.

Written atomically (a new file takes the old one's place in one step), so that a crash or a full disk leaves
the last good state. A file that can't be read is set aside under another name, never overwritten. The format
carries a version: an older one is read and brought forward, a newer one is left alone and progress is kept
in memory only.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from iamlab.course.workspace import Workspace

FORMAT = "iamlab-progress"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one exercise."""

    solved: bool = False
    checks: int = 0
    """How often it was checked with something to check. Counted, never penalised."""
    hints: int = 0
    """How many hints were looked at."""
    saw_solution: bool = False

    @property
    def state(self) -> str:
        """`solved`, `tried` or `open`."""
        if self.solved:
            return "solved"
        return "tried" if self.checks or self.hints or self.saw_solution else "open"

    def plain(self) -> dict[str, bool | int]:
        """The record as the file holds it."""
        return {
            "solved": self.solved,
            "checks": self.checks,
            "hints": self.hints,
            "saw_solution": self.saw_solution,
        }

    def joined(self, other: Record) -> Record:
        """What is known from both: solved if either says so, and the greater of the counts."""
        return Record(
            self.solved or other.solved,
            max(self.checks, other.checks),
            max(self.hints, other.hints),
            self.saw_solution or other.saw_solution,
        )


class ProgressError(Exception):
    """Something about a file of progress that a person can mend; the text says what."""


@dataclass(slots=True)
class Progress:
    """The records of all exercises, kept in `path`."""

    path: Path
    records: dict[str, Record] = field(default_factory=dict)
    writable: bool = True
    """False if the file belongs to a newer iamlab: it is not touched."""

    @classmethod
    def load(cls, path: Path) -> Progress:
        """Read the file; a missing one is an empty beginning, a damaged one is set aside."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls(path)
        except (OSError, UnicodeDecodeError):
            _set_aside(path)
            return cls(path)
        try:
            return _read(path, json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError):
            _set_aside(path)
            return cls(path)

    def of(self, exercise_id: str) -> Record:
        return self.records.get(exercise_id, Record())

    def update(self, exercise_id: str, **changes: Any) -> Record:
        """Change one record and save the file."""
        record = replace(self.of(exercise_id), **changes)
        self.records[exercise_id] = record
        self._save()
        return record

    def take_over(self, other: Progress) -> int:
        """Join another file's records with these and save; how many records that has changed.

        Nothing is lost by it: see `Record.joined`.
        """
        joined = {key: self.of(key).joined(record) for key, record in other.records.items()}
        changed = {key: record for key, record in joined.items() if record != self.of(key)}
        if changed:
            self.records.update(changed)
            self._save()
        return len(changed)

    def document(self) -> dict[str, Any]:
        """The file's content."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "exercises": {key: record.plain() for key, record in sorted(self.records.items())},
        }

    def _save(self) -> None:
        if not self.writable:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".progress-", suffix=".json")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(self.document(), file, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def progress() -> Progress:
    """The progress kept in the learner's workspace, read afresh: several notebooks may be open at once."""
    return Progress.load(Workspace.current().data / "progress.json")


def read_file(path: Path) -> tuple[Mapping[str, Any], Progress]:
    """A file of progress that is not this workspace's own, and all that it holds; the file is left as it is.

    Raises:
        ProgressError: it can't be read, is something else, or belongs to a newer iamlab.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        kept = _read(path, document)
    except OSError as error:
        raise ProgressError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ProgressError(f"{path} is not a file of iamlab's progress") from None
    if not kept.writable:
        raise ProgressError(f"{path} belongs to a newer iamlab; upgrade this one to read it")
    return document, kept


def _read(path: Path, document: Any) -> Progress:
    if document["format"] != FORMAT:
        raise ValueError("not a progress file")
    if int(document["version"]) > VERSION:
        return Progress(path, writable=False)
    exercises: Mapping[str, Mapping[str, Any]] = document["exercises"]
    return Progress(path, {str(key): _record(value) for key, value in exercises.items()})


def _record(value: Mapping[str, Any]) -> Record:
    return Record(
        solved=bool(value.get("solved", False)),
        checks=int(value.get("checks", 0)),
        hints=int(value.get("hints", 0)),
        saw_solution=bool(value.get("saw_solution", False)),
    )


def _set_aside(path: Path) -> None:
    """Keep a file that can't be read: `progress.json` becomes `progress.damaged-1.json`, `-2` and so on."""
    number = 1
    while True:
        aside = path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")
        if not aside.exists():
            break
        number += 1
    try:
        os.replace(path, aside)
    except OSError:
        return  # a folder in its place, or no permission: saving will say so
