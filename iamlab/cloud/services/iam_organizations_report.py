"""Access advisor for an organisation: which services SCPs leave to a root, an OU or an account, and who last used them.

A report may ask about one SCP alone: which services it leaves, and what the accounts used that it applies to. Nothing
limits the management account: it counts only in reports about itself. A report is made at once and kept under the id
of its job; of an entity, or a policy, that isn't there the job fails.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOrganizationsAccessReport.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any

from iamlab.analysis.permissiveness import paper
from iamlab.analysis.universe import universe
from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_access_advisor import TRACKED, namespace_of, services_in, title_of
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import no_such_entity
from iamlab.cloud.state import LabState
from iamlab.engine import PolicySet

_JOBS = "iam organizations access reports"


@dataclass(frozen=True, slots=True)
class _Report:
    """A finished job."""

    owner: str
    """Account id of the management account."""
    path: str
    policy: str | None
    """The id of the one SCP that is asked about; None for those that apply to the entity."""
    made: datetime
    granted: int | None
    """The actions that SCPs leave, as bits of the universe; None if there is no such entity or policy."""

    @property
    def of_management(self) -> bool:
        """About the management account itself."""
        return self.path.rstrip("/").endswith(f"/{self.owner}")

    def place_of(self, account: str | None) -> str:
        """The path of an account whose attempts count; '' for others."""
        place = organizations.membership(account) if account is not None else None
        if place is None or place.management != self.of_management:
            return ""
        path = f"{place.path}{account}/"
        limited = self.of_management or self.policy is None or _applies(self.policy, place)
        return path if limited and path.startswith(self.path.rstrip("/") + "/") else ""


def _applies(policy: str, place: organizations.Membership) -> bool:
    return any(scp.arn.endswith(f"/{policy}") for level in place.scps for scp in level)


@operation("iam", "GenerateOrganizationsAccessReport")
def generate_organizations_access_report(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html"""
    place = organizations.membership(call.account)
    if place is None or not place.management:
        raise AwsError(
            "AccessDenied",
            "This operation can be called only from the organization's management account.",
            403,
        )
    path, policy = call.params["EntityPath"], call.params.get("OrganizationsPolicyId")
    report = _Report(call.account, path, policy, call.now, None)
    report = replace(report, granted=_granted(report))
    with state.lock:
        job = str(uuid.UUID(int=state.random.getrandbits(128), version=4))
        state.stores.setdefault(_JOBS, {})[job] = report
    return {"JobId": job}


def _granted(report: _Report) -> int | None:
    levels = organizations.scps_on_path(report.owner, report.path)
    if levels is None:
        return None
    if report.of_management:
        return (1 << len(universe().names)) - 1
    if report.policy is None:
        return _left(levels)
    asked = organizations.scp(report.owner, report.policy)
    return _left(((asked,),)) if asked is not None else None


def _left(levels: tuple[organizations.Level, ...]) -> int:
    """What the SCPs of all levels leave: each level is a ceiling."""
    known = universe()
    return reduce(
        and_,
        (
            paper(PolicySet([parsed(policy.document, policy.name, policy.arn) for policy in level]), known)
            for level in levels
        ),
    )


@operation("iam", "GetOrganizationsAccessReport")
def get_organizations_access_report(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOrganizationsAccessReport.html"""
    job = call.params["JobId"]
    report: _Report | None = state.stores.get(_JOBS, {}).get(job)
    if report is None or report.owner != call.account:
        raise no_such_entity(f"Job with id {job} is not found.")
    times = {"JobCreationDate": report.made, "JobCompletionDate": report.made}
    if report.granted is None:
        known = organizations.scps_on_path(report.owner, report.path) is not None
        missing = f"policy {report.policy}" if known else f"entity {report.path}"
        words = f"The {missing} was not found in the organization."
        return {"JobStatus": "FAILED", **times, "ErrorDetails": {"Message": words, "Code": "NoSuchEntity"}}
    entries = _details(report, state)
    key = call.params.get("SortKey") or "SERVICE_NAMESPACE_ASCENDING"
    by_time = key.startswith("LAST_AUTHENTICATED_TIME")
    entries.sort(
        key=lambda entry: (
            (entry["LastAuthenticatedTime"].timestamp() if "LastAuthenticatedTime" in entry else 0.0)
            if by_time
            else 0.0,
            entry["ServiceNamespace"],
        ),
        reverse=key.endswith("DESCENDING"),
    )
    shown, more = page(call, entries, lambda entry: str(entry["ServiceNamespace"]))
    return {
        "JobStatus": "COMPLETED",
        **times,
        "NumberOfServicesAccessible": len(entries),
        "NumberOfServicesNotAccessed": sum(not entry["TotalAuthenticatedEntities"] for entry in entries),
        "AccessDetails": shown,
        **more,
    }


def _details(report: _Report, state: LabState) -> list[dict[str, Any]]:
    """An entry for each service that SCPs leave, with the latest attempt of any account that counts."""
    under: dict[str, list[tuple[datetime, str, str]]] = {}
    for event in list(state.events):
        where = report.place_of(event.caller.account)
        if where and report.made - TRACKED <= event.time <= report.made:
            under.setdefault(namespace_of(event), []).append((event.time, event.region, where))
    details = []
    for prefix in services_in(report.granted or 0):
        used = under.get(prefix, [])
        entry: dict[str, Any] = {
            "ServiceName": title_of(prefix),
            "ServiceNamespace": prefix,
            "TotalAuthenticatedEntities": len({where for _, _, where in used}),
        }
        if used:
            entry |= dict(zip(("LastAuthenticatedTime", "Region", "EntityPath"), max(used), strict=True))
        details.append(entry)
    return details
