"""Access from inside, as the world is now: who of an account or organisation may do what with chosen resources.

In: an analyzer whose rules choose resources, and the lab's state. Out: `Observation`s, one for each resource and each
user or role with access to it. Without rules there are none.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_InternalAccessDetails.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from iamlab.analysis.internal_access import internal_access
from iamlab.analysis.snapshot import Account, Principal
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.resource_policies import policy_of
from iamlab.cloud.services.analyzer_external import BUCKET, Resource, rcp_restriction, resources_of
from iamlab.cloud.services.analyzer_store import Analyzer, Observation
from iamlab.cloud.snapshot import snapshot_of
from iamlab.cloud.state import LabState

INTERNAL_TYPES = frozenset(
    {
        BUCKET,
        "AWS::DynamoDB::Stream",
        "AWS::DynamoDB::Table",
        "AWS::RDS::DBClusterSnapshot",
        "AWS::RDS::DBSnapshot",
        "AWS::S3Express::DirectoryBucket",
    }
)
"""The types of resources that such analyzers look at."""

_NO_ORGANIZATION: Mapping[str, Any] = {}


def internal_observations(analyzer: Analyzer, state: LabState, now: datetime) -> Iterator[Observation]:
    """Who of the analyzer's accounts has access to the resources that its rules choose."""
    chosen = [one for one in resources_of(analyzer) if one.type in INTERNAL_TYPES and _chosen(analyzer, one)]
    if not chosen:
        return
    accounts = {name: snapshot_of(state, name) for name in analyzer.accounts}
    for resource in chosen:
        analyzer.last_analyzed = (resource.arn, now)
        for account in accounts.values():
            for principal in account.principals:
                if not principal.service_linked:
                    yield from _observed(analyzer, resource, account, principal, accounts[resource.owner])


def _chosen(analyzer: Analyzer, resource: Resource) -> bool:
    """Whether a rule has the resource; each of a rule's criteria that is given must fit."""
    settings = (analyzer.configuration or {}).get("internalAccess") or {}
    for rule in (settings.get("analysisRule") or {}).get("inclusions") or []:
        fits = (
            not rule.get("accountIds") or resource.owner in rule["accountIds"],
            not rule.get("resourceTypes") or resource.type in rule["resourceTypes"],
            not rule.get("resourceArns") or resource.arn in rule["resourceArns"],
        )
        if all(fits):
            return True
    return False


def _observed(
    analyzer: Analyzer, resource: Resource, account: Account, principal: Principal, owner: Account
) -> Iterator[Observation]:
    limits = analyzer.kind.whole_organization
    found = internal_access(
        account,
        principal,
        resource.arn,
        policy_of(resource.arn),
        owner,
        limits=limits,
        context=_membership(account.id, owner.id),
    )
    if found is None:
        return
    details: dict[str, Any] = {
        "accessType": "INTRA_ACCOUNT" if account.id == owner.id else "INTRA_ORG",
        "action": list(found.actions),
        "condition": dict(found.condition),
        "principal": {"AWS": principal.arn},
        "principalOwnerAccount": account.id,
        "principalType": "IAM_USER" if principal.kind == "user" else "IAM_ROLE",
        "resourceControlPolicyRestriction": _restriction(limits, rcp_restriction(resource), owner.rcps),
        "serviceControlPolicyRestriction": _restriction(limits, _scp_restriction(account), account.scps),
    }
    if resource.type == BUCKET:
        details["sources"] = [{"type": "POLICY"}]
    yield Observation(
        key=(resource.arn, principal.arn, principal.id),
        type="InternalAccess",
        resource=resource.arn,
        resource_type=resource.type,
        owner=resource.owner,
        details=({"internalAccessDetails": details},),
    )


def _membership(account: str, owner: str) -> Mapping[str, Any]:
    """What the organisation adds to a request."""
    place, place_of_owner = organizations.membership(account), organizations.membership(owner)
    if place is None or place_of_owner is None:
        return _NO_ORGANIZATION
    return {
        "aws:PrincipalOrgID": place.organization_id,
        "aws:PrincipalOrgPaths": [place.path],
        "aws:ResourceOrgID": place_of_owner.organization_id,
        "aws:ResourceOrgPaths": [place_of_owner.path],
    }


def _restriction(limits: bool, applicable: str, levels: tuple[Any, ...]) -> str:
    """Policies of the organisation are counted in where it is the zone of trust, else pointed out."""
    if not limits:
        return applicable
    return "APPLIED" if any(levels) else "NOT_APPLICABLE"


def _scp_restriction(account: Account) -> str:
    limited = any(policy.name != "FullAWSAccess" for level in account.scps for policy in level)
    return "APPLICABLE" if limited and not account.management else "NOT_APPLICABLE"
