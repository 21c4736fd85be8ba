"""Policy variables: `${aws:username}`, defaults, and the escapes `${*}`, `${?}`, `${$}`.

Comes in: the text of a resource or of a condition value, from a policy of version 2012-10-17. Goes out: a tuple of
parts, which `fill` turns into pattern tokens with a request's values. Text that comes from a request is data: a `*`
in a tag's value never becomes a wildcard.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from iamlab.policy.glob import Token, tokens_of

__all__ = ["Part", "Values", "Variable", "VariableError", "fill", "has_variables", "keys_of", "template"]

Values = Mapping[str, str | tuple[str, ...]]
"""A request's context: lower-case keys; a tuple is a multivalued key."""

_ESCAPES: Final = {"*": "*", "?": "?", "$": "$"}
_NAME = re.compile(r"[^\s:${}*?',]+:[^\s${}*?',]+")
_DEFAULT = re.compile(r"\s*,\s*'")


class VariableError(ValueError):
    """The text of a variable can't be read; carries the issue code of AWS's policy validation."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Variable:
    """One `${key}` or `${key, 'default'}`."""

    __slots__ = ("default", "key", "name")

    def __init__(self, name: str, default: str | None) -> None:
        self.name = name
        self.key = name.lower()
        self.default = default


Part = Token | Variable


def has_variables(text: str) -> bool:
    """Whether the text holds anything that version 2012-10-17 would treat as a variable."""
    return "${" in text


def template(text: str, wildcards: bool) -> tuple[Part, ...]:
    """Read a text with variables.

    Args:
        text: as it stands in the policy.
        wildcards: whether `*` and `?` outside of variables are wildcards here.

    Raises:
        VariableError: a variable is malformed.
    """
    parts: list[Part] = []
    at = 0
    while at < len(text):
        start = text.find("${", at)
        literal = text[at:] if start < 0 else text[at:start]
        if literal:
            parts.extend(tokens_of(literal) if wildcards else [literal])
        if start < 0:
            break
        part, at = _variable(text, start)
        parts.append(part)
    return tuple(parts)


def _variable(text: str, start: int) -> tuple[Part, int]:
    inner = start + 2
    if text[inner : inner + 1] in _ESCAPES and text[inner + 1 : inner + 2] == "}":
        return _ESCAPES[text[inner]], inner + 2
    match = _NAME.match(text, inner)
    close = text.find("}", inner)
    if close < 0:
        raise VariableError(
            "MISSING_BRACE_IN_VARIABLE", f"the variable `{text[start:]}` has no closing brace"
        )
    whole = text[start : close + 1]
    if not text[inner:close].strip():
        raise VariableError("EMPTY_VARIABLE", f"the variable `{whole}` names no key")
    if match is None:
        if text[inner] == " ":
            raise VariableError(
                "UNSUPPORTED_SPACE_IN_VARIABLE", f"the variable `{whole}` holds a space: remove it"
            )
        raise VariableError("INVALID_VARIABLE", f"`{whole}` is not a variable: write `${{service:key}}`")
    after = match.end()
    if text[after] == "}":
        return Variable(match.group(), None), after + 1
    quote = _DEFAULT.match(text, after)
    if quote is None:
        if text[after] == " ":
            raise VariableError(
                "UNSUPPORTED_SPACE_IN_VARIABLE", f"the variable `{whole}` holds a space: remove it"
            )
        if text[after:close].lstrip().startswith(","):
            raise VariableError(
                "MISSING_QUOTE_IN_VARIABLE", f"the default in `{whole}` needs single quotes around it"
            )
        raise VariableError("INVALID_VARIABLE", f"`{whole}` is not a variable: variables can't be nested")
    end = text.find("'}", quote.end())
    if end < 0:
        raise VariableError(
            "MISSING_QUOTE_IN_VARIABLE", f"the default in `{whole}` has no closing quote and brace"
        )
    return Variable(match.group(), text[quote.end() : end]), end + 2


def keys_of(parts: Sequence[Part]) -> Iterator[str]:
    """The keys that a template asks for, as written."""
    return (part.name for part in parts if isinstance(part, Variable))


def fill(parts: Sequence[Part], values: Values) -> list[Token] | None:
    """Put a request's values in; None when a variable has neither value nor default.

    Only single-valued keys can stand in variables, and an empty value counts as none.
    """
    tokens: list[Token] = []
    for part in parts:
        if isinstance(part, Variable):
            value = values.get(part.key)
            if value.__class__ is str and value:
                tokens.append(value)
            elif part.default is not None and not value:
                tokens.append(part.default)
            else:
                return None
        else:
            tokens.append(part)
    return tokens
