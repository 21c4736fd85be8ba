"""Organizational units, and what stands over and under what.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam.organization_entities import ACCOUNT, UNIT, Node, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_answers import managed, new_id, page, parent, seen, violation
from iamlab.cloud.services.organization_policies import hang_defaults
from iamlab.cloud.services.organization_tags import checked
from iamlab.cloud.state import LabState

DEPTH = 5
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
_SUFFIX = 8


@operation("organizations", "CreateOrganizationalUnit")
def create_organizational_unit(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganizationalUnit.html"""
    tree, name = managed(call), call.params["Name"]
    above = parent(tree, call.params["ParentId"])
    tags = checked(call.params.get("Tags"))
    _not_taken(tree, above.id, name)
    if len(tree.above(above)) > DEPTH:
        raise violation(
            "OU_DEPTH_LIMIT_EXCEEDED", "You attempted to create an OU tree that is too many levels deep."
        )
    unit = new_id(state, f"ou-{tree.root_id.removeprefix('r-')}-", _SUFFIX)
    made = Node(id=unit, arn=tree.arn_of("ou", unit), name=name, type=UNIT, parent_id=above.id, tags=tags)
    hang_defaults(tree, made)
    tree.containers.append(made)
    return _answer(tree, made)


@operation("organizations", "DescribeOrganizationalUnit")
def describe_organizational_unit(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganizationalUnit.html"""
    tree = seen(call)
    return _answer(tree, _unit(tree, call))


@operation("organizations", "UpdateOrganizationalUnit")
def update_organizational_unit(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_UpdateOrganizationalUnit.html"""
    tree, name = managed(call), call.params.get("Name")
    unit = _unit(tree, call)
    if name is not None and name != unit.name:
        _not_taken(tree, unit.parent_id, name)
        unit.name = name
    return _answer(tree, unit)


@operation("organizations", "DeleteOrganizationalUnit")
def delete_organizational_unit(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeleteOrganizationalUnit.html"""
    tree = managed(call)
    unit = _unit(tree, call)
    if any(node.parent_id == unit.id for node in tree.nodes()):
        raise AwsError(
            "OrganizationalUnitNotEmptyException",
            "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, "
            "and try the operation again.",
        )
    tree.containers.remove(unit)
    return {}


@operation("organizations", "ListOrganizationalUnitsForParent")
def list_organizational_units_for_parent(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListOrganizationalUnitsForParent.html"""
    tree = seen(call)
    above = parent(tree, call.params["ParentId"])
    under = [unit for unit in tree.containers if unit.parent_id == above.id]
    return page(call, under, "OrganizationalUnits", lambda unit: _shape(tree, unit))


@operation("organizations", "ListParents")
def list_parents(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListParents.html"""
    tree = seen(call)
    child = tree.node(call.params["ChildId"])
    above = tree.container(child.parent_id) if child is not None and child.parent_id else None
    if above is None:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    return page(call, [above], "Parents", lambda node: {"Id": node.id, "Type": node.type})


@operation("organizations", "ListChildren")
def list_children(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListChildren.html"""
    tree = seen(call)
    above = parent(tree, call.params["ParentId"])
    nodes = tree.accounts if call.params["ChildType"] == ACCOUNT else tree.containers
    under = [node for node in nodes if node.parent_id == above.id]
    return page(call, under, "Children", lambda node: {"Id": node.id, "Type": node.type})


def _unit(tree: Tree, call: Call) -> Node:
    found = tree.unit(call.params["OrganizationalUnitId"])
    if found is None:
        raise AwsError(
            "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist."
        )
    return found


def _not_taken(tree: Tree, above: str | None, name: str) -> None:
    """Under one parent an OU's name is given once."""
    if any(unit.parent_id == above and unit.name == name for unit in tree.containers):
        raise AwsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


def _answer(tree: Tree, unit: Node) -> dict[str, Any]:
    return {"OrganizationalUnit": _shape(tree, unit)}


def _shape(tree: Tree, unit: Node) -> dict[str, Any]:
    return {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, "Path": tree.path_of(unit)}
