"""Actions against the resources of their statement: does AWS ever ask for this action on such a resource?

Two codes of our own, since AWS's validation has none: the policy is valid, and has no effect where it seems to have
one. Entries with wildcards count as all the actions that they stand for, and are only reported when nothing fits.
See https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from iamlab.policy.reference import Action
from iamlab.policy.validation.actions import actions_matching
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.shapes import ArnText, fits, read_arn, shapes_of_action
from iamlab.policy.validation.view import StatementView

__all__ = ["CHECKS"]

# Prefixes shared by two generations of a service, of whose actions the reference lists the resources of one only.
_HALF_LISTED: Final = frozenset(("elasticloadbalancing",))


def _check(report: Report) -> None:
    if report.kind == "trust":
        return
    for statement in report.view.statements:
        arns = _named_resources(statement)
        if arns:
            _check_statement(report, statement, arns)


def _named_resources(statement: StatementView) -> list[ArnText]:
    """The ARNs of a `Resource` that holds nothing else; none when anything can be meant."""
    resource = statement.elements.get("Resource")
    action = statement.elements.get("Action")
    if resource is None or action is None or not resource.entries:
        return []
    arns = [read_arn(entry.text) for entry in resource.entries]
    return [arn for arn in arns if arn is not None] if None not in arns else []


def _check_statement(report: Report, statement: StatementView, arns: Sequence[ArnText]) -> None:
    for entry in statement.elements["Action"].entries:
        actions = actions_matching(entry.text)
        if not actions:
            continue
        if all(action.wildcard_only for action in actions):
            message = (
                f"`{entry.text}` works on no resource of its own: it needs a statement with `Resource` `*`"
            )
            report.at("ACTION_WITHOUT_RESOURCE_TYPES", message, entry)
        elif not any(_works_on(action, arns) for action in actions):
            report.at("RESOURCE_NOT_FOR_ACTION", _message(entry.text, actions), entry)


def _works_on(action: Action, arns: Sequence[ArnText]) -> bool:
    shapes = shapes_of_action(action)
    if len(shapes) < len(action.resources) or action.service in _HALF_LISTED:
        return True  # AWS lists a type without an ARN: nothing to compare with
    return any(fits(arn, shape) for arn in arns for shape in shapes)


def _message(text: str, actions: Sequence[Action]) -> str:
    types = dict.fromkeys(resource.name for action in actions for resource in action.resources)
    names = [f"`{name}`" for name in list(types)[:4]] + ["…"] * (len(types) > 4)
    return f"`{text}` works on {', '.join(names)}, and no resource of this statement is one"


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
