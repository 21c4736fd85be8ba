"""An OpenID Connect provider as the verification of its tokens needs it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provider:
    """The identity provider as the account knows it."""

    principal: str
    """As trust policies name it: an ARN, or the domain of one that AWS knows by itself."""
    issuer: str
    client_ids: Sequence[str] | None
    """Audiences it may speak to; None: any (those that AWS knows by itself)."""
    thumbprints: Sequence[str] = ()

    @property
    def prefix(self) -> str:
        """What its condition keys begin with."""
        return self.issuer.removeprefix("https://")
