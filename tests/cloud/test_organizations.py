"""An organisation's policies are held to their rules, and its accounts can be administered.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab import Lab

DENY_S3 = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
FULL = "p-FullAWSAccess"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Organisation:
    def __init__(self) -> None:
        self.client: Any = boto3.client("organizations")
        self.client.create_organization(FeatureSet="ALL")
        self.root: str = self.client.list_roots()["Roots"][0]["Id"]
        self.account: str = self.client.create_account(AccountName="Work", Email="work@example.com")[
            "CreateAccountStatus"
        ]["AccountId"]
        for kind in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
            self.client.enable_policy_type(RootId=self.root, PolicyType=kind)

    def policy(self, name: str, content: str, kind: str = "SERVICE_CONTROL_POLICY") -> str:
        made = self.client.create_policy(Name=name, Description="", Type=kind, Content=content)
        return str(made["Policy"]["PolicySummary"]["Id"])


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab(seed=5) as running:
        yield running


@pytest.fixture(scope="module")
def organisation(lab: Lab) -> Organisation:
    return Organisation()


def refusal(call: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_a_member_account_is_administered_through_its_access_role(
    lab: Lab, organisation: Organisation
) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html"""
    role = f"arn:aws:iam::{organisation.account}:role/OrganizationAccountAccessRole"
    member = lab.session(boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="admin"))
    attached = member.client("iam").list_attached_role_policies(RoleName="OrganizationAccountAccessRole")
    assert [policy["PolicyName"] for policy in attached["AttachedPolicies"]] == ["AdministratorAccess"]
    member.client("s3").create_bucket(Bucket="of-the-member")


MALFORMED: dict[str, tuple[str, str]] = {
    "not JSON": ("SERVICE_CONTROL_POLICY", "hello"),
    "a principal": ("SERVICE_CONTROL_POLICY", document(DENY_S3 | {"Principal": "*"})),
    "no effect": ("SERVICE_CONTROL_POLICY", document({"Action": "*", "Resource": "*"})),
    "an RCP that allows": (
        "RESOURCE_CONTROL_POLICY",
        document({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}),
    ),
    "an RCP without a principal": ("RESOURCE_CONTROL_POLICY", document(DENY_S3)),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_content_that_is_no_policy_of_its_type_is_refused(organisation: Organisation, case: str) -> None:
    kind, content = MALFORMED[case]
    code, status, message = refusal(
        organisation.client.create_policy, Name=case, Description="", Type=kind, Content=content
    )
    assert (code, status) == ("MalformedPolicyDocumentException", 400)
    assert (
        message == "The provided policy document does not meet the requirements of the specified policy type."
    )


def test_an_update_is_held_to_the_same_rules(organisation: Organisation) -> None:
    policy = organisation.policy("Updated", document(DENY_S3))
    assert refusal(organisation.client.update_policy, PolicyId=policy, Content="{}")[0] == (
        "MalformedPolicyDocumentException"
    )


def test_every_character_of_an_scp_counts(organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
    content = document(DENY_S3)
    organisation.policy("Fits", content + " " * (10_240 - len(content)))
    refused = refusal(
        organisation.client.create_policy,
        Name="Larger",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=content + " " * (10_241 - len(content)),
    )
    assert refused[0] == "ConstraintViolationException"


def test_the_last_scp_cannot_be_detached(organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html"""
    client, account = organisation.client, organisation.account
    assert refusal(client.detach_policy, PolicyId=FULL, TargetId=account)[0] == "ConstraintViolationException"
    allow_all = organisation.policy("AllowAll", document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    client.attach_policy(PolicyId=allow_all, TargetId=account)
    client.detach_policy(PolicyId=FULL, TargetId=account)
    client.attach_policy(PolicyId=FULL, TargetId=account)
    client.detach_policy(PolicyId=allow_all, TargetId=account)


def test_the_rcp_that_allows_everything_stays(organisation: Organisation) -> None:
    refused = refusal(
        organisation.client.detach_policy, PolicyId="p-RCPFullAWSAccess", TargetId=organisation.root
    )
    assert refused[0] == "ConstraintViolationException"


def test_what_is_not_attached_cannot_be_detached_nor_attached_twice(organisation: Organisation) -> None:
    policy = organisation.policy("Once", document(DENY_S3))
    client, account = organisation.client, organisation.account
    assert refusal(client.detach_policy, PolicyId=policy, TargetId=account)[0] == "PolicyNotAttachedException"
    client.attach_policy(PolicyId=policy, TargetId=account)
    assert refusal(client.attach_policy, PolicyId=policy, TargetId=account)[0] == (
        "DuplicatePolicyAttachmentException"
    )
    client.detach_policy(PolicyId=policy, TargetId=account)


def test_units_of_one_parent_have_names_of_their_own(organisation: Organisation) -> None:
    client, root = organisation.client, organisation.root
    taken = ("DuplicateOrganizationalUnitException", 400, "An OU with the same name already exists.")
    made = [
        client.create_organizational_unit(ParentId=root, Name=name)["OrganizationalUnit"]["Id"]
        for name in ("Shop", "Lab")
    ]
    assert refusal(client.create_organizational_unit, ParentId=root, Name="Shop") == taken
    assert refusal(client.update_organizational_unit, OrganizationalUnitId=made[1], Name="Shop") == taken
    client.create_organizational_unit(ParentId=made[0], Name="Shop")


def test_the_management_account_cannot_be_removed(organisation: Organisation) -> None:
    refused = refusal(organisation.client.remove_account_from_organization, AccountId="123456789012")
    assert refused[:2] == ("MasterCannotLeaveOrganizationException", 400)


def test_s3_tells_callers_of_the_organisation_why_and_strangers_nothing(
    lab: Lab, organisation: Organisation
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"""
    member = lab.root_session(organisation.account).client("s3")
    member.create_bucket(Bucket="told-apart")
    stranger = lab.root_session("999988887777").client("s3")
    ours = refusal(boto3.client("s3").list_objects_v2, Bucket="told-apart")[2]
    assert ours.endswith("because no resource-based policy allows the s3:ListBucket action")
    assert refusal(stranger.list_objects_v2, Bucket="told-apart")[2] == "Access Denied"
