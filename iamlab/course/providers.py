"""The identity providers that an exercise starts from: IAM can be told to trust them, nobody signs in at them.

In: names of SAML providers and hosts of OpenID Connect providers. Out: their entries in IAM, made and taken away with
ordinary API calls of the account's root user.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from iamlab.course.documents import ACCOUNT
from iamlab.course.standing import Root


@dataclass(frozen=True, slots=True)
class Providers:
    """Which identity providers IAM knows when the exercise begins."""

    saml: tuple[str, ...] = ()
    """Names of SAML providers."""
    oidc: tuple[str, ...] = ()
    """Hosts of OpenID Connect providers, with the audience `sts.amazonaws.com`."""

    def make(self, root: Root) -> None:
        iam = root.client("iam")
        for name in self.saml:
            iam.create_saml_provider(Name=name, SAMLMetadataDocument=_metadata())
        for host in self.oidc:
            iam.create_open_id_connect_provider(Url=f"https://{host}", ClientIDList=["sts.amazonaws.com"])

    def remove(self, root: Root) -> None:
        """Take them away, those that are there."""
        iam = root.client("iam")
        for name in self.saml:
            with suppress(iam.exceptions.NoSuchEntityException):
                iam.delete_saml_provider(SAMLProviderArn=_saml_arn(name))
        for host in self.oidc:
            with suppress(iam.exceptions.NoSuchEntityException):
                iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=_oidc_arn(host))

    def stand(self, root: Root) -> bool:
        """True if all of them are there."""
        return set(map(_saml_arn, self.saml)) | set(map(_oidc_arn, self.oidc)) <= set(_known(root))

    def names(self) -> frozenset[str]:
        return frozenset((*self.saml, *self.oidc))


NO_PROVIDERS = Providers()


def _known(root: Root) -> list[str]:
    iam: Any = root.client("iam")
    return [
        *(known["Arn"] for known in iam.list_saml_providers()["SAMLProviderList"]),
        *(known["Arn"] for known in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]),
    ]


@cache
def _metadata() -> str:
    """The document of a company's sign-in; made once, since its key takes a while."""
    from iamlab.outside.saml import SamlIdp  # at first need: signatures in XML take a while to load

    return SamlIdp(lambda: datetime(2026, 1, 1, tzinfo=UTC)).metadata()


def _saml_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}"


def _oidc_arn(host: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}"
