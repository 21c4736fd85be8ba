"""Policy variables where, or in a version in which, they are plain text.

Malformed variables the grammar reports.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from iamlab.policy.findings import Fix
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import Entry, StatementView

__all__ = ["CHECKS"]

_VARIABLE = re.compile(r"\$\{(?:[*?$]|[^\s:${}]+:[^${}]*)\}")
_VERSIONED: Final = ("2008-10-17", None)


def _check(report: Report) -> None:
    old = report.view.version in _VERSIONED and not _odd_version(report)
    for statement in report.view.statements:
        for entry in _unfilled(statement):
            if "${" in entry.text:
                message = f"`{entry.text}`: variables are filled in only in resources and condition values"
                report.at("VARIABLE_UNSUPPORTED_IN_ELEMENT", message, entry)
        if old:
            for entry in _filled(statement):
                if _VARIABLE.search(entry.text):
                    message = (
                        f"`{entry.text}` is plain text in this version: variables need `Version` `2012-10-17`"
                    )
                    report.at("VARIABLE_UNSUPPORTED_IN_VERSION", message, entry, _newer(report))


def _odd_version(report: Report) -> bool:
    element = report.view.elements.get("Version")
    return element is not None and element.node.kind != "string"


def _unfilled(statement: StatementView) -> Iterator[Entry]:
    for name in ("Sid", "Effect", "Action", "NotAction"):
        if name in statement.elements:
            yield from statement.elements[name].entries
    yield from statement.principals


def _filled(statement: StatementView) -> Iterator[Entry]:
    for name in ("Resource", "NotResource"):
        if name in statement.elements:
            yield from statement.elements[name].entries
    for test in statement.tests:
        if test.spelled is not None and test.spelled.operator.variables:
            yield from test.values


def _newer(report: Report) -> Fix | None:
    element = report.view.elements.get("Version")
    if element is not None:
        return report.replace(element.node, "2012-10-17")
    members = report.view.root.value
    if not members:
        return None
    start = report.view.root.start + 1
    before = report.view.text[start : members[0][0].start]
    return report.fix('add `"Version": "2012-10-17"`', (start, start, f'{before}"Version": "2012-10-17",'))


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
