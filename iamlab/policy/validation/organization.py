"""Resource control policies: the actions that they can hold.

What else the two kinds of Organizations' policies can't hold, the grammar reports.
See https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.reference import reference
from iamlab.policy.validation.patterns import has_wildcard
from iamlab.policy.validation.report import Report

__all__ = ["CHECKS"]


def _check(report: Report) -> None:
    if report.kind != "rcp":
        return
    for statement in report.view.statements:
        element = statement.elements.get("Action")
        for entry in element.entries if element else ():
            message = _complaint(entry.text)
            if message:
                report.at("RCP_SYNTAX_ERROR_ACTION", message, entry, report.drop_entry(entry))


def _complaint(text: str) -> str | None:
    prefix, colon, _ = text.partition(":")
    if text == "*" or (colon and (has_wildcard(text[:-1]) or text.endswith("?") or has_wildcard(prefix))):
        return f"`{text}`: in a resource control policy `*` may only end an action's name"
    if colon and reference().service(prefix) and prefix.lower() not in reference().rcp_services:
        return f"`{text}`: resource control policies don't reach `{prefix}`"
    return None


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
