"""SNS's subscriptions: which endpoints and attributes they may have, and those that wait to be confirmed.

Whoever reads the mailbox or answers at the URL confirms a subscription; in the lab nobody does.

https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import topics
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.topics import healthy_retries, invalid, topic_of
from iamlab.cloud.state import LabState

_PENDING = frozenset({"email", "email-json", "http", "https"})
_HTTP = frozenset({"http", "https"})
_PAGE = 100


def _is_arn(service: str) -> Callable[[str], bool]:
    return lambda endpoint: len(endpoint.split(":")) >= 6 and endpoint.split(":")[2] == service


# protocol -> what its endpoints look like, and what is said of any other
_ENDPOINTS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "application": (_is_arn("sns"), "Endpoint"),
    "email": (lambda endpoint: "@" in endpoint, "Email address"),
    "email-json": (lambda endpoint: "@" in endpoint, "Email address"),
    "firehose": (_is_arn("firehose"), "Endpoint"),
    "http": (lambda endpoint: endpoint.startswith("http://"), "Endpoint must match the specified protocol"),
    "https": (
        lambda endpoint: endpoint.startswith("https://"),
        "Endpoint must match the specified protocol",
    ),
    "lambda": (_is_arn("lambda"), "Lambda endpoint ARN"),
    "sms": (bool, "Endpoint"),
    "sqs": (_is_arn("sqs"), "SQS endpoint ARN"),
}
_ATTRIBUTES = frozenset(
    {
        "DeliveryPolicy",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "SubscriptionRoleArn",
    }
)


def _check(name: str, value: str) -> str | None:
    """What is wrong with an attribute's value."""
    if name in ("FilterPolicy", "RedrivePolicy") and value:
        try:
            json.loads(value)
        except ValueError:
            return f"{name}: failed to parse JSON."
    if name == "FilterPolicyScope" and value not in ("MessageAttributes", "MessageBody"):
        return (
            f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
        )
    if name == "RawMessageDelivery" and value.lower() not in ("true", "false"):
        return f"RawMessageDelivery: Invalid value [{value}]. Must be true or false."
    return None


# ---------------------------------------------------------------- Subscribe
@operation("sns", "Subscribe")
def subscribe(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html"""
    params = call.params
    protocol, endpoint = str(params["Protocol"]), str(params.get("Endpoint") or "")
    given = {str(name): str(value) for name, value in (params.get("Attributes") or {}).items()}
    _check_endpoint(protocol, endpoint)
    for name, value in given.items():
        wrong = "AttributeName" if name not in _ATTRIBUTES else _check(name, value)
        if wrong is not None:
            raise invalid(f"Attributes Reason: {wrong}")
    with state.lock:
        topic = topic_of(call)
        found = _existing(topic, protocol, endpoint)
        if found is None:
            found = _new(call, topic, protocol, endpoint, given)
        elif any(topics.subscription_attributes(found).get(name) != value for name, value in given.items()):
            raise invalid("Attributes Reason: Subscription already exists with different attributes")
    if topics.is_pending(found) and not params.get("ReturnSubscriptionArn"):
        return {"SubscriptionArn": "pending confirmation"}
    return {"SubscriptionArn": found.arn}


def _check_endpoint(protocol: str, endpoint: str) -> None:
    if protocol not in _ENDPOINTS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if not endpoint:
        raise invalid("Endpoint")
    sound, wrong = _ENDPOINTS[protocol]
    if not sound(endpoint):
        raise invalid(wrong)


def _existing(topic: Any, protocol: str, endpoint: str) -> Any | None:
    same = (found for found in topics.subscriptions(topic) if found.protocol == protocol)
    return next((found for found in same if found.endpoint == endpoint), None)


def _new(call: Call, topic: Any, protocol: str, endpoint: str, given: Mapping[str, str]) -> Any:
    principal = call.caller.principal_arn or call.caller.arn
    made = topics.subscribe(topic, protocol, endpoint, principal, pending=protocol in _PENDING)
    # A filter is read by its scope, which therefore comes first.
    for name in sorted(given, key=lambda name: name != "FilterPolicyScope"):
        topics.set_subscription_attribute(made, name, given[name])
    return made


# ---------------------------------------------------------------- what is there
@operation("sns", "GetSubscriptionAttributes")
def get_subscription_attributes(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html"""
    found = _subscription(call)
    shown = topics.subscription_attributes(found)
    if found.protocol in _HTTP:
        shown["EffectiveDeliveryPolicy"] = _delivery(shown.get("DeliveryPolicy"))
    return {"Attributes": shown}


def _delivery(own: str | None) -> str:
    policy = {
        "healthyRetryPolicy": dict(healthy_retries()),
        "sicklyRetryPolicy": None,
        "throttlePolicy": None,
        "requestPolicy": None,
        "guaranteed": False,
    } | (json.loads(own) if own else {})
    return json.dumps(policy, separators=(",", ":"))


@guard("sns", "SetSubscriptionAttributes")
def attribute_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html"""
    name, value = str(call.params["AttributeName"]), str(call.params.get("AttributeValue") or "")
    _subscription(call)
    if name not in _ATTRIBUTES:
        raise invalid("AttributeName")
    wrong = _check(name, value)
    if wrong is not None:
        raise invalid(wrong)


@guard("sns", "ConfirmSubscription")
def token_is_one_of_ours(call: Call, state: LabState) -> None:
    """Tokens go to endpoints, from where none comes back.

    https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
    """
    topic_of(call)
    raise invalid("Token")


@guard("sns", "Unsubscribe")
def subscription_is_confirmed(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html"""
    found = topics.subscription(str(call.params["SubscriptionArn"]))
    if found is not None and topics.is_pending(found):
        raise invalid("SubscriptionArn")


@operation("sns", "ListSubscriptions")
def list_subscriptions(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptions.html"""
    return _page(call, topics.all_subscriptions(call.account, call.region))


@operation("sns", "ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html"""
    return _page(call, topics.subscriptions(topic_of(call)))


def _page(call: Call, found: list[Any]) -> dict[str, Any]:
    start = int(call.params.get("NextToken") or 0)
    end = start + _PAGE
    page: dict[str, Any] = {"Subscriptions": [_listed(one) for one in found[start:end]]}
    return page | ({"NextToken": str(end)} if len(found) > end else {})


def _listed(found: Any) -> dict[str, str]:
    return {
        "SubscriptionArn": "PendingConfirmation" if topics.is_pending(found) else found.arn,
        "Owner": found.owner,
        "Protocol": found.protocol,
        "Endpoint": found.endpoint,
        "TopicArn": found.topic_arn,
    }


def _subscription(call: Call) -> Any:
    found = topics.subscription(str(call.params.get("SubscriptionArn") or ""))
    if found is None:
        raise AwsError("NotFound", "Subscription does not exist", 404)
    return found
