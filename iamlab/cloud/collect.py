"""Which policies speak about a call: the fourth step of the gate.

In: the caller, and one of the catalogue's checks. Out: the engine's `PolicySet`, and the flags of its `Request`.
Identity policies come with names and ARNs, so that a decision can say where it was made.

Policies are parsed once per text, and a `PolicySet` is built once per combination of policies: what changes in IAM
changes a text or a combination, so nothing here can go stale.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.cloud.callers import Caller
from iamlab.cloud.moto_seam import credentials, identities, organizations
from iamlab.cloud.public_access import behind
from iamlab.cloud.sessions import SessionKind
from iamlab.engine import PolicySet
from iamlab.policy import Policy

if TYPE_CHECKING:
    from iamlab.cloud.catalogue import Check
    from iamlab.cloud.state import LabState

Policies = tuple[Policy, ...]

MANAGEMENT = "management_account"
RESOURCE_MANAGEMENT = "resource_management_account"
SERVICE_LINKED = "service_linked_role"

_PARSED = 4_096
_SETS = 2_048


def policies_for(caller: Caller, check: Check, state: LabState | None = None) -> PolicySet:
    """All policies that apply to one check of a call.

    Args:
        check: action, owner of the resource and the resource's own policy.
        state: unused today; the gate passes it to every step alike.
    """
    caller_place = organizations.membership(caller.account) if caller.account is not None else None
    owner_place = organizations.membership(check.owner) if check.owner else None
    return _policy_set(
        identity_policies(caller) + _own_password(caller, check.action),
        boundary_policies(caller),
        session_policies(caller),
        _resource_policy(caller, check),
        _levels(caller_place.scps if caller_place is not None else ()),
        _levels(owner_place.rcps if owner_place is not None else ()),
        check.grants,
    )


def _resource_policy(caller: Caller, check: Check) -> Policy | None:
    policy = None if _unlocks(caller, check) else _shared(check.resource_policy)
    return policy if not check.barriers else behind(policy, check.barriers, check.owner, check.resource)


def _unlocks(caller: Caller, check: Check) -> bool:
    """Root can always get at the policy that locks everybody out of a bucket or queue of its account, itself included.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
    """
    return caller.is_root and check.owner == caller.account and check.action in _UNLOCKING


_UNLOCKING = frozenset(
    {
        "s3:DeleteBucketPolicy",
        "s3:GetBucketPolicy",
        "s3:PutBucketPolicy",
        "sqs:GetQueueAttributes",
        "sqs:SetQueueAttributes",
    }
)


def flags_for(caller: Caller, check: Check) -> tuple[str, ...]:
    """The flags of `Request` that policies can't express."""
    flags = []
    if caller.service_linked:
        flags.append(SERVICE_LINKED)
    for account, flag in ((caller.account, MANAGEMENT), (check.owner, RESOURCE_MANAGEMENT)):
        place = organizations.membership(account) if account else None
        if place is not None and place.management:
            flags.append(flag)
    return tuple(flags)


# ------------------------------------------------------------------ layer by layer
def identity_policies(caller: Caller) -> Policies:
    """Inline and attached policies of the user and its groups, or of the role, in that order."""
    if caller.record is None or caller.account is None:
        return ()
    found = [*_of_entity(caller.record)]
    if caller.type in ("User", "FederatedUser"):
        for group in identities.groups_of(caller.account, caller.record):
            found += _of_entity(group, f" (group {group.name})")
    return tuple(found)


# What an account's password policy lets every user do, once it allows users to change their own passwords.
_PASSWORD_ACTIONS = frozenset({"iam:ChangePassword", "iam:GetAccountPasswordPolicy"})


def _own_password(caller: Caller, action: str) -> Policies:
    """The permissions that come with `AllowUsersToChangePassword`, which no policy of the account shows.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_PasswordPolicy.html
    """
    if action not in _PASSWORD_ACTIONS or caller.type != "User" or caller.account is None:
        return ()
    policy = credentials.password_policy(caller.account)
    if policy is None or not policy.users_change_own:
        return ()
    statements = [
        {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": caller.arn},
        {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return (parsed(text, "the account's password policy"),)


def boundary_policies(caller: Caller) -> Policies | None:
    """The permissions boundary of the user or role; None if it has none.

    A boundary whose policy is gone allows nothing, as a boundary without statements would.
    """
    if caller.record is None or caller.account is None or caller.service_linked:
        return None
    if caller.type == "AssumedRole":
        arn = caller.record.permissions_boundary_arn
    else:
        arn = identities.user_boundary(caller.record)
    return (_managed(caller.account, arn),) if arn else None


def session_policies(caller: Caller) -> Policies | None:
    """Inline and managed session policies; None if the session was made without any."""
    session = caller.session
    if session is None or session.kind is SessionKind.TOKEN:
        return None
    found = [_managed(session.account, arn) for arn in session.policy_arns]
    if session.policy is not None:
        found.insert(0, parsed(session.policy, "session policy"))
    if session.kind is SessionKind.ROOT:
        found.append(parsed(_EVERYTHING, "root user"))  # task policies only deny what isn't the task
    return tuple(found) or None


def _of_entity(entity: Any, label: str = "") -> Iterator[Policy]:
    for name, text in identities.inline(entity):
        yield parsed(text, name + label)
    for name, arn, text in identities.attached(entity):
        yield parsed(text, name + label, arn)


def _shared(policy: Policy | None) -> Policy | None:
    """The one object for a resource policy's text: whoever found it may have parsed it anew for this call."""
    return parsed(policy.text, policy.name, policy.arn) if policy is not None else None


def _managed(account: str, arn: str) -> Policy:
    policy = identities.managed_policy(account, arn)
    if policy is None:
        return parsed(_NOTHING, arn.rsplit("/", 1)[-1], arn)
    return parsed(identities.default_document(policy), policy.name, arn)


_NOTHING = '{"Version": "2012-10-17", "Statement": []}'
_EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def scp_levels(account: str) -> tuple[Policies, ...]:
    """The SCPs over an account, level by level; () without an organisation, and for its management account."""
    place = organizations.membership(account)
    return _levels(place.scps) if place is not None and not place.management else ()


def _levels(levels: Iterable[organizations.Level]) -> tuple[Policies, ...]:
    return tuple(
        tuple(parsed(policy.document, policy.name, policy.arn) for policy in level) for level in levels
    )


# ------------------------------------------------------------------ parsed and compiled once
@lru_cache(maxsize=_PARSED)
def parsed(text: str, name: str | None = None, arn: str | None = None) -> Policy:
    """The policy of this text; the same object for the same text, name and ARN."""
    return Policy(text, name=name, arn=arn)


class _Sets:
    """`PolicySet`s by the policies in them.

    Keys are the policies' identities: `parsed` gives one object per text, and each entry holds its policies, so
    that an identity can't be taken over by another policy while the entry lives.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], tuple[PolicySet, tuple[Any, ...]]] = {}

    def get(self, layers: tuple[Any, ...]) -> PolicySet:
        key = _ids(layers)
        hit = self._made.get(key)
        if hit is not None:
            return hit[0]
        identity, boundary, session, resource, scps, rcps, grants = layers
        made = PolicySet(
            identity=identity,
            boundary=boundary,
            session=session,
            resource=resource,
            scps=scps,
            rcps=rcps,
            grants=grants,
        )
        if len(self._made) >= _SETS:
            self._made.clear()
        self._made[key] = (made, layers)
        return made


def _ids(layers: Any) -> Any:
    return tuple(map(_ids, layers)) if isinstance(layers, tuple) else id(layers)


_sets = _Sets()


def _policy_set(*layers: Any) -> PolicySet:
    return _sets.get(layers)
