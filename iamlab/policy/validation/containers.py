"""Empty lists and objects: allowed, and without effect.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.findings import Fix
from iamlab.policy.places import Node
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import Element, StatementView, TestView

__all__ = ["CHECKS"]

_LISTS: Final = (("Action", "actions"), ("Resource", "resources"))


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for name, what in _LISTS:
            for element in (statement.elements.get(name), statement.elements.get(f"Not{name}")):
                if element is not None and _empty(element.node, "array"):
                    message = f"`{element.name}` lists no {what}: the statement has no effect"
                    report.add(f"EMPTY_ARRAY_{name.upper()}", message, element.node, element.path)
        _check_principal(report, statement)
        _check_condition(report, statement)


def _empty(node: Node, kind: str) -> bool:
    return node.kind == kind and not node.value


def _check_principal(report: Report, statement: StatementView) -> None:
    element = statement.principal
    if element is None or element.node.kind != "object":
        return
    if not element.node.value:
        message = f"`{element.name}` names nobody: the statement has no effect"
        report.add("EMPTY_OBJECT_PRINCIPAL", message, element.node, element.path)
    for key, value in element.node.value:
        if _empty(value, "array"):
            message = f"`{key.value}` lists no principals"
            report.add("EMPTY_ARRAY_PRINCIPAL", message, value, (*element.path, key.value))


def _check_condition(report: Report, statement: StatementView) -> None:
    element = statement.elements.get("Condition")
    if element is None or element.node.kind != "object":
        return
    if not element.node.value:
        fix = report.drop_member(statement.node, element.key)
        report.add(
            "EMPTY_OBJECT_CONDITION", "this block holds no conditions", element.node, element.path, fix
        )
    for key, value in element.node.value:
        if _empty(value, "object"):
            message = f"`{key.value}` holds no condition keys"
            fix = _without(report, statement, element, key)
            report.add("EMPTY_OBJECT_CONDITION", message, value, (*element.path, key.value), fix)
    for test in statement.tests:
        if _empty(test.node, "array"):
            _check_values(report, test)


def _without(report: Report, statement: StatementView, element: Element, key: Node) -> Fix | None:
    return report.drop_member(element.node, key) or report.drop_member(statement.node, element.key)


def _check_values(report: Report, test: TestView) -> None:
    code, effect = "EMPTY_ARRAY_CONDITION", "has nothing to compare with"
    if test.quantifier == "ForAllValues":
        code, effect = f"{code}_FORALLVALUES", "matches only requests without it: `Null` with `true` says so"
    elif test.quantifier == "ForAnyValue":
        code, effect = f"{code}_FORANYVALUE", "never matches"
    elif test.spelled is not None and test.spelled.if_exists:
        code, effect = f"{code}_IFEXISTS", "matches only requests without it: `Null` with `true` says so"
    report.add(code, f"`{test.key}` without values {effect}", test.node, test.path)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
