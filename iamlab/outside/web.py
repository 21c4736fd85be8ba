"""A small HTTP server on loopback, for those identity providers that are met with a browser.

In: a function from (method, path, form or query) to a `Page`. Out: a server in a thread of its own, with a port that
the operating system picks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
_LARGEST_FORM = 1_000_000
_OUR_NAMES = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    body: str
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request: form fields win over the query's."""

    method: str
    path: str
    fields: Mapping[str, str]
    headers: Mapping[str, str]


Answer = Callable[[Visit], Page]


def redirect(to: str) -> Page:
    return Page("", status=302, headers={"Location": to})


class LoopbackServer:
    """An HTTP server on 127.0.0.1.

    Args:
        answer: makes the page for a visit; an unknown path is its to refuse.
    """

    def __init__(self, answer: Answer) -> None:
        self._server = ThreadingHTTPServer((HOST, 0), handler_for(answer))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        self._open = True

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`, without a path."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop answering and free the port. Idempotent."""
        if self._open:
            self._open = False
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(timeout=5)

    def __enter__(self) -> LoopbackServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def handler_for(answer: Answer) -> type[BaseHTTPRequestHandler]:
    """A handler class for `http.server` that answers with pages."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            self._respond({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > _LARGEST_FORM:
                self._send(Page("too large", "text/plain", 413))
                return
            self._respond(dict(parse_qsl(self.rfile.read(length).decode("utf-8", "replace"))))

        def _respond(self, form: dict[str, str]) -> None:
            # A page of some other site can't be let in under a name of its own for our address.
            if (self.headers.get("Host") or "").rsplit(":", 1)[0] not in _OUR_NAMES:
                self._send(Page("this server answers to loopback names only", "text/plain", 403))
                return
            url = urlsplit(self.path)
            fields = {**dict(parse_qsl(url.query)), **form}
            self._send(answer(Visit(self.command, url.path, fields, dict(self.headers.items()))))

        def _send(self, page: Page) -> None:
            body = page.body.encode()
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return None

    return Handler
