"""`allows` and `never_allows`: what of a described part of all requests policies allow.

Comes in: policies and a `Space`, described in the policy language's own terms. Goes out: an `Answer` with a request
that shows it. The space is written as one more Deny: a request that is allowed without it and denied with it lies in
the space. So the engine's matchers say what belongs to it, and nothing else has to.

AWS asks such questions with CheckAccessNotGranted and CheckNoPublicAccess:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from iamlab.analysis.callers import Caller
from iamlab.analysis.comparison import Comparable, describe, policy_set, with_callers_consent
from iamlab.analysis.difference import UniverseName, find_difference
from iamlab.analysis.witness import rebuilt
from iamlab.engine import PolicySet, Request
from iamlab.policy import Policy
from iamlab.policy.arn import parse_arn

__all__ = ["Answer", "Space", "allows", "never_allows"]


@dataclass(frozen=True, slots=True)
class Space:
    """A part of all requests.

    The parts must all be met. `Space(action="dynamodb:Delete*")` are all calls that delete in DynamoDB.
    """

    action: str | Sequence[str] = "*"
    """Actions, as in a policy's `Action`."""
    resource: str | Sequence[str] = "*"
    """Resources, as in `Resource`; variables are switched on."""
    condition: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the context must meet, as in `Condition`."""
    callers: str = "all"
    """`all`; `anonymous`; or `outside:` and an account number for everybody who doesn't belong to that account."""

    @classmethod
    def public(cls, action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*") -> Space:
        """What anybody in the world may do, without credentials."""
        return cls(action, resource, callers="anonymous")

    @classmethod
    def outside_account(
        cls, account: str, action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*"
    ) -> Space:
        """What callers of other accounts, services and anonymous callers may do."""
        return cls(action, resource, callers=f"outside:{account}")

    @classmethod
    def without_mfa(cls, action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*") -> Space:
        """What is possible with credentials that no second factor stands behind."""
        return cls(action, resource, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})

    @classmethod
    def outside_regions(
        cls, regions: Sequence[str], action: str | Sequence[str] = "*", resource: str | Sequence[str] = "*"
    ) -> Space:
        """What is possible in other regions than these."""
        return cls(action, resource, {"StringNotEquals": {"aws:RequestedRegion": list(regions)}})

    def _statement(self) -> dict[str, Any]:
        listed = [part if isinstance(part, str) else list(part) for part in (self.action, self.resource)]
        statement: dict[str, Any] = {"Effect": "Deny", "Action": listed[0], "Resource": listed[1]}
        if self.condition:
            statement["Condition"] = {name: dict(keys) for name, keys in self.condition.items()}
        return statement

    def _counts(self) -> Callable[[Caller], bool]:
        kind, _, account = self.callers.partition(":")
        if kind == "all":
            return lambda caller: True
        if kind == "anonymous":
            return lambda caller: caller.principal is None
        if kind != "outside" or not account:
            raise ValueError(
                f"`{self.callers}` is no group of callers: use `all`, `anonymous` or `outside:ACCOUNT`"
            )

        def outside(caller: Caller) -> bool:
            arn = None if caller.principal is None else parse_arn(caller.principal)
            # The resource is the account's own, so nobody outside of it is at home there.
            return arn is None or (arn.account != account and not caller.home)

        return outside


class Answer:
    """Whether policies allow anything of a space.

    Attributes:
        allowed: True, False, or None when it couldn't be decided.
        request: a request of the space that is allowed, or None.
        reason: why nothing certain can be said; else empty.
    """

    __slots__ = ("allowed", "reason", "request")

    def __init__(self, request: Request | None, reason: str) -> None:
        self.request = request
        self.reason = reason
        self.allowed: bool | None = True if request is not None else None if reason else False

    def explain(self) -> str:
        """The answer in words."""
        if self.request is not None:
            return f"Allowed, for instance {describe(self.request)}"
        return f"Not decided: {self.reason}." if self.reason else "Nothing of it is allowed."

    def __repr__(self) -> str:
        return f"<Answer {self.explain()}>"


def allows(
    policies: Comparable,
    space: Space,
    universe: UniverseName = "any",
    *,
    callers: Callable[[Caller], bool] | None = None,
) -> Answer:
    """Find something of a space that policies allow.

    Args:
        policies: a policy (one that names principals is a resource's) or a set.
        space: which requests are asked about.
        universe: `any` strings or only `known` requests.
        callers: which of the callers that the policies can tell apart are asked about, where the space's groups of
            callers are too coarse.

    Raises:
        ValueError: the space can't be read.
    """
    alone = False
    if not isinstance(policies, PolicySet):
        policy = policies if isinstance(policies, Policy) else Policy(policies)
        alone = any(one.principals is not None for one in policy.statements)
        policies = policy_set(policy, alone)
    fence = Policy({"Version": "2012-10-17", "Statement": [space._statement()]}, name="the space asked about")
    complaints = fence.errors("identity")
    if complaints:
        raise ValueError(f"the space can't be read: {complaints[0].message}")
    belongs = callers or space._counts()

    def counts(caller: Caller) -> bool:
        # A resource's owner needs no policy at all: that says nothing about the one asked about.
        owner = alone and caller.home and caller.principal is not None and caller.principal.endswith(":root")
        return belongs(caller) and not owner

    found = find_difference(policies, rebuilt(policies, fence=fence), universe, callers=counts)
    if alone and found.request is None and not found.reason:
        # Of another account that the policy names, the own policies decide as well: they are taken to allow the call.
        consenting = with_callers_consent(policies)
        found = find_difference(
            consenting,
            rebuilt(consenting, fence=fence),
            universe,
            callers=lambda caller: counts(caller) and caller.home is False,
        )
    return Answer(found.request, found.reason)


def never_allows(policies: Comparable, space: Space, universe: UniverseName = "any") -> bool | None:
    """Whether policies allow nothing of a space; None when it couldn't be decided. See `allows`."""
    answer = allows(policies, space, universe)
    return None if answer.allowed is None else not answer.allowed
