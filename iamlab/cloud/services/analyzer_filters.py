"""Filters, archive rules' criteria and sorting of findings.

In: a filter as callers write it, and findings. Out: whether a finding meets all of its criteria, or the findings in
order. Values are compared as text: within a criterion any value of `eq` or `contains` will do, and none of `neq` may
fit.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Criterion.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from iamlab.cloud.services.analyzer_answers import invalid
from iamlab.cloud.services.analyzer_store import Finding

Filter = Mapping[str, Mapping[str, Any]]

NOTHING: Mapping[str, str | None] = MappingProxyType({})

_READ: Mapping[str, Callable[[Finding], str | None]] = {
    "id": lambda finding: finding.id,
    "status": lambda finding: str(finding.status),
    "resource": lambda finding: finding.seen.resource,
    "resourceType": lambda finding: finding.seen.resource_type,
    "resourceOwnerAccount": lambda finding: finding.seen.owner,
    "findingType": lambda finding: finding.seen.type,
    "error": lambda finding: finding.seen.error,
    "accessType": lambda finding: finding.seen.access.get("accessType"),
    "principalType": lambda finding: finding.seen.access.get("principalType"),
    "principalOwnerAccount": lambda finding: finding.seen.access.get("principalOwnerAccount"),
    "isPublic": lambda finding: _word(finding.seen.access.get("isPublic")),
}
# An archive rule can't ask for what a finding only has once it is there.
_LISTING_ONLY = frozenset({"id", "status"})
_PRINCIPALS = ("AWS", "Federated", "CanonicalUser")
_OPERATORS = ("eq", "neq", "contains", "exists")
_VALUES = 20

_SORTED_BY: Mapping[str, Callable[[Finding], Any]] = {
    **_READ,
    "createdAt": lambda finding: finding.created,
    "updatedAt": lambda finding: finding.updated,
    "analyzedAt": lambda finding: finding.analyzed,
}


def checked(criteria: Filter, *, rule: bool = False, also: Iterable[str] = ()) -> Filter:
    """A filter that can be asked.

    Args:
        criteria: the filter as the caller wrote it.
        rule: it is an archive rule's, which has fewer keys and needs at least one criterion.
        also: keys that can be asked beside those of all findings.

    Raises:
        AwsError: a key or a criterion makes no sense.
    """
    if rule and not criteria:
        raise invalid("An archive rule must have at least one criterion.", "filter")
    for key, criterion in criteria.items():
        if not (_is_known(key) or key in also) or (rule and key in _LISTING_ONLY):
            raise invalid(f"The filter key {key} is invalid.", "filter")
        given = [name for name in _OPERATORS if criterion.get(name) is not None]
        if not given:
            raise invalid(f"The criterion for {key} has no operator.", "filter")
        for name in given:
            if name != "exists" and not 1 <= len(criterion[name]) <= _VALUES:
                raise invalid(f"The criterion for {key} must have 1 to {_VALUES} values.", "filter")
    return criteria


def meets(finding: Finding, criteria: Filter, facts: Mapping[str, str | None] = NOTHING) -> bool:
    """Whether a finding meets all criteria of a filter.

    Args:
        finding: the finding.
        criteria: the filter.
        facts: values of keys that findings don't have by themselves.
    """
    return all(
        _fits(facts[key] if key in facts else _value(finding, key), criterion)
        for key, criterion in criteria.items()
    )


def ordered(findings: Iterable[Finding], sort: Mapping[str, Any] | None) -> list[Finding]:
    """Findings in the order asked for; without one, those that changed last come first.

    Raises:
        AwsError: findings have no such attribute.
    """
    name = (sort or {}).get("attributeName") or "updatedAt"
    if name not in _SORTED_BY:
        raise invalid(f"The sort attribute {name} is invalid.", "sort")
    descending = (sort or {}).get("orderBy", "DESC" if not sort else "ASC") == "DESC"
    read = _SORTED_BY[name]
    return sorted(findings, key=lambda finding: read(finding) or "", reverse=descending)


def _is_known(key: str) -> bool:
    head, _, name = key.partition(".")
    return key in _READ or (
        bool(name) and (head == "condition" or (head == "principal" and name in _PRINCIPALS))
    )


def _value(finding: Finding, key: str) -> str | None:
    if key in _READ:
        return _READ[key](finding)
    head, _, name = key.partition(".")
    found: Mapping[str, str] = finding.seen.access.get(head, {})
    # Condition keys are the same in any case.
    return next((value for known, value in found.items() if known.lower() == name.lower()), None)


def _fits(value: str | None, criterion: Mapping[str, Any]) -> bool:
    tests = (
        criterion.get("exists") is None or criterion["exists"] is (value is not None),
        criterion.get("eq") is None or value in criterion["eq"],
        criterion.get("neq") is None or value not in criterion["neq"],
        criterion.get("contains") is None
        or (value is not None and any(part in value for part in criterion["contains"])),
    )
    return all(tests)


def _word(value: bool | None) -> str | None:
    return None if value is None else "true" if value else "false"
