"""Values of certain keys: Regions, VPCs, service principals, KMS keys, dates, and identities left too open.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from iamlab.policy.validation.keys import SENSITIVE_KEYS
from iamlab.policy.validation.near import near
from iamlab.policy.validation.patterns import has_wildcard, meets
from iamlab.policy.validation.regions import REGIONS
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.view import Entry, TestView

__all__ = ["CHECKS"]

_EPOCH = re.compile(r"-?[0-9]{5,18}")
_VPC = re.compile(r"vpc-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_VPCE = re.compile(r"vpce-[0-9a-f]{8}(?:[0-9a-f]{9})?")
_SERVICE = re.compile(
    r"[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|amazon\.com|aws\.internal|aws\.dev)"
)
_VIA_SERVICE = re.compile(
    r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,4}(?:-[a-z]+)+-[0-9]\.amazonaws\.com(?:\.cn)?"
)
_KMS_KEY = re.compile(r"arn:[^:]+:kms:[^:]+:[^:]+:key/.+")
_VARIABLE = re.compile(r"\$\{([^}*?$][^}]*)(?:\}|\Z)")
_ESCAPES = re.compile(r"\$\{[*?$]\}")

_LEAST_LITERAL: Final = 6
_IDENTITIES: Final = frozenset(("aws:principalarn", "aws:userid"))
# Variables that AWS fills in from the caller's or the resource's own account: nobody can choose them.
_SAFE_VARIABLES: Final = frozenset(SENSITIVE_KEYS)


def _pattern(form: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: form.fullmatch(text) is not None


# Key → (code, whether a value without wildcards is well-formed, what a value looks like).
_FORMS: Final[dict[str, tuple[str, Callable[[str], bool], str]]] = {
    **dict.fromkeys(
        ("aws:sourcevpc", "aws:ec2instancesourcevpc"),
        ("INVALID_VPC_FORMAT", _pattern(_VPC), "`vpc-` and 8 or 17 hexadecimal digits"),
    ),
    "aws:sourcevpce": ("INVALID_VPCE_FORMAT", _pattern(_VPCE), "`vpce-` and 8 or 17 hexadecimal digits"),
    **dict.fromkeys(
        (
            "aws:calledvia",
            "aws:calledviafirst",
            "aws:calledvialast",
            "aws:principalservicename",
            "aws:principalservicenameslist",
            "iam:awsservicename",
            "iam:passedtoservice",
            "sts:awsservicename",
        ),
        ("INVALID_SERVICE_PRINCIPAL_FORMAT", _pattern(_SERVICE), "`service.amazonaws.com`"),
    ),
    "kms:viaservice": (
        "INVALID_SERVICE_PRINCIPAL_FORMAT",
        _pattern(_VIA_SERVICE),
        "`service.region.amazonaws.com`",
    ),
    "s3:x-amz-server-side-encryption-aws-kms-key-id": (
        "INVALID_KMS_KEY_VALUE",
        _pattern(_KMS_KEY),
        "the ARN of a key, `arn:aws:kms:region:account:key/id`",
    ),
}


def _check(report: Report) -> None:
    for statement in report.view.statements:
        for test in statement.tests:
            if test.spelled is None or test.base == "Null":
                continue
            for value in test.values:
                _check_form(report, test, value)
                _check_region(report, test, value)
                if test.base.startswith("Date") and _EPOCH.fullmatch(value.text):
                    message = f"`{value.text}` are seconds since 1970: write the date out, as in `2026-01-31T12:00:00Z`"
                    report.at("INVALID_DATE_VALUE", message, value)
                _check_openness(report, test, value)


def _open(test: TestView, text: str) -> bool:
    """Whether the value holds a wildcard that counts, or a variable."""
    return "${" in text or (
        test.spelled is not None and test.spelled.operator.wildcards and has_wildcard(text)
    )


def _check_form(report: Report, test: TestView, value: Entry) -> None:
    form = _FORMS.get(test.lookup)
    if (
        form is None
        or _open(test, value.text)
        or has_wildcard(value.text)
        or not test.base.startswith(("String", "Arn"))
    ):
        return
    code, well_formed, looks = form
    text = value.text.lower() if test.base.endswith("IgnoreCase") else value.text
    if not well_formed(text):
        report.at(code, f"`{value.text}` is no value of `{test.key}`: it looks like {looks}", value)


def _check_region(report: Report, test: TestView, value: Entry) -> None:
    if (
        test.lookup not in ("aws:requestedregion", "ec2:region")
        or "${" in value.text
        or not test.base.startswith("String")
    ):
        return
    text = value.text.lower() if test.base.endswith("IgnoreCase") else value.text
    patterned = has_wildcard(text)
    if patterned and test.spelled is not None and not test.spelled.operator.wildcards:
        return  # the wildcard itself is reported
    if any(meets(text, region) for region in REGIONS):
        return
    meant = None if patterned else near(text, REGIONS)
    message = f"there is no Region `{value.text}`" + (f": did you mean `{meant}`?" if meant else "")
    report.at("INVALID_REGION", message, value, report.replace(value.node, meant) if meant else None)


def _check_openness(report: Report, test: TestView, value: Entry) -> None:
    text = _ESCAPES.sub("_", value.text)
    if test.lookup in SENSITIVE_KEYS:
        variables = [name.partition(",")[0].strip().lower() for name in _VARIABLE.findall(text)]
        chosen = [name for name in variables if name not in _SAFE_VARIABLES]
        if chosen:
            message = f"`{test.key}` is compared with `${{{chosen[0]}}}`, which others can choose: write the value out"
            report.at("VARIABLE_USAGE_TOO_PERMISSIVE", message, value)
        elif _open(test, _VARIABLE.sub("", text)):
            message = f"a wildcard in `{test.key}` lets in whoever fits by chance: write the value out"
            report.at("WILDCARD_USAGE_TOO_PERMISSIVE", message, value)
    elif test.lookup in _IDENTITIES and test.spelled is not None and test.spelled.operator.variables:
        head = re.split(r"[*?]|\$\{" if test.spelled.operator.wildcards else r"\$\{", text, maxsplit=1)[0]
        if len(head) == len(text) or len(head) >= _LEAST_LITERAL:
            return
        code = "VARIABLE" if text[len(head) :].startswith("${") else "WILDCARD"
        message = (
            f"`{value.text}` leaves `{test.key}` open: begin with at least {_LEAST_LITERAL} fixed characters"
        )
        report.at(f"{code}_USAGE_TOO_PERMISSIVE", message, value)


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check,)
