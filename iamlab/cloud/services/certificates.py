"""X.509 certificates as IAM reads them: PEM and nothing around it.

In: text of a request. Out: parsed certificates and keys, or AWS's refusal. Validity is judged by the lab's clock.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html
https://datatracker.ietf.org/doc/html/rfc7468
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from iamlab.cloud.errors import AwsError

_ONE = r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*"
_SINGLE = re.compile(rf"\s*{_ONE}")
_CHAIN = re.compile(rf"\s*(?:{_ONE})+")
_EACH = re.compile(_ONE)


def certificate(text: str) -> x509.Certificate:
    """The one certificate of a text.

    Raises:
        AwsError: `MalformedCertificate`, 400.
    """
    if not _SINGLE.fullmatch(text):
        raise malformed("Unable to parse certificate. Please ensure the certificate is in PEM format.")
    return _parsed(text)


def chain(text: str) -> list[x509.Certificate]:
    """The certificates of a chain, as they stand in it.

    Raises:
        AwsError: `MalformedCertificate`, 400: there is something between them, or one can't be read.
    """
    if not _CHAIN.fullmatch(text):
        raise _broken(-1)
    return [_parsed(part) for part in _EACH.findall(text)]


def private_key(text: str) -> Any:
    """An unencrypted private key.

    Raises:
        AwsError: `MalformedCertificate`, 400.
    """
    try:
        return load_pem_private_key(text.strip().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise malformed(
            "Unable to parse private key. Please ensure the private key is in PEM format."
        ) from error


def refuse_mismatch(leaf: x509.Certificate, key: Any) -> None:
    """A private key belongs to a certificate if both have the same public key.

    Raises:
        AwsError: `KeyPairMismatch`, 400.
    """
    if _public(key.public_key()) != _public(leaf.public_key()):
        raise AwsError("KeyPairMismatch", "The public key certificate and the private key do not match.")


def refuse_broken_chain(leaf: x509.Certificate, issuers: list[x509.Certificate]) -> None:
    """Each certificate has to be signed by the one that follows it; the root itself may be left out.

    Raises:
        AwsError: `MalformedCertificate`, 400.
    """
    signed = leaf
    for index, issuer in enumerate(issuers):
        try:
            signed.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
            raise _broken(index - 1) from error
        signed = issuer


def refuse_out_of_date(leaf: x509.Certificate, now: datetime) -> None:
    """A certificate has to be valid when it is uploaded.

    Raises:
        AwsError: `MalformedCertificate`, 400.
    """
    if now > leaf.not_valid_after_utc:
        raise malformed(
            "Certificate is no longer valid. The 'Not After' date restriction on the certificate has passed."
        )
    if now < leaf.not_valid_before_utc:
        raise malformed(
            "Certificate is not yet valid. "
            "The 'Not Before' date restriction on the certificate has not yet passed."
        )


def malformed(message: str) -> AwsError:
    return AwsError("MalformedCertificate", message)


def _parsed(text: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(text.strip().encode())
    except ValueError as error:
        raise malformed(
            "Unable to parse certificate. Please ensure the certificate is in PEM format."
        ) from error


def _broken(index: int) -> AwsError:
    """AWS counts within the chain, where -1 is the certificate that the chain is for."""
    return malformed(
        "Unable to validate certificate chain. The certificate chain must start with the immediate signing "
        "certificate, followed by any intermediaries in order. "
        f"The index within the chain of the invalid certificate is: {index}"
    )


def _public(key: Any) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found
