"""Principals: unique ids that stand for deleted entities, federated principals where none can come.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.validation.report import RESOURCE_KINDS, Report

__all__ = ["CHECKS"]

_IDS: Final = {"AROA": ("INVALID_ROLE_REFERENCE", "role"), "AIDA": ("INVALID_USER_REFERENCE", "user")}


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for entry in statement.principals:
            code, what = _IDS.get(entry.text[:4], ("", ""))
            if entry.kind == "AWS" and code and ":" not in entry.text:
                message = (
                    f"`{entry.text}` is the unique id of a {what}, most likely a deleted one: write the ARN"
                )
                report.at(code, message, entry)
            if entry.kind == "Federated" and report.kind in RESOURCE_KINDS:
                message = (
                    f"`{entry.text}` is an identity provider, and only a role's trust policy can name one"
                )
                report.at("FEDERATED_PRINCIPAL_NOT_SUPPORTED", message, entry)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
