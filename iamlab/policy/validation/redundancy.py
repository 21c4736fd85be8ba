"""What is said twice: actions, resources, numeric bounds, whole statements.

An entry is redundant when another entry of the same element covers all of it; of two that cover each other the later
one.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from iamlab.policy import values
from iamlab.policy.findings import Fix
from iamlab.policy.places import Node
from iamlab.policy.validation.patterns import covers, covers_resource, has_wildcard
from iamlab.policy.validation.report import Report, removal
from iamlab.policy.validation.view import Entry, TestView

__all__ = ["CHECKS"]

Covers = Callable[[str, str], bool]


def _check_entries(report: Report) -> None:
    for statement in report.view.statements:
        if statement.action:
            texts = [entry.text.lower() for entry in statement.action.entries]
            _check_list(report, "REDUNDANT_ACTION", statement.action.entries, texts, covers, 0)
        if statement.resource:
            texts = [entry.text for entry in statement.resource.entries]
            _check_list(report, "REDUNDANT_RESOURCE", statement.resource.entries, texts, covers_resource, 2)


def _check_list(
    report: Report, code: str, entries: Sequence[Entry], texts: Sequence[str], cover: Covers, service: int
) -> None:
    """Report the redundant entries of a list; `service` says which part between colons names the service."""
    if len(texts) < 2:
        return
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        first.setdefault(text, index)
    wide: dict[str, list[int]] = {}  # by service, so that long lists aren't compared each with each
    for text, index in first.items():
        if has_wildcard(text):
            wide.setdefault(_service(text, service), []).append(index)
    for index, text in enumerate(texts):
        by = first[text]
        if by == index:
            candidates = (*wide.get("", ()), *wide.get(_service(text, service), ()))
            by = next((other for other in candidates if other != index and cover(texts[other], text)), index)
        if by != index:
            said = "stands twice" if texts[by] == text else f"is covered by `{entries[by].text}`"
            entry = entries[index]
            report.at(code, f"`{entry.text}` {said}: one of them is enough", entry, report.drop_entry(entry))


def _service(text: str, part: int) -> str:
    """The service of an entry; the empty string when it may be any."""
    parts = text.split(":", part + 1)
    return parts[part] if len(parts) > part + 1 and not has_wildcard("".join(parts[: part + 1])) else ""


# The value that decides among several, by operator.
_DECIDING: Final[dict[str, tuple[str, Callable[[Sequence[int | Decimal]], int | Decimal]]]] = {
    "NumericLessThan": ("greatest", max),
    "NumericLessThanEquals": ("greatest", max),
    "NumericGreaterThan": ("least", min),
    "NumericGreaterThanEquals": ("least", min),
}


def _check_bounds(report: Report) -> None:
    for statement in report.view.statements:
        for test in statement.tests:
            if test.base in _DECIDING and len(test.values) > 1:
                _check_bound(report, test)


def _check_bound(report: Report, test: TestView) -> None:
    numbers = [values.number(value.text) for value in test.values]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return
    which, choose = _DECIDING[test.base]
    deciding = test.values[known.index(choose(known))]
    message = f"of several bounds only the {which} counts, `{deciding.text}`: leave the others out"
    text = report.view.text[deciding.node.start : deciding.node.end]
    fix = report.fix(f"keep `{deciding.text}` alone", (test.node.start, test.node.end, text))
    report.add("REDUNDANT_CONDITION_VALUE_NUM", message, test.node, test.path, fix)


def _check_statements(report: Report) -> None:
    seen: dict[Any, int] = {}
    statements = report.view.statements
    for index, statement in enumerate(statements):
        key = frozenset(
            (element.name, _meaning(element.node, element.name in ("Action", "NotAction")))
            for element in statement.elements.values()
            if element.name != "Sid"
        )
        earlier = seen.setdefault(key, index)
        if earlier == index or not statement.elements:
            continue
        other = report.lines.place(statements[earlier].node.start)
        message = f"this statement says the same as that of {other[0]}:{other[1]}: remove one of them"
        report.add(
            "REDUNDANT_STATEMENT", message, statement.node, statement.path, _without(report, statement.node)
        )


def _without(report: Report, node: Node) -> Fix | None:
    container = report.view.elements["Statement"].node
    if container.kind != "array":
        return None
    members = [(member.start, member.end) for member in container.value]
    edit = removal(members, next(index for index, member in enumerate(container.value) if member is node))
    return report.fix("remove the statement", edit) if edit else None


def _meaning(node: Node, lower: bool = False) -> frozenset[Any]:
    """What a value says, to compare: lists as sets, a value that stands alone as a list of one."""
    if node.kind == "array":
        return frozenset().union(*(_meaning(item, lower) for item in node.value))
    if node.kind == "object":
        return frozenset(((node.kind, frozenset((key.value, _meaning(value)) for key, value in node.value)),))
    text = str(node.value)
    return frozenset((text.lower() if lower or node.kind == "boolean" else text,))


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check_entries, _check_bounds, _check_statements)
