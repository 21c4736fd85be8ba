"""SSH public keys of users, with which they reach CodeCommit's repositories.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
    load_ssh_public_key,
)

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_holders import requested_status, user_or_caller
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import limit_exceeded, no_such_entity
from iamlab.cloud.sessions import access_key_id
from iamlab.cloud.state import LabState

KEYS_PER_USER = 5
SHORTEST = 2_048
"""Bits of an RSA key."""

_INVALID = "Invalid public key uploaded."


@dataclass(slots=True)
class SshKey:
    """One uploaded key."""

    ssh_public_key_id: str
    ssh: str
    """`ssh-rsa` and the key, without the comment that may have come with it."""
    pem: str
    fingerprint: str
    uploaded: datetime
    status: str = "Active"


@operation("iam", "UploadSSHPublicKey")
def upload_ssh_public_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html"""
    body = call.params["SSHPublicKeyBody"]
    ssh, pem, fingerprint = _read(body)
    with state.lock:
        user = user_or_caller(call)
        keys = credentials.ssh_keys(user)
        if any(key.fingerprint == fingerprint for key in keys):
            raise AwsError(
                "DuplicateSSHPublicKey",
                "The SSH public key is already associated with the specified IAM user.",
            )
        if len(keys) >= KEYS_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for SSHPublicKeysPerUser: {KEYS_PER_USER}")
        key_id = access_key_id(state.random, "APKA", call.account, length=21)
        key = SshKey(key_id, ssh, pem, fingerprint, call.now)
        keys.append(key)
    return {"SSHPublicKey": _shape(user, key) | {"SSHPublicKeyBody": body, "Fingerprint": fingerprint}}


@operation("iam", "GetSSHPublicKey")
def get_ssh_public_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetSSHPublicKey.html"""
    user = user_or_caller(call)
    key = _key(user, call.params["SSHPublicKeyId"])
    body = key.ssh if call.params["Encoding"] == "SSH" else key.pem
    return {"SSHPublicKey": _shape(user, key) | {"SSHPublicKeyBody": body, "Fingerprint": key.fingerprint}}


@operation("iam", "ListSSHPublicKeys")
def list_ssh_public_keys(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSSHPublicKeys.html"""
    user = user_or_caller(call)
    shown, truncation = page(call, credentials.ssh_keys(user), lambda key: str(key.ssh_public_key_id))
    return {"SSHPublicKeys": [_shape(user, key) for key in shown], **truncation}


@operation("iam", "UpdateSSHPublicKey")
def update_ssh_public_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSSHPublicKey.html"""
    status = requested_status(call)
    with state.lock:
        _key(user_or_caller(call), call.params["SSHPublicKeyId"]).status = status
    return {}


@operation("iam", "DeleteSSHPublicKey")
def delete_ssh_public_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSSHPublicKey.html"""
    with state.lock:
        user = user_or_caller(call)
        credentials.ssh_keys(user).remove(_key(user, call.params["SSHPublicKeyId"]))
    return {}


def _key(user: Any, wanted: str) -> SshKey:
    held: list[SshKey] = credentials.ssh_keys(user)
    for key in held:
        if key.ssh_public_key_id == wanted:
            return key
    raise no_such_entity(f"The Public Key with id {wanted} cannot be found.")


def _shape(user: Any, key: SshKey) -> dict[str, Any]:
    return {
        "UserName": user.name,
        "SSHPublicKeyId": key.ssh_public_key_id,
        "Status": key.status,
        "UploadDate": key.uploaded,
    }


def _read(body: str) -> tuple[str, str, str]:
    """A key's two encodings and its fingerprint, that of OpenSSH's MD5 form."""
    text = body.strip()
    if text.startswith("ssh-rsa "):
        load: Any = load_ssh_public_key
    elif text.startswith("-----BEGIN "):
        load = load_pem_public_key
    else:
        raise AwsError("UnrecognizedPublicKeyEncoding", _INVALID)
    try:
        public = load(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _invalid() from error
    if not isinstance(public, RSAPublicKey) or public.key_size < SHORTEST:
        raise _invalid()
    ssh = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    # https://datatracker.ietf.org/doc/html/rfc4716#section-4
    digest = hashlib.md5(base64.b64decode(ssh.split()[1]), usedforsecurity=False).hexdigest()
    return ssh, pem, ":".join(digest[at : at + 2] for at in range(0, 32, 2))


def _invalid() -> AwsError:
    return AwsError("InvalidPublicKey", _INVALID)
