"""What to do about unused permissions: for each policy of the user or role a cut one in its place, or none.

A policy of which nothing is used should be detached; of which something is, it should be replaced by one that has lost
the services and actions of the finding. Where every bit of a policy is used, there is nothing to recommend about it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-view.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingRecommendation.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from iamlab.analysis.trimming import without
from iamlab.analysis.universe import universe
from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import invalid, not_found, page
from iamlab.cloud.services.analyzer_findings import finding_of
from iamlab.cloud.services.analyzer_observing import observe
from iamlab.cloud.services.analyzer_store import Finding, analyzer_asked_for
from iamlab.cloud.services.iam_access_advisor import Holder
from iamlab.cloud.state import LabState


@dataclass(frozen=True, slots=True)
class _Recommendation:
    """A finished recommendation; AWS works on one for some seconds."""

    made: datetime
    resource: str
    steps: tuple[dict[str, Any], ...]


@operation("accessanalyzer", "GenerateFindingRecommendation")
def generate_finding_recommendation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GenerateFindingRecommendation.html"""
    with state.lock:
        analyzer = analyzer_asked_for(call, state)
        observe(analyzer, state, call.now)
        finding = _unused_permission(finding_of(analyzer, call.params["id"]))
        steps = tuple({"unusedPermissionsRecommendedStep": step} for step in _steps(finding))
        made = _Recommendation(call.now, finding.seen.resource, steps)
        analyzer.recommendations[finding.id] = made
    return {}


@operation("accessanalyzer", "GetFindingRecommendation")
def get_finding_recommendation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingRecommendation.html"""
    analyzer = analyzer_asked_for(call, state)
    finding = finding_of(analyzer, call.params["id"])
    found: _Recommendation | None = analyzer.recommendations.get(finding.id)
    if found is None:
        raise not_found("FindingRecommendation", finding.id)
    shown, more = page(call, found.steps)
    return {
        "startedAt": found.made,
        "completedAt": found.made,
        "resourceArn": found.resource,
        "recommendedSteps": list(shown),
        "recommendationType": "UnusedPermissionRecommendation",
        "status": "SUCCEEDED",
        **more,
    }


def _unused_permission(finding: Finding) -> Finding:
    if finding.seen.type != "UnusedPermission":
        raise invalid("Recommendations are made for findings of type UnusedPermission only.", "id")
    return finding


def _steps(finding: Finding) -> Iterator[dict[str, Any]]:
    """One step for each policy that grants what isn't used."""
    holder = _holder(finding)
    lost = _lost(finding)
    for name, arn, policy in holder.policies() if holder is not None else ():
        left = without(policy, lost)
        if left == policy.document:
            continue
        step: dict[str, Any] = {"existingPolicyId": arn or name}
        updated = _updated(finding.seen.owner, arn)
        if updated is not None:
            step["policyUpdatedAt"] = updated
        if left is None:
            yield {"recommendedAction": "DETACH_POLICY", **step}
        else:
            yield {"recommendedAction": "CREATE_POLICY", "recommendedPolicy": json.dumps(left), **step}


def _lost(finding: Finding) -> int:
    """What the finding says isn't used, as bits of the universe."""
    known, bits = universe(), 0
    for detail in finding.seen.details:
        unused = detail["unusedPermissionDetails"]
        prefix = unused["serviceNamespace"]
        names = [action["action"] for action in unused.get("actions", ())] or ["*"]
        for name in names:
            bits |= known.bits(f"{prefix}:{name}")
    return bits


def _holder(finding: Finding) -> Holder | None:
    name = finding.seen.resource.rpartition("/")[2]
    if finding.seen.resource_type == "AWS::IAM::Role":
        record, kind = identities.role_by_name(finding.seen.owner, name), "ROLE"
    else:
        record, kind = identities.user_by_name(finding.seen.owner, name), "USER"
    return Holder(kind, record) if record is not None else None


def _updated(account: str, arn: str | None) -> datetime | None:
    """When a managed policy was changed; of inline policies nobody keeps that."""
    record = identities.managed_policy(account, arn) if arn is not None else None
    if record is None:
        return None
    updated: datetime = record.update_date
    return updated if updated.tzinfo is not None else updated.replace(tzinfo=UTC)
