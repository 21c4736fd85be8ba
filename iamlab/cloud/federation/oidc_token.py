"""AssumeRoleWithWebIdentity's token, verified as STS does it.

In: the token, the provider that IAM knows, its keys, and the present. Out: a `Proof`.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
https://datatracker.ietf.org/doc/html/rfc8725 (what to beware of with JWTs)
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from iamlab.cloud.errors import AwsError
from iamlab.cloud.federation.issuers import Keys, Unreachable
from iamlab.cloud.federation.oidc_keys import EVERYWHERE, LASTING, PROVIDER_CLAIMS
from iamlab.cloud.federation.oidc_provider import Provider
from iamlab.cloud.federation.proof import Proof, rejected, session_tags, source_identity

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_REQUIRED = ("iss", "sub", "aud", "exp", "iat")
_SKEW = 300
_TAGS = "https://aws.amazon.com/tags"
_ROLES = "https://aws.amazon.com/roles"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"


def unverified_claims(token: str) -> dict[str, Any]:
    """The claims of a token that nobody has verified yet: good for finding out who should have signed it.

    Raises:
        AwsError: `InvalidIdentityToken`; it is no token, or a claim that all tokens have is missing.
    """
    parts = token.split(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
        _decoded(parts[2])
    except (IndexError, ValueError, binascii.Error) as error:
        raise _no_token() from error
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        raise _no_token()
    for claim in _REQUIRED:
        if claims.get(claim) in (None, "", []):
            raise rejected(f"Missing a required claim: {claim}")
    if not isinstance(claims["iss"], str) or not isinstance(claims["sub"], str):
        raise _no_token()
    if not all(_is_number(claims[name]) for name in ("exp", "iat")):
        raise _no_token()
    return claims


def verify(
    token: str, provider: Provider, fetch: Callable[[], Keys], role_arn: str, session_name: str, now: datetime
) -> Proof:
    """Verify a token.

    Args:
        provider: the one its issuer names.
        fetch: gets the issuer's keys.
        now: the lab's time.

    Raises:
        AwsError: `InvalidIdentityToken` or `ExpiredTokenException`.
    """
    claims = unverified_claims(token)
    audience = _audience(claims, provider)
    present = int(now.timestamp())
    if present >= claims["exp"]:
        raise AwsError(
            "ExpiredTokenException",
            f"Token expired: current date/time {present} must be before the expiration date/time "
            f"{int(claims['exp'])}",
        )
    if max(claims["iat"], claims["nbf"] if _is_number(claims.get("nbf")) else 0) > present + _SKEW:
        raise rejected("Token is not yet valid")
    _check_signature(token, provider, fetch)
    return _proof(claims, provider, audience, role_arn, session_name)


def _decoded(part: str) -> bytes:
    return base64.b64decode(part.encode() + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12


def _no_token() -> AwsError:
    return rejected(
        "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    )


def _audience(claims: Mapping[str, Any], provider: Provider) -> str:
    """The audience that counts: the authorised party where the token names one."""
    party = claims.get("azp")
    named = party if party is not None else claims["aud"]
    audiences = [name for name in (named if isinstance(named, list) else [named]) if isinstance(name, str)]
    for name in audiences:
        if provider.client_ids is None or name in provider.client_ids:
            return name
    raise rejected("Incorrect token audience")


def _check_signature(token: str, provider: Provider, fetch: Callable[[], Keys]) -> None:
    try:
        keys = fetch()
    except Unreachable as error:
        raise rejected(
            "Couldn't retrieve verification key from your identity provider,  please reference "
            "AssumeRoleWithWebIdentity documentation for requirements"
        ) from error
    if keys.fingerprints and not set(keys.fingerprints) & {print.lower() for print in provider.thumbprints}:
        raise rejected("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint")
    usable = [
        key
        for key in keys.jwks["keys"]
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC") and key.get("use", "sig") == "sig"
    ]
    try:
        jws.deserialize_compact(token, KeySet.import_key_set({"keys": usable}), algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise rejected("Token signature invalid") from error


# ------------------------------------------------------------------ what it says
def _proof(
    claims: Mapping[str, Any], provider: Provider, audience: str, role_arn: str, session_name: str
) -> Proof:
    subject, prefix = claims["sub"], provider.prefix
    said = {name: claims[name] for name in (*EVERYWHERE, *PROVIDER_CLAIMS.get(prefix, ())) if name in claims}
    said |= {"aud": audience, "sub": subject}
    if claims.get("azp") is not None:
        said["oaud"] = claims["aud"]
    keys = {f"{prefix}:{name}": _value(value) for name, value in said.items()}
    roles = claims.get(_ROLES) or ()
    parameters = {"RoleSessionName": session_name, **_tags(claims)}
    if claims.get(_SOURCE_IDENTITY) is not None:
        parameters["SourceIdentity"] = source_identity(str(claims[_SOURCE_IDENTITY]))
    return Proof(
        trust_keys={
            **keys,
            "aws:FederatedProvider": provider.principal,
            "sts:RoleAuthorizedByIdp": role_arn in ([roles] if isinstance(roles, str) else roles),
        },
        session_keys={key: value for key, value in keys.items() if key.rpartition(":")[2] in LASTING},
        parameters=parameters,
        identity={
            "type": "WebIdentityUser",
            "principalId": f"{provider.principal}:{audience}:{subject}",
            "userName": subject,
            "identityProvider": provider.principal,
        },
        answer={
            "SubjectFromWebIdentityToken": subject,
            "Audience": audience,
            "Provider": provider.principal,
        },
        provider=provider.principal,
    )


def _value(value: Any) -> Any:
    """A claim as the value of a condition key."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return value if isinstance(value, bool) else str(value)


def _tags(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Session tags, from the nested claim or from its flat spelling.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
    """
    nested = claims.get(_TAGS)
    told = nested if isinstance(nested, dict) else {}
    principal = dict(told.get("principal_tags") or {})
    transitive = list(told.get("transitive_tag_keys") or ())
    for name, value in claims.items():
        if name.startswith(f"{_TAGS}/principal_tags/"):
            principal[name.removeprefix(f"{_TAGS}/principal_tags/")] = value
        elif name.startswith(f"{_TAGS}/transitive_tag_keys"):
            transitive += value if isinstance(value, list) else [value]
    return session_tags(
        {
            str(key): [str(item) for item in (value if isinstance(value, list) else [value])]
            for key, value in principal.items()
        },
        [str(key) for key in transitive],
    )
