"""How much of a session's allowance its policies and tags take up: `PackedPolicySize`.

STS packs them into the session token. Its format isn't published; this one gives the percentages that AWS was seen to
give: texts with their length before them, names of services and of S3's ARNs in short, the structure of a statement in
a few bytes, and eight bytes or more that were there before as a reference to them.

In: session policies and tags. Out: percent of the allowance, which may be more than 100.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_ResponseElements
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

_ALLOWANCE = 374
_STATEMENT = bytes(range(230, 240))
_MANAGED = bytes([229])
_REFERENCE = 5
_SHORTEST_REFERENCE = 8
_S3_ARN = "arn:aws:s3:::"
_ARN = "arn:aws:"


def packed_percent(text: str | None, arns: Sequence[str], tags: Mapping[str, str]) -> int:
    """What an inline session policy, managed ones and tags take up, in percent."""
    parts = [*_document(text)] if text is not None else []
    parts += (_MANAGED + _text(arn) for arn in arns)
    for key, value in tags.items():
        parts += (_text(key), _text(value))
    size = _compressed(b"".join(parts))
    return max(1, (200 * size + _ALLOWANCE) // (2 * _ALLOWANCE))


def _document(text: str) -> Iterator[bytes]:
    for statement in _listed(json.loads(text).get("Statement")):
        yield _STATEMENT
        for action in _strings(statement, "Action", "NotAction"):
            service, colon, name = action.partition(":")
            yield _service(service) + _text(name) if colon else _text(action)
        for resource in _strings(statement, "Resource", "NotResource"):
            yield _text(resource.removeprefix(_S3_ARN).removeprefix(_ARN))
        for keys in statement.get("Condition", {}).values():
            for key, values in keys.items():
                yield from map(_text, (key, *map(str, _listed(values))))


def _strings(statement: Mapping[str, Any], *names: str) -> Iterable[str]:
    return (value for name in names for value in map(str, _listed(statement.get(name))))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _service(name: str) -> bytes:
    """Two bytes: which ones makes no difference, as long as a service has always the same."""
    return (sum(name.encode()) % 65_536).to_bytes(2, "little")


def _text(value: str) -> bytes:
    data = value.encode()
    return bytes([len(data) % 256]) + data


def _compressed(data: bytes) -> int:
    size = at = 0
    while at < len(data):
        length = _SHORTEST_REFERENCE
        if at + length > len(data) or data.find(data[at : at + length], 0, at) < 0:
            size, at = size + 1, at + 1
            continue
        while at + length < len(data) and data.find(data[at : at + length + 1], 0, at) >= 0:
            length += 1
        size, at = size + _REFERENCE, at + length
    return size
