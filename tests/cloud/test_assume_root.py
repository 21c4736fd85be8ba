"""Centralised root access: who may switch it on, and what a session of a member's root user can do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoot.html
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.services.mfa_devices import enable_for_root
from iamlab.outside.authenticator import Authenticator

ACCOUNT = "123456789012"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/Administrator"
TASKS = "arn:aws:iam::aws:policy/root-task/"


def refusal(call: Any, **params: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def member(lab: Lab) -> str:
    """A member account of the organisation that the lab's account manages."""
    organizations = boto3.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.create_account(Email="m@example.com", AccountName="member")
    return str(organizations.list_accounts()["Accounts"][-1]["Id"])


@pytest.fixture
def central(member: str) -> str:
    """That account, with both features of centralised root access switched on."""
    boto3.client("organizations").enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    iam = boto3.client("iam")
    iam.enable_organizations_root_credentials_management()
    iam.enable_organizations_root_sessions()
    return member


def assume(target: str, task: str = "S3UnlockBucketPolicy", **extra: Any) -> dict[str, Any]:
    arn = {"arn": task if task.startswith("arn:") else TASKS + task}
    made: dict[str, Any] = boto3.client("sts").assume_root(TargetPrincipal=target, TaskPolicyArn=arn, **extra)
    return made


def test_a_members_root_password_is_recovered_and_deleted(lab: Lab, central: str) -> None:
    """Accounts that an organisation makes have no root password to begin with.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html
    """
    look = lab.session(assume(central, "IAMAuditRootUserCredentials")).client("iam")
    assert refusal(look.get_login_profile) == ("NoSuchEntity", 404)
    create = lab.session(assume(central, "IAMCreateRootUserPassword")).client("iam")
    create.create_login_profile()
    assert refusal(create.create_login_profile) == ("EntityAlreadyExists", 409)
    assert look.get_login_profile()["LoginProfile"]["PasswordResetRequired"] is False
    assert look.get_account_summary()["SummaryMap"]["AccountPasswordPresent"] == 1
    delete = lab.session(assume(central, "IAMDeleteRootUserCredentials")).client("iam")
    delete.delete_login_profile()
    assert refusal(look.get_login_profile) == ("NoSuchEntity", 404)
    assert look.get_account_summary()["SummaryMap"]["AccountPasswordPresent"] == 0


def test_features_need_an_organisation_that_trusts_iam(lab: Lab) -> None:
    iam, organizations = boto3.client("iam"), boto3.client("organizations")
    assert refusal(iam.list_organizations_features) == ("OrganizationNotFoundException", 400)
    organization = organizations.create_organization(FeatureSet="ALL")["Organization"]
    assert refusal(iam.enable_organizations_root_sessions) == ("ServiceAccessNotEnabledException", 400)
    organizations.enable_aws_service_access(ServicePrincipal="iam.amazonaws.com")
    assert iam.list_organizations_features()["EnabledFeatures"] == []
    answer = iam.enable_organizations_root_sessions()
    assert answer["OrganizationId"] == organization["Id"]
    assert answer["EnabledFeatures"] == ["RootSessions"]
    iam.enable_organizations_root_credentials_management()
    both = iam.list_organizations_features()["EnabledFeatures"]
    assert both == ["RootCredentialsManagement", "RootSessions"]
    assert iam.disable_organizations_root_sessions()["EnabledFeatures"] == ["RootCredentialsManagement"]


def test_member_accounts_do_not_switch_features(lab: Lab, central: str) -> None:
    theirs = lab.root_session(central).client("iam")
    assert refusal(theirs.enable_organizations_root_sessions) == (
        "CallerIsNotManagementAccountException",
        400,
    )
    assert refusal(theirs.list_organizations_features) == (
        "AccountNotManagementOrDelegatedAdministratorException",
        400,
    )


def test_a_session_is_the_members_root_user_for_a_quarter_of_an_hour(lab: Lab, central: str) -> None:
    before = lab.clock.now()
    answer = assume(central)
    assert set(answer) == {"Credentials", "ResponseMetadata"}
    assert timedelta(seconds=890) < answer["Credentials"]["Expiration"] - before <= timedelta(seconds=910)
    who = lab.session(answer).client("sts").get_caller_identity()
    assert (who["Arn"], who["UserId"]) == (f"arn:aws:iam::{central}:root", central)
    context = lab.why().request.context
    assert context["aws:AssumedRoot"] is True
    lab.clock.advance(minutes=16)
    assert refusal(lab.session(answer).client("sts").get_caller_identity) == ("ExpiredToken", 403)


@pytest.mark.parametrize("form", ["{}", "arn:aws:iam::{}:root"])
def test_the_target_is_an_account_or_its_root(central: str, form: str) -> None:
    assert assume(form.format(central), DurationSeconds=60)["Credentials"]


def test_the_task_limits_the_session(lab: Lab, central: str) -> None:
    session = lab.session(assume(central))
    assert refusal(session.client("iam").list_users) == ("AccessDenied", 403)
    audit = lab.session(assume(central, "IAMAuditRootUserCredentials"))
    assert audit.client("iam").list_mfa_devices()["MFADevices"] == []


def test_a_members_root_loses_its_second_factor(lab: Lab, central: str) -> None:
    theirs = lab.root_session(central).client("iam")
    app = Authenticator(lab.clock.now)
    made = theirs.create_virtual_mfa_device(VirtualMFADeviceName="root")["VirtualMFADevice"]
    app.add(made["Base32StringSeed"])
    enable_for_root(lab.state, central, made["SerialNumber"], *app.two_codes(), lab.clock.now())
    assert theirs.get_account_summary()["SummaryMap"]["AccountMFAEnabled"] == 1
    session = lab.session(assume(central, "IAMDeleteRootUserCredentials")).client("iam")
    [device] = session.list_mfa_devices()["MFADevices"]
    session.deactivate_mfa_device(SerialNumber=device["SerialNumber"])
    assert theirs.list_mfa_devices()["MFADevices"] == []


def test_a_locked_bucket_is_opened_again(lab: Lab, central: str) -> None:
    owner = lab.root_session(central).client("s3")
    owner.create_bucket(Bucket="locked")
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::locked"}
    owner.put_bucket_policy(
        Bucket="locked", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    )
    rescue = lab.session(assume(central)).client("s3")
    rescue.delete_bucket_policy(Bucket="locked")
    assert refusal(rescue.get_bucket_policy, Bucket="locked")[0] == "NoSuchBucketPolicy"


def test_an_scp_may_stop_root_but_not_the_central_session(lab: Lab, central: str) -> None:
    organizations = boto3.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    deny = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"},
            "Null": {"aws:AssumedRoot": "true"},
        },
    }
    made = organizations.create_policy(
        Name="noroot",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=central)
    assert refusal(lab.root_session(central).client("iam").list_mfa_devices) == ("AccessDenied", 403)
    assume_audit = assume(central, "IAMAuditRootUserCredentials")
    assert lab.session(assume_audit).client("iam").list_mfa_devices()["MFADevices"] == []


REFUSED = [
    ("another account", "999999999999", "S3UnlockBucketPolicy"),
    ("the management account", ACCOUNT, "S3UnlockBucketPolicy"),
    ("a user of the member", "arn:aws:iam::{member}:user/ana", "S3UnlockBucketPolicy"),
]


@pytest.mark.parametrize(("case", "target", "task"), REFUSED, ids=[row[0] for row in REFUSED])
def test_only_members_have_a_root_to_assume(central: str, case: str, target: str, task: str) -> None:
    target = target.format(member=central)
    with pytest.raises(ClientError) as caught:
        assume(target, task)
    error = caught.value.response["Error"]
    assert error["Code"] == "AccessDenied"
    assert (
        error["Message"]
        == f"User: {CALLER} is not authorized to perform: sts:AssumeRoot on resource: {target}"
    )


def test_any_other_policy_is_no_task(central: str) -> None:
    with pytest.raises(ClientError) as caught:
        assume(central, "arn:aws:iam::aws:policy/AdministratorAccess")
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_each_task_needs_its_feature(lab: Lab, central: str) -> None:
    boto3.client("iam").disable_organizations_root_sessions()
    assume(central, "IAMAuditRootUserCredentials")
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRoot"):
        assume(central)


def test_root_and_strangers_assume_no_root(lab: Lab, central: str) -> None:
    task = {"arn": f"{TASKS}S3UnlockBucketPolicy"}
    for session in (lab.root_session(), lab.root_session(central)):
        call = session.client("sts").assume_root
        assert refusal(call, TargetPrincipal=central, TaskPolicyArn=task) == ("AccessDenied", 403)


def test_a_delegated_administrator_may_too(lab: Lab, central: str) -> None:
    organizations = boto3.client("organizations")
    organizations.create_account(Email="o@example.com", AccountName="other")
    admin = organizations.list_accounts()["Accounts"][-1]["Id"]
    role = f"arn:aws:iam::{admin}:role/OrganizationAccountAccessRole"
    inside = lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="ops"))
    asked = {"TargetPrincipal": central, "TaskPolicyArn": {"arn": f"{TASKS}S3UnlockBucketPolicy"}}
    assert refusal(inside.client("sts").assume_root, **asked) == ("AccessDenied", 403)
    organizations.register_delegated_administrator(AccountId=admin, ServicePrincipal="iam.amazonaws.com")
    assert inside.client("sts").assume_root(**asked)["Credentials"]
    assert inside.client("iam").list_organizations_features()["EnabledFeatures"]
