"""Calls for the catalogue's tests, and an account's state in bare moto (no lab, no gate)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.callers import Caller
from iamlab.cloud.catalogue import Check, checks

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Request:
    """The little of an HTTP request that the catalogue reads."""

    def __init__(self, method: str = "POST", path: str = "/", headers: dict[str, str] | None = None) -> None:
        self.method, self.path, self.headers = method, path, headers or {}


MakeCall = Callable[..., Call]
Ask = Callable[..., tuple[Check, ...]]


@pytest.fixture
def make_call() -> MakeCall:
    def make(service: str, operation: str, /, _over: dict[str, Any] | None = None, **params: Any) -> Call:
        fields: dict[str, Any] = {
            "service": service,
            "operation": operation,
            "params": params,
            "protocol": "json",
            "region": "us-east-1",
            "account": ACCOUNT,
            "caller": Caller(
                arn=f"arn:aws:iam::{ACCOUNT}:user/team/bob",
                type="User",
                account=ACCOUNT,
                user_id="AIDAEXAMPLE",
                username="bob",
            ),
            "request": Request(),
            "body": b"",
            "source_ip": "198.51.100.7",
            "user_agent": "test",
            "secure": True,
            "auth": AuthKind.HEADER,
            "now": NOW,
            "model": None,
            "signed_at": NOW - timedelta(seconds=2),
        }
        return Call(**{**fields, **(_over or {})})

    return make


@pytest.fixture
def ask(make_call: MakeCall) -> Ask:
    """The checks of a call, by service, operation and parameters."""

    def ask(service: str, operation: str, /, _over: dict[str, Any] | None = None, **params: Any) -> Any:
        return checks(make_call(service, operation, _over, **params))

    return ask


@pytest.fixture
def http() -> type[Request]:
    return Request


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """An empty AWS; gives clients by service name."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        yield session.client
