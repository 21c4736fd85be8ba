"""Filling AWS's ARN templates from a request's parameters.

The service reference gives each resource type a template, `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`.
Its variables are found among the parameters by the habits of AWS's APIs: the member of the same name, or
of the resource type's name, with or without `Name`, `Id`, `Identifier`, `Arn` or `Url` at its end, in singular
or plural. A parameter that is a whole ARN of the right shape is taken as it is.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_SUFFIX = re.compile(r"(WithoutLeadingSlash|WithPath|Name|Identifier|Id|Arn|Alias)$")
_ENDINGS = ("", "name", "id", "identifier", "arn", "url")
_GENERIC = (
    *("name", "id", "identifier", "arn", "resourcearn", "resourceid", "resource"),
    *("names", "ids", "identifiers", "arns", "resourcearns", "resourceids", "resources"),
)
_SURE = "identifier"
_FIXED = frozenset(("Partition", "Region", "Account"))


def flatten(params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by lower-case name without hyphens; those of nested structures after the outer ones."""
    found: dict[str, Any] = {}
    nested: list[Mapping[str, Any]] = []
    for name, value in params.items():
        if value is None:
            continue
        found[normal(name)] = value
        if isinstance(value, Mapping):
            nested.append(value)
    for inner in nested:
        for name, value in inner.items():
            if isinstance(value, str | list):
                found.setdefault(normal(str(name)), value)
    return found


@lru_cache(maxsize=8192)
def normal(name: str) -> str:
    """A name as the comparison sees it."""
    return name.replace("-", "").replace("_", "").lower()


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable part of a template with the parameters that may fill it."""

    name: str
    own: tuple[str, ...]
    """Parameter names that can mean nothing else."""
    generic: tuple[str, ...]
    """`Name`, `Id` and the like: they mean this resource if the operation is about it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A resource type's ARN, ready to fill."""

    kind: str
    parts: tuple[str, ...]
    """Literal text and variables in turn, starting with text."""
    variables: tuple[Variable, ...]
    shape: re.Pattern[str]
    """What a whole ARN of this type looks like."""

    def fill(self, places: Mapping[str, str], values: Sequence[str | None]) -> str:
        """The ARN; a variable without a value becomes `*`, as AWS writes what is not known yet."""
        given = iter(values)
        filled = []
        for position, part in enumerate(self.parts):
            if position % 2 == 0:
                filled.append(part)
            elif part in _FIXED:
                filled.append(places[part])
            else:
                filled.append(_fitting(next(given, None), self.parts[position - 1]))
        return "".join(filled)


def _fitting(value: str | None, before: str) -> str:
    """A value as it follows the text before it: `parameter/` and `/a/b`, `p-` and `p-examplepolicy`."""
    if value is None:
        return "*"
    if before.endswith("/"):
        return value.removeprefix("/")
    return value.removeprefix(re.split("[:/]", before)[-1])


@lru_cache(maxsize=4096)
def template(kind: str, arn: str) -> Template:
    """The template of a resource type, read once."""
    parts = tuple(_VARIABLE.split(arn))
    free = [part for part in parts[1::2] if part not in _FIXED]
    last = free[-1] if free else ""
    shape = ""
    for position, part in enumerate(parts):
        if position % 2 == 0:
            shape += re.escape(part)
        elif part in _FIXED:
            shape += "[^:]*"
        elif part == last or part.endswith("Path"):
            shape += ".+"
        else:
            shape += "[^:/]+"
    # of `targetgroup/${TargetGroupName}/${TargetGroupId}` the first is what a request can name
    naming = next((name for name in free if normal(name) == normal(kind) + "name"), last)
    variables = tuple(_variable(name, kind, name == naming) for name in free)
    return Template(kind, parts, variables, re.compile(shape))


def _variable(name: str, kind: str, names_it: bool) -> Variable:
    stem = name
    while (cut := _SUFFIX.sub("", stem)) != stem and cut:
        stem = cut
    bases = [normal(name), normal(stem)]
    if names_it:
        bases.append(normal(kind))
    own: dict[str, None] = {}
    for base in bases:
        for ending in _ENDINGS:
            own[base + ending] = None
            own[f"{base}{ending}s"] = None
    return Variable(name, tuple(key for key in own if key not in _GENERIC), _GENERIC if names_it else ())


@dataclass(frozen=True, slots=True)
class Filled:
    """What the parameters say about one resource type."""

    arns: tuple[str, ...]
    by_arn: bool = False
    """A parameter was an ARN of this type."""
    used: frozenset[str] = frozenset()
    """The parameters that named the resource; none: all its variables are `*`."""
    complete: bool = True
    """Every variable has a value."""


def resolve(
    shape: Template, params: Mapping[str, Any], places: Mapping[str, str], *, generic: bool
) -> Filled:
    """The resources of one type that a request names.

    Args:
        params: flattened parameters.
        places: `Partition`, `Region`, `Account` of the call.
        generic: whether `Name`, `Id` … may mean this type.
    """
    whole = _whole_arns(shape, params)
    if whole:
        # a second resource of the type may be named beside it: a copy's target and its source
        rest = {
            name: value
            for name, value in params.items()
            if not any(text.startswith("arn:") for text in _texts(value))
        }
        beside = _by_name(shape, rest, places, generic=False, about=generic)
        others = beside.arns if beside.used and beside.complete else ()
        return Filled((*whole, *others), by_arn=True, used=frozenset(whole.values()) | beside.used)
    return _by_name(shape, params, places, generic=generic, about=generic)


def _by_name(
    shape: Template, params: Mapping[str, Any], places: Mapping[str, str], *, generic: bool, about: bool
) -> Filled:
    """Whatever can mean the resource is asked for: nobody knows which of two names the service will go by.

    Args:
        about: whether the operation is about this type, so that an `Identifier` is one of it.
    """
    values: list[list[str | None] | None] = []
    used: set[str] = set()
    account = places
    for variable in shape.variables:
        sure = (*variable.own, _SURE) if about and variable.generic else variable.own
        given = [name for name in sure if _texts(params.get(name))]
        if not given and generic:
            given = [name for name in variable.generic if _texts(params.get(name))][:1]
        used.update(given)
        found = [_bare(text, name) for name in given for text in _texts(params[name])]
        for name in given:
            if name.endswith("url"):
                account = _account_in_url(_texts(params[name])[0], places)
        values.append(list(dict.fromkeys(found)) or None)
    if not used:
        return Filled((shape.fill(places, ()),), complete=not shape.variables)
    widest = max((len(v) for v in values if v), default=1)
    arns = tuple(
        shape.fill(account, [v[min(i, len(v) - 1)] if v else None for v in values]) for i in range(widest)
    )
    return Filled(arns, used=frozenset(used), complete=all(values))


def _whole_arns(shape: Template, params: Mapping[str, Any]) -> dict[str, str]:
    """ARNs of this type among the parameters, with the parameter that held them."""
    found: dict[str, str] = {}
    for name, value in params.items():
        for text in _texts(value):
            if text.startswith("arn:") and shape.shape.fullmatch(text):
                found.setdefault(text, name)
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, bool):
        return []
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return list(value)
    return []


def _bare(text: str, parameter: str) -> str | None:
    """The name inside an ARN or URL; None for what should be an ARN and isn't, whose name is anybody's guess."""
    if parameter.endswith("url"):  # as the service reads it, even where it isn't a whole URL
        return text.rsplit("/", 1)[-1]
    if text.startswith("arn:"):
        return re.split("[:/]", text)[-1]
    if parameter.endswith(("arn", "arns")) and ("/" in text or ":" in text):
        return None
    return text


def _account_in_url(url: str, places: Mapping[str, str]) -> Mapping[str, str]:
    """A queue's URL names its account, too: `https://sqs.us-east-1.amazonaws.com/123456789012/name`."""
    found = re.search(r"/(\d{12})/[^/]+/?$", url)
    return {**places, "Account": found[1]} if found else places
