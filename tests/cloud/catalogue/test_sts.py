"""STS: the role, its trust policy, and the extra actions for tags and source identity.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from iamlab.cloud.callers import Caller
from iamlab.cloud.catalogue import Check
from iamlab.cloud.sessions import Session, SessionKind

Ask = Callable[..., tuple[Check, ...]]
State = Callable[[str], Any]
ROLE = "arn:aws:iam::123456789012:role/svc/app"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def _role(state: State) -> None:
    state("iam").create_role(
        RoleName="app",
        Path="/svc/",
        AssumeRolePolicyDocument=TRUST,
        Tags=[{"Key": "dept", "Value": "x"}],
    )


def test_a_role_is_asked_with_its_trust_policy(ask: Ask, state: State) -> None:
    _role(state)
    (check,) = ask("sts", "AssumeRole", RoleArn=ROLE, RoleSessionName="s", ExternalId="e")
    assert (check.action, check.resource, check.owner) == ("sts:AssumeRole", ROLE, "123456789012")
    assert check.resource_policy is not None
    assert json.loads(check.resource_policy.text) == json.loads(TRUST)
    assert check.context == {
        "sts:RoleSessionName": "s",
        "sts:ExternalId": "e",
        "aws:ResourceTag/dept": "x",
        "iam:ResourceTag/dept": "x",
    }


def test_an_unknown_role_is_asked_without_a_trust_policy(ask: Ask, state: State) -> None:
    other = "arn:aws:iam::111122223333:role/ghost"
    (check,) = ask("sts", "AssumeRole", RoleArn=other, RoleSessionName="s")
    assert (check.resource, check.owner, check.resource_policy) == (other, "111122223333", None)


def test_a_role_under_another_path_is_another_role(ask: Ask, state: State) -> None:
    _role(state)
    (check,) = ask("sts", "AssumeRole", RoleArn="arn:aws:iam::123456789012:role/app", RoleSessionName="s")
    assert check.resource_policy is None


def test_tags_and_source_identity_are_actions_of_their_own(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html"""
    _role(state)
    found = ask(
        "sts",
        "AssumeRole",
        RoleArn=ROLE,
        RoleSessionName="s",
        SourceIdentity="bob",
        Tags=[{"Key": "team", "Value": "blue"}],
        TransitiveTagKeys=["team"],
    )
    assert [c.action for c in found] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    for check in found:
        assert check.resource == ROLE
        assert check.resource_policy is found[0].resource_policy
        assert check.context["aws:RequestTag/team"] == "blue"
        assert check.context["aws:TagKeys"] == ["team"]
        assert check.context["sts:TransitiveTagKeys"] == ["team"]
        assert check.context["sts:SourceIdentity"] == "bob"


def test_a_chain_passes_transitive_tags_and_source_identity_on(ask: Ask, state: State) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining"""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    session = Session(
        access_key_id="ASIAEXAMPLE",
        secret_access_key="x",
        session_token="x",
        kind=SessionKind.ROLE,
        account="123456789012",
        issuer_id="AROAEXAMPLE",
        name="first",
        issued=now,
        expires=now,
        tags={"team": "blue", "own": "1"},
        transitive=frozenset(["team"]),
        source_identity="bob",
    )
    caller = Caller(
        arn="arn:aws:sts::123456789012:assumed-role/first/s",
        type="AssumedRole",
        account="123456789012",
        issuer="arn:aws:iam::123456789012:role/first",
        session=session,
    )
    found = ask("sts", "AssumeRole", {"caller": caller}, RoleArn=ROLE, RoleSessionName="s")
    assert [c.action for c in found] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    assert found[0].context["aws:TagKeys"] == ["team"]
    assert found[0].context["sts:SourceIdentity"] == "bob"


def test_calls_that_need_no_permission_have_a_check_all_the_same(ask: Ask) -> None:
    for operation in ("GetCallerIdentity", "GetSessionToken"):
        (check,) = ask("sts", operation)
        assert (check.action, check.resource, check.wildcard_only) == (f"sts:{operation}", "*", True)


def test_a_federated_user_is_named_by_the_request(ask: Ask) -> None:
    arn = "arn:aws:sts::123456789012:federated-user/eve"
    (plain,) = ask("sts", "GetFederationToken", Name="eve")
    assert (plain.action, plain.resource) == ("sts:GetFederationToken", arn)
    tagged = ask("sts", "GetFederationToken", Name="eve", Tags=[{"Key": "a", "Value": "b"}])
    assert [(c.action, c.resource) for c in tagged] == [
        ("sts:GetFederationToken", arn),
        ("sts:TagSession", arn),
    ]


def test_root_of_a_member_account_is_asked_with_its_task(ask: Ask) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html"""
    task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
    (check,) = ask("sts", "AssumeRoot", TargetPrincipal="111122223333", TaskPolicyArn={"arn": task})
    assert check.resource == "arn:aws:iam::111122223333:root"
    assert check.context == {"sts:TaskPolicyArn": task}
