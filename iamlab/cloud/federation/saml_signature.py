"""Whether a SAML response was signed by its provider, and which assertion the signature covers.

Only what a signature covers is ever read: the signed element is cut out, verified as a document of its own, and what
comes back from the verifier is used, not the original. A response with more than one assertion, with an ID twice, or
with a signature in an unusual place is refused before any key is tried, since such documents exist only to be read in
two ways ("signature wrapping").

https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf (section 5)
https://www.w3.org/TR/xmldsig-core1/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cryptography import x509
from lxml.etree import LxmlError
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from iamlab.cloud.federation.saml_encryption import decrypted
from iamlab.cloud.federation.xml import DS, SAML, SAMLP, copy_of

_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
        SignatureMethod.ECDSA_SHA512,
    }
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


class BadSignature(ValueError):
    """Nothing in the response is signed by one of the provider's keys, or it can be read in two ways."""


def signed_assertion(
    response: Any, certificates: tuple[x509.Certificate, ...], private_keys: Sequence[str] = ()
) -> Any:
    """The one assertion of a response, as its signature covers it.

    Args:
        private_keys: of the provider, to open an encrypted assertion with; PEM.

    Raises:
        BadSignature: see above.
        CantDecrypt: the assertion is encrypted, and no key opens it.
    """
    if response.tag != f"{SAMLP}Response":
        raise BadSignature("no response")
    _distinct_ids(response)
    encrypted = list(response.iter(f"{SAML}EncryptedAssertion"))
    assertions = list(response.iter(f"{SAML}Assertion"))
    found = encrypted + assertions
    if len(found) != 1 or found[0].getparent() is not response:
        raise BadSignature("there is not exactly one assertion")
    return (
        _from_encrypted(response, certificates, private_keys)
        if encrypted
        else _from_plain(response, assertions[0], certificates)
    )


def _from_plain(response: Any, assertion: Any, certificates: tuple[x509.Certificate, ...]) -> Any:
    bearers = [element for element in (response, assertion) if _is_signed(element)]
    if not bearers or _signatures(response) != len(bearers):
        raise BadSignature("no signature, or one in an unusual place")
    covered = None
    for bearer in bearers:  # both signatures have to hold where there are two
        element = _verified(bearer, certificates)
        covered = element if element.tag == assertion.tag else element.find(f"{SAML}Assertion")
    if covered is None or covered.get("ID") != assertion.get("ID"):
        raise BadSignature("the signature covers something else")
    return covered


def _from_encrypted(
    response: Any, certificates: tuple[x509.Certificate, ...], private_keys: Sequence[str]
) -> Any:
    """The response's signature covers the encrypted assertion, the assertion's own one what is in it."""
    vouched = _is_signed(response)
    if _signatures(response) != int(vouched):
        raise BadSignature("a signature in an unusual place")
    if vouched:
        response = _verified(response, certificates)
    encrypted = response.find(f"{SAML}EncryptedAssertion")
    if encrypted is None:
        raise BadSignature("the signature covers something else")
    assertion = decrypted(encrypted, private_keys)
    _distinct_ids(assertion)
    signed = _is_signed(assertion)
    nested = sum(1 for _ in assertion.iter(f"{SAML}Assertion", f"{SAML}EncryptedAssertion")) - 1
    if nested or _signatures(assertion) != int(signed) or not (signed or vouched):
        raise BadSignature("no signature, or one in an unusual place")
    return _verified(assertion, certificates) if signed else assertion


def _distinct_ids(root: Any) -> None:
    ids = [found for element in root.iter() for name in ("ID", "Id", "id") if (found := element.get(name))]
    if len(set(ids)) < len(ids):
        raise BadSignature("an ID stands twice")


def _is_signed(element: Any) -> bool:
    return element.find(f"{DS}Signature") is not None


def _signatures(root: Any) -> int:
    return sum(1 for _ in root.iter(f"{DS}Signature"))


def _verified(bearer: Any, certificates: tuple[x509.Certificate, ...]) -> Any:
    document = copy_of(bearer)
    for certificate in certificates:
        config = SignatureConfiguration(
            location="./",
            expect_references=1,
            signature_methods=_METHODS,
            digest_algorithms=_DIGESTS,
            ignore_ambiguous_key_info=True,
            # IAM doesn't look at the validity of certificates in metadata.
            verification_time=certificate.not_valid_before_utc,
        )
        try:
            result: Any = XMLVerifier().verify(document, x509_cert=certificate, expect_config=config)
        except (SignXMLException, LxmlError, ValueError, TypeError, KeyError):
            continue  # another key of the provider may fit
        signed = result.signed_xml
        if signed is not None and signed.tag == document.tag and signed.get("ID") == document.get("ID"):
            return signed
    raise BadSignature("none of the provider's keys made this signature")
