"""A principal as it is, or as somebody could make it.

Comes in: a principal of an account, and a change of `escalation_methods`. Goes out: `Posture`s. A posture holds its
policies flat, a group's among its own, so that a change to them is a change to it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from iamlab.analysis.escalation_methods import ADMINISTRATOR, Method
from iamlab.analysis.snapshot import Account, Group, Principal
from iamlab.policy import Policy

__all__ = ["ANY_PERMISSIONS", "Posture", "changes"]

_DOCUMENT: Final = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)

ANY_PERMISSIONS: Final = Policy(_DOCUMENT, name="any permissions")
"""What somebody who can write a policy would write."""

_MOST_VERSIONS: Final = 5  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_RAISED: Final = "any permissions"


@dataclass(frozen=True, slots=True)
class Posture:
    """A principal with the policies it has, or could be given.

    Attributes:
        arn: the principal's ARN.
        changes: what would have been changed, in words; empty for the principal as it is.
        principal: it, with the policies of its groups among its own.
        groups: names of its groups.
    """

    arn: str
    changes: frozenset[str]
    principal: Principal = field(compare=False, repr=False)
    groups: tuple[str, ...] = field(compare=False, repr=False)

    @classmethod
    def of(cls, account: Account, principal: Principal) -> Posture:
        """A principal as it is."""
        flat = replace(principal, policies=account.identity_policies(principal), groups=())
        return cls(principal.arn, frozenset(), flat, principal.groups)

    @property
    def label(self) -> str:
        """`user/ana`, or `user/ana with any permissions`."""
        changed = f" with {', '.join(sorted(self.changes))}" if self.changes else ""
        return f"{self.principal}{changed}"

    def changed(self, word: str, **fields: object) -> Posture:
        """The same principal after one more change."""
        principal = replace(self.principal, **{k: v for k, v in fields.items() if k != "groups"})  # type: ignore[arg-type]  # fields by name, each as its own caller has it
        groups = fields.get("groups", self.groups)
        assert isinstance(groups, tuple)
        return Posture(self.arn, self.changes | {word}, principal, groups)

    def raised(self) -> Posture:
        """After a policy that allows everything was put to it."""
        return self.changed(_RAISED, policies=(*self.principal.policies, ANY_PERMISSIONS))


Change = tuple[Mapping[str, str], Posture]
"""What to fill in a method's texts, and what comes of it."""


def changes(method: Method, victim: Posture, account: Account) -> Iterator[Change]:
    """The ways to use a changing method on a principal, those that promise most first."""
    if method.change is not None:
        yield from _CHANGES[method.change](victim, account)


def _put(victim: Posture, account: Account) -> Iterator[Change]:
    yield {"document": _DOCUMENT}, victim.raised()


def _attach(victim: Posture, account: Account) -> Iterator[Change]:
    yield {"policy": ADMINISTRATOR}, victim.raised()
    held = {policy.arn for policy in victim.principal.policies}
    for arn, managed in account.managed.items():
        policy = managed.versions.get(managed.default)
        if arn not in held and arn != ADMINISTRATOR and policy is not None:
            more = (*victim.principal.policies, policy)
            yield {"policy": arn}, victim.changed(f"policy {managed.name}", policies=more)


def _unbound(victim: Posture, account: Account) -> Iterator[Change]:
    if victim.principal.boundary is not None:
        yield {}, victim.changed("no boundary", boundary=None)


def _rebound(victim: Posture, account: Account) -> Iterator[Change]:
    if victim.principal.boundary is not None:
        yield {}, victim.changed("no boundary", boundary=ANY_PERMISSIONS)


def _without(victim: Posture, policy: Policy) -> tuple[Policy, ...]:
    return tuple(other for other in victim.principal.policies if other is not policy)


def _own(victim: Posture, account: Account) -> tuple[Policy, ...]:
    """The policies that stand on the principal itself, and not on one of its groups."""
    groups = [group for name in victim.groups if (group := account.group(name)) is not None]
    shared = [policy for group in groups for policy in group.policies]
    return tuple(
        policy
        for policy in victim.principal.policies
        if policy is not ANY_PERMISSIONS and not any(policy is other for other in shared)
    )


def _denies(policy: Policy) -> bool:
    return any(statement.denies for statement in policy.statements)


def _delete(victim: Posture, account: Account) -> Iterator[Change]:
    for policy in _own(victim, account):
        if policy.arn is None and policy.name and _denies(policy):
            yield (
                {"policy": policy.name},
                victim.changed(f"no policy {policy.name}", policies=_without(victim, policy)),
            )


def _detach(victim: Posture, account: Account) -> Iterator[Change]:
    for policy in _own(victim, account):
        if policy.arn is not None and _denies(policy):
            yield (
                {"policy": policy.arn},
                victim.changed(f"no policy {policy.name}", policies=_without(victim, policy)),
            )


def _with_version(victim: Posture, arn: str, version: Policy) -> dict[str, object]:
    """The principal's fields once a version of a managed policy is in force, in its boundary too."""
    boundary = victim.principal.boundary
    return {
        "policies": tuple(version if policy.arn == arn else policy for policy in victim.principal.policies),
        "boundary": version if boundary is not None and boundary.arn == arn else boundary,
    }


def _held(victim: Posture) -> dict[str, None]:
    boundary = victim.principal.boundary
    found = [*victim.principal.policies, *(() if boundary is None else (boundary,))]
    return dict.fromkeys(policy.arn for policy in found if policy.arn is not None)


def _rewrite(victim: Posture, account: Account, full: bool = False) -> Iterator[Change]:
    for arn in _held(victim):
        managed = account.managed.get(arn)
        if managed is None or not managed.own or (len(managed.versions) >= _MOST_VERSIONS) is not full:
            continue
        spare = next((version for version in managed.versions if version != managed.default), "")
        word = f"policy {managed.name} rewritten"
        fields = _with_version(victim, arn, ANY_PERMISSIONS)
        yield {"policy": arn, "document": _DOCUMENT, "version": spare}, victim.changed(word, **fields)


def _rewrite_full(victim: Posture, account: Account) -> Iterator[Change]:
    """Of a policy that has all the versions it can have: one has to go first."""
    yield from _rewrite(victim, account, full=True)


def _version(victim: Posture, account: Account) -> Iterator[Change]:
    for arn in _held(victim):
        managed = account.managed.get(arn)
        if managed is None or not managed.own:
            continue
        for version, policy in managed.versions.items():
            if version != managed.default:
                word = f"policy {managed.name} in {version}"
                yield (
                    {"policy": arn, "version": version},
                    victim.changed(word, **_with_version(victim, arn, policy)),
                )


def _group_fields(group: Group) -> dict[str, str]:
    return {"group": group.name, "group_arn": group.arn}


def _join(victim: Posture, account: Account) -> Iterator[Change]:
    for group in account.groups:
        if group.name not in victim.groups:
            yield (
                _group_fields(group),
                victim.changed(
                    f"group {group.name}",
                    policies=(*victim.principal.policies, *group.policies),
                    groups=(*victim.groups, group.name),
                ),
            )


def _leave(victim: Posture, account: Account) -> Iterator[Change]:
    for group in account.groups:
        if group.name in victim.groups and any(map(_denies, group.policies)):
            kept = [p for p in victim.principal.policies if not any(p is other for other in group.policies)]
            yield (
                _group_fields(group),
                victim.changed(
                    f"no group {group.name}",
                    policies=tuple(kept),
                    groups=tuple(name for name in victim.groups if name != group.name),
                ),
            )


def _in_groups(
    change: Callable[[Posture, Account], Iterator[Change]],
) -> Callable[[Posture, Account], Iterator[Change]]:
    """A change of a group's policies, which is one of its users' too."""

    def made(victim: Posture, account: Account) -> Iterator[Change]:
        for name in victim.groups:
            group = account.group(name)
            if group is not None:
                for fields, posture in change(victim, account):
                    yield {**fields, **_group_fields(group)}, posture

    return made


_CHANGES: Final[Mapping[str, Callable[[Posture, Account], Iterator[Change]]]] = {
    "put": _put,
    "attach": _attach,
    "unbound": _unbound,
    "rebound": _rebound,
    "delete": _delete,
    "detach": _detach,
    "rewrite": _rewrite,
    "rewrite full": _rewrite_full,
    "version": _version,
    "join": _join,
    "leave": _leave,
    "put to group": _in_groups(_put),
    "attach to group": _in_groups(_attach),
}
