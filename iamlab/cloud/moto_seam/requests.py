"""An SDK's prepared request as moto's `Request`.

moto goes through werkzeug's `EnvironBuilder`, made for tests, which is a seventh of a call's time. The environment
is written down directly here; `tests/cloud/test_moto_seam_requests.py` holds both to the same result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    Request,
    normalize_request,
    should_preserve_original_header_name,
)

_PORTS = {"http": "80", "https": "443"}
# The body reaches moto whole, whatever way it was cut for the wire.
_DROPPED = frozenset({"transfer-encoding", "content-length"})


def from_prepared(request: AWSPreparedRequest) -> Request:
    """moto's form of a request, with path and query spelled exactly as they were signed."""
    body = _body(request.body)
    if body is None:
        made = normalize_request(request)
        parts = urlsplit(request.url)
        made.environ["RAW_URI"], made.environ["QUERY_STRING"] = parts.path or "/", parts.query
        return made
    return Request(_environ(request, body))


def _body(body: Any) -> bytes | None:
    """The body's bytes; None for a kind that only moto knows how to read."""
    if body is None:
        return b""
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        read = body.read()
        return read.encode() if isinstance(read, str) else bytes(read)
    return None


def _environ(request: AWSPreparedRequest, body: bytes) -> dict[str, Any]:
    parts = urlsplit(request.url)
    path = parts.path or "/"
    raw = f"{path}?{parts.query}" if parts.query else path
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI wants the decoded path's bytes as if they were latin-1 (PEP 3333)
        "PATH_INFO": unquote(path).encode().decode("latin-1"),
        "QUERY_STRING": parts.query,
        "REQUEST_URI": raw,
        "RAW_URI": raw,
        "SERVER_NAME": parts.hostname or "",
        "SERVER_PORT": str(parts.port or _PORTS.get(parts.scheme, "443")),
        "HTTP_HOST": parts.netloc,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    preserved: dict[str, str] = {}
    seen: set[str] = set()
    headers: Iterable[tuple[str, Any]] = request.headers.items()  # values are bytes once they are signed
    for name, value in headers:
        if name.lower() in _DROPPED:
            continue
        text = value.decode("utf-8") if isinstance(value, bytes) else str(value)
        key = name.upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        environ[key] = f"{environ[key]}, {text}" if key in seen else text
        seen.add(key)
        if "_" in name and should_preserve_original_header_name(name):
            preserved[key] = name
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    return environ
