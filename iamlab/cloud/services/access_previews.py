"""Access previews: which findings a proposed configuration of a resource would bring, change or resolve.

A preview is made at once. Its findings are compared with those that the analyzer has of the resource at that moment.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-access-preview.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AccessPreviewFinding.html
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import operation
from iamlab.cloud.services.access_preview_configurations import (
    InvalidConfigurationError,
    proposed,
    resource_of,
)
from iamlab.cloud.services.analyzer_answers import invalid, not_found, page, unsupported
from iamlab.cloud.services.analyzer_external import Resource, observations_of, zone_of
from iamlab.cloud.services.analyzer_filters import checked, meets
from iamlab.cloud.services.analyzer_observing import observe
from iamlab.cloud.services.analyzer_store import Analyzer, Finding, Observation, Status, analyzer_asked_for
from iamlab.cloud.state import LabState

_OWN_KEYS = ("changeType", "existingFindingId", "existingFindingStatus")


@dataclass(frozen=True, slots=True)
class _Change:
    """What would become of one finding."""

    finding: Finding
    """As it would be; its id is the preview's own."""
    kind: str
    """`NEW`, `CHANGED` or `UNCHANGED`."""
    existing: tuple[str, Status] | None
    """Id and status of the finding that there is."""


@dataclass(frozen=True, slots=True)
class _Preview:
    id: str
    analyzer: str
    created: datetime
    configurations: Mapping[str, Any]
    changes: tuple[_Change, ...]
    failed: bool
    token: str | None

    def summary(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "id": self.id,
            "analyzerArn": self.analyzer,
            "createdAt": self.created,
            "status": "FAILED" if self.failed else "COMPLETED",
        }
        return made | ({"statusReason": {"code": "INVALID_CONFIGURATION"}} if self.failed else {})


@operation("accessanalyzer", "CreateAccessPreview")
def create_access_preview(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CreateAccessPreview.html"""
    configurations, token = call.params["configurations"], call.params.get("clientToken")
    with state.lock:
        analyzer = _analyzer(call, state)
        for preview in analyzer.previews.values():
            if token is not None and preview.token == token:
                return {"id": preview.id}
        if len(configurations) != 1:
            raise invalid("The configurations must contain exactly one element.", "configurations")
        ((arn, configuration),) = configurations.items()
        resource = resource_of(arn, configuration, analyzer.account)
        if resource.owner not in analyzer.accounts:
            raise invalid(f"The resource {arn} is not in the zone of trust.", "configurations")
        observe(analyzer, state, call.now)
        try:
            seen = tuple(observations_of(resource, proposed(resource, configuration), zone_of(analyzer)))
            changes = tuple(_changes(analyzer, resource, seen, state, call.now))
            failed = False
        except InvalidConfigurationError:
            changes, failed = (), True
        made = _Preview(_new_id(state), analyzer.arn, call.now, configurations, changes, failed, token)
        analyzer.previews[made.id] = made
    return {"id": made.id}


@operation("accessanalyzer", "GetAccessPreview")
def get_access_preview(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetAccessPreview.html"""
    preview = _preview(call, state)
    return {"accessPreview": {**preview.summary(), "configurations": preview.configurations}}


@operation("accessanalyzer", "ListAccessPreviews")
def list_access_previews(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAccessPreviews.html"""
    shown, more = page(call, list(_analyzer(call, state).previews.values()))
    return {"accessPreviews": [preview.summary() for preview in shown], **more}


@operation("accessanalyzer", "ListAccessPreviewFindings")
def list_access_preview_findings(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListAccessPreviewFindings.html"""
    criteria = checked(call.params.get("filter") or {}, also=_OWN_KEYS)
    changes = _preview(call, state).changes
    found = [change for change in changes if meets(change.finding, criteria, _facts(change))]
    shown, more = page(call, found)
    return {"findings": [_shown(change) for change in shown], **more}


def _analyzer(call: Call, state: LabState) -> Analyzer:
    analyzer = analyzer_asked_for(call, state)
    if not analyzer.kind.external:
        raise unsupported(f"{call.operation} is supported only for external access analyzers.")
    return analyzer


def _preview(call: Call, state: LabState) -> _Preview:
    name = call.params["accessPreviewId"]
    found: _Preview | None = _analyzer(call, state).previews.get(name)
    if found is None:
        raise not_found("AccessPreview", name)
    return found


def _new_id(state: LabState) -> str:
    return str(uuid.UUID(int=state.random.getrandbits(128), version=4))


# ------------------------------------------------------------------ what would change
def _changes(
    analyzer: Analyzer, resource: Resource, seen: tuple[Observation, ...], state: LabState, now: datetime
) -> Iterator[_Change]:
    """The findings that there would be, and those that would be no more."""
    existing = {
        finding.seen.key: finding
        for finding in analyzer.findings.values()
        if finding.seen.resource == resource.arn and finding.status is not Status.RESOLVED
    }
    for observation in seen:
        finding = Finding(_new_id(state), observation, now, now, now)
        known = existing.pop(observation.key, None)
        if known is None:
            if any(meets(finding, rule.filter) for rule in analyzer.rules.values()):
                finding.status = Status.ARCHIVED
            yield _Change(finding, "NEW", None)
            continue
        finding.status = known.status
        same = known.seen.details == observation.details
        yield _Change(finding, "UNCHANGED" if same else "CHANGED", (known.id, known.status))
    for known in existing.values():
        finding = Finding(_new_id(state), known.seen, now, now, now, Status.RESOLVED)
        yield _Change(finding, "CHANGED", (known.id, known.status))


def _facts(change: _Change) -> dict[str, str | None]:
    name, status = change.existing or (None, None)
    return {
        "changeType": change.kind,
        "existingFindingId": name,
        "existingFindingStatus": str(status) if status is not None else None,
    }


def _shown(change: _Change) -> dict[str, Any]:
    finding = change.finding
    made = {
        "id": finding.id,
        "resource": finding.seen.resource,
        "resourceType": finding.seen.resource_type,
        "resourceOwnerAccount": finding.seen.owner,
        "createdAt": finding.created,
        "status": str(finding.status),
        **finding.seen.access,
    }
    return made | {name: value for name, value in _facts(change).items() if value is not None}
