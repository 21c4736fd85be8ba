"""Policies of certain resources: actions, ARNs and condition keys that make no sense there.

AWS knows these checks for some resource types only; the type must be given.
See https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from iamlab.policy.validation.actions import actions_matching
from iamlab.policy.validation.patterns import has_wildcard
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.shapes import fits, read_arn, shapes_of_service
from iamlab.policy.validation.view import StatementView

__all__ = ["CHECKS", "RESOURCE_TYPES"]


@dataclass(frozen=True, slots=True)
class Hanging:
    """A type of resource that a policy can hang on.

    Attributes:
        title: for people.
        prefix: the service that its actions belong to.
        resources: the resource types, as the service reference names them, that its policy speaks of.
        arn_services: the service parts of those resources' ARNs.
        irrelevant: condition keys, in small letters, that say nothing there.
    """

    title: str
    prefix: str
    resources: frozenset[str]
    arn_services: tuple[str, ...]
    irrelevant: frozenset[str] = frozenset()


_OWN_ACCOUNT: Final = frozenset(("s3:resourceaccount",))

RESOURCE_TYPES: Final = {
    "AWS::S3::Bucket": Hanging(
        "a bucket policy", "s3", frozenset(("bucket", "object")), ("s3",), _OWN_ACCOUNT
    ),
    "AWS::S3::AccessPoint": Hanging(
        "an access point's policy",
        "s3",
        frozenset(("accesspoint", "accesspointobject")),
        ("s3",),
        _OWN_ACCOUNT,
    ),
    "AWS::S3::MultiRegionAccessPoint": Hanging(
        "a multi-Region access point's policy",
        "s3",
        frozenset(("multiregionaccesspoint", "multiregionaccesspointarn")),
        ("s3",),
        _OWN_ACCOUNT,
    ),
    "AWS::S3ObjectLambda::AccessPoint": Hanging(
        "an Object Lambda access point's policy",
        "s3-object-lambda",
        frozenset(("objectlambdaaccesspoint",)),
        ("s3-object-lambda",),
    ),
    "AWS::DynamoDB::Table": Hanging(
        "a table's policy", "dynamodb", frozenset(("table", "index")), ("dynamodb",)
    ),
}
"""The types for which `ValidatePolicy` has checks of its own; the trust policy of a role is a kind here."""

# Assume-role actions: all that a trust policy can decide.
_TRUST_ACTIONS: Final = frozenset(
    f"sts:{name}"
    for name in (
        "assumerole",
        "assumerolewithsaml",
        "assumerolewithwebidentity",
        "tagsession",
        "setsourceidentity",
        "setcontext",
    )
)


def _check(report: Report) -> None:
    if report.kind == "trust":
        for statement in report.view.statements:
            _check_trust_actions(report, statement)
        return
    hanging = RESOURCE_TYPES.get(report.resource_type or "") if report.kind == "resource" else None
    if hanging is None:
        return
    for statement in report.view.statements:
        _check_actions(report, statement, hanging)
        _check_arns(report, statement, hanging)
        for test in statement.tests:
            if test.lookup in hanging.irrelevant:
                message = f"`{test.key}` is the same for all requests to this resource: test it where the callers are"
                report.add("IRRELEVANT_CONDITION_KEY_IN_POLICY", message, test.key_node, test.path)


def _check_trust_actions(report: Report, statement: StatementView) -> None:
    element = statement.elements.get("Action")
    for entry in element.entries if element else ():
        if (
            not has_wildcard(entry.text)
            and actions_matching(entry.text)
            and entry.text.lower() not in _TRUST_ACTIONS
        ):
            message = f"`{entry.text}` is no way to become a role: a trust policy holds `sts:AssumeRole` and its kin"
            report.at("UNSUPPORTED_ACTION_IN_POLICY", message, entry, report.drop_entry(entry))


def _check_actions(report: Report, statement: StatementView, hanging: Hanging) -> None:
    element = statement.elements.get("Action")
    for entry in element.entries if element else ():
        actions = actions_matching(entry.text)
        if not actions or any(
            action.service == hanging.prefix and any(r.name in hanging.resources for r in action.resources)
            for action in actions
        ):
            continue
        message = f"`{entry.text}` is no action on what {hanging.title} speaks of"
        report.at("UNSUPPORTED_ACTION_IN_POLICY", message, entry, report.drop_entry(entry))


def _check_arns(report: Report, statement: StatementView, hanging: Hanging) -> None:
    shapes = [
        shape
        for service in hanging.arn_services
        for shape in shapes_of_service(service)
        if shape.name in hanging.resources
    ]
    for entry in statement.resource.entries if statement.resource else ():
        arn = read_arn(entry.text)
        if arn is not None and shapes and not any(fits(arn, shape) for shape in shapes):
            message = f"`{entry.text}` is nothing that {hanging.title} can speak of"
            report.at("UNSUPPORTED_RESOURCE_ARN_IN_POLICY", message, entry, report.drop_entry(entry))


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
