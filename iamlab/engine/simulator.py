"""A decision in the words of IAM's policy simulator.

Comes in: a decision. Goes out: one `EvaluationResult` as `SimulatePrincipalPolicy` and `SimulateCustomPolicy`
answer it. Matched statements with their places and missing context keys come out of the decision's own trace.

See https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from iamlab.engine.layers import Layer, Outcome
from iamlab.policy.statement import Statement

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision, StatementRef
    from iamlab.policy import Policy

__all__ = ["combined_result", "context_keys", "evaluation_result", "missing_context_keys"]

_DECISIONS: Final = {
    Outcome.ALLOWED: "allowed",
    Outcome.IMPLICITLY_DENIED: "implicitDeny",
    Outcome.EXPLICITLY_DENIED: "explicitDeny",
}

# How the simulator calls policies that have no name: by the request parameter they came in, counted from 1.
_INPUTS: Final = {
    Layer.IDENTITY: "PolicyInputList",
    Layer.BOUNDARY: "PermissionsBoundaryPolicyInputList",
    Layer.RESOURCE: "ResourcePolicy",
}


def evaluation_result(decision: Decision) -> dict[str, Any]:
    """The decision as an `EvaluationResult`."""
    request = decision.request
    # Statements show that led to the decision, and nothing leads to an implicit denial.
    decisive = () if decision.outcome is Outcome.IMPLICITLY_DENIED else decision.statements
    result: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": _DECISIONS[decision.outcome],
        "MatchedStatements": [_matched(statement) for statement in decisive if statement.layer != Layer.SCP],
        "MissingContextValues": list(missing_context_keys(decision)),
    }
    organisation = decision.trace.layer(Layer.SCP)
    if organisation is not None and organisation.outcome is not None:
        result["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": organisation.outcome == Outcome.ALLOWED
        }
    boundary = decision.trace.layer(Layer.BOUNDARY)
    if boundary is not None and boundary.outcome is not None:
        result["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": boundary.outcome == Outcome.ALLOWED
        }
    return result


def combined_result(results: Sequence[dict[str, Any]], template: str) -> dict[str, Any]:
    """One `EvaluationResult` for an action that was simulated on several resources, with a part for each of them.

    Args:
        results: the results of single resources.
        template: what the action works on, with placeholders, which stands where a single resource would be named.
    """
    decisions = {result["EvalDecision"] for result in results}
    combined: dict[str, Any] = {
        "EvalActionName": results[0]["EvalActionName"],
        "EvalResourceName": template,
        "EvalDecision": next(
            found for found in ("explicitDeny", "allowed", "implicitDeny") if found in decisions
        ),
        "MatchedStatements": [],
        "MissingContextValues": [],
    }
    if "OrganizationsDecisionDetail" in results[0]:
        combined["OrganizationsDecisionDetail"] = {
            "AllowedByOrganizations": all(
                result["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for result in results
            )
        }
    return combined | {"ResourceSpecificResults": [_of_resource(result) for result in results]}


def _of_resource(result: dict[str, Any]) -> dict[str, Any]:
    part = {
        "EvalResourceName": result["EvalResourceName"],
        "EvalResourceDecision": result["EvalDecision"],
        "MatchedStatements": result["MatchedStatements"],
        "MissingContextValues": result["MissingContextValues"],
    }
    boundary = "PermissionsBoundaryDecisionDetail"
    return part | ({boundary: result[boundary]} if boundary in result else {})


def missing_context_keys(decision: Decision) -> tuple[str, ...]:
    """Keys that statements about this action ask for and the request doesn't carry, each once, sorted.

    As at AWS, an organisation's policies don't count.
    """
    values = decision.route.values
    asked = {
        key.lower(): key
        for layer in decision.trace.layers
        if layer.applies and layer.layer != Layer.SCP
        for policy in layer.policies
        for trace in policy.statements
        if trace.compared
        for key in _keys(trace.statement)
    }
    return tuple(sorted(key for name, key in asked.items() if name not in values))


def _keys(statement: Statement) -> Iterator[str]:
    if statement.resources is not None:
        yield from statement.resources.variables()
    for test in statement.tests:
        yield test.key
        yield from test.variables


def _matched(reference: StatementRef) -> dict[str, Any]:
    span, policy = reference.span, reference.policy
    found: dict[str, Any] = {
        "SourcePolicyId": policy.name or _input_name(reference),
        "SourcePolicyType": _source_type(reference),
    }
    if span is not None:
        found["StartPosition"] = _start(reference)
        found["EndPosition"] = {"Line": span.end_line, "Column": span.end_column}
    return found


def _start(reference: StatementRef) -> dict[str, int]:
    """Where the simulator sees a statement begin: right after what its parser has read by then.

    That is the bracket that opens the list of statements (or the only statement), or the statement before.
    """
    number = reference.statement_index
    before = reference.policy.span(("Statement", number - 1) if number else ("Statement",))
    assert before is not None, "a statement with a place stands in a text"
    if number:
        return {"Line": before.end_line, "Column": before.end_column}
    return {"Line": before.line, "Column": before.column + 1}


def _input_name(reference: StatementRef) -> str:
    name = _INPUTS.get(reference.layer, str(reference.layer))
    return name if reference.layer == Layer.RESOURCE else f"{name}.{reference.policy_index + 1}"


def _source_type(reference: StatementRef) -> str:
    """`IAM Policy` as people's recorded answers show it, where the API reference lists other words.

    What a resource's policy is called there is inferred, not seen.
    """
    return "Resource Policy" if reference.layer == Layer.RESOURCE else "IAM Policy"


def context_keys(policies: Iterable[Policy]) -> tuple[str, ...]:
    """The context keys that policies ask for, in conditions and variables, each once, in the order of the text."""
    found: dict[str, str] = {}
    for policy in policies:
        for statement in policy.statements:
            for key in _keys(statement):
                found.setdefault(key.lower(), key)
    return tuple(found.values())
