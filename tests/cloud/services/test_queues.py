"""SQS's queues: their names and attributes, their errors under the JSON protocol, and how their policies are shown.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT, OTHER = "123456789012", "111122223333"
ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:line"
LONG = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
FIFO = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo "
    "suffix and be 1 to 80 in length"
)


@pytest.fixture
def sqs(lab: Lab) -> Any:
    """SQS as the administrator, with a queue `line`."""
    client = boto3.client("sqs", region_name="us-east-1", config=Config(parameter_validation=False))
    client.create_queue(QueueName="line")
    return client


@pytest.fixture
def url(sqs: Any) -> str:
    found: str = sqs.get_queue_url(QueueName="line")["QueueUrl"]
    return found


def _error(call: Any, **params: Any) -> tuple[int, dict[str, Any]]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    answer: dict[str, Any] = dict(caught.value.response)
    return answer.pop("ResponseMetadata")["HTTPStatusCode"], answer


def _redrive(target: str = "dead", **more: Any) -> dict[str, str]:
    document = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{target}", "maxReceiveCount": 3}
    return {"RedrivePolicy": json.dumps(document | more)}


def _reason(text: str, reason: str) -> str:
    return f"Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"


# what is asked of CreateQueue -> code, message
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("a bad character", {"QueueName": "a b"}, "InvalidParameterValue", LONG),
    ("too long", {"QueueName": "a" * 81}, "InvalidParameterValue", LONG),
    ("a name of FIFO queues", {"QueueName": "a.fifo"}, "InvalidParameterValue", LONG),
    ("no such name", {"QueueName": "a", "Attributes": {"FifoQueue": "true"}}, "InvalidParameterValue", FIFO),
    (
        "no name",
        {"QueueName": ""},
        "InvalidParameterValue",
        "Value  for parameter QueueName is invalid. Reason: Must specify a queue name.",
    ),
    (
        "FIFO's attribute",
        {"QueueName": "a", "Attributes": {"FifoQueue": "false"}},
        "InvalidAttributeName",
        "Unknown Attribute FifoQueue.",
    ),
    (
        "an unknown attribute",
        {"QueueName": "a", "Attributes": {"Colour": "red"}},
        "InvalidAttributeName",
        "Unknown Attribute Colour.",
    ),
    (
        "no number",
        {"QueueName": "a", "Attributes": {"VisibilityTimeout": "soon"}},
        "InvalidAttributeValue",
        "Invalid value for the parameter VisibilityTimeout.",
    ),
    (
        "too much",
        {"QueueName": "a", "Attributes": {"DelaySeconds": "901"}},
        "InvalidAttributeValue",
        "Invalid value for the parameter DelaySeconds.",
    ),
    (
        "too little",
        {"QueueName": "a", "Attributes": {"MessageRetentionPeriod": "59"}},
        "InvalidAttributeValue",
        "Invalid value for the parameter MessageRetentionPeriod.",
    ),
    (
        "another value",
        {"QueueName": "line", "Attributes": {"VisibilityTimeout": "31"}},
        "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for attribute VisibilityTimeout",
    ),
    (
        "no JSON",
        {"QueueName": "a", "Attributes": {"RedrivePolicy": "dead"}},
        "InvalidParameterValue",
        _reason("dead", "Redrive policy is not a valid JSON map."),
    ),
    (
        "half of it",
        {"QueueName": "a", "Attributes": {"RedrivePolicy": '{"maxReceiveCount": 3}'}},
        "InvalidParameterValue",
        _reason(
            '{"maxReceiveCount": 3}',
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
        ),
    ),
    (
        "too often",
        {"QueueName": "a", "Attributes": _redrive(maxReceiveCount=0)},
        "InvalidParameterValue",
        _reason(
            _redrive(maxReceiveCount=0)["RedrivePolicy"],
            "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
        ),
    ),
    (
        "nowhere",
        {"QueueName": "a", "Attributes": _redrive()},
        "InvalidParameterValue",
        _reason(_redrive()["RedrivePolicy"], "Dead letter target does not exist."),
    ),
]


@pytest.mark.parametrize(("case", "params", "code", "message"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_queue_can_not_be_made(
    sqs: Any, case: str, params: dict[str, Any], code: str, message: str
) -> None:
    status, answer = _error(sqs.create_queue, **params)
    assert (status, answer["Error"]["Code"], answer["Error"]["Message"]) == (400, code, message)
    assert list(sqs.list_queues()["QueueUrls"]) == [sqs.get_queue_url(QueueName="line")["QueueUrl"]]


def test_making_a_queue_again_is_no_error_if_nothing_is_different(sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    for attributes in ({}, {"VisibilityTimeout": "60"}, {"Policy": ""}):
        assert sqs.create_queue(QueueName="line", Attributes=attributes)["QueueUrl"] == url


# operation, parameters -> status, the error, what else the answer has
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-api-responses.html
NAMES: list[tuple[str, dict[str, Any], int, tuple[str, str], str, dict[str, Any]]] = [
    (
        "get_queue_attributes",
        {"QueueUrl": f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/ghost"},
        400,
        ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
        "The specified queue does not exist.",
        {},
    ),
    (
        "get_queue_url",
        {"QueueName": "ghost"},
        400,
        ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
        "The specified queue does not exist.",
        {},
    ),
    (
        "get_queue_attributes",
        {"QueueUrl": "line", "AttributeNames": ["Colour"]},
        400,
        ("InvalidAttributeName", "InvalidAttributeName"),
        "Unknown Attribute Colour.",
        {"message": "Unknown Attribute Colour."},
    ),
    (
        "remove_permission",
        {"QueueUrl": "line", "Label": "x"},
        400,
        ("InvalidParameterValue", "InvalidParameterValueException"),
        "Value x for parameter Label is invalid. Reason: can't find label on existing policy.",
        {},
    ),
    (
        "remove_permission",
        {"QueueUrl": "line", "Label": ""},
        400,
        ("MissingParameter", "MissingRequiredParameterException"),
        "The request must contain the parameter Label.",
        {},
    ),
    (
        "receive_message",
        {"QueueUrl": "line", "MaxNumberOfMessages": 11},
        400,
        ("InvalidParameterValue", "InvalidParameterValueException"),
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
        {},
    ),
    (
        "send_message",
        {"QueueUrl": "line", "MessageBody": ""},
        400,
        ("MissingParameter", "MissingRequiredParameterException"),
        "The request must contain the parameter MessageBody.",
        {},
    ),
    (
        "delete_message",
        {"QueueUrl": "line", "ReceiptHandle": "x"},
        404,
        ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
        "The input receipt handle is invalid.",
        {"message": "The input receipt handle is invalid."},
    ),
    (
        "create_queue",
        {"QueueName": "line", "Attributes": {"DelaySeconds": "1"}},
        400,
        ("QueueAlreadyExists", "QueueNameExists"),
        "A queue already exists with the same name and a different value for attribute DelaySeconds",
        {},
    ),
]


@pytest.mark.parametrize(
    ("operation", "params", "status", "names", "message", "rest"), NAMES, ids=range(len(NAMES))
)
def test_an_error_has_its_code_of_before_and_its_name_of_today(
    sqs: Any,
    operation: str,
    params: dict[str, Any],
    status: int,
    names: tuple[str, str],
    message: str,
    rest: dict[str, Any],
) -> None:
    code, name = names
    told = {"Message": message, "Code": code, "QueryErrorCode": name, "Type": "Sender"}
    assert _error(getattr(sqs, operation), **params) == (status, {"Error": told, **rest})


def test_a_denial_is_named_so_too(lab: Lab, sqs: Any, url: str) -> None:
    status, answer = _error(lab.root_session(OTHER).client("sqs", "us-east-1").purge_queue, QueueUrl=url)
    assert (status, answer["Error"]["Code"]) == (403, "AccessDenied")
    assert answer["Error"]["QueryErrorCode"] == "AccessDeniedException"


def test_an_unknown_key_is_named_so_too(lab: Lab) -> None:
    stranger = boto3.client(
        "sqs", "us-east-1", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )
    status, answer = _error(stranger.list_queues)
    assert (status, answer["Error"]["Code"]) == (403, "InvalidClientTokenId")
    assert answer["Error"]["QueryErrorCode"] == "UnrecognizedClientException"


# ------------------------------------------------------------------ attributes, policies, tags
def _shown(sqs: Any, url: str) -> Any:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes")


STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": [OTHER]},
    "Action": ["sqs:SendMessage"],
    "Resource": [ARN],
    "Condition": {"Bool": {"aws:SecureTransport": [True]}},
}
SHOWN = (
    '{"Version":"2008-10-17","Statement":[{"Effect":"Allow",'
    f'"Principal":{{"AWS":"arn:aws:iam::{OTHER}:root"}},"Action":"sqs:SendMessage","Resource":"{ARN}",'
    '"Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}'
)


def test_a_policy_is_shown_in_one_form_however_it_was_written(sqs: Any, url: str) -> None:
    assert _shown(sqs, url) is None
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": STATEMENT}, indent=2)}
    )
    assert _shown(sqs, url) == {"Policy": SHOWN}


def test_another_attribute_leaves_the_policy_alone(sqs: Any, url: str) -> None:
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": STATEMENT})})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    assert _shown(sqs, url) == {"Policy": SHOWN}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    assert _shown(sqs, url) is None


def test_the_policy_of_a_first_permission_has_an_id(sqs: Any, url: str) -> None:
    sqs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    policy = json.loads(_shown(sqs, url)["Policy"])
    assert (policy["Version"], policy["Id"]) == ("2008-10-17", f"{ARN}/SQSDefaultPolicy")


def test_what_is_asked_for_is_shown_and_no_more(sqs: Any, url: str) -> None:
    sqs.create_queue(QueueName="dead")
    sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={
            **_redrive(maxReceiveCount="3"),
            "RedriveAllowPolicy": '{"redrivePermission": "denyAll"}',
            "KmsMasterKeyId": "alias/aws/sqs",
        },
    )
    names = ["QueueArn", "RedrivePolicy", "RedriveAllowPolicy", "SqsManagedSseEnabled"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"] == {
        "QueueArn": ARN,
        "RedrivePolicy": f'{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:{ACCOUNT}:dead","maxReceiveCount":3}}',
        "RedriveAllowPolicy": '{"redrivePermission":"denyAll"}',
        "SqsManagedSseEnabled": "false",
    }
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url)
    everything = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert everything["CreatedTimestamp"].isdecimal()
    assert "FifoQueue" not in everything


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"FifoQueue": "true"}, "InvalidAttributeName"),
        ({"QueueArn": ARN}, "InvalidAttributeName"),
        ({"VisibilityTimeout": "-1"}, "InvalidAttributeValue"),
        ({"RedriveAllowPolicy": "all"}, "InvalidParameterValue"),
    ],
)
def test_what_can_not_be_set(sqs: Any, url: str, attributes: dict[str, str], code: str) -> None:
    status, answer = _error(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)
    assert (status, answer["Error"]["Code"]) == (400, code)


def test_a_queue_without_tags_shows_none(sqs: Any, url: str) -> None:
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)
    sqs.tag_queue(QueueUrl=url, Tags={"team": "red"})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "red"}
