"""Findings about policies in Access Analyzer's words, where these are known.

In: a finding of `iamlab.policy` and the text it was made from. Out: `findingDetails`; of checks whose words aren't in
the table, the lab's own. `iamlab.policy` explains more; AWS's words are for programs that go by them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import re

from iamlab.policy.findings import Finding

OURS = frozenset({"ACTION_WITHOUT_RESOURCE_TYPES", "RESOURCE_NOT_FOR_ACTION"})
"""Checks that AWS doesn't make."""

_PASSES = "We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement."
_INSTEAD = "We recommend that you specify resource ARNs instead."
_LINKED = "can allow creation of unintended service-linked roles"

# Issue code -> words; {value} is what stands in the policy at the finding's place.
_WORDS = {
    "INVALID_ACTION": "The action {value} does not exist.",
    "INVALID_EFFECT": "The effect {value} is not valid. Use Allow or Deny.",
    "INVALID_GLOBAL_CONDITION_KEY": "The condition key {value} does not exist. Use a valid condition key.",
    "INVALID_CONDITION_OPERATOR": "The condition operator {value} is not valid. Use a valid condition operator.",
    "INVALID_ARN_PREFIX": "Add the required prefix (arn) to the resource ARN.",
    "INVALID_ARN_RESOURCE": (
        "Resource ARN does not match the expected ARN format. Update the resource portion of the ARN."
    ),
    "JSON_SYNTAX_ERROR": "Fix the JSON syntax error at index {index} line {line} column {column}.",
    "MISSING_EFFECT": "Add an Effect element to the policy statement with a value of Allow or Deny.",
    "MISSING_ACTION": "Add an Action or NotAction element to the policy statement.",
    "MISSING_RESOURCE": "Add a Resource or NotResource element to the policy statement.",
    "MISSING_PRINCIPAL": "Add a Principal element to the policy statement.",
    "MISSING_VERSION": (
        "We recommend that you specify the Version element to help you with debugging permission issues."
    ),
    "EMPTY_SID_VALUE": "Add a value to the empty string in the Sid element.",
    "EMPTY_ARRAY_ACTION": "This statement includes no actions and does not affect the policy. Specify actions.",
    "EMPTY_ARRAY_RESOURCE": (
        "This statement includes no resources and does not affect the policy. Specify resources."
    ),
    "EMPTY_OBJECT_CONDITION": (
        "This condition block is empty and it does not affect the policy. Specify conditions."
    ),
    "UNIQUE_SIDS_REQUIRED": (
        "Duplicate statement IDs are not supported for this policy type. Update the Sid value."
    ),
    "UNIQUE_SIDS_RECOMMENDED": (
        "We recommend that you use statement IDs that are unique to your policy. Update the Sid value."
    ),
    "REDUNDANT_STATEMENT": (
        "The statements are redundant because they provide identical permissions. "
        "Update the policy to remove the redundant statement."
    ),
    "PASS_ROLE_WITH_STAR_IN_RESOURCE": (
        "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it allows "
        f"iam:PassRole permissions on multiple resources. {_PASSES}"
    ),
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": (
        "Using wildcards (*) in the action and the resource can be overly permissive because it allows iam:PassRole "
        f"permissions on all resources. {_PASSES}"
    ),
    "CREATE_SLR_WITH_STAR_IN_RESOURCE": (
        f"Using the iam:CreateServiceLinkedRole action with wildcards (*) in the resource {_LINKED}. {_INSTEAD}"
    ),
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE": (
        f"Using wildcards (*) in the action and the resource {_LINKED} because it allows iam:CreateServiceLinkedRole "
        f"permissions on all resources. {_INSTEAD}"
    ),
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": (
        "Using ForAllValues qualifier with the single-valued condition key {value} can be overly permissive. "
        "We recommend that you remove ForAllValues:."
    ),
    "WILDCARD_WITHOUT_LIKE_OPERATOR": (
        "Your condition value includes a * or ? character. If you meant to use a wildcard (*, ?), update the condition "
        "operator to include Like."
    ),
}
_ASKS = frozenset({"INVALID_ACTION"})
"""Checks that AWS lets ask what was meant."""
_MEANT = re.compile(r"did you mean `([^`]+)`")


def details(finding: Finding, text: str) -> str:
    """What Access Analyzer tells of a finding.

    Args:
        finding: of a policy.
        text: the policy's document.
    """
    words = _WORDS.get(finding.code)
    if words is None or finding.span is None:
        return finding.message if not finding.why else f"{finding.message}. {finding.why}"
    span = finding.span
    value = text[span.start : span.end].strip('"')
    told = words.format(value=value, index=span.start, line=span.line, column=span.column - 1)
    meant = _MEANT.search(finding.message) if finding.code in _ASKS else None
    return told if meant is None else f"{told} Did you mean {meant[1]}?"
