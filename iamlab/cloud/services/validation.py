"""Parameters held against the constraints in the service models.

botocore carries each parameter's minimum, maximum, pattern and enumeration, and what must be there at all. AWS's
services are generated from the same models, and word each breach in one form:

    Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must …

What a service makes of its breaches (code, words around them) is `parameter_rules`' matter.

In: a shape of a model and a value. Out: breaches.

https://smithy.io/2.0/spec/constraint-traits.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from iamlab.cloud.errors import AwsError

# Java's Unicode classes, as far as AWS's patterns use them.
_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{Z}": r"\s",
    r"\p{N}": r"\d",
    r"\p{Print}": "[\x20-\x7e]",
    r"\u10000-\u10FFFF": "\U00010000-\U0010ffff",
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",
}
_BEYOND = 65_535
"""A length of DynamoDB's names that is no limit of its own: an item ends before."""
_NUMBERS = ("integer", "long", "float", "double")
NULL = "null"
MISSING = "Member must not be null"
"""The constraint of a parameter that isn't there."""


class Breach(NamedTuple):
    """One constraint that one parameter fails."""

    path: str
    value: str
    """As AWS shows it: `null`, or in quotes; '' where it doesn't show it."""
    constraint: str


def breaches(shape: Any, values: dict[str, Any], prefix: str = "") -> Iterator[Breach]:
    """Every breach of a structure's constraints, in the order of the model."""
    for name in shape.required_members:
        if values.get(name) is None:
            shown = "" if _is_secret(shape.members[name]) else NULL
            yield Breach(prefix + _wire(name), shown, MISSING)
    for name, member in shape.members.items():
        value = values.get(name)
        if value is not None:
            yield from _of_member(member, value, prefix + _wire(name))


def constraint_error(
    *found: tuple[str, str, str], code: str = "ValidationError", status: int = 400
) -> AwsError:
    """The error that most services answer breaches with."""
    told = "; ".join(
        f"Value{value and ' ' + value} at '{path}' failed to satisfy constraint: {constraint}"
        for path, value, constraint in found
    )
    plural = "s" if len(found) > 1 else ""
    return AwsError(code, f"{len(found)} validation error{plural} detected: {told}", status)


def _of_member(shape: Any, value: Any, path: str) -> Iterator[Breach]:
    kind = shape.type_name
    if kind in ("map", "structure") and _is_free(shape):
        return
    if kind == "structure":
        if isinstance(value, dict):
            yield from breaches(shape, value, path + ".")
    elif kind == "list":
        yield from _of_list(shape, value, path)
    elif kind == "map":
        yield from _of_map(shape, value, path)
    else:
        for constraint in _broken(shape, value):
            yield Breach(path, _shown(shape, value), constraint)


def _of_list(shape: Any, values: list[Any], path: str) -> Iterator[Breach]:
    """Items that are structures are told one by one, others all at once."""
    shown = _shown(shape, values)
    for constraint in _broken(shape, values):
        yield Breach(path, shown, constraint)
    if shape.member.type_name == "structure":
        for number, item in enumerate(values, 1):
            if item is not None:
                yield from _of_member(shape.member, item, f"{path}.{number}.member")
    elif any(map(_is_broken, [shape.member] * len(values), values)):
        yield Breach(path, shown, f"Member must satisfy constraint: {_listed(shape.member, values)}")


def _of_map(shape: Any, values: dict[str, Any], path: str) -> Iterator[Breach]:
    for constraint in _broken(shape, values):
        yield Breach(path, _shown(shape, values), constraint)
    if any(_is_broken(shape.key, key) for key in values):
        constraint = f"Map keys must satisfy constraint: {_listed(shape.key, values)}"
        yield Breach(path, _shown(shape, values), constraint)
    if shape.value.type_name == "structure":
        for key, item in values.items():
            if isinstance(item, dict):
                yield from breaches(shape.value, item, f"{path}.{key}.member.")
    elif any(_is_broken(shape.value, item) for item in values.values()):
        constraint = f"Map value must satisfy constraint: {_listed(shape.value, values.values())}"
        yield Breach(path, _shown(shape, values), constraint)


@cache
def _is_free(shape: Any) -> bool:
    """Whether no value of this type could breach anything: DynamoDB's items, which would be long to walk."""
    return _free_below(shape, frozenset())


def _free_below(shape: Any, above: frozenset[str]) -> bool:
    limits, kind = shape.metadata, shape.type_name
    told = {name: limits[name] for name in ("enum", "max", "min", "pattern") if limits.get(name) is not None}
    if told not in ({}, {"max": _BEYOND}):
        return False
    if kind == "structure":
        if shape.required_members:
            return False
        inner = above | {shape.name}
        return shape.name in above or all(_free_below(part, inner) for part in shape.members.values())
    parts = (shape.key, shape.value) if kind == "map" else (shape.member,) if kind == "list" else ()
    return all(_free_below(part, above) for part in parts)


# ---------------------------------------------------------------- one value
def _is_broken(shape: Any, value: Any) -> bool:
    return value is None or next(_broken(shape, value), None) is not None


def _broken(shape: Any, value: Any) -> Iterator[str]:
    """The constraints of a shape that a value fails, its members left aside."""
    limits, kind = shape.metadata, shape.type_name
    is_text = kind == "string" and isinstance(value, str)
    pattern, allowed = limits.get("pattern"), limits.get("enum")
    if is_text and pattern is not None and not _is_of_form(value, pattern):
        yield _of_form(pattern)
    size = value if kind in _NUMBERS else len(value) if hasattr(value, "__len__") else None
    if size is not None:
        low, high = limits.get("min"), limits.get("max")
        if low is not None and size < low:
            yield _at_least(kind, low)
        if high is not None and size > high:
            yield _at_most(kind, high)
    if is_text and allowed and value not in allowed:
        yield _one_of(allowed)


def _listed(shape: Any, values: Any) -> str:
    """All constraints of a list's members, or of a map's keys or values, kept or not."""
    limits, kind = shape.metadata, shape.type_name
    told = []
    if limits.get("max") is not None:
        told.append(_at_most(kind, limits["max"]))
    if limits.get("min") is not None:
        told.append(_at_least(kind, limits["min"]))
    if limits.get("pattern") is not None:
        told.append(_of_form(limits["pattern"]))
    if limits.get("enum"):
        told.append(_one_of(limits["enum"]))
    if None in values:
        told.append(MISSING)
    return f"[{', '.join(told)}]"


def _at_least(kind: str, low: Any) -> str:
    return f"Member must have {'value' if kind in _NUMBERS else 'length'} greater than or equal to {low}"


def _at_most(kind: str, high: Any) -> str:
    return f"Member must have {'value' if kind in _NUMBERS else 'length'} less than or equal to {high}"


def _of_form(pattern: str) -> str:
    return f"Member must satisfy regular expression pattern: {_unescaped(pattern)}"


def _one_of(allowed: list[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(allowed)}]"


# ---------------------------------------------------------------- what AWS shows
def _shown(shape: Any, value: Any) -> str:
    """A value in quotes; AWS leaves secrets out."""
    return "" if _is_secret(shape) else f"'{_brief(value)}'"


def _is_secret(shape: Any) -> bool:
    if shape.metadata.get("sensitive"):
        return True
    return bool(shape.type_name == "list" and _is_secret(shape.member))


def _brief(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, (bytes, bytearray)):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_brief(item)}' for key, item in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_brief, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return NULL if value is None else str(value)


def _wire(name: str) -> str:
    return name[0].lower() + name[1:]


def _is_of_form(value: str, pattern: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(value) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern in Python's form; None where Python has no form for it, which then holds nobody up."""
    # Java's \w is ASCII; where AWS means letters of any script it says \p{L}.
    flags = re.NOFLAG if r"\p{" in pattern else re.ASCII
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    pattern = re.sub(r"(?<=\\w)-(?=[^\]])", r"\\-", pattern)  # a hyphen after a class can't begin a range
    try:
        return re.compile(pattern, flags)
    except re.error:
        return None


def _unescaped(pattern: str) -> str:
    """As AWS shows it: `/` instead of its code."""
    return pattern.replace(r"\u002F", "/")
