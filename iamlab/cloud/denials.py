"""How a service words a denial: from the engine's decision to the error on the wire.

In: a call, the check that failed, the engine's decision. Out: an `AwsError`. The engine writes AWS's common
sentence; some services put it differently, and EC2 packs the circumstances into a message that only
`sts:DecodeAuthorizationMessage` opens.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue import Check
from iamlab.cloud.errors import AwsError, Failure, failure
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.state import LabState
from iamlab.engine import Decision, Outcome

_BECAUSE = " because "
_EC2_START = "You are not authorized to perform this operation."


def denial(call: Call, check: Check, decision: Decision, state: LabState) -> AwsError:
    """The error with which `call.service` tells that this check was denied."""
    words = _WORDS.get(call.service, _plain)(call, check, decision, state)
    return failure(Failure.DENIED, call.service, call.protocol, words)


def _plain(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    return decision.message


def _s3(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """S3 quotes the resource, and tells nothing to those outside of the owner's account and organisation.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    if not organizations.together(call.caller.account, check.owner):
        return "Access Denied"
    return decision.message.replace(f"on resource: {check.resource} ", f'on resource: "{check.resource}" ')


def _sts(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """STS gives no reason for a missing allow."""
    if call.caller.account is None:
        return f"Not authorized to perform {check.action}"
    return decision.message.split(_BECAUSE)[0]


def _ec2(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """Describe actions get the sentence without a resource; all others an encoded message besides."""
    if check.wildcard_only:
        return f"{_EC2_START} {decision.message.replace(' on resource: *', '')}"
    return (
        f"{_EC2_START} {decision.message}. "
        f"Encoded authorization failure message: {_encoded(call, check, decision, state)}"
    )


_WORDS: dict[str, Callable[[Call, Check, Decision, LabState], str]] = {
    "s3": _s3,
    "s3control": _s3,
    "sts": _sts,
    "ec2": _ec2,
}


def _encoded(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """An opaque token; what it stands for is kept in the lab."""
    document = json.dumps(_failure_document(call, check, decision), separators=(",", ":"))
    token = base64.urlsafe_b64encode(state.random.randbytes(96)).decode().rstrip("=")
    with state.lock:
        while len(state.encoded_messages) >= 1000:
            del state.encoded_messages[next(iter(state.encoded_messages))]
        state.encoded_messages[token] = document
    return token


def _failure_document(call: Call, check: Check, decision: Decision) -> dict[str, Any]:
    explicit = decision.outcome is Outcome.EXPLICITLY_DENIED
    caller = call.caller
    return {
        "allowed": False,
        "explicitDeny": explicit,
        "matchedStatements": {
            "items": [
                {
                    "statementId": statement.sid or "",
                    "effect": str(statement.effect).upper(),
                    "principals": {"items": [{"value": caller.user_id or ""}]},
                    "actions": {"items": [{"value": check.action}]},
                    "resources": {"items": [{"value": check.resource}]},
                }
                for statement in (decision.statements if explicit else ())
            ]
        },
        "failures": {"items": []},
        "context": {
            "principal": {"id": caller.user_id or "", "name": caller.username or "", "arn": caller.arn},
            "action": check.action,
            "resource": check.resource,
            "conditions": {
                "items": [
                    {"key": key, "values": {"items": [{"value": text} for text in _texts(value)]}}
                    for key, value in sorted(check.context.items())
                ]
            },
        },
    }


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
