"""STS: temporary credentials of users, and AssumeRoot.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import operation
from iamlab.cloud.services.session_policies import accepted, packed_size
from iamlab.cloud.services.sts import HOUR, session_tags
from iamlab.cloud.services.sts_mfa import PRESENT
from iamlab.cloud.sessions import SessionKind, issue
from iamlab.cloud.state import LabState

_DEFAULT = 12 * HOUR


@operation("sts", "GetSessionToken")
def get_session_token(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html"""
    session = issue(
        state,
        SessionKind.TOKEN,
        *_whose(call),
        token_size=int(call.params.get("MinimumSessionTokenSize") or 0),
        issuer_id=_issuer(call),
        name="",
        mfa_at=call.now if PRESENT in call.proven else None,
    )
    return {"Credentials": session.credentials()} | session.token_facts(call.params)


@operation("sts", "GetFederationToken")
def get_federation_token(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html"""
    params = call.params
    tags, _ = session_tags(params, None)
    account, lifetime = _whose(call)
    text, arns = accepted(params, account)
    packed = packed_size(text, arns, tags)
    session = issue(
        state,
        SessionKind.FEDERATED,
        account,
        lifetime,
        token_size=int(params.get("MinimumSessionTokenSize") or 0),
        issuer_id=_issuer(call),
        name=params["Name"],
        policy=text,
        policy_arns=arns,
        tags=tags,
    )
    answer: dict[str, Any] = {
        "Credentials": session.credentials(),
        "FederatedUser": {
            "FederatedUserId": f"{account}:{session.name}",
            "Arn": f"arn:aws:sts::{account}:federated-user/{session.name}",
        },
    }
    if packed is not None:
        answer["PackedPolicySize"] = packed
    return answer | session.token_facts(params)


def _whose(call: Call) -> tuple[str, timedelta]:
    """The account, and how long its credentials may live: a root user's an hour, whatever was asked for."""
    seconds = int(call.params.get("DurationSeconds") or _DEFAULT)
    if call.caller.is_root:
        seconds = min(seconds, HOUR)
    return call.account, timedelta(seconds=seconds)


def _issuer(call: Call) -> str:
    return call.caller.record.id if call.caller.record is not None else call.account
