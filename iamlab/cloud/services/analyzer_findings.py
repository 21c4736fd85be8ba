"""Findings listed, shown, archived and counted. Each question is answered for the present moment.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import invalid, not_found, page, unsupported
from iamlab.cloud.services.analyzer_filters import checked, meets, ordered
from iamlab.cloud.services.analyzer_observing import observe
from iamlab.cloud.services.analyzer_store import Analyzer, Finding, Status, analyzer_asked_for
from iamlab.cloud.state import LabState

_TOP_ACCOUNTS = 10


@operation("accessanalyzer", "ListFindings")
def list_findings(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindings.html"""
    shown, more = _listed(call, state, _for_external(call, state))
    return {"findings": [_whole(finding) for finding in shown], **more}


@operation("accessanalyzer", "ListFindingsV2")
def list_findings_v2(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListFindingsV2.html"""
    shown, more = _listed(call, state, analyzer_asked_for(call, state))
    return {"findings": [_brief(finding) for finding in shown], **more}


@operation("accessanalyzer", "GetFinding")
def get_finding(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFinding.html"""
    analyzer = _for_external(call, state)
    observe(analyzer, state, call.now)
    return {"finding": _whole(finding_of(analyzer, call.params["id"]))}


@operation("accessanalyzer", "GetFindingV2")
def get_finding_v2(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingV2.html"""
    analyzer = analyzer_asked_for(call, state)
    observe(analyzer, state, call.now)
    finding = finding_of(analyzer, call.params["id"])
    shown, more = page(call, finding.seen.details)
    return {**_brief(finding), "findingDetails": [dict(detail) for detail in shown], **more}


@operation("accessanalyzer", "UpdateFindings")
def update_findings(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UpdateFindings.html

    Findings by id, or all of a resource. Resolved ones stay resolved.
    """
    params = call.params
    ids, resource = params.get("ids") or [], params.get("resourceArn")
    if not ids and resource is None:
        raise invalid("Either ids or resourceArn must be given.")
    status = Status(params["status"])
    with state.lock:
        analyzer = analyzer_asked_for(call, state)
        observe(analyzer, state, call.now)
        chosen = [finding_of(analyzer, name) for name in ids]
        if resource is not None:
            chosen += [found for found in analyzer.findings.values() if found.seen.resource == resource]
        for finding in chosen:
            if finding.status not in (Status.RESOLVED, status):
                finding.status, finding.updated = status, call.now
    return {}


@operation("accessanalyzer", "GetFindingsStatistics")
def get_findings_statistics(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingsStatistics.html"""
    analyzer = analyzer_asked_for(call, state)
    observe(analyzer, state, call.now)
    findings = list(analyzer.findings.values())
    active = [finding for finding in findings if finding.status is Status.ACTIVE]
    by_status = Counter(finding.status for finding in findings)
    totals = {member: by_status[status] for status, member in _TOTALS.items()}
    if analyzer.kind.internal:
        statistics = {"internalAccessFindingsStatistics": {**_by_status(findings), **totals}}
    elif analyzer.kind.unused:
        statistics = {"unusedAccessFindingsStatistics": {**_by_type(active), **totals}}
    else:
        statistics = {"externalAccessFindingsStatistics": {**_by_resource_type(active), **totals}}
    return {"findingsStatistics": [statistics], "lastUpdatedAt": call.now}


def finding_of(analyzer: Analyzer, name: str) -> Finding:
    """A finding by id.

    Raises:
        AwsError: the analyzer has none.
    """
    found = analyzer.findings.get(name)
    if found is None:
        raise not_found("Finding", name)
    return found


# ------------------------------------------------------------------ questions
def _for_external(call: Call, state: LabState) -> Analyzer:
    analyzer = analyzer_asked_for(call, state)
    if not analyzer.kind.external:
        raise unsupported(
            f"{call.operation} is supported only for external access analyzers. Use {call.operation}V2."
        )
    return analyzer


def _listed(call: Call, state: LabState, analyzer: Analyzer) -> tuple[Iterable[Finding], dict[str, str]]:
    criteria = checked(call.params.get("filter") or {})
    observe(analyzer, state, call.now)
    found = [finding for finding in list(analyzer.findings.values()) if meets(finding, criteria)]
    return page(call, ordered(found, call.params.get("sort")))


# ------------------------------------------------------------------ shapes
def _brief(finding: Finding) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": finding.id,
        "analyzedAt": finding.analyzed,
        "createdAt": finding.created,
        "updatedAt": finding.updated,
        "status": str(finding.status),
        "resource": finding.seen.resource,
        "resourceType": finding.seen.resource_type,
        "resourceOwnerAccount": finding.seen.owner,
        "findingType": finding.seen.type,
    }
    if finding.seen.error is not None:
        made["error"] = finding.seen.error
    return made


def _whole(finding: Finding) -> dict[str, Any]:
    """The first version's shape holds the access itself, and no type."""
    made = {"condition": {}, **_brief(finding), **finding.seen.access}
    del made["findingType"]
    return made


def _by_type(active: Iterable[Finding]) -> dict[str, Any]:
    types = Counter(finding.seen.type for finding in active)
    by_account: dict[str, Counter[str]] = {}
    for finding in active:
        by_account.setdefault(finding.seen.owner, Counter())[finding.seen.type] += 1
    most = sorted(by_account.items(), key=lambda item: -item[1].total())[:_TOP_ACCOUNTS]
    made: dict[str, Any] = {
        "unusedAccessTypeStatistics": [
            {"unusedAccessType": name, "total": total} for name, total in sorted(types.items())
        ]
    }
    if most:
        made["topAccounts"] = [
            {"account": account, "numberOfActiveFindings": counted.total(), "details": dict(counted)}
            for account, counted in most
        ]
    return made


_TOTALS = {
    Status.ACTIVE: "totalActiveFindings",
    Status.ARCHIVED: "totalArchivedFindings",
    Status.RESOLVED: "totalResolvedFindings",
}


def _by_status(findings: Iterable[Finding]) -> dict[str, Any]:
    counted: dict[str, Counter[Status]] = {}
    for finding in findings:
        counted.setdefault(finding.seen.resource_type, Counter())[finding.status] += 1
    return {
        "resourceTypeStatistics": {
            name: {member: counts[status] for status, member in _TOTALS.items()}
            for name, counts in sorted(counted.items())
        }
    }


def _by_resource_type(active: Iterable[Finding]) -> dict[str, Any]:
    counted: dict[str, Counter[str]] = {}
    for finding in active:
        public = finding.seen.access.get("isPublic")
        kind = "totalActivePublic" if public else "totalActiveCrossAccount"
        counted.setdefault(finding.seen.resource_type, Counter())[kind] += 1
    return {
        "resourceTypeStatistics": {
            name: {
                "totalActivePublic": counts["totalActivePublic"],
                "totalActiveCrossAccount": counts["totalActiveCrossAccount"],
                "totalActiveErrors": 0,
            }
            for name, counts in sorted(counted.items())
        }
    }
