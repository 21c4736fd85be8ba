"""The process in which the company's directory runs: an LDAP server on loopback that only lets itself be read.

It is a program of its own, since the network library under it can't be started twice in one process. In: a line of
JSON on standard input, `{"entries": LDIF, "passwords": {DN: password}}`; each further line replaces what is in the
directory. Out: `ready PORT`, then `updated`, a line each. It ends when its standard input does.

Rules: nothing can be read before a bind, nothing can ever be written, and passwords are not in the directory at all,
so that no search, filter or comparison can find them out.

https://datatracker.ietf.org/doc/html/rfc4511
https://datatracker.ietf.org/doc/html/rfc4513 (section 5.1.2: a name with an empty password proves nothing)
"""

# ruff: noqa: N802, N815 (the names are those of the network library)

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sys
from io import BytesIO
from typing import Any

from ldaptor import inmemory, interfaces
from ldaptor.protocols import pureldap
from ldaptor.protocols.ldap import distinguishedname, ldaperrors
from ldaptor.protocols.ldap.ldapserver import LDAPServer
from twisted.internet import defer, protocol, reactor, stdio
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.components import registerAdapter

_COST = {"n": 2**12, "r": 8, "p": 1}


class Directory(protocol.ServerFactory):  # type: ignore[misc]  # twisted and ldaptor carry no types
    """What all connections share."""

    def __init__(self) -> None:
        self.root: Any = None
        self._passwords: dict[str, tuple[bytes, bytes]] = {}

    def buildProtocol(self, address: Any) -> ReadOnlyServer:
        server = ReadOnlyServer()
        server.factory = self
        return server

    def fill(self, root: Any, passwords: dict[str, str]) -> None:
        """Replace entries and passwords."""
        kept = {}
        for dn, password in passwords.items():
            salt = os.urandom(16)
            kept[_normal(dn)] = salt, hashlib.scrypt(password.encode(), salt=salt, **_COST)
        self.root, self._passwords = root, kept

    def knows(self, dn: bytes, password: bytes) -> bool:
        """This is the password of that entry."""
        salt, wanted = self._passwords.get(_normal(dn.decode("utf-8", "replace")), (b"none", b""))
        # computed for unknown names, too, so that time doesn't tell who exists
        return hmac.compare_digest(hashlib.scrypt(password, salt=salt, **_COST), wanted)


class ReadOnlyServer(LDAPServer):  # type: ignore[misc]  # twisted and ldaptor carry no types
    """One connection."""

    def handle_LDAPBindRequest(self, request: Any, controls: Any, reply: Any) -> Any:
        self.checkControls(controls)
        self.boundUser = None
        if request.version != 3:
            raise ldaperrors.LDAPProtocolError("Version 3 only")
        if not isinstance(request.auth, bytes):
            raise ldaperrors.LDAPAuthMethodNotSupported()
        if request.dn == b"" and request.auth == b"":
            return pureldap.LDAPBindResponse(resultCode=0)
        if request.auth == b"":
            raise ldaperrors.LDAPUnwillingToPerform("A bind with a name needs a password")
        if not self.factory.knows(request.dn, request.auth):
            raise ldaperrors.LDAPInvalidCredentials()
        self.boundUser = request.dn
        return pureldap.LDAPBindResponse(resultCode=0, matchedDN=request.dn.decode())

    def _read(self, handler: Any, *arguments: Any) -> Any:
        if self.boundUser is None:
            raise ldaperrors.LDAPInsufficientAccessRights("Bind first")
        return handler(*arguments)

    def handle_LDAPSearchRequest(self, request: Any, controls: Any, reply: Any) -> Any:
        return self._read(super().handle_LDAPSearchRequest, request, controls, reply)

    def handle_LDAPCompareRequest(self, request: Any, controls: Any, reply: Any) -> Any:
        return self._read(super().handle_LDAPCompareRequest, request, controls, reply)

    def _refuse(self, request: Any, controls: Any, reply: Any) -> Any:
        raise ldaperrors.LDAPInsufficientAccessRights("This directory can only be read")

    handle_LDAPAddRequest = _refuse
    handle_LDAPDelRequest = _refuse
    handle_LDAPModifyRequest = _refuse
    handle_LDAPModifyDNRequest = _refuse
    handle_LDAPExtendedRequest = _refuse


class Orders(LineOnlyReceiver):  # type: ignore[misc]  # twisted and ldaptor carry no types
    """Standard input and output."""

    delimiter = b"\n"
    MAX_LENGTH = 4_000_000

    def __init__(self) -> None:
        self._directory = Directory()
        self._listening: Any = None

    def lineReceived(self, line: bytes) -> None:
        order = json.loads(line)
        found = defer.maybeDeferred(inmemory.fromLDIFFile, BytesIO(order["entries"].encode()))
        found.addCallback(self._fill, order["passwords"])
        found.addErrback(self._fail)

    def _fill(self, root: Any, passwords: dict[str, str]) -> None:
        self._directory.fill(root, passwords)
        if self._listening is None:
            self._listening = reactor.listenTCP(0, self._directory, interface="127.0.0.1")
            self.sendLine(f"ready {self._listening.getHost().port}".encode())
        else:
            self.sendLine(b"updated")

    def _fail(self, failure: Any) -> None:
        self.sendLine(f"failed {failure.getErrorMessage()}".replace("\n", " ").encode())

    def connectionLost(self, reason: Any = None) -> None:
        if reactor.running:
            reactor.stop()


def _normal(dn: str) -> str:
    try:
        return str(distinguishedname.DistinguishedName(dn).getText()).lower()
    except distinguishedname.InvalidRelativeDistinguishedName:
        return ""


def main() -> None:
    """Serve until standard input ends."""
    registerAdapter(lambda factory: factory.root, Directory, interfaces.IConnectedLDAPEntry)
    stdio.StandardIO(Orders())
    reactor.run(installSignalHandlers=False)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
