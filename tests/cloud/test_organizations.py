"""An organisation's policies are held to their rules, and its accounts can be administered.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab import Lab
from iamlab.cloud.services.organization_effective_policies import merged

DENY_S3 = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
FULL = "p-FullAWSAccess"


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Organisation:
    def __init__(self) -> None:
        self.client: Any = boto3.client("organizations")
        self.client.create_organization(FeatureSet="ALL")
        self.root: str = self.client.list_roots()["Roots"][0]["Id"]
        self.client.create_account(AccountName="Work", Email="work@example.com")
        self.account: str = self.client.list_accounts()["Accounts"][-1]["Id"]
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
    assert refused == ("InvalidInputException", 400, "You can't detach this AWS Managed Policy.")


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


def test_an_account_is_on_its_way_until_one_asks_again(organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccount.html"""
    client = organisation.client
    asked = client.create_account(AccountName="Shop", Email="shop@example.com")["CreateAccountStatus"]
    assert set(asked) == {"Id", "AccountName", "State", "RequestedTimestamp"}
    assert (asked["State"], asked["AccountName"]) == ("IN_PROGRESS", "Shop")
    told = client.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert told["State"] == "SUCCEEDED"
    account = client.describe_account(AccountId=told["AccountId"])["Account"]
    del account["JoinedTimestamp"]
    organization = client.describe_organization()["Organization"]["Id"]
    assert account == {
        "Id": told["AccountId"],
        "Arn": f"arn:aws:organizations::123456789012:account/{organization}/{told['AccountId']}",
        "Email": "shop@example.com",
        "Name": "Shop",
        "Status": "ACTIVE",
        "State": "ACTIVE",
        "Paths": [f"{organization}/{organisation.root}/{told['AccountId']}/"],
        "JoinedMethod": "CREATED",
    }


def test_an_address_serves_one_account(organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html"""
    client = organisation.client
    asked = client.create_account(AccountName="Again", Email="work@example.com")["CreateAccountStatus"]
    told = client.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
    assert (told["State"], told["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in told


def test_the_policies_of_aws_are_nobody_else_s(organisation: Organisation) -> None:
    listed = organisation.client.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"][0]
    assert listed == {
        "Id": FULL,
        "Arn": f"arn:aws:organizations::aws:policy/service_control_policy/{FULL}",
        "Name": "FullAWSAccess",
        "Description": "Allows access to every operation",
        "Type": "SERVICE_CONTROL_POLICY",
        "AwsManaged": True,
    }
    assert refusal(organisation.client.delete_policy, PolicyId=FULL)[0] == "InvalidInputException"


# operation -> parameters, reason, words
INVALID: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "an ARN for an id": (
        "describe_account",
        {"AccountId": "arn:aws:iam::123456789012:root"},
        "INVALID_PATTERN",
        "You provided a value that does not match the required pattern.",
    ),
    "no type": ("list_policies", {"Filter": "SCP"}, "INVALID_ENUM", "You specified an invalid value."),
    "nothing": (
        "describe_policy",
        {},
        "INPUT_REQUIRED",
        "You must include a value for all required parameters.",
    ),
    "too many at once": (
        "list_accounts",
        {"MaxResults": 21},
        "MAX_VALUE_EXCEEDED",
        "You provided a numeric parameter that has a larger value than allowed.",
    ),
    "another list's token": (
        "list_accounts",
        {"NextToken": "x"},
        "INVALID_PATTERN",
        "You provided a value that does not match the required pattern.",
    ),
    "a stranger among services": (
        "enable_aws_service_access",
        {"ServicePrincipal": "nobody.amazonaws.com"},
        "UNRECOGNIZED_SERVICE_PRINCIPAL",
        "You specified an unrecognized service principal.",
    ),
    "tags of AWS's policy": (
        "list_tags_for_resource",
        {"ResourceId": FULL},
        "INVALID_PATTERN",
        "You provided a value that does not match the required pattern.",
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_refused_input_has_a_reason(organisation: Organisation, case: str) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html, "InvalidInputException" """
    operation, params, reason, words = INVALID[case]
    client: Any = boto3.client("organizations", config=Config(parameter_validation=False))
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**params)
    answer = caught.value.response
    assert answer["Error"] == {"Code": "InvalidInputException", "Message": words}
    assert (answer["Message"], answer["Reason"]) == (words, reason)  # type: ignore[typeddict-item]  # its members


def test_lists_come_in_pages(organisation: Organisation) -> None:
    client = organisation.client
    whole = [account["Id"] for account in client.list_accounts()["Accounts"]]
    pages = client.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 1})
    assert [account["Id"] for page in pages for account in page["Accounts"]] == whole
    assert "NextToken" not in client.list_accounts()


TAGS = "TAG_POLICY"
# policies from the root down -> what they come to
EFFECTIVE: dict[str, tuple[list[Any], Any]] = {
    "assigned": ([{"a": {"tag_key": {"@@assign": "A"}}}], {"a": {"tag_key": "A"}}),
    "assigned anew": (
        [{"a": {"tag_key": {"@@assign": "A"}}}, {"A": {"tag_key": {"@@assign": "B"}}}],
        {"a": {"tag_key": "B"}},
    ),
    "added to": (
        [{"a": {"tag_value": {"@@assign": ["x"]}}}, {"a": {"tag_value": {"@@append": ["y", "x"]}}}],
        {"a": {"tag_value": ["x", "y"]}},
    ),
    "taken from": (
        [{"a": {"tag_value": {"@@assign": ["x", "y"]}}}, {"a": {"tag_value": {"@@remove": ["x"]}}}],
        {"a": {"tag_value": ["y"]}},
    ),
    "locked": (
        [
            {"a": {"tag_key": {"@@assign": "A", "@@operators_allowed_for_child_policies": ["@@none"]}}},
            {"a": {"tag_key": {"@@assign": "B"}}},
        ],
        {"a": {"tag_key": "A"}},
    ),
    "open to additions alone": (
        [
            {"a": {"@@operators_allowed_for_child_policies": ["@@append"], "tag_value": {"@@assign": ["x"]}}},
            {"a": {"tag_value": {"@@append": ["y"]}}},
            {"a": {"tag_value": {"@@assign": ["z"]}}},
        ],
        {"a": {"tag_value": ["x", "y"]}},
    ),
}


@pytest.mark.parametrize("case", EFFECTIVE)
def test_management_policies_come_to_one(case: str) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html"""
    policies, effective = EFFECTIVE[case]
    assert merged([{"tags": policy} for policy in policies]) == {"tags": effective}


def test_an_account_sees_what_reaches_it(lab: Lab, organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html"""
    client, account = organisation.client, organisation.account
    client.enable_policy_type(RootId=organisation.root, PolicyType=TAGS)
    own = lab.root_session(account).client("organizations")
    assert refusal(own.describe_effective_policy, PolicyType=TAGS)[0] == "EffectivePolicyNotFoundException"
    policy = organisation.policy("Cost", json.dumps({"tags": {"c": {"tag_key": {"@@assign": "Cost"}}}}), TAGS)
    client.attach_policy(PolicyId=policy, TargetId=organisation.root)
    effective = own.describe_effective_policy(PolicyType=TAGS)["EffectivePolicy"]
    assert effective["PolicyContent"] == '{"tags":{"c":{"tag_key":"Cost"}}}'
    assert (effective["TargetId"], effective["PolicyType"]) == (account, TAGS)
    refused = refusal(client.describe_effective_policy, PolicyType=TAGS, TargetId=organisation.root)
    assert refused[0] == "InvalidInputException"
    client.disable_policy_type(RootId=organisation.root, PolicyType=TAGS)
    assert client.list_targets_for_policy(PolicyId=policy)["Targets"] == []


def test_members_look_at_nothing_but_their_organisation(lab: Lab, organisation: Organisation) -> None:
    member = lab.root_session(organisation.account).client("organizations")
    denied = ("AccessDeniedException", 400, "You don't have permissions to access this resource.")
    assert refusal(member.list_accounts) == refusal(member.list_roots) == denied
    assert member.describe_organization()
    assert refusal(member.delete_organization) == denied


def test_a_delegated_administrator_looks_and_does_not_touch(lab: Lab, organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_RegisterDelegatedAdministrator.html"""
    client, account = organisation.client, organisation.account
    guard = {"AccountId": account, "ServicePrincipal": "guardduty.amazonaws.com"}
    client.register_delegated_administrator(**guard)
    assert refusal(client.register_delegated_administrator, **guard) == (
        "AccountAlreadyRegisteredException",
        400,
        "The provided account is already a delegated administrator for your organization.",
    )
    member = lab.root_session(account).client("organizations")
    assert account in [
        entry["Id"] for entry in member.list_delegated_administrators()["DelegatedAdministrators"]
    ]
    assert member.describe_policy(PolicyId=FULL)["Policy"]["PolicySummary"]["Id"] == FULL
    own = organisation.policy("Seen", document(DENY_S3))
    assert member.describe_policy(PolicyId=own)["Policy"]["PolicySummary"]["Name"] == "Seen"
    denied = ("AccessDeniedException", 400, "You don't have permissions to access this resource.")
    assert refusal(member.create_organizational_unit, ParentId=organisation.root, Name="Mine") == denied
    assert refusal(member.delete_policy, PolicyId=own) == denied
    assert refusal(client.remove_account_from_organization, AccountId=account)[0] == (
        "ConstraintViolationException"
    )
    client.deregister_delegated_administrator(**guard)
    assert refusal(client.list_delegated_services_for_account, AccountId=account)[0] == (
        "AccountNotRegisteredException"
    )


def test_an_invited_account_joins_and_leaves(lab: Lab, organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html"""
    client, guest = organisation.client, "444455556666"
    invitation = {"Target": {"Type": "ACCOUNT", "Id": guest}, "Notes": "Come in"}
    sent = client.invite_account_to_organization(**invitation)["Handshake"]
    assert (sent["State"], sent["Action"]) == ("OPEN", "INVITE")
    assert [resource["Type"] for resource in sent["Resources"]] == ["ORGANIZATION", "ACCOUNT", "NOTES"]
    assert refusal(client.invite_account_to_organization, **invitation)[0] == "DuplicateHandshakeException"
    theirs: Any = lab.root_session(guest).client("organizations")
    assert [shake["Id"] for shake in theirs.list_handshakes_for_account()["Handshakes"]] == [sent["Id"]]
    assert theirs.accept_handshake(HandshakeId=sent["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert refusal(theirs.accept_handshake, HandshakeId=sent["Id"])[0] == "HandshakeAlreadyInStateException"
    assert (
        refusal(client.cancel_handshake, HandshakeId=sent["Id"])[0] == "InvalidHandshakeTransitionException"
    )
    assert client.describe_account(AccountId=guest)["Account"]["JoinedMethod"] == "INVITED"
    attached = client.list_policies_for_target(TargetId=guest, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [policy["Id"] for policy in attached] == [FULL]
    theirs.leave_organization()
    assert refusal(theirs.describe_organization) == (
        "AWSOrganizationsNotInUseException",
        400,
        "Your account is not a member of an organization.",
    )


def test_strangers_see_no_handshake(lab: Lab, organisation: Organisation) -> None:
    sent = organisation.client.invite_account_to_organization(
        Target={"Type": "ACCOUNT", "Id": "444455557777"}
    )
    stranger = lab.root_session("777766665555").client("organizations")
    refused = refusal(stranger.describe_handshake, HandshakeId=sent["Handshake"]["Id"])
    assert refused[0] == "HandshakeNotFoundException"


def test_a_billing_organisation_takes_all_features_when_its_guests_agree(lab: Lab) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html"""
    host: Any = lab.root_session("101010101010").client("organizations")
    guest: Any = lab.root_session("202020202020").client("organizations")
    assert (
        host.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]["AvailablePolicyTypes"]
        == []
    )
    assert refusal(host.enable_aws_service_access, ServicePrincipal="ram.amazonaws.com")[0] == (
        "ConstraintViolationException"
    )
    invited = host.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": "202020202020"})[
        "Handshake"
    ]
    guest.accept_handshake(HandshakeId=invited["Id"])
    asked = host.enable_all_features()["Handshake"]
    assert asked["State"] == "REQUESTED"
    assert refusal(host.accept_handshake, HandshakeId=asked["Id"])[0] == "InvalidHandshakeTransitionException"
    wanted = {"ActionType": "APPROVE_ALL_FEATURES"}
    guest.accept_handshake(
        HandshakeId=guest.list_handshakes_for_account(Filter=wanted)["Handshakes"][0]["Id"]
    )
    host.accept_handshake(HandshakeId=asked["Id"])
    assert host.describe_organization()["Organization"]["FeatureSet"] == "ALL"


def test_an_organisation_has_one_policy_of_its_own(organisation: Organisation) -> None:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_PutResourcePolicy.html"""
    client = organisation.client
    assert refusal(client.describe_resource_policy)[0] == "ResourcePolicyNotFoundException"
    allow = {"Effect": "Allow", "Principal": {"AWS": organisation.account}, "Resource": "*"}
    content = document(allow | {"Action": "organizations:ListAccounts"})
    made = client.put_resource_policy(Content=content)["ResourcePolicy"]
    assert client.describe_resource_policy()["ResourcePolicy"] == made
    assert made["ResourcePolicySummary"]["Id"].startswith("rp-")
    assert made["Content"] == content
    for wrong in ("x", document(allow | {"Action": "s3:*"})):
        assert refusal(client.put_resource_policy, Content=wrong)[0] == "InvalidInputException"
    client.delete_resource_policy()


def test_units_that_hold_something_stay(organisation: Organisation) -> None:
    client, root = organisation.client, organisation.root
    unit = client.create_organizational_unit(ParentId=root, Name="Held")["OrganizationalUnit"]
    assert unit["Path"].endswith(f"/{root}/{unit['Id']}/")
    move = {"AccountId": organisation.account, "SourceParentId": root, "DestinationParentId": unit["Id"]}
    client.move_account(**move)
    assert refusal(client.move_account, **move)[0] == "DuplicateAccountException"
    assert refusal(client.delete_organizational_unit, OrganizationalUnitId=unit["Id"])[0] == (
        "OrganizationalUnitNotEmptyException"
    )
    client.move_account(**move | {"SourceParentId": unit["Id"], "DestinationParentId": root})
    client.delete_organizational_unit(OrganizationalUnitId=unit["Id"])


@pytest.fixture(scope="module")
def clerk(lab: Lab, organisation: Organisation) -> Any:
    """May do what the statements below say, of one policy, one account and one type."""
    organization = organisation.client.describe_organization()["Organization"]["Id"]
    start = "arn:aws:organizations::123456789012"
    policy = organisation.policy("Clerks", document(DENY_S3))
    allow: dict[str, Any] = {"Effect": "Allow", "Resource": "*"}
    scps = {"StringEquals": {"organizations:PolicyType": "SERVICE_CONTROL_POLICY"}}
    allowed = document(
        allow
        | {
            "Action": "organizations:DescribePolicy",
            "Resource": [
                f"{start}:policy/{organization}/service_control_policy/{policy}",
                f"arn:aws:organizations::aws:policy/service_control_policy/{FULL}",
            ],
        },
        allow
        | {
            "Action": "organizations:DescribeAccount",
            "Resource": f"{start}:account/{organization}/{organisation.account}",
        },
        allow | {"Action": "organizations:ListPolicies", "Condition": scps},
    )
    iam = boto3.client("iam")
    iam.create_user(UserName="clerk")
    iam.put_user_policy(UserName="clerk", PolicyName="clerk", PolicyDocument=allowed)
    key = iam.create_access_key(UserName="clerk")["AccessKey"]
    return boto3.client(
        "organizations",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


def test_permissions_name_parts_of_the_organisation(organisation: Organisation, clerk: Any) -> None:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html"""
    scps = clerk.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
    (own,) = [policy["Id"] for policy in scps if policy["Name"] == "Clerks"]
    assert clerk.describe_policy(PolicyId=own)["Policy"]["PolicySummary"]["Name"] == "Clerks"
    clerk.describe_policy(PolicyId=FULL)
    clerk.describe_account(AccountId=organisation.account)
    assert refusal(clerk.list_policies, Filter="TAG_POLICY")[0] == "AccessDeniedException"
    assert refusal(clerk.describe_policy, PolicyId="p-RCPFullAWSAccess") == (
        "AccessDeniedException",
        400,
        "User: arn:aws:iam::123456789012:user/clerk is not authorized to perform: organizations:DescribePolicy on "
        "resource: arn:aws:organizations::aws:policy/resource_control_policy/p-RCPFullAWSAccess because no "
        "identity-based policy allows the organizations:DescribePolicy action",
    )


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
