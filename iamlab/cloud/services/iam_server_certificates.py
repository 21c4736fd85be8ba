"""Server certificates: kept in IAM for load balancers where Certificate Manager doesn't reach.

A certificate is parsed and checked when it comes; its private key is never shown again.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import credentials
from iamlab.cloud.services import certificates, operation
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import (
    already_exists,
    delete_conflict,
    limit_exceeded,
    server_certificate,
)
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.sessions import access_key_id
from iamlab.cloud.state import LabState

CERTIFICATES = 20
"""Server certificates of an account. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""


@operation("iam", "UploadServerCertificate")
def upload_server_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadServerCertificate.html"""
    params, account = call.params, call.account
    name, body, chain = (
        params["ServerCertificateName"],
        params["CertificateBody"],
        params.get("CertificateChain"),
    )
    tags = checked(params.get("Tags"))
    leaf = certificates.certificate(body)
    key = certificates.private_key(params["PrivateKey"])
    certificates.refuse_mismatch(leaf, key)
    if chain is not None:
        certificates.refuse_broken_chain(leaf, certificates.chain(chain))
    certificates.refuse_out_of_date(leaf, call.now)
    with state.lock:
        _refuse_taken(account, name)
        if len(credentials.server_certificates(account)) >= CERTIFICATES:
            raise limit_exceeded(f"Cannot exceed quota for ServerCertificatesPerAccount: {CERTIFICATES}")
        made = credentials.add_server_certificate(
            account,
            name,
            params.get("Path") or "/",
            body.rstrip(),
            chain.rstrip() if chain is not None else None,
            params["PrivateKey"],
            certificate_id=access_key_id(state.random, "ASCA", account, length=21),
            upload_date=call.now,
            expiration=leaf.not_valid_after_utc,
            tags=tags,
        )
    return {"ServerCertificateMetadata": _metadata(made)} | _tags(made)


@operation("iam", "GetServerCertificate")
def get_server_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServerCertificate.html"""
    found = server_certificate(call.account, call.params["ServerCertificateName"])
    shape = {"ServerCertificateMetadata": _metadata(found), "CertificateBody": found.cert_body}
    if found.cert_chain is not None:
        shape["CertificateChain"] = found.cert_chain
    return {"ServerCertificate": shape | _tags(found)}


@operation("iam", "ListServerCertificates")
def list_server_certificates(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServerCertificates.html"""
    prefix = call.params.get("PathPrefix") or "/"
    found = [one for one in credentials.server_certificates(call.account) if one.path.startswith(prefix)]
    found.sort(key=lambda one: (one.cert_name.casefold(), one.cert_name))
    shown, truncation = page(call, found, lambda one: str(one.cert_name))
    return {"ServerCertificateMetadataList": [_metadata(one) for one in shown], **truncation}


@operation("iam", "UpdateServerCertificate")
def update_server_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServerCertificate.html"""
    name, path = call.params.get("NewServerCertificateName"), call.params.get("NewPath")
    with state.lock:
        found = server_certificate(call.account, call.params["ServerCertificateName"])
        if name is not None:
            if name.casefold() != found.cert_name.casefold():
                _refuse_taken(call.account, name)
            found.cert_name = name
        if path is not None:
            found.path = path
    return {}


@operation("iam", "DeleteServerCertificate")
def delete_server_certificate(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServerCertificate.html"""
    with state.lock:
        found = server_certificate(call.account, call.params["ServerCertificateName"])
        balancer = credentials.user_of_certificate(call.account, found.arn)
        if balancer is not None:
            raise delete_conflict(
                f"Certificate: {found.certificate_id} is currently in use by {balancer}. "
                "Please remove it first before deleting it from IAM."
            )
        if credentials.serves_cloudfront(call.account, found.certificate_id):
            raise delete_conflict(
                f"Certificate: {found.certificate_id} is currently in use. "
                "Please remove it first from CloudFront before deleting it from IAM."
            )
        credentials.remove_server_certificate(call.account, found)
    return {}


def _refuse_taken(account: str, name: str) -> None:
    folded = name.casefold()
    if any(one.cert_name.casefold() == folded for one in credentials.server_certificates(account)):
        raise already_exists(f"The Server Certificate with name {name} already exists.")


def _metadata(one: Any) -> dict[str, Any]:
    return {
        "Path": one.path,
        "ServerCertificateName": one.cert_name,
        "ServerCertificateId": one.certificate_id,
        "Arn": one.arn,
        "UploadDate": one.upload_date,
        "Expiration": one.expiration,
    }


def _tags(one: Any) -> dict[str, Any]:
    return {"Tags": list(one.tags)} if one.tags else {}
