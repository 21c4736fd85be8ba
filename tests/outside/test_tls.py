"""A TLS endpoint shows its certificate, changes it while running, and is believed only while it counts."""

from __future__ import annotations

import ssl
import urllib.request
from collections.abc import Iterator
from datetime import timedelta

import pytest

from iamlab.outside.authority import CertificateAuthority
from iamlab.outside.tls import TlsEndpoint, TlsProblem, look

from .conftest import Clock

NAME = "app.example.org"


@pytest.fixture(scope="module")
def ca(now: Clock) -> CertificateAuthority:
    return CertificateAuthority(now)


@pytest.fixture
def endpoint(ca: CertificateAuthority) -> Iterator[TlsEndpoint]:
    with TlsEndpoint(ca.issue(NAME, days=30)) as endpoint:
        yield endpoint


def test_a_client_that_trusts_the_authority_sees_until_when_the_certificate_counts(
    endpoint: TlsEndpoint, ca: CertificateAuthority, now: Clock
) -> None:
    seen = look(endpoint.address, NAME, ca, now())
    assert seen.expires == now() + timedelta(days=30)
    assert seen.thumbprint == endpoint.certificate.thumbprint
    assert seen.protocol == "TLSv1.3"


def test_a_new_certificate_is_shown_to_the_next_connection(
    endpoint: TlsEndpoint, ca: CertificateAuthority, now: Clock
) -> None:
    before = look(endpoint.address, NAME, ca, now())
    address = endpoint.address
    endpoint.install(ca.issue(NAME, days=90))
    after = look(endpoint.address, NAME, ca, now())
    assert endpoint.address == address
    assert after.expires > before.expires


def test_a_certificate_lapses_by_the_time_that_the_client_is_given(
    endpoint: TlsEndpoint, ca: CertificateAuthority, now: Clock
) -> None:
    with pytest.raises(TlsProblem, match="expired on 2026-03-31"):
        look(endpoint.address, NAME, ca, now() + timedelta(days=31))


def test_another_host_or_another_authority_is_not_believed(
    endpoint: TlsEndpoint, ca: CertificateAuthority, now: Clock
) -> None:
    with pytest.raises(TlsProblem, match=r"proves nothing about bank\.example\.org"):
        look(endpoint.address, "bank.example.org", ca, now())
    with pytest.raises(TlsProblem, match="proves nothing"):
        look(endpoint.address, NAME, CertificateAuthority(now), now())


def test_it_speaks_http_to_any_client(endpoint: TlsEndpoint) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(endpoint.address, context=context, timeout=5) as response:
        assert response.read() == b"hello over TLS\n"


def test_once_closed_nobody_answers(ca: CertificateAuthority, now: Clock) -> None:
    endpoint = TlsEndpoint(ca.issue(NAME))
    endpoint.close()
    endpoint.close()
    with pytest.raises(TlsProblem, match="no TLS at"):
        look(endpoint.address, NAME, ca, now())


def test_no_private_key_shows_in_a_notebook(endpoint: TlsEndpoint) -> None:
    shown = "".join(endpoint._repr_mimebundle_().values()) + repr(endpoint.certificate)
    assert "PRIVATE KEY" not in shown
    assert NAME in shown
