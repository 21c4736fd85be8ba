"""A small HTTP server on a loopback port, for what a program finds beside AWS: where its credentials come from.

Comes in: what answers a request. Goes out: an address, until `close`. Nothing is logged, since a lesson's output is no
place for access logs.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Handler", "Loopback"]


class Handler(BaseHTTPRequestHandler):
    """What answers one request; subclasses add `do_GET` and the like."""

    def parse_request(self) -> bool:
        """Refuse a page of the web that a browser took for this machine, by the name that it knows the server by."""
        if not super().parse_request():
            return False
        name = self.headers.get("Host", "").rsplit(":", 1)[0].lower()
        if name not in ("", "127.0.0.1", "localhost"):
            self.reply(403, "text/plain", b"this server answers to loopback names only\n")
            return False
        return True

    def reply(self, status: int, kind: str, data: bytes) -> None:
        """Send a whole answer.

        Args:
            kind: its content type.
        """
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Loopback:
    """A running server.

    Args:
        handler: a subclass of `Handler`.
        name: of its thread.

    Attributes:
        url: its address, without a slash at the end.
    """

    def __init__(self, handler: type[Handler], name: str) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=name, daemon=True
        )
        self._thread.start()
        self._open = True

    def close(self) -> None:
        """Stop answering and free the port. Idempotent."""
        if self._open:
            self._open = False
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
