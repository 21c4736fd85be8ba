"""The program inside a function's process: loads the handler, and calls it for each event that comes in.

It imports nothing of iamlab, so that it starts as fast as Python does. A line of JSON on standard input is one event;
the answer is a line on standard output that starts with `MARK`. All other output is the function's log.

The process reaches nothing but loopback and starts no others: audit hooks refuse it.

https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
https://docs.python.org/3/library/audit_events.html
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

MARK = b"\x00\x01iamlab "
READY = b"ready"

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_IN_127 = re.compile(r"127(\.\d{1,3}){3}")
_PROCESSES = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
)
# … and what would do the same past Python.
_OF_C = frozenset(
    [
        "connect",
        "dlopen",
        "dlsym",
        "execv",
        "execve",
        "execvp",
        "fork",
        "popen",
        "posix_spawn",
        "posix_spawnp",
        "sendmsg",
        "sendto",
        "syscall",
        "system",
        "vfork",
    ]
)


class LoadError(Exception):
    """The handler can't be had.

    Args:
        kind: Lambda's name of the error.
        message: Lambda's words.
        trace: what stands in the answer's stack trace.
    """

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, trace or []


def main() -> None:
    """Run until standard input ends."""
    inbox = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    outbox = os.fdopen(os.dup(1), "wb", 0)
    layers = [path for path in os.environ.pop("_IAMLAB_LAYERS", "").split(os.pathsep) if path]
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *layers, *given]
    _shut()
    sys.addaudithook(_stay_here)
    handler = _try_to_load()
    _say(outbox, READY)
    for line in inbox:
        request = json.loads(line)
        if isinstance(handler, LoadError):
            answer = _failure(handler.kind, handler.message, request["id"], handler.trace)
            handler = _try_to_load()
        else:
            answer = _call(handler, request)
        _say(outbox, json.dumps(answer).encode())


def _say(outbox: Any, text: bytes) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    outbox.write(MARK + text + b"\n")


# ------------------------------------------------------------------ the handler
def _try_to_load() -> Callable[[Any, Any], Any] | LoadError:
    try:
        return _load(os.environ["_HANDLER"])
    except LoadError as error:
        _log("ERROR", f"{error.kind}: {error.message}\n{''.join(error.trace)}")
        return error


def _load(name: str) -> Callable[[Any, Any], Any]:
    module, dot, function = name.rpartition(".")
    if not dot:
        raise LoadError(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)",
        )
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise LoadError(
            "Runtime.ImportModuleError", f"Unable to import module '{module}': {error}"
        ) from error
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {(error.text or "").rstrip()}'
        raise LoadError(
            "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", [where]
        ) from error
    except Exception as error:
        raise LoadError(type(error).__name__, str(error), _trace(error)) from error
    found = getattr(loaded, function, None)
    if not callable(found):
        raise LoadError("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'")
    made: Callable[[Any, Any], Any] = found
    return made


def _call(handler: Callable[[Any, Any], Any], request: dict[str, Any]) -> dict[str, Any]:
    """One event. SystemExit goes through: it ends the process, which is an answer, too."""
    try:
        result = handler(request["event"], _context(request))
    except Exception as error:
        trace = _trace(error)
        kind = type(error).__name__
        _log("ERROR", f"{kind}: {error}\nTraceback (most recent call last):\n{''.join(trace)}")
        return _failure(kind, str(error), request["id"], trace)
    try:
        return {"payload": json.dumps(result)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        _log("ERROR", f"Runtime.MarshalError: {message}")
        return _failure("Runtime.MarshalError", message, request["id"], [])


def _failure(kind: str, message: str, request_id: str, trace: list[str]) -> dict[str, Any]:
    said = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return {"payload": json.dumps(said), "error": "Unhandled"}


def _trace(error: BaseException) -> list[str]:
    """The stack below this file."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame for frame in frames if frame.filename != __file__ and not frame.filename.startswith("<frozen ")
    ]
    return traceback.format_list(
        [frame for frame in own if os.sep + "importlib" + os.sep not in frame.filename]
    )


def _log(level: str, text: str) -> None:
    print(f"[{level}] {text}".rstrip("\n"))


def _context(request: dict[str, Any]) -> SimpleNamespace:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    ends = time.monotonic() + request["timeout"]
    environ = os.environ
    client = request.get("client")
    return SimpleNamespace(
        aws_request_id=request["id"],
        function_name=environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=environ["AWS_LAMBDA_FUNCTION_VERSION"],
        invoked_function_arn=request["arn"],
        memory_limit_in_mb=environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        identity=None,
        client_context=SimpleNamespace(**client) if isinstance(client, dict) else None,
        get_remaining_time_in_millis=lambda: max(0, int((ends - time.monotonic()) * 1000)),
    )


# ------------------------------------------------------------------ what it may not do
def _shut() -> None:
    """Close what starts processes without an audit event, as `multiprocessing` does."""
    try:
        import _posixsubprocess
    except ImportError:  # not on Windows
        return
    _posixsubprocess.fork_exec = _no_process


def _no_process(*_: Any) -> Any:
    raise PermissionError("a function in the lab can't start processes")


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _PROCESSES or (event == "import" and arguments[0] == "_posixsubprocess"):
        _no_process()
    if event == "ctypes.dlsym" and arguments[1] in _OF_C:
        raise PermissionError(f"a function in the lab can't call {arguments[1]}")
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # what has no host is a program of this machine, which may reach further
        host = address[0] if isinstance(address, tuple) else address
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    elif event == "socket.getnameinfo":
        host = arguments[0][0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host and host not in _LOOPBACK and not _IN_127.fullmatch(str(host)):
        raise ConnectionRefusedError(f"a function in the lab reaches nothing but the lab, not {host}")


if __name__ == "__main__":
    main()
