"""Managed policies: made, listed, versioned, deleted. `iam_attachments` ties them to users, groups and roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.moto_seam.managed_policies import ManagedPolicies
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import (
    add_tags,
    already_exists,
    delete_conflict,
    encoded,
    limit_exceeded,
    no_such_entity,
    own_policy,
    policy,
)
from iamlab.cloud.services.iam_tags import checked, tag_list
from iamlab.cloud.services.policy_documents import check_managed_policy, size
from iamlab.cloud.state import LabState

POLICY_SIZE = 6_144
VERSIONS = 5
POLICIES = 1_500
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


def policy_shape(record: Any, bounded: int) -> dict[str, Any]:
    """A managed policy as lists show it.

    Args:
        bounded: how many users and roles have it as their boundary.
    """
    return {
        "PolicyName": record.name,
        "PolicyId": record.id,
        "Arn": record.arn,
        "Path": record.path,
        "DefaultVersionId": record.default_version_id,
        "AttachmentCount": record.attachment_count,
        "PermissionsBoundaryUsageCount": bounded,
        "IsAttachable": True,
        "CreateDate": record.create_date,
        "UpdateDate": record.update_date,
    }


def version_shape(version: Any) -> dict[str, Any]:
    """A policy's version as lists show it, without its document."""
    return {
        "VersionId": version.version_id,
        "IsDefaultVersion": version.is_default,
        "CreateDate": version.create_date,
    }


def boundary_uses(account: str) -> Counter[str]:
    """How many users and roles have each policy as their boundary."""
    backend = identities.iam(account)
    boundaries = [identities.user_boundary(user) for user in list(backend.users.values())]
    boundaries += [role.permissions_boundary_arn for role in list(backend.roles.values())]
    return Counter(arn for arn in boundaries if arn)


def _own_first(records: list[Any]) -> list[Any]:
    """The account's own by name, then AWS's from the oldest on."""
    own = sorted(filter(is_local, records), key=lambda record: str(record.name))
    others = [record for record in records if not is_local(record)]
    return own + sorted(others, key=lambda record: (record.create_date, record.name))


def is_local(record: Any) -> bool:
    """One of the account's own policies, not one of AWS's."""
    return not record.arn.startswith(f"arn:{identities.PARTITION}:iam::aws:")


@operation("iam", "CreatePolicy")
def create_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    params, account, name = call.params, call.account, call.params["PolicyName"]
    tags = checked(params.get("Tags"))
    with state.lock:
        if identities.is_policy_taken(account, name):
            raise already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
        _accept(params["PolicyDocument"])
        if sum(map(is_local, list(identities.iam(account).managed_policies.values()))) >= POLICIES:
            raise limit_exceeded(f"Cannot exceed quota for PoliciesPerAccount: {POLICIES}")
        record = identities.make_policy(
            account,
            call.region,
            name,
            params["PolicyDocument"],
            params.get("Path"),
            params.get("Description"),
            tags,
        )
    shape = policy_shape(record, 0)
    add_tags(shape, identities.tags_of(account, record))
    return {"Policy": shape}


@operation("iam", "GetPolicy")
def get_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html"""
    record = policy(call.account, call.params["PolicyArn"])
    shape = policy_shape(record, boundary_uses(call.account)[record.arn])
    if record.description:
        shape["Description"] = record.description
    return {"Policy": shape | {"Tags": tag_list(identities.tags_of(call.account, record))}}


@operation("iam", "ListPolicies")
def list_policies(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html

    The account's own first, then AWS's, which are read one by one until somebody wants to see them all.
    """
    params, account = call.params, call.account
    scope, usage = params.get("Scope") or "All", params.get("PolicyUsageFilter")
    only_attached = bool(params.get("OnlyAttached"))
    policies = identities.iam(account).managed_policies
    if isinstance(policies, ManagedPolicies) and scope != "Local" and not (only_attached or usage):
        policies.load_all()
    bounded, prefix = boundary_uses(account), params.get("PathPrefix") or "/"
    found = [
        record
        for record in _own_first(list(policies.values()))
        if (scope == "All" or (scope == "Local") == is_local(record))
        and record.path.startswith(prefix)
        and not (only_attached and usage != "PermissionsBoundary" and not record.attachment_count)
        and not (usage == "PermissionsPolicy" and not record.attachment_count)
        and not (usage == "PermissionsBoundary" and not bounded[record.arn])
    ]
    shown, truncation = page(call, found, lambda record: str(record.arn))
    return {"Policies": [policy_shape(record, bounded[record.arn]) for record in shown], **truncation}


@operation("iam", "CreatePolicyVersion")
def create_policy_version(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html"""
    with state.lock:
        record = _own(call)
        if len(record.versions) >= VERSIONS:
            raise limit_exceeded(
                f"A managed policy can have up to {VERSIONS} versions. Before you create a new version, you must "
                "delete an existing version."
            )
        _accept(call.params["PolicyDocument"])
        version = identities.add_version(
            record, call.params["PolicyDocument"], bool(call.params.get("SetAsDefault"))
        )
    return {"PolicyVersion": version_shape(version)}


@operation("iam", "GetPolicyVersion")
def get_policy_version(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html"""
    version = _version(policy(call.account, call.params["PolicyArn"]), call.params["VersionId"])
    return {"PolicyVersion": {"Document": encoded(version.document), **version_shape(version)}}


@operation("iam", "ListPolicyVersions")
def list_policy_versions(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html: the newest first."""
    versions = reversed(policy(call.account, call.params["PolicyArn"]).versions)
    shown, truncation = page(call, versions, lambda version: str(version.version_id))
    return {"Versions": [version_shape(version) for version in shown], **truncation}


@operation("iam", "SetDefaultPolicyVersion")
def set_default_policy_version(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html"""
    with state.lock:
        record, version = _own(call), call.params["VersionId"]
        _version(record, version)
        record.update_default_version(version)
    return {}


@operation("iam", "DeletePolicyVersion")
def delete_policy_version(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html"""
    with state.lock:
        record = _own(call)
        version = _version(record, call.params["VersionId"])
        if version.version_id == record.default_version_id:
            raise delete_conflict("Cannot delete the default version of a policy.")
        record.versions.remove(version)
    return {}


@operation("iam", "DeletePolicy")
def delete_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
    with state.lock:
        record = _own(call)
        if record.attachment_count or boundary_uses(call.account)[record.arn]:
            raise delete_conflict("Cannot delete a policy attached to entities.")
        if len(record.versions) > 1:
            raise delete_conflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        del identities.iam(call.account).managed_policies[record.arn]
    return {}


# ------------------------------------------------------------------ checks
def _own(call: Call) -> Any:
    return own_policy(call.account, call.params["PolicyArn"])


def _version(record: Any, wanted: str) -> Any:
    for version in record.versions:
        if version.version_id == wanted:
            return version
    raise no_such_entity(f"Policy {record.arn} version {wanted} does not exist or is not attachable.")


def _accept(text: str) -> None:
    check_managed_policy(text)
    if size(text) > POLICY_SIZE:
        raise limit_exceeded(f"Cannot exceed quota for PolicySize: {POLICY_SIZE}")
