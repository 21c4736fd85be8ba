"""`aws:ResourceTag` with services that don't hand a resource's tags over.

Such a service leaves the key out of the request's context: a positive test is false, so an Allow allows nothing there
and a Deny denies nothing. Negated operators and `IfExists` work the other way round, and are not meant here.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.validation.actions import actions_matching
from iamlab.policy.validation.key_support import supports
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import StatementView, TestView

__all__ = ["CHECKS"]

_PREFIX: Final = "aws:resourcetag/"


def _check(report: Report) -> None:
    for statement in report.view.statements:
        if not (statement.allows or statement.denies) or report.kind == "trust":
            continue
        for test in statement.tests:
            if test.lookup.startswith(_PREFIX) and len(test.key) > len(_PREFIX) and test.positive:
                _check_test(report, statement, test)


def _check_test(report: Report, statement: StatementView, test: TestView) -> None:
    verb = "ALLOW" if statement.allows else "DENY"
    done = "allowed" if statement.allows else "denied"
    if "NotAction" in statement.elements:
        message = f"not every service hands `{test.key}` over, and where it doesn't nothing is {done}: list the actions"
        code = f"{verb}_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
        report.add(code, message, test.key_node, test.path)
        return
    without = _services_without(statement, test)
    if without:
        names = ", ".join(f"`{name}`" for name in without[:5]) + (" …" if len(without) > 5 else "")
        message = f"{names} doesn't hand `{test.key}` over, so nothing of it is {done}: move it to its own statement"
        code = f"{verb}_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"
        report.add(code, message, test.key_node, test.path)


def _services_without(statement: StatementView, test: TestView) -> list[str]:
    """The services of which no action in the statement knows the key."""
    known: dict[str, bool] = {}
    element = statement.elements.get("Action")
    for entry in element.entries if element else ():
        for action in actions_matching(entry.text):
            if not known.get(action.service):
                known[action.service] = supports(action, _PREFIX)
    return [service for service, supported in known.items() if not supported]


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
