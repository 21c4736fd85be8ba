"""What a request fills in from its ARNs, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.engine import PolicySet, Request, decide

A, B = "111111111111", "222222222222"

# principal, then type, account, issuer
CALLERS: list[tuple[str | None, str, str | None, str | None]] = [
    (f"arn:aws:iam::{A}:user/team/ada", "User", A, None),
    (f"arn:aws:iam::{A}:root", "Account", A, None),
    (f"arn:aws:sts::{A}:assumed-role/batch/run", "AssumedRole", A, f"arn:aws:iam::{A}:role/batch"),
    (f"arn:aws:iam::{A}:role/team/batch", "AssumedRole", A, f"arn:aws:iam::{A}:role/team/batch"),
    (f"arn:aws-cn:sts::{A}:assumed-role/batch/run", "AssumedRole", A, f"arn:aws-cn:iam::{A}:role/batch"),
    (f"arn:aws:sts::{A}:federated-user/lin", "FederatedUser", A, None),
    (f"arn:aws:iam::{A}:saml-provider/Corp", "Federated", None, None),
    (f"arn:aws:iam::{A}:oidc-provider/token.example.com/x", "Federated", None, None),
    ("accounts.google.com", "Federated", None, None),
    ("ec2.amazonaws.com", "AWSService", None, None),
    ("anonymous", "Anonymous", None, None),
    ("*", "Anonymous", None, None),
    (None, "Anonymous", None, None),
]


@pytest.mark.parametrize(("principal", "kind", "account", "issuer"), CALLERS)
def test_the_arn_tells_who_calls(
    principal: str | None, kind: str, account: str | None, issuer: str | None
) -> None:
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", principal)
    assert (request.principal_type, request.account, request.issuer) == (kind, account, issuer)
    assert (
        Request.from_json(
            {"action": "s3:GetObject", "principal": principal, "principal_type": "Robot"}
        ).principal_type
        == kind
    )


def test_a_name_may_be_service_or_identity_provider() -> None:
    name = "cognito-identity.amazonaws.com"
    assert Request("sts:AssumeRoleWithWebIdentity", "*", name).principal_type == "Federated"
    assert Request("lambda:InvokeFunction", "*", name).principal_type == "AWSService"
    # What is said counts more than what the name looks like.
    assert (
        Request("lambda:InvokeFunction", "*", name, principal_type="Federated").principal_type == "Federated"
    )


OWNERS = [
    (f"arn:aws:sqs:eu-west-1:{B}:q", B),
    ("arn:aws:s3:::b/k", A),
    ("arn:aws:iam::aws:policy/ReadOnlyAccess", A),
    ("*", A),
    ("arn:aws:ec2:eu-west-1::image/ami-1", A),
]


@pytest.mark.parametrize(("resource", "owner"), OWNERS)
def test_the_owner_is_the_arns_account_or_else_the_callers(resource: str, owner: str) -> None:
    assert Request("s3:GetObject", resource, f"arn:aws:iam::{A}:user/ada").resource_account == owner


@pytest.mark.parametrize("action", ["GetObject", "s3:", ":GetObject", ""])
def test_an_action_needs_service_and_name(action: str) -> None:
    with pytest.raises(ValueError, match="is no action"):
        Request(action)


@pytest.mark.parametrize(
    "principal",
    [
        "ada",
        "arn:aws:iam",
        f"arn::iam::{A}:user/ada",
        f"arn:aws::{A}::user/ada",
        f"arn:aws:iam::{A}:group/g",
        "arn:aws:s3:::b",
    ],
)
def test_what_calls_must_be_able_to_call(principal: str) -> None:
    with pytest.raises(ValueError, match="is no caller"):
        Request("s3:GetObject", "*", principal)


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], object()])
def test_a_context_holds_scalars_and_lists_of_them(value: Any) -> None:
    with pytest.raises(ValueError, match="context key `aws:x`"):
        Request("s3:GetObject", context={"aws:x": value})


BAD_JSON: list[tuple[dict[str, Any], str]] = [
    ({}, "action is missing"),
    ({"action": 3}, "request.action must be a string"),
    ({"action": "s3:GetObject", "context": []}, "request.context must be an object"),
    ({"action": "s3:GetObject", "flags": [1]}, "request.flags"),
    (
        {"action": "s3:GetObject", "resource_account": 111111111111},
        "request.resource_account must be a string",
    ),
]


@pytest.mark.parametrize(("data", "complaint"), BAD_JSON)
def test_a_case_that_can_not_be_read_says_why(data: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Request.from_json(data)


def test_a_request_is_a_value() -> None:
    context = {"aws:x": ["a"]}
    request = Request(
        "s3:GetObject", "arn:aws:s3:::b/k", f"arn:aws:sts::{A}:assumed-role/r/s", context=context
    )
    assert request == Request.from_json(request.to_json())
    assert hash(request) == hash(Request.from_json(request.to_json()))
    context["aws:y"] = ["b"]
    assert "aws:y" not in request.context
    with pytest.raises(AttributeError, match="can't be changed"):
        request.action = "s3:PutObject"


def test_replace_derives_anew() -> None:
    request = Request("s3:GetObject", f"arn:aws:sqs:eu-west-1:{B}:q", f"arn:aws:sts::{A}:assumed-role/r/s")
    other = request.replace(principal=f"arn:aws:iam::{B}:user/ben")
    assert (other.principal_type, other.account, other.issuer, other.resource_account) == ("User", B, None, B)
    assert request.replace(action="s3:PutObject").issuer == request.issuer
    kept = Request("s3:GetObject", context={"aws:x": "1"}, wildcard_only_action=True).replace(action="s3:Put")
    assert (kept.context, kept.wildcard_only_action) == ({"aws:x": "1"}, True)
    own = Request("s3:GetObject", "arn:aws:s3:::b/k", f"arn:aws:iam::{A}:user/ada")
    assert own.replace(principal=f"arn:aws:iam::{B}:user/ben").resource_account == B
    foreign = Request("s3:GetObject", "arn:aws:s3:::b/k", f"arn:aws:iam::{A}:user/ada", resource_account=B)
    assert foreign.replace(principal=f"arn:aws:iam::{A}:user/zoe").resource_account == B
    assert request.replace(resource="*").resource_account == A
    assert request.replace(context={"aws:x": "1"}).context == {"aws:x": "1"}


def test_a_caller_without_account_owns_what_nobody_else_does() -> None:
    everything = PolicySet(identity=[{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])
    unknown = Request("s3:GetObject", "arn:aws:s3:::b/k", principal_type="User")
    assert decide(unknown, everything).allowed
    assert not decide(unknown.replace(resource_account=B), everything).allowed


def test_nothing_is_added_to_the_context() -> None:
    condition = {
        "Null": {"aws:PrincipalArn": "true", "aws:PrincipalAccount": "true", "aws:CurrentTime": "true"}
    }
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    policies = PolicySet(identity=[{"Version": "2012-10-17", "Statement": statement}])
    assert decide(Request("s3:GetObject", "arn:aws:s3:::b", f"arn:aws:iam::{A}:user/ada"), policies).allowed


def test_an_action_without_resources_is_granted_by_the_star_alone() -> None:
    request = Request(
        "s3:ListAllMyBuckets", "arn:aws:s3:::b", f"arn:aws:iam::{A}:user/ada", wildcard_only_action=True
    )

    def allowed(resource: str) -> bool:
        return decide(
            request,
            PolicySet(identity=[{"Statement": {"Effect": "Allow", "Action": "*", "Resource": resource}}]),
        ).allowed

    assert allowed("*")
    assert not allowed("arn:aws:s3:::*")
    assert not allowed("arn:aws:s3:::b")
