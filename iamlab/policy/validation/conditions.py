"""Condition keys and operators: keys that don't exist, wrong operators, missing or needless set operators.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from iamlab.policy.reference import reference
from iamlab.policy.validation.keys import GLOBAL_KEYS, Standing, look_up
from iamlab.policy.validation.near import near
from iamlab.policy.validation.patterns import has_wildcard
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import TestView

__all__ = ["CHECKS"]

# Key → what has taken its place.
_DEPRECATED: Final = {"aws:sourceowner": "aws:SourceAccount"}
_UNSUPPORTED: Final = {"aws:arn": "aws:PrincipalArn"}


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for test in statement.tests:
            _check_key(report, test)
            if test.spelled is not None:
                _check_quantifier(report, test)
                _check_wildcards(report, test)


def _check_key(report: Report, test: TestView) -> None:
    standing = look_up(test.key).standing
    if test.lookup in _UNSUPPORTED:
        meant = _UNSUPPORTED[test.lookup]
        message = (
            f"`{test.key}` is not supported: use `{meant}` for the caller or `aws:SourceArn` for a source"
        )
        _say(report, "UNSUPPORTED_GLOBAL_CONDITION_KEY", message, test, meant)
    elif test.lookup in _DEPRECATED:
        meant = _DEPRECATED[test.lookup]
        message = f"`{test.key}` is deprecated: use `{meant}`"
        _say(report, "DEPRECATED_GLOBAL_CONDITION_KEY", message, test, meant)
    elif standing is Standing.NO_GLOBAL:
        _say_near(report, "INVALID_GLOBAL_CONDITION_KEY", test, (key.name for key in GLOBAL_KEYS.values()))
    elif standing is Standing.NO_KEY:
        service = reference().service(test.key.partition(":")[0])
        assert service is not None
        _say_near(
            report,
            "INVALID_SERVICE_CONDITION_KEY",
            test,
            (key.name for key in service.condition_keys.values()),
        )
    elif standing is Standing.NO_SERVICE and ":" in test.key and "${" not in test.key:
        prefix = test.key.partition(":")[0]
        begun = near(prefix, ("aws", *reference().services))
        whole = begun and begun + test.key[len(prefix) :]
        message = f"there is no service `{prefix}`" + (f": did you mean `{whole}`?" if whole else "")
        _say(report, "INVALID_SERVICE", message, test, whole)
    elif standing is Standing.NO_TAG and test.lookup.endswith("tag"):
        message = f"`{test.key}` doesn't say which tag: write `{test.key}/` and the tag's key"
        report.add("MISSING_TAG_KEY_IN_CONDITION", message, test.key_node, test.path)


def _say_near(report: Report, code: str, test: TestView, names: Iterable[str]) -> None:
    wanted, slash, tag = test.key.partition("/")
    whole = near(test.key, (name for name in names if "${" not in name and not name.endswith("/")))
    if whole is None and slash and code == "INVALID_GLOBAL_CONDITION_KEY":
        head = near(
            f"{wanted}/", [name for name in (key.name for key in GLOBAL_KEYS.values()) if name.endswith("/")]
        )
        whole = head and head + tag
    message = f"there is no condition key `{test.key}`" + (f": did you mean `{whole}`?" if whole else "")
    _say(report, code, message, test, whole)


def _say(report: Report, code: str, message: str, test: TestView, meant: str | None) -> None:
    """A finding at the key; renaming it is the fix, unless the new name stands there already."""
    taken = {
        other.lookup
        for statement in report.view.statements
        for other in statement.tests
        if other.operator == test.operator
    }
    fix = report.replace(test.key_node, meant) if meant and meant.lower() not in taken else None
    report.add(code, message, test.key_node, test.path, fix)


def _check_quantifier(report: Report, test: TestView) -> None:
    facts = look_up(test.key)
    quantifier = test.quantifier
    if test.base == "Null":
        if quantifier:
            always = "true" if quantifier == "ForAllValues" else "false"
            message = f"`{quantifier}:Null` is always {always}: use `Null` alone"
            fix = report.replace(test.operator_key, "Null") if not _taken(report, test, "Null") else None
            report.add("NULL_WITH_QUALIFIER", message, test.operator_key, test.path[:-1], fix)
        return
    if facts.standing is Standing.CLAIM and test.lookup.endswith(":aud"):
        if quantifier:
            message = (
                f"`{quantifier}` fits an audience that is a list: if tokens of this provider name one audience, "
                "leave it out"
            )
            report.add("CONFIRM_AUDIENCE_CLAIM_TYPE", message, test.key_node, test.path)
    elif facts.multivalued and not quantifier:
        message = f"`{test.key}` holds several values: put `ForAnyValue:` or `ForAllValues:` before `{test.operator}`"
        report.add("MISSING_QUALIFIER", message, test.key_node, test.path)
    elif facts.multivalued is False and quantifier == "ForAllValues":
        plain = test.operator.partition(":")[2]
        message = f"`{test.key}` holds one value, and `ForAllValues` is true without any: use `{plain}`"
        alone = len({other.path for other in _same_block(report, test)}) == 1
        fix = report.replace(test.operator_key, plain) if alone and not _taken(report, test, plain) else None
        report.add("FORALLVALUES_WITH_SINGLE_VALUED_KEY", message, test.key_node, test.path, fix)


def _same_block(report: Report, test: TestView) -> list[TestView]:
    return [
        other
        for statement in report.view.statements
        for other in statement.tests
        if other.operator_key is test.operator_key
    ]


def _taken(report: Report, test: TestView, operator: str) -> bool:
    """Whether the operator stands in the same condition already."""
    block = test.path[:-2]
    return any(
        other.path[:-2] == block and other.operator == operator
        for statement in report.view.statements
        for other in statement.tests
    )


def _check_wildcards(report: Report, test: TestView) -> None:
    base = test.base
    if not base.startswith(("StringEquals", "StringNotEquals")):
        return
    like = base.replace("NotEquals", "NotLike").replace("Equals", "Like").removesuffix("IgnoreCase")
    renamed = test.operator.replace(base, like)
    # Under a Like operator other case, and other values of the block, would match too.
    safe = (
        not base.endswith("IgnoreCase")
        and len(_same_block(report, test)) == 1
        and not _taken(report, test, renamed)
    )
    for value in test.values:
        text = value.text.replace("${*}", "").replace("${?}", "")
        if has_wildcard(text):
            message = f"under `{test.operator}` the `*` or `?` in `{value.text}` is a plain character: use `{renamed}`"
            fix = report.replace(test.operator_key, renamed) if safe else None
            report.at("WILDCARD_WITHOUT_LIKE_OPERATOR", message, value, fix)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
