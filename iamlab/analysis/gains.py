"""Whether one principal may more than another, shown by a request.

Comes in: two principals with their policy sets. Goes out: a request that the engine allows the second and not the
first, or None. The known actions are parted into those on which no statement tells one from another; of each class one
action is asked, on a resource that no policy names and on those that the second's Allows name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from iamlab.analysis.samples import filled, meeting
from iamlab.analysis.universe import universe
from iamlab.analysis.usable import split
from iamlab.engine import PolicySet, Request, decide
from iamlab.policy import Policy
from iamlab.policy.reference import AccessLevel
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from iamlab.analysis.postures import Posture
    from iamlab.analysis.snapshot import Account

__all__ = ["everything", "gain"]

# Which action of a class stands for it: the level that people fear most, then one they know.
_LEVELS: Final = (
    AccessLevel.PERMISSIONS,
    AccessLevel.WRITE,
    AccessLevel.READ,
    AccessLevel.LIST,
    AccessLevel.TAGGING,
)
_KNOWN: Final = ("iam:CreateUser", "iam:CreatePolicy", "s3:GetObject", "s3:PutObject", "ec2:RunInstances")
_MOST_PATTERNS: Final = 12


def _statements(*sets: PolicySet) -> list[Statement]:
    found = {id(s): s for policies in sets for member in policies.members for s in member.policy.statements}
    return list(found.values())


def _asked() -> int:
    """The known actions without those that roles' trust policies decide: becoming a role is an edge of its own."""
    known = universe()
    return (
        known.all & ~known.bits("sts:AssumeRole*") & ~known.bits("sts:TagSession") & ~known.bits("sts:Set*")
    )


def _with_key_policy(account: Account, posture: Posture, policies: PolicySet, request: Request) -> PolicySet:
    """For KMS, whose keys have a say of their own, the policies beside the key policy that KMS makes by default.

    See https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    if not request.action.startswith("kms:"):
        return policies
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account.id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return account.policy_set(posture.principal, Policy([statement], name="default key policy"))


def _representatives(bits: int) -> list[int]:
    """Actions that stand for a class: those one knows, and one of each level."""
    known = universe()
    numbers = [number for name in _KNOWN if (number := known.number(name)) is not None and bits >> number & 1]
    for level in _LEVELS:
        inside = bits & known.levels[level]
        if inside:
            numbers.append((inside & -inside).bit_length() - 1)
    return numbers


def everything(
    account: Account, posture: Posture, policies: PolicySet, context: Mapping[str, Any] | None = None
) -> bool:
    """Whether a principal is allowed every known action, on resources that nobody names."""
    known = universe()
    for bits, covering in split(known, _statements(policies), _asked()):
        if not any(not statement.denies for statement in covering):
            return False
        number = _representatives(bits)[0]
        resource = filled(min(known.templates(number), key=len), account.id)
        request = account.request(posture.principal, known.names[number], resource, context)
        if not decide(request, _with_key_policy(account, posture, policies, request)).allowed:
            return False
    return True


def gain(
    account: Account,
    before: Posture,
    policies: PolicySet,
    after: Posture,
    more: PolicySet,
    context: Mapping[str, Any] | None = None,
) -> Request | None:
    """A request that is allowed after and not before.

    Args:
        account: the account of both.
        before, policies: who, and what speaks about its requests.
        after, more: the same for the other.
        context: what requests carry beside the keys of their caller.
    """
    known = universe()
    for bits, covering in split(known, _statements(more, policies), _asked()):
        grants = [statement for statement in covering if not statement.denies]
        if not grants:
            continue
        # Where resources are named, actions of one class differ in the shapes of theirs: ask several.
        plain = all(g.resources is not None and g.resources.everything and not g.tests for g in grants)
        for number in _representatives(bits)[: 1 if plain else None]:
            action = known.names[number]
            for resource in _resources(number, grants, account.id):
                asked = account.request(after.principal, action, resource, context)
                if not decide(asked, _with_key_policy(account, after, more, asked)).allowed:
                    continue
                same = account.request(before.principal, action, resource, context)
                if not decide(same, _with_key_policy(account, before, policies, same)).allowed:
                    return asked
    return None


def _resources(number: int, grants: list[Statement], account: str) -> list[str]:
    template = min(universe().templates(number), key=len)  # the plainest of its shapes
    found = {filled(template, account): None}
    patterns = [
        text
        for statement in grants
        if statement.resources is not None and not statement.resources.negated
        for text in statement.resources.texts
        if text.strip("*") and "${" not in text
    ]
    for pattern in patterns[:_MOST_PATTERNS]:
        for shape in universe().templates(number):
            resource = meeting(shape, pattern)
            if resource is not None:
                found[resource] = None
    return list(found)
