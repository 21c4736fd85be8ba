"""IAM's records as its API shows them, how they are found, and the errors that all its operations share.

Each operation shows its own choice of fields: lists leave out tags and boundaries, which the Get operations have.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Types.html
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services.iam_trust import as_shown

HOUR = 3_600
"""How long a role's sessions may last, in seconds, where its account chose nothing."""

_MFA_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:(mfa|sms-mfa|u2f)/\S*")


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
    found = identities.named(account, "user", name)
    if found is None:
        raise no_such_entity(f"The user with name {name} cannot be found.")
    return found


def group(account: str, name: str) -> Any:
    found = identities.named(account, "group", name)
    if found is None:
        raise no_such_entity(f"The group with name {name} cannot be found.")
    return found


def role(account: str, name: str) -> Any:
    found = identities.named(account, "role", name)
    if found is None:
        raise no_such_entity(f"The role with name {name} cannot be found.")
    return found


def instance_profile(account: str, name: str) -> Any:
    found = identities.named(account, "instance profile", name)
    if found is None:
        raise no_such_entity(f"Instance Profile {name} cannot be found.")
    return found


def modifiable_role(account: str, name: str) -> Any:
    """A role that its account may change: service-linked roles, and those of IAM Identity Center, are AWS's."""
    return _unprotected(role(account, name), "/aws-service-role/", "/aws-reserved/")


def labelled_role(account: str, name: str) -> Any:
    """A role whose description and tags its account may change, which it may of service-linked roles, too."""
    return _unprotected(role(account, name), "/aws-reserved/")


def _unprotected(found: Any, *paths: str) -> Any:
    if found.path.startswith(paths):
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{found.name}' - this role is only modifiable by "
            "AWS",
        )
    return found


def mfa_device(account: str, serial: str) -> Any:
    """A virtual device; an ARN that could be none of anybody's isn't looked for."""
    if serial.startswith("arn:") and not _MFA_ARN.fullmatch(serial):
        raise AwsError("InvalidInput", f"ARN {serial} is not valid.")
    found = identities.virtual_mfa_device(account, serial)
    if found is None:
        raise no_such_entity(f"VirtualMFADevice with serial number {serial} doesn't exist.")
    return found


def saml_provider(account: str, arn: str) -> Any:
    found = identities.saml_provider(account, arn)
    if found is None:
        raise no_such_entity(f"Manifest not found for arn {arn}")
    return found


def oidc_provider(account: str, arn: str) -> Any:
    found = identities.oidc_provider(account, arn)
    if found is None:
        raise no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return found


def server_certificate(account: str, name: str) -> Any:
    found = identities.server_certificate(account, name)
    if found is None:
        raise no_such_entity(f"The Server Certificate with name {name} cannot be found.")
    return found


def policy(account: str, arn: str) -> Any:
    found = identities.managed_policy(account, arn)
    if found is None:
        raise no_such_entity(f"Policy {arn} was not found.")
    return found


def own_policy(account: str, arn: str) -> Any:
    """A managed policy that its account may change."""
    if arn.split(":")[4] != account:
        raise AwsError("AccessDenied", "Policy is outside your own account.", 403)
    return policy(account, arn)


def attachable(account: str, arn: str, kind: str) -> Any:
    """A managed policy that a user, group or role (`kind`) may have."""
    found = identities.managed_policy(account, arn)
    if found is None:
        raise no_such_entity(f"Policy {arn} does not exist or is not attachable.")
    return _for_customers(found, kind)


def boundary_policy(account: str, arn: str, kind: str) -> Any:
    """A managed policy that may be the boundary of a user or role (`kind`)."""
    found = identities.managed_policy(account, arn)
    if found is None:
        raise no_such_entity(f"Scope ARN: {arn} does not exist or is not attachable.")
    return _for_customers(found, kind)


def _for_customers(found: Any, kind: str) -> Any:
    """Policies of service-linked roles are for these alone."""
    if found.path == "/aws-service-role/":
        raise AwsError("PolicyNotAttachable", f"Cannot attach a Service Role Policy to a Customer {kind}.")
    return found


# ------------------------------------------------------------------ records
def user_shape(record: Any) -> dict[str, Any]:
    """A user as lists show it."""
    shape: dict[str, Any] = {
        "Path": record.path,
        "UserName": record.name,
        "UserId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
    }
    if record.password_last_used is not None:
        shape["PasswordLastUsed"] = record.password_last_used
    return shape


def full_user_shape(account: str, record: Any) -> dict[str, Any]:
    """A user as CreateUser and GetUser show it."""
    shape = user_shape(record)
    add_boundary(shape, identities.user_boundary(record))
    add_tags(shape, identities.user_tags(account, record))
    return shape


def group_shape(record: Any) -> dict[str, Any]:
    """A group as all operations show it."""
    return {
        "Path": record.path,
        "GroupName": record.name,
        "GroupId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
    }


def role_shape(record: Any) -> dict[str, Any]:
    """A role as instance profiles show it."""
    return _role_shape(record, as_shown(record.assume_role_policy_document))


def described_role_shape(record: Any) -> dict[str, Any]:
    """A role as ListRoles shows it."""
    shape = role_shape(record)
    if record.description:
        shape["Description"] = record.description
    return shape | {"MaxSessionDuration": int(record.max_session_duration or HOUR)}


def full_role_shape(record: Any) -> dict[str, Any]:
    """A role as UpdateRoleDescription shows it; GetRole adds its last use."""
    return _labelled(described_role_shape(record), record)


def new_role_shape(record: Any, trust: str) -> dict[str, Any]:
    """A role as the call that makes it shows it: with the trust policy as it was sent, without a description.

    https://docs.aws.amazon.com/cli/latest/reference/iam/create-service-linked-role.html
    """
    return _labelled(_role_shape(record, trust), record)


def _role_shape(record: Any, trust: str) -> dict[str, Any]:
    return {
        "Path": record.path,
        "RoleName": record.name,
        "RoleId": record.id,
        "Arn": record.arn,
        "CreateDate": record.create_date,
        "AssumeRolePolicyDocument": encoded(trust),
    }


def _labelled(shape: dict[str, Any], record: Any) -> dict[str, Any]:
    add_boundary(shape, record.permissions_boundary_arn)
    add_tags(shape, identities.role_tags(record))
    return shape


def last_used(record: Any, region: str) -> dict[str, Any]:
    """`RoleLastUsed` of a role: empty until somebody assumes it and calls something."""
    if record.last_used is None:
        return {}
    return {"LastUsedDate": record.last_used, "Region": record.last_used_region or region}


def encoded(document: str) -> str:
    """A policy document as answers carry it.

    https://datatracker.ietf.org/doc/html/rfc3986#section-2
    """
    return quote(document, safe="")


def add_boundary(shape: dict[str, Any], arn: str | None) -> None:
    """The boundary of a user or role, where it has one."""
    if arn:
        shape["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}


def add_tags(shape: dict[str, Any], tags: dict[str, str]) -> None:
    """Tags, where there are any."""
    if tags:
        shape["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
