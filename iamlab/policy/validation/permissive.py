"""Two actions that grant more than they seem to: `iam:PassRole` and `iam:CreateServiceLinkedRole`.

For each there are six ways to grant it on too much: named, by a wildcard or by `NotAction`, each on a wildcard
resource or with `NotResource`. A condition that says for which service they are meant makes them harmless.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from iamlab.policy.validation.patterns import covers, has_wildcard
from iamlab.policy.validation.report import IDENTITY_KINDS, Report
from iamlab.policy.validation.view import Element, Entry, StatementView, TestView

__all__ = ["CHECKS"]


@dataclass(frozen=True, slots=True)
class Grant:
    """An action to be granted with care.

    Attributes:
        action: the action.
        code: how its six codes begin.
        key: the condition key that makes it harmless.
        roots: how the resource part of its ARNs begins; a wildcard right after that leaves everything open.
        advice: what to do instead.
    """

    action: str
    code: str
    key: str
    roots: tuple[str, ...]
    advice: str


_GRANTS: Final = (
    Grant(
        "iam:PassRole",
        "PASS_ROLE",
        "iam:passedtoservice",
        ("", "role/"),
        "name the roles, or test `iam:PassedToService`",
    ),
    Grant(
        "iam:CreateServiceLinkedRole",
        "CREATE_SLR",
        "iam:awsservicename",
        ("", "role/", "role/aws-service-role/"),
        "name the roles (`role/aws-service-role/service.amazonaws.com/…`)",
    ),
)


def _check(report: Report) -> None:
    if report.kind not in IDENTITY_KINDS:
        return
    for statement in report.view.statements:
        if statement.allows:
            for grant in _GRANTS:
                _check_statement(report, statement, grant)


def _check_statement(report: Report, statement: StatementView, grant: Grant) -> None:
    action, resource = statement.action, statement.resource
    if action is None or resource is None or not action.entries or not resource.entries:
        return
    if any(_narrows(test, grant) for test in statement.tests):
        return
    by_action = _by_action(action, grant)
    if by_action is None:
        return
    how, entry = by_action
    where = _by_resource(resource, grant)
    if where is None:
        return
    suffix, place = where
    code = f"{grant.code}{_NAMES[how, suffix]}"
    subject = f"`{entry.text}`" if entry is not None else f"`{action.name}`"
    granted = f"{subject} is granted" if how == "" else f"{subject} grants `{grant.action}`"
    extent = "all roles that `NotResource` leaves" if suffix == "NOT" else "any role"
    message = f"{granted} for {extent}: {grant.advice}"
    node, path = (place.node, place.path) if place is not None else (resource.node, resource.path)
    report.add(code, message, node, path)


def _narrows(test: TestView, grant: Grant) -> bool:
    """Whether a condition says for which services the action is meant; `IfExists` and negation leave it open."""
    if test.lookup != grant.key or not test.positive or test.base == "Null":
        return False
    return not all(value.text.startswith("*") for value in test.values)


_NAMES: Final = {
    ("", "STAR"): "_WITH_STAR_IN_RESOURCE",
    ("", "NOT"): "_WITH_NOT_RESOURCE",
    ("star", "STAR"): "_WITH_STAR_IN_ACTION_AND_RESOURCE",
    ("star", "NOT"): "_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
    ("not", "STAR"): "_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION",
    ("not", "NOT"): "_WITH_NOT_ACTION_AND_NOT_RESOURCE",
}


def _by_action(element: Element, grant: Grant) -> tuple[str, Entry | None] | None:
    """How the action is granted: by name, by a wildcard, by `NotAction`; None when it isn't."""
    wanted = grant.action.lower()
    hits = [entry for entry in element.entries if covers(entry.text.lower(), wanted)]
    if element.negated:
        return None if hits else ("not", None)
    if not hits:
        return None
    named = next((entry for entry in hits if not has_wildcard(entry.text)), None)
    return ("", named) if named else ("star", hits[0])


def _by_resource(element: Element, grant: Grant) -> tuple[str, Entry | None] | None:
    """How all resources are reached; None when they are named."""
    if element.negated:
        return "NOT", None
    entry = next((entry for entry in element.entries if _everything(entry.text, grant)), None)
    return ("STAR", entry) if entry else None


def _everything(text: str, grant: Grant) -> bool:
    if text and not text.strip("*"):
        return True
    parts = text.split(":", 5)
    if len(parts) < 6 or not covers(parts[2], "iam"):
        return False
    return any(parts[5].startswith(f"{root}*") for root in grant.roots)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
