"""Encrypting an assertion for AWS alone, so that nobody on the way, the user's browser included, can read it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml-encryption.html
https://www.w3.org/TR/xmlenc-core1/
"""

from __future__ import annotations

import base64
import os
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

_SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
_DS = "http://www.w3.org/2000/09/xmldsig#"
_XENC = "http://www.w3.org/2001/04/xmlenc#"


def encrypted(assertion: Any, public_key: rsa.RSAPublicKey) -> Any:
    """An assertion in a `saml:EncryptedAssertion` (AES-256-GCM, RSA-OAEP).

    Args:
        public_key: the one that belongs to the private key which IAM's provider holds.
    """
    key, nonce = os.urandom(32), os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, etree.tostring(assertion), None)
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
    root = etree.Element(f"{{{_SAML}}}EncryptedAssertion", nsmap={"saml": _SAML, "xenc": _XENC, "ds": _DS})
    data = etree.SubElement(root, f"{{{_XENC}}}EncryptedData", Type=f"{_XENC}Element")
    algorithm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    etree.SubElement(data, f"{{{_XENC}}}EncryptionMethod", Algorithm=algorithm)
    wrapped = etree.SubElement(etree.SubElement(data, f"{{{_DS}}}KeyInfo"), f"{{{_XENC}}}EncryptedKey")
    method = etree.SubElement(wrapped, f"{{{_XENC}}}EncryptionMethod", Algorithm=f"{_XENC}rsa-oaep-mgf1p")
    etree.SubElement(method, f"{{{_DS}}}DigestMethod", Algorithm=f"{_DS}sha1")
    _value(wrapped, public_key.encrypt(key, oaep))
    _value(data, sealed)
    return root


def _value(element: Any, data: bytes) -> None:
    place = etree.SubElement(element, f"{{{_XENC}}}CipherData")
    etree.SubElement(place, f"{{{_XENC}}}CipherValue").text = base64.b64encode(data).decode()
