"""What AWS's policy validation reports of a policy, with places, reasons and fixes.

Comes in: a `Policy` and the kind of policy that it is meant as. Goes out: findings in text order, under the issue
codes and the four severities of IAM Access Analyzer's `ValidatePolicy`. The grammar's own errors are taken over; each
module here adds the checks of one topic, as functions in its `CHECKS`. Text that isn't JSON is mended first (see
`repair`), and the findings are led back to where they stand in the text as given.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from iamlab.policy.findings import Finding, Fix, LineIndex, Severity
from iamlab.policy.grammar import RULES
from iamlab.policy.places import JsonSyntaxError, parse
from iamlab.policy.validation import (
    actions,
    addresses,
    arns,
    conditions,
    containers,
    document,
    grammar,
    key_support,
    key_types,
    organization,
    permissive,
    principals,
    redundancy,
    resource_policies,
    resource_types,
    service_principals,
    tags,
    trust,
    values,
    variables,
)
from iamlab.policy.validation.codes import CODES
from iamlab.policy.validation.repair import Repair, repair
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import PolicyView

if TYPE_CHECKING:
    from iamlab.policy.document import Policy

__all__ = ["CODES", "findings"]

_TOPICS: Final = (
    actions,
    addresses,
    arns,
    conditions,
    containers,
    document,
    key_support,
    key_types,
    organization,
    permissive,
    principals,
    redundancy,
    resource_policies,
    resource_types,
    service_principals,
    tags,
    trust,
    values,
    variables,
)
_CHECKS: Final[tuple[Callable[[Report], None], ...]] = tuple(
    check for topic in _TOPICS for check in topic.CHECKS
)
_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}


def findings(policy: Policy, kind: str = "identity", resource_type: str | None = None) -> tuple[Finding, ...]:
    """All findings of a policy; see `Policy.findings`.

    Raises:
        ValueError: there is no such kind of policy.
    """
    if kind not in RULES:
        raise ValueError(f"`{kind}` is no type of policy: use one of {', '.join(RULES)}")
    try:
        root = parse(policy.text)
    except JsonSyntaxError:
        found = _of_broken_text(policy, kind, resource_type)
    else:
        report = Report(PolicyView(policy.text, root), kind, resource_type)
        grammar.check(policy, report)
        for check in _CHECKS:
            check(report)
        found = report.findings
    return tuple(_in_order(found))


def _in_order(found: list[Finding]) -> Iterator[Finding]:
    """In text order, worst first where several stand at one place; nothing twice."""
    seen = set()
    for finding in sorted(
        found, key=lambda item: (item.span.start if item.span else -1, _ORDER[item.severity])
    ):
        key = (finding.code, finding.span, finding.path)
        if key not in seen:
            seen.add(key)
            yield finding


def _of_broken_text(policy: Policy, kind: str, resource_type: str | None) -> list[Finding]:
    mended = repair(policy.text)
    if mended is None or not mended.mistakes:
        return [_with_row(finding) for finding in policy.errors() if finding.code == "JSON_SYNTAX_ERROR"]
    lines = LineIndex(policy.text)
    row = CODES["JSON_SYNTAX_ERROR"]
    found = []
    for mistake in mended.mistakes:
        edits = tuple((lines.span(start, end), text) for start, end, text in mistake.edits)
        found.append(
            Finding(
                row.name,
                row.severity,
                mistake.message,
                lines.span(mistake.start, mistake.end),
                why=row.why,
                fix=Fix(mistake.title, edits) if edits else None,
                learn_more=row.learn_more,
            )
        )
    if mended.root.kind == "object":
        readable = type(policy)(mended.text, policy.name, policy.arn)
        found += [_led_back(finding, mended, lines) for finding in findings(readable, kind, resource_type)]
    return found


def _with_row(finding: Finding) -> Finding:
    row = CODES[finding.code]
    return replace(finding, severity=row.severity, why=row.why, learn_more=row.learn_more)


def _led_back(finding: Finding, mended: Repair, lines: LineIndex) -> Finding:
    """The finding with its places in the text as given."""
    span = finding.span and lines.span(*mended.original(finding.span.start, finding.span.end))
    fix = finding.fix
    if fix:
        edits = [(lines.span(*mended.original(span.start, span.end)), text) for span, text in fix.edits]
        fix = Fix(fix.title, tuple(edits))
    return replace(finding, span=span, fix=fix)
