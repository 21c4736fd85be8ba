"""SAML metadata: what IAM reads of the document that describes an identity provider.

In: the text. Out: the provider's entity id and the certificates of its signing keys. IAM neither checks whether the
certificates are still valid nor who issued them: that they are in the document is what makes them trusted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud.federation.xml import DS, MD, BadXml, parse, text_of

_SMALLEST_KEY = 1_024


class BadMetadata(ValueError):
    """The document doesn't describe a SAML 2.0 identity provider."""


@dataclass(frozen=True, slots=True, eq=False)
class Metadata:
    """An identity provider as its metadata describes it."""

    entity_id: str
    certificates: tuple[x509.Certificate, ...]
    valid_until: datetime | None


@lru_cache(maxsize=64)
def read(text: str) -> Metadata:
    """Read a metadata document.

    Raises:
        BadMetadata: it is no XML, has a byte order mark, or lacks entity id, sign-in service or a usable certificate.
    """
    if text.startswith("\ufeff"):
        raise BadMetadata("the document begins with a byte order mark")
    try:
        root = parse(text.encode())
    except BadXml as error:
        raise BadMetadata(str(error)) from error
    entity = root.get("entityID")
    provider = root.find(f"{MD}IDPSSODescriptor")
    if root.tag != f"{MD}EntityDescriptor" or not entity or provider is None:
        raise BadMetadata("no identity provider is described")
    if not any(service.get("Location") for service in provider.findall(f"{MD}SingleSignOnService")):
        raise BadMetadata("no place to sign in at is named")
    certificates = tuple(
        _certificate(text_of(element))
        for key in provider.findall(f"{MD}KeyDescriptor")
        if key.get("use", "signing") == "signing"
        for element in key.iterfind(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    )
    if not certificates:
        raise BadMetadata("no certificate for signatures is given")
    return Metadata(entity, certificates, _moment(root.get("validUntil")))


def _certificate(text: str) -> x509.Certificate:
    try:
        found = x509.load_der_x509_certificate(base64.b64decode("".join(text.split()), validate=True))
        key = found.public_key()
    except (ValueError, binascii.Error) as error:
        raise BadMetadata("a certificate can't be read") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_KEY:
        raise BadMetadata("a key is too short")
    return found


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadMetadata("validUntil is no date") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
