"""Operations of IAM that few call: reports on an organisation, settings of an account, and what partners would bring.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOrganizationsAccessReport.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutAccountProperties.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateDelegationRequest.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.session import get_session

from iamlab.cloud import Lab, services

Refusal = Callable[..., tuple[str, int, str]]


@pytest.mark.parametrize("service", ["iam", "sts"])
def test_every_operation_is_the_labs_own(service: str) -> None:
    names = get_session().get_service_model(service).operation_names
    assert [name for name in names if services.find(service, name) is None] == []


# ------------------------------------------------------------------ the organisation's report
@pytest.fixture
def organised(lab: Lab, iam: Any) -> str:
    """An organisation whose root allows all and whose OU `Lean` leaves IAM and S3; the OU's path."""
    organizations = boto3.client("organizations")
    organization = organizations.create_organization()["Organization"]["Id"]
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="Lean")["OrganizationalUnit"]["Id"]
    lean = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["iam:*", "s3:*"], "Resource": "*"}],
    }
    policy = organizations.create_policy(
        Name="lean", Description="", Type="SERVICE_CONTROL_POLICY", Content=json.dumps(lean)
    )
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    return f"{organization}/{root}/{unit}"


def test_a_report_tells_what_scps_leave_and_what_of_it_was_used(iam: Any, organised: str) -> None:
    job = iam.generate_organizations_access_report(EntityPath=organised)["JobId"]
    report = iam.get_organizations_access_report(JobId=job)
    assert report["JobStatus"] == "COMPLETED"
    assert [entry["ServiceNamespace"] for entry in report["AccessDetails"]] == ["iam", "s3"]
    assert (report["NumberOfServicesAccessible"], report["NumberOfServicesNotAccessed"]) == (2, 2)


def report(iam: Any, path: str, **params: Any) -> tuple[int, list[tuple[str, int]]]:
    """How many services there are, and those that somebody used with the number of accounts that did."""
    job = iam.generate_organizations_access_report(EntityPath=path, **params)["JobId"]
    found = iam.get_organizations_access_report(JobId=job, SortKey="LAST_AUTHENTICATED_TIME_DESCENDING")
    used = [entry for entry in found["AccessDetails"] if entry["TotalAuthenticatedEntities"]]
    shown = [(entry["ServiceNamespace"], entry["TotalAuthenticatedEntities"]) for entry in used]
    return found["NumberOfServicesAccessible"], shown


def test_a_report_counts_the_accounts_that_scps_limit(lab: Lab, iam: Any, organised: str) -> None:
    organizations = boto3.client("organizations")
    root, unit = organised.split("/")[1:]
    organizations.create_account(AccountName="a", Email="a@example.com")
    account = organizations.list_accounts()["Accounts"][-1]["Id"]
    organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    member = lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="shift"))
    member.client("iam").list_users()
    top = organised.rpartition("/")[0]
    (lean,) = (
        policy["Id"]
        for policy in organizations.list_policies_for_target(TargetId=unit, Filter="SERVICE_CONTROL_POLICY")[
            "Policies"
        ]
    )
    queues = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    unused = organizations.create_policy(
        Name="queues",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [queues]}),
    )["Policy"]["PolicySummary"]["Id"]
    everything, used = report(iam, top)
    assert everything > 300
    assert used == [("iam", 1)]  # the management account called IAM, too
    assert report(iam, organised) == report(iam, f"{organised}/{account}") == (2, [("iam", 1)])
    assert report(iam, top, OrganizationsPolicyId=lean) == (2, [("iam", 1)])
    assert report(iam, top, OrganizationsPolicyId=unused) == (1, [])
    services_used = report(iam, f"{top}/{lab.account_id}", OrganizationsPolicyId=lean)
    assert services_used[0] == everything
    assert dict(services_used[1])["organizations"] == 1


def test_a_report_on_nobody_fails(iam: Any, refusal: Refusal, organised: str) -> None:
    elsewhere = organised.rpartition("/")[0] + "/ou-none-12345678"
    job = iam.generate_organizations_access_report(EntityPath=elsewhere)["JobId"]
    assert iam.get_organizations_access_report(JobId=job)["JobStatus"] == "FAILED"
    job = iam.generate_organizations_access_report(EntityPath=organised, OrganizationsPolicyId="p-12345678")[
        "JobId"
    ]
    failed = iam.get_organizations_access_report(JobId=job)
    assert failed["ErrorDetails"]["Message"] == "The policy p-12345678 was not found in the organization."
    unknown = "12345678-1234-4123-8123-123456789012"
    assert refusal(iam.get_organizations_access_report, JobId=unknown) == (
        "NoSuchEntity",
        404,
        f"Job with id {unknown} is not found.",
    )


def test_only_the_management_account_gets_a_report(iam: Any, refusal: Refusal) -> None:
    asked = {"EntityPath": "o-a1b2c3d4e5/r-ab12"}
    assert refusal(iam.generate_organizations_access_report, **asked)[:2] == ("AccessDenied", 403)


# ------------------------------------------------------------------ the rest
def test_properties_are_kept_by_namespace(iam: Any, refusal: Refusal) -> None:
    assert iam.get_account_properties()["Properties"] == {}
    iam.put_account_properties(Properties={"RoleManager/Enabled": "true"})
    iam.put_account_properties(Properties={"RoleManager/Mode": "strict"})
    kept = {"RoleManager/Enabled": "true", "RoleManager/Mode": "strict"}
    assert iam.get_account_properties()["Properties"] == kept
    for wrong in ({"Enabled": "true"}, {"A/x": "1", "B/x": "1"}):
        assert refusal(iam.put_account_properties, Properties=wrong)[0] == "InvalidInput"


def test_nobody_delegates_to_the_lab(iam: Any, refusal: Refusal) -> None:
    assert iam.list_delegation_requests()["DelegationRequests"] == []
    request = "dr-0123456789abcdef"
    for name in ("accept", "associate", "get", "reject", "update"):
        call = getattr(iam, f"{name}_delegation_request")
        assert refusal(call, DelegationRequestId=request)[:2] == ("NoSuchEntity", 404)
    assert refusal(iam.send_delegation_token, DelegationRequestId=request)[0] == "NoSuchEntity"
    arn = f"arn:aws:iam::123456789012:delegation-request/{request}"
    assert refusal(iam.get_human_readable_summary, EntityArn=arn)[0] == "NoSuchEntity"
    made = {
        "Description": "x",
        "Permissions": {"PolicyTemplateArn": "arn:aws:iam::aws:policy-template/none"},
        "RequestorWorkflowId": "flow-1",
        "NotificationChannel": "arn:aws:sns:us-east-1:123456789012:t",
        "SessionDuration": 300,
    }
    assert refusal(iam.create_delegation_request, **made)[:2] == ("AccessDenied", 403)
    template = "arn:aws:iam::aws:role-template/none"
    assert refusal(iam.acquire_role, TemplateArn=template)[0] == "NoSuchEntity"
    assert refusal(iam.get_role_template_version, TemplateArn=template)[0] == "NoSuchEntity"
