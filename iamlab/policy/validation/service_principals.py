"""AWS services as principals: whom they act for must be said, in keys that AWS fills in.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import StatementView

__all__ = ["CHECKS"]

_SOURCES: Final = frozenset(("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"))
_NAMED: Final = "`aws:SourceArn`, `aws:SourceAccount`, `aws:SourceOrgID` or `aws:SourceOrgPaths`"

# Keys of services that name the source, too: the caller can't choose them either.
_ALSO_SOURCES: Final = (
    "sourcearn",
    "sourceaccount",
    "calleraccount",
    "encryptioncontext",
    "eventsourcetoken",
    "orgid",
    "orgpaths",
)

# Headers, which every caller writes as they like.
_CHOSEN_BY_CALLERS: Final = frozenset(("aws:referer", "aws:useragent"))

# Service principal → keys that its requests don't carry.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
_UNSUPPORTED: Final = {"cloudfront.amazonaws.com": frozenset(("aws:sourceorgid", "aws:sourceorgpaths"))}

# Pairs that are safe only together: the key → what must stand beside it (any of them).
_PAIRS: Final = {
    "aws:vpcsourceip": ("aws:SourceVpc", "aws:SourceVpce"),
    "aws:ec2instancesourceprivateipv4": ("aws:Ec2InstanceSourceVpc",),
}


def _check(report: Report) -> None:
    for statement in report.view.statements:
        _check_pairs(report, statement)
        services = [entry for entry in statement.principals if entry.kind == "Service"]
        if (
            not services
            or report.kind not in ("resource", "vpce")
            or not statement.allows
            or statement.principal is None
        ):
            continue
        if statement.principal.negated:
            continue
        keys = statement.condition_keys
        for entry in services:
            for test in statement.tests:
                if test.lookup in _UNSUPPORTED.get(entry.text, ()):
                    message = f"requests of `{entry.text}` don't carry `{test.key}`: remove the key"
                    report.add(
                        "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", message, test.key_node, test.path
                    )
        if keys & _SOURCES or any(source in key for key in keys for source in _ALSO_SOURCES):
            continue
        chosen = [test for test in statement.tests if test.lookup in _CHOSEN_BY_CALLERS]
        for test in chosen:
            message = f"`{test.key}` is chosen by the caller: restrict the service with {_NAMED}"
            report.add("RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL", message, test.key_node, test.path)
        for entry in () if chosen else services:
            message = f"`{entry.text}` may come for anybody: add a condition on {_NAMED}"
            report.at("RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL", message, entry)


def _check_pairs(report: Report, statement: StatementView) -> None:
    for test in statement.tests:
        beside = _PAIRS.get(test.lookup)
        if beside and not any(key.lower() in statement.condition_keys for key in beside):
            names = " or ".join(f"`{key}`" for key in beside)
            message = f"`{test.key}` alone doesn't say which network is meant: test {names} too"
            report.add("MISSING_PAIRED_CONDITION_KEYS", message, test.key_node, test.path)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
