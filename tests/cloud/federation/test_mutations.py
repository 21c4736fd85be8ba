"""Whatever happens to a signed document on its way, it says what was signed, or nothing at all.

https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/somorovsky
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree

from iamlab.cloud.errors import AwsError
from iamlab.cloud.federation import oidc_token, saml_metadata, saml_response
from iamlab.cloud.federation.issuers import Keys
from iamlab.cloud.federation.oidc_provider import Provider
from iamlab.cloud.federation.proof import Proof
from iamlab.outside.oidc import OidcIdp
from iamlab.outside.saml import SamlIdp

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PROVIDER = "arn:aws:iam::123456789012:saml-provider/Corp"
ROLE = "arn:aws:iam::123456789012:role/Analyst"
REFUSALS = {"InvalidIdentityToken", "ExpiredTokenException", "IDPRejectedClaim"}


def said(proof: Proof) -> tuple[Any, ...]:
    return repr(proof.trust_keys), repr(proof.parameters), repr(proof.answer)


def refused_or_said(verify: Callable[[Any], Proof], document: Any) -> Any:
    """The code of the refusal, else what the proof says."""
    try:
        return said(verify(document))
    except AwsError as error:
        return error.code
    except saml_response.UnusableResponse:
        return "InvalidIdentityToken"


def in_the_tree(data: bytes, random: Random) -> bytes:
    """Elements removed, copied elsewhere, renamed, or changed in text and attributes."""
    root = etree.fromstring(data)
    for _ in range(random.randint(1, 3)):
        elements = list(root.iter())
        one, other = random.choice(elements), random.choice(elements)
        change = random.randrange(6)
        if change == 0 and one is not root:
            one.getparent().remove(one)
        elif change == 1:
            other.insert(random.randint(0, len(other)), copy.deepcopy(one))
        elif change == 2 and other is not root:
            other.addprevious(copy.deepcopy(one))
        elif change == 3:
            one.text = (other.text or "") + "x"
        elif change == 4 and one.attrib:
            one.set(random.choice(one.keys()), other.get("ID") or "y")
        elif change == 5:
            one.tag = other.tag
    return bytes(etree.tostring(root))


def in_the_bytes(data: bytes, random: Random) -> bytes:
    """Bytes changed, removed, and copied elsewhere."""
    made = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at, change = random.randrange(len(made)), random.randrange(3)
        if change == 0:
            made[at] = random.randrange(256)
        elif change == 1:
            del made[at : at + random.randint(1, 20)]
        else:
            start = random.randrange(len(data))
            made[at:at] = data[start : start + random.randint(1, 60)]
    return bytes(made)


@pytest.mark.parametrize("sign", ["assertion", "response", "both"])
@pytest.mark.parametrize("change", [in_the_tree, in_the_bytes], ids=["tree", "bytes"])
def test_a_changed_saml_response_says_the_same_or_nothing(
    private_key: rsa.RSAPrivateKey, sign: str, change: Any
) -> None:
    idp = SamlIdp(lambda: NOW, private=private_key)
    user = idp.add_user("ana", "", roles=[(ROLE, PROVIDER)], tags={"team": "data"}, source_identity="ana1")
    metadata = saml_metadata.read(idp.metadata())

    def verified(data: bytes) -> Proof:
        return saml_response.verify(base64.b64encode(data).decode(), metadata, PROVIDER, ROLE, NOW)

    signed = base64.b64decode(idp.respond(user, sign=sign))
    honest = said(verified(signed))
    random = Random(f"{sign} {change.__name__}")
    for _ in range(150):
        outcome = refused_or_said(verified, change(signed, random))
        assert outcome == honest or outcome in REFUSALS


def test_a_changed_token_says_the_same_or_nothing(private_key: rsa.RSAPrivateKey) -> None:
    idp = OidcIdp(lambda: NOW, private=private_key)
    provider = Provider("arn:aws:iam::123456789012:oidc-provider/x", idp.issuer, ["app"])

    def verified(token: str) -> Proof:
        return oidc_token.verify(token, provider, lambda: Keys(idp.jwks, ()), ROLE, "session", NOW)

    token = idp.token("ana", "app")
    honest = said(verified(token))
    random = Random(1)
    for _ in range(400):
        changed = in_the_bytes(token.encode(), random).decode("latin-1")
        outcome = refused_or_said(verified, changed)
        assert outcome == honest or outcome in REFUSALS
