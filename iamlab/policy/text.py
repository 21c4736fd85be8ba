"""From JSON values to the text that policies compare, and back from a document to text.

Comes in: Python values as `json` makes them. Goes out: the text of a scalar (`true`, `1.50` as written), the items of
a value that may be a list or stand alone, and a document's text in AWS's usual layout.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["MAX_DEPTH", "DuplicateKeys", "RawFloat", "copied", "dump", "listed", "load", "scalar_text"]

# A policy needs about six levels. The bound keeps every walk over a document safe from the recursion limit.
MAX_DEPTH: Final = 128


class RawFloat(float):
    """A JSON number with a point or an exponent that remembers how it was written."""

    raw: str

    def __new__(cls, raw: str) -> RawFloat:
        self = super().__new__(cls, raw)
        self.raw = raw
        return self


class DuplicateKeys(dict[str, Any]):
    """An object in whose text a key stands twice; `pairs` keeps all of it."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs

    @property
    def repeated(self) -> list[str]:
        """The keys that stand more than once."""
        names = [key for key, _ in self.pairs]
        return [key for key in self if names.count(key) > 1]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else DuplicateKeys(pairs)


def _constant(name: str) -> Any:
    raise ValueError(f"`{name}` is not JSON")


def load(text: str) -> Any:
    """Read JSON strictly and fast, keeping duplicate keys and the spelling of numbers.

    Raises:
        ValueError: the text is not JSON, or nests too deeply; `places.parse` then says where and why.
    """
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        from iamlab.policy.places import parse

        parse(text)  # brackets in strings may have been counted: this one knows, and raises if need be

    import json  # here, since plain data needs no reader

    return json.loads(text, object_pairs_hook=_object, parse_float=RawFloat, parse_constant=_constant)


def _depth(text: str) -> int:
    """An upper bound of the nesting: brackets inside of strings count too."""
    depth = deepest = 0
    for char in text:
        if char in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "}]":
            depth -= 1
    return deepest


def scalar_text(value: Any) -> str | None:
    """The text of a string, number or boolean; None for anything else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, RawFloat):
        return value.raw
    if isinstance(value, int | float):
        return str(value)
    return None


def listed(value: Any) -> Iterable[tuple[int | None, Any]]:
    """Items with their index; a value that stands alone has index None."""
    return enumerate(value) if isinstance(value, list | tuple) else ((None, value),)


def copied(value: Any, depth: int = 0) -> Any:
    """A plain copy of JSON-like data.

    Raises:
        ValueError: it nests too deeply.
    """
    if value.__class__ is str:
        return value
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if value.__class__ is list:
        return [item if item.__class__ is str else copied(item, depth + 1) for item in value]
    if isinstance(value, DuplicateKeys):
        return DuplicateKeys([(key, copied(item, depth + 1)) for key, item in value.pairs])
    if isinstance(value, Mapping):
        return {str(key): copied(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [copied(item, depth + 1) for item in value]
    return value


def dump(value: Any, indent: int = 4) -> str:
    """A document's text in the layout of AWS's own examples."""
    return "".join(_write(value, indent, 0))


def _write(value: Any, indent: int, level: int) -> Iterable[str]:
    import json

    if isinstance(value, Mapping):
        pairs = value.pairs if isinstance(value, DuplicateKeys) else list(value.items())
        yield from _bracketed(
            "{", "}", indent, level, [(json.dumps(key) + ": ", item) for key, item in pairs]
        )
    elif isinstance(value, list | tuple):
        yield from _bracketed("[", "]", indent, level, [("", item) for item in value])
    elif isinstance(value, RawFloat):
        yield value.raw
    else:
        yield json.dumps(value, default=str)


def _bracketed(
    opening: str, closing: str, indent: int, level: int, items: list[tuple[str, Any]]
) -> Iterable[str]:
    yield opening
    for index, (prefix, item) in enumerate(items):
        yield ("," if index else "") + "\n" + " " * indent * (level + 1) + prefix
        yield from _write(item, indent, level + 1)
    yield ("\n" + " " * indent * level if items else "") + closing
