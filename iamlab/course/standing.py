"""What stands in the account of one piece of an exercise, asked with ordinary API calls of the root user.

In: `user/ana`, `role/App`, `group/Devs`, `policy/Read`, `bucket/photos`, `mfa/ana-phone`, `certificate/www` or
`account/password-policy`. Out: its policies, members and keys as plain data, which a `Scene` compares with its
beginning.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.x509.oid import NameOID

Standing = dict[str, Any] | None
"""What stands in the account of one piece: its policies, members and keys; None if it doesn't exist."""


class Root:
    """The account's root user, with one client per service and region: making a client takes longer than a call."""

    def __init__(self, session: boto3.Session, now: Callable[[], datetime]) -> None:
        self._session = session
        self.now = now
        """The lab's time."""
        self._clients: dict[tuple[str, str | None], Any] = {}

    def client(self, service: str, region_name: str | None = None) -> Any:
        key = (service, region_name)
        if key not in self._clients:
            self._clients[key] = self._session.client(service, region_name=region_name)  # type: ignore[call-overload]  # any service by its name
        return self._clients[key]


def standing(root: Root, piece: str) -> Standing:
    """What the account knows of `user/ana`, `role/App`, `group/Devs`, `policy/Read` or `bucket/photos`."""
    kind, _, name = piece.partition("/")
    try:
        if kind == "bucket":
            return _bucket(root.client("s3"), name)
        return _STANDING[kind](root.client("iam"), name)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchEntity", "NoSuchBucket"):
            return None
        raise


def _bucket(s3: Any, name: str) -> dict[str, Any]:
    try:
        return {"resource": json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])}
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucketPolicy":
            return {}
        raise


def _user(iam: Any, name: str) -> dict[str, Any]:
    keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    user = iam.get_user(UserName=name)["User"]
    return {
        "policies": _inline(iam, "user", name),
        "attached": attached(iam, "user", name),
        "groups": sorted(g["GroupName"] for g in iam.list_groups_for_user(UserName=name)["Groups"]),
        "keys": sorted(key["Status"] for key in keys),
        "mfa": sorted(device["SerialNumber"] for device in iam.list_mfa_devices(UserName=name)["MFADevices"]),
        "boundary": _boundary(user),
        "tags": _tags(user),
    }


def _role(iam: Any, name: str) -> dict[str, Any]:
    role = iam.get_role(RoleName=name)["Role"]
    return {
        "trust": role["AssumeRolePolicyDocument"],
        "policies": _inline(iam, "role", name),
        "attached": attached(iam, "role", name),
        "boundary": _boundary(role),
        "tags": _tags(role),
    }


def _boundary(entity: Mapping[str, Any]) -> str | None:
    arn: str | None = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return arn


def _tags(entity: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in entity.get("Tags", ())}


def _group(iam: Any, name: str) -> dict[str, Any]:
    return {
        "policies": _inline(iam, "group", name),
        "attached": attached(iam, "group", name),
        "members": sorted(user["UserName"] for user in iam.get_group(GroupName=name)["Users"]),
    }


def _policy(iam: Any, name: str) -> dict[str, Any]:
    arn = arn_of_policy(iam, name)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return {"document": iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]}


def arn_of_policy(iam: Any, name: str) -> str:
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if policy["PolicyName"] == name:
                return str(policy["Arn"])
    raise iam.exceptions.NoSuchEntityException(
        {"Error": {"Code": "NoSuchEntity", "Message": f"policy `{name}` does not exist"}}, "GetPolicy"
    )


def _inline(iam: Any, kind: str, name: str) -> dict[str, Any]:
    holder = {f"{kind.title()}Name": name}
    names = getattr(iam, f"list_{kind}_policies")(**holder)["PolicyNames"]
    get = getattr(iam, f"get_{kind}_policy")
    return {policy: get(**holder, PolicyName=policy)["PolicyDocument"] for policy in names}


def attached(iam: Any, kind: str, name: str) -> list[str]:
    answer = getattr(iam, f"list_attached_{kind}_policies")(**{f"{kind.title()}Name": name})
    return sorted(policy["PolicyArn"] for policy in answer["AttachedPolicies"])


def _certificate(iam: Any, name: str) -> dict[str, Any]:
    body = iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]["CertificateBody"]
    subject = x509.load_pem_x509_certificate(body.encode()).subject
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return {"host": str(names[0].value) if names else ""}


def _password_policy(iam: Any, name: str) -> dict[str, Any]:
    return dict(iam.get_account_password_policy()["PasswordPolicy"])


def _device(iam: Any, name: str) -> dict[str, Any] | None:
    for device in iam.list_virtual_mfa_devices()["VirtualMFADevices"]:
        if device["SerialNumber"].endswith(f":mfa/{name}"):
            return {"holder": device.get("User", {}).get("UserName")}
    return None


_STANDING: dict[str, Callable[[Any, str], Standing]] = {
    "account": _password_policy,
    "certificate": _certificate,
    "mfa": _device,
    "user": _user,
    "role": _role,
    "group": _group,
    "policy": _policy,
}
