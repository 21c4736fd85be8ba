"""`lab.snapshot()`: an account of the lab as plain values.

In: the lab's state and an account id. Out: `iamlab.analysis.snapshot.Account`, with the policies as the gate collects
them: users, groups and roles with inline and attached policies, boundaries, tags and trust policies, the account's
own managed policies with all versions and those of AWS's that are in use, resource policies, SCPs and RCPs.
"""

from __future__ import annotations

from typing import Any

from iamlab.analysis.snapshot import Account, Group, ManagedPolicy, Principal
from iamlab.cloud.collect import parsed
from iamlab.cloud.grants import as_policy, grants_on
from iamlab.cloud.moto_seam import identities, organizations, resources
from iamlab.cloud.moto_seam.listing import policied_arns
from iamlab.cloud.public_access import restricted
from iamlab.cloud.resource_policies import policy_of
from iamlab.cloud.state import LabState
from iamlab.policy import Policy

_NOTHING = '{"Version": "2012-10-17", "Statement": []}'


def snapshot_of(state: LabState, account: str) -> Account:
    """The account as it is now.

    Args:
        state: the lab's state.
        account: the account's id; one that nobody has used is empty.
    """
    with state.lock:
        reader = _Reader(account)
        users = tuple(map(reader.user, list(identities.iam(account).users.values())))
        groups = tuple(map(reader.group, list(identities.iam(account).groups.values())))
        roles = tuple(map(reader.role, list(identities.iam(account).roles.values())))
        reader.take_own_policies()
        found = {arn: _in_effect(arn) for arn in policied_arns(account)}
        grants = {arn: _grants(arn) for arn in found if ":kms:" in arn}
        place = organizations.membership(account)
    return Account(
        id=account,
        users=users,
        roles=roles,
        groups=groups,
        managed=reader.managed,
        resource_policies={arn: policy for arn, policy in found.items() if policy is not None},
        grants={arn: policies for arn, policies in grants.items() if policies},
        scps=_levels(place.scps) if place is not None else (),
        rcps=_levels(place.rcps) if place is not None else (),
        management=place is not None and place.management,
        missing=tuple(reader.missing),
    )


def _in_effect(arn: str) -> Policy | None:
    """A resource's policy as it works, behind what S3 blocks."""
    policy = policy_of(arn)
    if policy is None or not arn.startswith("arn:aws:s3:::"):
        return policy
    return restricted(arn.rpartition(":")[2], policy)


def _grants(arn: str) -> tuple[Policy, ...]:
    """The grants on a key."""
    _, _, _, region, account, _ = arn.split(":", 5)
    key = resources.kms_key(account, region, arn)
    return tuple(map(as_policy, grants_on(key))) if key is not None else ()


class _Reader:
    """moto's records to plain values."""

    def __init__(self, account: str) -> None:
        self._account = account
        self.managed: dict[str, ManagedPolicy] = {}
        self.missing: dict[str, None] = {}

    def user(self, user: Any) -> Principal:
        return Principal(
            "user",
            user.name,
            user.arn,
            policies=self._policies(user),
            groups=tuple(group.name for group in identities.groups_of(self._account, user)),
            boundary=self._boundary(identities.user_boundary(user)),
            tags=identities.user_tags(self._account, user),
            id=user.id,
        )

    def group(self, group: Any) -> Group:
        return Group(group.name, group.arn, self._policies(group), group.id)

    def role(self, role: Any) -> Principal:
        return Principal(
            "role",
            role.name,
            role.arn,
            policies=self._policies(role),
            boundary=self._boundary(role.permissions_boundary_arn),
            trust=parsed(role.assume_role_policy_document, f"trust policy of {role.name}"),
            tags=identities.role_tags(role),
            id=role.id,
        )

    def take_own_policies(self) -> None:
        """Customer-managed policies that are attached nowhere count, too: their versions can be set and attached."""
        for arn in list(identities.iam(self._account).managed_policies):
            if f":{self._account}:policy/" in arn:
                self._managed(arn)

    def _policies(self, entity: Any) -> tuple[Policy, ...]:
        inline = [parsed(text, name) for name, text in identities.inline(entity)]
        return (*inline, *(self._managed(arn) for _, arn, _ in identities.attached(entity)))

    def _boundary(self, arn: str | None) -> Policy | None:
        return self._managed(arn) if arn else None

    def _managed(self, arn: str) -> Policy:
        """The version in force; a policy that is gone counts as one without statements."""
        record = self.managed.get(arn) or self._read(arn)
        found = record.versions.get(record.default) if record is not None else None
        if found is None:
            self.missing[arn] = None
            return parsed(_NOTHING, arn.rpartition("/")[2], arn)
        return found

    def _read(self, arn: str) -> ManagedPolicy | None:
        policy = identities.managed_policy(self._account, arn)
        if policy is None:
            return None
        versions = {
            version.version_id: parsed(str(version.document), policy.name, arn) for version in policy.versions
        }
        made = self.managed[arn] = ManagedPolicy(arn, policy.default_version_id, versions)
        return made


def _levels(levels: tuple[organizations.Level, ...]) -> tuple[tuple[Policy, ...], ...]:
    return tuple(
        tuple(parsed(policy.document, policy.name, policy.arn) for policy in level) for level in levels
    )
