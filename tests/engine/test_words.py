"""The words: AWS's messages, our explanations, the trace's reasons and places.

Page: troubleshoot_access-denied.
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import Decision, Layer, PolicySet, Request, decide
from iamlab.policy import Policy

A, B = "111111111111", "222222222222"
USER = f"arn:aws:iam::{A}:user/ada"
OBJECT = "arn:aws:s3:::bucket/key"
ROLE = f"arn:aws:iam::{A}:role/target"
PROVIDER = f"arn:aws:iam::{A}:saml-provider/Corp"
FRAME = f"User: {USER} is not authorized to perform: s3:GetObject on resource: {OBJECT}"
ARN = f"arn:aws:iam::{A}:policy/Named"


def named(effect: str, action: str = "*", principal: bool = False, **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": "*"} | more
    return Policy(
        {"Version": "2012-10-17", "Statement": statement | ({"Principal": "*"} if principal else {})}, arn=ARN
    )


def grant(principal: Any) -> dict[str, Any]:
    return {"Statement": {"Effect": "Allow", "Principal": principal, "Action": "*", "Resource": "*"}}


ALLOW, DENY, OTHER = named("Allow"), named("Deny"), named("Allow", "sqs:*")
GRANT, REFUSE, ELSE = (
    named("Allow", principal=True),
    named("Deny", principal=True),
    named("Allow", "sqs:*", principal=True),
)

MESSAGES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("scp", {}, {"scps": [[OTHER]]}, "because no service control policy allows the s3:GetObject action"),
    ("scp", {}, {"scps": [[DENY]]}, f"with an explicit deny in a service control policy: {ARN}"),
    ("rcp", {}, {"rcps": [[ELSE]]}, "because no resource control policy allows the s3:GetObject action"),
    ("rcp", {}, {"rcps": [[REFUSE]]}, f"with an explicit deny in a resource control policy: {ARN}"),
    ("vpce", {}, {"vpce": [ELSE]}, "because no VPC endpoint policy allows the s3:GetObject action"),
    ("vpce", {}, {"vpce": [REFUSE]}, "with an explicit deny in a VPC endpoint policy"),
    ("identity", {}, {}, "because no identity-based policy allows the s3:GetObject action"),
    ("identity", {}, {"identity": [DENY]}, f"with an explicit deny in an identity-based policy: {ARN}"),
    (
        "boundary",
        {},
        {"identity": [ALLOW], "boundary": [OTHER]},
        "because no permissions boundary allows the s3:GetObject action",
    ),
    ("boundary", {}, {"boundary": [DENY]}, f"with an explicit deny in a permissions boundary: {ARN}"),
    (
        "session",
        {},
        {"identity": [ALLOW], "session": [OTHER]},
        "because no session policy allows the s3:GetObject action",
    ),
    ("session", {}, {"session": [DENY]}, f"with an explicit deny in a session policy: {ARN}"),
    (
        "resource",
        {"resource_account": B},
        {"identity": [ALLOW]},
        "because no resource-based policy allows the s3:GetObject action",
    ),
    ("resource", {}, {"resource": REFUSE}, "with an explicit deny in a resource-based policy"),
    # Callers of another account and organisation don't learn the policy's ARN.
    (
        "identity",
        {"resource_account": B},
        {"identity": [DENY]},
        "with an explicit deny in an identity-based policy",
    ),
    (
        "identity",
        {"resource_account": B, "context": {"aws:PrincipalOrgID": "o-1", "aws:ResourceOrgID": "o-1"}},
        {"identity": [DENY]},
        f"with an explicit deny in an identity-based policy: {ARN}",
    ),
    (
        "identity",
        {"resource_account": B, "context": {"aws:PrincipalOrgID": "o-1", "aws:ResourceOrgID": "o-2"}},
        {"identity": [DENY]},
        "with an explicit deny in an identity-based policy",
    ),
]


def judge(request: dict[str, Any], policies: dict[str, Any]) -> Decision:
    return decide(
        Request(**({"action": "s3:GetObject", "resource": OBJECT, "principal": USER} | request)),
        PolicySet(**policies),
    )


@pytest.mark.parametrize(("layer", "request_", "policies", "reason"), MESSAGES)
def test_the_message_names_the_denying_layer(
    layer: str, request_: dict[str, Any], policies: dict[str, Any], reason: str
) -> None:
    decision = judge(request_, policies)
    assert decision.layer == layer
    assert decision.message == f"{FRAME} {reason}"


def test_an_allowed_request_has_no_message() -> None:
    assert judge({}, {"identity": [ALLOW]}).message == ""


def test_the_trust_policy_has_words_of_its_own() -> None:
    request = {"action": "sts:AssumeRole", "resource": ROLE}
    frame = f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    silent, refused = judge(request, {"resource": ELSE}), judge(request, {"resource": REFUSE})
    assert silent.message == f"{frame} because no role trust policy allows the sts:AssumeRole action"
    assert refused.message == f"{frame} with an explicit deny in the role trust policy"
    for action in ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"):
        federated = judge({"action": action, "resource": ROLE, "principal": PROVIDER}, {"resource": ELSE})
        assert federated.message.endswith(f"because no role trust policy allows the {action} action")


def test_a_session_and_nobody_are_written_as_aws_does() -> None:
    session = f"arn:aws:sts::{A}:assumed-role/batch/run"
    assert judge({"principal": session}, {}).message.startswith(f"User: {session} is not")
    assert judge({"principal": None}, {}).message.startswith("User: anonymous is not")


EXPLANATIONS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    (
        "nothing attached",
        {},
        {},
        ["everything is denied until some statement allows it", "What would help: a statement"],
    ),
    (
        "a near miss on the resource",
        {},
        {"identity": [named("Allow", "s3:*", Resource="arn:aws:s3:::other/*")]},
        ["Statement 1 of `Named` (line 3)", "is not covered by `arn:aws:s3:::other/*`"],
    ),
    (
        "a near miss on a condition",
        {"context": {"aws:SourceIp": "198.51.100.7"}},
        {"identity": [named("Allow", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})]},
        [
            "is `198.51.100.7`, which doesn't lie in `203.0.113.0/24`",
            "had a value that lies in `203.0.113.0/24`",
        ],
    ),
    (
        "an absent key",
        {},
        {"identity": [named("Allow", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})]},
        ["`aws:MultiFactorAuthPresent` is absent from the request", "had a value that is `true`"],
    ),
    (
        "what stands behind",
        {},
        {"boundary": [OTHER], "identity": []},
        ["the permissions boundary would not allow it either"],
    ),
    ("a boundary", {}, {"identity": [ALLOW], "boundary": [OTHER]}, ["A boundary is a ceiling"]),
    ("a level of SCPs", {}, {"scps": [[ALLOW], [OTHER]]}, ["no policy at level 2 of 2"]),
    (
        "an explicit Deny",
        {},
        {"identity": [ALLOW, DENY]},
        ["An explicit Deny always wins", "Only without that statement"],
    ),
    (
        "an explicit Deny with a condition",
        {"context": {"aws:SecureTransport": False}},
        {"identity": [ALLOW, named("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})]},
        ["which is `false`", "had a value that is not `false`"],
    ),
    (
        "several Denies",
        {},
        {"identity": [DENY], "scps": [[DENY]]},
        ["1 more Deny statement matches in other layers"],
    ),
    (
        "an Allow",
        {},
        {"identity": [ALLOW]},
        ["is allowed: statement 1 of `Named`", "a Deny always beats an Allow"],
    ),
    ("a direct grant", {}, {"resource": GRANT}, ["it names the caller directly"]),
    ("another account", {"resource_account": B}, {"identity": [ALLOW]}, ["both sides must allow"]),
    (
        "another account's resource lets the caller in",
        {"resource_account": B},
        {"resource": GRANT},
        ["The resource's policy allows it. But the resource belongs to another account"],
    ),
    (
        "a resource's policy that names the account",
        {},
        {"resource": grant({"AWS": A})},
        ["The resource's policy names the caller's account"],
    ),
    (
        "a trust policy that names the account",
        {"action": "sts:AssumeRole", "resource": ROLE},
        {"resource": grant({"AWS": A})},
        ["The role's trust policy names the caller's account"],
    ),
    (
        "a resource's policy that names the role behind the session",
        {"principal": f"arn:aws:sts::{A}:assumed-role/target/run"},
        {"resource": grant({"AWS": ROLE}), "boundary": [OTHER]},
        ["names the user or role behind the session", "A boundary is a ceiling"],
    ),
    ("root", {"principal": f"arn:aws:iam::{A}:root"}, {}, ["the account's root user"]),
    (
        "trust",
        {"action": "sts:AssumeRole", "resource": ROLE},
        {"identity": [ALLOW]},
        ["not even an administrator's"],
    ),
    (
        "trust against a boundary",
        {"action": "sts:AssumeRole", "resource": ROLE},
        {"resource": GRANT, "boundary": [OTHER]},
        ["This follows the evaluation logic"],
    ),
    (
        "a key",
        {"action": "kms:Decrypt", "resource": f"arn:aws:kms:e:{A}:key/1"},
        {},
        ["For KMS keys the key policy decides"],
    ),
    ("a service", {"principal": "x.amazonaws.com"}, {}, ["has no policies of its own"]),
    ("another partition", {"resource": "arn:aws-cn:s3:::b"}, {"identity": [ALLOW]}, []),
    (
        "a federated user without session policy",
        {"principal": f"arn:aws:sts::{A}:federated-user/lin"},
        {"identity": [ALLOW]},
        ["pass a session policy that allows the action to GetFederationToken"],
    ),
    ("an endpoint", {}, {"vpce": [ELSE]}, ["goes through a VPC endpoint"]),
    ("an RCP", {}, {"rcps": [[ELSE]]}, ["RCPFullAWSAccess"]),
]


@pytest.mark.parametrize(
    ("name", "request_", "policies", "phrases"), EXPLANATIONS, ids=[row[0] for row in EXPLANATIONS]
)
def test_the_explanation_says_what_a_beginner_needs(
    name: str, request_: dict[str, Any], policies: dict[str, Any], phrases: list[str]
) -> None:
    text = judge(request_, policies).explain()
    for phrase in phrases:
        assert phrase in text, text


def test_the_remedy_that_the_explanation_names_helps() -> None:
    """For single-layer denials: doing what it says turns the decision."""
    silent = judge({}, {"identity": [OTHER]})
    assert "allows `s3:GetObject` on `arn:aws:s3:::bucket/key`" in silent.explain()
    remedy = named("Allow", "s3:GetObject", Resource=OBJECT)
    assert judge({}, {"identity": [OTHER, remedy]}).allowed


# condition, context, the reason of its part
REASONS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"StringEquals": {"a:b": "x"}}, {"a:b": "x"}, "`a:b` is `x`, which equals `x`"),
    ({"StringEquals": {"a:b": ["x", "y"]}}, {"a:b": "z"}, "`a:b` is `z`, which doesn't equal `x` or `y`"),
    ({"StringNotEquals": {"a:b": "x"}}, {"a:b": "y"}, "`a:b` is `y`, which doesn't equal `x`"),
    (
        {"StringNotEquals": {"a:b": "x"}},
        {},
        "`a:b` is absent from the request, and a negated operator is true then",
    ),
    (
        {"StringLike": {"a:b": "${c:d}*"}},
        {"a:b": "xy", "c:d": "x"},
        "`a:b` is `xy`, which matches the pattern `x*`",
    ),
    (
        {"StringEquals": {"a:b": "${c:d}"}},
        {"a:b": "x"},
        "`a:b` is `x`, which doesn't equal (a variable without a value)",
    ),
    (
        {"StringEqualsIfExists": {"a:b": "x"}},
        {},
        "`a:b` is absent from the request, and `IfExists` lets that pass",
    ),
    (
        {"StringEquals": {"a:b": "x"}},
        {"a:b": ["x"]},
        "`a:b` holds a list (`x`): a list needs `ForAllValues:` or `ForAnyValue:` to be compared",
    ),
    ({"StringEquals": {"a:b": []}}, {"a:b": "x"}, "`a:b` is `x`, and the policy lists no value"),
    (
        {"ForAllValues:StringEquals": {"a:b": "x"}},
        {},
        "`a:b` is absent from the request, and `ForAllValues` is true of nothing at all",
    ),
    (
        {"ForAllValues:StringEquals": {"a:b": "x"}},
        {"a:b": ["x", "y"]},
        "`a:b` holds `x` and `y`; not each of its values passes (equals `x`)",
    ),
    (
        {"ForAnyValue:StringEquals": {"a:b": "x"}},
        {"a:b": ["x", "y"]},
        "`a:b` holds `x` and `y`; at least one of its values passes (equals `x`)",
    ),
    (
        {"ForAnyValue:StringEquals": {"a:b": "x"}},
        {},
        "`a:b` is absent from the request, so `ForAnyValue` finds no value",
    ),
    ({"Null": {"a:b": "true"}}, {}, "`a:b` is absent from the request"),
    ({"Null": {"a:b": "true"}}, {"a:b": "x"}, "`a:b` is present (`x`)"),
    ({"Null": {"a:b": "true"}}, {"a:b": ""}, "`a:b` is present but empty"),
    (
        {"ForAllValues:Null": {"a:b": "true"}},
        {},
        "`ForAllValues:Null` is always true, whatever the request holds",
    ),
    (
        {"DateLessThan": {"a:b": "2025"}},
        {"a:b": "2024-01-01"},
        "`a:b` is `2024-01-01`, which is before `2025`",
    ),
    ({"Bool": {"a:b": "true"}}, {"a:b": "false"}, "`a:b` is `false`, which is not `true`"),
    (
        {"Odd": {"a:b": "true"}},
        {},
        "can't be evaluated: `Odd` is no condition operator (the case of letters counts)",
    ),
]


@pytest.mark.parametrize(("condition", "context", "reason"), REASONS)
def test_a_condition_gives_its_reason(
    condition: dict[str, Any], context: dict[str, Any], reason: str
) -> None:
    decision = judge({"context": context}, {"identity": [named("Allow", Condition=condition)]})
    (statement,) = [found for _, _, found in decision.trace.statements()]
    (part,) = [part for part in statement.parts if part.operator]
    assert part.reason == reason


def test_the_trace_shows_values_and_places() -> None:
    text = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
    {
      "Sid": "Home",
      "Effect": "Allow",
      "Action": ["s3:GetObject"],
      "Resource": "arn:aws:s3:::bucket/${aws:username}/*",
      "Condition": {"StringEquals": {"aws:x": ["1", "2"]}}
    }
  ]
}"""
    decision = judge(
        {"context": {"aws:username": "ada", "aws:x": 3}}, {"identity": [Policy(text, name="Mine")]}
    )
    layer = decision.trace.layer(Layer.IDENTITY)
    assert layer is not None
    assert (layer.applies, layer.outcome, layer.title) == (
        True,
        "ImplicitlyDenied",
        "Identity-based policies",
    )
    (policy,) = layer.policies
    first, second = policy.statements
    assert (policy.name, policy.index, policy.level) == ("Mine", 0, None)
    assert (first.compared, first.matched, first.parts[0].matched, first.parts[1].matched) == (
        False,
        False,
        False,
        None,
    )
    assert (second.sid, second.compared, second.matched, str(second.span)) == ("Home", True, False, "5:5")
    action, resource, condition = second.parts
    assert (action.matched, resource.matched, condition.matched) == (True, False, False)
    assert resource.policy_values == ("arn:aws:s3:::bucket/ada/*",)
    assert resource.written_values == ("arn:aws:s3:::bucket/${aws:username}/*",)
    assert resource.context_values == (OBJECT,)
    assert (condition.operator, condition.key) == ("StringEquals", "aws:x")
    assert (condition.policy_values, condition.context_values) == (("1", "2"), ("3",))
    assert [str(part.span) for part in second.parts] == ["8:17", "9:19", "10:47"]


def test_statements_behind_an_outcome() -> None:
    policies = {"identity": [ALLOW, DENY], "scps": [[ALLOW, DENY]], "boundary": [ALLOW]}
    refs = judge({}, policies).statements
    assert [(ref.layer, ref.level, ref.policy_index, ref.effect) for ref in refs] == [
        ("scp", 0, 1, "Deny"),
        ("identity", None, 1, "Deny"),
    ]
    granted = judge({}, {"identity": [OTHER, ALLOW], "boundary": [ALLOW]}).statements
    assert [(ref.layer, ref.policy_index, ref.policy) for ref in granted] == [
        ("identity", 1, ALLOW),
        ("boundary", 0, ALLOW),
    ]
    assert all(ref.span is not None and ref.statement_index == 0 for ref in granted)
