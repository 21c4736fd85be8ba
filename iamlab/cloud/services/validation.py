"""Refusals of parameters in AWS's words, from the constraints in the service models.

botocore carries each parameter's minimum, maximum, pattern and enumeration, and AWS answers a breach of any of them
in one form for all operations of IAM and STS:

    1 validation error detected: Value 'x' at 'roleSessionName' failed to satisfy constraint: Member must …

STS shows the value, IAM leaves it out.

In: a call. Out: nothing, or `AwsError("ValidationError")` that names every breach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError

# Java's Unicode classes, as far as AWS's patterns use them.
_CLASSES = {r"\p{L}": r"\w", r"\p{Z}": r"\s", r"\p{N}": r"\d"}

# IAM words a bad name or path in its own way, after it has held all parameters against the model's other limits.
_NAMES = {
    "groupName",
    "instanceProfileName",
    "newGroupName",
    "newUserName",
    "policyName",
    "roleName",
    "serverCertificateName",
    "userName",
    "virtualMFADeviceName",
}
_IAM_WORDS = {
    "name": "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    "path": "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
    "prefix": "It must begin with the / character and contain only alphanumeric characters and/or / characters.",
}

# Services that say the same once more for each field.
# https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidationException.html
_FIELD_LISTS = frozenset({"accessanalyzer"})

Breach = tuple[str, str, str]
"""Path of a parameter, its value as AWS shows it (perhaps not at all), and the constraint that it fails."""

_NULL = "null"
_FORM = "regular expression"


def validate(call: Call) -> None:
    """Hold a call's parameters against its service's model.

    Raises:
        AwsError: `ValidationError` (of services that speak JSON `ValidationException`), 400.
    """
    shape = call.model.input_shape
    if shape is None:
        return
    breaches = list(_structure(shape, call.params, ""))
    if call.service == "iam":
        breaches = _as_iam_tells(breaches)
    if breaches:
        code = "ValidationException" if "json" in call.protocol else "ValidationError"
        error = constraint_error(*breaches, code=code)
        if call.service in _FIELD_LISTS:
            fields = [{"name": path, "message": constraint} for path, _, constraint in breaches]
            error.members = {"reason": "fieldValidationFailed", "fieldList": fields}
        raise error


def _as_iam_tells(breaches: list[Breach]) -> list[Breach]:
    """Breaches without the values; a name or path of another form is told alone, if nothing else is wrong."""
    forms = [(path, _iam_words(path) if _FORM in constraint else None) for path, _, constraint in breaches]
    others = [breach for breach, (_, words) in zip(breaches, forms, strict=True) if words is None]
    if breaches and not others:
        path, words = forms[0]
        raise AwsError("ValidationError", f"The specified value for {path} is invalid. {words}")
    return [(path, value if value == _NULL else "", constraint) for path, value, constraint in others]


def constraint_error(*breaches: Breach, code: str = "ValidationError") -> AwsError:
    """The error for these breaches."""
    found = "; ".join(
        f"Value{value and ' ' + value} at '{path}' failed to satisfy constraint: {constraint}"
        for path, value, constraint in breaches
    )
    plural = "s" if len(breaches) > 1 else ""
    return AwsError(code, f"{len(breaches)} validation error{plural} detected: {found}")


def _iam_words(path: str) -> str | None:
    if path in _NAMES:
        return _IAM_WORDS["name"]
    if path == "pathPrefix":
        return _IAM_WORDS["prefix"]
    return _IAM_WORDS["path"] if path in ("path", "newPath") else None


def _structure(shape: Any, values: dict[str, Any], prefix: str) -> Iterator[Breach]:
    for name in shape.required_members:
        if values.get(name) is None:
            yield prefix + _wire(name), _NULL, "Member must not be null"
    for name, member in shape.members.items():
        value = values.get(name)
        if value is not None:
            yield from _member(member, value, prefix + _wire(name))


def _member(shape: Any, value: Any, path: str) -> Iterator[Breach]:
    kind = shape.type_name
    if kind == "structure":
        yield from _structure(shape, value, path + ".")
        return
    limits = shape.metadata
    if kind == "list":
        yield from _bounds(limits, len(value), path, f"'[{', '.join(map(_brief, value))}]'", "length")
        for number, item in enumerate(value, 1):
            yield from _member(shape.member, item, f"{path}.{number}.member")
    elif kind == "string":
        shown = "" if limits.get("sensitive") else f"'{value}'"  # AWS leaves secrets out
        pattern = limits.get("pattern")
        if pattern is not None and not _compiled(pattern).fullmatch(value):
            yield path, shown, f"Member must satisfy regular expression pattern: {_unescaped(pattern)}"
        yield from _bounds(limits, len(value), path, shown, "length")
        allowed = limits.get("enum")
        if allowed and value not in allowed:
            yield path, shown, f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    elif kind in ("integer", "long", "float", "double"):
        yield from _bounds(limits, value, path, f"'{value}'", "value")


def _bounds(limits: Any, size: float, path: str, shown: str, what: str) -> Iterator[Breach]:
    low, high = limits.get("min"), limits.get("max")
    if low is not None and size < low:
        yield path, shown, f"Member must have {what} greater than or equal to {low}"
    if high is not None and size > high:
        yield path, shown, f"Member must have {what} less than or equal to {high}"


def _wire(name: str) -> str:
    return name[0].lower() + name[1:]


def _brief(value: Any) -> str:
    return ", ".join(map(str, value.values())) if isinstance(value, dict) else str(value)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    # Java's \w is ASCII; where AWS means letters of any script it says \p{L}.
    flags = re.NOFLAG if r"\p{" in pattern else re.ASCII
    for java, python in _CLASSES.items():
        pattern = pattern.replace(java, python)
    return re.compile(pattern.replace(r"\u10000-\u10FFFF", "\U00010000-\U0010ffff"), flags)


def _unescaped(pattern: str) -> str:
    """As AWS shows it: `/` instead of its code."""
    return pattern.replace(r"\u002F", "/")
