"""How the pieces of an exercise are taken away, whatever hangs on them by now.

AWS deletes nothing that is still in use, so everything that hangs on a piece goes first.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from iamlab.course.standing import Root, arn_of_policy, attached


def _strip(iam: Any, kind: str, name: str) -> None:
    """Remove every policy: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_remove.html"""
    holder = {f"{kind.title()}Name": name}
    for policy in getattr(iam, f"list_{kind}_policies")(**holder)["PolicyNames"]:
        getattr(iam, f"delete_{kind}_policy")(**holder, PolicyName=policy)
    for arn in attached(iam, kind, name):
        getattr(iam, f"detach_{kind}_policy")(**holder, PolicyArn=arn)


def _remove_user(iam: Any, name: str) -> None:
    _strip(iam, "user", name)
    for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for group in iam.list_groups_for_user(UserName=name)["Groups"]:
        iam.remove_user_from_group(UserName=name, GroupName=group["GroupName"])
    for device in iam.list_mfa_devices(UserName=name)["MFADevices"]:
        iam.deactivate_mfa_device(UserName=name, SerialNumber=device["SerialNumber"])
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_login_profile(UserName=name)
    iam.delete_user(UserName=name)


def _remove_role(iam: Any, name: str) -> None:
    _strip(iam, "role", name)
    for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
        iam.remove_role_from_instance_profile(
            InstanceProfileName=profile["InstanceProfileName"], RoleName=name
        )
    iam.delete_role(RoleName=name)


def _remove_group(iam: Any, name: str) -> None:
    _strip(iam, "group", name)
    for user in iam.get_group(GroupName=name)["Users"]:
        iam.remove_user_from_group(GroupName=name, UserName=user["UserName"])
    iam.delete_group(GroupName=name)


def _remove_policy(iam: Any, name: str) -> None:
    arn = arn_of_policy(iam, name)
    for usage in ("PermissionsPolicy", "PermissionsBoundary"):
        held = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter=usage)
        for kind in ("user", "role", "group"):
            for holder in held[f"Policy{kind.title()}s"]:
                named = {f"{kind.title()}Name": holder[f"{kind.title()}Name"]}
                if usage == "PermissionsPolicy":
                    getattr(iam, f"detach_{kind}_policy")(PolicyArn=arn, **named)
                else:
                    getattr(iam, f"delete_{kind}_permissions_boundary")(**named)
    for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    iam.delete_policy(PolicyArn=arn)


def _remove_device(iam: Any, name: str) -> None:
    for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]:
        serial = device["SerialNumber"]
        if serial.endswith(f":mfa/{name}"):
            holder = device.get("User", {}).get("UserName")
            if holder is not None:
                iam.deactivate_mfa_device(UserName=holder, SerialNumber=serial)
            iam.delete_virtual_mfa_device(SerialNumber=serial)


def _remove_certificate(iam: Any, name: str) -> None:
    iam.delete_server_certificate(ServerCertificateName=name)


def _remove_password_policy(iam: Any, name: str) -> None:
    iam.delete_account_password_policy()


REMOVE: Final[dict[str, Callable[[Any, str], None]]] = {
    "user": _remove_user,
    "role": _remove_role,
    "group": _remove_group,
    "policy": _remove_policy,
    "mfa": _remove_device,
    "certificate": _remove_certificate,
    "account": _remove_password_policy,
}


def remove_bucket(root: Root, name: str) -> None:
    s3 = root.client("s3")
    with suppress(ClientError):  # NoSuchBucket: there is nothing to take away
        for item in s3.list_objects_v2(Bucket=name).get("Contents", ()):
            s3.delete_object(Bucket=name, Key=item["Key"])
        s3.delete_bucket(Bucket=name)
