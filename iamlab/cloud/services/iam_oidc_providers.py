"""OpenID Connect identity providers in IAM.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.federation import issuers
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import already_exists, limit_exceeded, oidc_provider
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.state import LabState

MOST_PROVIDERS = 700
MOST_CLIENT_IDS = 100
MOST_THUMBPRINTS = 5
_HEX = re.compile(r"[0-9A-Fa-f]{40}")


@dataclass(slots=True, eq=False)
class OidcProvider:
    """One provider, kept in moto's place for them."""

    arn: str
    issuer: str
    """The URL as tokens name it in `iss`."""
    client_ids: list[str]
    thumbprints: list[str]
    create_date: datetime
    tags: list[dict[str, str]]

    @property
    def url(self) -> str:
        """The URL without its scheme, as IAM shows it."""
        return self.issuer.removeprefix("https://")


def provider_arn(account: str, issuer: str) -> str:
    """The ARN of the provider with this URL."""
    return f"arn:aws:iam::{account}:oidc-provider/{issuer.removeprefix('https://')}"


@operation("iam", "CreateOpenIDConnectProvider")
def create_open_id_connect_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html"""
    params, url = call.params, call.params["Url"]
    _check_url(url)
    tags = checked(params.get("Tags"))
    client_ids = list(dict.fromkeys(params.get("ClientIDList") or ()))
    if len(client_ids) > MOST_CLIENT_IDS:
        raise _too_many_client_ids()
    thumbprints = _thumbprints(params.get("ThumbprintList") or _looked_up(url, state))
    with state.lock:
        providers = identities.oidc_providers(call.account)
        arn = provider_arn(call.account, url)
        if arn in providers:
            raise already_exists(f"Provider with url {url} already exists.")
        if len(providers) >= MOST_PROVIDERS:
            raise limit_exceeded(
                f"Cannot exceed quota for OpenIdConnectProvidersPerAccount: {MOST_PROVIDERS}"
            )
        providers[arn] = OidcProvider(arn, url, client_ids, thumbprints, call.now, tags)
    answer: dict[str, Any] = {"OpenIDConnectProviderArn": arn}
    if tags:
        answer["Tags"] = tags
    return answer


@operation("iam", "GetOpenIDConnectProvider")
def get_open_id_connect_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOpenIDConnectProvider.html"""
    provider = _named(call)
    return {
        "Url": provider.url,
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": provider.create_date,
        "Tags": list(provider.tags),
    }


@operation("iam", "ListOpenIDConnectProviders")
def list_open_id_connect_providers(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html: all of them, unpaged"""
    return {
        "OpenIDConnectProviderList": [{"Arn": arn} for arn in list(identities.oidc_providers(call.account))]
    }


@operation("iam", "DeleteOpenIDConnectProvider")
def delete_open_id_connect_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html: idempotent"""
    identities.oidc_providers(call.account).pop(call.params["OpenIDConnectProviderArn"], None)
    return {}


@operation("iam", "AddClientIDToOpenIDConnectProvider")
def add_client_id(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddClientIDToOpenIDConnectProvider.html: idempotent"""
    client_id = call.params["ClientID"]
    with state.lock:
        provider = _named(call)
        if client_id not in provider.client_ids:
            if len(provider.client_ids) >= MOST_CLIENT_IDS:
                raise _too_many_client_ids()
            provider.client_ids.append(client_id)
    return {}


@operation("iam", "RemoveClientIDFromOpenIDConnectProvider")
def remove_client_id(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveClientIDFromOpenIDConnectProvider.html

    Idempotent.
    """
    client_id = call.params["ClientID"]
    with state.lock:
        provider = _named(call)
        if client_id in provider.client_ids:
            provider.client_ids.remove(client_id)
    return {}


@operation("iam", "UpdateOpenIDConnectProviderThumbprint")
def update_thumbprint(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html"""
    thumbprints = _thumbprints(call.params["ThumbprintList"])
    with state.lock:
        _named(call).thumbprints = thumbprints
    return {}


def _named(call: Call) -> OidcProvider:
    found: OidcProvider = oidc_provider(call.account, call.params["OpenIDConnectProviderArn"])
    return found


def _check_url(url: str) -> None:
    """HTTPS, a host and perhaps a path, nothing else."""
    parts = urlsplit(url)
    if (
        not url.startswith("https://")
        or not parts.hostname
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
    ):
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
    if ":" in parts.netloc or any(c.isspace() for c in url):
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")


def _thumbprints(given: list[str]) -> list[str]:
    """Thumbprints as IAM keeps them: in small letters."""
    if not given:
        raise AwsError("InvalidInput", "Thumbprint list must contain at least one entry.")
    if len(given) > MOST_THUMBPRINTS:
        raise AwsError("InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
    if not all(_HEX.fullmatch(thumbprint) for thumbprint in given):
        raise AwsError("InvalidInput", "Thumbprint contains invalid characters.")
    return [thumbprint.lower() for thumbprint in given]


def _looked_up(url: str, state: LabState) -> list[str]:
    """What AWS notes when no thumbprint is given: that of the certificate it finds at the provider.

    Of a provider that the lab can't reach, or reaches without TLS, it notes a value that no certificate has.
    """
    try:
        found = issuers.fingerprints(state, url)
    except issuers.Unreachable:
        found = ()
    return list(found[-1:]) or [hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()]


def _too_many_client_ids() -> AwsError:
    return limit_exceeded(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENT_IDS}")
