"""`PolicySet`: the policies that apply to a request, by layer, indexed by action.

Comes in: policies or documents for each layer. Goes out: an immutable set which, for an action, gives the `Plan`:
exactly those statements that can have a say, sorted into Denies and Allows. Making a set costs next to nothing, since
policies carry their own compiled form; plans are made on demand and remembered for the recent actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from iamlab.engine.layers import LAYERS, Layer
from iamlab.policy import Policy
from iamlab.policy.statement import Hit, Statement

__all__ = ["Document", "Member", "Plan", "PolicySet"]

Document = Policy | Mapping[str, Any] | str | bytes
"""What stands for a policy: a `Policy`, or anything that makes one."""

_REMEMBERED_ACTIONS: Final = 512
_INDEX_FROM: Final = 16  # below this many policies, asking each is cheaper than an index


class Member:
    """One policy in its place in a set.

    Attributes:
        layer: the layer.
        level: for SCPs and RCPs the level from the root, counted from 0; else None.
        index: its position in the layer (in its level), from 0.
        policy: the policy.
        grant: it is a grant on the resource, beside the resource's policy.
    """

    __slots__ = ("grant", "index", "layer", "level", "policy", "shown")

    def __init__(
        self, layer: Layer, level: int | None, index: int, policy: Policy, grant: bool = False
    ) -> None:
        self.layer = layer
        self.level = level
        self.index = index
        self.policy = policy
        self.grant = grant
        self.shown: Any = None  # the trace keeps its description of a policy without a say here


Rule = tuple[Hit, Statement, Member]
"""A statement in its place, with the matcher that fits there."""


class Plan:
    """The statements of a set that concern one action.

    Attributes:
        denies: (bit of the layer, matcher, statement, member), in the order in which layers are named.
        identity, boundary, session, vpce: the Allows of these layers.
        resource: the Allows of the resource's policy and of grants.
        grants: those of grants alone.
        scps, rcps: the Allows level by level; None without organisation.
        members: which members have any statement here, in the order of the set.
    """

    __slots__ = (
        "boundary",
        "denies",
        "grants",
        "identity",
        "members",
        "rcps",
        "resource",
        "scps",
        "session",
        "vpce",
    )

    def __init__(self) -> None:
        self.denies: list[tuple[int, Hit, Statement, Member]] = []
        self.identity: list[Rule] = []
        self.boundary: list[Rule] = []
        self.session: list[Rule] = []
        self.vpce: list[Rule] = []
        self.resource: list[Rule] = []
        self.grants: list[Rule] = []
        self.scps: list[list[Rule]] | None = None
        self.rcps: list[list[Rule]] | None = None
        self.members: list[tuple[Member, tuple[Statement, ...]]] = []


class PolicySet:
    """The policies of one decision.

    Args:
        identity: the caller's identity-based policies (a user's own and its groups', or a role's).
        boundary: its permissions boundary; none when empty.
        session: session policies; none when empty. Several are one union.
        vpce: the policy of the VPC endpoint that the call passes; none when empty.
        resource: the resource's policy (for sts:AssumeRole the role's trust policy), or None.
        scps: service control policies of the caller's account, level by level from the root; `()` without organisation.
        rcps: the same for resource control policies of the resource's account.
        grants: grants on the resource, written as policies (KMS). They stand beside its policy, and let a principal of
            another account in without that account's policies.

    Attributes:
        members: all policies with their places.
        bounded, in_session, through_endpoint: whether there is a boundary, a session policy, an endpoint policy.
    """

    __slots__ = (
        "_by_service",
        "_plans",
        "_rcp_levels",
        "_scp_levels",
        "bounded",
        "in_session",
        "members",
        "shown",
        "through_endpoint",
    )

    def __init__(
        self,
        identity: Iterable[Document] | Document | None = (),
        boundary: Iterable[Document] | Document | None = (),
        session: Iterable[Document] | Document | None = (),
        vpce: Iterable[Document] | Document | None = (),
        resource: Document | None = None,
        scps: Iterable[Iterable[Document]] | None = (),
        rcps: Iterable[Iterable[Document]] | None = (),
        grants: Iterable[Document] | None = (),
    ) -> None:
        # Of several layers that deny, the first in this order is named: AWS doesn't document its own.
        members: list[Member] = []
        self._scp_levels = _add_levels(members, Layer.SCP, scps)
        self._rcp_levels = _add_levels(members, Layer.RCP, rcps)
        self.through_endpoint = _add(members, Layer.VPCE, None, vpce)
        _add(members, Layer.RESOURCE, None, () if resource is None else (resource,))
        if grants:
            _add_grants(members, grants, 0 if resource is None else 1)
        self.bounded = _add(members, Layer.BOUNDARY, None, boundary)
        self.in_session = _add(members, Layer.SESSION, None, session)
        _add(members, Layer.IDENTITY, None, identity)
        self.members = tuple(members)
        self.shown: Any = None  # the trace keeps the set as it looks when nothing concerns the action
        self._plans: dict[str, Plan] = {}
        self._by_service: tuple[dict[str, tuple[Member, ...]], tuple[Member, ...]] | None = None

    @classmethod
    def from_json(cls, case: Mapping[str, Any]) -> PolicySet:
        """Read the policies of a line of the case format.

        Raises:
            ValueError: a field has the wrong shape.
        """
        from iamlab.engine.cases import policies_of

        return policies_of(case)

    def layer(self, layer: Layer) -> tuple[Member, ...]:
        """The members of one layer."""
        return tuple(member for member in self.members if member.layer == layer)

    @property
    def grants(self) -> tuple[Policy, ...]:
        """The grants on the resource, as policies."""
        return tuple(member.policy for member in self.members if member.grant)

    def levels(self, layer: Layer) -> int:
        """How many levels of SCPs or RCPs there are; 0 without organisation."""
        return self._scp_levels if layer == Layer.SCP else self._rcp_levels

    def plan(self, action: str) -> Plan:
        """The statements that concern an action (in lower case)."""
        plan = self._plans.get(action)
        if plan is None:
            plan = self._make_plan(action)
            if len(self._plans) >= _REMEMBERED_ACTIONS:
                self._plans.clear()
            self._plans[action] = plan
        return plan

    def _concerned(self, action: str) -> Iterable[Member]:
        if len(self.members) < _INDEX_FROM:
            return self.members
        if self._by_service is None:
            self._by_service = _index(self.members)
        named, anywhere = self._by_service
        service = action.partition(":")[0]
        # INVARIANT: the order of `members` is the order of layers; `_index` keeps it in both tuples.
        found = named.get(service)
        return anywhere if found is None else found

    def _make_plan(self, action: str) -> Plan:
        plan = Plan()
        if self._scp_levels:
            plan.scps = [[] for _ in range(self._scp_levels)]
        if self._rcp_levels:
            plan.rcps = [[] for _ in range(self._rcp_levels)]
        simple = {
            Layer.IDENTITY: plan.identity,
            Layer.BOUNDARY: plan.boundary,
            Layer.SESSION: plan.session,
            Layer.VPCE: plan.vpce,
            Layer.RESOURCE: plan.resource,
        }
        for member in self._concerned(action):
            facts = LAYERS[member.layer]
            denies, allows = member.policy.candidates(facts.usage, action)
            if not denies and not allows:
                continue
            plan.members.append((member, (*denies, *allows)))
            for statement in denies:
                plan.denies.append((facts.bit, statement.hit(facts.usage, self.bounded), statement, member))
            into = simple.get(member.layer)
            if into is None:
                levels = plan.scps if member.layer == Layer.SCP else plan.rcps
                assert levels is not None
                assert member.level is not None
                into = levels[member.level]
            rules = [(statement.hit(facts.usage, self.bounded), statement, member) for statement in allows]
            into += rules
            if member.grant:
                plan.grants += rules
        return plan

    def __repr__(self) -> str:
        counts = [f"{layer}: {len(self.layer(layer))}" for layer in LAYERS if self.layer(layer)]
        return f"<PolicySet {', '.join(counts) or 'empty'}>"


def _add(members: list[Member], layer: Layer, level: int | None, documents: Any) -> bool:
    """Take the policies of one layer in; whether there are any."""
    if documents is None:
        return False
    if isinstance(documents, Policy | Mapping | str | bytes):
        documents = (documents,)
    index = -1
    for index, document in enumerate(documents):
        policy = document if isinstance(document, Policy) else Policy(document)
        members.append(Member(layer, level, index, policy))
    return index >= 0


def _add_grants(members: list[Member], documents: Iterable[Document], start: int) -> None:
    for index, document in enumerate(documents, start):
        policy = document if isinstance(document, Policy) else Policy(document)
        members.append(Member(Layer.RESOURCE, None, index, policy, grant=True))


def _add_levels(members: list[Member], layer: Layer, levels: Iterable[Iterable[Document]] | None) -> int:
    count = 0
    for count, documents in enumerate(levels or (), start=1):
        _add(members, layer, count - 1, documents)
    return count


def _index(members: tuple[Member, ...]) -> tuple[dict[str, tuple[Member, ...]], tuple[Member, ...]]:
    """Members by the service prefix they speak of, and those that may speak of any."""
    services = [member.policy.services() for member in members]
    prefixes = {prefix for found in services if found is not None for prefix in found}
    lists: dict[str, list[Member]] = {prefix: [] for prefix in prefixes}
    anywhere: list[Member] = []
    for member, found in zip(members, services, strict=True):
        if found is None:
            anywhere.append(member)
            for into in lists.values():
                into.append(member)
        else:
            for prefix in found:
                lists[prefix].append(member)
    return {prefix: tuple(found) for prefix, found in lists.items()}, tuple(anywhere)
