"""One execution environment: a process with the function's code, variables and credentials.

In: events, one at a time. Out: what the handler returned, or how the process ended. The process is `runner.py`, run by
this Python; it ends with its standard input.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iamlab.cloud.functions import runner
from iamlab.cloud.functions.runner import MARK, READY
from iamlab.cloud.moto_seam.functions import Function

TASK_ROOT = "/var/task"
"""Where a function's code lies on AWS; texts say this instead of the folder that it really lies in."""

_LANGUAGE = f"/var/lang/lib/python{sys.version_info.major}.{sys.version_info.minor}"
_LIBRARIES = tuple(
    (sysconfig.get_path(kind), there)
    for kind, there in (("purelib", f"{_LANGUAGE}/site-packages"), ("stdlib", _LANGUAGE))
)

INIT_LIMIT = 10.0
"""Seconds that loading the code may take before the function's own time starts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one event."""

    payload: str | None
    """The answer as JSON; None if the process ended, or was ended, before it had one."""
    error: str | None
    log: str
    seconds: float
    exit_code: int | None = None
    """None while the process runs on, and where it was ended for taking too long."""


class Worker:
    """A process for a function.

    Args:
        function: whose code it runs.
        environ: its whole environment, but for what says where the code lies.
    """

    def __init__(self, function: Function, environ: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="iamlab-function-", ignore_cleanup_errors=True)
        root = Path(self._folder.name, "task")
        _unpack(function.code, root)
        layers = []
        for number, code in enumerate(function.layers):
            path = Path(self._folder.name, f"layer{number}")
            _unpack(code, path)
            layers.append(str(path / "python"))
        self._root = str(root)
        self._process = subprocess.Popen(
            # isolated: no variable of the function's makes Python run its code before `runner` has shut the doors
            [sys.executable, "-I", "-B", "-u", "-X", "utf8", str(Path(runner.__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=root,
            env={**environ, "LAMBDA_TASK_ROOT": self._root, "_IAMLAB_LAYERS": os.pathsep.join(layers)},
        )
        self._said: queue.Queue[bytes | None] = queue.Queue()
        self._reader = threading.Thread(target=self._listen, name="iamlab-function", daemon=True)
        self._reader.start()
        self._ready = False

    @property
    def alive(self) -> bool:
        """Whether it can take another event."""
        return self._process.poll() is None

    def run(self, request: Mapping[str, Any], timeout: float) -> Outcome:
        """Let the handler have an event.

        Args:
            request: as `runner` reads it.
            timeout: the function's time limit in seconds; loading the code has its own.
        """
        log: list[bytes] = []
        began = time.monotonic()
        if not self._ready:
            found = self._wait(INIT_LIMIT, log)
            if found is None:
                return self._ended(log, began)
            self._ready = True
            began = time.monotonic()
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            return self._ended(log, began)
        answer = self._wait(timeout, log)
        if answer is None:
            return self._ended(log, began)
        said = json.loads(answer)
        return Outcome(
            self._plain(said["payload"], in_json=True),
            said.get("error"),
            self._text(log),
            time.monotonic() - began,
        )

    def stop(self) -> None:
        """End the process; its folder goes. Idempotent."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join(timeout=5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was left to write has nobody to read it
                    pipe.close()
        self._folder.cleanup()

    # -------------------------------------------------------------- what it says
    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in iter(self._process.stdout.readline, b""):
            self._said.put(line)
        self._said.put(None)

    def _wait(self, seconds: float, log: list[bytes]) -> bytes | None:
        """The next answer; None if there will be none. What else is said goes into the log."""
        ends = time.monotonic() + seconds
        while True:
            try:
                line = self._said.get(timeout=max(0.0, ends - time.monotonic()))
            except queue.Empty:
                return None
            if line is None:
                return None
            before, mark, answer = line.partition(MARK)
            if before:
                log.append(before)
            if mark:
                return answer.rstrip(b"\n") or READY

    def _ended(self, log: list[bytes], began: float) -> Outcome:
        seconds = time.monotonic() - began
        try:
            code = self._process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            code = None
        self.stop()
        return Outcome(None, None, self._text(log), seconds, code)

    def _text(self, log: list[bytes]) -> str:
        return self._plain(b"".join(log).decode("utf-8", "replace"))

    def _plain(self, text: str, in_json: bool = False) -> str:
        """Say where the code would lie on AWS."""
        for here, there in ((self._root, TASK_ROOT), *_LIBRARIES):
            text = text.replace(json.dumps(here)[1:-1] if in_json else here, there)
        return text


def _unpack(code: bytes, folder: Path) -> None:
    folder.mkdir()
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        archive.extractall(folder)  # members that lead out of the folder are put inside
