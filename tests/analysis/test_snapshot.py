"""An account as plain values: read from GetAccountAuthorizationDetails, asked what the engine decides.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from iamlab.analysis.authorization_details import account_from_json
from iamlab.analysis.snapshot import UnknownPrincipal
from iamlab.engine import Layer

ME = "arn:aws:iam::111122223333"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


TRUST = document({"Effect": "Allow", "Principal": {"AWS": f"{ME}:user/ana"}, "Action": "sts:AssumeRole"})


def details(written: Any = lambda data: data) -> dict[str, Any]:
    """A response with one of everything, each document as `written` makes it."""
    return {
        "UserDetailList": [
            {
                "UserName": "ana",
                "UserId": "AIDAANAANAANAANAANAAN",
                "Arn": f"{ME}:user/ana",
                "GroupList": ["readers"],
                "UserPolicyList": [
                    {"PolicyName": "queues", "PolicyDocument": written(document(allow("sqs:*")))}
                ],
                "AttachedManagedPolicies": [],
                "PermissionsBoundary": {
                    "PermissionsBoundaryType": "Policy",
                    "PermissionsBoundaryArn": f"{ME}:policy/edge",
                },
                "Tags": [{"Key": "team", "Value": "blue"}],
            }
        ],
        "GroupDetailList": [
            {
                "GroupName": "readers",
                "GroupId": "AGPAREADERSREADERSREA",
                "Arn": f"{ME}:group/readers",
                "GroupPolicyList": [],
                "AttachedManagedPolicies": [
                    {"PolicyName": "reading", "PolicyArn": f"{ME}:policy/reading"},
                    {"PolicyName": "gone", "PolicyArn": f"{ME}:policy/gone"},
                ],
            }
        ],
        "RoleDetailList": [
            {
                "RoleName": "App",
                "RoleId": "AROAAPPAPPAPPAPPAPPAP",
                "Arn": f"{ME}:role/service/App",
                "AssumeRolePolicyDocument": written(TRUST),
                "RolePolicyList": [],
                "AttachedManagedPolicies": [],
            }
        ],
        "Policies": [
            {
                "Arn": f"{ME}:policy/reading",
                "DefaultVersionId": "v2",
                "PolicyVersionList": [
                    {"VersionId": "v2", "Document": written(document(allow("s3:GetObject")))},
                    {"VersionId": "v1", "Document": written(document(allow("s3:*")))},
                ],
            },
            {
                "Arn": f"{ME}:policy/edge",
                "DefaultVersionId": "v1",
                "PolicyVersionList": [
                    {
                        "VersionId": "v1",
                        "Document": written(document(allow("s3:*"), allow("sqs:SendMessage"))),
                    }
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    "written",
    [lambda data: data, json.dumps, lambda data: quote(json.dumps(data), safe="")],
    ids=["decoded", "as text", "URL-encoded"],
)
def test_documents_are_read_however_they_are_written(written: Any) -> None:
    account = account_from_json(details(written))
    ana = account.principal("user/ana")
    assert account.id == "111122223333"
    assert account.decide(ana, "s3:GetObject", "arn:aws:s3:::notes/a").allowed
    assert not account.decide(ana, "s3:PutObject", "arn:aws:s3:::notes/a").allowed  # v2 is in force, not v1
    assert account.decide(ana, "sts:AssumeRole", f"{ME}:role/service/App").allowed


def test_pages_are_one_account() -> None:
    whole = details()
    pages = [{name: rows, "IsTruncated": True} for name, rows in whole.items()]
    assert account_from_json(pages) == account_from_json(whole)


def test_a_boundary_caps_what_policies_and_groups_allow() -> None:
    account = account_from_json(details())
    ana = account.principal(f"{ME}:user/ana")
    assert account.decide(ana, "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:q").allowed
    decision = account.decide(ana, "sqs:DeleteQueue", "arn:aws:sqs:us-east-1:111122223333:q")
    assert decision.layer == Layer.BOUNDARY


def test_scps_count_and_leave_the_management_account_alone() -> None:
    deny = [[document(allow("*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})]]
    member = account_from_json(details(), scps=deny)
    assert member.decide(member.principal("user/ana"), "s3:GetObject").layer == Layer.SCP
    managing = account_from_json(details(), scps=deny, management=True)
    assert managing.decide(managing.principal("user/ana"), "s3:GetObject").allowed


def test_resource_policies_speak_for_what_lies_in_the_resource() -> None:
    open_bucket = document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"{ME}:role/service/App"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::notes/*",
        }
    )
    account = account_from_json(details(), resource_policies={"arn:aws:s3:::notes": open_bucket})
    app = account.principal("role/App")
    assert account.decide(app, "s3:GetObject", "arn:aws:s3:::notes/a/b").allowed
    assert not account.decide(app, "s3:GetObject", "arn:aws:s3:::other/a").allowed


def test_a_request_says_who_asks() -> None:
    account = account_from_json(details())
    context = account.request(account.principal("user/ana"), "s3:GetObject").context
    assert context["aws:username"] == "ana"
    assert context["aws:userid"] == "AIDAANAANAANAANAANAAN"
    assert context["aws:PrincipalTag/team"] == "blue"
    assert "aws:MultiFactorAuthPresent" not in context
    role = account.request(account.principal("role/App"), "s3:GetObject")
    assert role.principal == "arn:aws:sts::111122223333:assumed-role/App/iamlab"
    assert role.issuer == role.context["aws:PrincipalArn"] == f"{ME}:role/service/App"


def test_what_the_source_lacks_is_named() -> None:
    assert account_from_json(details()).missing == (f"{ME}:policy/gone",)


def test_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="no response of GetAccountAuthorizationDetails"):
        account_from_json({"Users": []})
    with pytest.raises(UnknownPrincipal, match="user/bob"):
        account_from_json(details()).principal("user/bob")
