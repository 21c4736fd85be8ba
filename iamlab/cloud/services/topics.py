"""SNS's topics: which names, ARNs and attributes it takes, and what it shows of a topic.

https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.tags import tags_in
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources, topics
from iamlab.cloud.services import EVERY, guard, operation, proof
from iamlab.cloud.services.resource_documents import as_shown
from iamlab.cloud.state import LabState

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_PARTS = 6
# Operations that find the topic to be there, or don't mind.
_UNMINDFUL = frozenset({"DeleteTopic", "ConfirmSubscription"})

_FEEDBACK = frozenset(
    f"{protocol}{what}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
)
_WHEN_SET = (
    "ArchivePolicy",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
    *sorted(_FEEDBACK),
)
_SETTABLE = frozenset(
    {
        *_WHEN_SET,
        "ContentBasedDeduplication",
        "DataProtectionPolicy",
        "DeliveryPolicy",
        "DisplayName",
        "FifoThroughputScope",
        "FifoTopic",
        "Policy",
    }
)
_DOCUMENTS = frozenset({"ArchivePolicy", "DeliveryPolicy", "Policy"})
# https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
_DELIVERY: Mapping[str, Any] = {
    "http": {
        "defaultHealthyRetryPolicy": {
            "minDelayTarget": 20,
            "maxDelayTarget": 20,
            "numRetries": 3,
            "numMaxDelayRetries": 0,
            "numNoDelayRetries": 0,
            "numMinDelayRetries": 0,
            "backoffFunction": "linear",
        },
        "disableSubscriptionOverrides": False,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
    }
}


def invalid(message: str) -> AwsError:
    """SNS's error for all that a parameter may be wrong in."""
    return AwsError("InvalidParameter", f"Invalid parameter: {message}")


def topic_of(call: Call) -> Any:
    """The topic that a call names.

    Raises:
        AwsError: there is none.
    """
    topic = topics.named(str(call.params.get("TopicArn") or ""))
    if topic is None:
        raise AwsError("NotFound", "Topic does not exist", 404)
    return topic


# ---------------------------------------------------------------- what is refused
@proof("sns", EVERY)
def arns_are_sound(call: Call, state: LabState) -> None:
    """A topic's ARN is one of the Region that is asked, and so is a subscription's: else no policy could speak of it.

    Raises:
        AwsError: `InvalidParameter`.
    """
    for name in ("TopicArn", "SubscriptionArn"):
        if call.params.get(name) is None:
            continue
        parts = str(call.params[name]).split(":")
        if len(parts) < _PARTS:
            raise invalid(f"{name} Reason: An ARN must have at least 6 elements, not {len(parts)}")
        if parts[2] != "sns" or parts[3] != call.region:
            raise invalid(name)
        if name == "TopicArn" and not _is_name(":".join(parts[5:])):
            raise invalid("Topic Name")
        if name == "SubscriptionArn" and len(parts) == _PARTS:
            raise invalid(name)


@guard("sns", EVERY)
def topic_is_there(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: `NotFound`, 404.
    """
    if call.params.get("TopicArn") is not None and call.operation not in _UNMINDFUL:
        topic_of(call)


@guard("sns", "CreateTopic")
def new_topic_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html"""
    name = str(call.params.get("Name") or "")
    given = {str(key): str(value) for key, value in (call.params.get("Attributes") or {}).items()}
    if given.get("FifoTopic", "").lower() == "true":
        if not _FIFO_NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameter",
                "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII "
                "letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
            )
    elif not _NAME.fullmatch(name):
        raise invalid("Topic Name")
    for attribute, value in given.items():
        _check(attribute, value)
    partition = resources.partition_of(call.region)
    existing = topics.named(f"arn:{partition}:sns:{call.region}:{call.account}:{name}")
    if existing is None:
        return
    if any(
        _meant(key, value) != _meant(key, topics.attribute(existing, key)) for key, value in given.items()
    ):
        raise invalid("Attributes Reason: Topic already exists with different attributes")
    tags = resources.tag_map(existing._tags)
    if any(tags.get(key) != value for key, value in (tags_in(call.params.get("Tags")) or {}).items()):
        raise invalid("Tags Reason: Topic already exists with different tags")


@guard("sns", "SetTopicAttributes")
def attribute_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"""
    _check(str(call.params["AttributeName"]), str(call.params.get("AttributeValue") or ""))


@guard("sns", "Publish")
def message_has_a_place_to_go(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""
    if not any(call.params.get(name) for name in ("TopicArn", "TargetArn", "PhoneNumber")):
        raise invalid("TopicArn or TargetArn Reason: no value for required parameter")
    target = str(call.params.get("TargetArn") or "")
    if target:
        length = len(target.split(":"))
        if length < _PARTS:
            raise invalid(f"TargetArn Reason: An ARN must have at least 6 elements, not {length}")
        if not target.split(":")[5].startswith("endpoint/") and not topics.exists(target):
            raise AwsError("NotFound", "Topic does not exist", 404)
    if not call.params.get("Message"):
        raise invalid("Empty message")


@guard("sns", "ListSubscriptions", "ListSubscriptionsByTopic", "ListTopics")
def page_is_one_of_ours(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: no answer has brought this token.
    """
    token = call.params.get("NextToken")
    if token and not str(token).isdecimal():
        raise invalid("NextToken")


@guard("sns", "TagResource")
def tags_are_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_TagResource.html"""
    keys = [tag.get("Key") for tag in call.params.get("Tags") or ()]
    if len(set(keys)) < len(keys):
        raise invalid("Duplicated keys are not allowed.")


def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name) or _FIFO_NAME.fullmatch(name))


def _check(name: str, value: str) -> None:
    if name not in _SETTABLE:
        raise invalid("AttributeName")
    if name == "DeliveryPolicy" and value and not isinstance(_parsed(value), dict):
        raise invalid("DeliveryPolicy: failed to parse JSON.")


def _meant(name: str, value: str) -> Any:
    if name in _DOCUMENTS:
        return _parsed(value) if value else None
    return value.lower() if name in ("FifoTopic", "ContentBasedDeduplication") else value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


# ---------------------------------------------------------------- attributes
@operation("sns", "GetTopicAttributes")
def get_topic_attributes(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html"""
    topic = topic_of(call)
    pending = sum(map(topics.is_pending, topics.subscriptions(topic)))
    delivery = _parsed(topics.attribute(topic, "DeliveryPolicy"))
    shown = {
        "Policy": as_shown(topic.policy, call.region),
        "Owner": topic.account_id,
        "SubscriptionsPending": str(pending),
        "TopicArn": topic.arn,
        "EffectiveDeliveryPolicy": _compact(_over(_DELIVERY, delivery or {})),
        "SubscriptionsConfirmed": str(len(topics.subscriptions(topic)) - pending),
        "DisplayName": topics.attribute(topic, "DisplayName"),
        "SubscriptionsDeleted": "0",
    }
    if delivery is not None:
        shown["DeliveryPolicy"] = _compact(delivery)
    if topic.fifo_topic:
        shown["FifoTopic"] = "true"
        shown["ContentBasedDeduplication"] = topics.attribute(topic, "ContentBasedDeduplication") or "false"
    more = {name: topics.attribute(topic, name) for name in _WHEN_SET}
    return {"Attributes": shown | {name: value for name, value in more.items() if value}}


def healthy_retries() -> Mapping[str, Any]:
    """How SNS tries again to reach an endpoint over HTTP, where neither topic nor subscription says otherwise."""
    policy: Mapping[str, Any] = _DELIVERY["http"]["defaultHealthyRetryPolicy"]
    return policy


def _over(default: Mapping[str, Any], policy: Mapping[str, Any]) -> dict[str, Any]:
    """A delivery policy with the default's values where it has none."""
    return {
        name: _over(value, policy.get(name) or {}) if isinstance(value, Mapping) else policy.get(name, value)
        for name, value in default.items()
    } | {name: value for name, value in policy.items() if name not in default}


def _compact(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))
