"""Which attributes a DynamoDB request touches, and which partition keys.

Fine-grained access control compares `dynamodb:Attributes` with the names of all top-level attributes in
a request and `dynamodb:LeadingKeys` with the partition key values.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(
    r"""
    (?P<value>:\w+) | (?P<name>\#?[A-Za-z_][\w-]*) | (?P<dot>\.) | (?P<open>\() | (?P<index>\[\d+\])
    | (?P<operator>[=<>]+) | (?P<other>\S)
    """,
    re.X,
)
_WORDS = frozenset(["SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"])

_EXPRESSIONS = (
    "ProjectionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ConditionExpression",
    "UpdateExpression",
    "SearchConditionExpression",
)
# Parameters from before there were expressions: maps (or lists) keyed by attribute names.
_BY_NAME = (
    "Key",
    "Item",
    "Expected",
    "AttributeUpdates",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
    "AttributesToGet",
)


def names_in(expression: str, placeholders: Mapping[str, str]) -> list[str]:
    """Top-level attribute names in an expression of any kind, `#placeholders` resolved, in order."""
    found: list[str] = []
    tokens = [(match.lastgroup, match.group()) for match in _TOKEN.finditer(expression)]
    for position, (kind, text) in enumerate(tokens):
        if kind != "name":
            continue
        before = tokens[position - 1][0] if position else ""
        after = tokens[position + 1][0] if position + 1 < len(tokens) else ""
        # `a.b` reaches into `a`; `f(` is a function, unless a keyword precedes a parenthesis
        if before == "dot" or text.upper() in _WORDS or after == "open":
            continue
        found.append(placeholders.get(text, text) if text.startswith("#") else text)
    return found


def attributes(params: Mapping[str, Any]) -> list[str]:
    """The names of all top-level attributes that a request mentions, sorted."""
    placeholders = params.get("ExpressionAttributeNames") or {}
    found: set[str] = set()
    for name in _BY_NAME:
        value = params.get(name)
        if value:
            found.update(str(key) for key in value)
    for name in _EXPRESSIONS:
        if params.get(name):
            found.update(names_in(params[name], placeholders))
    return sorted(found)


def plain(value: Any) -> str | None:
    """A key's typed value (`{"S": "x"}`) as the text that policies compare with."""
    if not isinstance(value, Mapping) or len(value) != 1:
        return None
    kind, inner = next(iter(value.items()))
    if kind == "B":
        return base64.b64encode(inner).decode() if isinstance(inner, bytes) else str(inner)
    return str(inner) if kind in ("S", "N") else None


def key_condition(params: Mapping[str, Any], hash_key: str) -> str | None:
    """The partition key value that a Query asks for; it can only be an equality."""
    legacy = (params.get("KeyConditions") or {}).get(hash_key)
    if legacy:
        values = legacy.get("AttributeValueList") or ()
        return plain(values[0]) if values and legacy.get("ComparisonOperator", "EQ") == "EQ" else None
    expression = params.get("KeyConditionExpression")
    if not expression:
        return None
    placeholders = params.get("ExpressionAttributeNames") or {}
    values = params.get("ExpressionAttributeValues") or {}
    tokens = [match.group() for match in _TOKEN.finditer(expression)]
    for left, operator, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if operator != "=":
            continue
        if right.startswith(":") and placeholders.get(left, left) == hash_key:
            return plain(values.get(right))
        if left.startswith(":") and placeholders.get(right, right) == hash_key:
            return plain(values.get(left))
    return None
