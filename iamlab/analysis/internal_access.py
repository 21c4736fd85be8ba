"""`internal_access`: what one principal may do with one resource, by all policies that have a say.

Comes in: the accounts of principal and resource as snapshots, and the resource's policy. Goes out: an `InternalAccess`
with the actions for which a request was found that the engine allows, or None where there is none. As for `reach`, an
action counts only with such a request: where statements have more combinations of values than the search tries, it may
be missed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from iamlab.analysis.external_access import about, shown_condition
from iamlab.analysis.snapshot import Account, Principal
from iamlab.analysis.universe import universe
from iamlab.analysis.usable import Asker, Search
from iamlab.engine import Layer, PolicySet, decide
from iamlab.policy import Policy

__all__ = ["InternalAccess", "internal_access"]

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
# Keys that follow from who asks, and whose the resource is.
_FIXED: Final = ("aws:principal", "aws:resourceaccount", "aws:resourceorg", "aws:userid", "aws:username")


@dataclass(frozen=True, slots=True)
class InternalAccess:
    """What a principal may do with a resource.

    Attributes:
        actions: in the spelling and order of the service reference.
        condition: key → values of the conditions in the statements that allow it.
    """

    actions: tuple[str, ...]
    condition: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


def internal_access(
    account: Account,
    principal: Principal,
    resource: str,
    policy: Policy | None,
    owner: Account,
    *,
    limits: bool,
    context: Mapping[str, Any] = _NOTHING,
) -> InternalAccess | None:
    """What a principal may do with a resource of an account it belongs to, or of its organisation.

    Args:
        account: the principal's account.
        principal: a user or role.
        resource: the ARN; what lies in it belongs to it.
        policy: the resource's policy.
        owner: the account of the resource.
        limits: whether SCPs and RCPs count.
        context: what the principal's requests carry beside what a snapshot tells, such as its organisation.
    """
    policies = PolicySet(
        identity=account.identity_policies(principal),
        boundary=None if principal.boundary is None else (principal.boundary,),
        resource=policy,
        # Those of an organisation leave its management account alone.
        scps=account.scps if limits and not account.management else (),
        rcps=owner.rcps if limits and not owner.management else (),
    )
    known = universe()
    spoken = 0
    for member in policies.members:
        for statement in member.policy.statements:
            if not statement.denies and not statement.broken:
                spoken |= known.covered(statement.actions)
    given = {**context, "aws:ResourceAccount": owner.id}
    sample = account.request(principal, known.names[0], resource, given).replace(resource_account=owner.id)
    search = Search(known, policies, Asker(sample, resource, _FIXED))
    search.run(about(spoken, resource))
    if not search.usable:
        return None
    statements = [
        ref
        for witness in search.witnesses.values()
        for ref in decide(witness, policies).statements
        if ref.effect == "Allow" and ref.layer in (Layer.IDENTITY, Layer.RESOURCE)
    ]
    return InternalAccess(
        known.named(search.usable),
        shown_condition(test for ref in statements for test in ref.statement.tests),
    )
