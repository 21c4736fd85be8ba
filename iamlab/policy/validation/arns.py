"""Resource ARNs: each part against what the service's ARNs look like.

What a resource may look like comes from the service reference's resource types. A part that a pattern leaves open is
never complained of.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from iamlab.policy.findings import Fix
from iamlab.policy.reference import reference
from iamlab.policy.validation.near import near
from iamlab.policy.validation.patterns import has_wildcard, meets
from iamlab.policy.validation.regions import PARTITIONS, REGIONS
from iamlab.policy.validation.report import Report
from iamlab.policy.validation.shapes import ArnText, Shape, read_arn, services_in_arns, shapes_of_service
from iamlab.policy.validation.view import Entry

__all__ = ["CHECKS"]

# Parts that stand where a resource belongs to AWS and to no account.
_OWNERS: Final = frozenset(
    ("aws", "aws-managed", "aws-marketplace", "amazon", "cloudfront", "elastic", "third-party", "offering")
)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACCOUNT_PATTERN = re.compile(r"[0-9*?]+")


def _check_resources(report: Report) -> None:
    for statement in report.view.statements:
        for entry in statement.resource.entries if statement.resource else ():
            arn = read_arn(entry.text)
            # What is no ARN, or holds variables too early, the grammar reports.
            if arn is not None and "${" not in ":".join(entry.text.split(":", 5)[:5]):
                _check_arn(report, entry, arn)


def _check_arn(report: Report, entry: Entry, arn: ArnText) -> None:
    _check_partition(report, entry, arn)
    if has_wildcard(arn.service):
        message = f"`{arn.service}` stands for every service of such a name: write the service out"
        report.at("WILDCARD_IN_SERVICE_NAME", message, entry)
        return
    service = arn.service
    if service != service.lower():
        message = f"the service in an ARN is written in small letters: `{service.lower()}`, not `{service}`"
        report.at("INVALID_ARN_SERVICE_CASE", message, entry, _with_part(report, entry, 2, service.lower()))
        service = service.lower()
    shapes = shapes_of_service(service)
    if not shapes:
        if reference().service(service) is None:
            meant = near(service, services_in_arns())
            message = f"there is no service `{service}`" + (f": did you mean `{meant}`?" if meant else "")
            fix = _with_part(report, entry, 2, meant) if meant else None
            report.at("INVALID_SERVICE", message, entry, fix)
        return
    region_known = _check_region(report, entry, arn)
    account_known = _check_account(report, entry, arn)
    alike = [shape for shape in shapes if meets(arn.resource, shape.resource)]
    if not alike:
        examples = ", ".join(f"`{example}`" for example in _examples(shapes))
        message = f"`{arn.resource}` is no resource of `{service}`: its ARNs end in {examples}"
        report.at("INVALID_ARN_RESOURCE", message, entry)
        return
    if region_known:
        _check_part(report, entry, 3, arn.region, [shape.region for shape in alike], service)
    if account_known:
        _check_part(report, entry, 4, arn.account, [shape.account for shape in alike], service)


def _examples(shapes: tuple[Shape, ...]) -> list[str]:
    texts = list(dict.fromkeys(shape.resource.replace("\x01", "*") for shape in shapes))
    return [*texts[:3], *(["…"] if len(texts) > 3 else [])]


def _check_partition(report: Report, entry: Entry, arn: ArnText) -> None:
    if any(meets(arn.partition, partition) for partition in PARTITIONS):
        return
    meant = near(arn.partition, PARTITIONS) or ("aws" if not arn.partition else None)
    message = f"there is no partition `{arn.partition}`: use one of {', '.join(PARTITIONS)}"
    report.at("INVALID_PARTITION", message, entry, _with_part(report, entry, 1, meant) if meant else None)


def _check_region(report: Report, entry: Entry, arn: ArnText) -> bool:
    region = arn.region
    if not region or any(meets(region, known) for known in REGIONS):
        return True
    meant = near(region, REGIONS)
    message = f"there is no Region `{region}`" + (f": did you mean `{meant}`?" if meant else "")
    report.at("INVALID_ARN_REGION", message, entry, _with_part(report, entry, 3, meant) if meant else None)
    return False


def _check_account(report: Report, entry: Entry, arn: ArnText) -> bool:
    account = arn.account
    if not account or _ACCOUNT.fullmatch(account) or account in _OWNERS:
        return True
    if has_wildcard(account) and _ACCOUNT_PATTERN.fullmatch(account) and meets(account, "?" * 12):
        return True
    if any(account == shape.account for shape in shapes_of_service(arn.service)):
        return True
    report.at("INVALID_ARN_ACCOUNT", f"`{account}` is no account id: those have 12 digits", entry)
    return False


_PARTS: Final = {3: ("REGION", "Region"), 4: ("ACCOUNT", "account id")}


def _check_part(report: Report, entry: Entry, index: int, part: str, wanted: list[str], service: str) -> None:
    """Complain of a part that all ARNs of this shape have, or that none of them has."""
    code, name = _PARTS[index]
    if not part and all(wanted):
        fix = _with_part(report, entry, index, "*")
        message = f"an ARN of this kind of `{service}` holds a{'n' * (name[0] in 'a')} {name}: add it, or `*` for any"
        report.at(f"MISSING_ARN_{code}", message, entry, fix)
    elif part and not any(meets(part, pattern) for pattern in wanted) and not any(wanted):
        message = (
            f"an ARN of this kind of `{service}` holds no {name}: leave the part between its colons empty"
        )
        report.at(f"ARN_{code}_NOT_ALLOWED", message, entry, _with_part(report, entry, index, ""))


def _with_part(report: Report, entry: Entry, index: int, text: str) -> Fix:
    parts = entry.text.split(":", 5)
    parts[index] = text
    return report.replace(entry.node, ":".join(parts))


CHECKS: Final[tuple[Callable[[Report], None], ...]] = (_check_resources,)
