"""STS: tokens that others give and the lab can't believe.

A trade-in token comes from an AWS product partner's delegation request, which nobody makes here: whatever is brought
has been traded in or has lapsed.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import operation
from iamlab.cloud.state import LabState


@operation("sts", "GetDelegatedAccessToken")
def get_delegated_access_token(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetDelegatedAccessToken.html"""
    raise AwsError(
        "ExpiredTradeInTokenException",
        "The trade-in token provided in the request has expired and can no longer be exchanged for credentials.",
    )
