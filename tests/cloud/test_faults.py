"""moto's errors reach clients as AWS sends them: the message once, by its name in the service's model, with its status.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors
https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#API_GetFunction_Errors
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from iamlab.cloud import Lab
from iamlab.cloud.moto_seam.faults import mended
from iamlab.cloud.moto_seam.operations import Reply, operation_named

TOPIC = "arn:aws:sns:us-east-1:123456789012:none"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:none"
NO_SECRET = "Secrets Manager can't find the specified secret."
NO_FUNCTION = f"Function not found: {FUNCTION}"

# service, operation, parameters, then what a client finds beside ResponseMetadata, and the status
FAULTS: list[tuple[str, str, dict[str, Any], dict[str, Any], int]] = [
    (
        "sns",
        "get_topic_attributes",
        {"TopicArn": TOPIC},
        {"Error": {"Type": "Sender", "Code": "NotFound", "Message": "Topic does not exist"}},
        404,
    ),
    (
        "secretsmanager",
        "get_secret_value",
        {"SecretId": "none"},
        {"Error": {"Code": "ResourceNotFoundException", "Message": NO_SECRET}, "Message": NO_SECRET},
        400,
    ),
    (
        "lambda",
        "get_function",
        {"FunctionName": "none"},
        {
            "Error": {"Code": "ResourceNotFoundException", "Message": NO_FUNCTION},
            "Type": "User",
            "Message": NO_FUNCTION,
        },
        404,
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": "none"},
        {"Error": {"Code": "ParameterNotFound", "Message": ""}},
        400,
    ),
]


@pytest.mark.parametrize(
    ("service", "operation", "params", "expected", "status"), FAULTS, ids=[row[0] for row in FAULTS]
)
def test_a_fault_looks_like_the_services_own(
    lab: Lab, service: str, operation: str, params: dict[str, Any], expected: dict[str, Any], status: int
) -> None:
    make: Any = boto3.client
    with pytest.raises(ClientError) as caught:
        getattr(make(service, region_name="us-east-1"), operation)(**params)
    answer: dict[str, Any] = dict(caught.value.response)
    assert answer.pop("ResponseMetadata")["HTTPStatusCode"] == status
    assert answer == expected


def test_what_is_no_error_or_of_no_known_form_stays_as_it_is() -> None:
    model = operation_named("secretsmanager", "GetSecretValue")
    replies: tuple[Reply, ...] = (
        (200, {}, '{"message": "fine"}'),
        (404, {}, "<html>"),
        (404, {}, "[]"),
        (500, {}, ""),
        (400, {}, json.dumps({"__type": "NobodyKnows", "message": "x", "Message": "x"})),
    )
    for reply in replies:
        assert mended(reply, "secretsmanager", "json", model) == reply
    assert mended((404, {}, "{}"), "s3", "rest-xml", model) == (404, {}, "{}")


UNKNOWN: list[tuple[str, str, str, str]] = [
    ("iam", "iam", "Action=Fly&Version=2010-05-08", "Could not find operation Fly for version 2010-05-08"),
    ("iam", "iam", "Action=GetUser", "Could not find operation GetUser for version NO_VERSION_SPECIFIED"),
    (
        "sts",
        "sts",
        "Action=GetCallerIdentity&Version=2010-05-08",
        "Could not find operation GetCallerIdentity for version 2010-05-08",
    ),
    (
        "ec2",
        "ec2.us-east-1",
        "Action=Fly&Version=2016-11-15",
        "The action Fly is not valid for this web service.",
    ),
]


@pytest.mark.parametrize(("service", "host", "body", "message"), UNKNOWN, ids=[row[2] for row in UNKNOWN])
def test_what_a_service_does_not_know_is_named(
    lab: Lab, service: str, host: str, body: str, message: str
) -> None:
    asked = AWSRequest(
        "POST",
        f"https://{host}.amazonaws.com/",
        data=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    key = boto3.Session().get_credentials()
    assert key is not None
    SigV4Auth(key, service, "us-east-1").add_auth(asked)
    answer = requests.post(str(asked.url), data=body, headers=dict(asked.headers), timeout=10)
    assert answer.status_code == 400
    assert "<Code>InvalidAction</Code>" in answer.text
    assert f"<Message>{message}</Message>" in answer.text


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("secretsmanager", "list_secrets", {}),
        ("secretsmanager", "describe_secret", {"SecretId": "none"}),
        ("lambda", "list_functions", {}),
        ("dynamodb", "list_tables", {}),
    ],
    ids=["done", "refused", "over REST", "done by DynamoDB"],
)
def test_a_reply_has_the_id_that_the_trail_has(
    lab: Lab, service: str, operation: str, params: dict[str, Any]
) -> None:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html"""
    make: Any = boto3.client
    try:
        answer = getattr(make(service, region_name="us-east-1"), operation)(**params)
    except ClientError as error:
        answer = error.response
    assert answer["ResponseMetadata"]["RequestId"] == lab.trail[-1].request_id
