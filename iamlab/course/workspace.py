"""The learner's workspace: a folder of their own that holds their copies of the lessons.

In comes a folder, out comes that folder with every lesson in it. Three promises rule this module: a file that is
already there is never written to, whatever is in it; what iamlab keeps for itself stays in the hidden folder
``.iamlab`` inside the workspace; and nothing else on the machine is written.

``iamlab start`` opens a workspace and names it to the notebooks in the environment variable ``IAMLAB_WORKSPACE``, so
that progress finds its place from any kernel: ``Workspace.current().data``.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = [
    "DATA_FOLDER",
    "VARIABLE",
    "Delivery",
    "Workspace",
    "WorkspaceError",
    "lesson_names",
    "lessons_folder",
]

VARIABLE = "IAMLAB_WORKSPACE"
DATA_FOLDER = ".iamlab"
_DEFAULT_NAME = "iamlab-workspace"  # not `iamlab`: in a home folder that is often the clone of this project
_SHIPPED = Path(__file__).parent / "notebooks"  # in an installed package
_CHECKOUT = Path(__file__).parents[2] / "notebooks"  # in a clone of the project


class WorkspaceError(Exception):
    """Something about the workspace or a lesson's name that the learner can mend; the text says how."""


def lessons_folder() -> Path:
    """The folder of lessons as they ship: inside the installed package, or in the clone it was installed from."""
    for folder in (_SHIPPED, _CHECKOUT):
        if any(folder.glob("*.ipynb")):
            return folder
    raise WorkspaceError("the lessons are missing from this installation of iamlab; install it again")


def lesson_names() -> tuple[str, ...]:
    """Names of the lessons in their order: ``("00-start-here", "01-what-is-iam", …)``."""
    return tuple(sorted(path.stem for path in lessons_folder().glob("*.ipynb")))


@dataclass(frozen=True, slots=True)
class Delivery:
    """What opening a workspace did: lesson files copied into it, and those of which a newer version exists."""

    copied: tuple[str, ...]
    """Files that were missing and have been copied, as paths relative to the workspace."""
    newer: tuple[str, ...]
    """Lessons whose shipped text has changed since the learner's copy was made; the copy was left alone."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A learner's folder of lessons."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path | None = None) -> Workspace:
        """The workspace in `folder`; by default the one that `IAMLAB_WORKSPACE` names, else one in the home folder."""
        chosen = folder or os.environ.get(VARIABLE)
        if chosen:
            return cls(Path(chosen).expanduser().resolve())
        try:
            return cls(Path.home() / _DEFAULT_NAME)
        except RuntimeError:  # no home folder is known, as in some containers
            return cls(Path.cwd() / _DEFAULT_NAME)

    @classmethod
    def current(cls) -> Workspace:
        """The workspace this process works in: `IAMLAB_WORKSPACE`, else the folder above that holds iamlab's data.

        A notebook that was opened without `iamlab start`, as on Binder, has neither: its own folder is the workspace.
        """
        if os.environ.get(VARIABLE):
            return cls.at()
        here = Path.cwd()
        return cls(next((place for place in (here, *here.parents) if (place / DATA_FOLDER).is_dir()), here))

    @property
    def data(self) -> Path:
        """The folder inside the workspace that is iamlab's own (progress, drafts, Jupyter's settings)."""
        return self.root / DATA_FOLDER

    def open(self) -> Delivery:
        """Make the workspace if it is not there and copy in whatever lesson file is missing."""
        self._make()
        shipped, delivered = lessons_folder(), self._delivered()
        copied, newer = [], []
        for name, content in _files(shipped):
            fresh = _digest(content)
            if _write_new(self.root / name, content):
                copied.append(str(name))
                delivered[str(name)] = fresh
            elif delivered.get(str(name), fresh) != fresh and name.suffix == ".ipynb":
                newer.append(name.stem)
        self._remember(delivered)
        return Delivery(tuple(copied), tuple(newer))

    def restore(self, lesson: str) -> Path:
        """Put a fresh copy of `lesson` beside the learner's own and return its path.

        `lesson` is a lesson's name, with or without ``.ipynb``, or its number. Where the learner has no copy, the
        fresh one takes the lesson's own name.
        """
        name = _find_lesson(lesson)
        content = (lessons_folder() / f"{name}.ipynb").read_bytes()
        self._make()
        for candidate in _candidates(name):
            target = self.root / f"{candidate}.ipynb"
            if _write_new(target, content):
                self._remember({**self._delivered(), f"{name}.ipynb": _digest(content)})
                return target
        raise AssertionError("unreachable: the candidates are endless")

    def unchanged(self) -> tuple[Path, ...]:
        """The learner's lessons that are still byte for byte as they ship."""
        shipped = lessons_folder()
        return tuple(
            path
            for name in lesson_names()
            if (path := self.root / f"{name}.ipynb").is_file()
            and path.read_bytes() == (shipped / path.name).read_bytes()
        )

    def _make(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise WorkspaceError(f"{self.root} can't be a workspace: a file stands in its way") from None
        except OSError as error:
            raise WorkspaceError(
                f"can't write to {self.root} ({error.strerror}); name another folder: iamlab start DIR"
            ) from error

    @property
    def _ledger(self) -> Path:
        return self.data / "workspace.json"

    def _delivered(self) -> dict[str, str]:
        """Which version of each lesson file was copied; a ledger that can't be read counts as empty."""
        try:
            files = json.loads(self._ledger.read_text(encoding="utf-8"))["files"]
            return {str(name): str(digest) for name, digest in files.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _remember(self, delivered: Mapping[str, str]) -> None:
        text = json.dumps({"version": 1, "files": dict(sorted(delivered.items()))}, indent=1) + "\n"
        handle, temporary = tempfile.mkstemp(dir=self.data, prefix="workspace-", suffix=".json")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, self._ledger)


def _files(folder: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The lessons and what their folders hold; Jupyter's checkpoints and what is written for developers stay out."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith((".", "__")) for part in name.parts)
        if path.is_file() and not hidden and (len(name.parts) > 1 or path.suffix == ".ipynb"):
            yield PurePosixPath(name.as_posix()), path.read_bytes()


def _write_new(path: Path, content: bytes) -> bool:
    """Write a file that does not exist yet; an existing one is left alone and the answer is False."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except FileExistsError:
        return False
    except OSError as error:
        raise WorkspaceError(f"can't write {path}: {error.strerror}") from error
    try:
        with file:
            file.write(content)
    except OSError as error:  # a full disk must not leave half a lesson that would count as the learner's own
        with contextlib.suppress(OSError):
            path.unlink()
        raise WorkspaceError(f"can't write {path}: {error.strerror}") from error
    return True


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield f"{name}-fresh"
    number = 2
    while True:
        yield f"{name}-fresh-{number}"
        number += 1


def _find_lesson(wanted: str) -> str:
    names = lesson_names()
    stem = wanted.removesuffix(".ipynb")
    number = stem.zfill(2) if stem.isdecimal() else None
    for name in names:
        if name == stem or (number is not None and name.startswith(f"{number}-")):
            return name
    close = difflib.get_close_matches(stem, names, n=1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(names)}"
    raise WorkspaceError(f"no lesson is named `{wanted}`; {hint}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
