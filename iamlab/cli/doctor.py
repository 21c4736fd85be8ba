"""`iamlab doctor`: is this installation able to run the lessons, and if not, what mends it.

Each check is a function that returns a `Finding`; a check that itself breaks is a finding too, never a traceback. None
uses the network. The exit code is 0 when the lessons can run (a missing browser is only worth a remark), else 1.
"""

from __future__ import annotations

import os
import platform
import re
import socket
import sys
import tempfile
import webbrowser
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from iamlab import __version__

__all__ = ["Finding", "Mark", "examine", "run"]

_REINSTALL = "install iamlab again: in a clone of the project `make lab`, elsewhere `pip install --upgrade .`"
_KERNEL_SECONDS = 60
_PROBE = "import sys, iamlab; print(sys.executable, iamlab.__version__)"


class Mark(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    REMARK = "note"
    BAD = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: its mark, what was looked at, and for anything but good news what to do."""

    mark: Mark
    what: str
    mend: str = ""

    def __str__(self) -> str:
        first = f"{self.mark:<4}  {self.what}"
        return f"{first}\n      → {self.mend}" if self.mend else first


def run(options: Namespace) -> int:
    """Print every finding as it comes and a last line that says whether the lessons can run."""
    bad = 0
    for finding in examine(options.workspace):
        print(finding, flush=True)
        bad += finding.mark is Mark.BAD
    if bad:
        print(
            f"\n{bad} {'thing has' if bad == 1 else 'things have'} to be mended before the lessons can run."
        )
        return 1
    print("\nEverything the lessons need is here. `iamlab` opens them.")
    return 0


def examine(folder: str | None = None) -> Iterator[Finding]:
    """All findings about this installation and the workspace in `folder`, causes before their effects.

    Nothing but the standard library is imported before its own check has begun: a broken part must not keep the
    others from being examined.
    """
    yield from _guarded("Python", _python)
    yield from _guarded("packages", _packages)
    yield from _guarded("lessons", _lessons)
    yield from _guarded("workspace", lambda: _workspace(folder))
    yield from _guarded("loopback", _loopback)
    yield from _guarded("kernel", _kernel)
    yield from _guarded("lab", _lab)
    yield from _guarded("browser", _browser)


def _guarded(name: str, check: Callable[[], Finding | Iterator[Finding]]) -> Iterator[Finding]:
    """The findings of one check; whatever it raises, a failed import included, becomes a finding of its own."""
    try:
        result = check()
        if isinstance(result, Finding):
            yield result
        else:
            yield from result
    except Exception as error:
        yield Finding(Mark.BAD, f"{name}: {type(error).__name__}: {error}", _REINSTALL)


def _python() -> Finding:
    from packaging.specifiers import SpecifierSet

    found = f"Python {platform.python_version()} ({sys.executable}), iamlab {__version__}"
    wanted = metadata.metadata("iamlab")["Requires-Python"]
    if not SpecifierSet(wanted).contains(platform.python_version(), prereleases=True):
        return Finding(Mark.BAD, found, f"iamlab needs Python {wanted}: https://www.python.org/downloads/")
    return Finding(Mark.GOOD, found)


def _packages() -> Iterator[Finding]:
    """Every dependency that iamlab declares, as `pip check` would see it; moto's is the pinned one."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    for line in metadata.requires("iamlab") or ():
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(wanted.name)
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            yield Finding(Mark.BAD, f"{name} is missing", f"pip install '{_plain(line)}'")
            continue
        if wanted.specifier.contains(version, prereleases=True):
            yield Finding(Mark.GOOD, f"{name} {version}")
        else:
            yield Finding(
                Mark.BAD,
                f"{name} {version}, but iamlab needs {wanted.specifier}",
                f"pip install '{_plain(line)}'",
            )


def _plain(requirement: str) -> str:
    """A requirement without its environment marker, as one types it for pip."""
    return re.sub(r"\s*;.*", "", requirement)


def _lessons() -> Finding:
    from iamlab.course.workspace import lesson_names

    names = lesson_names()
    return Finding(Mark.GOOD, f"{len(names)} lessons, {names[0]} to {names[-1]}")


def _workspace(folder: str | None) -> Finding:
    from iamlab.course.workspace import Workspace

    workspace = Workspace.at(folder)
    place = next(path for path in (workspace.root, *workspace.root.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return Finding(
            Mark.BAD,
            f"workspace {workspace.root}: can't write to {place} ({error.strerror})",
            "name a folder of your own: iamlab start DIR",
        )
    state = "" if workspace.root.exists() else ", not made yet"
    return Finding(Mark.GOOD, f"workspace {workspace.root}{state}")


def _loopback() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError as error:
        return Finding(
            Mark.BAD,
            f"no server can be reached on 127.0.0.1 ({error})",
            "JupyterLab needs it: allow Python in the firewall or the security software",
        )
    return Finding(Mark.GOOD, "servers on 127.0.0.1 can be reached")


def _kernel() -> Finding:
    """Start the kernel that the lessons name, as `iamlab start` does, and see that it is this Python and iamlab."""
    from jupyter_client.manager import KernelManager

    from iamlab.cli.jupyter import prepare
    from iamlab.course.workspace import Workspace

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryFile() as log:
        variables = prepare(Workspace.at(folder), os.environ)
        manager = KernelManager(kernel_name="python3", connection_file=str(Path(folder, "kernel.json")))
        with _environment(
            variables
        ):  # looking for kernels makes IPython's folder, which is not to be the learner's
            manager.start_kernel(env=variables, stderr=log)
        client = manager.blocking_client()
        printed: list[str] = []
        try:
            client.start_channels()
            client.wait_for_ready(timeout=_KERNEL_SECONDS)
            client.execute_interactive(
                _PROBE,
                timeout=_KERNEL_SECONDS,
                output_hook=lambda message: printed.append(_said(message["content"])),
            )
        except (RuntimeError, TimeoutError) as error:  # it died or hangs; why, it may have said on stderr
            log.seek(0)
            printed.append(" ".join([str(error), *log.read().decode(errors="replace").splitlines()[-1:]]))
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    answer = "".join(printed).strip()
    if answer != f"{sys.executable} {__version__}":
        return Finding(
            Mark.BAD,
            f"the kernel `python3` is not this Python with this iamlab: {answer}",
            f'"{sys.executable}" -m ipykernel install --sys-prefix',
        )
    return Finding(Mark.GOOD, "the kernel `python3` starts and finds iamlab")


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """This process with other environment variables for a while."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _said(content: Mapping[str, object]) -> str:
    """What a kernel printed, or the error it raised."""
    return str(content.get("text") or content.get("evalue") or "")


def _lab() -> Finding:
    """Start a lab, let its administrator make a user without permissions, and see the user's call denied."""
    import boto3
    from botocore.exceptions import ClientError

    from iamlab import Lab

    with Lab() as lab:
        iam = boto3.client("iam")
        iam.create_user(UserName="doctor")
        key = iam.create_access_key(UserName="doctor")["AccessKey"]
        try:
            lab.session(key).client("iam").list_users()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "AccessDenied":
                return Finding(
                    Mark.GOOD, "the lab starts, allows its administrator and denies a user without policy"
                )
            return Finding(Mark.BAD, f"the lab answers {code} where AWS answers AccessDenied", _REINSTALL)
    return Finding(Mark.BAD, "the lab lets a user without any policy list users", _REINSTALL)


def _browser() -> Finding:
    try:
        webbrowser.get()
    except webbrowser.Error:
        return Finding(
            Mark.REMARK,
            "no browser was found on this machine",
            "`iamlab --no-browser` prints the address to open in one",
        )
    return Finding(Mark.GOOD, "a browser to open the lessons in")
