"""Where the lab finds the keys of OpenID Connect issuers: on loopback, and nowhere else.

AWS fetches `https://ISSUER/.well-known/openid-configuration` over the network. The lab has none. `register` says at
which loopback address an issuer is played, as a hosts file would; of every other issuer no key can be had.

https://openid.net/specs/openid-connect-discovery-1_0.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
"""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from iamlab.cloud.guard import is_loopback
from iamlab.cloud.state import LabState

_STORE = "oidc issuers"
_LARGEST = 1_000_000
_TIMEOUT = 5.0
_CONFIGURATION = "/.well-known/openid-configuration"


class Unreachable(Exception):
    """Nobody plays this issuer in the lab, or it doesn't answer as an issuer should."""


@dataclass(frozen=True, slots=True)
class Keys:
    """An issuer's keys, and how they came."""

    jwks: dict[str, Any]
    fingerprints: tuple[str, ...]
    """SHA-1 of the certificates that the server of the keys showed, its own first; empty where TLS wasn't spoken."""


def register(state: LabState, issuer: str, address: str) -> None:
    """Let an issuer be played by a server on loopback.

    Raises:
        ValueError: the issuer is no https URL, or the address isn't on loopback.
    """
    if urlsplit(issuer).scheme != "https":
        raise ValueError(f"an issuer is an https URL, not `{issuer}`")
    if urlsplit(address).scheme not in ("http", "https") or not is_loopback(address):
        raise ValueError(f"`{address}` is not on loopback: the lab fetches keys from nowhere else")
    with state.lock:
        state.stores.setdefault(_STORE, {})[issuer.rstrip("/")] = address.rstrip("/")


def keys_of(state: LabState, issuer: str) -> Keys:
    """Discover an issuer's keys.

    Raises:
        Unreachable: see there.
    """
    address = _address(state, issuer)
    configuration, _ = _fetch(address + _CONFIGURATION)
    if configuration.get("issuer") != issuer:
        raise Unreachable("the configuration names another issuer")
    where = str(configuration.get("jwks_uri", ""))
    base = issuer.rstrip("/") + "/"
    if where.startswith(base):
        where = f"{address}/{where.removeprefix(base)}"
    elif not where.startswith(address + "/"):
        raise Unreachable("the keys are said to be elsewhere")
    jwks, fingerprints = _fetch(where)
    if not isinstance(jwks.get("keys"), list):
        raise Unreachable("there are no keys")
    return Keys(jwks, fingerprints)


def fingerprints(state: LabState, issuer: str) -> tuple[str, ...]:
    """SHA-1 of the certificates that the issuer's server shows.

    Raises:
        Unreachable: see there.
    """
    return _fetch(_address(state, issuer) + _CONFIGURATION)[1]


def _address(state: LabState, issuer: str) -> str:
    address: str | None = state.stores.get(_STORE, {}).get(issuer.rstrip("/"))
    if address is None:
        raise Unreachable(f"nobody plays {issuer} in the lab")
    return address


def _fetch(url: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A JSON object from a loopback server; redirects are not followed."""
    parts = urlsplit(url)
    if not is_loopback(url):
        raise Unreachable("not on loopback")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        # AWS compares the certificate's thumbprint where no authority that it knows has issued it: so do we.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT)
    try:
        connection.connect()
        shown = _shown(connection.sock) if parts.scheme == "https" else ()
        connection.request("GET", parts.path, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        body = response.read(_LARGEST + 1)
        if response.status != 200 or len(body) > _LARGEST:
            raise Unreachable(f"{url} answers {response.status}")
        document = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(str(error)) from error
    finally:
        connection.close()
    if not isinstance(document, dict):
        raise Unreachable("no JSON object")
    return document, shown


def _shown(sock: Any) -> tuple[str, ...]:
    """Fingerprints of the certificates a TLS server has sent."""
    chain = getattr(sock, "get_unverified_chain", None)  # from Python 3.13 on
    certificates = list(chain()) if chain is not None else [sock.getpeercert(binary_form=True)]
    return tuple(hashlib.sha1(der, usedforsecurity=False).hexdigest() for der in certificates if der)
