"""The condition operators, as a table. A new operator is one entry.

Comes in: an operator's name as written in a policy, with its prefix and suffix. Goes out: its row of `OPERATORS` and
the quantifier. A row says how to read a policy's value (which may refuse it), and whether the result is negated; the
rules of absent keys, IfExists and quantifiers are the same for all and live in `conditions`.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import Any, Final, NamedTuple

from iamlab.policy import values
from iamlab.policy.glob import Predicate, Token, arn_glob, glob, tokens_of

__all__ = ["NULL", "OPERATORS", "Operator", "Spelled", "predicate_of", "spell"]

_REMEMBERED: Final = 2048

Reader = Callable[[Sequence[Token]], Predicate | None]
"""Makes the predicate of one policy value, given as pattern tokens; None when the value is malformed."""


class Operator(NamedTuple):
    """One row of the table.

    Attributes:
        name: as written in policies, without prefix and suffix.
        read: makes the predicate of one policy value.
        type: the kind of value, for people (`a number`).
        phrase: how the comparison reads in a sentence (`is less than`), before negation.
        negated: whether the predicate's opposite counts.
        wildcards: whether `*` and `?` in a policy value are wildcards.
        variables: whether policy variables may stand in a value.
        exact: plain text comparison, so that many values can be looked up at once.
    """

    name: str
    read: Reader
    type: str
    phrase: str
    negated: bool = False
    wildcards: bool = False
    variables: bool = False
    exact: bool = False

    @property
    def opposite(self) -> str:
        """How the comparison's failing reads in a sentence (`is not less than`)."""
        verb, _, rest = self.phrase.partition(" ")
        return f"{_OPPOSITES[verb]} {rest}".rstrip()


def _text(tokens: Sequence[Token]) -> str:
    return "".join(map(str, tokens))


def _equals(tokens: Sequence[Token]) -> Predicate | None:
    return _text(tokens).__eq__


def _equals_ignoring_case(tokens: Sequence[Token]) -> Predicate | None:
    wanted = _text(tokens).lower()
    return lambda text: text.lower() == wanted


def _compared(parse: Callable[[str], Any], relation: Callable[[Any, Any], bool]) -> Reader:
    def read(tokens: Sequence[Token]) -> Predicate | None:
        wanted = parse(_text(tokens))
        if wanted is None:
            return None

        def match(text: str) -> bool:
            value = parse(text)
            return value is not None and relation(value, wanted)

        return match

    return read


def _in_network(tokens: Sequence[Token]) -> Predicate | None:
    wanted = values.network(_text(tokens))
    if wanted is None:
        return None
    version, bits, width = wanted

    def match(text: str) -> bool:
        value = values.address(text)
        return value is not None and value[0] == version and value[1] >> width == bits

    return match


_OPPOSITES: Final = {
    "is": "is not",
    "equals": "doesn't equal",
    "matches": "doesn't match",
    "holds": "doesn't hold",
    "lies": "doesn't lie",
}

_RELATIONS: Final = (
    ("Equals", eq, "equals"),
    ("LessThan", lt, "is less than"),
    ("LessThanEquals", le, "is at most"),
    ("GreaterThan", gt, "is greater than"),
    ("GreaterThanEquals", ge, "is at least"),
)
_DATE_PHRASES: Final = {
    "Equals": "is the same moment as",
    "LessThan": "is before",
    "LessThanEquals": "is not after",
    "GreaterThan": "is after",
    "GreaterThanEquals": "is not before",
}

_ROWS: Final = (
    Operator("StringEquals", _equals, "text", "equals", variables=True, exact=True),
    Operator("StringNotEquals", _equals, "text", "equals", negated=True, variables=True, exact=True),
    Operator(
        "StringEqualsIgnoreCase", _equals_ignoring_case, "text", "equals (ignoring case)", variables=True
    ),
    Operator(
        "StringNotEqualsIgnoreCase",
        _equals_ignoring_case,
        "text",
        "equals (ignoring case)",
        negated=True,
        variables=True,
    ),
    Operator("StringLike", glob, "text", "matches the pattern", wildcards=True, variables=True),
    Operator(
        "StringNotLike", glob, "text", "matches the pattern", negated=True, wildcards=True, variables=True
    ),
    *(
        Operator(f"Numeric{suffix}", _compared(values.number, relation), "a number", phrase)
        for suffix, relation, phrase in _RELATIONS
    ),
    Operator("NumericNotEquals", _compared(values.number, eq), "a number", "equals", negated=True),
    *(
        Operator(f"Date{suffix}", _compared(values.instant, relation), "a date", _DATE_PHRASES[suffix])
        for suffix, relation, _ in _RELATIONS
    ),
    Operator("DateNotEquals", _compared(values.instant, eq), "a date", _DATE_PHRASES["Equals"], negated=True),
    Operator("Bool", _compared(values.truth, eq), "`true` or `false`", "is"),
    Operator("BinaryEquals", _compared(values.binary, eq), "base64 text", "holds the same bytes as"),
    Operator("IpAddress", _in_network, "an IP address or CIDR range", "lies in"),
    Operator("NotIpAddress", _in_network, "an IP address or CIDR range", "lies in", negated=True),
    *(
        Operator(
            name, arn_glob, "an ARN", "matches the ARN", negated="Not" in name, wildcards=True, variables=True
        )
        for name in ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike")
    ),
)

NULL: Final = Operator("Null", _compared(values.truth, eq), "`true` or `false`", "is absent")

OPERATORS: Final = {row.name: row for row in (*_ROWS, NULL)}


@lru_cache(_REMEMBERED)
def predicate_of(name: str, text: str) -> Predicate | None:
    """The predicate of a policy value without variables; None when it is malformed. Equal values share one."""
    row = OPERATORS[name]
    return row.read(tokens_of(text) if row.wildcards else [text])


class Spelled(NamedTuple):
    """An operator as a policy spells it.

    Attributes:
        operator: its row.
        quantifier: `""`, `ForAllValues` or `ForAnyValue`.
        if_exists: whether the suffix IfExists stands there.
    """

    operator: Operator
    quantifier: str
    if_exists: bool


def spell(name: str) -> Spelled | None:
    """Read an operator's name; None when there is no such operator (the case of letters counts)."""
    quantifier, colon, base = name.rpartition(":")
    if colon and quantifier not in ("ForAllValues", "ForAnyValue"):
        return None
    row = OPERATORS.get(base)
    if row is not None:
        return Spelled(row, quantifier, False)
    row = OPERATORS.get(base.removesuffix("IfExists"))
    if row is None or row is NULL:
        return None
    return Spelled(row, quantifier, True)
