"""STS: tokens that others give or take, none of which the lab can make or believe.

Outbound federation is off in every account of the lab: its JWTs would have to be verified against keys that AWS
publishes on the internet. A trade-in token comes from an AWS product partner's delegation request, which nobody makes
here. Both calls answer as AWS does to an account in that state.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import operation
from iamlab.cloud.state import LabState


@operation("sts", "GetWebIdentityToken")
def get_web_identity_token(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html"""
    raise AwsError(
        "OutboundWebIdentityFederationDisabledException",
        "Outbound web identity federation is not enabled for this account.",
        403,
    )


@operation("sts", "GetDelegatedAccessToken")
def get_delegated_access_token(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html"""
    raise AwsError(
        "ExpiredTradeInTokenException",
        "The trade-in token provided in the request has expired and can no longer be exchanged for credentials.",
    )


@operation("iam", "GetOutboundWebIdentityFederationInfo")
@operation("iam", "DisableOutboundWebIdentityFederation")
def outbound_federation_is_off(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOutboundWebIdentityFederationInfo.html"""
    raise AwsError(
        "FeatureDisabled", "The outbound identity federation feature is not enabled for this account.", 404
    )
