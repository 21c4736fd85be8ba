"""The account as an OpenID Connect issuer: tokens that tell others who a principal of AWS is.

Outbound identity federation gives an account an issuer of its own. In: claims. Out: signed tokens, and the two
documents by which anybody verifies them; `answer` serves these to `requests` of this process at the issuer's address.
Switching the feature off ends new tokens, not those that are out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound.html
https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from iamlab.cloud.moto_seam.operations import Reply
from iamlab.cloud.state import LabState

URL = re.compile(
    r"https://(?P<name>[0-9a-f-]+)\.tokens\.sts\.global\.api\.aws(?P<path>/[^?#]*)?$", re.IGNORECASE
)
ALGORITHMS = ("RS256", "ES384")
_STORE = "token issuers"
_CONFIGURATION = "/.well-known/openid-configuration"
_KEYS = "/.well-known/jwks.json"


@dataclass(slots=True)
class Issuer:
    """One account's issuer."""

    url: str
    enabled: bool = True
    keys: dict[str, Any] = field(default_factory=dict, repr=False)
    """By algorithm. Their numbers come from the operating system, seed or no seed."""

    def sign(self, algorithm: str, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        from joserfc import jwt  # here and below: few labs sign tokens, and the import takes its time

        key = self.keys[algorithm]
        header = {"alg": algorithm, "kid": key.kid, "typ": "JWT"}
        return jwt.encode(header, claims, key, algorithms=[algorithm])

    def documents(self) -> dict[str, Any]:
        """What the issuer publishes, by path."""
        published = [
            key.as_dict(private=False) | {"alg": algorithm, "use": "sig"}
            for algorithm, key in self.keys.items()
        ]
        return {
            _CONFIGURATION: {
                "issuer": self.url,
                "jwks_uri": self.url + _KEYS,
                "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": list(ALGORITHMS),
            },
            _KEYS: {"keys": published},
        }


def issuer_of(state: LabState, account: str) -> Issuer | None:
    """The account's issuer; None if it has never had one."""
    found: Issuer | None = state.stores.get(_STORE, {}).get(account)
    return found


def make_issuer(state: LabState, account: str) -> Issuer:
    """An issuer of its own for an account, with a key for each algorithm."""
    from joserfc.jwk import ECKey, RSAKey

    name = uuid.UUID(int=state.random.getrandbits(128), version=4)
    made = Issuer(f"https://{name}.tokens.sts.global.api.aws")
    made.keys["RS256"] = RSAKey.generate_key(2_048, auto_kid=True)
    made.keys["ES384"] = ECKey.generate_key("P-384", auto_kid=True)
    state.stores.setdefault(_STORE, {})[account] = made
    return made


def answer(url: str, state: LabState) -> Reply:
    """What stands at an address of some account's issuer."""
    found = URL.match(url)
    if found is not None:
        address = f"https://{found['name'].lower()}.tokens.sts.global.api.aws"
        for issuer in list(state.stores.get(_STORE, {}).values()):
            if issuer.url == address and found["path"] in (documents := issuer.documents()):
                return 200, {"Content-Type": "application/json"}, json.dumps(documents[found["path"]])
    return 404, {"Content-Type": "application/json"}, "{}"
