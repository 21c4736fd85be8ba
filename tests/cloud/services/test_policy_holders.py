"""What has a policy beside keys, queues and buckets: secrets, functions, repositories, buses, log groups.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from iamlab.cloud import Lab

Refusal = Callable[..., tuple[str, int, str]]
ACCOUNT, OTHER = "123456789012", "111122223333"
HERE = f"us-east-1:{ACCOUNT}"


def _client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def _policy(action: str, principal: Any = OTHER, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | more]})


# ------------------------------------------------------------------ Secrets Manager
MARKED = "You can't perform this operation on the secret because it was marked for deletion."
POLICY = _policy("secretsmanager:GetSecretValue", ACCOUNT, Resource="*")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("delete_resource_policy", {}),
        ("delete_secret", {}),
        ("get_resource_policy", {}),
        ("get_secret_value", {}),
        ("put_resource_policy", {"ResourcePolicy": POLICY}),
        ("put_secret_value", {"SecretString": "y"}),
        ("tag_resource", {"Tags": []}),
        ("update_secret", {"Description": "y"}),
    ],
)
def test_a_secret_that_waits_for_its_deletion(
    lab: Lab, refusal: Refusal, method: str, params: dict[str, Any]
) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html"""
    secrets = _client("secretsmanager")
    secrets.create_secret(Name="box", SecretString="x")
    secrets.delete_secret(SecretId="box")
    assert refusal(getattr(secrets, method), SecretId="box", **params) == (
        "InvalidRequestException",
        400,
        MARKED,
    )
    assert refusal(secrets.create_secret, Name="box", SecretString="x") == (
        "InvalidRequestException",
        400,
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
    assert "DeletedDate" in secrets.describe_secret(SecretId="box")


def test_versions_of_a_secret(lab: Lab, refusal: Refusal) -> None:
    secrets = _client("secretsmanager")
    made = secrets.create_secret(Name="box", SecretString="x")
    second = secrets.put_secret_value(SecretId="box", SecretString="y")["VersionId"]
    listed = secrets.list_secret_version_ids(SecretId=made["ARN"])
    assert (listed["ARN"], listed["Name"]) == (made["ARN"], "box")
    assert [(one["VersionId"], one["VersionStages"]) for one in listed["Versions"]] == [
        (made["VersionId"], ["AWSPREVIOUS"]),
        (second, ["AWSCURRENT"]),
    ]
    missing = "Secrets Manager can't find the specified secret value for staging label:"
    assert refusal(secrets.get_secret_value, SecretId="box", VersionStage="X")[2] == f"{missing} X"
    secrets.create_secret(Name="empty")
    assert refusal(secrets.get_secret_value, SecretId="empty")[2] == f"{missing} AWSCURRENT"
    assert refusal(secrets.list_secret_version_ids, SecretId="none")[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
            "InvalidParameterException",
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        ),
        (
            {"RecoveryWindowInDays": 5},
            "InvalidParameterException",
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        ),
    ],
    ids=["both", "too soon"],
)
def test_deletions_that_are_not_clear(
    lab: Lab, refusal: Refusal, params: dict[str, Any], code: str, message: str
) -> None:
    secrets = _client("secretsmanager")
    secrets.create_secret(Name="box", SecretString="x")
    assert refusal(secrets.delete_secret, SecretId="box", **params) == (code, 400, message)
    assert refusal(secrets.create_secret, Name="a b") == (
        "ValidationException",
        400,
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    )


# ------------------------------------------------------------------ Lambda
@pytest.fixture
def function(lab: Lab) -> dict[str, Any]:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = boto3.client("iam").create_role(RoleName="fn", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): return 1")
    made: dict[str, Any] = _client("lambda").create_function(
        FunctionName="fn",
        Runtime="python3.12",
        Role=role["Arn"],
        Handler="app.handler",
        Code={"ZipFile": box.getvalue()},
    )
    return made


def test_a_new_function_is_pending_and_then_active(function: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
    assert (function["State"], function["StateReasonCode"]) == ("Pending", "Creating")
    found = _client("lambda").get_function(FunctionName="fn")["Configuration"]
    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")
    assert found["RevisionId"] == function["RevisionId"]
    assert found["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"}
    assert found["LastModified"].endswith("+0000")
    assert "Layers" not in found


def test_versions_and_aliases_of_a_function(function: dict[str, Any], refusal: Refusal) -> None:
    functions = _client("lambda")
    missing = f"Function not found: arn:aws:lambda:{HERE}:function:none"
    assert refusal(functions.list_versions_by_function, FunctionName="none") == (
        "ResourceNotFoundException",
        404,
        missing,
    )
    functions.publish_version(FunctionName="fn")
    alias = {"FunctionName": "fn", "Name": "live", "FunctionVersion": "1"}
    functions.create_alias(**alias)
    assert refusal(functions.create_alias, **alias) == (
        "ResourceConflictException",
        409,
        f"Alias already exists: arn:aws:lambda:{HERE}:function:fn:live",
    )
    gone = functions.delete_alias(FunctionName="fn", Name="none")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_statements_conditions_stand_in_lambdas_order(function: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    statement = _client("lambda").add_permission(
        FunctionName="fn",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::box",
        SourceAccount=ACCOUNT,
    )["Statement"]
    assert statement.endswith(
        f'"Condition":{{"StringEquals":{{"AWS:SourceAccount":"{ACCOUNT}"}},'
        '"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::box"}}}'
    )


# ------------------------------------------------------------------ ECR
def test_a_repositorys_policy_comes_back_laid_out(lab: Lab) -> None:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html"""
    ecr = _client("ecr")
    ecr.create_repository(repositoryName="app")
    text = _policy("ecr:BatchGetImage", f"arn:aws:iam::{OTHER}:root")
    shown = ecr.set_repository_policy(repositoryName="app", policyText=text)
    assert shown["policyText"].startswith('{\n  "Version" : "2012-10-17",\n  "Statement" : [ {\n')
    assert json.loads(shown["policyText"]) == json.loads(text)
    assert ecr.get_repository_policy(repositoryName="app")["policyText"] == shown["policyText"]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "{}",
        _policy("ecr:BatchGetImage", f"arn:aws:iam::{ACCOUNT}:role/ghost"),
        _policy("s3:GetObject"),
    ],
    ids=["no JSON", "no statement", "ghost", "another service"],
)
def test_policies_that_no_repository_takes(lab: Lab, refusal: Refusal, text: str) -> None:
    ecr = _client("ecr")
    ecr.create_repository(repositoryName="app")
    assert refusal(ecr.set_repository_policy, repositoryName="app", policyText=text) == (
        "InvalidParameterException",
        400,
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    )


# ------------------------------------------------------------------ EventBridge and CloudWatch Logs
def test_each_event_goes_to_its_own_bus(lab: Lab) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html"""
    mine, theirs = _client("events"), lab.root_session(OTHER).client("events", region_name="us-east-1")
    arn = theirs.create_event_bus(Name="hub")["EventBusArn"]
    theirs.put_permission(EventBusName="hub", Action="events:PutEvents", Principal=ACCOUNT, StatementId="in")
    policy = theirs.describe_event_bus(Name="hub")["Policy"]
    assert policy == json.dumps(json.loads(policy), separators=(",", ":"))
    mine.create_event_bus(Name="own")
    entry = {"Source": "a", "DetailType": "b", "Detail": "{}"}
    answer = mine.put_events(
        Entries=[entry | {"EventBusName": arn}, entry | {"EventBusName": "own"}, entry | {"Detail": "x"}]
    )
    assert answer["FailedEntryCount"] == 1
    assert [sorted(one) for one in answer["Entries"]] == [
        ["EventId"],
        ["EventId"],
        ["ErrorCode", "ErrorMessage"],
    ]


@pytest.mark.parametrize(
    "text",
    ["x", _policy("logs:PutLogEvents", f"arn:aws:iam::{ACCOUNT}:role/ghost", Resource="*")],
    ids=["no JSON", "ghost"],
)
def test_policies_that_logs_cannot_keep(lab: Lab, refusal: Refusal, text: str) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html"""
    logs = _client("logs")
    assert refusal(logs.put_resource_policy, policyName="p", policyDocument=text) == (
        "InvalidParameterException",
        400,
        "Could not convert to persistable policy.",
    )


# ------------------------------------------------------------------ words for policies that aren't taken
def _refused(lab: Lab, refusal: Refusal, service: str, text: str) -> tuple[str, int, str]:
    if service == "kms":
        return refusal(_client("kms").create_key, Policy=text)
    if service == "events":
        _client("events").create_event_bus(Name="hub")
        return refusal(_client("events").put_permission, EventBusName="hub", Policy=text)
    table = _client("dynamodb").create_table(
        TableName="T",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]
    return refusal(_client("dynamodb").put_resource_policy, ResourceArn=table["TableArn"], Policy=text)


GHOST = f"arn:aws:iam::{ACCOUNT}:role/ghost"
TABLE = f"arn:aws:dynamodb:{HERE}:table/T"
BUS = f"arn:aws:events:{HERE}:event-bus/other"
WRONG = "One or more parameter values were invalid: Invalid"


@pytest.mark.parametrize(
    ("service", "text", "code", "message"),
    [
        (
            "kms",
            '{"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}',
            "MalformedPolicyDocumentException",
            "Policy contains a statement with no principal.",
        ),
        (
            "kms",
            _policy("kms:*", f"arn:aws:iam::{ACCOUNT}:group/crew", Resource="*"),
            "InvalidArnException",
            "An ARN in the specified key policy is invalid.",
        ),
        (
            "dynamodb",
            _policy("dynamodb:GetItem", GHOST, Resource=TABLE),
            "ValidationException",
            f"{WRONG} principal in policy document.",
        ),
        (
            "dynamodb",
            _policy("s3:GetObject", Resource=TABLE),
            "ValidationException",
            f'{WRONG} policy document: The following action names are invalid: "s3:GetObject"',
        ),
        (
            "events",
            _policy("events:PutEvents", Resource=BUS),
            "ValidationException",
            f'The relative-id "event-bus/other" is invalid for ARN "{BUS}"',
        ),
    ],
    ids=["no principal", "a group", "a ghost", "another service", "another bus"],
)
def test_what_services_say_of_policies(
    lab: Lab, refusal: Refusal, service: str, text: str, code: str, message: str
) -> None:
    assert _refused(lab, refusal, service, text) == (code, 400, message)


# ------------------------------------------------------------------ Parameter Store
def test_a_parameter_tells_who_changed_it(lab: Lab, make_user: Any, refusal: Refusal) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterMetadata.html"""
    ssm = _client("ssm")
    administrator = boto3.client("sts").get_caller_identity()["Arn"]
    ssm.put_parameter(Name="/a/b", Value="x", Type="String")
    ana = make_user("ana", {"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}).client(
        "ssm", region_name="us-east-1"
    )
    ana.put_parameter(Name="/a/b", Value="y", Type="String", Overwrite=True)
    by = f"arn:aws:iam::{ACCOUNT}:user/ana"
    history = ssm.get_parameter_history(Name="/a/b")["Parameters"]
    assert [one["LastModifiedUser"] for one in history] == [administrator, by]
    assert [(one["Labels"], one["Policies"]) for one in history] == [([], []), ([], [])]
    (listed,) = ssm.describe_parameters()["Parameters"]
    assert listed["LastModifiedUser"] == by
    assert listed["ARN"] == f"arn:aws:ssm:{HERE}:parameter/a/b"
    assert refusal(ssm.describe_parameters, NextToken="x")[0] == "InvalidNextToken"


def test_a_bus_is_listed_with_its_policy(lab: Lab) -> None:
    events = _client("events")
    events.put_permission(Action="events:PutEvents", Principal=OTHER, StatementId="in")
    (bus,) = events.list_event_buses()["EventBuses"]
    assert bus == {
        name: value for name, value in events.describe_event_bus().items() if name != "ResponseMetadata"
    }


# ------------------------------------------------------------------ functions that change, and their URLs
def test_a_changed_function_tells_when(lab: Lab, function: dict[str, Any]) -> None:
    functions = _client("lambda")
    lab.clock.advance(hours=1)
    changed = functions.update_function_configuration(FunctionName="fn", Timeout=9)
    assert (changed["Timeout"], changed["LastUpdateStatus"]) == (9, "InProgress")
    assert changed["LastModified"] > function["LastModified"]
    assert changed["RevisionId"] != function["RevisionId"]
    found = functions.get_function_configuration(FunctionName="fn")
    assert (found["LastModified"], found["RevisionId"]) == (changed["LastModified"], changed["RevisionId"])
    assert found["LastUpdateStatus"] == "Successful"


def test_a_function_has_one_url(function: dict[str, Any], refusal: Refusal) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html"""
    functions = _client("lambda")
    made = functions.create_function_url_config(FunctionName="fn", AuthType="AWS_IAM")
    assert made["FunctionUrl"].endswith(".lambda-url.us-east-1.on.aws/")
    assert made["InvokeMode"] == "BUFFERED"
    assert refusal(functions.create_function_url_config, FunctionName="fn", AuthType="NONE") == (
        "ResourceConflictException",
        409,
        f"Failed to create function url config for [functionArn = arn:aws:lambda:{HERE}:function:fn]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function",
    )


def test_a_secret_is_text_or_bytes(lab: Lab, refusal: Refusal) -> None:
    secrets = _client("secretsmanager")
    both = {"SecretString": "x", "SecretBinary": b"y"}
    assert refusal(secrets.create_secret, Name="box", **both)[0] == "InvalidParameterException"
    assert refusal(secrets.list_secrets, NextToken="x")[0] == "InvalidNextTokenException"
