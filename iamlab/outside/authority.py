"""A private certificate authority: who a company trusts for the certificates of its own servers.

    ca = CertificateAuthority(lab.clock.now)
    certificate = ca.issue("app.example.org", days=90)
    iam.upload_server_certificate(
        ServerCertificateName="app", CertificateBody=certificate.pem, PrivateKey=certificate.key_pem
    )

https://datatracker.ietf.org/doc/html/rfc5280
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_YEARS = timedelta(days=3_650)
_NO_USAGE = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


@dataclass(frozen=True, slots=True, eq=False)
class ServerCertificate:
    """A certificate with its key."""

    host: str
    certificate: x509.Certificate = field(repr=False)
    key_pem: str = field(repr=False)

    @property
    def pem(self) -> str:
        """The certificate, PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def expires(self) -> datetime:
        return self.certificate.not_valid_after_utc

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the certificate, as IAM's OIDC providers note it."""
        return thumbprint(self.certificate)


class CertificateAuthority:
    """Issues certificates for servers.

    Args:
        now: the present; `lab.clock.now` makes it live in the lab's time.
    """

    def __init__(self, now: Callable[[], datetime], name: str = "Example Corp private CA") -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        public = self._key.public_key()
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() - timedelta(days=1))
            .not_valid_after(now() + _YEARS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.KeyUsage(**{**_NO_USAGE, "key_cert_sign": True, "crl_sign": True}), critical=True
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """Its certificate, PEM: what a client has to trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, host: str, *, days: float = 90, starting: datetime | None = None) -> ServerCertificate:
        """A certificate for a server, with a new key.

        Args:
            host: its name, `app.example.org`.
            days: how long it lives.
            starting: from when on it counts; now if None.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        start = starting or self._now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start - timedelta(minutes=5))
            .not_valid_after(start + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**{**_NO_USAGE, "digital_signature": True}), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return ServerCertificate(host, certificate, pem.decode())

    def __repr__(self) -> str:
        return f"certificate authority {self.certificate.subject.rfc4514_string()}"


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-1 of a certificate, 40 hexadecimal digits.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
    """
    der = certificate.public_bytes(serialization.Encoding.DER)
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()
