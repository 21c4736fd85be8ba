"""The directory lets itself be read by those who bind, and never tells a password.

https://datatracker.ietf.org/doc/html/rfc4511
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ldap3 import MODIFY_REPLACE, NONE, SUBTREE, Connection, Server

from iamlab.outside.broker import Access, Broker, SignInFailed
from iamlab.outside.directory import Directory, DirectoryProblem

BASE = "dc=example,dc=org"


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    made = Directory(BASE)
    made.add_person("ana", "correct horse", name="Ana Silva")
    made.add_person("bo, jr", "battery staple", name="Bo Åkesson")
    made.add_group("data-readers", ["ana", "bo, jr"])
    made.add_group("admins", [])
    made.add_service("broker", "secret of the broker")
    with made:
        yield made


@contextmanager
def bound(directory: Directory, dn: str | None, password: str | None) -> Iterator[Connection]:
    server = Server(directory.url, get_info=NONE, connect_timeout=5)
    connection = Connection(server, dn, password, receive_timeout=5)
    try:
        connection.bind()
        yield connection
    finally:
        connection.unbind()


def test_who_binds_can_read_people_and_groups(directory: Directory) -> None:
    with bound(directory, directory.person_dn("ana"), "correct horse") as connection:
        connection.search(BASE, "(objectClass=groupOfNames)", SUBTREE, attributes=["cn", "member"])
        assert sorted(str(entry.cn) for entry in connection.entries) == ["admins", "data-readers"]
        connection.search(BASE, "(uid=bo, jr)", attributes=["cn"])
        assert [str(entry.cn) for entry in connection.entries] == ["Bo Åkesson"]


@pytest.mark.parametrize(
    ("uid", "password", "result"),
    [("ana", "wrong", 49), ("ghost", "wrong", 49), ("bo", "battery staple", 49)],
    ids=["wrong password", "nobody", "half a name"],
)
def test_a_wrong_bind_fails_alike_whoever_it_names(
    directory: Directory, uid: str, password: str, result: int
) -> None:
    with bound(directory, directory.person_dn(uid), password) as connection:
        assert connection.result["result"] == result


def test_nothing_can_be_read_without_a_bind(directory: Directory) -> None:
    with bound(directory, None, None) as connection:
        connection.search(BASE, "(objectClass=*)", SUBTREE)
        assert (connection.result["result"], connection.entries) == (50, [])


def test_no_search_tells_a_password(directory: Directory) -> None:
    with bound(directory, directory.person_dn("ana"), "correct horse") as connection:
        connection.search(BASE, "(objectClass=*)", SUBTREE, attributes=["*", "userPassword"])
        assert not any(entry["raw_attributes"].get("userPassword") for entry in connection.response)
        assert not connection.search(BASE, "(userPassword=*)", SUBTREE)


CHANGES = {
    "add": lambda c, dn: c.add(f"uid=eve,ou=people,{BASE}", ["inetOrgPerson"], {"cn": "eve", "sn": "eve"}),
    "modify": lambda c, dn: c.modify(dn, {"mail": [(MODIFY_REPLACE, ["x@example.org"])]}),
    "delete": lambda c, dn: c.delete(dn),
    "rename": lambda c, dn: c.modify_dn(dn, "uid=root"),
    "password": lambda c, dn: c.extend.standard.modify_password(dn, None, "mine now"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_nobody_can_write(directory: Directory, name: str) -> None:
    dn = directory.person_dn("ana")
    with bound(directory, dn, "correct horse") as connection:
        assert not CHANGES[name](connection, dn)
        assert connection.result["result"] == 50


# ------------------------------------------------------------------ the broker
class Sts:
    """Takes down what the broker asks of STS."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**params: Any) -> dict[str, Any]:
            self.asked.append((name, params))
            return {
                "Credentials": {
                    "AccessKeyId": "ASIA",
                    "SecretAccessKey": "s",
                    "SessionToken": "t",
                    "Expiration": "soon",
                }
            }

        return call


ROLE = "arn:aws:iam::123456789012:role/Reader"


def test_the_broker_gets_a_role_by_group(directory: Directory) -> None:
    sts = Sts()
    broker = Broker(directory.url, BASE, sts, {"data-readers": Access(role_arn=ROLE)})
    grant = broker.sign_in("bo, jr", "battery staple")
    assert (grant.groups, grant.by) == (("data-readers",), "data-readers")
    assert sts.asked == [
        ("assume_role", {"RoleArn": ROLE, "RoleSessionName": "bo, jr", "DurationSeconds": 3600})
    ]


@pytest.mark.parametrize(
    ("person", "password"),
    [("ana", "wrong"), ("ana", ""), ("", ""), ("*", "correct horse"), ("ana,ou=people", "correct horse")],
    ids=["wrong", "empty", "nobody", "wildcard", "injected"],
)
def test_the_broker_lets_nobody_in_without_the_password(
    directory: Directory, person: str, password: str
) -> None:
    sts = Sts()
    broker = Broker(directory.url, BASE, sts, {"data-readers": Access(role_arn=ROLE)})
    with pytest.raises(SignInFailed):
        broker.sign_in(person, password)
    assert sts.asked == []


def test_changes_reach_the_running_server(directory: Directory) -> None:
    broker = Broker(directory.url, BASE, Sts(), {"admins": Access(policy={"Version": "2012-10-17"})})
    with pytest.raises(SignInFailed, match="no group of ana"):
        broker.sign_in("ana", "correct horse")
    directory.add_group("admins", ["ana"])
    try:
        assert broker.sign_in("ana", "correct horse").by == "admins"
    finally:
        directory.add_group("admins", [])


def test_a_directory_that_is_closed_has_no_address() -> None:
    directory = Directory()
    directory.close()
    with pytest.raises(DirectoryProblem, match="not running"):
        _ = directory.url


def test_no_password_shows_in_a_notebook(directory: Directory) -> None:
    assert "horse" not in "".join(directory._repr_mimebundle_().values()) + directory.ldif()
