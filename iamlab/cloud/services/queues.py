"""SQS's queues: which names and attributes they may have, and when two queues are the same.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import queues
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.resource_documents import as_shown
from iamlab.cloud.state import LabState

_QUEUE_URL = re.compile(r"(?:/(?P<account>\d{12})/)?(?P<name>[^/]+)/?$")
"""SQS takes a queue's bare name as well."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")

# attribute -> its least and its largest value
_LIMITS: Mapping[str, tuple[int, int]] = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoQueue": ("true",),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    "SqsManagedSseEnabled": ("true", "false"),
}
_OF_FIFO = frozenset({"ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit"})
_DOCUMENTS = frozenset({"Policy", "RedriveAllowPolicy", "RedrivePolicy"})
_SETTABLE = frozenset({*_LIMITS, *_CHOICES, *_DOCUMENTS, "KmsMasterKeyId"})
_READABLE = _SETTABLE | {
    "All",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
}
_READING: Mapping[str, tuple[int, int, str]] = {
    "MaxNumberOfMessages": (1, 10, "Must be between 1 and 10, if provided."),
    "WaitTimeSeconds": (0, 20, "Must be >= 0 and <= 20, if provided."),
}
_MOST_RECEIVES = 1_000


def owner_of(call: Call) -> str:
    """The account that a call's queue belongs to, by its URL."""
    return _place(call)[0]


def _place(call: Call) -> tuple[str, str]:
    found = _QUEUE_URL.search(str(call.params.get("QueueUrl") or ""))
    return (found["account"] or call.account, found["name"]) if found is not None else (call.account, "")


def queue_of(call: Call) -> Any:
    """The queue that a call's URL names.

    Raises:
        AwsError: there is none.
    """
    account, name = _place(call)
    queue = queues.named(account, call.region, name)
    if queue is None:
        raise AwsError("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
    return queue


def bad_value(value: str, parameter: str, reason: str) -> AwsError:
    """SQS's words for a value that it doesn't take."""
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    )


# ---------------------------------------------------------------- what is refused
@guard("sqs", "CreateQueue")
def new_queue_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"""
    name, given = _name(call), _given(call)
    fifo = given.get("FifoQueue", "").lower() == "true"
    if fifo and not _FIFO_NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end "
            "with .fifo suffix and be 1 to 80 in length",
        )
    if not fifo and not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    _check(call, given, fifo=fifo)
    existing = queues.named(call.account, call.region, name)
    if existing is not None:
        _compare(given, queues.attributes(existing))


@guard("sqs", "SetQueueAttributes")
def new_attributes_are_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
    _check(call, _given(call), fifo=queues.is_fifo(queue_of(call)))


@guard("sqs", "GetQueueUrl")
def queue_is_named(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the request names no queue.
    """
    _name(call)


@guard("sqs", "SendMessage")
def message_has_a_body(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""
    queue_of(call)
    if not call.params.get("MessageBody"):
        raise AwsError("MissingParameter", "The request must contain the parameter MessageBody.")


@guard("sqs", "ReceiveMessage")
def reading_has_limits(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""
    queue_of(call)
    for name, (least, most, reason) in _READING.items():
        value = call.params.get(name)
        if value is not None and not least <= int(value) <= most:
            raise bad_value(str(value), name, reason)


def _name(call: Call) -> str:
    name = str(call.params.get("QueueName") or "")
    if not name:
        raise bad_value("", "QueueName", "Must specify a queue name.")
    return name


def _given(call: Call) -> dict[str, str]:
    return {str(name): str(value) for name, value in (call.params.get("Attributes") or {}).items()}


def _check(call: Call, given: Mapping[str, str], *, fifo: bool) -> None:
    for name, value in given.items():
        if name not in _SETTABLE or (name in _OF_FIFO and not fifo):
            raise _unknown(name)
        low, high = _LIMITS.get(name, (0, 0))
        wrong = name in _LIMITS and not (value.isdecimal() and low <= int(value) <= high)
        if wrong or (name in _CHOICES and value not in _CHOICES[name]):
            raise AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    if given.get("RedrivePolicy"):
        _check_redrive(call, given["RedrivePolicy"])
    allowed = given.get("RedriveAllowPolicy")
    if allowed and not isinstance(_parsed(allowed), dict):
        raise bad_value(
            allowed,
            "RedriveAllowPolicy",
            "Amazon SQS can't create the redrive allow policy, as it's in an unsupported format.",
        )


def _check_redrive(call: Call, text: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    document = _parsed(text)
    if not isinstance(document, dict):
        raise bad_value(text, "RedrivePolicy", "Redrive policy is not a valid JSON map.")
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in document:
            raise bad_value(
                text, "RedrivePolicy", f"Redrive policy does not contain mandatory attribute: {name}."
            )
    most = str(document["maxReceiveCount"])
    if not (most.isdecimal() and 1 <= int(most) <= _MOST_RECEIVES):
        raise bad_value(
            text,
            "RedrivePolicy",
            f"Invalid value for maxReceiveCount: {most}, valid values are from 1 to 1000 both inclusive.",
        )
    parts = str(document["deadLetterTargetArn"]).split(":")
    if len(parts) != 6 or parts[2:5] != ["sqs", call.region, call.account]:
        found = None
    else:
        found = queues.named(call.account, call.region, parts[5])
    if found is None:
        raise bad_value(text, "RedrivePolicy", "Dead letter target does not exist.")


def _compare(given: Mapping[str, str], existing: Mapping[str, str]) -> None:
    """To create a queue again is no error, unless an attribute that is given says something else."""
    for name, value in given.items():
        if _meant(name, value) != _meant(name, existing.get(name, "")):
            raise AwsError(
                "QueueAlreadyExists",
                f"A queue already exists with the same name and a different value for attribute {name}",
            )


def _meant(name: str, value: str) -> Any:
    document = _parsed(value) if name in _DOCUMENTS else None
    if name == "RedrivePolicy" and isinstance(document, dict):
        return {key: str(part) for key, part in document.items()}
    return value if document is None else document


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _unknown(name: str) -> AwsError:
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


# ---------------------------------------------------------------- attributes and tags
@operation("sqs", "GetQueueAttributes")
def get_queue_attributes(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html"""
    asked = list(call.params.get("AttributeNames") or ())
    queue = queue_of(call)
    for name in asked:
        if name not in _READABLE:
            raise _unknown(name)
    found = queues.attributes(queue)
    if "Policy" in found:
        found["Policy"] = as_shown(found["Policy"], call.region)
    told = {name: value for name, value in found.items() if "All" in asked or name in asked}
    return {"Attributes": told} if told else {}


@operation("sqs", "SetQueueAttributes")
def set_queue_attributes(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
    with state.lock:
        queues.set_attributes(queue_of(call), _given(call))
    return {}


@operation("sqs", "ListQueueTags")
def list_queue_tags(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueueTags.html"""
    tags = queue_of(call).tags
    return {"Tags": dict(tags)} if tags else {}
