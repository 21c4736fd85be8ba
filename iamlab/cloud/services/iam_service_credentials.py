"""Credentials that only one service takes: names and passwords for CodeCommit and Keyspaces, API keys for Bedrock
and CloudWatch Logs.

Secrets are shown once, by the call that makes them; the lab keeps them hashed, as none of its services asks for them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_service-specific-creds.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials
from iamlab.cloud.passwords import Hashed
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_holders import requested_status, user_or_caller
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import limit_exceeded, no_such_entity
from iamlab.cloud.sessions import access_key_id
from iamlab.cloud.state import LabState

PER_SERVICE = 2
"""Credentials of one user for one service."""


_PAGED = frozenset({"AllUsers", "MaxItems", "Marker"})


@dataclass(frozen=True, slots=True)
class Kind:
    """How the credentials of a service look."""

    api_key: bool
    """One secret that may end after some days, instead of a name and a password."""
    prefix: str = ""
    """What an API key begins with."""


SERVICES: Mapping[str, Kind] = {
    "codecommit.amazonaws.com": Kind(api_key=False),
    "cassandra.amazonaws.com": Kind(api_key=False),
    "bedrock.amazonaws.com": Kind(api_key=True, prefix="ABSK"),
    "logs.amazonaws.com": Kind(api_key=True, prefix="ACWL"),
}


@dataclass(slots=True)
class ServiceCredential:
    """One set of credentials."""

    credential_id: str
    service: str
    name: str
    """The user name or alias that the service knows it by."""
    created: datetime
    secret: Hashed
    expires: datetime | None = None
    status: str = "Active"

    def status_at(self, now: datetime) -> str:
        return "Expired" if self.expires is not None and now >= self.expires else self.status


@operation("iam", "CreateServiceSpecificCredential")
def create_service_specific_credential(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html"""
    service, days = call.params["ServiceName"], call.params.get("CredentialAgeDays")
    kind = _kind(service)
    if days is not None and not kind.api_key:
        raise AwsError("ValidationError", f"CredentialAgeDays is not supported for service {service}")
    with state.lock:
        user = user_or_caller(call)
        held = credentials.service_credentials(user)
        names = {one.name for one in held if one.service == service}
        if len(names) >= PER_SERVICE:
            raise limit_exceeded(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {PER_SERVICE}")
        name = next(
            name
            for name in (f"{user.name}{more}-at-{call.account}" for more in ("", "+1", "+2"))
            if name not in names
        )
        secret = _secret(kind, name, state)
        made = ServiceCredential(
            access_key_id(state.random, "ACCA", call.account, length=21),
            service,
            name,
            call.now,
            Hashed.of(secret, state.random),
            call.now + timedelta(days=days) if days else None,
        )
        held.append(made)
    return {"ServiceSpecificCredential": _with_secret(user, made, secret, call.now)}


@operation("iam", "ListServiceSpecificCredentials")
def list_service_specific_credentials(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServiceSpecificCredentials.html"""
    service = call.params.get("ServiceName")
    if service is not None:
        _kind(service)
    if call.params.get("AllUsers"):
        if "UserName" in call.params:
            raise AwsError("ValidationError", "UserName and AllUsers cannot be specified together")
        users = credentials.users(call.account)
    else:
        users = [user_or_caller(call)]
    found = [
        (user, one)
        for user in users
        for one in credentials.service_credentials(user)
        if service in (None, one.service)
    ]
    shown, truncation = page(call, found, lambda pair: str(pair[1].credential_id))
    listed = {"ServiceSpecificCredentials": [_shape(user, one, call.now) for user, one in shown]}
    # Pages came to this operation late: who doesn't ask for them isn't told of them.
    return listed | truncation if _PAGED & call.params.keys() or truncation["IsTruncated"] else listed


@operation("iam", "ResetServiceSpecificCredential")
def reset_service_specific_credential(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResetServiceSpecificCredential.html"""
    with state.lock:
        user = user_or_caller(call)
        one = _credential(user, call.params["ServiceSpecificCredentialId"])
        secret = _secret(SERVICES[one.service], one.name, state)
        one.secret = Hashed.of(secret, state.random)
    return {"ServiceSpecificCredential": _with_secret(user, one, secret, call.now)}


@operation("iam", "UpdateServiceSpecificCredential")
def update_service_specific_credential(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html"""
    status = requested_status(call)
    with state.lock:
        _credential(user_or_caller(call), call.params["ServiceSpecificCredentialId"]).status = status
    return {}


@operation("iam", "DeleteServiceSpecificCredential")
def delete_service_specific_credential(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceSpecificCredential.html"""
    with state.lock:
        user = user_or_caller(call)
        one = _credential(user, call.params["ServiceSpecificCredentialId"])
        credentials.service_credentials(user).remove(one)
    return {}


def _kind(service: str) -> Kind:
    kind = SERVICES.get(service)
    if kind is None:
        raise no_such_entity(f"No such service {service} is supported for Service Specific Credentials")
    return kind


def _credential(user: Any, wanted: str) -> ServiceCredential:
    held: list[ServiceCredential] = credentials.service_credentials(user)
    for one in held:
        if one.credential_id == wanted:
            return one
    raise no_such_entity(f"No such credential {wanted} exists")


def _secret(kind: Kind, name: str, state: LabState) -> str:
    password = base64.b64encode(state.random.randbytes(32)).decode()
    if not kind.api_key:
        return password
    return kind.prefix + base64.b64encode(f"{name}:{password}".encode()).decode()


def _shape(user: Any, one: ServiceCredential, now: datetime) -> dict[str, Any]:
    api_key = SERVICES[one.service].api_key
    shape: dict[str, Any] = {
        "UserName": user.name,
        "Status": one.status_at(now),
        "CreateDate": one.created,
        "ServiceSpecificCredentialId": one.credential_id,
        "ServiceName": one.service,
        "ServiceCredentialAlias" if api_key else "ServiceUserName": one.name,
    }
    if one.expires is not None:
        shape["ExpirationDate"] = one.expires
    return shape


def _with_secret(user: Any, one: ServiceCredential, secret: str, now: datetime) -> dict[str, Any]:
    api_key = SERVICES[one.service].api_key
    return _shape(user, one, now) | {"ServiceCredentialSecret" if api_key else "ServicePassword": secret}
