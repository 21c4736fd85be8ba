"""STS: AssumeRoleWithWebIdentity.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import identity_provider
from iamlab.cloud.errors import AwsError
from iamlab.cloud.federation import issuers
from iamlab.cloud.federation.oidc_keys import BUILT_IN
from iamlab.cloud.federation.oidc_provider import Provider
from iamlab.cloud.federation.proof import rejected
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation, proof
from iamlab.cloud.services.iam_oidc_providers import provider_arn
from iamlab.cloud.services.sts import check_role_arn
from iamlab.cloud.services.sts_saml import session_for
from iamlab.cloud.state import LabState

# Providers of OAuth 2.0 access tokens. STS asks them whether a token is good, which the lab can't.
_ACCESS_TOKENS = {
    "graph.facebook.com": "Provided Token is not a Facebook token",
    "www.amazon.com": "Provided Token is not a Login With Amazon token",
}


@proof("sts", "AssumeRoleWithWebIdentity")
def whom_the_token_names(call: Call, state: LabState) -> None:
    """Verify the token before any policy is asked; its claims are what the trust policy is decided on."""
    from iamlab.cloud.federation import oidc_token  # at first need: tokens take a while to load

    params = call.params
    check_role_arn(params["RoleArn"])
    account = params["RoleArn"].split(":")[4]
    named = params.get("ProviderId")
    if named is not None:
        if named in _ACCESS_TOKENS:
            raise rejected(_ACCESS_TOKENS[named])
        raise AwsError("ValidationError", f"Unsupported ProviderId: {named}")
    token = params["WebIdentityToken"]
    provider = _provider(oidc_token.unverified_claims(token)["iss"], account)
    said = oidc_token.verify(
        token,
        provider,
        lambda: issuers.keys_of(state, provider.issuer),
        params["RoleArn"],
        params["RoleSessionName"],
        call.now,
    )
    call.caller, call.account = identity_provider(provider.principal, said), account


@operation("sts", "AssumeRoleWithWebIdentity")
def assume_role_with_web_identity(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    return session_for(call, state)


def _provider(issuer: str, account: str) -> Provider:
    """The provider with this URL in the role's account, or one that AWS knows by itself."""
    known = (
        identities.oidc_providers(account).get(provider_arn(account, issuer))
        if identities.account_exists(account)
        else None
    )
    if known is not None and known.issuer == issuer:
        return Provider(known.arn, issuer, tuple(known.client_ids), tuple(known.thumbprints))
    if issuer in BUILT_IN:
        return Provider(BUILT_IN[issuer], f"https://{BUILT_IN[issuer]}", None)
    if not issuer.startswith("https://"):
        raise rejected("Issuer must be a valid URL")
    raise rejected(f"No OpenIDConnect provider found in your account for {issuer}")
