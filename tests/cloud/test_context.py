"""Global condition keys: there when AWS has them, absent when it hasn't.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.callers import ANONYMOUS, Caller, service_principal
from iamlab.cloud.context import context_for
from iamlab.cloud.lab import Lab
from iamlab.cloud.sessions import Session, SessionKind

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/Reader"


def session(kind: SessionKind = SessionKind.ROLE, **facts: Any) -> Session:
    return Session(
        "ASIA", "secret", "token", kind, ACCOUNT, "AROA1", "shift", NOW, NOW + timedelta(hours=1), **facts
    )


USER = Caller(f"arn:aws:iam::{ACCOUNT}:user/ada", "User", ACCOUNT, "AIDA1", "ada", tags={"team": "red"})
ROOT = Caller(f"arn:aws:iam::{ACCOUNT}:root", "Account", ACCOUNT, ACCOUNT)


def user_with(**facts: Any) -> Caller:
    return Caller(USER.arn, "User", ACCOUNT, "AIDA1", "ada", session=session(SessionKind.TOKEN, **facts))


def role_with(**facts: Any) -> Caller:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/shift"
    return Caller(arn, "AssumedRole", ACCOUNT, "AROA1:shift", issuer=ROLE, session=session(**facts))


def call(caller: Caller = USER, **parts: Any) -> Call:
    given: dict[str, Any] = {
        "service": "s3",
        "operation": "GetObject",
        "params": {},
        "protocol": "rest-xml",
        "region": "eu-central-1",
        "account": caller.account or ACCOUNT,
        "caller": caller,
        "request": SimpleNamespace(headers={}),
        "body": b"",
        "source_ip": "203.0.113.7",
        "user_agent": "Boto3/1.40",
        "secure": True,
        "auth": AuthKind.HEADER,
        "now": NOW + timedelta(seconds=90),
        "model": None,
    }
    return Call(**(given | parts))


ABSENT = object()
# call, key, value (or absent)
KEYS: list[tuple[Call, str, Any]] = [
    # principal
    (call(USER), "aws:PrincipalArn", USER.arn),
    (call(USER), "aws:PrincipalType", "User"),
    (call(USER), "aws:PrincipalAccount", ACCOUNT),
    (call(USER), "aws:userid", "AIDA1"),
    (call(USER), "aws:username", "ada"),
    (call(USER), "aws:PrincipalTag/team", "red"),
    (call(USER), "aws:PrincipalIsAWSService", False),
    (call(USER), "aws:PrincipalOrgID", ABSENT),
    (call(USER), "aws:PrincipalOrgPaths", ABSENT),
    (call(USER), "aws:PrincipalServiceName", ABSENT),
    (call(ROOT), "aws:PrincipalArn", ROOT.arn),
    (call(ROOT), "aws:PrincipalType", "Account"),
    (call(ROOT), "aws:userid", ACCOUNT),
    (call(ROOT), "aws:username", ABSENT),
    (call(role_with()), "aws:PrincipalArn", ROLE),
    (call(role_with()), "aws:PrincipalType", "AssumedRole"),
    (call(role_with()), "aws:userid", "AROA1:shift"),
    (call(role_with()), "aws:username", ABSENT),
    (call(ANONYMOUS, auth=AuthKind.ANONYMOUS), "aws:PrincipalArn", ABSENT),
    (call(ANONYMOUS, auth=AuthKind.ANONYMOUS), "aws:PrincipalAccount", "anonymous"),
    (call(ANONYMOUS, auth=AuthKind.ANONYMOUS), "aws:PrincipalType", "Anonymous"),
    (call(ANONYMOUS, auth=AuthKind.ANONYMOUS), "aws:userid", "anonymous"),
    (call(ANONYMOUS, auth=AuthKind.ANONYMOUS), "aws:PrincipalIsAWSService", ABSENT),
    (call(service_principal("ecs-tasks.amazonaws.com")), "aws:PrincipalIsAWSService", True),
    (
        call(service_principal("ecs-tasks.amazonaws.com")),
        "aws:PrincipalServiceName",
        "ecs-tasks.amazonaws.com",
    ),
    (
        call(service_principal("ecs-tasks.amazonaws.com")),
        "aws:PrincipalServiceNamesList",
        ["ecs-tasks.amazonaws.com"],
    ),
    (call(service_principal("ecs-tasks.amazonaws.com")), "aws:PrincipalArn", ABSENT),
    (call(service_principal("ecs-tasks.amazonaws.com")), "aws:PrincipalType", ABSENT),
    (call(service_principal("ecs-tasks.amazonaws.com")), "aws:PrincipalAccount", ABSENT),
    (call(service_principal("ecs-tasks.amazonaws.com")), "aws:SourceIp", ABSENT),
    # session
    (call(USER), "aws:TokenIssueTime", ABSENT),
    (call(USER), "aws:MultiFactorAuthPresent", ABSENT),
    (call(USER), "aws:MultiFactorAuthAge", ABSENT),
    (call(user_with()), "aws:TokenIssueTime", "2026-03-04T05:06:07Z"),
    (call(user_with()), "aws:username", "ada"),
    (call(user_with()), "aws:MultiFactorAuthPresent", False),
    (call(user_with()), "aws:MultiFactorAuthAge", ABSENT),
    (call(user_with(mfa_at=NOW)), "aws:MultiFactorAuthPresent", True),
    (call(user_with(mfa_at=NOW)), "aws:MultiFactorAuthAge", 90),
    (call(role_with()), "aws:TokenIssueTime", "2026-03-04T05:06:07Z"),
    (call(role_with()), "aws:MultiFactorAuthPresent", ABSENT),
    (call(role_with()), "aws:SourceIdentity", ABSENT),
    (call(role_with(source_identity="ada.l")), "aws:SourceIdentity", "ada.l"),
    (call(role_with()), "aws:FederatedProvider", ABSENT),
    (call(role_with(provider="accounts.google.com")), "aws:FederatedProvider", "accounts.google.com"),
    (
        call(role_with(context={"lambda:SourceFunctionArn": "arn:aws:lambda:eu-central-1:1:function:f"})),
        "lambda:SourceFunctionArn",
        "arn:aws:lambda:eu-central-1:1:function:f",
    ),
    # network and request
    (call(), "aws:SourceIp", "203.0.113.7"),
    (call(), "aws:SecureTransport", True),
    (call(secure=False), "aws:SecureTransport", False),
    (call(), "aws:UserAgent", "Boto3/1.40"),
    (call(), "aws:referer", ABSENT),
    (
        call(request=SimpleNamespace(headers={"Referer": "https://example.com/"})),
        "aws:referer",
        "https://example.com/",
    ),
    (call(), "aws:CurrentTime", "2026-03-04T05:07:37Z"),
    (call(), "aws:EpochTime", 1772600857),
    (call(), "aws:RequestedRegion", "eu-central-1"),
    (call(service="iam"), "aws:RequestedRegion", "us-east-1"),
    (call(service="sts"), "aws:RequestedRegion", "eu-central-1"),
    (call(service="globalaccelerator"), "aws:RequestedRegion", "us-west-2"),
    (call(), "aws:ViaAWSService", False),
    (call(), "aws:CalledVia", ABSENT),
    (call(), "aws:SourceArn", ABSENT),
    # resource
    (call(), "aws:ResourceAccount", "210987654321"),
    (call(), "aws:ResourceOrgID", ABSENT),
]


@pytest.mark.parametrize(("made", "key", "value"), KEYS)
def test_global_keys(made: Call, key: str, value: Any) -> None:
    assert context_for(made, "210987654321").get(key, ABSENT) == value


def test_keys_of_a_check_come_on_top() -> None:
    context = context_for(call(), ACCOUNT, {"s3:prefix": "a/", "aws:SourceArn": "arn:aws:s3:::b"})
    assert context["s3:prefix"] == "a/"
    assert context["aws:SourceArn"] == "arn:aws:s3:::b"


def test_members_of_an_organisation_carry_its_id_and_their_path(iam_lab: Lab) -> None:
    organizations = boto3.client("organizations")
    org = organizations.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="Lab")["OrganizationalUnit"]["Id"]
    organizations.create_account(AccountName="Dev", Email="dev@example.com")
    member = organizations.list_accounts()["Accounts"][-1]
    organizations.move_account(AccountId=member["Id"], SourceParentId=root, DestinationParentId=unit)

    context = context_for(call(USER), member["Id"])
    assert context["aws:PrincipalOrgID"] == context["aws:ResourceOrgID"] == org
    assert context["aws:PrincipalOrgPaths"] == [f"{org}/{root}/"]
    assert context["aws:ResourceOrgPaths"] == [f"{org}/{root}/{unit}/"]
    assert "aws:ResourceOrgID" not in context_for(call(USER), "210987654321")
