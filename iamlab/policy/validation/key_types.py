"""Operators against the type of their key, and values against each other.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.validation.keys import KeyFacts, look_up
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import TestView

__all__ = ["CHECKS"]

_FAMILIES: Final = (
    ("String", "String"),
    ("Numeric", "Numeric"),
    ("Date", "Date"),
    ("Bool", "Bool"),
    ("Binary", "Binary"),
    ("IpAddress", "IPAddress"),
    ("NotIpAddress", "IPAddress"),
    ("Arn", "ARN"),
)
# Families of operators that compare a key's type as it should be compared. Text operators read an ARN as text.
_ALLOWED: Final = {
    "String": ("String",),
    "ARN": ("ARN", "String"),
    "Bool": ("Bool",),
    "Numeric": ("Numeric",),
    "Date": ("Date",),
    "IPAddress": ("IPAddress",),
    "Binary": ("Binary",),
}
# Keys that can be compared in a second way, or that hold ARNs although their type is text.
_ALSO: Final = {"aws:epochtime": "Numeric", "aws:tokenissuetime": "Numeric"}
_OPERATORS: Final = {
    "String": "a string operator (`StringEquals`, `StringLike`)",
    "ARN": "an ARN operator (`ArnLike`)",
    "Bool": "`Bool`",
    "Numeric": "a numeric operator (`NumericEquals`, `NumericLessThan`)",
    "Date": "a date operator (`DateGreaterThan`, `DateLessThan`)",
    "IPAddress": "`IpAddress` or `NotIpAddress`",
    "Binary": "`BinaryEquals`",
}


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for test in statement.tests:
            if test.spelled is not None and test.base != "Null":
                _check_type(report, test, look_up(test.key))
            _check_values(report, test)


def _check_type(report: Report, test: TestView, facts: KeyFacts) -> None:
    family = next(family for begins, family in _FAMILIES if test.base.startswith(begins))
    allowed = _ALLOWED.get(facts.type)
    if allowed is None or family in allowed or _ALSO.get(test.lookup) == family:
        return
    if family == "ARN" and all(value.text.startswith(("arn:", "*")) for value in test.values):
        return  # AWS gives many keys that hold ARNs the type of text
    message = f"`{test.key}` is compared with {_OPERATORS[facts.type]}, not with `{test.operator}`"
    report.add("TYPE_MISMATCH", message, test.operator_key, test.path)


def _check_values(report: Report, test: TestView) -> None:
    kinds = dict.fromkeys(value.node.kind for value in test.values)
    if len(kinds) > 1:
        message = (
            f"the values of `{test.key}` are of several JSON types ({', '.join(kinds)}): write all in one way"
        )
        edits = [
            (value.node.start, value.node.end, f'"{value.text}"')
            for value in test.values
            if value.node.kind != "string"
        ]
        report.add(
            "INVALID_CONDITION_DATA_TYPE",
            message,
            test.node,
            test.path,
            report.fix("put all in quotes", *edits),
        )
    if len(test.values) > 1 and (test.base in ("Bool", "Null") or look_up(test.key).type == "Bool"):
        message = f"`{test.key}` takes one value, `true` or `false`"
        report.add("INVALID_CONDITION_MULTIPLE_BOOLEAN", message, test.node, test.path)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
