"""X.509 certificates with which users, and the root user, sign requests of services that ask for it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import credentials
from iamlab.cloud.services import certificates, operation
from iamlab.cloud.services.iam_holders import requested_status, user_or_root
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import limit_exceeded, no_such_entity
from iamlab.cloud.state import LabState

CERTIFICATES_PER_USER = 2
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_ROOTS = "iam:root signing certificates"


@dataclass(slots=True)
class SigningCertificate:
    """One uploaded certificate."""

    certificate_id: str
    body: str
    digest: bytes
    uploaded: datetime
    status: str = "Active"


@operation("iam", "UploadSigningCertificate")
def upload_signing_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSigningCertificate.html"""
    body = call.params["CertificateBody"]
    parsed = certificates.certificate(body)
    if call.now > parsed.not_valid_after_utc:
        raise AwsError("InvalidCertificate", "The certificate is invalid: it is no longer valid.")
    digest = parsed.fingerprint(SHA256())
    with state.lock:
        user = user_or_root(call)
        held = certificates_of(call.account, user, state)
        if any(one.digest == digest for one in _all(call.account, state)):
            raise AwsError("DuplicateCertificate", "The certificate already exists in this account.", 409)
        if len(held) >= CERTIFICATES_PER_USER:
            raise limit_exceeded(f"Cannot exceed quota for CertificatesPerUser: {CERTIFICATES_PER_USER}")
        made = SigningCertificate(
            "".join(state.random.choices(_ALPHABET, k=32)), body.rstrip(), digest, call.now
        )
        held[made.certificate_id] = made
    return {"Certificate": _shape(user, made)}


@operation("iam", "ListSigningCertificates")
def list_signing_certificates(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSigningCertificates.html"""
    user = user_or_root(call)
    held = certificates_of(call.account, user, state)
    shown, truncation = page(call, list(held.values()), lambda one: one.certificate_id)
    return {"Certificates": [_shape(user, one) for one in shown], **truncation}


@operation("iam", "UpdateSigningCertificate")
def update_signing_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSigningCertificate.html"""
    status = requested_status(call)
    with state.lock:
        held = certificates_of(call.account, user_or_root(call), state)
        _certificate(held, call.params["CertificateId"]).status = status
    return {}


@operation("iam", "DeleteSigningCertificate")
def delete_signing_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSigningCertificate.html"""
    with state.lock:
        held = certificates_of(call.account, user_or_root(call), state)
        del held[_certificate(held, call.params["CertificateId"]).certificate_id]
    return {}


def certificates_of(account: str, user: Any | None, state: LabState) -> dict[str, SigningCertificate]:
    """The certificates of a user, or of the account's root user (None), by id and to be changed in place."""
    if user is not None:
        return credentials.signing_certificates(user)
    found: dict[str, SigningCertificate] = state.stores.setdefault(_ROOTS, {}).setdefault(account, {})
    return found


def _all(account: str, state: LabState) -> list[SigningCertificate]:
    holders = [None, *credentials.users(account)]
    return [one for who in holders for one in certificates_of(account, who, state).values()]


def _certificate(held: dict[str, SigningCertificate], wanted: str) -> SigningCertificate:
    found = held.get(wanted)
    if found is None:
        raise no_such_entity(f"The Certificate with id {wanted} cannot be found.")
    return found


def _shape(user: Any | None, one: SigningCertificate) -> dict[str, Any]:
    shape = {
        "CertificateId": one.certificate_id,
        "CertificateBody": one.body,
        "Status": one.status,
        "UploadDate": one.uploaded,
    }
    return shape if user is None else {"UserName": user.name, **shape}
