"""What an external access analyzer looks at: all resources that could be shared, shared or not.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzedResources.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzedResource.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import not_found, page, unsupported
from iamlab.cloud.services.analyzer_external import Resource, resources_of
from iamlab.cloud.services.analyzer_observing import observe
from iamlab.cloud.services.analyzer_store import Analyzer, Finding, Status, analyzer_asked_for
from iamlab.cloud.state import LabState


@operation("accessanalyzer", "ListAnalyzedResources")
def list_analyzed_resources(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAnalyzedResources.html"""
    wanted = call.params.get("resourceType")
    with state.lock:
        found = [one for one in resources_of(_analyzer(call, state)) if wanted in (None, one.type)]
    shown, more = page(call, found)
    listed = [
        {"resourceArn": one.arn, "resourceOwnerAccount": one.owner, "resourceType": one.type} for one in shown
    ]
    return {"analyzedResources": listed, **more}


@operation("accessanalyzer", "GetAnalyzedResource")
def get_analyzed_resource(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetAnalyzedResource.html"""
    with state.lock:
        analyzer = _analyzer(call, state)
        resource = _resource(analyzer, call.params["resourceArn"])
        observe(analyzer, state, call.now)
        findings = [one for one in analyzer.findings.values() if one.seen.resource == resource.arn]
    made: dict[str, Any] = {
        "resourceArn": resource.arn,
        "resourceType": resource.type,
        "resourceOwnerAccount": resource.owner,
        "analyzedAt": call.now,
        "createdAt": min((one.created for one in findings), default=call.now),
        "updatedAt": max((one.updated for one in findings), default=call.now),
        "isPublic": any(_counts(one) and one.seen.access["isPublic"] for one in findings),
    }
    if findings:
        open_ = [one for one in findings if _counts(one)]
        made["status"] = str(_status(findings))
        made["actions"] = sorted({action for one in open_ for action in one.seen.access["action"]})
        shared = {source["type"] for one in open_ for source in one.seen.access.get("sources", ())}
        if shared:
            made["sharedVia"] = sorted(shared)
    return {"resource": made}


@operation("accessanalyzer", "StartResourceScan")
def start_resource_scan(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_StartResourceScan.html"""
    with state.lock:
        analyzer = _analyzer(call, state)
        resource = _resource(analyzer, call.params["resourceArn"])
        owner = call.params.get("resourceOwnerAccount")
        if owner is not None and owner != resource.owner:
            raise not_found("Resource", resource.arn)
        observe(analyzer, state, call.now)
    return {}


def _analyzer(call: Call, state: LabState) -> Analyzer:
    analyzer = analyzer_asked_for(call, state)
    if not analyzer.kind.external:
        raise unsupported(f"{call.operation} is supported only for external access analyzers.")
    return analyzer


def _resource(analyzer: Analyzer, arn: str) -> Resource:
    for resource in resources_of(analyzer):
        if resource.arn == arn:
            return resource
    raise not_found("Resource", arn)


def _counts(finding: Finding) -> bool:
    return finding.status is not Status.RESOLVED


def _status(findings: list[Finding]) -> Status:
    """The most open of several."""
    found = {finding.status for finding in findings}
    return next(status for status in Status if status in found)
