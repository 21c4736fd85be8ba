"""A TLS endpoint on loopback whose certificate can be swapped while it runs, and a client that looks closely.

    endpoint = TlsEndpoint(ca.issue("app.example.org", days=30))
    look(endpoint.address, "app.example.org", ca, lab.clock.now())      # fine, and until when
    lab.clock.advance(days=31)
    look(…)                                                             # TlsProblem: the certificate has expired
    endpoint.install(ca.issue("app.example.org", days=90))              # no connection is lost

OpenSSL judges certificates by the computer's clock. `look` judges them by the time it is given, so that they lapse on
the lab's clock.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
https://datatracker.ietf.org/doc/html/rfc5280#section-6
"""

from __future__ import annotations

import os
import socket
import ssl
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from iamlab.outside.authority import CertificateAuthority, ServerCertificate, thumbprint
from iamlab.outside.web import HOST, Answer, Page, Visit, handler_for

_TIMEOUT = 5.0


class TlsProblem(Exception):
    """A client should not talk to this server."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a client saw of a server that it can trust."""

    host: str
    protocol: str
    expires: datetime
    serial: int
    thumbprint: str


class TlsEndpoint:
    """An HTTPS server on 127.0.0.1.

    Args:
        certificate: what it shows at first.
        answer: makes the page for a visit; None answers every one with a greeting.
    """

    def __init__(self, certificate: ServerCertificate, answer: Answer | None = None) -> None:
        self._certificate = certificate
        self._server = _Server(handler_for(answer or _greet), _context(certificate))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        self._open = True

    @property
    def address(self) -> str:
        """`https://127.0.0.1:PORT`."""
        return f"https://{HOST}:{self._server.server_address[1]}"

    @property
    def certificate(self) -> ServerCertificate:
        """What new connections are shown."""
        return self._certificate

    def install(self, certificate: ServerCertificate) -> None:
        """Show another certificate from the next connection on; those that are open stay as they are."""
        self._server.context = _context(certificate)
        self._certificate = certificate

    def close(self) -> None:
        """Stop answering and free the port. Idempotent."""
        if self._open:
            self._open = False
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(timeout=5)

    def __enter__(self) -> TlsEndpoint:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        shown = self._certificate
        where = self.address if self._open else "closed"
        return f"TLS endpoint {where} · {shown.host}, certificate until {shown.expires:%Y-%m-%d %H:%M} UTC"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = self._certificate
        rows = "".join(
            f"<tr><td>{title}</td><td><code>{escape(value)}</code></td></tr>"
            for title, value in (
                ("address", self.address if self._open else "closed"),
                ("certificate for", shown.host),
                ("valid until", f"{shown.expires:%Y-%m-%d %H:%M} UTC"),
                ("SHA-1", shown.thumbprint),
            )
        )
        return {
            "text/plain": repr(self),
            "text/html": f"<div><b>TLS endpoint</b><table>{rows}</table></div>",
        }


def look(address: str, host: str, authority: CertificateAuthority, now: datetime) -> Seen:
    """Connect as a careful client does, and say what was seen.

    Args:
        address: the endpoint's, on loopback.
        host: the name that the client believes to talk to.
        authority: whom it trusts.
        now: the time by which certificates are judged.

    Raises:
        TlsProblem: the certificate isn't for this host, not of this authority, or not valid now.
    """
    parts = urlsplit(address)
    if parts.hostname != HOST or parts.port is None:
        raise TlsProblem(f"`{address}` is not on loopback")
    # The chain is verified below, by the lab's clock: OpenSSL only knows the computer's.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((HOST, parts.port), timeout=_TIMEOUT) as raw,
            context.wrap_socket(raw, server_hostname=host) as connection,
        ):
            der, protocol = connection.getpeercert(binary_form=True) or b"", connection.version() or ""
    except OSError as error:
        raise TlsProblem(f"no TLS at {address}: {error}") from error
    found = x509.load_der_x509_certificate(der)
    if now > found.not_valid_after_utc:
        raise TlsProblem(f"the certificate has expired on {found.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    verifier = (
        PolicyBuilder()
        .store(Store([authority.certificate]))
        .time(now)
        .build_server_verifier(x509.DNSName(host))
    )
    try:
        verifier.verify(found, [])
    except VerificationError as error:
        raise TlsProblem(f"the certificate proves nothing about {host}: {error}") from error
    return Seen(host, protocol, found.not_valid_after_utc, found.serial_number, thumbprint(found))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext) -> None:
        super().__init__((HOST, 0), handler)
        self.context = context

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread: a client that dawdles holds up nobody else."""
        request.settimeout(_TIMEOUT)
        try:
            with self.context.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except OSError:
            return  # the client didn't like what it saw, or went away

    def shutdown_request(self, request: Any) -> None:
        request.close()


def _context(certificate: ServerCertificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # `ssl` reads files only; this one is the owner's alone and gone at once.
    descriptor, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(certificate.key_pem + certificate.pem)
        context.load_cert_chain(path)
    finally:
        os.unlink(path)
    return context


def _greet(visit: Visit) -> Page:
    return Page("hello over TLS\n", "text/plain")
