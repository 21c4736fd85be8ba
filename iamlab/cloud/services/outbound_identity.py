"""Outbound identity federation: switched on per account in IAM, its tokens asked of STS.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_token_claims.html
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.services import operation
from iamlab.cloud.services.sts import session_tags
from iamlab.cloud.services.validation import constraint_error
from iamlab.cloud.state import LabState
from iamlab.cloud.token_issuer import ALGORITHMS, issuer_of, make_issuer

_LIFETIME = 300
_NAMESPACE = "https://sts.amazonaws.com/"


@operation("iam", "EnableOutboundWebIdentityFederation")
def enable_outbound_web_identity_federation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableOutboundWebIdentityFederation.html"""
    with state.lock:
        issuer = issuer_of(state, call.account)
        if issuer is not None and issuer.enabled:
            raise AwsError(
                "FeatureEnabled", "Outbound identity federation is already enabled for this account.", 409
            )
        issuer = issuer or make_issuer(state, call.account)
        issuer.enabled = True
    return {"IssuerIdentifier": issuer.url}


@operation("iam", "DisableOutboundWebIdentityFederation")
def disable_outbound_web_identity_federation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DisableOutboundWebIdentityFederation.html"""
    with state.lock:
        issuer = issuer_of(state, call.account)
        if issuer is None or not issuer.enabled:
            raise _disabled()
        issuer.enabled = False
    return {}


@operation("iam", "GetOutboundWebIdentityFederationInfo")
def get_outbound_web_identity_federation_info(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOutboundWebIdentityFederationInfo.html"""
    issuer = issuer_of(state, call.account)
    if issuer is None or not issuer.enabled:
        raise _disabled()
    return {"IssuerIdentifier": issuer.url, "JwtVendingEnabled": True}


@operation("sts", "GetWebIdentityToken")
def get_web_identity_token(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html"""
    params, caller = call.params, call.caller
    algorithm = params["SigningAlgorithm"]
    if algorithm not in ALGORITHMS:
        allowed = f"Member must satisfy enum value set: [{', '.join(ALGORITHMS)}]"
        raise constraint_error(("signingAlgorithm", f"'{algorithm}'", allowed))
    issuer = issuer_of(state, call.account)
    if issuer is None or not issuer.enabled:
        raise AwsError(
            "OutboundWebIdentityFederationDisabledException",
            "Outbound web identity federation is not enabled for this account.",
            403,
        )
    issued = call.now.replace(microsecond=0)
    expires = issued + timedelta(seconds=int(params.get("DurationSeconds") or _LIFETIME))
    if caller.session is not None and expires > caller.session.expires:
        raise AwsError(
            "SessionDurationEscalationException",
            "The requested token duration would extend the session beyond its original expiration time.",
            403,
        )
    audience = params["Audience"]
    claims = {
        "iss": issuer.url,
        "aud": audience[0] if len(audience) == 1 else audience,
        "sub": caller.principal_arn,
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
        "jti": str(uuid.UUID(int=state.random.getrandbits(128), version=4)),
        _NAMESPACE: _about(call),
    }
    return {"WebIdentityToken": issuer.sign(algorithm, claims), "Expiration": expires}


def _about(call: Call) -> dict[str, Any]:
    """What AWS knows of the principal, and what the request adds."""
    told: dict[str, Any] = {"aws_account": call.account, "source_region": call.region}
    place = organizations.membership(call.account)
    if place is not None:
        told |= {"org_id": place.organization_id, "ou_path": place.path}
    if call.caller.tags:
        told["principal_tags"] = dict(call.caller.tags)
    added, _ = session_tags(call.params, None)
    if added:
        told["request_tags"] = added
    return told


def _disabled() -> AwsError:
    return AwsError("FeatureDisabled", "Outbound identity federation is disabled for this account.", 404)
