"""IAM Access Analyzer: policies validated, and questions about all requests answered.

`ValidatePolicy` gives the findings of `iamlab.policy`; the checks ask `iamlab.analysis`, which proves its answers over
every possible request. What couldn't be decided is refused as AWS refuses a policy that it can't reason about.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iamlab.analysis.comparison import compare, policy_set
from iamlab.analysis.external_access import PUBLIC_CONDITION
from iamlab.analysis.public import public_statements
from iamlab.analysis.spaces import Space, allows
from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import operation
from iamlab.cloud.services.analyzer_answers import invalid, page
from iamlab.cloud.services.finding_words import OURS, details
from iamlab.cloud.state import LabState
from iamlab.engine import Request, decide
from iamlab.policy import Policy
from iamlab.policy.findings import Finding, Span

_KINDS = {
    "IDENTITY_POLICY": "identity",
    "RESOURCE_POLICY": "resource",
    "SERVICE_CONTROL_POLICY": "scp",
    "RESOURCE_CONTROL_POLICY": "rcp",
}
_PUBLIC = Space(condition=PUBLIC_CONDITION, callers="anonymous")

_TRUST = "AWS::IAM::AssumeRolePolicyDocument"
_BUCKET = "AWS::S3::Bucket"
_PUBLICLY = "The resource policy grants public access for the given resource type."
_OPEN = "Public access granted in the statement with"


@operation("accessanalyzer", "ValidatePolicy")
def validate_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html"""
    params = call.params
    kind, resource_type = _KINDS.get(params["policyType"]), params.get("validatePolicyResourceType")
    if kind is None:
        raise invalid(f"Invalid policy type: {params['policyType']}")
    if resource_type is not None and kind != "resource":
        raise invalid("validatePolicyResourceType is for policies of type RESOURCE_POLICY.")
    if resource_type == _TRUST:
        kind, resource_type = "trust", None
    text = params["policyDocument"]
    found = Policy(text).findings(kind, resource_type=resource_type)
    shown, more = page(call, [finding for finding in found if finding.code not in OURS])
    return {"findings": [_finding(finding, text) for finding in shown], **more}


@operation("accessanalyzer", "CheckNoNewAccess")
def check_no_new_access(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoNewAccess.html"""
    params = call.params
    kind = params["policyType"]
    new, old = (_policy(params[name], kind) for name in ("newPolicyDocument", "existingPolicyDocument"))
    answer = compare(_set(new, kind), _set(old, kind))
    if answer.only_a is None and answer.reason:
        raise _undecided(answer.reason)
    if answer.only_a is None:
        return _passed("The modified permissions do not allow new access compared to your existing policy.")
    return _failed(
        "The modified permissions grant new access compared to your existing policy.",
        "New access in the statement with",
        answer.only_a,
        new,
        kind,
    )


@operation("accessanalyzer", "CheckAccessNotGranted")
def check_access_not_granted(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckAccessNotGranted.html"""
    params = call.params
    kind, policy = params["policyType"], _policy(params["policyDocument"], params["policyType"])
    for access in params["access"]:
        actions, resources = access.get("actions") or [], access.get("resources") or []
        if not actions and not resources:
            raise invalid("At least one of actions and resources must be given.")
        witness = _granted(policy, kind, Space(action=actions or "*", resource=resources or "*"))
        if witness is not None:
            return _failed(
                "The policy document grants access to perform one or more of the listed actions or resources.",
                "One or more of the listed actions or resources in the statement with",
                witness,
                policy,
                kind,
            )
    return _passed("The policy document does not grant access to perform the listed actions or resources.")


@operation("accessanalyzer", "CheckNoPublicAccess")
def check_no_public_access(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_CheckNoPublicAccess.html"""
    policy = _policy(call.params["policyDocument"], "RESOURCE_POLICY", call.params["resourceType"] == _TRUST)
    if call.params["resourceType"] == _BUCKET and (found := public_statements(policy)):
        reasons = [_reason(_OPEN, number, policy.statements[number].sid) for number in found]
        return {"result": "FAIL", "message": _PUBLICLY, "reasons": reasons}
    witness = _granted(policy, "RESOURCE_POLICY", _PUBLIC)
    if witness is None:
        return _passed("The resource policy does not grant public access for the given resource type.")
    return _failed(
        _PUBLICLY,
        _OPEN,
        witness,
        policy,
        "RESOURCE_POLICY",
    )


# ------------------------------------------------------------------ questions
def _granted(policy: Policy, kind: str, space: Space) -> Request | None:
    try:
        answer = allows(_set(policy, kind), space)
    except ValueError as error:
        raise invalid(str(error)) from error
    if answer.allowed is None:
        raise _undecided(answer.reason)
    return answer.request


def _policy(text: str, kind: str, trust: bool = False) -> Policy:
    """A policy of which one can ask something: its grammar has to be right."""
    if kind not in ("IDENTITY_POLICY", "RESOURCE_POLICY"):
        raise invalid(f"Invalid policy type: {kind}")
    policy = Policy(text)
    errors = policy.errors("trust" if trust else _KINDS[kind])
    # A trust policy is a resource policy without resources.
    errors = tuple(error for error in errors if error.code != "MISSING_RESOURCE" or kind == "IDENTITY_POLICY")
    if errors:
        raise AwsError("InvalidParameterException", f"Invalid policy document: {errors[0].message}")
    return policy


def _set(policy: Policy, kind: str) -> Any:
    return policy_set(policy, kind == "RESOURCE_POLICY")


def _passed(message: str) -> dict[str, Any]:
    return {"result": "PASS", "message": message, "reasons": []}


def _failed(message: str, where: str, witness: Request, policy: Policy, kind: str) -> dict[str, Any]:
    """The answer with the statements that allow the request which shows it."""
    statements = [
        statement
        for statement in decide(witness, _set(policy, kind)).statements
        if str(statement.effect) == "Allow"
    ]
    return {
        "result": "FAIL",
        "message": message,
        "reasons": [_reason(where, statement.statement_index, statement.sid) for statement in statements],
    }


def _reason(where: str, number: int, sid: str | None) -> dict[str, Any]:
    named = f"sid: {sid}" if sid else f"index: {number}"
    reason: dict[str, Any] = {"description": f"{where} {named}.", "statementIndex": number}
    if sid:
        reason["statementId"] = sid
    return reason


# ------------------------------------------------------------------ findings on the wire
def _finding(finding: Finding, text: str) -> dict[str, Any]:
    made: dict[str, Any] = {
        "findingDetails": details(finding, text),
        "findingType": str(finding.severity),
        "issueCode": finding.code,
        "learnMoreLink": finding.learn_more,
        "locations": [],
    }
    if finding.span is not None:
        made["locations"] = [{"path": _path(finding.path), "span": _span(finding.span)}]
    return made


def _path(path: Iterable[str | int]) -> list[dict[str, Any]]:
    return [{"index": step} if isinstance(step, int) else {"value": step} for step in path]


def _span(span: Span) -> dict[str, Any]:
    """AWS counts lines from 1, columns and offsets from 0."""
    return {
        "start": {"line": span.line, "column": span.column - 1, "offset": span.start},
        "end": {"line": span.end_line, "column": span.end_column - 1, "offset": span.end},
    }


def _undecided(reason: str) -> AwsError:
    return AwsError("UnprocessableEntityException", f"The policy could not be reasoned about: {reason}", 422)
