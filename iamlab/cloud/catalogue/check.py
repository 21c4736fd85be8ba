"""One question to the engine: may the caller do this action on this resource?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iamlab.policy import Policy

ContextValue = str | bool | int | float | list[str]
Context = dict[str, ContextValue]

NO_CONTEXT: Mapping[str, ContextValue] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Check:
    """An action on a resource that has to be allowed before an operation may run.

    A call is allowed when all of its checks are, those about single parts of a batch aside.
    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """

    action: str
    """The IAM action, `service:Name`, as the service reference spells it."""
    resource: str
    """The resource's ARN, or `*` where the action has no resource types."""
    owner: str
    """The account that the resource belongs to."""
    context: Mapping[str, ContextValue] = field(default_factory=lambda: NO_CONTEXT)
    """Condition keys that this request carries for this resource; not those of caller, session or network."""
    wildcard_only: bool = False
    """The service reference lists no resource type for the action."""
    resource_policy: Policy | None = None
    """The policy attached to the resource itself, a role's trust policy included."""
    barriers: tuple[str, ...] = ()
    """Settings of the service that deny this request beside the resource's policy (S3 Block Public Access)."""
    grants: tuple[Policy, ...] = ()
    """Grants on the resource (of KMS keys), as policies beside its own."""
    dependent: bool = False
    """Needed because of what the call carries along (a passed role, tags), not for the operation itself."""
    via: str = ""
    """The service that asks for this on the caller's behalf; '' where the caller asks itself."""
    item: int | None = None
    """The part of a batch, by position, that this check alone is about: denied, that part is refused, not the call."""
    shown: str = ""
    """How AWS's denials name the resource, where that is neither its ARN nor `*`."""
