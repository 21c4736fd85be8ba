"""Signing keys and certificates of those who stand outside of AWS.

Making an RSA key takes a tenth of a second: who needs several providers (tests, lessons) can hand one key round.

https://datatracker.ietf.org/doc/html/rfc5280
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

_YEARS = timedelta(days=3_650)


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """An RSA key and the self-signed certificate that names its owner."""

    private: rsa.RSAPrivateKey = field(repr=False)
    certificate: x509.Certificate = field(repr=False)

    @property
    def certificate_base64(self) -> str:
        """The certificate as `ds:X509Certificate` holds it: base 64 without armour."""
        pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        return "".join(line for line in pem.splitlines() if not line.startswith("-----"))

    def __repr__(self) -> str:
        return f"<SigningKey of {self.certificate.subject.rfc4514_string()}>"


def new_private_key(bits: int = 2_048) -> rsa.RSAPrivateKey:
    """An RSA key; its numbers come from the operating system."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def signing_key(name: str, now: datetime, private: rsa.RSAPrivateKey | None = None) -> SigningKey:
    """A key with a self-signed certificate for ten years.

    Args:
        name: the owner's common name.
        now: the present, as the owner's clock shows it.
        private: a key to certify; None for a new one.
    """
    private = private or new_private_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .sign(private, hashes.SHA256())
    )
    return SigningKey(private, certificate)
