"""Managed policies: made, versioned, attached, detached, deleted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.moto_seam.managed_policies import ManagedPolicies
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    attachable,
    delete_conflict,
    group,
    limit_exceeded,
    no_such_entity,
    policy,
    role,
    user,
)
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.services.policy_documents import check_identity_policy, size
from iamlab.cloud.state import LabState

POLICY_SIZE = 6_144
VERSIONS = 5


def policy_shape(record: Any) -> dict[str, Any]:
    """A managed policy as CreatePolicy shows it."""
    shape: dict[str, Any] = {
        "PolicyName": record.name,
        "PolicyId": record.id,
        "Arn": record.arn,
        "Path": record.path,
        "DefaultVersionId": record.default_version_id,
        "AttachmentCount": record.attachment_count,
        "PermissionsBoundaryUsageCount": _bounded_by(record),
        "IsAttachable": True,
        "CreateDate": record.create_date,
        "UpdateDate": record.update_date,
    }
    tags = record.get_tags()
    if tags:
        shape["Tags"] = tags
    return shape


def _bounded_by(record: Any) -> int:
    """How many users and roles have this policy as their boundary."""
    backend = identities.iam(record.account_id)
    boundaries = [identities.user_boundary(user) for user in list(backend.users.values())]
    boundaries += [role.permissions_boundary_arn for role in list(backend.roles.values())]
    return boundaries.count(record.arn)


@operation("iam", "CreatePolicy")
def create_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    params, account, name = call.params, call.account, call.params["PolicyName"]
    tags = checked(params.get("Tags"))
    with state.lock:
        if identities.is_policy_taken(account, name):
            raise already_exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
        _accept(params["PolicyDocument"])
        record = identities.make_policy(
            account,
            call.region,
            name,
            params["PolicyDocument"],
            params.get("Path"),
            params.get("Description"),
            tags,
        )
    return {"Policy": policy_shape(record)}


@operation("iam", "GetPolicy")
def get_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicy.html"""
    record = policy(call.account, call.params["PolicyArn"])
    shape = policy_shape(record)
    if record.description:
        shape["Description"] = record.description
    return {"Policy": shape}


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
    return {
        "PolicyVersion": {
            "VersionId": version.version_id,
            "IsDefaultVersion": version.is_default,
            "CreateDate": version.create_date,
        }
    }


@operation("iam", "SetDefaultPolicyVersion")
def set_default_policy_version(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SetDefaultPolicyVersion.html"""
    with state.lock:
        record, version = _own(call), call.params["VersionId"]
        _version(record, version)
        record.update_default_version(version)
        record.update_date = call.now
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
        if record.attachment_count or _bounded_by(record):
            raise delete_conflict("Cannot delete a policy attached to entities.")
        if len(record.versions) > 1:
            raise delete_conflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy."
            )
        del identities.iam(call.account).managed_policies[record.arn]
    return {}


@guard("iam", "GetPolicyVersion")
def version_exists(call: Call, state: LabState) -> None:
    _version(policy(call.account, call.params["PolicyArn"]), call.params["VersionId"])


@guard("iam", "ListPolicies")
def all_policies_loaded(call: Call, state: LabState) -> None:
    """AWS's own policies are read one by one until somebody wants to see them all."""
    policies = identities.iam(call.account).managed_policies
    if isinstance(policies, ManagedPolicies) and call.params.get("Scope") != "Local":
        policies.load_all()


# ------------------------------------------------------------------ attachments
@dataclass(frozen=True, slots=True)
class Holder:
    """A kind of entity that managed policies are attached to."""

    noun: str
    find: Callable[[str, str], Any]
    limit: int

    @property
    def kind(self) -> str:
        return self.noun.capitalize()

    def of(self, call: Call) -> Any:
        return self.find(call.account, call.params[f"{self.kind}Name"])


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities
HOLDERS = (Holder("user", user, 10), Holder("group", group, 10), Holder("role", role, 20))


def _register(holder: Holder) -> None:
    @operation("iam", f"Attach{holder.kind}Policy")
    def attach(call: Call, state: LabState) -> dict[str, Any]:
        with state.lock:
            entity = holder.of(call)
            record = attachable(call.account, call.params["PolicyArn"])
            if record.arn in entity.managed_policies:
                return {}
            if len(entity.managed_policies) >= holder.limit:
                raise limit_exceeded(f"Cannot exceed quota for PoliciesPer{holder.kind}: {holder.limit}")
            record.attach_to(entity)
        return {}

    @operation("iam", f"Detach{holder.kind}Policy")
    def detach(call: Call, state: LabState) -> dict[str, Any]:
        with state.lock:
            entity, arn = holder.of(call), call.params["PolicyArn"]
            if arn not in entity.managed_policies:
                raise no_such_entity(f"Policy {arn} was not found.")
            entity.managed_policies[arn].detach_from(entity)
        return {}


for _holder in HOLDERS:
    _register(_holder)


# ------------------------------------------------------------------ checks
def _own(call: Call) -> Any:
    """The policy of the call, if it is this account's to change."""
    arn = call.params["PolicyArn"]
    if ":iam::aws:" in arn:
        raise AwsError(
            "AccessDenied", f"{arn} is an AWS managed policy and cannot be modified by a customer.", 403
        )
    return policy(call.account, arn)


def _version(record: Any, wanted: str) -> Any:
    for version in record.versions:
        if version.version_id == wanted:
            return version
    raise no_such_entity(f"Policy {record.arn} version {wanted} does not exist or is not attachable.")


def _accept(text: str) -> None:
    check_identity_policy(text)
    if size(text) > POLICY_SIZE:
        raise limit_exceeded(f"Cannot exceed quota for PolicySize: {POLICY_SIZE}")
