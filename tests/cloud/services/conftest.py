"""One lab for all tests of a module, emptied before each: tables of calls shall cost milliseconds a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Lab, Any]]:
    with Lab(seed=7) as lab:
        yield lab, boto3.client("iam", config=Config(parameter_validation=False))


@pytest.fixture
def lab(started: tuple[Lab, Any]) -> Lab:
    """A running, empty lab with reproducible ids and dates."""
    started[0].reset()
    return started[0]


@pytest.fixture
def iam(lab: Lab, started: tuple[Lab, Any]) -> Any:
    """IAM as the administrator, whose key survives the emptying. Parameters are left for the lab to check."""
    return started[1]


@pytest.fixture
def refusal() -> Refusal:
    """`refusal(call, **params)`: code, status and message of the error that a call ends in."""

    def ask(call: Callable[..., Any], **params: Any) -> tuple[str, int, str]:
        with pytest.raises(ClientError) as caught:
            call(**params)
        answer = caught.value.response
        error, status = answer["Error"], answer["ResponseMetadata"]["HTTPStatusCode"]
        return error["Code"], status, error["Message"]

    return ask


@dataclass(frozen=True)
class Certified:
    """A certificate with its private key, both in PEM."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def body(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def private_key(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def certify(lab: Lab) -> Callable[..., Certified]:
    """`certify("name", issuer=None, days=90, wait=0)`: a certificate, self-signed where it has no issuer."""

    def make(name: str, issuer: Certified | None = None, days: float = 90, wait: float = 0) -> Certified:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        starts = lab.clock.now() + timedelta(days=wait)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(starts - timedelta(minutes=1))
            .not_valid_after(starts + timedelta(days=days))
            .sign(issuer.key if issuer else key, SHA256())
        )
        return Certified(certificate, key)

    return make
