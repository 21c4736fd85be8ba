"""`compare`: what one policy, or set of policies, allows that another doesn't, over every possible request.

Comes in: two policies or two policy sets. Goes out: a `Comparison` with the relation, and for each direction in which
they differ a request that shows it, confirmed by `decide`. What the verdict stands on is in docs/analysis.md.

AWS answers such questions with automated reasoning:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from iamlab.analysis.difference import Difference, UniverseName, find_difference
from iamlab.engine import Layer, PolicySet, Request
from iamlab.policy import Policy

__all__ = ["Comparable", "Comparison", "Relation", "compare", "policy_set", "with_callers_consent"]

Comparable = Policy | PolicySet | Mapping[str, Any] | str | bytes
"""A policy, anything that makes one, or a whole set."""


class Relation(StrEnum):
    """How the first stands to the second."""

    EQUIVALENT = "equivalent"
    MORE = "more"
    LESS = "less"
    INCOMPARABLE = "incomparable"
    UNDECIDED = "undecided"


_WORDS = {
    Relation.EQUIVALENT: "They allow exactly the same requests.",
    Relation.MORE: "The first allows everything that the second does, and more.",
    Relation.LESS: "The first allows less than the second, and nothing besides.",
    Relation.INCOMPARABLE: "Each allows requests that the other doesn't.",
    Relation.UNDECIDED: "Not decided",
}


_OWNERS_CONSENT = (
    "requests about KMS keys and roles need the consent of their own policy too: it is taken for granted"
)
_CALLERS_CONSENT = "the caller's own policies must allow the call too: it is taken for granted"
# Of sts:AssumeRoot the owner's side has no say, so it tells nothing about a resource's policy.
_CONSENT = Policy(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "NotAction": "sts:AssumeRoot", "Resource": "*"}],
    }
)


class Comparison:
    """The answer of `compare`.

    Attributes:
        relation: seen from the first.
        only_a, only_b: a request that is allowed by the first or the second alone, or None.
        reason: why nothing certain can be said, when the relation is `undecided`; else empty.
        universe: `any` or `known`.
        notes: what a witness takes for granted.
    """

    __slots__ = ("notes", "only_a", "only_b", "reason", "relation", "universe")

    def __init__(
        self, more: Difference, less: Difference, universe: UniverseName, resource: bool = False
    ) -> None:
        self.only_a: Request | None = more.request
        self.only_b: Request | None = less.request
        self.reason = more.reason or less.reason
        self.universe = universe
        self.notes: tuple[str, ...] = ()
        if any(one.request is not None and not one.plain for one in (more, less)):
            self.notes = (_CALLERS_CONSENT if resource else _OWNERS_CONSENT,)
        if self.only_a and self.only_b:
            self.relation, self.reason = Relation.INCOMPARABLE, ""
        elif self.reason:
            self.relation = Relation.UNDECIDED
        elif self.only_a:
            self.relation = Relation.MORE
        else:
            self.relation = Relation.LESS if self.only_b else Relation.EQUIVALENT

    def to_json(self) -> dict[str, Any]:
        """The answer as plain data."""
        return {
            "relation": str(self.relation),
            "reason": self.reason or None,
            "universe": self.universe,
            "only_a": None if self.only_a is None else self.only_a.to_json(),
            "only_b": None if self.only_b is None else self.only_b.to_json(),
            "notes": list(self.notes),
        }

    def explain(self) -> str:
        """The answer in words, with the requests that show it."""
        lines = [_WORDS[self.relation] + (f": {self.reason}." if self.reason else "")]
        for label, request in (("first", self.only_a), ("second", self.only_b)):
            if request is not None:
                lines.append(f"Only the {label} allows {describe(request)}")
        lines.extend(f"Note: {note}." for note in self.notes)
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self.explain()}

    def __repr__(self) -> str:
        return f"<Comparison {self.relation}>"


def describe(request: Request) -> str:
    """A request in a line: action, resource, caller where it matters, and the context."""
    text = f"`{request.action}` on `{request.resource}` by {request.caller}"
    if request.account != request.resource_account and request.resource_account:
        text += f" (resource of account {request.resource_account})"
    for index, (key, value) in enumerate(sorted(request.context.items())):
        shown = (
            ", ".join(map(str, value))
            if isinstance(value, Sequence) and not isinstance(value, str)
            else value
        )
        text += f"{' with' if not index else ' and'} {key} = {shown!r}"
    return text


def policy_set(source: Comparable, resource: bool = False) -> PolicySet:
    """A set from what stands for one.

    Args:
        source: a policy or a set, which stays as it is.
        resource: whether a policy alone is a resource's policy rather than an identity's.
    """
    if isinstance(source, PolicySet):
        return source
    policy = source if isinstance(source, Policy) else Policy(source)
    return PolicySet(resource=policy) if resource else PolicySet(identity=[policy])


def _names_principals(source: Comparable) -> bool:
    if isinstance(source, PolicySet):
        return False
    policy = source if isinstance(source, Policy) else Policy(source)
    return any(statement.principals is not None for statement in policy.statements)


def compare(a: Comparable, b: Comparable, universe: UniverseName = "any") -> Comparison:
    """Compare what two policies, or two policy sets, allow.

    Args:
        a, b: two policies, or two sets (identity, boundary, session, SCPs and so on, as `decide` takes them). Policies
            that name principals are taken as a resource's policies, others as those of a user or role.
        universe: `any` for every string that can stand in a request, `known` for requests with actions, resources and
            condition keys that AWS's service reference lists.

    Returns:
        The relation with a witness for each direction. Where the cases are too many it is `undecided`, never a guess.

    Raises:
        ValueError: there is no such universe.
    """
    if universe not in ("any", "known"):
        raise ValueError(f"there is no universe `{universe}`: use `any` or `known`")
    resource = _names_principals(a) or _names_principals(b)
    first, second = policy_set(a, resource), policy_set(b, resource)
    return Comparison(
        _one_way(first, second, universe, resource),
        _one_way(second, first, universe, resource),
        universe,
        resource,
    )


def _one_way(first: PolicySet, second: PolicySet, universe: UniverseName, alone: bool) -> Difference:
    """What the first allows that the second doesn't.

    Args:
        first, second: the sets.
        universe: which requests count.
        alone: each is a resource's policy by itself: where it names an account, that account's own policies decide as
            well, and are taken to allow everything if no difference shows without them.
    """
    found = find_difference(first, second, universe)
    if not alone or found.request is not None or found.reason:
        return found
    return find_difference(with_callers_consent(first), with_callers_consent(second), universe)._replace(
        plain=False
    )


def with_callers_consent(policies: PolicySet) -> PolicySet:
    """A resource's policy together with callers who may do everything by their own policies."""
    return PolicySet(identity=[_CONSENT], resource=policies.layer(Layer.RESOURCE)[0].policy)
