"""Where an account stands in its organisation, read from moto's state.

In: an account id. Out: `Membership`: the organisation, the path root → OU → account, and the documents of the SCPs
and RCPs attached along it. `None` for an account outside of any organisation, which is also the answer, at no cost,
as long as nobody has used AWS Organizations at all.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.moto_seam import identities

ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess"

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"

_PARTITION = "aws"
_MODELS = "moto.organizations.models"


@dataclass(frozen=True, slots=True)
class AttachedPolicy:
    """An SCP or RCP as it hangs at one level."""

    name: str
    arn: str
    document: str


Level = tuple[AttachedPolicy, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's place in its organisation."""

    organization_id: str
    path: str
    """As in `aws:PrincipalOrgPaths`: `o-…/r-…/ou-…/`, without the account."""
    management: bool
    """This is the management account, whose principals and resources no SCP or RCP touches."""
    scps: tuple[Level, ...]
    """SCPs by level, root first, the account last; () while the organisation hasn't enabled SCPs."""
    rcps: tuple[Level, ...]


def membership(account: str) -> Membership | None:
    """Where `account` stands, or None if it is in no organisation."""
    models = sys.modules.get(_MODELS)
    if models is None:  # nobody has called AWS Organizations: there is no organisation
        return None
    backend = _backend_of(models.organizations_backends, account)
    if backend is None or backend.org is None:
        return None
    member = next((candidate for candidate in backend.accounts if candidate.id == account), None)
    if member is None:
        return None
    nodes = _path(backend, member)
    enabled = {
        kind["Type"] for kind in getattr(nodes[0], "policy_types", ()) if kind.get("Status") == "ENABLED"
    }
    return Membership(
        organization_id=backend.org.id,
        path="/".join([backend.org.id, *(node.id for node in nodes[:-1])]) + "/",
        management=account == backend.org.master_account_id,
        scps=_levels(nodes, SCP) if SCP in enabled else (),
        rcps=_levels(nodes, RCP) if RCP in enabled else (),
    )


def together(account: str | None, other: str | None) -> bool:
    """Whether two accounts are one and the same, or of one organisation."""
    if account is None or other is None or account == other:
        return account is not None and account == other
    one, two = membership(account), membership(other)
    return one is not None and two is not None and one.organization_id == two.organization_id


def policy_type(account: str, policy_id: str) -> str | None:
    """The type of a policy of the organisation that `account` belongs to; None if there is no such policy."""
    models = sys.modules.get(_MODELS)
    backend = _backend_of(models.organizations_backends, account) if models is not None else None
    policies = backend.policies if backend is not None else ()
    return next((str(policy.type) for policy in policies if policy.id == policy_id), None)


def scp(account: str, policy_id: str) -> AttachedPolicy | None:
    """An SCP of the organisation that `account` manages, wherever it hangs."""
    backend = _managed_by(account)
    for policy in backend.policies if backend is not None else ():
        if policy.id == policy_id and policy.type == SCP:
            return AttachedPolicy(policy.name, policy.arn, policy.content)
    return None


def make_access_role(account: str, management: str, name: str | None) -> None:
    """Give a new member account the role through which the management account administers it.

    https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
    """
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{management}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    role = identities.iam(account).create_role(
        role_name=name or ACCESS_ROLE,
        assume_role_policy_document=json.dumps(trust),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    administers = identities.managed_policy(account, ADMINISTRATOR_ACCESS)
    if administers is not None:
        administers.attach_to(role)


def scps_on_path(account: str, path: str) -> tuple[Level, ...] | None:
    """The SCPs along an entity path `o-…/r-…/ou-…/…` of the organisation that `account` manages; None for another path.

    Args:
        path: its last part is a root, an OU or an account.
    """
    backend = _managed_by(account)
    ids = path.strip("/").split("/")
    if backend is None or backend.org is None or ids[0] != backend.org.id:
        return None
    nodes = [_node(account, part) for part in ids[1:]]
    parents = [None, *ids[1:-1]]
    if not nodes or any(
        node is None or (parent is not None and node.parent_id != parent)
        for node, parent in zip(nodes, parents, strict=True)
    ):
        return None
    return _levels(nodes, SCP)


def _node(account: str, target: str) -> Any | None:
    backend = _managed_by(account)
    nodes = (*backend.ou, *backend.accounts) if backend is not None else ()
    return next((node for node in nodes if node.id == target), None)


@dataclass(frozen=True, slots=True)
class Organization:
    """What the services that an organisation trusts know of it."""

    id: str
    management: str
    """Account id of the management account."""
    all_features: bool
    members: frozenset[str]
    """Account ids, the management account's included."""
    trusted: frozenset[str]
    """Service principals with trusted access."""
    delegated: Mapping[str, frozenset[str]]
    """Account ids of delegated administrators → the service principals they administer."""


def organization(account: str) -> Organization | None:
    """The organisation that `account` belongs to."""
    models = sys.modules.get(_MODELS)
    backend = _backend_of(models.organizations_backends, account) if models is not None else None
    if backend is None or backend.org is None:
        return None
    return Organization(
        id=backend.org.id,
        management=backend.org.master_account_id,
        all_features=backend.org.all_features,
        members=frozenset(member.id for member in backend.accounts),
        trusted=frozenset(backend.org.trusted),
        delegated={member.id: frozenset(member.services) for member in backend.accounts if member.services},
    )


def _managed_by(account: str) -> Any | None:
    models = sys.modules.get(_MODELS)
    if models is None or account not in models.organizations_backends:
        return None
    return models.organizations_backends[account][_PARTITION]


def forget() -> None:
    """Forget which accounts belong to which organisation: moto's own reset leaves that behind."""
    models = sys.modules.get(_MODELS)
    if models is not None:
        models.organizations_backends.master_accounts.clear()


def _backend_of(backends: Any, account: str) -> Any | None:
    master = backends.master_accounts.get(account)
    if master is not None:
        owner, partition = master
        return backends[owner][partition]
    return backends[account][_PARTITION] if account in backends else None


def _path(backend: Any, member: Any) -> list[Any]:
    """Root, OUs and the account itself."""
    by_id = {node.id: node for node in backend.ou}
    path, node = [member], by_id.get(member.parent_id)
    while node is not None:
        path.append(node)
        node = by_id.get(node.parent_id)
    return path[::-1]


def _levels(nodes: list[Any], kind: str) -> tuple[Level, ...]:
    return tuple(
        tuple(
            AttachedPolicy(policy.name, policy.arn, policy.content)
            for policy in node.attached_policies
            if policy.type == kind
        )
        for node in nodes
    )
