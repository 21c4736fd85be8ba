"""The SAML identity provider's own side: metadata, the sign-in page, and what it never shows."""

from __future__ import annotations

import base64
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.outside.saml import SamlIdp, SignInFailed

from .conftest import Clock


@pytest.fixture(scope="module")
def idp(now: Clock, private_key: rsa.RSAPrivateKey) -> Iterator[SamlIdp]:
    with SamlIdp(now, private=private_key) as made:
        made.add_user(
            "ana", "correct horse", roles=[("arn:aws:iam::1:role/R", "arn:aws:iam::1:saml-provider/P")]
        )
        yield made


def visit(address: str, **form: str) -> tuple[int, str]:
    data = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(address, data=data, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_who_signs_in_at_the_page_gets_a_response_to_carry_to_aws(idp: SamlIdp) -> None:
    page = idp.start()
    assert "<form" in visit(page)[1]
    status, text = visit(page, name="ana", password="correct horse")
    assert status == 200
    found = re.search(r"<textarea[^>]*>([^<]+)</textarea>", text)
    assert found is not None
    assert b"<saml:NameID" in base64.b64decode(unescape(found[1]))


def test_a_wrong_password_gets_nothing(idp: SamlIdp) -> None:
    status, text = visit(idp.start(), name="ana", password="<b>wrong")
    assert (status, "textarea" in text) == (401, False)
    with pytest.raises(SignInFailed):
        idp.sign_in("ghost", "")


def test_the_page_answers_to_loopback_names_only(idp: SamlIdp) -> None:
    request = urllib.request.Request(idp.start(), headers={"Host": "evil.example.org"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    with caught.value as refusal:
        assert refusal.code == 403


def test_metadata_holds_the_certificates_of_all_keys_until_they_are_retired(
    now: Clock, private_key: rsa.RSAPrivateKey
) -> None:
    idp = SamlIdp(now, private=private_key)
    idp.rotate(private_key)
    assert idp.metadata().count("<ds:X509Certificate>") == 2
    idp.retire()
    assert idp.metadata(valid_until=now() + timedelta(days=1)).count("<ds:X509Certificate>") == 1
    assert 'validUntil="2026-03-02T12:00:00Z"' in idp.metadata(valid_until=now() + timedelta(days=1))


def test_no_secret_shows_in_a_notebook(idp: SamlIdp) -> None:
    shown = "".join(idp._repr_mimebundle_().values()) + repr(idp._users)
    assert "horse" not in shown
    assert "role/R" in shown
