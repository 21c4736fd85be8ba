"""Encrypted SAML assertions, opened with the private keys that an IAM provider holds.

The assertion is encrypted with a key of its own (AES), and that key with the provider's (RSA-OAEP). Encryption proves
nothing about the sender: whoever has the public key can do it. The signature is verified all the same.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml-encryption.html
https://www.w3.org/TR/xmlenc-core1/
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from iamlab.cloud.federation.xml import DS, SAML, BadXml, parse, text_of

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
_XENC11 = "{http://www.w3.org/2009/xmlenc11#}"
# algorithm -> (length of the key, authenticated)
_CIPHERS = {
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc": (16, False),
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc": (32, False),
    "http://www.w3.org/2009/xmlenc11#aes128-gcm": (16, True),
    "http://www.w3.org/2009/xmlenc11#aes256-gcm": (32, True),
}
_OAEP = frozenset(
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
)
_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1(),
    "http://www.w3.org/2001/04/xmlenc#sha256": hashes.SHA256(),
    "http://www.w3.org/2001/04/xmlenc#sha512": hashes.SHA512(),
    "http://www.w3.org/2009/xmlenc11#mgf1sha1": hashes.SHA1(),
    "http://www.w3.org/2009/xmlenc11#mgf1sha256": hashes.SHA256(),
    "http://www.w3.org/2009/xmlenc11#mgf1sha512": hashes.SHA512(),
}


class CantDecrypt(ValueError):
    """None of the keys opens the assertion, or what is in it is none."""


def decrypted(encrypted: Any, private_keys: Sequence[str]) -> Any:
    """The assertion in a `saml:EncryptedAssertion`.

    Args:
        private_keys: RSA keys, PEM.

    Raises:
        CantDecrypt: see there.
    """
    data = encrypted.find(f"{XENC}EncryptedData")
    keys = list(encrypted.iter(f"{XENC}EncryptedKey"))
    if data is None or len(keys) != 1:
        raise CantDecrypt("there is not exactly one key")
    try:
        size, authenticated = _CIPHERS[_algorithm(data)]
        wrapped, sealed = _cipher_value(keys[0]), _cipher_value(data)
        how = _padding(keys[0])
    except (KeyError, binascii.Error, ValueError) as error:
        raise CantDecrypt("an algorithm isn't known, or a value isn't base 64") from error
    for pem in private_keys:
        private = serialization.load_pem_private_key(pem.encode(), None)
        assert isinstance(private, rsa.RSAPrivateKey), "IAM takes no other keys"
        try:
            key = private.decrypt(wrapped, how)
            if len(key) == size:
                return _assertion(_opened(key, sealed, authenticated))
        except (ValueError, InvalidTag):
            continue  # another of the keys may fit
    raise CantDecrypt("no key fits")


def _algorithm(element: Any) -> str:
    method = element.find(f"{XENC}EncryptionMethod")
    return str(method.get("Algorithm")) if method is not None else ""


def _cipher_value(element: Any) -> bytes:
    text = text_of(element.find(f"{XENC}CipherData/{XENC}CipherValue"))
    return base64.b64decode("".join(text.split()), validate=True)


def _padding(key: Any) -> padding.OAEP:
    if _algorithm(key) not in _OAEP:
        raise KeyError(_algorithm(key))
    method = key.find(f"{XENC}EncryptionMethod")
    digest, mask = method.find(f"{DS}DigestMethod"), method.find(f"{_XENC11}MGF")
    return padding.OAEP(
        mgf=padding.MGF1(_DIGESTS[mask.get("Algorithm")] if mask is not None else hashes.SHA1()),
        algorithm=_DIGESTS[digest.get("Algorithm")] if digest is not None else hashes.SHA1(),
        label=None,
    )


def _opened(key: bytes, sealed: bytes, authenticated: bool) -> bytes:
    if authenticated:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], None)
    decryptor = Cipher(algorithms.AES(key), modes.CBC(sealed[:16])).decryptor()
    plain = decryptor.update(sealed[16:]) + decryptor.finalize()
    if not plain or not 1 <= plain[-1] <= 16:
        raise ValueError("wrong padding")
    return plain[: -plain[-1]]


def _assertion(data: bytes) -> Any:
    try:
        found = parse(data)
    except BadXml as error:
        raise CantDecrypt("what was encrypted is no XML") from error
    if found.tag != f"{SAML}Assertion":
        raise CantDecrypt("what was encrypted is no assertion")
    return found
