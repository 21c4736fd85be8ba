"""IAM's lists: order, fields, filters and pages.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab

ACCOUNT = "123456789012"
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
MINE = f"arn:aws:iam::{ACCOUNT}:policy/team/Mine"


@cache
def iam() -> Any:
    """The administrator's client; parameters are left for the lab to check."""
    return boto3.client("iam", config=Config(parameter_validation=False))


@pytest.fixture
def populated(lab: Lab) -> Lab:
    """Three of everything, made in no order, tied to one another."""
    client = iam()
    client.create_policy(PolicyName="Mine", Path="/team/", PolicyDocument=DOCUMENT, Description="ours")
    client.create_policy(PolicyName="Alone", PolicyDocument=DOCUMENT)
    client.create_user(
        UserName="bob", Path="/", Tags=[{"Key": "k", "Value": "v"}], PermissionsBoundary=AWS_POLICY
    )
    client.create_group(GroupName="g-cleo", Path="/team/")
    for name in ("cleo", "Ada", "bob"):
        path = "/" if name == "bob" else "/team/"
        tags = [{"Key": "k", "Value": "v"}]
        if name != "bob":
            client.create_user(UserName=name, Path=path, Tags=tags, PermissionsBoundary=AWS_POLICY)
        if name != "cleo":
            client.create_group(GroupName=f"g-{name}", Path=path)
        client.add_user_to_group(GroupName=f"g-{name}", UserName="bob")
        client.add_user_to_group(GroupName="g-cleo", UserName=name)
        client.create_role(
            RoleName=f"r-{name}", Path=path, AssumeRolePolicyDocument=TRUST, Description="d", Tags=tags
        )
        client.create_instance_profile(InstanceProfileName=f"p-{name}", Path=path)
        client.attach_user_policy(UserName=name, PolicyArn=MINE)
    for name in ("cleo", "Ada", "bob"):
        client.add_role_to_instance_profile(InstanceProfileName=f"p-{name}", RoleName="r-bob")
        client.put_role_policy(RoleName="r-bob", PolicyName=f"i-{name}", PolicyDocument=DOCUMENT)
    client.attach_user_policy(UserName="bob", PolicyArn=AWS_POLICY)
    client.attach_group_policy(GroupName="g-bob", PolicyArn=MINE)
    client.attach_role_policy(RoleName="r-Ada", PolicyArn=MINE)
    client.put_role_permissions_boundary(RoleName="r-cleo", PermissionsBoundary=MINE)
    client.create_policy_version(PolicyArn=MINE, PolicyDocument=DOCUMENT, SetAsDefault=True)
    return lab


def answer(operation: str, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = getattr(iam(), operation)(**params)
    found.pop("ResponseMetadata")
    return found


# operation, parameters, member of the answer, field, the names in AWS's order
ORDER: list[tuple[str, dict[str, Any], str, str | None, list[str]]] = [
    ("list_users", {}, "Users", "UserName", ["Ada", "Administrator", "bob", "cleo"]),
    ("list_users", {"PathPrefix": "/team/"}, "Users", "UserName", ["Ada", "cleo"]),
    ("list_users", {"PathPrefix": "/none/"}, "Users", "UserName", []),
    ("list_groups", {}, "Groups", "GroupName", ["g-Ada", "g-bob", "g-cleo"]),
    ("list_groups", {"PathPrefix": "/team/"}, "Groups", "GroupName", ["g-Ada", "g-cleo"]),
    ("list_groups_for_user", {"UserName": "bob"}, "Groups", "GroupName", ["g-Ada", "g-bob", "g-cleo"]),
    ("get_group", {"GroupName": "g-cleo"}, "Users", "UserName", ["Ada", "bob", "cleo"]),
    ("list_roles", {}, "Roles", "RoleName", ["r-Ada", "r-bob", "r-cleo"]),
    ("list_roles", {"PathPrefix": "/team/"}, "Roles", "RoleName", ["r-Ada", "r-cleo"]),
    (
        "list_instance_profiles",
        {"PathPrefix": "/team/"},
        "InstanceProfiles",
        "InstanceProfileName",
        ["p-Ada", "p-cleo"],
    ),
    (
        "list_instance_profiles_for_role",
        {"RoleName": "r-bob"},
        "InstanceProfiles",
        "InstanceProfileName",
        ["p-Ada", "p-bob", "p-cleo"],
    ),
    (
        "list_instance_profiles_for_role",
        {"RoleName": "r-Ada"},
        "InstanceProfiles",
        "InstanceProfileName",
        [],
    ),
    ("list_role_policies", {"RoleName": "r-bob"}, "PolicyNames", None, ["i-Ada", "i-bob", "i-cleo"]),
    ("list_user_policies", {"UserName": "bob"}, "PolicyNames", None, []),
    ("list_attached_user_policies", {"UserName": "cleo"}, "AttachedPolicies", "PolicyArn", [MINE]),
    (
        "list_attached_user_policies",
        {"UserName": "bob", "PathPrefix": "/team/"},
        "AttachedPolicies",
        "PolicyName",
        ["Mine"],
    ),
    ("list_policies", {"Scope": "Local"}, "Policies", "PolicyName", ["Alone", "Mine"]),
    ("list_policies", {"Scope": "Local", "PathPrefix": "/team/"}, "Policies", "PolicyName", ["Mine"]),
    ("list_policies", {"Scope": "Local", "OnlyAttached": True}, "Policies", "PolicyName", ["Mine"]),
    (
        "list_policies",
        {"PolicyUsageFilter": "PermissionsBoundary"},
        "Policies",
        "PolicyName",
        ["Mine", "AmazonDynamoDBReadOnlyAccess"],
    ),
    (
        "list_policies",
        {"Scope": "AWS", "PolicyUsageFilter": "PermissionsPolicy"},
        "Policies",
        "PolicyName",
        # plain boto3 is an administrator
        ["AdministratorAccess", "AmazonDynamoDBReadOnlyAccess"],
    ),
    ("list_policy_versions", {"PolicyArn": MINE}, "Versions", "VersionId", ["v2", "v1"]),
    (
        "list_entities_for_policy",
        {"PolicyArn": MINE},
        "PolicyUsers",
        "UserName",
        ["Ada", "bob", "cleo"],
    ),
    ("list_entities_for_policy", {"PolicyArn": MINE}, "PolicyGroups", "GroupName", ["g-bob"]),
    ("list_entities_for_policy", {"PolicyArn": MINE}, "PolicyRoles", "RoleName", ["r-Ada", "r-cleo"]),
    (
        "list_entities_for_policy",
        {"PolicyArn": MINE, "PolicyUsageFilter": "PermissionsBoundary"},
        "PolicyRoles",
        "RoleName",
        ["r-cleo"],
    ),
    (
        "list_entities_for_policy",
        {"PolicyArn": MINE, "PolicyUsageFilter": "PermissionsPolicy", "EntityFilter": "Role"},
        "PolicyRoles",
        "RoleName",
        ["r-Ada"],
    ),
    (
        "list_entities_for_policy",
        {"PolicyArn": MINE, "EntityFilter": "Role"},
        "PolicyUsers",
        "UserName",
        [],
    ),
    (
        "list_entities_for_policy",
        {"PolicyArn": MINE, "PathPrefix": "/team/"},
        "PolicyUsers",
        "UserName",
        ["Ada", "cleo"],
    ),
]


@pytest.mark.filterwarnings("error")
def test_lists_have_an_order_and_filters(populated: Lab) -> None:
    for operation, params, member, field, names in ORDER:
        found = answer(operation, **params)
        shown = [entry[field] if field else entry for entry in found[member]]
        assert (operation, params, shown, found["IsTruncated"]) == (operation, params, names, False)
        assert "Marker" not in found


# operation, parameters, member, the fields of each entry
FIELDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("list_users", {"PathPrefix": "/team/"}, "Users", "Arn CreateDate Path UserId UserName"),
    ("get_group", {"GroupName": "g-cleo"}, "Users", "Arn CreateDate Path UserId UserName"),
    ("list_groups", {}, "Groups", "Arn CreateDate GroupId GroupName Path"),
    (
        "list_roles",
        {},
        "Roles",
        "Arn AssumeRolePolicyDocument CreateDate Description MaxSessionDuration Path RoleId RoleName",
    ),
    (
        "list_instance_profiles",
        {},
        "InstanceProfiles",
        "Arn CreateDate InstanceProfileId InstanceProfileName Path Roles",
    ),
    (
        "list_policies",
        {"Scope": "Local"},
        "Policies",
        "Arn AttachmentCount CreateDate DefaultVersionId IsAttachable Path PermissionsBoundaryUsageCount PolicyId "
        "PolicyName UpdateDate",
    ),
    ("list_policy_versions", {"PolicyArn": MINE}, "Versions", "CreateDate IsDefaultVersion VersionId"),
    ("list_entities_for_policy", {"PolicyArn": MINE}, "PolicyUsers", "UserId UserName"),
    ("list_attached_user_policies", {"UserName": "bob"}, "AttachedPolicies", "PolicyArn PolicyName"),
]


def test_lists_leave_out_what_the_get_operations_tell(populated: Lab) -> None:
    for operation, params, member, fields in FIELDS:
        for entry in answer(operation, **params)[member]:
            assert (operation, " ".join(sorted(entry))) == (operation, fields)


def test_the_get_operations_tell_all(populated: Lab) -> None:
    client = iam()
    tags = [{"Key": "k", "Value": "v"}]
    user = client.get_user(UserName="Ada")["User"]
    assert (user["Tags"], user["PermissionsBoundary"]["PermissionsBoundaryArn"]) == (tags, AWS_POLICY)
    role = client.get_role(RoleName="r-cleo")["Role"]
    assert (role["Tags"], role["RoleLastUsed"], role["MaxSessionDuration"]) == (tags, {}, 3600)
    assert role["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": MINE,
    }
    policy = client.get_policy(PolicyArn=MINE)["Policy"]
    assert (policy["Description"], policy["Tags"], policy["DefaultVersionId"]) == ("ours", [], "v2")
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (5, 1)
    version = client.get_policy_version(PolicyArn=MINE, VersionId="v2")["PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (json.loads(DOCUMENT), True)
    profile = client.get_instance_profile(InstanceProfileName="p-Ada")["InstanceProfile"]
    assert [held["RoleName"] for held in profile["Roles"]] == ["r-bob"]
    assert profile["Tags"] == []


# ------------------------------------------------------------------ pages
PAGED: list[tuple[str, dict[str, Any], str, int]] = [
    ("list_users", {}, "Users", 4),
    ("list_groups", {}, "Groups", 3),
    ("get_group", {"GroupName": "g-cleo"}, "Users", 3),
    ("list_groups_for_user", {"UserName": "bob"}, "Groups", 3),
    ("list_roles", {}, "Roles", 3),
    ("list_instance_profiles", {}, "InstanceProfiles", 3),
    ("list_role_policies", {"RoleName": "r-bob"}, "PolicyNames", 3),
    ("list_attached_user_policies", {"UserName": "bob"}, "AttachedPolicies", 2),
    ("list_policies", {"Scope": "Local"}, "Policies", 2),
    ("list_policy_versions", {"PolicyArn": MINE}, "Versions", 2),
]


def test_pages_together_are_the_list(populated: Lab) -> None:
    for operation, params, member, total in PAGED:
        whole = answer(operation, **params)[member]
        assert (operation, len(whole)) == (operation, total)
        pages = []
        marker: dict[str, str] = {}
        while True:
            found = answer(operation, **params, MaxItems=1, **marker)
            assert len(found[member]) == 1
            pages += found[member]
            if not found["IsTruncated"]:
                break
            marker = {"Marker": found["Marker"]}
        assert (operation, pages) == (operation, whole)


def test_a_page_follows_what_was_shown_though_the_list_changed(populated: Lab) -> None:
    first = answer("list_groups", MaxItems=2)
    assert [group["GroupName"] for group in first["Groups"]] == ["g-Ada", "g-bob"]
    iam().create_group(GroupName="a-new")
    second = answer("list_groups", Marker=first["Marker"])
    assert [group["GroupName"] for group in second["Groups"]] == ["g-cleo"]


def refusal(operation: str, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        getattr(iam(), operation)(**params)
    found = caught.value.response
    return found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"], found["Error"]["Message"]


def test_a_marker_is_good_for_its_own_list(populated: Lab) -> None:
    marker = answer("list_users", MaxItems=1)["Marker"]
    invalid = ("ValidationError", 400, "Invalid Marker.")
    assert refusal("list_users", Marker="nonsense") == invalid
    assert refusal("list_users", Marker=marker[:-4]) == invalid
    assert refusal("list_roles", Marker=marker) == invalid


def test_a_page_has_one_to_a_thousand_entries(populated: Lab) -> None:
    for wanted, bound in ((0, "greater than or equal to 1"), (1001, "less than or equal to 1000")):
        assert refusal("list_users", MaxItems=wanted) == (
            "ValidationError",
            400,
            f"1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member "
            f"must have value {bound}",
        )


def test_a_path_prefix_begins_with_a_slash(populated: Lab) -> None:
    for operation in ("list_users", "list_groups", "list_roles", "list_policies", "list_instance_profiles"):
        assert refusal(operation, PathPrefix="team/") == (
            "ValidationError",
            400,
            "The specified value for pathPrefix is invalid. It must begin with the / character and contain only "
            "alphanumeric characters and/or / characters.",
        )


# ------------------------------------------------------------------ the account
def test_authorization_details_show_everybody_and_what_they_may_do(populated: Lab) -> None:
    found = answer("get_account_authorization_details")
    users = {user["UserName"]: user for user in found["UserDetailList"]}
    assert list(users) == ["Ada", "Administrator", "bob", "cleo"]
    assert users["bob"]["GroupList"] == ["g-Ada", "g-bob", "g-cleo"]
    assert "UserPolicyList" not in users["bob"]
    assert users["bob"]["Tags"] == [{"Key": "k", "Value": "v"}]
    assert users["bob"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == AWS_POLICY
    roles = {role["RoleName"]: role for role in found["RoleDetailList"]}
    assert [policy["PolicyName"] for policy in roles["r-bob"]["RolePolicyList"]] == [
        "i-Ada",
        "i-bob",
        "i-cleo",
    ]
    assert roles["r-bob"]["RolePolicyList"][0]["PolicyDocument"] == json.loads(DOCUMENT)
    assert len(roles["r-bob"]["InstanceProfileList"]) == 3
    assert roles["r-Ada"]["AttachedManagedPolicies"] == [{"PolicyName": "Mine", "PolicyArn": MINE}]
    assert roles["r-Ada"]["RoleLastUsed"] == {}
    assert found["GroupDetailList"][1]["GroupPolicyList"] == []
    policies = {policy["PolicyName"]: policy for policy in found["Policies"]}
    assert list(policies) == ["Alone", "Mine", "AdministratorAccess", "AmazonDynamoDBReadOnlyAccess"]
    assert [version["VersionId"] for version in policies["Mine"]["PolicyVersionList"]] == ["v2", "v1"]


def test_authorization_details_are_filtered_and_paged(populated: Lab) -> None:
    found = answer("get_account_authorization_details", Filter=["Role", "LocalManagedPolicy"])
    assert (len(found["RoleDetailList"]), len(found["Policies"])) == (3, 2)
    assert found["UserDetailList"] == found["GroupDetailList"] == []
    first = answer("get_account_authorization_details", MaxItems=5)
    assert (len(first["UserDetailList"]), len(first["GroupDetailList"])) == (4, 1)
    second = answer("get_account_authorization_details", Marker=first["Marker"])
    assert (len(second["GroupDetailList"]), len(second["RoleDetailList"]), len(second["Policies"])) == (
        2,
        3,
        4,
    )


def test_the_summary_counts(populated: Lab) -> None:
    summary = answer("get_account_summary")["SummaryMap"]
    assert set(summary) == set(iam().meta.service_model.shape_for("summaryKeyType").enum)
    live = {
        "Users": 4,
        "Groups": 3,
        "Roles": 3,
        "Policies": 2,
        "PolicyVersionsInUse": 3,
        "InstanceProfiles": 3,
        "AccountAccessKeysPresent": 0,
        "MFADevices": 0,
    }
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    quotas = {
        "UsersQuota": 5000,
        "GroupsQuota": 300,
        "RolesQuota": 1000,
        "PoliciesQuota": 1500,
        "PolicySizeQuota": 6144,
        "UserPolicySizeQuota": 2048,
        "GroupPolicySizeQuota": 5120,
        "RolePolicySizeQuota": 10240,
        "AssumeRolePolicySizeQuota": 2048,
        "AccessKeysPerUserQuota": 2,
        "GroupsPerUserQuota": 10,
        "VersionsPerPolicyQuota": 5,
    }
    assert {key: summary[key] for key in live | quotas} == live | quotas
    iam().create_virtual_mfa_device(VirtualMFADeviceName="phone")
    iam().set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    summary = answer("get_account_summary")["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 0)
    assert summary["GlobalEndpointTokenVersion"] == 2


def test_an_account_has_one_alias_that_no_other_has(populated: Lab) -> None:
    client = iam()
    assert answer("list_account_aliases") == {"AccountAliases": [], "IsTruncated": False}
    client.create_account_alias(AccountAlias="our-lab")
    client.create_account_alias(AccountAlias="our-lab-2")
    assert answer("list_account_aliases")["AccountAliases"] == ["our-lab-2"]
    taken = ("EntityAlreadyExists", 409, "The account alias our-lab-2 already exists.")
    assert refusal("create_account_alias", AccountAlias="our-lab-2") == taken
    assert refusal("delete_account_alias", AccountAlias="our-lab")[:2] == ("NoSuchEntity", 404)
    client.delete_account_alias(AccountAlias="our-lab-2")
    assert answer("list_account_aliases")["AccountAliases"] == []
    assert refusal("create_account_alias", AccountAlias="210987654321")[:2] == ("ValidationError", 400)
    assert refusal("create_account_alias", AccountAlias="Our_Lab") == (
        "ValidationError",
        400,
        "1 validation error detected: Value at 'accountAlias' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
    )


# ------------------------------------------------------------------ renames
def test_what_belongs_to_users_and_groups_follows_their_new_names(populated: Lab) -> None:
    client = iam()
    client.update_user(UserName="bob", NewUserName="rob", NewPath="/moved/")
    client.update_group(GroupName="g-bob", NewGroupName="G", NewPath="/moved/")
    user = client.get_user(UserName="rob")["User"]
    assert (user["Arn"], user["Tags"]) == (
        f"arn:aws:iam::{ACCOUNT}:user/moved/rob",
        [{"Key": "k", "Value": "v"}],
    )
    group = client.get_group(GroupName="G")
    assert group["Group"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/moved/G"
    assert [member["UserName"] for member in group["Users"]] == ["rob"]
    assert refusal("get_group", GroupName="g-bob")[0] == "NoSuchEntity"
    for old, new in (("G", "G-ADA"), ("G", "g")):
        taken = ("EntityAlreadyExists", 409, f"Group with name {new} already exists.")
        assert refusal("update_group", GroupName=old, NewGroupName=new) == taken
    for old, new in (("rob", "ADA"), ("rob", "ROB")):
        taken = ("EntityAlreadyExists", 409, f"User with name {new} already exists.")
        assert refusal("update_user", UserName=old, NewUserName=new) == taken
    # one's own name is no change
    client.update_user(UserName="rob", NewUserName="rob", NewPath="/")
    client.update_group(GroupName="G", NewGroupName="G", NewPath="/")
    assert client.get_user(UserName="rob")["User"]["Path"] == "/"
