"""Condition keys that belong to a caller, or to each other, as Denies that take the impossible requests away.

A comparison lets every key be anything. Where it is known who calls, or that AWS sends two keys only together, a
fence of Denies says so: added to the first of two sets, it keeps requests that nobody can send from being a witness.
Comes in: what the policies say, as text, and the keys of a caller. Go out: statements, only about keys that occur.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["CALLER_KEYS", "caller_fence", "mfa_fence", "presence_fence"]

Statement = dict[str, Any]

CALLER_KEYS: Final = (
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalType",
    "aws:username",
    "aws:userid",
)
"""Keys whose value follows from who calls."""

_TAG: Final = re.compile(r"aws:principaltag/[^\"}]+", re.IGNORECASE)
_SPECIAL: Final = re.compile(r"[*?$]")
_PRESENT, _AGE = "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"


def caller_fence(text: str, keys: Mapping[str, str], patterns: bool = False) -> Iterator[Statement]:
    """Denies for every request in which a key of the caller isn't what it is for this caller.

    Args:
        text: the policies' documents.
        keys: the caller's keys; one of `CALLER_KEYS`, or a tag of it, that is not among them is absent.
        patterns: `*` in a value stands for any characters.
    """
    said = text.lower()
    mine = {key.lower(): value for key, value in keys.items()}
    tags = dict.fromkeys(match[0] for match in _TAG.finditer(said))
    for key in (*CALLER_KEYS, *tags):
        if key.lower() not in said:
            continue
        value = mine.get(key.lower())
        if value is None:
            yield _deny({"Null": {key: "false"}})
        elif patterns:
            yield _deny({"StringNotLike": {key: value}})
        else:
            yield _deny({"StringNotEquals": {key: _SPECIAL.sub(lambda char: f"${{{char[0]}}}", value)}})


def presence_fence(text: str, keys: Mapping[str, str]) -> Iterator[Statement]:
    """Denies for every request without a key that all callers of this kind carry.

    Args:
        text: the policies' documents.
        keys: the keys of one of them.
    """
    mine = {key.lower() for key in keys}
    for key in CALLER_KEYS:
        if key.lower() in text.lower() and key.lower() in mine:
            yield _deny({"Null": {key: "true"}})


def mfa_fence(text: str) -> Iterator[Statement]:
    """Denies for requests that tell the age of a second factor and have none, or have one without an age."""
    if _AGE.lower() in text.lower():
        yield _deny({"Null": {_AGE: "false"}, "BoolIfExists": {_PRESENT: "false"}})
        yield _deny({"Null": {_AGE: "true"}, "Bool": {_PRESENT: "true"}})


def _deny(condition: dict[str, dict[str, str]]) -> Statement:
    return {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
