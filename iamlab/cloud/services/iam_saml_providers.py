"""SAML identity providers in IAM.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_shapes import already_exists, limit_exceeded, saml_provider
from iamlab.cloud.services.iam_tags import checked
from iamlab.cloud.sessions import access_key_id
from iamlab.cloud.state import LabState

if TYPE_CHECKING:
    from iamlab.cloud.federation.saml_metadata import Metadata

MOST_PROVIDERS = 100
MOST_KEYS = 2


@dataclass(slots=True, eq=False)
class SamlProvider:
    """One provider, kept in moto's place for them."""

    arn: str
    name: str
    uuid: str
    metadata: str
    create_date: datetime
    valid_until: datetime
    tags: list[dict[str, str]]
    encryption: str
    private_keys: dict[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)
    """Keys that decrypt assertions, by id: the PEM and when it was added."""


@operation("iam", "CreateSAMLProvider")
def create_saml_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html"""
    params, name = call.params, call.params["Name"]
    tags = checked(params.get("Tags"))
    metadata = _readable(params["SAMLMetadataDocument"])
    encryption, key = params.get("AssertionEncryptionMode") or "Allowed", params.get("AddPrivateKey")
    if encryption == "Required" and key is None:
        raise _no_key()
    with state.lock:
        providers = identities.saml_providers(call.account)
        if name in providers:
            raise already_exists(f"Provider with name {name} already exists.")
        if len(providers) >= MOST_PROVIDERS:
            raise limit_exceeded(f"Cannot exceed quota for SAMLProvidersPerAccount: {MOST_PROVIDERS}")
        provider = SamlProvider(
            arn=f"arn:aws:iam::{call.account}:saml-provider/{name}",
            name=name,
            uuid=access_key_id(state.random, "SAMLSP", call.account, 23),
            metadata=params["SAMLMetadataDocument"],
            create_date=call.now,
            valid_until=metadata.valid_until or _in_a_century(call.now),
            tags=tags,
            encryption=encryption,
        )
        if key is not None:
            _add_key(provider, key, call, state)
        providers[name] = provider
    answer: dict[str, Any] = {"SAMLProviderArn": provider.arn}
    if tags:
        answer["Tags"] = tags
    return answer


@operation("iam", "GetSAMLProvider")
def get_saml_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetSAMLProvider.html"""
    provider = _named(call)
    return {
        "SAMLProviderUUID": provider.uuid,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.create_date,
        "ValidUntil": provider.valid_until,
        "Tags": list(provider.tags),
        "AssertionEncryptionMode": provider.encryption,
        "PrivateKeyList": [
            {"KeyId": key_id, "Timestamp": added} for key_id, (_, added) in provider.private_keys.items()
        ],
    }


@operation("iam", "ListSAMLProviders")
def list_saml_providers(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListSAMLProviders.html: all of them, unpaged"""
    return {
        "SAMLProviderList": [
            {"Arn": provider.arn, "ValidUntil": provider.valid_until, "CreateDate": provider.create_date}
            for provider in list(identities.saml_providers(call.account).values())
        ]
    }


@operation("iam", "UpdateSAMLProvider")
def update_saml_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateSAMLProvider.html"""
    params = call.params
    document, encryption = params.get("SAMLMetadataDocument"), params.get("AssertionEncryptionMode")
    added, removed = params.get("AddPrivateKey"), params.get("RemovePrivateKey")
    if added is not None and removed is not None:
        raise _invalid(
            "Unable to add and remove private keys in the same request. Set a value for only one of the two "
            "parameters."
        )
    with state.lock:
        provider = _named(call)
        if document is None and encryption is None and added is None and removed is None:
            raise _invalid(
                "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
            )
        metadata = _readable(document) if document is not None else None
        left = len(provider.private_keys) + (added is not None) - (removed is not None)
        if (encryption or provider.encryption) == "Required" and left <= 0:
            raise _no_key() if removed is None else _invalid("Failed to remove private key.")
        if removed is not None:
            if removed not in provider.private_keys:
                raise _invalid(
                    "Failed to remove private key because the Key ID does not match a private key."
                )
            del provider.private_keys[removed]
        if added is not None:
            _add_key(provider, added, call, state)
        if metadata is not None:
            provider.metadata = str(document)
            provider.valid_until = metadata.valid_until or _in_a_century(call.now)
        provider.encryption = encryption or provider.encryption
    return {"SAMLProviderArn": provider.arn}


@operation("iam", "DeleteSAMLProvider")
def delete_saml_provider(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteSAMLProvider.html

    Roles that trust the provider stay, and nobody can assume them through it any more.
    """
    with state.lock:
        del identities.saml_providers(call.account)[_named(call).name]
    return {}


def _in_a_century(now: datetime) -> datetime:
    """Until when metadata holds that don't say it: the same day of the calendar."""
    leap_day = (now.month, now.day) == (2, 29)  # of which there is none after a hundred years
    return now.replace(year=now.year + 100, day=28 if leap_day else now.day)


def _named(call: Call) -> SamlProvider:
    found: SamlProvider = saml_provider(call.account, call.params["SAMLProviderArn"])
    return found


def _readable(document: str) -> Metadata:
    from iamlab.cloud.federation import saml_metadata  # at first need: XML takes a while to load

    try:
        return saml_metadata.read(document)
    except saml_metadata.BadMetadata as error:
        raise _invalid("Could not parse metadata") from error


def _add_key(provider: SamlProvider, pem: str, call: Call, state: LabState) -> None:
    if len(provider.private_keys) >= MOST_KEYS:
        raise limit_exceeded(f"Private key limit of {MOST_KEYS} is reached.")
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise _invalid("Invalid private key.") from error
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _invalid("Invalid private key.")
    provider.private_keys[access_key_id(state.random, "SAMLPK", call.account, 23)] = (pem, call.now)


def _no_key() -> AwsError:
    return _invalid("Unable to set assertion encryption mode to Required because no private key is provided.")


def _invalid(words: str) -> AwsError:
    return AwsError("InvalidInput", words)
