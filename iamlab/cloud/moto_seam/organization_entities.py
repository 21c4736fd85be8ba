"""What an organisation consists of: root, units, accounts, policies, invitations, and the services it trusts.

These objects stand in moto's backend of Organizations, in place of moto's own, so that moto's other services (Resource
Access Manager, Security Hub) and the gate find them where they look. Our operations change them in place; the gate
lets one call of Organizations run at a time.

In: an account id. Out: the `Tree` of the organisation it belongs to.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from moto.organizations.models import organizations_backends

SCP = "SERVICE_CONTROL_POLICY"
RCP = "RESOURCE_CONTROL_POLICY"
ROOT, UNIT, ACCOUNT = "ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"

_PARTITION = "aws"


@dataclass(slots=True, eq=False)
class OrgPolicy:
    """A policy of any type, wherever it hangs."""

    id: str
    arn: str
    name: str
    description: str
    type: str
    content: str
    aws_managed: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    attached: datetime | None = None
    """When it was last changed or hung somewhere."""

    def summary(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_PolicySummary.html"""
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Name": self.name,
            "Description": self.description,
            "Type": self.type,
            "AwsManaged": self.aws_managed,
        }


@dataclass(slots=True, eq=False, kw_only=True)
class Node:
    """A root, an organisational unit or an account: what policies hang at."""

    id: str
    arn: str
    name: str
    type: str
    parent_id: str | None = None
    attached_policies: list[OrgPolicy] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    policy_types: list[dict[str, str]] = field(default_factory=list)
    """Of a root: the types of policies that are switched on."""


@dataclass(slots=True, eq=False, kw_only=True)
class Account(Node):
    """A member account, the management account included."""

    email: str
    joined: datetime
    invited: bool
    closed: datetime | None = None
    services: dict[str, datetime] = field(default_factory=dict)
    """Services that the account administers for the organisation, and since when."""


@dataclass(slots=True, eq=False)
class AccountRequest:
    """One CreateAccount: shown as in progress once, by the call itself."""

    id: str
    name: str
    requested: datetime
    account: str | None
    failure: str | None = None


@dataclass(slots=True, eq=False)
class Handshake:
    """An invitation, or the way to all features."""

    id: str
    arn: str
    action: str
    parties: list[dict[str, str]]
    resources: list[dict[str, Any]]
    state: str
    requested: datetime
    expires: datetime
    tags: dict[str, str] = field(default_factory=dict)

    def party(self, kind: str) -> str | None:
        """The id of its party of one type."""
        return next((party["Id"] for party in self.parties if party["Type"] == kind), None)


@dataclass(slots=True, eq=False)
class ResourcePolicy:
    """The policy of the organisation itself, which delegates its administration."""

    id: str
    arn: str
    content: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Tree:
    """A whole organisation. Its first fields are those that moto's services read of theirs."""

    id: str
    root_id: str
    master_account_id: str
    master_account_email: str
    feature_set: str
    requests: list[AccountRequest] = field(default_factory=list)
    handshakes: list[Handshake] = field(default_factory=list)
    trusted: dict[str, datetime] = field(default_factory=dict)
    """Service principals with trusted access, and since when."""
    resource_policy: ResourcePolicy | None = None

    @property
    def arn(self) -> str:
        """The organisation's ARN."""
        return self.arn_of("organization", "")

    @property
    def master_account_arn(self) -> str:
        """The management account's ARN."""
        return self.arn_of("account", self.master_account_id)

    @property
    def all_features(self) -> bool:
        """It has more than consolidated billing."""
        return self.feature_set == "ALL"

    def arn_of(self, kind: str, rest: str) -> str:
        """The ARN of one of its entities."""
        end = f"/{rest}" if rest else ""
        return f"arn:aws:organizations::{self.master_account_id}:{kind}/{self.id}{end}"

    def describe(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html"""
        types = [{"Type": SCP, "Status": "ENABLED"}] if self.all_features else []
        return {
            "Organization": {
                "Id": self.id,
                "Arn": self.arn,
                "FeatureSet": self.feature_set,
                "MasterAccountArn": self.master_account_arn,
                "MasterAccountId": self.master_account_id,
                "MasterAccountEmail": self.master_account_email,
                "AvailablePolicyTypes": types,
            }
        }

    # ---- its parts, as moto's backend holds them
    @property
    def accounts(self) -> list[Account]:
        """Its accounts, the management account first."""
        return cast("list[Account]", self._backend.accounts)

    @property
    def containers(self) -> list[Node]:
        """Its root and its organisational units."""
        return cast("list[Node]", self._backend.ou)

    @property
    def policies(self) -> list[OrgPolicy]:
        """Its policies, AWS's two included."""
        return cast("list[OrgPolicy]", self._backend.policies)

    @property
    def root(self) -> Node:
        """Its root."""
        return self.containers[0]

    @property
    def enabled_types(self) -> list[str]:
        """The types of policies that are switched on."""
        return [kind["Type"] for kind in self.root.policy_types]

    def account(self, account: str) -> Account | None:
        """One of its accounts."""
        return next((found for found in self.accounts if found.id == account), None)

    def container(self, node: str) -> Node | None:
        """Its root or one of its units."""
        return next((found for found in self.containers if found.id == node), None)

    def unit(self, node: str) -> Node | None:
        """One of its organisational units."""
        found = self.container(node)
        return found if found is not None and found.type == UNIT else None

    def node(self, target: str) -> Node | None:
        """Its root, a unit or an account."""
        return self.container(target) or self.account(target)

    def policy(self, policy: str) -> OrgPolicy | None:
        """One of its policies."""
        return next((found for found in self.policies if found.id == policy), None)

    def above(self, node: Node) -> list[Node]:
        """The way from the root down to a node, itself included."""
        way, parent = [node], node.parent_id
        while parent is not None:
            found = self.container(parent)
            if found is None:
                break
            way.insert(0, found)
            parent = found.parent_id
        return way

    def path_of(self, node: Node) -> str:
        """The entity path, `o-…/r-…/ou-…/123456789012/`."""
        return "/".join([self.id, *(step.id for step in self.above(node))]) + "/"

    def nodes(self) -> Iterator[Node]:
        """Everything that policies hang at."""
        yield from self.containers
        yield from self.accounts

    def targets_of(self, policy: OrgPolicy) -> list[Node]:
        """Where a policy hangs."""
        return [node for node in self.nodes() if policy in node.attached_policies]

    @property
    def _backend(self) -> Any:
        return organizations_backends[self.master_account_id][_PARTITION]


def tree_of(account: str) -> Tree | None:
    """The organisation that an account belongs to."""
    owner = organizations_backends.master_accounts.get(account)
    backend = organizations_backends[owner[0] if owner is not None else account][_PARTITION]
    return cast("Tree | None", backend.org)


def trees() -> list[Tree]:
    """All organisations of the lab."""
    found = [organizations_backends[account][_PARTITION].org for account in list(organizations_backends)]
    return [cast("Tree", tree) for tree in found if tree is not None]


def plant(tree: Tree, root: Node, management: Account, policies: list[OrgPolicy]) -> None:
    """Begin an organisation."""
    backend: Any = organizations_backends[tree.master_account_id][_PARTITION]
    backend.org, backend.ou, backend.accounts, backend.policies = tree, [root], [management], policies


def fell(tree: Tree) -> None:
    """End an organisation."""
    organizations_backends[tree.master_account_id][_PARTITION]._reset()


def join(tree: Tree, account: Account) -> None:
    """Take an account into an organisation."""
    tree.accounts.append(account)
    organizations_backends.master_accounts[account.id] = (tree.master_account_id, _PARTITION)


def part(tree: Tree, account: Account) -> None:
    """Let an account go."""
    tree.accounts.remove(account)
    organizations_backends.master_accounts.pop(account.id, None)
