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
from collections.abc import Callable, Iterable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import Caller
from iamlab.cloud.catalogue import Check
from iamlab.cloud.errors import AwsError, Failure, failure
from iamlab.cloud.moto_seam import organizations, resources
from iamlab.cloud.public_access import REASONS
from iamlab.cloud.state import LabState
from iamlab.engine import Decision, Layer, Outcome
from iamlab.engine.decision import StatementRef

_BECAUSE = " because "
_EC2_START = "You are not authorized to perform this operation."


def denial(call: Call, check: Check, decision: Decision, state: LabState) -> AwsError:
    """The error with which `call.service` tells that this check was denied."""
    if check.via:
        return _through_service(call, check, decision)
    words = _WORDS.get(call.service, _plain)(call, check, decision, state)
    return failure(Failure.DENIED, call.service, call.protocol, words)


def _plain(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    place = _LISTINGS.get(check.action.casefold())
    if place is not None and (check.wildcard_only or check.resource == "*"):
        vendor = check.action.partition(":")[0]
        start = f"{resources.partition_of(call.region)}:{vendor}:{call.region}:{call.account}"
        return _naming(check, decision, f"arn:{start}:{place}")
    return _naming(check, decision, check.shown or check.resource)


def _unnamed(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """Actions without resources: `*` isn't worth telling."""
    return _naming(check, decision, "" if check.wildcard_only or check.resource == "*" else check.resource)


def _s3(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """S3 quotes the resource, and tells nothing to those outside of the owner's account and organisation.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    if not organizations.together(call.caller.account, check.owner):
        return "Access Denied"
    blocked = next((REASONS[name] for name in check.barriers if name in REASONS), None)
    if blocked is not None:
        # named is the operation, where it isn't the action: `s3:CopyObject`
        who = decision.message.split(" is not authorized")[0]
        asked = f's3:{call.operation} on resource: "{check.resource}"'
        return f"{who} is not authorized to perform: {asked} {blocked}"
    return _naming(check, decision, "" if check.wildcard_only else f'"{check.resource}"')


def _sts(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """STS gives no reason where a role, or a federated user, isn't to be had."""
    if call.caller.account is None:
        return f"Not authorized to perform {check.action}"
    if check.wildcard_only:
        return _naming(check, decision, "")
    return decision.message.split(_BECAUSE)[0]


def _ec2(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """Describe actions get the sentence without a resource; all others an encoded message besides."""
    if check.wildcard_only:
        return f"{_EC2_START} {_naming(check, decision, '')}"
    return (
        f"{_EC2_START} {decision.message}. "
        f"Encoded authorization failure message: {_encoded(call, check, decision, state)}"
    )


def _sns(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """SNS writes its own name in capitals."""
    return _plain(call, check, decision, state).replace(" sns:", " SNS:")


def _sqs(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """SQS writes its actions in small letters."""
    return _plain(call, check, decision, state).replace(check.action, check.action.casefold())


def _secrets(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """Secrets Manager calls a secret as the caller did, by name or by ARN."""
    named = call.params.get("SecretId") or call.params.get("Name")
    if check.wildcard_only or not isinstance(named, str):
        return _unnamed(call, check, decision, state)
    return _naming(check, decision, named)


def _kms(call: Call, check: Check, decision: Decision, state: LabState) -> str:
    """KMS names no key that the caller hasn't named."""
    told = call.params.get("KeyId") or call.params.get("SourceKeyId")
    return _of_key(call, check, decision, ciphertext=check.action in _OF_CIPHERTEXT and not told)


def _through_service(call: Call, check: Check, decision: Decision) -> AwsError:
    """A denial by a KMS key, which a service passes on to the caller it asked for.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    if call.caller.type == "Anonymous":
        return AwsError("InvalidArgument", _UNSIGNED)
    if call.service == "secretsmanager":
        return failure(Failure.DENIED, call.service, call.protocol, "Access to KMS is not allowed")
    hidden = check.action in _OF_CIPHERTEXT and call.service != "ssm"  # Parameter Store names the key to KMS
    words = _of_key(call, check, decision, ciphertext=hidden)
    if call.service in _QUOTE_KMS:
        words += (
            " (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; "
            f"Request ID: {call.request_id}; Proxy: null)"
        )
    refused = failure(Failure.DENIED, call.service, call.protocol, words)
    code = _KMS_CODES.get(call.service)
    return refused if code is None else AwsError(code, words)


def _of_key(call: Call, check: Check, decision: Decision, *, ciphertext: bool) -> str:
    """KMS doesn't tell outsiders whether a key is there.

    https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
    """
    words = decision.message
    named = f"resource: {check.resource}"
    if decision.layer == Layer.RESOURCE and check.owner != call.caller.account:
        named = "this resource" if check.via else named
        words = words.split(" on resource: ")[0] + f" on {named}{_HIDDEN_KEY}"
    return words.replace(named, "the resource associated with this ciphertext", 1) if ciphertext else words


_QUOTE_KMS = frozenset({"sns", "sqs", "ssm"})
_KMS_CODES = {"sns": "KMSAccessDenied", "sqs": "KMS.AccessDeniedException"}
_UNSIGNED = (
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
)


_OF_CIPHERTEXT = frozenset({"kms:Decrypt", "kms:ReEncryptFrom"})
_HIDDEN_KEY = (
    " because the resource does not exist in this Region, no resource-based policies allow access, or a "
    "resource-based policy explicitly denies access"
)


def _naming(check: Check, decision: Decision, resource: str) -> str:
    """The common sentence with this name of the resource; without any if it is empty."""
    told = f" on resource: {resource}" if resource else ""
    return decision.message.replace(f" on resource: {check.resource}", told, 1)


# Actions on all resources of a kind, whose denials name them all the same.
_LISTINGS: dict[str, str] = {
    "dynamodb:listtables": "table/*",
    "eks:listclusters": "cluster/*",
    "events:listrules": "rule/*",
    "logs:describeloggroups": "log-group::log-stream:",
    "rds:describedbclusters": "cluster:*",
    "rds:describedbinstances": "db:*",
    "sns:listtopics": "*",
    "sqs:listqueues": "",
    "ssm:describeparameters": "*",
    "states:liststatemachines": "stateMachine:*",
}

_WORDS: dict[str, Callable[[Call, Check, Decision, LabState], str]] = {
    "s3": _s3,
    "s3control": _s3,
    "kms": _kms,
    "sts": _sts,
    "ec2": _ec2,
    "sns": _sns,
    "sqs": _sqs,
    **dict.fromkeys(
        (
            "autoscaling",
            "cloudwatch",
            "elb",
            "elbv2",
            "resourcegroupstaggingapi",
            "route53",
        ),
        _unnamed,
    ),
    "secretsmanager": _secrets,
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
    principal = {"id": caller.user_id or "", "name": caller.username, "arn": caller.arn}
    return {
        "allowed": False,
        "explicitDeny": explicit,
        "matchedStatements": _items(
            _matched(caller, statement) for statement in (decision.statements if explicit else ())
        ),
        "failures": _items(()),
        "context": {
            "principal": {name: value for name, value in principal.items() if value is not None},
            "action": check.action,
            "resource": check.resource,
            "conditions": _items(
                {"key": key, "values": _values(value)}
                for key, value in sorted((_resource_keys(check.resource) | dict(check.context)).items())
            ),
        },
    }


def _matched(caller: Caller, found: StatementRef) -> dict[str, Any]:
    """A statement that denied, as its policy has it."""
    statements = (found.policy.document or {}).get("Statement") or []
    text = statements if isinstance(statements, dict) else statements[found.statement_index]
    return {
        "statementId": found.sid or "",
        "effect": found.effect.upper(),
        # Policies of an identity speak about the one they hang at, a role and not its session.
        "principals": _values([(caller.user_id or "").split(":")[0]]),
        "principalGroups": _items(()),
        "actions": _values(text.get("Action", text.get("NotAction", []))),
        "resources": _values(text.get("Resource", text.get("NotResource", []))),
        "conditions": _items(
            {"key": key, "values": _values(values)}
            for keys in text.get("Condition", {}).values()
            for key, values in keys.items()
        ),
    }


def _resource_keys(arn: str) -> dict[str, str]:
    """What EC2 tells of the resource beside its condition keys: its ARN, in one and in pieces."""
    parts = arn.split(":", 5)
    if len(parts) != 6:
        return {}
    _, _, service, region, account, resource = parts
    kind, _, name = resource.partition("/")
    return {
        "aws:ARN": arn,
        "aws:Account": account,
        "aws:ID": name,
        "aws:Region": region,
        "aws:Resource": resource,
        "aws:Service": service,
        "aws:Type": kind,
    }


def _values(values: Any) -> dict[str, Any]:
    return _items({"value": text} for text in _texts(values))


def _items(items: Iterable[Any]) -> dict[str, Any]:
    return {"items": list(items)}


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]
