"""An account as plain values: its principals with their policies, the policies of its resources, its SCPs.

Comes in: records, made by :mod:`iamlab.analysis.authorization_details` from the JSON of
GetAccountAuthorizationDetails, by ``lab.snapshot()``, or by hand. Goes out: an `Account` that can be asked what the
engine would decide for any of its principals. Everything is frozen: a "what if" is made with `dataclasses.replace`.

See https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from iamlab.engine import Decision, PolicySet, Request, decide
from iamlab.policy import Policy

__all__ = ["SESSION_NAME", "Account", "Group", "ManagedPolicy", "Principal", "UnknownPrincipal"]

SESSION_NAME: Final = "iamlab"
"""The name of the session in which a role's decisions are asked."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class UnknownPrincipal(LookupError):
    """The account has no principal of that name or ARN."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group: policies that its users share.

    Attributes:
        policies: inline ones, which have a name and no ARN, and attached ones, which have both.
    """

    name: str
    arn: str
    policies: tuple[Policy, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class Principal:
    """A user or a role.

    Attributes:
        policies: its own inline policies (a name and no ARN) and attached policies (both).
        groups: names of a user's groups.
        boundary: its permissions boundary.
        trust: a role's trust policy.
        tags: its tags.
        id: its unique id, `AIDA…` or `AROA…`; empty where unknown.
    """

    kind: Literal["user", "role"]
    name: str
    arn: str
    policies: tuple[Policy, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: Policy | None = None
    trust: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    id: str = ""

    @property
    def service_linked(self) -> bool:
        """A service-linked role: only its service assumes or changes it."""
        return ":role/aws-service-role/" in self.arn

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A managed policy with all of its versions.

    Attributes:
        default: id of the version in force.
        versions: version id → document.
    """

    arn: str
    default: str
    versions: Mapping[str, Policy]

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def own(self) -> bool:
        """One of the account's own, not one of AWS's."""
        return ":iam::aws:" not in self.arn


@dataclass(frozen=True, slots=True)
class Account:
    """One account at one moment.

    Attributes:
        id: the twelve digits.
        users, roles, groups: in the order of the source.
        managed: managed policies by ARN.
        resource_policies: the policies of resources, by the resource's ARN; roles carry their trust policy themselves.
        grants: the grants on KMS keys, as policies, by the key's ARN.
        scps, rcps: levels from the root to the account; `()` without organisation.
        management: it manages its organisation, so that SCPs and RCPs leave it alone.
        missing: ARNs of policies that are attached somewhere and whose text the source doesn't hold. They count as
            policies without statements, so answers about their principals may miss something.
    """

    id: str
    users: tuple[Principal, ...] = ()
    roles: tuple[Principal, ...] = ()
    groups: tuple[Group, ...] = ()
    managed: Mapping[str, ManagedPolicy] = field(default_factory=lambda: _NOTHING)
    resource_policies: Mapping[str, Policy] = field(default_factory=lambda: _NOTHING)
    grants: Mapping[str, tuple[Policy, ...]] = field(default_factory=lambda: _NOTHING)
    scps: tuple[tuple[Policy, ...], ...] = ()
    rcps: tuple[tuple[Policy, ...], ...] = ()
    management: bool = False
    missing: tuple[str, ...] = ()
    _by_arn: Mapping[str, Principal] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_arn", {found.arn: found for found in self.principals})

    @property
    def principals(self) -> tuple[Principal, ...]:
        """Users, then roles."""
        return (*self.users, *self.roles)

    def principal(self, who: str) -> Principal:
        """The principal `user/ana`, `role/App`, or of that ARN.

        Raises:
            UnknownPrincipal: the account has none.
        """
        for found in self.principals:
            if who in (found.arn, str(found)):
                return found
        raise UnknownPrincipal(
            f"the account has no principal `{who}`: write `user/name`, `role/name` or an ARN"
        )

    def group(self, name: str) -> Group | None:
        """The group of that name."""
        return next((group for group in self.groups if group.name == name), None)

    def identity_policies(self, principal: Principal) -> tuple[Policy, ...]:
        """A principal's own policies and those of its groups."""
        found = list(principal.policies)
        for name in principal.groups:
            group = self.group(name)
            if group is not None:
                found += group.policies
        return tuple(found)

    def resource_policy(self, resource: str) -> Policy | None:
        """The policy that speaks for a resource: of an object its bucket's, of a role its trust policy."""
        parts = resource.split(":", 5)
        if len(parts) == 6 and parts[2] == "iam":
            named = self._by_arn.get(resource)
            return None if named is None else named.trust
        found = self.resource_policies.get(resource)
        if found is None and len(parts) == 6:
            whole = parts[5].split("/index/")[0] if parts[2] == "dynamodb" else parts[5].split("/")[0]
            found = self.resource_policies.get(":".join((*parts[:5], whole)))
        return found

    def policy_set(
        self, principal: Principal, resource: Policy | None = None, grants: Iterable[Policy] = ()
    ) -> PolicySet:
        """All policies that speak about a principal's requests.

        Args:
            principal: who asks.
            resource: the policy of the resource asked for.
            grants: the grants on it.
        """
        return PolicySet(
            identity=self.identity_policies(principal),
            boundary=None if principal.boundary is None else (principal.boundary,),
            resource=resource,
            scps=self.scps,
            rcps=self.rcps,
            grants=grants,
        )

    def request(
        self,
        principal: Principal,
        action: str,
        resource: str = "*",
        context: Mapping[str, Any] | None = None,
    ) -> Request:
        """A request by a principal, with the condition keys that follow from who it is.

        A user asks with its access key and without MFA; a role in a session without session policy. `context` adds
        what else the request carries, and wins.
        """
        user = principal.kind == "user"
        caller = (
            principal.arn
            if user
            else f"arn:{principal.arn.split(':')[1]}:sts::{self.id}:assumed-role/{principal.name}/{SESSION_NAME}"
        )
        flags = ("management_account", "resource_management_account") if self.management else ()
        return Request(
            action,
            resource,
            caller,
            account=self.id,
            issuer=None if user else principal.arn,
            flags=flags,
            context={**self._context(principal), **self._tags_of(resource), **(context or {})},
        )

    def decide(
        self,
        principal: Principal,
        action: str,
        resource: str = "*",
        context: Mapping[str, Any] | None = None,
    ) -> Decision:
        """What the engine decides for a principal; arguments as for `request`."""
        return decide(
            self.request(principal, action, resource, context),
            self.policy_set(principal, self.resource_policy(resource), self.grants.get(resource, ())),
        )

    def _context(self, principal: Principal) -> dict[str, Any]:
        user = principal.kind == "user"
        context: dict[str, Any] = {
            "aws:PrincipalArn": principal.arn,
            "aws:PrincipalAccount": self.id,
            "aws:PrincipalType": "User" if user else "AssumedRole",
            "aws:PrincipalIsAWSService": False,
            "aws:ViaAWSService": False,
            "aws:SecureTransport": True,
            "aws:ResourceAccount": self.id,
        }
        if principal.id:
            context["aws:userid"] = principal.id if user else f"{principal.id}:{SESSION_NAME}"
        if user:
            context["aws:username"] = principal.name
        for key, value in principal.tags.items():
            context[f"aws:PrincipalTag/{key}"] = value
        return context

    def _tags_of(self, resource: str) -> dict[str, Any]:
        tagged = self._by_arn.get(resource)
        if tagged is None or not tagged.tags:
            return {}
        tags = tagged.tags
        return {f"{prefix}:ResourceTag/{key}": tags[key] for prefix in ("aws", "iam") for key in tags}

    def __repr__(self) -> str:
        return f"<Account {self.id}: {len(self.users)} users, {len(self.groups)} groups, {len(self.roles)} roles>"
