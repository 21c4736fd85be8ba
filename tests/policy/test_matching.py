"""Actions, resources and principals: which patterns cover what. One row, one rule.

Pages: reference_policies_elements_action, …_notaction, …_resource, …_notresource, …_principal,
reference_policies_variables.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from iamlab.engine import PolicySet, Request, decide
from iamlab.policy import Policy

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/ada"
EVERYTHING = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def matches(statement: dict[str, Any], request: Request, version: str = "2012-10-17") -> bool:
    """Whether a statement matches; its trace must agree, and as a Deny it must match alike."""
    allow = {"Version": version, "Statement": {"Effect": "Allow"} | statement}
    deny = {"Version": version, "Statement": {"Effect": "Deny"} | statement}
    decision = decide(request, PolicySet(identity=[allow]))
    assert decision.allowed == (
        decide(request, PolicySet(identity=[EVERYTHING, deny])).outcome == "ExplicitlyDenied"
    )
    traced = next(iter(decision.trace.statements()))[2]
    assert traced.matched == decision.allowed
    assert all(part.reason for part in traced.parts)
    return decision.allowed


ACTIONS: list[tuple[Any, str, bool]] = [
    ("s3:GetObject", "s3:GetObject", True),
    ("S3:getobject", "s3:GetObject", True),
    ("s3:GetObject", "S3:GETOBJECT", True),
    ("s3:Get", "s3:GetObject", False),
    ("s3:*", "s3:GetObject", True),
    ("s3:*", "s3express:GetObject", False),
    ("s3:*Object", "s3:GetObject", True),
    ("s3:*Object", "s3:GetObjectAcl", False),
    ("s3:*Object*", "s3:GetObjectAcl", True),
    ("s3:G?tObject", "s3:GetObject", True),
    ("s3:GetObject?", "s3:GetObject", False),
    ("s3:?*", "s3:GetObject", True),
    ("*", "s3:GetObject", True),
    ("**", "s3:GetObject", True),
    ("*:*", "s3:GetObject", True),
    ("s3*:GetObject", "s3express:GetObject", True),
    ("*:Get*", "s3:GetObject", True),
    (["sqs:*", "s3:GetObject"], "s3:GetObject", True),
    ([], "s3:GetObject", False),
]


@pytest.mark.parametrize(("listed", "action", "expected"), ACTIONS)
def test_actions(listed: Any, action: str, expected: bool) -> None:
    request = Request(action, "arn:aws:s3:::b/k", USER)
    assert matches({"Action": listed, "Resource": "*"}, request) is expected
    assert matches({"NotAction": listed, "Resource": "*"}, request) is (not expected and listed != [])


RESOURCES: list[tuple[Any, str, bool]] = [
    ("*", "arn:aws:s3:::b/k", True),
    ("*", "*", True),
    ("arn:aws:s3:::b/k", "arn:aws:s3:::b/k", True),
    ("arn:aws:s3:::b/k", "arn:aws:s3:::B/k", False),
    ("arn:aws:s3:::b", "arn:aws:s3:::b/k", False),
    ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k/l", True),
    ("arn:aws:s3:::b/*", "arn:aws:s3:::b/", True),
    ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
    ("arn:aws:s3:::b*", "arn:aws:s3:::bucket/k", True),
    ("arn:aws:s3:::b/*/x/*", "arn:aws:s3:::b//x/", True),
    ("arn:aws:s3:::b/*/x/*", "arn:aws:s3:::b/x/y", False),
    ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", True),
    ("arn:aws:s3:::b/?", "arn:aws:s3:::b/", False),
    ("arn:aws:s3:::b/?/*z", "arn:aws:s3:::b/k/xyz", True),
    ("arn:aws:s3:::b/a*c", "arn:aws:s3:::b/a:b/c", True),  # in the resource part a colon is ordinary text
    ("arn:aws:s3:::b/a?c", "arn:aws:s3:::b/a:c", True),
    ("arn:aws:s3:::*", "*", False),  # an action without resource is granted on `*` alone
    ("arn:aws:logs:*:*:log-group:/a/*", f"arn:aws:logs:eu-west-1:{A}:log-group:/a/b:log-stream:s", True),
    (
        "arn:aws:logs:*:log-group:/a/*:*",
        f"arn:aws:logs:eu-west-1:{A}:log-group:/a/b:s",
        True,
    ),  # ends its segment
    (f"arn:aws:logs:eu-*-1:{A}:q", f"arn:aws:logs:eu-west-1:{A}:q", True),
    (
        "arn:aws:logs:e*1:x:q",
        "arn:aws:logs:eu:1:x:q",
        False,
    ),  # inside of a segment it can't swallow the colon
    ("arn:aws:logs:e*1:x:q*", "arn:aws:logs:eu:1:x:q", False),
    ("arn:aws:logs:eu?1:x:q", "arn:aws:logs:eu:1:x:q", False),
    (
        "arn:aws:logs:e?:x:q",
        "arn:aws:logs:eu:x:q",
        True,
    ),  # five parts are no ARN: the pattern can't be evaluated
    ("arn:*:s3:::b", "arn:aws:s3:::b", True),
    ("arn:aws:s3:e?::b/a*c", "arn:aws:s3:eu::b/a:b/c", True),
    ("arn:aws:s3:e?::b:a*c", "arn:aws:s3:eu::b:a:b/c", True),
    (["arn:aws:s3:::a", "arn:aws:s3:::b"], "arn:aws:s3:::b", True),
    (["arn:aws:s3:::a*", "arn:aws:s3:::b*"], "arn:aws:s3:::bx", True),
    (["arn:aws:s3:::a*", "arn:aws:s3:::b*"], "arn:aws:s3:::c", False),
    ([], "arn:aws:s3:::b", False),
]


@pytest.mark.parametrize(("listed", "resource", "expected"), RESOURCES)
def test_resources(listed: Any, resource: str, expected: bool) -> None:
    request = Request("s3:GetObject", resource, USER, resource_account=A)
    assert matches({"Action": "*", "Resource": listed}, request) is expected
    assert matches({"Action": "*", "NotResource": listed}, request) is (not expected and listed != [])


NAME = {"aws:username": "ada"}
WITH_VARIABLES: list[tuple[Any, str, dict[str, Any], bool]] = [
    ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/ada/x", NAME, True),
    ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/bea/x", NAME, False),
    ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b//x", {}, False),
    ("arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::b/${aws:username}/x", {}, False),
    ("arn:aws:s3:::b/${aws:username, 'all'}/*", "arn:aws:s3:::b/all/x", {}, True),
    ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/anything", {"aws:username": "*"}, False),
    ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/*", {"aws:username": "*"}, True),
    ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/x", {"aws:username": "?"}, False),
    ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/$", {"aws:username": "$"}, True),
    ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/ada", {"aws:username": ["ada"]}, False),
    ("arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/a:b", {"aws:username": "a:b"}, True),
    ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/*", {}, True),
    ("arn:aws:s3:::b/${*}", "arn:aws:s3:::b/x", {}, False),
    ("arn:aws:s3:::b/${?}${$}*", "arn:aws:s3:::b/?$x", {}, True),
    (["arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::c"], "arn:aws:s3:::c", {}, True),
    (["arn:aws:s3:::c", "arn:aws:s3:::b/${aws:username}"], "arn:aws:s3:::b/ada", NAME, True),
    (["*", "arn:aws:s3:::b/${aws:username}"], "arn:aws:s3:::c", {}, True),
    (["arn:aws:s3:::c*", "arn:aws:s3:::b/${aws:username}"], "arn:aws:s3:::cx", {}, True),
]


@pytest.mark.parametrize(("listed", "resource", "context", "expected"), WITH_VARIABLES)
def test_resources_with_variables(
    listed: Any, resource: str, context: dict[str, Any], expected: bool
) -> None:
    request = Request("s3:GetObject", resource, USER, context=context)
    assert matches({"Action": "*", "Resource": listed}, request) is expected


def test_not_resource_with_variables() -> None:
    home = {"Action": "*", "NotResource": "arn:aws:s3:::b/${aws:username}"}
    assert matches(home, Request("s3:GetObject", "arn:aws:s3:::b/bea", USER, context=NAME))
    assert not matches(home, Request("s3:GetObject", "arn:aws:s3:::b/ada", USER, context=NAME))
    # Without a value the documentation leaves open what is covered: nothing is.
    assert not matches(home, Request("s3:GetObject", "arn:aws:s3:::b/bea", USER))


@pytest.mark.parametrize("version", ["2008-10-17", "2012-10-17"])
def test_variables_need_the_newer_language(version: str) -> None:
    statement = {"Action": "*", "Resource": "arn:aws:s3:::b/${aws:username}"}
    new = version == "2012-10-17"
    assert (
        matches(statement, Request("s3:GetObject", "arn:aws:s3:::b/ada", USER, context=NAME), version) is new
    )
    written = Request("s3:GetObject", "arn:aws:s3:::b/${aws:username}", USER, context=NAME)
    assert matches(statement, written, version) is not new


# principal element, caller, named at all (as a Deny sees it), grants by itself (as an Allow)
PRINCIPALS: list[tuple[Any, dict[str, Any], bool, bool]] = [
    ("*", {"principal": USER}, True, True),
    ({"AWS": "*"}, {"principal": USER}, True, True),
    ({"AWS": "*"}, {"principal": None}, True, True),
    ({"AWS": USER}, {"principal": USER}, True, True),
    ({"AWS": [f"arn:aws:iam::{A}:user/zoe", USER]}, {"principal": USER}, True, True),
    ({"AWS": f"arn:aws:iam::{A}:user/Ada"}, {"principal": USER}, False, False),
    ({"AWS": A}, {"principal": USER}, True, False),
    ({"AWS": f"arn:aws:iam::{A}:root"}, {"principal": USER}, True, False),
    ({"AWS": f"arn:aws-cn:iam::{A}:root"}, {"principal": USER}, False, False),
    ({"AWS": B}, {"principal": USER}, False, False),
    ({"AWS": A}, {"principal": None}, False, False),
    ({"AWS": A}, {"principal": "x.amazonaws.com"}, False, False),
    ({"AWS": []}, {"principal": USER}, False, False),
    ({}, {"principal": USER}, False, False),
    ({"AWS": "AIDAEXAMPLEEXAMPLEID"}, {"principal": USER}, False, False),
    ({"Service": "x.amazonaws.com"}, {"principal": "x.amazonaws.com"}, True, True),
    ({"Service": "x.amazonaws.com"}, {"principal": "y.amazonaws.com"}, False, False),
    ({"Service": "x.amazonaws.com"}, {"principal": USER}, False, False),
    ({"Service": "x.amazonaws.com", "AWS": USER}, {"principal": USER}, True, True),
    ({"Service": "x.amazonaws.com", "AWS": USER}, {"principal": "x.amazonaws.com"}, True, True),
    ({"Federated": "accounts.google.com"}, {"principal": "accounts.google.com"}, True, True),
    ({"Federated": "accounts.google.com"}, {"principal": USER}, False, False),
]


def ask_resource_policy(effect: str, principal: Any, caller: dict[str, Any]) -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": "*", "Resource": "*"}
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    statements = [statement] if effect == "Allow" else [everybody, statement]
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", resource_account=A, **caller)
    return decide(request, PolicySet(resource={"Version": "2012-10-17", "Statement": statements})).outcome


@pytest.mark.parametrize(("principal", "caller", "named", "grants"), PRINCIPALS)
def test_principals(principal: Any, caller: dict[str, Any], named: bool, grants: bool) -> None:
    assert (ask_resource_policy("Allow", principal, caller) == "Allowed") is grants
    assert (ask_resource_policy("Deny", principal, caller) == "ExplicitlyDenied") is named


def test_the_trace_says_which_kind_of_principal_is_listed() -> None:
    listed = {"AWS": [A], "Service": "x.amazonaws.com", "Federated": "accounts.google.com"}
    resource = {"Statement": {"Effect": "Allow", "Principal": listed, "Action": "*"}}
    decision = decide(Request("s3:GetObject", "arn:aws:s3:::b/k", USER), PolicySet(resource=resource))
    statement = next(iter(decision.trace.statements()))[2]
    part = next(part for part in statement.parts if part.element == "Principal")
    assert part.policy_values == (A, "Service x.amazonaws.com", "Federated accounts.google.com")


UNREADABLE_PRINCIPALS: list[tuple[Any, str]] = [
    (USER, "INVALID_PRINCIPAL_FORMAT"),
    (None, "INVALID_PRINCIPAL_FORMAT"),
    (["*"], "INVALID_PRINCIPAL_FORMAT"),
    ({"AWS": f"arn:aws:iam::{A}:user/*"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"AWS": f"arn:aws:iam::{A}:user/a?a"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"AWS": f"arn:aws:sts::{A}:assumed-role/batch/*"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"AWS": [USER, "arn:aws:iam::*:root"]}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"AWS": "ada"}, "INVALID_PRINCIPAL_FORMAT"),
    ({"AWS": f"arn:aws:iam::{A}:group/staff"}, "INVALID_PRINCIPAL_FORMAT"),
    ({"AWS": 111111111111}, "INVALID_PRINCIPAL_FORMAT"),
    ({"Service": "*"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"Service": "ec2"}, "INVALID_PRINCIPAL_FORMAT"),
    ({"Federated": "*"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"Federated": "*.example.com"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"CanonicalUser": ""}, "INVALID_PRINCIPAL_FORMAT"),
    ({"CanonicalUser": "*"}, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL"),
    ({"Federated": "https://accounts.google.com"}, "INVALID_PRINCIPAL_FORMAT"),
    ({"aws": USER}, "INVALID_PRINCIPAL_KEY"),
    ({"Group": USER}, "INVALID_PRINCIPAL_KEY"),
]


@pytest.mark.parametrize(("principal", "code"), UNREADABLE_PRINCIPALS)
def test_a_principal_that_can_not_be_read_fails_closed(principal: Any, code: str) -> None:
    for caller in (
        {"principal": USER},
        {"principal": None},
        {"principal": f"arn:aws:iam::{A}:root", "account": A},
    ):
        if caller["principal"] != f"arn:aws:iam::{A}:root":
            assert ask_resource_policy("Allow", principal, caller) == "ImplicitlyDenied"
        assert ask_resource_policy("Deny", principal, caller) == "ExplicitlyDenied"
    statement = {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}
    assert code in {finding.code for finding in Policy({"Statement": statement}).errors()}


def test_a_canonical_user_can_not_be_told_from_a_request() -> None:
    owner = {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}
    assert ask_resource_policy("Allow", owner, {"principal": USER}) == "ImplicitlyDenied"
    assert ask_resource_policy("Deny", owner, {"principal": USER}) == "ExplicitlyDenied"
    assert Policy({"Statement": {"Effect": "Deny", "Principal": owner, "Action": "*"}}).valid


# A statement that can't be evaluated: as an Allow it grants nothing, as a Deny it counts.
FINE = {"Action": "*", "Resource": "*"}
BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"Resource": "*"}, "MISSING_ACTION"),
    ({"Action": "s3", "Resource": "*"}, "INVALID_ACTION"),
    ({"Action": "s3*", "Resource": "*"}, "INVALID_ACTION"),
    ({"Action": ["s3:GetObject", "s3"], "Resource": "*"}, "INVALID_ACTION"),
    ({"Action": "", "Resource": "*"}, "INVALID_ACTION"),
    ({"Action": "s3: GetObject", "Resource": "*"}, "INVALID_ACTION"),
    ({"Action": 7, "Resource": "*"}, "DATA_TYPE_MISMATCH"),
    ({"Action": {"s3": "*"}, "Resource": "*"}, "DATA_TYPE_MISMATCH"),
    ({"NotAction": "s3", "Resource": "*"}, "INVALID_ACTION"),
    ({"Action": "*", "NotAction": "s3:*", "Resource": "*"}, "UNSUPPORTED_ELEMENT_COMBINATION"),
    ({"Action": "sqs:*", "NotAction": "s3:*", "Resource": "*"}, "UNSUPPORTED_ELEMENT_COMBINATION"),
    ({"Action": "*", "Resource": "*", "NotResource": "*"}, "UNSUPPORTED_ELEMENT_COMBINATION"),
    ({"Action": "*", "Resource": "bucket"}, "MISSING_ARN_FIELD"),
    ({"Action": "*", "Resource": "arn:aws:s3*"}, "MISSING_ARN_FIELD"),
    ({"Action": "*", "Resource": "arn:aws:logs:*"}, "MISSING_ARN_FIELD"),
    ({"Action": "*", "Resource": ""}, "MISSING_ARN_FIELD"),
    ({"Action": "*", "Resource": "xrn:aws:s3:::b/k"}, "MISSING_ARN_FIELD"),
    ({"Action": "*", "Resource": ["arn:aws:s3:::b", 1]}, "DATA_TYPE_MISMATCH"),
    ({"Action": "*", "Resource": 7}, "DATA_TYPE_MISMATCH"),
    ({"Action": "*", "Resource": None}, "DATA_TYPE_MISMATCH"),
    ({"Action": "*", "NotResource": [["arn:aws:s3:::b/k"]]}, "DATA_TYPE_MISMATCH"),
    (
        {"Action": "*", "Resource": "arn:aws:sqs:eu-west-1:${aws:PrincipalAccount}:q"},
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
    ),
    ({"Action": "*", "Resource": "${aws:username}"}, "VARIABLE_UNSUPPORTED_IN_ELEMENT"),
    ({"Action": "*", "Resource": "arn:aws:s3:::b/${aws:username"}, "MISSING_BRACE_IN_VARIABLE"),
    ({"Action": "*", "NotResource": "arn:aws:s3:::b/${}"}, "EMPTY_VARIABLE"),
    (FINE | {"Conditions": {}}, "INVALID_POLICY_ELEMENT"),
    (FINE | {"condition": {}}, "INVALID_POLICY_ELEMENT"),
]


@pytest.mark.parametrize(("statement", "code"), BROKEN)
def test_an_element_that_can_not_be_read_fails_closed(statement: dict[str, Any], code: str) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow"} | statement}
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny"} | statement}
    assert decide(request, PolicySet(identity=[allow])).outcome == "ImplicitlyDenied"
    denied = decide(request, PolicySet(identity=[EVERYTHING, deny]))
    assert denied.outcome == "ExplicitlyDenied"
    assert "can't be read counts as met" in denied.explain()
    findings = Policy(allow).errors()
    assert code in {finding.code for finding in findings}
    assert all(finding.span for finding in findings)


EFFECTS = [
    ("allow", "ImplicitlyDenied", "Allowed"),
    ("ALLOW", "ImplicitlyDenied", "Allowed"),
    ("deny", "ExplicitlyDenied", "ExplicitlyDenied"),
    ("Refuse", "ExplicitlyDenied", "ExplicitlyDenied"),
    (True, "ExplicitlyDenied", "ExplicitlyDenied"),
    (None, "ExplicitlyDenied", "ExplicitlyDenied"),
]


@pytest.mark.parametrize(("effect", "alone", "beside_an_allow"), EFFECTS)
def test_an_effect_counts_as_spelled_and_otherwise_as_what_it_may_have_meant(
    effect: Any, alone: str, beside_an_allow: str
) -> None:
    odd = {"Statement": FINE | {"Effect": effect}}
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    assert decide(request, PolicySet(identity=[odd])).outcome == alone
    assert decide(request, PolicySet(identity=[EVERYTHING, odd])).outcome == beside_an_allow
    assert [finding.code for finding in Policy(odd).errors()] == ["INVALID_EFFECT"]


MISPLACED: list[tuple[str, dict[str, Any], str]] = [
    ("identity", {"Principal": "*"} | FINE, "Principal"),
    ("boundary", {"NotPrincipal": {"AWS": A}} | FINE, "Principal"),
    ("session", {"Principal": {"AWS": USER}} | FINE, "Principal"),
    ("identity", {"Action": "*"}, "Resource"),
    ("resource", FINE, "Principal"),
    ("vpce", FINE, "Principal"),
]


@pytest.mark.parametrize(("layer", "statement", "element"), MISPLACED)
def test_an_element_out_of_place_fails_closed(layer: str, statement: dict[str, Any], element: str) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)

    def ask(effect: str, **others: Any) -> Any:
        odd = {"Statement": {"Effect": effect} | statement}
        return decide(request, PolicySet(**({layer: odd if layer == "resource" else [odd]} | others)))

    others: dict[str, Any] = {} if layer == "identity" else {"identity": [EVERYTHING]}
    denied = ask("Deny", **others)
    assert (denied.outcome, denied.layer) == ("ExplicitlyDenied", layer)
    allowed = ask("Allow", **others)
    assert allowed.allowed is (layer == "resource")  # there the identity policy's Allow remains
    traced = allowed.trace.layer(layer)
    assert element in [part.element for part in traced.policies[0].statements[0].parts if part.broken]


def test_a_sid_that_is_no_string_is_reported_and_stops_nothing() -> None:
    odd = Policy({"Statement": {"Sid": 7, "Effect": "Allow"} | FINE})
    assert decide(Request("s3:GetObject", "arn:aws:s3:::b/k", USER), PolicySet(identity=[odd])).allowed
    assert [finding.code for finding in odd.errors()] == ["DATA_TYPE_MISMATCH"]


def test_an_rcp_speaks_of_everybody() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    narrow = {"Statement": {"Effect": "Deny", "Principal": {"AWS": B}} | FINE}
    assert decide(request, PolicySet(identity=[EVERYTHING], rcps=[[narrow]])).outcome == "ExplicitlyDenied"
    named = {"Statement": {"Effect": "Allow", "Principal": {"AWS": A}} | FINE}
    silent = decide(request, PolicySet(identity=[EVERYTHING], rcps=[[named]]))
    assert (silent.outcome, silent.layer) == ("ImplicitlyDenied", "rcp")


DOCUMENTS: list[tuple[Any, str]] = [
    ({"Version": "2012-10-18", "Statement": {"Effect": "Deny"} | FINE}, "INVALID_VERSION"),
    ({"Version": 2012, "Statement": {"Effect": "Deny"} | FINE}, "INVALID_VERSION"),
    ({"Statement": {"Effect": "Deny"} | FINE, "Statements": []}, "INVALID_POLICY_ELEMENT"),
    ({"Statements": [{"Effect": "Deny"} | FINE]}, "INVALID_POLICY_ELEMENT"),
    ({"Statement": ["Deny"]}, "DATA_TYPE_MISMATCH"),
    ({"Statement": "Deny"}, "DATA_TYPE_MISMATCH"),
    ("{", "JSON_SYNTAX_ERROR"),
    ("", "JSON_SYNTAX_ERROR"),
    ("[1]", "JSON_SYNTAX_ERROR"),
    ('"Deny"', "JSON_SYNTAX_ERROR"),
    ("[" * 100_000, "JSON_SYNTAX_ERROR"),
    ('{"Statement": ' + "[" * 200 + "]" * 200 + "}", "JSON_SYNTAX_ERROR"),
    ('{"Statement": [], "Statement": []}', "JSON_SYNTAX_ERROR"),
    (
        '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}',
        "JSON_SYNTAX_ERROR",
    ),
]


@pytest.mark.parametrize(("source", "code"), DOCUMENTS)
def test_a_document_that_can_not_be_read_fails_closed(source: Any, code: str) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    policy = Policy(source)
    assert code in {finding.code for finding in policy.errors()}
    assert not policy.valid
    alone = decide(request, PolicySet(identity=[policy]))
    assert not alone.allowed
    beside = decide(request, PolicySet(identity=[EVERYTHING, policy]))
    if policy.statements:
        assert beside.outcome == "ExplicitlyDenied"
        assert "can't be evaluated" in beside.explain()
    assert beside.to_html()


def test_brackets_in_a_string_are_no_nesting() -> None:
    policy = Policy(json.dumps(EVERYTHING | {"Id": "[{" * 200}))
    assert policy.valid
    assert decide(Request("s3:GetObject", "arn:aws:s3:::b/k", USER), PolicySet(identity=[policy])).allowed


def test_all_elements_of_a_statement_must_be_met() -> None:
    condition = {"StringEquals": {"aws:x": "1"}, "Bool": {"aws:y": "true"}}
    statement = {"Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*", "Condition": condition}
    context = {"aws:x": "1", "aws:y": True}
    assert matches(statement, Request("s3:GetObject", "arn:aws:s3:::b/k", USER, context=context))
    assert not matches(statement, Request("s3:PutObject", "arn:aws:s3:::b/k", USER, context=context))
    assert not matches(statement, Request("s3:GetObject", "arn:aws:s3:::c/k", USER, context=context))
    for missing in context:
        held = {key: value for key, value in context.items() if key != missing}
        assert not matches(statement, Request("s3:GetObject", "arn:aws:s3:::b/k", USER, context=held))


def test_principal_and_not_principal_in_one_statement_fail_closed() -> None:
    both = {"Principal": {"AWS": B}, "NotPrincipal": {"AWS": [USER, A]}} | FINE
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    denied = decide(
        request, PolicySet(identity=[EVERYTHING], resource={"Statement": {"Effect": "Deny"} | both})
    )
    assert (denied.outcome, denied.layer) == ("ExplicitlyDenied", "resource")
    odd = Policy({"Statement": {"Effect": "Allow"} | both | {"Principal": "*"}})
    assert not decide(request, PolicySet(resource=odd)).allowed
    assert "UNSUPPORTED_ELEMENT_COMBINATION" in {finding.code for finding in odd.errors()}


NEAR = [("Actions", "`Action`"), ("effect", "`Effect`"), ("CONDITION", "`Condition`"), ("Foo", None)]


@pytest.mark.parametrize(("name", "meant"), NEAR)
def test_an_unknown_element_is_pointed_at_and_likened_where_it_can_be(name: str, meant: str | None) -> None:
    text = json.dumps({"Statement": {"Effect": "Deny", name: "x"} | FINE})
    finding = next(item for item in Policy(text).errors() if item.code == "INVALID_POLICY_ELEMENT")
    assert finding.span is not None
    assert text[finding.span.start : finding.span.end] == f'"{name}"'
    assert finding.message.endswith(f"did you mean {meant}?" if meant else "is no element of a statement")


PRINCIPALS_POINTED = [
    ('{"AWS": ["111111111111", "ada"]}', '"ada"'),
    ('{"AWS": "ada"}', '"ada"'),
    ('{"Group": "ada"}', '"Group"'),
]


@pytest.mark.parametrize(("principal", "pointed"), PRINCIPALS_POINTED)
def test_a_bad_principal_is_pointed_at(principal: str, pointed: str) -> None:
    text = f'{{"Statement": {{"Effect": "Deny", "Principal": {principal}, "Action": "*"}}}}'
    (finding,) = Policy(text).errors()
    assert finding.span is not None
    assert text[finding.span.start : finding.span.end] == pointed


def test_a_document_of_another_version_grants_nothing() -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    assert not decide(request, PolicySet(identity=[EVERYTHING | {"Version": "2013-01-01"}])).allowed


@pytest.mark.parametrize("source", [{}, {"Version": "2012-10-17"}, {"Statement": []}])
def test_a_document_without_statements_says_nothing(source: Any) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", USER)
    assert decide(request, PolicySet(identity=[EVERYTHING, source])).allowed
    assert decide(request, PolicySet(identity=[source])).outcome == "ImplicitlyDenied"
