"""IAM's records as its API shows them, and the errors that all its operations share.

Each operation shows its own choice of fields: lists leave out tags and boundaries, which the Get operations have.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities


def no_such_entity(message: str) -> AwsError:
    return AwsError("NoSuchEntity", message, 404)


def already_exists(message: str) -> AwsError:
    return AwsError("EntityAlreadyExists", message, 409)


def delete_conflict(message: str) -> AwsError:
    return AwsError("DeleteConflict", message, 409)


def limit_exceeded(message: str) -> AwsError:
    return AwsError("LimitExceeded", message, 409)


# kind -> how the record is found, and AWS's words where it isn't
def user(account: str, name: str) -> Any:
    found = identities.user_by_name(account, name)
    if found is None:
        raise no_such_entity(f"The user with name {name} cannot be found.")
    return found


def group(account: str, name: str) -> Any:
    found = identities.group_by_name(account, name)
    if found is None:
        raise no_such_entity(f"The group with name {name} cannot be found.")
    return found


def role(account: str, name: str) -> Any:
    found = identities.role_by_name(account, name)
    if found is None:
        raise no_such_entity(f"The role with name {name} cannot be found.")
    return found


def instance_profile(account: str, name: str) -> Any:
    found = identities.instance_profile_by_name(account, name)
    if found is None:
        raise no_such_entity(f"Instance Profile {name} cannot be found.")
    return found


def policy(account: str, arn: str) -> Any:
    found = identities.managed_policy(account, arn)
    if found is None:
        raise no_such_entity(f"Policy {arn} was not found.")
    return found


def attachable(account: str, arn: str) -> Any:
    found = identities.managed_policy(account, arn)
    if found is None:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    return found


def boundary_policy(account: str, arn: str) -> Any:
    found = identities.managed_policy(account, arn)
    if found is None:
        raise no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")
    return found


# ------------------------------------------------------------------ records
def user_shape(account: str, record: Any) -> dict[str, Any]:
    """A user as CreateUser and GetUser show it."""
    shape: dict[str, Any] = {
        "Path": record.path,
        "UserName": record.name,
        "UserId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
    }
    if record.password_last_used is not None:
        shape["PasswordLastUsed"] = record.password_last_used
    _boundary(shape, identities.user_boundary(record))
    _tags(shape, identities.user_tags(account, record))
    return shape


def role_shape(record: Any) -> dict[str, Any]:
    """A role as CreateRole shows it; GetRole adds what happened since."""
    shape: dict[str, Any] = {
        "Path": record.path,
        "RoleName": record.name,
        "RoleId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
        "AssumeRolePolicyDocument": quote(record.assume_role_policy_document, safe=""),
    }
    if record.description:
        shape["Description"] = record.description
    _boundary(shape, record.permissions_boundary_arn)
    _tags(shape, identities.role_tags(record))
    return shape


def _boundary(shape: dict[str, Any], arn: str | None) -> None:
    if arn:
        shape["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def _tags(shape: dict[str, Any], tags: dict[str, str]) -> None:
    if tags:
        shape["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
