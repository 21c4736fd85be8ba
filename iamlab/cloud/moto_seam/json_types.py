"""Values of a JSON body that aren't of the type that the service's model gives them.

AWS's services read JSON with a parser made from their model and say where it stopped, in words that know JSON's types
and Java's. moto would turn a number into a text, take a text for a list of letters, or fail on it.

In: the shape of an operation's input, and its body. Out: AWS's words, or '' where all types are right.

https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_MAP_STARTS = "Start of structure or map found where not expected"
_LIST_STARTS = "Start of list found where not expected"
_ARTICLES = {"Integer": "an"}
# type of the model → Java's, and Python's types of the JSON values that can become one
_SCALARS: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "string": ("String", (str,)),
    "character": ("String", (str,)),
    "boolean": ("Boolean", (bool,)),
    "integer": ("Integer", (int, float)),
    "long": ("Long", (int, float)),
    "float": ("Float", (int, float, str)),
    "double": ("Double", (int, float, str)),
    "timestamp": ("Timestamp", (int, float, str)),
    "blob": ("Blob", (str,)),
}
_NAMED_NUMBERS = frozenset({"NaN", "Infinity", "-Infinity"})
# Services whose parser puts it a little differently.
_SHORT = frozenset({"dynamodb", "dynamodbstreams", "ecs"})


def misfit(service: str, shape: Any, body: bytes) -> str:
    """What is wrong with a body's types, in the service's words; '' if nothing is.

    Args:
        service: boto3's name.
        shape: the operation's input; of REST operations, what is in the body.
    """
    try:
        content = json.loads(body) if body.strip() else {}
    except ValueError:
        return "Unable to parse the request body"
    return next(_misfits(shape, content, service in _SHORT), "")


def _misfits(shape: Any, value: Any, short: bool) -> Iterator[str]:
    kind = shape.type_name
    if value is None or getattr(shape, "is_document_type", False):
        return
    if kind == "structure":
        if not isinstance(value, dict):
            yield _not_a(value, "Expected map or null", short)
            return
        members = _in_body(shape)
        for name, part in value.items():
            if part is not None and name in members:
                yield from _misfits(members[name], part, short)
    elif kind == "map":
        if not isinstance(value, dict):
            yield _not_a(value, "Expected map or null", short)
            return
        for part in value.values():
            yield from _misfits(shape.value, part, short)
    elif kind == "list":
        if not isinstance(value, list):
            yield _not_a(value, "Expected list or null", short)
            return
        for part in value:
            yield from _misfits(shape.member, part, short)
    elif kind in _SCALARS:
        name, types = _SCALARS[kind]
        if not _fits(value, types, kind):
            yield _not_scalar(value, name, short)


@cache
def _in_body(shape: Any) -> dict[str, Any]:
    """The members of a structure that stand in a body, by their names there."""
    return {
        member.serialization.get("name", name): member
        for name, member in shape.members.items()
        if "location" not in member.serialization
    }


def _fits(value: Any, types: tuple[type, ...], kind: str) -> bool:
    if isinstance(value, bool):
        return bool in types
    if isinstance(value, str) and kind in ("float", "double"):
        return value in _NAMED_NUMBERS
    return isinstance(value, types)


def _not_a(value: Any, expected: str, short: bool) -> str:
    """A structure, map or list was expected."""
    if isinstance(value, (dict, list)):
        return _MAP_STARTS if isinstance(value, dict) else _LIST_STARTS
    return "Unexpected field type" if short else expected


def _not_scalar(value: Any, name: str, short: bool) -> str:
    if isinstance(value, (dict, list)):
        return _MAP_STARTS if isinstance(value, dict) else _LIST_STARTS
    token = (
        "STRING" if isinstance(value, str) else str(value).upper() if isinstance(value, bool) else "NUMBER"
    )
    if short:
        return f"{token}_VALUE cannot be converted to {name}"
    return f"{token}_VALUE can not be converted to {_ARTICLES.get(name, 'a')} {name}"
