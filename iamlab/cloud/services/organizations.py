"""An organization itself: made, described, left, ended, and its root.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organization_entities as entities
from iamlab.cloud.moto_seam.organization_entities import RCP, ROOT, SCP, Account, Node, OrgPolicy, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_accounts import email_of, let_go
from iamlab.cloud.services.organization_answers import managed, new_id, organization_of, page, seen
from iamlab.cloud.services.organization_policies import root_shape
from iamlab.cloud.state import LabState

_NAME = "master"

# AWS's own policies: id, name, description, type, what they allow.
_OWN = (
    (
        "p-FullAWSAccess",
        "FullAWSAccess",
        "Allows access to every operation",
        SCP,
        ('"Effect": "Allow"', '"Action": "*"', '"Resource": "*"'),
    ),
    (
        "p-RCPFullAWSAccess",
        "RCPFullAWSAccess",
        "Allows access to every resource",
        RCP,
        ('"Effect": "Allow"', '"Principal": "*"', '"Action": "*"', '"Resource": "*"'),
    ),
)


@operation("organizations", "CreateOrganization")
def create_organization(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html"""
    if entities.tree_of(call.account) is not None:
        raise AwsError(
            "AlreadyInOrganizationException", "The provided account is already a member of an organization."
        )
    tree = Tree(
        id=new_id(state, "o-", 10),
        root_id=new_id(state, "r-", 4),
        master_account_id=call.account,
        master_account_email=email_of(state, call.account),
        feature_set=call.params.get("FeatureSet") or "ALL",
    )
    root = Node(id=tree.root_id, arn=tree.arn_of("root", tree.root_id), name="Root", type=ROOT)
    management = Account(
        id=call.account,
        arn=tree.master_account_arn,
        name=_NAME,
        type=entities.ACCOUNT,
        parent_id=root.id,
        email=tree.master_account_email,
        joined=call.now,
        invited=True,
    )
    entities.plant(tree, root, management, own_policies() if tree.all_features else [])
    return tree.describe()


def _own(name: str, title: str, description: str, kind: str, lines: tuple[str, ...]) -> OrgPolicy:
    statement = ",\n      ".join(lines)
    content = f'{{\n  "Version": "2012-10-17",\n  "Statement": [\n    {{\n      {statement}\n    }}\n  ]\n}}'
    arn = f"arn:aws:organizations::aws:policy/{kind.lower()}/{name}"
    return OrgPolicy(name, arn, title, description, kind, content, aws_managed=True)


def own_policies() -> list[OrgPolicy]:
    """The policies that AWS keeps in each organisation with all features."""
    return [_own(*policy) for policy in _OWN]


@operation("organizations", "DescribeOrganization")
def describe_organization(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html"""
    return organization_of(call).describe()


@operation("organizations", "DeleteOrganization")
def delete_organization(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteOrganization.html"""
    tree = managed(call)
    if len(tree.accounts) > 1:
        raise AwsError(
            "OrganizationNotEmptyException",
            "To delete an organization you must first remove all member accounts (except the master).",
        )
    entities.fell(tree)
    return {}


@operation("organizations", "LeaveOrganization")
def leave_organization(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_LeaveOrganization.html"""
    let_go(organization_of(call), call.account)
    return {}


@operation("organizations", "ListRoots")
def list_roots(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListRoots.html"""
    return page(call, [seen(call).root], "Roots", root_shape)
