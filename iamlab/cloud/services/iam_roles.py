"""Roles: made with a trust policy, shown, bounded, deleted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import by_name, page
from iamlab.cloud.services.iam_principals import forget, with_account_arns
from iamlab.cloud.services.iam_shapes import (
    HOUR,
    already_exists,
    boundary_policy,
    delete_conflict,
    described_role_shape,
    full_role_shape,
    labelled_role,
    last_used,
    limit_exceeded,
    modifiable_role,
    new_role_shape,
    no_such_entity,
    role,
)
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.services.policy_documents import check_trust_policy, size
from iamlab.cloud.state import LabState

TRUST_POLICY_SIZE = 2_048
ROLES = 1_000
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@operation("iam", "CreateRole")
def create_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    params, account = call.params, call.account
    name, boundary = params["RoleName"], params.get("PermissionsBoundary")
    path = params.get("Path") or "/"
    if path.startswith("/aws-service-role/"):
        raise AwsError(
            "InvalidInput", "Path prefix '/aws-service-role/' can only be used for AWS Service linked Roles"
        )
    tags = checked(params.get("Tags"), fold=True)
    if boundary is not None:
        boundary_policy(account, boundary, "Role")
    with state.lock:
        if identities.is_taken(account, "role", name):
            raise already_exists(f"Role with name {name} already exists.")
        trust = _accepted_trust(params["AssumeRolePolicyDocument"])
        if len(identities.iam(account).roles) >= ROLES:
            raise limit_exceeded(f"Cannot exceed quota for RolesPerAccount: {ROLES}")
        record = identities.iam(account).create_role(
            role_name=name,
            assume_role_policy_document=trust,
            path=path,
            permissions_boundary=boundary,
            description=params.get("Description") or "",
            tags=tags,
            max_session_duration=params.get("MaxSessionDuration") or HOUR,
        )
    return {"Role": new_role_shape(record, params["AssumeRolePolicyDocument"])}


@operation("iam", "GetRole")
def get_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html"""
    record = role(call.account, call.params["RoleName"])
    return {"Role": full_role_shape(record) | {"RoleLastUsed": last_used(record, call.region)}}


@operation("iam", "ListRoles")
def list_roles(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html: no tags, boundaries, last use."""
    prefix = call.params.get("PathPrefix") or "/"
    roles = by_name(r for r in list(identities.iam(call.account).roles.values()) if r.path.startswith(prefix))
    shown, truncation = page(call, roles, lambda r: str(r.name))
    return {"Roles": [described_role_shape(r) for r in shown], **truncation}


@operation("iam", "UpdateAssumeRolePolicy")
def update_assume_role_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html"""
    record = _own(call)
    record.assume_role_policy_document = _accepted_trust(call.params["PolicyDocument"])
    return {}


@operation("iam", "UpdateRole")
def update_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html: what isn't given stays as it is.

    Of a service-linked role the description may be changed, and nothing else.
    """
    duration = call.params.get("MaxSessionDuration") is not None
    record = (modifiable_role if duration else labelled_role)(call.account, call.params["RoleName"])
    if call.params.get("Description") is not None:
        record.description = call.params["Description"]
    if call.params.get("MaxSessionDuration") is not None:
        record.max_session_duration = call.params["MaxSessionDuration"]
    return {}


@operation("iam", "UpdateRoleDescription")
def update_role_description(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRoleDescription.html"""
    record = labelled_role(call.account, call.params["RoleName"])
    record.description = call.params["Description"]
    return {"Role": full_role_shape(record)}


@operation("iam", "DeleteRole")
def delete_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html"""
    with state.lock:
        record = _own(call)
        if record.instance_profile_list:
            raise delete_conflict("Cannot delete entity, must remove roles from instance profile first.")
        if record.managed_policies:
            raise delete_conflict("Cannot delete entity, must detach all policies first.")
        if record.policies:
            raise delete_conflict("Cannot delete entity, must delete policies first.")
        identities.iam(call.account).delete_role(record.name)
        forget(record)
    return {}


@operation("iam", "PutRolePermissionsBoundary")
def put_role_permissions_boundary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePermissionsBoundary.html"""
    record = _own(call)
    boundary_policy(call.account, call.params["PermissionsBoundary"], "Role")
    record.permissions_boundary_arn = call.params["PermissionsBoundary"]
    return {}


@operation("iam", "DeleteRolePermissionsBoundary")
def delete_role_permissions_boundary(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePermissionsBoundary.html"""
    record = _own(call)
    if not record.permissions_boundary_arn:
        raise no_such_entity(f"The role with name {record.name} does not have a permissions boundary.")
    record.permissions_boundary_arn = None
    return {}


def _own(call: Call) -> Any:
    return modifiable_role(call.account, call.params["RoleName"])


def _accepted_trust(text: str) -> str:
    check_trust_policy(text)
    if size(text) > TRUST_POLICY_SIZE:
        raise limit_exceeded(f"Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_SIZE}")
    return with_account_arns(text)
