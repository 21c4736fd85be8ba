"""Identity providers in IAM: made, shown, changed, deleted, and refused in AWS's words.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from iamlab.cloud import Lab
from iamlab.outside.saml import SamlIdp

from .conftest import ACCOUNT, refused, trust_of

URL = "https://idp.example.org/tenant"


@pytest.fixture(scope="module")
def iam(shared_lab: Lab) -> Any:
    return boto3.client("iam", config=Config(parameter_validation=False))


@pytest.fixture(scope="module")
def metadata(shared_lab: Lab, private_key: rsa.RSAPrivateKey) -> str:
    return SamlIdp(shared_lab.clock.now, private=private_key).metadata()


@pytest.fixture(scope="module")
def pem(private_key: rsa.RSAPrivateKey) -> str:
    return private_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


# ------------------------------------------------------------------ SAML
def test_a_saml_provider_has_an_id_a_lasting_date_and_its_metadata(
    shared_lab: Lab, iam: Any, metadata: str
) -> None:
    made = iam.create_saml_provider(
        Name="One", SAMLMetadataDocument=metadata, Tags=[{"Key": "a", "Value": "1"}]
    )
    arn = f"arn:aws:iam::{ACCOUNT}:saml-provider/One"
    assert (made["SAMLProviderArn"], made["Tags"]) == (arn, [{"Key": "a", "Value": "1"}])
    shown = iam.get_saml_provider(SAMLProviderArn=arn)
    assert shown["SAMLProviderUUID"].startswith("SAMLSP")
    assert shown["SAMLMetadataDocument"] == metadata
    assert (shown["AssertionEncryptionMode"], shown["PrivateKeyList"]) == ("Allowed", [])
    created = shown["CreateDate"]
    assert shown["ValidUntil"] == created.replace(year=created.year + 100)
    (listed,) = [p for p in iam.list_saml_providers()["SAMLProviderList"] if p["Arn"] == arn]
    assert listed["ValidUntil"] == shown["ValidUntil"]
    iam.tag_saml_provider(SAMLProviderArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_saml_provider(SAMLProviderArn=arn, TagKeys=["a"])
    assert iam.list_saml_provider_tags(SAMLProviderArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    iam.delete_saml_provider(SAMLProviderArn=arn)
    assert refused(iam.get_saml_provider, SAMLProviderArn=arn) == (
        "NoSuchEntity",
        f"Manifest not found for arn {arn}",
        404,
    )


def test_a_name_is_taken_once(iam: Any, metadata: str) -> None:
    iam.create_saml_provider(Name="Twice", SAMLMetadataDocument=metadata)
    assert refused(iam.create_saml_provider, Name="Twice", SAMLMetadataDocument=metadata) == (
        "EntityAlreadyExists",
        "Provider with name Twice already exists.",
        409,
    )


def test_metadata_may_say_until_when_it_holds(
    shared_lab: Lab, iam: Any, private_key: rsa.RSAPrivateKey
) -> None:
    until = shared_lab.clock.now().replace(microsecond=0) + timedelta(days=30)
    document = SamlIdp(shared_lab.clock.now, private=private_key).metadata(valid_until=until)
    arn = iam.create_saml_provider(Name="Dated", SAMLMetadataDocument=document)["SAMLProviderArn"]
    assert iam.get_saml_provider(SAMLProviderArn=arn)["ValidUntil"] == until


BAD_METADATA = {
    "no XML": lambda text: "x" * 1_000,
    "cut off": lambda text: text[:-30],
    "a byte order mark": lambda text: "\ufeff" + text,
    "no identity provider": lambda text: text.replace("IDPSSODescriptor", "SPSSODescriptor"),
    "no entity id": lambda text: text.replace("entityID=", "entityName="),
    "no place to sign in at": lambda text: text.replace("SingleSignOnService", "ArtifactService"),
    "no certificate": lambda text: text.replace("X509Certificate", "X509Subject"),
    "a broken certificate": lambda text: text.replace("<ds:X509Certificate>MII", "<ds:X509Certificate>AAA"),
    "a document type": lambda text: text.replace("?>", '?><!DOCTYPE x [<!ENTITY y "z">]>', 1),
}


@pytest.mark.parametrize("name", BAD_METADATA)
def test_metadata_that_cant_be_used_is_refused(iam: Any, metadata: str, name: str) -> None:
    broken = BAD_METADATA[name](metadata)
    assert broken != metadata
    assert refused(iam.create_saml_provider, Name="Broken", SAMLMetadataDocument=broken) == (
        "InvalidInput",
        "Could not parse metadata",
        400,
    )


def test_metadata_has_a_thousand_characters_at_least(iam: Any) -> None:
    code, message, _ = refused(iam.create_saml_provider, Name="Short", SAMLMetadataDocument="x" * 999)
    assert code == "ValidationError"
    assert message.endswith(
        "at 'sAMLMetadataDocument' failed to satisfy constraint: Member must have length greater than or equal "
        "to 1000"
    )


def test_private_keys_come_and_go(iam: Any, metadata: str, pem: str) -> None:
    create = {"Name": "Keys", "SAMLMetadataDocument": metadata}
    no_key = "Unable to set assertion encryption mode to Required because no private key is provided."
    assert refused(iam.create_saml_provider, **create, AssertionEncryptionMode="Required")[1] == no_key
    assert refused(iam.create_saml_provider, **create, AddPrivateKey="x")[1] == "Invalid private key."
    arn = iam.create_saml_provider(**create, AssertionEncryptionMode="Required", AddPrivateKey=pem)[
        "SAMLProviderArn"
    ]

    def update(**changes: Any) -> str:
        return refused(iam.update_saml_provider, SAMLProviderArn=arn, **changes)[1]

    (first,) = iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]
    assert update(RemovePrivateKey=first["KeyId"]) == "Failed to remove private key."
    iam.update_saml_provider(SAMLProviderArn=arn, AddPrivateKey=pem)
    assert update(AddPrivateKey=pem) == "Private key limit of 2 is reached."
    assert update() == (
        "Unable to update identity provider. No updates are defined for metadata or encryption assertion."
    )
    assert update(AddPrivateKey=pem, RemovePrivateKey=first["KeyId"]) == (
        "Unable to add and remove private keys in the same request. Set a value for only one of the two parameters."
    )
    assert update(RemovePrivateKey="A" * 22) == (
        "Failed to remove private key because the Key ID does not match a private key."
    )
    iam.update_saml_provider(SAMLProviderArn=arn, RemovePrivateKey=first["KeyId"])
    assert len(iam.get_saml_provider(SAMLProviderArn=arn)["PrivateKeyList"]) == 1


# ------------------------------------------------------------------ OIDC
def test_an_oidc_provider_shows_its_url_without_the_scheme(iam: Any) -> None:
    made = iam.create_open_id_connect_provider(
        Url=URL, ClientIDList=["one"], ThumbprintList=["A" * 40], Tags=[{"Key": "a", "Value": "1"}]
    )
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/idp.example.org/tenant"
    assert (made["OpenIDConnectProviderArn"], made["Tags"]) == (arn, [{"Key": "a", "Value": "1"}])
    assert {"Arn": arn} in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert refused(iam.create_open_id_connect_provider, Url=URL) == (
        "EntityAlreadyExists",
        f"Provider with url {URL} already exists.",
        409,
    )
    named = {"OpenIDConnectProviderArn": arn}
    assert iam.get_open_id_connect_provider(**named)["ThumbprintList"] == ["a" * 40]
    iam.add_client_id_to_open_id_connect_provider(**named, ClientID="two")
    iam.add_client_id_to_open_id_connect_provider(**named, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="one")
    iam.remove_client_id_from_open_id_connect_provider(**named, ClientID="ghost")
    assert refused(iam.update_open_id_connect_provider_thumbprint, **named, ThumbprintList=[]) == (
        "InvalidInput",
        "Thumbprint list must contain at least one entry.",
        400,
    )
    iam.update_open_id_connect_provider_thumbprint(**named, ThumbprintList=["B" * 40])
    iam.tag_open_id_connect_provider(**named, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(**named, TagKeys=["a"])
    shown = iam.get_open_id_connect_provider(**named)
    assert {name: shown[name] for name in ("Url", "ClientIDList", "ThumbprintList", "Tags")} == {
        "Url": "idp.example.org/tenant",
        "ClientIDList": ["two"],
        "ThumbprintList": ["b" * 40],
        "Tags": [{"Key": "b", "Value": "2"}],
    }
    iam.delete_open_id_connect_provider(**named)
    iam.delete_open_id_connect_provider(**named)
    assert refused(iam.get_open_id_connect_provider, **named) == (
        "NoSuchEntity",
        f"OpenIDConnect Provider not found for arn {arn}",
        404,
    )


BAD_OIDC: dict[str, tuple[dict[str, Any], str, str]] = {
    "plain HTTP": (
        {"Url": "http://idp.example.org"},
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
    ),
    "a scheme in capitals": (
        {"Url": "HTTPS://idp.example.org"},
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
    ),
    "no scheme": ({"Url": "idp.example.org"}, "ValidationError", "Invalid Open ID Connect Provider URL"),
    "a query": ({"Url": f"{URL}?a=b"}, "ValidationError", "Invalid Open ID Connect Provider URL"),
    "a port": (
        {"Url": "https://a.example.org:8443"},
        "ValidationError",
        "Invalid Open ID Connect Provider URL",
    ),
    "six thumbprints": (
        {"ThumbprintList": [f"{n:040x}" for n in range(6)]},
        "InvalidInput",
        "Thumbprint list must contain fewer than 5 entries.",
    ),
    "letters beyond f": (
        {"ThumbprintList": ["z" * 40]},
        "InvalidInput",
        "Thumbprint contains invalid characters.",
    ),
    "too many audiences": (
        {"ClientIDList": [f"id-{n}" for n in range(101)]},
        "LimitExceeded",
        "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100",
    ),
}


@pytest.mark.parametrize("name", BAD_OIDC)
def test_an_oidc_provider_that_cant_be_is_refused(iam: Any, name: str) -> None:
    params, code, message = BAD_OIDC[name]
    assert refused(iam.create_open_id_connect_provider, **{"Url": URL, **params})[:2] == (code, message)


# ------------------------------------------------------------------ issuers that many share
SUBJECT = "token.actions.githubusercontent.com:sub"
AUDIENCE = {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}
TOO_WIDE: dict[str, dict[str, Any] | None] = {
    "no condition": None,
    "the audience alone": AUDIENCE,
    "wildcards alone": {"StringLike": {SUBJECT: "*?"}},
    "one of two values wildcards alone": {"StringLike": {SUBJECT: ["repo:octo-org/*", "*"]}},
    "all but one": {"StringNotEquals": {SUBJECT: "repo:evil/x:ref:refs/heads/main"}},
    "where the subject is missing": {"ForAllValues:StringLike": {SUBJECT: "repo:octo-org/*"}},
    "if it exists": {"StringLikeIfExists": {SUBJECT: "repo:octo-org/*"}},
}


@pytest.fixture(scope="module")
def github(iam: Any) -> str:
    made = iam.create_open_id_connect_provider(Url="https://token.actions.githubusercontent.com")
    return str(made["OpenIDConnectProviderArn"])


@pytest.mark.parametrize("name", TOO_WIDE)
def test_a_trust_policy_has_to_tell_githubs_customers_apart(iam: Any, github: str, name: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html"""
    trust = trust_of(github, "sts:AssumeRoleWithWebIdentity", TOO_WIDE[name])
    code, message, _ = refused(iam.create_role, RoleName="Wide", AssumeRolePolicyDocument=trust)
    assert code == "MalformedPolicyDocument"
    assert SUBJECT in message


def test_a_trust_policy_for_one_of_githubs_customers_is_saved(iam: Any, github: str) -> None:
    narrow = {"StringLike": {SUBJECT: "repo:octo-org/*"}}
    trust = trust_of(github, "sts:AssumeRoleWithWebIdentity", {**AUDIENCE, **narrow})
    iam.create_role(RoleName="Narrow", AssumeRolePolicyDocument=trust)
    wide = trust_of(github, "sts:AssumeRoleWithWebIdentity", AUDIENCE)
    assert refused(iam.update_assume_role_policy, RoleName="Narrow", PolicyDocument=wide)[0] == (
        "MalformedPolicyDocument"
    )
