"""Policy documents that exercises start from, written in one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ACCOUNT = "123456789012"
"""The lab's account, and the account number that AWS's own examples use."""


def statement(effect: str, actions: tuple[str, ...], on: str | tuple[str, ...] = "*") -> dict[str, Any]:
    return {"Effect": effect, "Action": _one_or_list(actions), "Resource": _one_or_list(on)}


def allow(*actions: str, on: str | tuple[str, ...] = "*") -> dict[str, Any]:
    """A policy of one statement that allows `actions` on `on`."""
    return policy(statement("Allow", actions, on))


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal: Mapping[str, Any], condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A role's trust policy that lets `principal` assume the role."""
    when = {"Condition": dict(condition)} if condition else {}
    return policy({"Effect": "Allow", "Principal": dict(principal), "Action": "sts:AssumeRole"} | when)


def table_arn(name: str, region: str = "us-east-1") -> str:
    return f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def policy_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def _one_or_list(values: str | tuple[str, ...]) -> str | list[str]:
    if isinstance(values, str):
        return values
    return values[0] if len(values) == 1 else list(values)
