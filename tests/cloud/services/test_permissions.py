"""Policies that are put statement by statement: event buses, functions, queues and topics.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.resource_policies import policy_of

ACCOUNT, OTHER = "123456789012", "111122223333"
HERE = f"us-east-1:{ACCOUNT}"


def _client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", config=Config(parameter_validation=False))


def _refusal(call: Callable[..., Any], **params: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    response = refused.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Code"],
        response["Error"]["Message"],
    )


# ------------------------------------------------------------------ EventBridge
@pytest.fixture
def events(lab: Lab) -> Any:
    return _client("events")


BUS = f"arn:aws:events:{HERE}:event-bus/default"


def _stated(events: Any) -> Any:
    policy = events.describe_event_bus().get("Policy")
    return json.loads(policy)["Statement"] if policy else []


def _permission(**changes: Any) -> dict[str, Any]:
    return {"Action": "events:PutEvents", "Principal": OTHER, "StatementId": "other"} | changes


def test_a_bus_lets_an_account_in(events: Any) -> None:
    events.put_permission(**_permission())
    assert _stated(events) == [
        {
            "Sid": "other",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": "events:PutEvents",
            "Resource": BUS,
        }
    ]


def test_a_bus_lets_an_organisation_in(events: Any) -> None:
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-a1b2c3d4e5"}
    events.put_permission(**_permission(Principal="*", Condition=condition))
    (statement,) = _stated(events)
    assert statement["Principal"] == "*"
    assert statement["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def test_the_same_id_again_takes_the_statements_place(events: Any) -> None:
    events.put_permission(**_permission())
    events.put_permission(**_permission(Principal="*"))
    assert [statement["Principal"] for statement in _stated(events)] == ["*"]


@pytest.mark.parametrize("single", [True, False], ids=["one statement", "a list of them"])
def test_a_whole_policy_needs_no_sids(events: Any, single: bool) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": ["events:PutRule", "events:PutTargets"],
        "Resource": f"arn:aws:events:{HERE}:rule/*",
    }
    document = {"Version": "2012-10-17", "Statement": statement if single else [statement, statement]}
    events.put_permission(Policy=json.dumps(document))
    assert _stated(events) == [statement] * (1 if single else 2)
    assert policy_of(BUS) is not None
    events.put_permission(Policy=json.dumps(document))  # in place of the old one
    assert len(_stated(events)) == (1 if single else 2)
    events.remove_permission(RemoveAllPermissions=True)
    assert _stated(events) == []


@pytest.mark.parametrize(
    ("params", "code", "says"),
    [
        ({"Policy": "no json"}, "ValidationException", "This policy contains invalid Json"),
        ({"Policy": '{"Statement": [{"Effect": "Maybe"}]}'}, "ValidationException", ""),
        ({}, "ValidationException", "Parameter Principal must be specified."),
        (_permission(Action="events:PutRule"), "ValidationException", "parameter 'action' is not supported"),
        (
            _permission(Principal="ada"),
            "ValidationException",
            r"1 validation error detected: Value 'ada' at 'principal' failed to satisfy constraint: Member must "
            r"satisfy regular expression pattern: (\d{12}|\*)",
        ),
        (_permission(StatementId="a b"), "ValidationException", "'statementId'"),
        (
            _permission(Condition={"Type": "a", "Key": "b", "Value": "c"}),
            "ValidationException",
            "must be '*'",
        ),
        (_permission(EventBusName="ghost"), "ResourceNotFoundException", "Event bus ghost does not exist."),
    ],
)
def test_what_a_bus_does_not_take(events: Any, params: dict[str, Any], code: str, says: str) -> None:
    status, found, message = _refusal(events.put_permission, **params)
    assert (status, found) == (400, code)
    assert says in message


def test_a_policy_of_a_bus_has_at_most_10_kb(events: Any) -> None:
    big = {
        "Effect": "Allow",
        "Principal": {"AWS": OTHER},
        "Action": "events:*",
        "Resource": [BUS + "x" * 11_000],
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": big})
    assert _refusal(events.put_permission, Policy=document)[1] == "PolicyLengthExceededException"


def test_an_event_reaches_the_target_of_a_rule_that_matches_it(events: Any) -> None:
    sqs = _client("sqs")
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
    events.put_targets(Rule="orders", Targets=[{"Id": "queue", "Arn": f"arn:aws:sqs:{HERE}:news"}])
    for source in ("shop", "weather"):
        sent = events.put_events(Entries=[{"Source": source, "DetailType": "news", "Detail": "{}"}])
        assert sent["FailedEntryCount"] == 0
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [json.loads(message["Body"])["source"] for message in received] == ["shop"]


def test_permissions_are_taken_back(events: Any) -> None:
    not_there = "ResourceNotFoundException"
    assert _refusal(events.remove_permission, StatementId="other")[1:] == (
        not_there,
        "EventBus does not have a policy.",
    )
    events.put_permission(**_permission())
    assert _refusal(events.remove_permission, StatementId="another")[1:] == (
        not_there,
        "Statement with the provided id does not exist.",
    )
    events.remove_permission(StatementId="other")
    assert _stated(events) == []


# ------------------------------------------------------------------ Lambda
FUNCTION = f"arn:aws:lambda:{HERE}:function:f"


@pytest.fixture
def functions(lab: Lab) -> Any:
    iam, client = boto3.client("iam"), _client("lambda")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="f", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.py", "def handler(event, context): ...")
    client.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="a.handler",
        Code={"ZipFile": file.getvalue()},
    )
    return client


def _grant(**changes: Any) -> dict[str, Any]:
    return {
        "FunctionName": "f",
        "StatementId": "s3",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    } | changes


def _function_policy(functions: Any, **which: Any) -> Any:
    return json.loads(functions.get_policy(FunctionName="f", **which)["Policy"])["Statement"]


def test_a_service_may_call_a_function_for_a_resource(functions: Any) -> None:
    source = {"SourceArn": "arn:aws:s3:::photos", "SourceAccount": ACCOUNT}
    added = json.loads(functions.add_permission(**_grant(**source))["Statement"])
    assert added == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        "Condition": {
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"},
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
        },
    }
    assert _function_policy(functions) == [added]


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        (OTHER, {"AWS": f"arn:aws:iam::{OTHER}:root"}),
        (f"arn:aws:iam::{OTHER}:role/Caller", {"AWS": f"arn:aws:iam::{OTHER}:role/Caller"}),
        (f"arn:aws:iam::{ACCOUNT}:role/f", {"AWS": f"arn:aws:iam::{ACCOUNT}:role/f"}),
        ("*", "*"),
    ],
)
def test_whom_a_function_lets_in(functions: Any, named: str, shown: Any) -> None:
    functions.add_permission(**_grant(Principal=named))
    assert _function_policy(functions)[0]["Principal"] == shown


@pytest.mark.parametrize(
    ("parameter", "value", "condition"),
    [
        ("PrincipalOrgID", "o-a1b2c3d4e5", {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        ("EventSourceToken", "token", {"StringEquals": {"lambda:EventSourceToken": "token"}}),
        ("FunctionUrlAuthType", "NONE", {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
        ("InvokedViaFunctionUrl", True, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
    ],
)
def test_conditions_of_a_permission(
    functions: Any, parameter: str, value: Any, condition: dict[str, Any]
) -> None:
    functions.add_permission(**_grant(Principal="*", **{parameter: value}))
    assert _function_policy(functions)[0]["Condition"] == condition


INVALID_PRINCIPAL = "The provided principal was invalid. Please check the principal and try again."
MISMATCH = "does not match the latest Revision Id"


@pytest.mark.parametrize(
    ("params", "status", "code", "says"),
    [
        ({"Principal": "nobody"}, 400, "InvalidParameterValueException", INVALID_PRINCIPAL),
        (
            {"Principal": f"arn:aws:iam::{ACCOUNT}:user/ghost"},
            400,
            "InvalidParameterValueException",
            INVALID_PRINCIPAL,
        ),
        ({"StatementId": "a b"}, 400, "ValidationException", "at 'statementId' failed to satisfy constraint"),
        ({"Action": "s3:GetObject"}, 400, "ValidationException", "at 'action' failed to satisfy constraint"),
        ({"FunctionName": "g"}, 404, "ResourceNotFoundException", f"Function not found: {FUNCTION[:-1]}g"),
        ({"Qualifier": "7"}, 404, "ResourceNotFoundException", f"Function not found: {FUNCTION}:7"),
        ({"Qualifier": "live"}, 404, "ResourceNotFoundException", f"Cannot find alias arn: {FUNCTION}:live"),
        (
            {"Qualifier": "$LATEST"},
            400,
            "InvalidParameterValueException",
            "We currently do not support adding policies for $LATEST.",
        ),
        ({"RevisionId": "0"}, 412, "PreconditionFailedException", MISMATCH),
    ],
)
def test_what_a_function_does_not_take(
    functions: Any, params: dict[str, Any], status: int, code: str, says: str
) -> None:
    found = _refusal(functions.add_permission, **_grant(**params))
    assert found[:2] == (status, code)
    assert says in found[2]


def test_a_statement_id_is_used_once(functions: Any) -> None:
    functions.add_permission(**_grant())
    assert _refusal(functions.add_permission, **_grant()) == (
        409,
        "ResourceConflictException",
        "The statement id (s3) provided already exists. Please provide a new statement id, or remove the existing "
        "statement.",
    )


def test_a_function_policy_has_at_most_20_kb(functions: Any) -> None:
    tags = [f"arn:aws:s3:::{'x' * 9_000}-{number}" for number in range(3)]
    for number, source in enumerate(tags[:2]):
        functions.add_permission(**_grant(StatementId=f"s{number}", SourceArn=source))
    assert (
        _refusal(functions.add_permission, **_grant(SourceArn=tags[2]))[1] == "PolicyLengthExceededException"
    )


def test_versions_and_aliases_have_policies_of_their_own(functions: Any) -> None:
    version = functions.publish_version(FunctionName="f")["Version"]
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion=version)
    functions.add_permission(**_grant(Qualifier="live"))
    functions.add_permission(**_grant(FunctionName=f"f:{version}"))
    assert [one["Resource"] for one in _function_policy(functions, Qualifier="live")] == [f"{FUNCTION}:live"]
    assert _refusal(functions.get_policy, FunctionName="f") == (
        404,
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
    )
    functions.remove_permission(FunctionName=FUNCTION, Qualifier="live", StatementId="s3")
    assert len(_function_policy(functions, Qualifier=version)) == 1


def test_function_permissions_are_taken_back(functions: Any) -> None:
    def gone(**which: Any) -> tuple[int, str, str]:
        return _refusal(functions.remove_permission, FunctionName="f", **which)

    assert gone(StatementId="s3")[2] == "No policy is associated with the given resource."
    functions.add_permission(**_grant())
    assert gone(StatementId="other") == (
        404,
        "ResourceNotFoundException",
        "Statement other is not found in resource policy.",
    )
    assert gone(StatementId="s3", RevisionId="0")[:2] == (412, "PreconditionFailedException")
    revision = functions.get_policy(FunctionName="f")["RevisionId"]
    functions.remove_permission(FunctionName="f", StatementId="s3", RevisionId=revision)
    assert _refusal(functions.get_policy, FunctionName="f")[1] == "ResourceNotFoundException"
