"""What the lab remembers of analyzers: their settings, archive rules, and the findings seen so far.

In: the lab's state, an account and a Region. Out: `Analyzer`s, in the order they were made, to be changed in place
under `state.lock`.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerSummary.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_FindingSummaryV2.html
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.services.analyzer_answers import not_found
from iamlab.cloud.state import LabState

PRINCIPAL = "access-analyzer.amazonaws.com"
"""The service, as a principal."""

_STORE = "access analyzers"


class Kind(StrEnum):
    """The types of analyzers."""

    ACCOUNT = "ACCOUNT"
    ORGANIZATION = "ORGANIZATION"
    ACCOUNT_UNUSED = "ACCOUNT_UNUSED_ACCESS"
    ORGANIZATION_UNUSED = "ORGANIZATION_UNUSED_ACCESS"
    ACCOUNT_INTERNAL = "ACCOUNT_INTERNAL_ACCESS"
    ORGANIZATION_INTERNAL = "ORGANIZATION_INTERNAL_ACCESS"

    @property
    def external(self) -> bool:
        """It looks for access from outside."""
        return self in (Kind.ACCOUNT, Kind.ORGANIZATION)

    @property
    def unused(self) -> bool:
        """It looks for what nobody uses."""
        return self.value.endswith("_UNUSED_ACCESS")

    @property
    def internal(self) -> bool:
        """It looks at who inside has access."""
        return self.value.endswith("_INTERNAL_ACCESS")

    @property
    def whole_organization(self) -> bool:
        """It looks at all accounts of the organisation."""
        return self.value.startswith("ORGANIZATION")


class Status(StrEnum):
    """Where a finding stands."""

    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"
    RESOLVED = "RESOLVED"


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing worth a finding, as the world is at one moment.

    Attributes:
        key: what makes it the same thing when it is seen again.
        type: `ExternalAccess`, `UnusedIAMRole` …
        resource: ARN.
        resource_type: as CloudFormation names it.
        owner: account of the resource.
        details: the entries of GetFindingV2's `findingDetails`.
        error: why the resource couldn't be looked at.
    """

    key: Hashable
    type: str
    resource: str
    resource_type: str
    owner: str
    details: tuple[Mapping[str, Any], ...]
    error: str | None = None

    @property
    def access(self) -> Mapping[str, Any]:
        """The details of external or internal access; empty for findings of other types."""
        first = self.details[0] if self.details else {}
        found: Mapping[str, Any] = (
            first.get("externalAccessDetails") or first.get("internalAccessDetails") or {}
        )
        return found


@dataclass(slots=True)
class Finding:
    """An observation with its history."""

    id: str
    seen: Observation
    created: datetime
    updated: datetime
    analyzed: datetime
    status: Status = Status.ACTIVE


@dataclass(slots=True)
class ArchiveRule:
    """Criteria by which new findings are archived."""

    name: str
    filter: Mapping[str, Mapping[str, Any]]
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Analyzer:
    """An analyzer with everything that belongs to it."""

    name: str
    kind: Kind
    arn: str
    account: str
    region: str
    created: datetime
    configuration: dict[str, Any] | None = None
    """Of an analyzer for unused or internal access: its `AnalyzerConfiguration`."""
    tags: dict[str, str] = field(default_factory=dict)
    rules: dict[str, ArchiveRule] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    """By id, oldest first."""
    last_analyzed: tuple[str, datetime] | None = None
    """ARN of the resource that was looked at last, and when."""
    previews: dict[str, Any] = field(default_factory=dict)
    """Access previews by id; `access_previews` writes it."""
    recommendations: dict[str, Any] = field(default_factory=dict)
    """Recommendations by the finding's id; `finding_recommendations` writes it."""
    token: str | None = None
    """The client token of its creation."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts it looks at, and trusts."""
        if self.kind.whole_organization:
            found = organizations.organization(self.account)
            if found is not None:
                return tuple(sorted(found.members))
        return (self.account,)

    @property
    def organization(self) -> str | None:
        """Id of the organisation that is the zone of trust."""
        if not self.kind.whole_organization:
            return None
        found = organizations.organization(self.account)
        return found.id if found is not None else None


def analyzers(state: LabState, account: str, region: str) -> dict[str, Analyzer]:
    """An account's analyzers in a Region by name, to be changed in place."""
    found: dict[str, Analyzer] = state.stores.setdefault(_STORE, {}).setdefault((account, region), {})
    return found


def analyzer_named(state: LabState, account: str, region: str, name: str) -> Analyzer:
    """An analyzer by name.

    Raises:
        AwsError: there is none.
    """
    found = analyzers(state, account, region).get(name)
    if found is None:
        raise not_found("Analyzer", name)
    return found


def analyzer_asked_for(call: Call, state: LabState) -> Analyzer:
    """The analyzer that a call names by ARN; it has to be of the call's Region.

    Raises:
        AwsError: there is none.
    """
    arn = str(call.params["analyzerArn"])
    parts = arn.split(":", 5)
    found = analyzers(state, call.account, call.region).get(parts[-1].removeprefix("analyzer/"))
    if found is None or found.arn != arn:
        raise not_found("Analyzer", arn)
    return found
