"""IAM refuses and answers in AWS's words.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
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
from iamlab.outside.saml import SamlIdp

ACCOUNT = "123456789012"
S3 = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
AWS_POLICY = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
OWN_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/Mine"


def document(*statements: Any, **top: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)} | top)


def trust(principal: Any = None, **extra: Any) -> str:
    statement = {"Effect": "Allow", "Principal": principal or {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    return document(statement | extra)


@cache
def iam() -> Any:
    """The administrator's client; parameters are left for the lab to check."""
    return boto3.client("iam", config=Config(parameter_validation=False))


@pytest.fixture
def populated(lab: Lab) -> Lab:
    """User `ada` in group `Team`, role `Reader` in a profile, policy `Mine`; everything tied to everything."""
    client = iam()
    client.create_user(UserName="ada")
    client.create_group(GroupName="Team")
    client.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust())
    client.create_policy(PolicyName="Mine", PolicyDocument=document(S3))
    client.create_instance_profile(InstanceProfileName="Box")
    return lab


def refusal(operation: str, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        getattr(iam(), operation)(**params)
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


GHOSTS: list[tuple[str, dict[str, Any], str]] = [
    ("get_user", {"UserName": "x"}, "The user with name x cannot be found."),
    ("delete_user", {"UserName": "x"}, "The user with name x cannot be found."),
    ("update_user", {"UserName": "x", "NewPath": "/a/"}, "The user with name x cannot be found."),
    ("list_access_keys", {"UserName": "x"}, "The user with name x cannot be found."),
    ("list_attached_user_policies", {"UserName": "x"}, "The user with name x cannot be found."),
    (
        "put_user_policy",
        {"UserName": "x", "PolicyName": "p", "PolicyDocument": document(S3)},
        "The user with name x cannot be found.",
    ),
    ("get_role", {"RoleName": "x"}, "The role with name x cannot be found."),
    ("delete_role", {"RoleName": "x"}, "The role with name x cannot be found."),
    (
        "attach_role_policy",
        {"RoleName": "x", "PolicyArn": AWS_POLICY},
        "The role with name x cannot be found.",
    ),
    ("list_role_policies", {"RoleName": "x"}, "The role with name x cannot be found."),
    ("get_group", {"GroupName": "x"}, "The group with name x cannot be found."),
    ("add_user_to_group", {"GroupName": "x", "UserName": "ada"}, "The group with name x cannot be found."),
    ("get_instance_profile", {"InstanceProfileName": "x"}, "Instance Profile x cannot be found."),
    (
        "get_user_policy",
        {"UserName": "ada", "PolicyName": "x"},
        "The user policy with name x cannot be found.",
    ),
    (
        "delete_role_policy",
        {"RoleName": "Reader", "PolicyName": "x"},
        "The role policy with name x cannot be found.",
    ),
    (
        "get_group_policy",
        {"GroupName": "Team", "PolicyName": "x"},
        "The group policy with name x cannot be found.",
    ),
    (
        "get_policy",
        {"PolicyArn": "arn:aws:iam::aws:policy/Ghost"},
        "Policy arn:aws:iam::aws:policy/Ghost was not found.",
    ),
    # the name exists, under another path
    (
        "get_policy",
        {"PolicyArn": "arn:aws:iam::aws:policy/x/ReadOnlyAccess"},
        "Policy arn:aws:iam::aws:policy/x/ReadOnlyAccess was not found.",
    ),
    (
        "attach_user_policy",
        {"UserName": "ada", "PolicyArn": "arn:aws:iam::aws:policy/Ghost"},
        "Policy arn:aws:iam::aws:policy/Ghost does not exist or is not attachable.",
    ),
    (
        "detach_user_policy",
        {"UserName": "ada", "PolicyArn": AWS_POLICY},
        f"Policy {AWS_POLICY} was not found.",
    ),
    (
        "get_policy_version",
        {"PolicyArn": OWN_POLICY, "VersionId": "v9"},
        f"Policy {OWN_POLICY} version v9 does not exist or is not attachable.",
    ),
    (
        "put_user_permissions_boundary",
        {"UserName": "ada", "PermissionsBoundary": "arn:aws:iam::aws:policy/Ghost"},
        "Scope ARN: arn:aws:iam::aws:policy/Ghost does not exist or is not attachable.",
    ),
    (
        "update_access_key",
        {"UserName": "ada", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive"},
        "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found.",
    ),
]


@pytest.mark.parametrize(("operation", "params", "message"), GHOSTS)
def test_what_is_not_there_is_named(
    populated: Lab, operation: str, params: dict[str, Any], message: str
) -> None:
    assert refusal(operation, **params) == ("NoSuchEntity", 404, message)


TAKEN: list[tuple[str, dict[str, Any], str]] = [
    ("create_user", {"UserName": "ada"}, "User with name ada already exists."),
    ("create_user", {"UserName": "ADA", "Path": "/x/"}, "User with name ADA already exists."),
    (
        "create_role",
        {"RoleName": "reader", "AssumeRolePolicyDocument": trust()},
        "Role with name reader already exists.",
    ),
    ("create_group", {"GroupName": "TEAM"}, "Group with name TEAM already exists."),
    (
        "create_policy",
        {"PolicyName": "mine", "PolicyDocument": document(S3)},
        "A policy called mine already exists. Duplicate names are not allowed.",
    ),
    ("create_instance_profile", {"InstanceProfileName": "Box"}, "Instance Profile Box already exists."),
]


@pytest.mark.parametrize(("operation", "params", "message"), TAKEN)
def test_names_are_given_once_whatever_their_case(
    populated: Lab, operation: str, params: dict[str, Any], message: str
) -> None:
    assert refusal(operation, **params) == ("EntityAlreadyExists", 409, message)


def test_names_are_read_whatever_their_case(populated: Lab) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names"""
    client = iam()
    client.add_user_to_group(UserName="ADA", GroupName="team")
    client.add_role_to_instance_profile(RoleName="READER", InstanceProfileName="BOX")
    assert client.get_user(UserName="Ada")["User"]["UserName"] == "ada"
    assert client.get_group(GroupName="TEAM")["Users"][0]["UserName"] == "ada"
    assert client.get_instance_profile(InstanceProfileName="box")["InstanceProfile"]["Roles"][0][
        "RoleName"
    ] == ("Reader")
    client.remove_user_from_group(UserName="aDa", GroupName="tEAM")
    client.remove_role_from_instance_profile(RoleName="reader", InstanceProfileName="bOX")
    assert refusal("remove_role_from_instance_profile", RoleName="Reader", InstanceProfileName="Box")[0] == (
        "NoSuchEntity"
    )
    client.delete_user(UserName="ADA")
    client.delete_role(RoleName="READER")
    client.delete_group(GroupName="TEAM")
    client.delete_instance_profile(InstanceProfileName="BOX")
    assert refusal("get_user", UserName="ada")[0] == "NoSuchEntity"


def test_other_letters_are_no_way_around_a_deny(populated: Lab) -> None:
    client = iam()
    client.create_group(GroupName="Shop", Path="/x/")
    denied = [
        f"arn:aws:iam::{ACCOUNT}:{name}"
        for name in ("user/ada", "role/Reader", "group/x/Shop", "instance-profile/Box")
    ]
    client.create_user(UserName="eve")
    statements = (
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": denied},
    )
    client.put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=document(*statements))
    eve = populated.session(client.create_access_key(UserName="eve")).client("iam")
    for operation, params in (
        ("get_user", {"UserName": "ADA"}),
        ("update_user", {"UserName": "ADA", "NewPath": "/y/"}),
        ("get_role", {"RoleName": "READER"}),
        ("get_group", {"GroupName": "SHOP"}),
        ("get_instance_profile", {"InstanceProfileName": "BOX"}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            getattr(eve, operation)(**params)


def test_ids_tell_what_they_belong_to(populated: Lab) -> None:
    client = iam()
    found = {
        client.get_user(UserName="ada")["User"]["UserId"][:4],
        client.get_group(GroupName="Team")["Group"]["GroupId"][:4],
        client.get_role(RoleName="Reader")["Role"]["RoleId"][:4],
        client.get_policy(PolicyArn=OWN_POLICY)["Policy"]["PolicyId"][:4],
        client.get_policy(PolicyArn=AWS_POLICY)["Policy"]["PolicyId"][:4],
        client.get_instance_profile(InstanceProfileName="Box")["InstanceProfile"]["InstanceProfileId"][:4],
    }
    assert found == {"AIDA", "AGPA", "AROA", "ANPA", "AIPA"}


# what ties it down, what it ties, message, what unties it
TIES: list[tuple[str, dict[str, Any], str, dict[str, Any], str]] = [
    (
        "create_access_key",
        {"UserName": "ada"},
        "delete_user",
        {"UserName": "ada"},
        "Cannot delete entity, must delete access keys first.",
    ),
    (
        "attach_user_policy",
        {"UserName": "ada", "PolicyArn": AWS_POLICY},
        "delete_user",
        {"UserName": "ada"},
        "Cannot delete entity, must detach all policies first.",
    ),
    (
        "put_user_policy",
        {"UserName": "ada", "PolicyName": "p", "PolicyDocument": document(S3)},
        "delete_user",
        {"UserName": "ada"},
        "Cannot delete entity, must delete policies first.",
    ),
    (
        "add_user_to_group",
        {"UserName": "ada", "GroupName": "Team"},
        "delete_user",
        {"UserName": "ada"},
        "Cannot delete entity, must remove users from group first.",
    ),
    (
        "create_login_profile",
        {"UserName": "ada", "Password": "correct-Horse-7"},
        "delete_user",
        {"UserName": "ada"},
        "Cannot delete entity, must delete login profile first.",
    ),
    (
        "add_user_to_group",
        {"UserName": "ada", "GroupName": "Team"},
        "delete_group",
        {"GroupName": "Team"},
        "Cannot delete entity, must remove users from group first.",
    ),
    (
        "attach_group_policy",
        {"GroupName": "Team", "PolicyArn": AWS_POLICY},
        "delete_group",
        {"GroupName": "Team"},
        "Cannot delete entity, must detach all policies first.",
    ),
    (
        "attach_role_policy",
        {"RoleName": "Reader", "PolicyArn": AWS_POLICY},
        "delete_role",
        {"RoleName": "Reader"},
        "Cannot delete entity, must detach all policies first.",
    ),
    (
        "put_role_policy",
        {"RoleName": "Reader", "PolicyName": "p", "PolicyDocument": document(S3)},
        "delete_role",
        {"RoleName": "Reader"},
        "Cannot delete entity, must delete policies first.",
    ),
    (
        "add_role_to_instance_profile",
        {"RoleName": "Reader", "InstanceProfileName": "Box"},
        "delete_role",
        {"RoleName": "Reader"},
        "Cannot delete entity, must remove roles from instance profile first.",
    ),
    (
        "add_role_to_instance_profile",
        {"RoleName": "Reader", "InstanceProfileName": "Box"},
        "delete_instance_profile",
        {"InstanceProfileName": "Box"},
        "Cannot delete entity, must remove roles from instance profile first.",
    ),
    (
        "attach_user_policy",
        {"UserName": "ada", "PolicyArn": OWN_POLICY},
        "delete_policy",
        {"PolicyArn": OWN_POLICY},
        "Cannot delete a policy attached to entities.",
    ),
    (
        "put_user_permissions_boundary",
        {"UserName": "ada", "PermissionsBoundary": OWN_POLICY},
        "delete_policy",
        {"PolicyArn": OWN_POLICY},
        "Cannot delete a policy attached to entities.",
    ),
    (
        "create_policy_version",
        {"PolicyArn": OWN_POLICY, "PolicyDocument": document(S3)},
        "delete_policy",
        {"PolicyArn": OWN_POLICY},
        "This policy has more than one version. Before you delete a policy, you must delete the policy's "
        "versions. The default version is deleted with the policy.",
    ),
    (
        "create_policy_version",
        {"PolicyArn": OWN_POLICY, "PolicyDocument": document(S3)},
        "delete_policy_version",
        {"PolicyArn": OWN_POLICY, "VersionId": "v1"},
        "Cannot delete the default version of a policy.",
    ),
]


@pytest.mark.parametrize(("tie", "tie_params", "delete", "params", "message"), TIES)
def test_what_is_in_use_is_not_deleted(
    populated: Lab, tie: str, tie_params: dict[str, Any], delete: str, params: dict[str, Any], message: str
) -> None:
    getattr(iam(), tie)(**tie_params)
    assert refusal(delete, **params) == ("DeleteConflict", 409, message)


FREE: list[tuple[str, dict[str, Any]]] = [
    ("delete_user", {"UserName": "ada"}),
    ("delete_group", {"GroupName": "Team"}),
    ("delete_role", {"RoleName": "Reader"}),
    ("delete_policy", {"PolicyArn": OWN_POLICY}),
    ("delete_instance_profile", {"InstanceProfileName": "Box"}),
]


@pytest.mark.parametrize(("delete", "params"), FREE)
def test_what_nobody_uses_is_deleted(populated: Lab, delete: str, params: dict[str, Any]) -> None:
    getattr(iam(), delete)(**params)
    assert refusal(delete, **params)[0] == "NoSuchEntity"


# ------------------------------------------------------------------ documents
IDENTITY: list[tuple[str, str]] = [
    ("hello", "Syntax errors in policy."),
    ("[]", "Syntax errors in policy."),
    ("{}", "Syntax errors in policy."),
    (document(), "Syntax errors in policy."),
    (document(S3, Version="2013-10-17"), "Syntax errors in policy."),
    (document(S3, Extra="x"), "Syntax errors in policy."),
    (document(S3 | {"Effect": "allow"}), "The policy failed legacy parsing"),
    (document(S3 | {"Effect": "Permit"}), "Syntax errors in policy."),
    (document(S3 | {"Actions": "s3:*"}, Version="2008-10-17"), "Syntax errors in policy."),
    (document(S3 | {"Resource": f"arn:aws:iam:{ACCOUNT}:user/ada"}), "The policy failed legacy parsing"),
    ('{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}', "Syntax errors in policy."),
    (document({"Action": "s3:*", "Resource": "*"}), "Syntax errors in policy."),
    (document({"Effect": "Allow", "Resource": "*"}), "Policy statement must contain actions."),
    (document({"Effect": "Allow", "Action": "s3:*"}), "Policy statement must contain resources."),
    (document(S3 | {"Action": []}), "Policy statement must contain actions."),
    (document(S3 | {"Resource": []}), "Policy statement must contain resources."),
    (
        document(S3 | {"Action": "GetObject"}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    (document(S3 | {"Action": "a:b:c"}), "Actions/Condition can contain only one colon."),
    (document(S3 | {"Action": "s_3:x"}), "Vendor s_3 is not valid"),
    (document(S3 | {"Resource": "my-bucket"}), 'Resource my-bucket must be in ARN format or "*".'),
    (
        document(S3 | {"Resource": "arn:amazon:s3:::b"}),
        'Partition "amazon" is not valid for resource "arn:amazon:s3:::b".',
    ),
    (document(S3 | {"Principal": "*"}), "Policy document should not specify a principal."),
    (
        document(S3 | {"Sid": "a"}, S3 | {"Sid": "a"}),
        "Statement IDs (SID) in a single policy must be unique.",
    ),
    (
        document(S3 | {"Sid": "a b"}),
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
        "[0-9A-Za-z]*",
    ),
    (document(S3 | {"Condition": {"StringEqual": {"aws:username": "a"}}}), "Syntax errors in policy."),
    (document(S3 | {"Condition": {"StringEquals": "a"}}), "Syntax errors in policy."),
    (document(S3 | {"NotAction": "s3:*"}), "Syntax errors in policy."),
    (
        document(S3 | {"Resource": "arn:aws:s3:us-east-1::b"}),
        "Resource arn:aws:s3:us-east-1::b can not contain region information.",
    ),
    (
        document(S3 | {"Resource": f"arn:aws:iam:us-east-1:{ACCOUNT}:user/ada"}),
        f"IAM resource arn:aws:iam:us-east-1:{ACCOUNT}:user/ada cannot contain region information.",
    ),
    (
        document(S3 | {"Resource": f"arn:aws:iam::{ACCOUNT}:users/ada"}),
        'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
        "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, "
        "access-report/.",
    ),
    # an account that is none
    (document(S3 | {"Resource": "arn:aws:iam::xxx:role/bastion"}), "The policy failed legacy parsing"),
    (
        document(S3 | {"Resource": "arn:aws:ssm:eu-west-1:#{AWS::AccountId}:parameter/p"}),
        "The policy failed legacy parsing",
    ),
    # a service that is none, or any
    (document(S3 | {"Resource": "arn:aws::::b"}), "The policy failed legacy parsing"),
    (
        document(S3 | {"Resource": "arn:aws:s?:::b"}),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        document(S3 | {"Resource": "arn:aws:*"}),
        "Resource vendor must be fully qualified and cannot contain regexes.",
    ),
    (
        document(S3 | {"Condition": {"DateGreaterThan": {"aws:CurrentTime": "tomorrow"}}}),
        "The policy failed legacy parsing",
    ),
    (
        document(S3 | {"Condition": {"StringEquals": {"username": "ada"}}}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
]


@pytest.mark.parametrize(("text", "message"), IDENTITY)
def test_identity_policies_are_read_before_they_are_kept(populated: Lab, text: str, message: str) -> None:
    refused = ("MalformedPolicyDocument", 400, message)
    assert refusal("create_policy", PolicyName="New", PolicyDocument=text) == refused
    assert refusal("put_user_policy", UserName="ada", PolicyName="New", PolicyDocument=text) == refused
    assert refusal("create_policy_version", PolicyArn=OWN_POLICY, PolicyDocument=text) == refused
    assert iam().list_user_policies(UserName="ada")["PolicyNames"] == []


ACCEPTED = [
    document(S3),
    document(S3, Version="2008-10-17"),
    json.dumps({"Statement": [S3]}),
    json.dumps({"Version": "2012-10-17", "Statement": S3}),
    document(S3 | {"Action": "*", "Sid": ""}),
    document(S3 | {"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*", "arn:*:s3:::b"]}),
    document(
        {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::b/${aws:username}/*"}
    ),
    document(
        S3 | {"Condition": {"NumericLessThan": {"s3:max-keys": 10}, "Bool": {"aws:SecureTransport": True}}}
    ),
    document(S3, Id="my-policy"),
    document(
        S3
        | {
            "Resource": [
                "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/*",
                "arn:aws:s3:::b:c",
                "arn:aws:iam::123456789012:*",
                "arn:aws:iam::*:role/${aws:username}",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "arn:aws:sns:us-east-1:123456789012:t",
            ]
        }
    ),
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_good_identity_policies_come_back_as_they_were(populated: Lab, text: str) -> None:
    iam().put_user_policy(UserName="ada", PolicyName="New", PolicyDocument=text)
    kept = iam().get_user_policy(UserName="ada", PolicyName="New")["PolicyDocument"]
    assert kept == json.loads(text)


@pytest.mark.parametrize("text", [document(S3, Version="2008-10-17"), json.dumps({"Statement": [S3]})])
def test_managed_policies_are_of_the_present_version(populated: Lab, text: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""
    refused = (
        "MalformedPolicyDocument",
        400,
        "Policy document must be version 2012-10-17 or greater.",
    )
    assert refusal("create_policy", PolicyName="New", PolicyDocument=text) == refused
    assert refusal("create_policy_version", PolicyArn=OWN_POLICY, PolicyDocument=text) == refused


TRUST: list[tuple[str, str]] = [
    ("hello", "This policy contains invalid Json"),
    ("{}", "Missing required field Statement"),
    (json.dumps({"Version": "2012-10-17"}), "Missing required field Statement"),
    (document(), "Could not parse the policy: Statement is empty!"),
    (trust().replace("2012-10-17", "2012-10-18"), "The policy must contain a valid version string"),
    (document({}, Policy="x"), "Unknown field Policy"),
    (trust(Bucket="*"), "Unknown field Bucket"),
    (document({"Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}), "Missing required field Effect"),
    (trust(Effect="allow"), "Invalid effect: allow"),
    (trust(Condition={"StringEqual": {"aws:username": "ada"}}), "Invalid Condition type : StringEqual"),
    (document({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
    (document({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}}), "Missing required field Action"),
    (trust(Resource="*"), "Has prohibited field Resource"),
    (trust(NotResource="*"), "Has prohibited field NotResource"),
    (
        document({"Effect": "Allow", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}),
        "Has prohibited field NotPrincipal",
    ),
    (trust(Principal={}), "Missing required field Principal cannot be empty!"),
    # https://github.com/terraform-aws-modules/terraform-aws-iam/issues/47
    (
        trust({"AWS": [], "Service": []}),
        "Invalid principal in policy: com.amazon.balsa.error.InvalidPolicyException: The passed in policy has a "
        "statement with no principals!",
    ),
    (trust(Action=[]), "Missing required field Action cannot be empty!"),
    (
        trust(Condition={"StringEquals": {"username": "ada"}}),
        "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
    ),
    (trust(Action="*"), "AssumeRole policy may only specify STS AssumeRole actions."),
    (trust(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
    (
        trust({"Service": "ec2.example.com"}),
        'Invalid principal in policy: "SERVICE":"ec2.example.com"',
    ),
    # the service's name, but not as a principal
    (
        trust({"Service": ["ec2.amazonaws.com", "tagging.amazonaws.com"]}),
        'Invalid principal in policy: "SERVICE":"tagging.amazonaws.com"',
    ),
    (trust({"Service": "amazonaws.com"}), 'Invalid principal in policy: "SERVICE":"amazonaws.com"'),
    (
        trust({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/Ghost"}),
        f'Invalid principal in policy: "FEDERATED":"arn:aws:iam::{ACCOUNT}:saml-provider/Ghost"',
    ),
    (
        trust({"Federated": "ghost"}),
        "Federated principals must be valid domain names or SAML metadata ARNs",
    ),
    (trust({"AWS": "nobody"}), 'Invalid principal in policy: "AWS":"nobody"'),
    (
        trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/ghost"}),
        f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/ghost"',
    ),
    (
        trust({"AWS": [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/ghost"]}),
        f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:role/ghost"',
    ),
    (
        trust({"AWS": f"arn:aws:iam::{ACCOUNT}:group/Team"}),
        f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:group/Team"',
    ),
    (
        trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/*"}),
        f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/*"',
    ),
]


@pytest.mark.parametrize(("text", "message"), TRUST)
def test_trust_policies_are_read_before_they_are_kept(populated: Lab, text: str, message: str) -> None:
    refused = ("MalformedPolicyDocument", 400, message)
    assert refusal("create_role", RoleName="New", AssumeRolePolicyDocument=text) == refused
    assert refusal("update_assume_role_policy", RoleName="Reader", PolicyDocument=text) == refused
    assert refusal("get_role", RoleName="New")[0] == "NoSuchEntity"


TRUSTED: list[Any] = [
    {"AWS": ACCOUNT},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:user/ada"},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:role/Reader"},
    {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/shift"},
    {"AWS": "210987654321"},
    {"AWS": "*"},
    "*",
    {"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]},
    {
        "Service": [
            "states.eu-west-1.amazonaws.com",
            "delivery.logs.amazonaws.com",
            "vpc-flow-logs.amazonaws.com",
        ]
    },
]


@pytest.mark.parametrize("principal", TRUSTED)
def test_principals_that_exist_may_be_trusted(populated: Lab, principal: Any) -> None:
    iam().create_role(RoleName="New", AssumeRolePolicyDocument=trust(principal))
    kept = iam().get_role(RoleName="New")["Role"]
    shown = kept["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    # an account's number is the short form of its ARN
    by_number = isinstance(principal, dict) and principal.get("AWS", "").isdigit()
    assert shown == ({"AWS": f"arn:aws:iam::{principal['AWS']}:root"} if by_number else principal)
    assert kept["MaxSessionDuration"] == 3600


def test_a_new_role_is_shown_as_it_was_sent_and_later_in_iams_own_form(populated: Lab) -> None:
    """https://github.com/aws/aws-cli/issues/6584"""
    statement = {
        "Action": ["sts:AssumeRole"],
        "Condition": {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": ["o-a/*"]}, "Bool": {}},
        "Effect": "Allow",
        "Principal": {"AWS": [ACCOUNT], "Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]},
    }
    sent = {"Statement": statement, "Version": "2012-10-17"}
    made = iam().create_role(
        RoleName="New", AssumeRolePolicyDocument=json.dumps(sent), Description="ours", MaxSessionDuration=7200
    )["Role"]
    assert made["AssumeRolePolicyDocument"] == sent
    assert sorted(made) == ["Arn", "AssumeRolePolicyDocument", "CreateDate", "Path", "RoleId", "RoleName"]
    iam().create_instance_profile(InstanceProfileName="Crate")
    iam().add_role_to_instance_profile(InstanceProfileName="Crate", RoleName="New")
    role = iam().get_role(RoleName="New")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("ours", 7200)
    in_order = (
        f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"AWS": '
        f'"arn:aws:iam::{ACCOUNT}:root", "Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}}, '
        '"Action": "sts:AssumeRole", "Condition": {"ForAnyValue:StringEquals": {"aws:PrincipalOrgPaths": '
        '"o-a/*"}, "Bool": {}}}]}'
    )
    details = iam().get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    for shown in (
        role,
        iam().list_roles(PathPrefix="/")["Roles"][0],
        iam().get_instance_profile(InstanceProfileName="Crate")["InstanceProfile"]["Roles"][0],
        details[0],
    ):
        assert json.dumps(shown["AssumeRolePolicyDocument"]) == in_order


def test_providers_that_exist_may_be_trusted(populated: Lab) -> None:
    metadata = SamlIdp(populated.clock.now).metadata()
    saml = iam().create_saml_provider(Name="Corp", SAMLMetadataDocument=metadata)
    oidc = iam().create_open_id_connect_provider(
        Url="https://login.example.com/lab", ThumbprintList=["a" * 40]
    )
    for number, arn in enumerate((saml["SAMLProviderArn"], oidc["OpenIDConnectProviderArn"])):
        document = trust(
            {"Federated": arn}, Action=["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
        )
        iam().create_role(RoleName=f"New{number}", AssumeRolePolicyDocument=document)


# ------------------------------------------------------------------ sizes
def padded(size: int) -> str:
    """A good policy of exactly this many characters that count."""
    base = document(S3 | {"Sid": "a"})
    return base.replace('"a"', '"' + "a" * (size - len(base.replace(" ", "")) + 1) + '"') + " " * 50


SIZES: list[tuple[str, dict[str, Any], str, int, str]] = [
    (
        "put_user_policy",
        {"UserName": "ada", "PolicyName": "p"},
        "PolicyDocument",
        2048,
        "Maximum policy size of 2048 bytes exceeded for user ada",
    ),
    (
        "put_group_policy",
        {"GroupName": "Team", "PolicyName": "p"},
        "PolicyDocument",
        5120,
        "Maximum policy size of 5120 bytes exceeded for group Team",
    ),
    (
        "put_role_policy",
        {"RoleName": "Reader", "PolicyName": "p"},
        "PolicyDocument",
        10240,
        "Maximum policy size of 10240 bytes exceeded for role Reader",
    ),
    (
        "create_policy",
        {"PolicyName": "New"},
        "PolicyDocument",
        6144,
        "Cannot exceed quota for PolicySize: 6144",
    ),
]


@pytest.mark.parametrize(("operation", "params", "parameter", "limit", "message"), SIZES)
def test_policies_have_a_largest_size_in_which_blanks_are_free(
    populated: Lab, operation: str, params: dict[str, Any], parameter: str, limit: int, message: str
) -> None:
    too_large = refusal(operation, **params, **{parameter: padded(limit + 1)})
    assert too_large == ("LimitExceeded", 409, message)
    getattr(iam(), operation)(**params, **{parameter: padded(limit)})


# ------------------------------------------------------------------ the caller's own
def test_calls_without_a_user_name_are_about_the_caller(populated: Lab) -> None:
    iam().attach_user_policy(UserName="ada", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
    ada = populated.session(iam().create_access_key(UserName="ada")).client("iam")
    assert ada.get_user()["User"]["UserName"] == "ada"
    assert len(ada.list_access_keys()["AccessKeyMetadata"]) == 1
    assert ada.create_access_key()["AccessKey"]["UserName"] == "ada"
    with pytest.raises(ClientError, match="Cannot exceed quota for AccessKeysPerUser: 2"):
        ada.create_access_key()
    root = populated.root_session().client("iam").get_user()["User"]
    assert (root["Arn"], root["UserId"]) == (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)


def test_a_boundary_shows_at_its_user(populated: Lab) -> None:
    client = iam()
    made = client.create_user(UserName="bea", PermissionsBoundary=OWN_POLICY)["User"]
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": OWN_POLICY}
    assert (
        made["PermissionsBoundary"] == client.get_user(UserName="bea")["User"]["PermissionsBoundary"] == shown
    )
    assert client.get_policy(PolicyArn=OWN_POLICY)["Policy"]["PermissionsBoundaryUsageCount"] == 1
    client.delete_user_permissions_boundary(UserName="bea")
    assert "PermissionsBoundary" not in client.get_user(UserName="bea")["User"]


def test_a_tag_replaces_one_of_the_same_key_in_other_letters(populated: Lab) -> None:
    client = iam()
    client.tag_user(UserName="ada", Tags=[{"Key": "Team", "Value": "red"}])
    client.tag_user(UserName="ada", Tags=[{"Key": "team", "Value": "blue"}])
    assert client.list_user_tags(UserName="ada")["Tags"] == [{"Key": "team", "Value": "blue"}]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"UserName": "a b"},
            "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the "
            "following: +=,.@_-",
        ),
        (
            {"UserName": "bea", "Path": "team"},
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
            "characters and/or / characters.",
        ),
        (
            {"UserName": "x" * 65},
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length "
            "less than or equal to 64",
        ),
        # what the model limits comes before what IAM words itself
        (
            {"UserName": "a b" * 30, "Path": "team"},
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length "
            "less than or equal to 64",
        ),
        (
            {"UserName": "bea", "Tags": [{"Key": "a", "Value": "R&D"}]},
            "1 validation error detected: Value at 'tags.1.member.value' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
        ),
        (
            {},
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not "
            "be null",
        ),
    ],
)
def test_names_have_a_form(lab: Lab, params: dict[str, Any], message: str) -> None:
    assert refusal("create_user", **params) == ("ValidationError", 400, message)


def test_all_of_awss_own_policies_are_there_for_who_asks(lab: Lab) -> None:
    client = iam()
    pages = client.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    names = [policy["PolicyName"] for page in pages for policy in page["Policies"]]
    assert len(names) > 1500
    assert len(set(names)) == len(names)
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    version = client.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    shown = client.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert shown["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert client.get_policy(PolicyArn=arn)["Policy"]["Description"] == (
        "Provides full access to AWS services and resources."
    )
    outside = ("AccessDenied", 403, "Policy is outside your own account.")
    for other in (arn, "arn:aws:iam::210987654321:policy/Mine"):
        assert refusal("delete_policy", PolicyArn=other) == outside
        assert refusal("tag_policy", PolicyArn=other, Tags=[{"Key": "k", "Value": "v"}]) == outside
