"""Policies that name a user or role which is renamed, deleted, or made again.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from iamlab.cloud.lab import Lab
from iamlab.cloud.resource_policies import policy_of

ACCOUNT = "123456789012"
ADA = f"arn:aws:iam::{ACCOUNT}:user/ada"
READER = f"arn:aws:iam::{ACCOUNT}:role/Reader"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/Reader/shift"
OTHER = f"arn:aws:iam::{ACCOUNT}:root"


def policy(principal: Any, action: str, resource: str | None = None) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    if resource is not None:
        statement["Resource"] = resource
    # what conditions say is text, and stays
    statement["Condition"] = {"StringNotEquals": {"aws:PrincipalTag/owner": [ADA, READER]}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def shown() -> Any:
    return boto3.client("iam").get_role(RoleName="Target")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]


@pytest.fixture
def trusting(lab: Lab) -> Lab:
    """Role `Target` trusts user `ada`, role `Reader` and one of its sessions."""
    iam = boto3.client("iam")
    iam.create_user(UserName="ada")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=policy(OTHER, "sts:AssumeRole"))
    iam.create_role(
        RoleName="Target", AssumeRolePolicyDocument=policy([ADA, READER, SESSION, OTHER], "sts:AssumeRole")
    )
    return lab


def test_a_deleted_principal_shows_as_its_unique_id(trusting: Lab) -> None:
    iam = boto3.client("iam")
    user, role = (
        iam.get_user(UserName="ada")["User"]["UserId"],
        iam.get_role(RoleName="Reader")["Role"]["RoleId"],
    )
    condition = shown()["Condition"]
    iam.delete_user(UserName="ada")
    iam.delete_role(RoleName="Reader")
    assert shown()["Principal"] == {"AWS": [user, role, f"{role}:shift", OTHER]}
    assert shown()["Condition"] == condition
    # the same names are other principals now
    iam.create_user(UserName="ada")
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=policy(OTHER, "sts:AssumeRole"))
    assert shown()["Principal"]["AWS"][0] == user


def test_a_renamed_principal_shows_under_its_new_name(trusting: Lab) -> None:
    boto3.client("iam").update_user(UserName="ada", NewUserName="ida", NewPath="/team/")
    assert shown()["Principal"]["AWS"][0] == f"arn:aws:iam::{ACCOUNT}:user/team/ida"


def test_who_is_made_again_is_not_trusted(lab: Lab) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ada")
    trust = {"Effect": "Allow", "Principal": {"AWS": ADA}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    target = iam.create_role(RoleName="Target", AssumeRolePolicyDocument=document)["Role"]["Arn"]

    def assume() -> Any:
        sts = lab.session(iam.create_access_key(UserName="ada")).client("sts")
        return sts.assume_role(RoleArn=target, RoleSessionName="ada")

    assert assume()["AssumedRoleUser"]["Arn"].endswith(":assumed-role/Target/ada")
    for key in iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="ada", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="ada")
    iam.create_user(UserName="ada")
    with pytest.raises(ClientError, match="AccessDenied"):
        assume()
    iam.update_assume_role_policy(RoleName="Target", PolicyDocument=document)
    assert assume()["AssumedRoleUser"]["Arn"].endswith(":assumed-role/Target/ada")


def test_resource_policies_follow_too(trusting: Lab) -> None:
    iam = boto3.client("iam")
    user = iam.get_user(UserName="ada")["User"]["UserId"]
    s3, sqs = boto3.client("s3", region_name="us-east-1"), boto3.client("sqs", region_name="us-east-1")
    s3.create_bucket(Bucket="box")
    s3.put_bucket_policy(Bucket="box", Policy=policy(ADA, "s3:GetObject", "arn:aws:s3:::box/*"))
    url = sqs.create_queue(QueueName="line", Attributes={"Policy": policy([ADA], "sqs:SendMessage", "*")})[
        "QueueUrl"
    ]
    iam.delete_user(UserName="ada")
    bucket = json.loads(s3.get_bucket_policy(Bucket="box")["Policy"])
    queue = json.loads(
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    )
    assert bucket["Statement"][0]["Principal"] == {"AWS": user}
    assert queue["Statement"][0]["Principal"] == {"AWS": user}


@pytest.mark.parametrize("service", ["sns", "kms", "secretsmanager"])
def test_the_policies_of_other_services_are_found(trusting: Lab, service: str) -> None:
    client = boto3.client(service, region_name="us-east-1")
    text = policy(ADA, f"{service}:*", "*")
    read: Any
    if service == "sns":
        arn = client.create_topic(Name="news", Attributes={"Policy": text})["TopicArn"]
        read = lambda: client.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]  # noqa: E731
    elif service == "kms":
        key = client.create_key(Policy=text, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]["KeyId"]
        read = None
        assert key
    else:
        arn = client.create_secret(Name="box", SecretString="x")["ARN"]
        client.put_resource_policy(SecretId=arn, ResourcePolicy=text)
        read = lambda: client.get_resource_policy(SecretId=arn)["ResourcePolicy"]  # noqa: E731
    iam = boto3.client("iam")
    user = iam.get_user(UserName="ada")["User"]["UserId"]
    iam.delete_user(UserName="ada")
    if read is None:  # a key whose policy names nobody who is left can't be asked
        from iamlab.cloud.moto_seam import resources

        stored = resources.key_policy(ACCOUNT, "us-east-1", key)
        assert stored is not None
        found = json.loads(stored)
    else:
        found = json.loads(read())
    assert found["Statement"][0]["Principal"] == {"AWS": user}


REPOSITORY = "arn:aws:ecr:us-east-1:123456789012:repository/box"
TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/box"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/default"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:box"


def _repository(client: Any) -> str:
    client.create_repository(repositoryName="box")
    client.set_repository_policy(repositoryName="box", policyText=policy(ADA, "ecr:GetDownloadUrlForLayer"))
    return REPOSITORY


def _table(client: Any) -> str:
    client.create_table(
        TableName="box",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_resource_policy(ResourceArn=TABLE, Policy=policy(ADA, "dynamodb:GetItem", TABLE))
    return TABLE


def _bus(client: Any) -> str:
    client.put_permission(Policy=policy(ADA, "events:PutEvents", BUS))
    return BUS


def _function(client: Any) -> str:
    role = boto3.client("iam").create_role(
        RoleName="box",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                },
            }
        ),
    )
    client.create_function(
        FunctionName="box",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="a.handler",
        Code={"ZipFile": _archive()},
    )
    client.add_permission(FunctionName="box", StatementId="a", Action="lambda:InvokeFunction", Principal=ADA)
    return FUNCTION


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.py", "def handler(event, context): ...")
    return file.getvalue()


@pytest.mark.parametrize(
    ("service", "make"),
    [("ecr", _repository), ("dynamodb", _table), ("events", _bus), ("lambda", _function)],
    ids=["ecr", "dynamodb", "events", "lambda"],
)
def test_policies_that_are_kept_in_other_forms_are_found_too(
    trusting: Lab, service: str, make: Callable[[Any], str]
) -> None:
    arn = make(boto3.client(service, region_name="us-east-1"))  # type: ignore[call-overload]
    iam = boto3.client("iam")
    user = iam.get_user(UserName="ada")["User"]["UserId"]

    def named() -> Any:
        found = policy_of(arn)
        assert found is not None
        return json.loads(found.text)["Statement"][0]["Principal"]

    iam.update_user(UserName="ada", NewUserName="ida")
    assert named() == {"AWS": ADA.replace("ada", "ida")}
    iam.delete_user(UserName="ida")
    assert named() == {"AWS": user}
