"""The document as a whole: its version, its size, its Sids, a missing statement.

Quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and those of each service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from iamlab.policy.validation.report import RESOURCE_KINDS, Report

__all__ = ["CHECKS", "QUOTAS", "Quota"]


@dataclass(frozen=True, slots=True)
class Quota:
    """How long a policy may be.

    Attributes:
        code: what is reported.
        title: the policy, for people.
        most: how many characters.
        spaces: whether white space counts.
    """

    code: str
    title: str
    most: int
    spaces: bool = False


_IDENTITY: Final = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"
_RESOURCE: Final = "POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA"

QUOTAS: Final = {
    "identity": Quota(_IDENTITY, "a managed policy", 6_144),
    "boundary": Quota(_IDENTITY, "a permissions boundary", 6_144),
    "session": Quota(_IDENTITY, "a session policy", 2_048, spaces=True),
    "trust": Quota("POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA", "a role's trust policy", 2_048),
    "scp": Quota("POLICY_SIZE_EXCEEDS_SCP_QUOTA", "a service control policy", 10_240, spaces=True),
    "rcp": Quota("POLICY_SIZE_EXCEEDS_RCP_QUOTA", "a resource control policy", 5_120, spaces=True),
}
"""By kind of policy; an SCP of 10,240 and an RCP of 5,120 characters is Organizations' quota."""

_OF_SERVICES: Final = {
    "dynamodb": Quota(_RESOURCE, "a DynamoDB resource policy", 20_480, spaces=True),
    "kms": Quota(_RESOURCE, "a KMS key policy", 32_768, spaces=True),
    "lambda": Quota(_RESOURCE, "a Lambda function's policy", 20_480, spaces=True),
    "s3": Quota(_RESOURCE, "an S3 bucket policy", 20_480, spaces=True),
    "secretsmanager": Quota(_RESOURCE, "a secret's policy", 20_480, spaces=True),
    "sns": Quota(_RESOURCE, "an SNS topic's policy", 30_720, spaces=True),
}


def _check_size(report: Report) -> None:
    quota = QUOTAS.get(report.kind) or _OF_SERVICES.get(_only_service(report))
    if quota is None:
        return
    text = report.view.text
    size = len(text) if quota.spaces else sum(map(len, text.split()))
    if size > quota.most:
        counted = "" if quota.spaces else " without white space"
        message = f"{size:,} characters{counted}, and {quota.title} may have {quota.most:,}: split it up"
        report.add(quota.code, message, report.view.root, ())


def _only_service(report: Report) -> str:
    """The one service that the policy's actions belong to, or the empty string."""
    prefixes = {
        entry.text.partition(":")[0].lower()
        for statement in report.view.statements
        for entry in (statement.action.entries if statement.action else ())
        if ":" in entry.text
    }
    return prefixes.pop() if len(prefixes) == 1 else ""


def _check_version(report: Report) -> None:
    view = report.view
    if "Version" in view.elements or view.root.kind != "object" or report.kind == "rcp":
        return  # for resource control policies the grammar calls it an error
    start = view.root.start + 1
    following = view.text[start : view.root.value[0][0].start] if view.root.value else ""
    fix = report.fix(
        'add `"Version": "2012-10-17"`',
        (start, start, f'{following}"Version": "2012-10-17"{"," * bool(view.root.value)}'),
    )
    message = "the policy has no `Version`: add `2012-10-17`"
    report.add("MISSING_VERSION", message, (view.root.start, start), (), fix)


def _check_statements(report: Report) -> None:
    element = report.view.elements.get("Statement")
    if element is not None and element.node.kind == "array" and not element.node.value:
        report.add("MISSING_STATEMENT", "`Statement` lists no statement", element.node, element.path)


def _check_sids(report: Report) -> None:
    sids = [
        (statement, element)
        for statement in report.view.statements
        if (element := statement.elements.get("Sid")) is not None and element.node.kind == "string"
    ]
    taken = {element.node.value for _, element in sids}
    seen: set[str] = set()
    for statement, element in sids:
        sid = element.node.value
        plain = "".join(char for char in sid if char.isascii() and char.isalnum())
        if not sid:
            fix = report.drop_member(statement.node, element.key)
            report.add(
                "EMPTY_SID_VALUE",
                "the Sid is empty: name the statement, or leave the Sid out",
                element.node,
                element.path,
                fix,
            )
        elif sid in seen:
            free = report.kind in RESOURCE_KINDS
            fresh = _fresh(sid if free else plain or "Statement", taken)
            code = "UNIQUE_SIDS_RECOMMENDED" if free else "UNIQUE_SIDS_REQUIRED"
            message = f"the Sid `{sid}` stands twice: give each statement its own"
            report.add(code, message, element.node, element.path, report.replace(element.node, fresh))
        elif report.kind not in RESOURCE_KINDS and not (sid.isascii() and sid.isalnum()):
            fix = report.replace(element.node, _fresh(plain, taken, 1)) if plain else None
            message = f"the Sid `{sid}` may hold only letters A–Z, a–z and digits"
            report.add("UNSUPPORTED_SID", message, element.node, element.path, fix)
        seen.add(sid)


def _fresh(sid: str, taken: set[str], number: int = 2) -> str:
    """A Sid that isn't taken yet."""
    while (name := sid if number == 1 else f"{sid}{number}") in taken:
        number += 1
    taken.add(name)
    return name


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (
    _check_size,
    _check_version,
    _check_statements,
    _check_sids,
)
