"""A company's directory: people, groups and service accounts, over LDAP on loopback.

    directory = Directory()
    directory.add_person("ana", "correct horse", name="Ana Silva")
    directory.add_group("data-readers", ["ana"])
    directory.add_service("broker", "battery staple")
    directory.start()                       # ldap://127.0.0.1:PORT

Any LDAP client can bind and search; nobody can read passwords or write. Changes made here reach the running server at
once, as an administrator's would.

https://datatracker.ietf.org/doc/html/rfc4519 (inetOrgPerson's attributes, groupOfNames)
https://datatracker.ietf.org/doc/html/rfc2849 (LDIF)
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import IO, Any

from ldap3.utils.dn import escape_rdn

_PROGRAM = Path(__file__).with_name("directory_server.py")


class DirectoryProblem(RuntimeError):
    """The directory's server doesn't start, or doesn't take its entries."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the directory."""

    uid: str
    name: str
    mail: str
    password: str = field(repr=False)


class Directory:
    """An LDAP directory.

    Args:
        base: the name under which everything hangs.
    """

    def __init__(self, base: str = "dc=example,dc=org") -> None:
        self.base = base
        self._people: dict[str, Person] = {}
        self._groups: dict[str, list[str]] = {}
        self._services: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None
        self._port: int | None = None

    # -------------------------------------------------------------- what is in it
    def add_person(self, uid: str, password: str, *, name: str = "", mail: str = "") -> None:
        """Put somebody in; a person who is there already is replaced."""
        self._people[uid] = Person(uid, name or uid, mail or f"{uid}@example.org", password)
        self._changed()

    def remove_person(self, uid: str) -> None:
        """Take somebody out, of all groups too."""
        del self._people[uid]
        for members in self._groups.values():
            if uid in members:
                members.remove(uid)
        self._changed()

    def add_group(self, name: str, members: Iterable[str] = ()) -> None:
        """Make a group, or give it other members."""
        self._groups[name] = list(members)
        self._changed()

    def add_service(self, name: str, password: str) -> None:
        """An account that a program binds with."""
        self._services[name] = password
        self._changed()

    def person_dn(self, uid: str) -> str:
        """The name of somebody's entry."""
        return f"uid={escape_rdn(uid)},ou=people,{self.base}"

    def service_dn(self, name: str) -> str:
        return f"cn={escape_rdn(name)},ou=services,{self.base}"

    # -------------------------------------------------------------- life
    def start(self) -> str:
        """Answer on loopback, and return the URL.

        Raises:
            DirectoryProblem: the server doesn't come up.
        """
        if self._process is None:
            self._process = subprocess.Popen(
                # -P: the server's own folder is no place to look for modules
                [sys.executable, "-P", "-W", "ignore", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            word, _, port = self._told().partition(" ")
            if word != "ready":
                self.close()
                raise DirectoryProblem(f"the directory's server doesn't start: {word} {port}")
            self._port = int(port)
        return self.url

    def close(self) -> None:
        """End the server. Idempotent."""
        process, self._process, self._port = self._process, None, None
        if process is not None:
            stdin, stdout = _pipes(process)
            stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            stdout.close()

    @property
    def url(self) -> str:
        """`ldap://127.0.0.1:PORT`.

        Raises:
            DirectoryProblem: it isn't started.
        """
        if self._port is None:
            raise DirectoryProblem("the directory is not running: start it with `.start()`")
        return f"ldap://127.0.0.1:{self._port}"

    def _changed(self) -> None:
        if self._process is not None:
            answer = self._told()
            if answer != "updated":
                raise DirectoryProblem(f"the directory doesn't take this: {answer}")

    def _told(self) -> str:
        """Send the server all there is, and wait for its answer."""
        assert self._process is not None
        stdin, stdout = _pipes(self._process)
        passwords = {self.person_dn(person.uid): person.password for person in self._people.values()}
        passwords |= {self.service_dn(name): password for name, password in self._services.items()}
        try:
            stdin.write(json.dumps({"entries": self.ldif(), "passwords": passwords}) + "\n")
            stdin.flush()
        except OSError:
            return "it has ended"
        return stdout.readline().strip() or "it has ended"

    def ldif(self) -> str:
        """All entries, without passwords."""
        top = self.base.split(",")[0].partition("=")[2]
        entries = [_entry(self.base, {"objectClass": ["top", "domain"], "dc": [top]})]
        for unit in ("people", "groups", "services"):
            classes = ["top", "organizationalUnit"]
            entries.append(_entry(f"ou={unit},{self.base}", {"objectClass": classes, "ou": [unit]}))
        for person in self._people.values():
            facts = {
                "objectClass": ["top", "person", "organizationalPerson", "inetOrgPerson"],
                "uid": [person.uid],
                "cn": [person.name],
                "sn": [person.name.split()[-1]],
                "mail": [person.mail],
            }
            entries.append(_entry(self.person_dn(person.uid), facts))
        for name in self._services:
            facts = {"objectClass": ["top", "applicationProcess"], "cn": [name]}
            entries.append(_entry(self.service_dn(name), facts))
        for name, members in self._groups.items():
            facts = {"objectClass": ["top", "groupOfNames"], "cn": [name]}
            if members:
                facts["member"] = [self.person_dn(uid) for uid in members]
            entries.append(_entry(f"cn={escape_rdn(name)},ou=groups,{self.base}", facts))
        return "\n".join(["version: 1\n", *entries, ""])  # an empty line ends each entry

    def __enter__(self) -> Directory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        where = self.url if self._port is not None else "not running"
        return f"directory {self.base} · {where} · {len(self._people)} people, {len(self._groups)} groups"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(', '.join(members)) or '–'}</td></tr>"
            for name, members in self._groups.items()
        )
        where = escape(self.url) if self._port is not None else "not running"
        html = (
            f"<div><b>Directory</b> <code>{escape(self.base)}</code> · <code>{where}</code>"
            f"<table><tr><th>Group</th><th>Members</th></tr>{rows}</table></div>"
        )
        return {"text/plain": repr(self), "text/html": html}


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _entry(dn: str, facts: Mapping[str, Iterable[str]]) -> str:
    lines = [_line("dn", dn)]
    lines += [_line(name, value) for name, values in facts.items() for value in values]
    return "\n".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    """A line of LDIF; what isn't plain goes in base 64, so that no value can begin a line of its own."""
    if value.isascii() and value.isprintable() and value[:1] not in ("", " ", ":", "<") and value[-1] != " ":
        return f"{name}: {value}"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"
