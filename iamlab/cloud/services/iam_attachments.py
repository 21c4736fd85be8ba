"""Managed policies on users, groups and roles: attached, listed, detached, and who has one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_manage-attach-detach.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import by_name, page
from iamlab.cloud.services.iam_shapes import (
    attachable,
    group,
    limit_exceeded,
    modifiable_role,
    no_such_entity,
    policy,
    role,
    user,
)
from iamlab.cloud.state import LabState


@dataclass(frozen=True, slots=True)
class Holder:
    """A kind of entity that managed policies are attached to."""

    kind: str
    find: Callable[[str, str], Any]
    find_to_change: Callable[[str, str], Any]
    limit: int

    def of(self, call: Call, *, to_change: bool = False) -> Any:
        find = self.find_to_change if to_change else self.find
        return find(call.account, call.params[f"{self.kind}Name"])

    def all(self, account: str) -> list[Any]:
        backend = identities.iam(account)
        everyone: dict[str, dict[str, Any]] = {
            "User": backend.users,
            "Group": backend.groups,
            "Role": backend.roles,
        }
        return by_name(list(everyone[self.kind].values()))


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities
HOLDERS = (
    Holder("User", user, user, 10),
    Holder("Group", group, group, 10),
    Holder("Role", role, modifiable_role, 20),
)


def _register(holder: Holder) -> None:
    @operation("iam", f"Attach{holder.kind}Policy")
    def attach(call: Call, state: LabState) -> dict[str, Any]:
        with state.lock:
            entity = holder.of(call, to_change=True)
            record = attachable(call.account, call.params["PolicyArn"], holder.kind)
            if record.arn in entity.managed_policies:
                return {}
            if len(entity.managed_policies) >= holder.limit:
                raise limit_exceeded(f"Cannot exceed quota for PoliciesPer{holder.kind}: {holder.limit}")
            record.attach_to(entity)
        return {}

    @operation("iam", f"Detach{holder.kind}Policy")
    def detach(call: Call, state: LabState) -> dict[str, Any]:
        with state.lock:
            entity, arn = holder.of(call, to_change=True), call.params["PolicyArn"]
            if arn not in entity.managed_policies:
                raise no_such_entity(f"Policy {arn} was not found.")
            entity.managed_policies[arn].detach_from(entity)
        return {}

    @operation("iam", f"ListAttached{holder.kind}Policies")
    def attached(call: Call, state: LabState) -> dict[str, Any]:
        entity, prefix = holder.of(call), call.params.get("PathPrefix") or "/"
        found = [held for held in list(entity.managed_policies.values()) if held.path.startswith(prefix)]
        shown, truncation = page(call, found, lambda held: str(held.arn))
        return {"AttachedPolicies": attached_shape(shown), **truncation}


def attached_shape(policies: list[Any]) -> list[dict[str, str]]:
    """Attached policies as lists show them."""
    return [{"PolicyName": held.name, "PolicyArn": held.arn} for held in policies]


for _holder in HOLDERS:
    _register(_holder)


@operation("iam", "ListEntitiesForPolicy")
def list_entities_for_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html

    Who has the policy attached, or as a boundary; an entity that has it as both is told once.
    """
    params, account = call.params, call.account
    arn = policy(account, params["PolicyArn"]).arn
    wanted, usage = params.get("EntityFilter"), params.get("PolicyUsageFilter")
    prefix = params.get("PathPrefix") or "/"
    found = [
        (holder.kind, entity)
        for holder in HOLDERS
        if wanted in (None, holder.kind)
        for entity in holder.all(account)
        if entity.path.startswith(prefix) and any(usage in (None, use) for use in _uses(entity, arn))
    ]
    shown, truncation = page(call, found, lambda entry: f"{entry[0]}/{entry[1].name}")
    answer: dict[str, Any] = {f"Policy{holder.kind}s": [] for holder in HOLDERS}
    for kind, entity in shown:
        answer[f"Policy{kind}s"].append({f"{kind}Name": entity.name, f"{kind}Id": entity.id})
    return answer | truncation


def _uses(entity: Any, arn: str) -> Iterator[str]:
    if arn in entity.managed_policies:
        yield "PermissionsPolicy"
    if arn in (getattr(entity, "permissions_boundary_arn", None), identities.user_boundary(entity)):
        yield "PermissionsBoundary"
