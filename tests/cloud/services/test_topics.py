"""SNS's topics and subscriptions: names, ARNs, attributes, and those that wait to be confirmed.

https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html
"""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from iamlab.cloud import Lab

ACCOUNT, OTHER = "123456789012", "111122223333"
ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:line"
GHOST = f"{ARN}:11111111-2222-3333-4444-555555555555"
MAIL = {"TopicArn": ARN, "Protocol": "email", "Endpoint": "ana@example.com"}
SHORT = "An ARN must have at least 6 elements, not 1"


@pytest.fixture
def sns(lab: Lab) -> Any:
    """SNS as the administrator, with a topic `news`."""
    client = boto3.client("sns", region_name="us-east-1", config=Config(parameter_validation=False))
    client.create_topic(Name="news", Tags=[{"Key": "team", "Value": "red"}])
    boto3.client("sqs", region_name="us-east-1").create_queue(QueueName="line")
    return client


def _attributes(sns: Any) -> dict[str, str]:
    found: dict[str, str] = sns.get_topic_attributes(TopicArn=ARN)["Attributes"]
    return found


def _null(name: str) -> str:
    return f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"


# operation, parameters -> status, code, message
REFUSED: list[tuple[str, dict[str, Any], int, str, str]] = [
    ("create_topic", {"Name": "bad name"}, 400, "InvalidParameter", "Invalid parameter: Topic Name"),
    ("create_topic", {"Name": "news.fifo"}, 400, "InvalidParameter", "Invalid parameter: Topic Name"),
    ("create_topic", {}, 400, "ValidationError", _null("name")),
    (
        "create_topic",
        {"Name": "other", "Attributes": {"Colour": "red"}},
        400,
        "InvalidParameter",
        "Invalid parameter: AttributeName",
    ),
    (
        "create_topic",
        {"Name": "news", "Attributes": {"DisplayName": "News"}},
        400,
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    ),
    (
        "create_topic",
        {"Name": "news", "Tags": [{"Key": "team", "Value": "blue"}]},
        400,
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
    ),
    ("get_topic_attributes", {}, 400, "ValidationError", _null("topicArn")),
    (
        "get_topic_attributes",
        {"TopicArn": "news"},
        400,
        "InvalidParameter",
        f"Invalid parameter: TopicArn Reason: {SHORT}",
    ),
    (
        "get_topic_attributes",
        {"TopicArn": ARN.replace("us-east-1", "eu-west-1")},
        400,
        "InvalidParameter",
        "Invalid parameter: TopicArn",
    ),
    ("get_topic_attributes", {"TopicArn": f"{ARN}-ghost"}, 404, "NotFound", "Topic does not exist"),
    (
        "publish",
        {"TopicArn": GHOST, "Message": "x"},
        400,
        "InvalidParameter",
        "Invalid parameter: Topic Name",
    ),
    ("publish", {"TopicArn": f"{ARN}-ghost", "Message": "x"}, 404, "NotFound", "Topic does not exist"),
    (
        "publish",
        {"TopicArn": ARN, "Message": ""},
        400,
        "InvalidParameter",
        "Invalid parameter: Empty message",
    ),
    ("publish", {"TopicArn": ARN}, 400, "ValidationError", _null("message")),
    (
        "publish",
        {"Message": "x"},
        400,
        "InvalidParameter",
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
    ),
    (
        "set_topic_attributes",
        {"TopicArn": ARN, "AttributeName": "TopicArn", "AttributeValue": "x"},
        400,
        "InvalidParameter",
        "Invalid parameter: AttributeName",
    ),
    (
        "set_topic_attributes",
        {"TopicArn": ARN, "AttributeName": "Policy"},
        400,
        "InvalidParameter",
        "Invalid parameter: Policy Error: null",
    ),
    (
        "set_topic_attributes",
        {"TopicArn": ARN, "AttributeName": "DeliveryPolicy", "AttributeValue": "often"},
        400,
        "InvalidParameter",
        "Invalid parameter: DeliveryPolicy: failed to parse JSON.",
    ),
    (
        "remove_permission",
        {"TopicArn": f"{ARN}-ghost", "Label": "a"},
        404,
        "NotFound",
        "Topic does not exist",
    ),
    ("remove_permission", {"TopicArn": ARN}, 400, "ValidationError", _null("label")),
    (
        "delete_topic",
        {"TopicArn": "x"},
        400,
        "InvalidParameter",
        f"Invalid parameter: TopicArn Reason: {SHORT}",
    ),
    ("list_topics", {"NextToken": "x"}, 400, "InvalidParameter", "Invalid parameter: NextToken"),
    (
        "tag_resource",
        {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}]},
        400,
        "InvalidParameter",
        "Invalid parameter: Duplicated keys are not allowed.",
    ),
    # subscriptions
    (
        "subscribe",
        MAIL | {"Protocol": "pigeon"},
        400,
        "InvalidParameter",
        "Invalid parameter: Amazon SNS does not support this protocol string: pigeon",
    ),
    ("subscribe", MAIL | {"Endpoint": "ana"}, 400, "InvalidParameter", "Invalid parameter: Email address"),
    ("subscribe", MAIL | {"Protocol": "sqs"}, 400, "InvalidParameter", "Invalid parameter: SQS endpoint ARN"),
    (
        "subscribe",
        MAIL | {"Protocol": "lambda", "Endpoint": QUEUE},
        400,
        "InvalidParameter",
        "Invalid parameter: Lambda endpoint ARN",
    ),
    (
        "subscribe",
        MAIL | {"Protocol": "https", "Endpoint": "http://example.com"},
        400,
        "InvalidParameter",
        "Invalid parameter: Endpoint must match the specified protocol",
    ),
    (
        "subscribe",
        {"TopicArn": ARN, "Protocol": "sqs"},
        400,
        "InvalidParameter",
        "Invalid parameter: Endpoint",
    ),
    ("subscribe", MAIL | {"TopicArn": f"{ARN}-ghost"}, 404, "NotFound", "Topic does not exist"),
    (
        "subscribe",
        MAIL | {"Attributes": {"RawMessageDelivery": "maybe"}},
        400,
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: RawMessageDelivery: Invalid value [maybe]. Must be true or false.",
    ),
    (
        "subscribe",
        MAIL | {"Attributes": {"FilterPolicy": "{"}},
        400,
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: FilterPolicy: failed to parse JSON.",
    ),
    (
        "get_subscription_attributes",
        {"SubscriptionArn": GHOST},
        404,
        "NotFound",
        "Subscription does not exist",
    ),
    (
        "get_subscription_attributes",
        {"SubscriptionArn": "x"},
        400,
        "InvalidParameter",
        f"Invalid parameter: SubscriptionArn Reason: {SHORT}",
    ),
    ("unsubscribe", {"SubscriptionArn": ARN}, 400, "InvalidParameter", "Invalid parameter: SubscriptionArn"),
    (
        "set_subscription_attributes",
        {"SubscriptionArn": GHOST, "AttributeName": "RawMessageDelivery", "AttributeValue": "true"},
        404,
        "NotFound",
        "Subscription does not exist",
    ),
    (
        "list_subscriptions_by_topic",
        {"TopicArn": f"{ARN}-ghost"},
        404,
        "NotFound",
        "Topic does not exist",
    ),
    (
        "confirm_subscription",
        {"TopicArn": ARN, "Token": "x"},
        400,
        "InvalidParameter",
        "Invalid parameter: Token",
    ),
]


@pytest.mark.parametrize(
    ("operation", "params", "status", "code", "message"), REFUSED, ids=range(len(REFUSED))
)
def test_what_sns_does_not_take(
    sns: Any, refusal: Any, operation: str, params: dict[str, Any], status: int, code: str, message: str
) -> None:
    assert refusal(getattr(sns, operation), **params) == (code, status, message)


def test_making_a_topic_again_is_no_error_if_nothing_is_different(sns: Any) -> None:
    sns.set_topic_attributes(TopicArn=ARN, AttributeName="DisplayName", AttributeValue="News")
    for more in ({}, {"Attributes": {"DisplayName": "News"}}, {"Tags": [{"Key": "team", "Value": "red"}]}):
        assert sns.create_topic(Name="news", **more)["TopicArn"] == ARN


def test_what_is_no_topic_is_told_before_any_policy_is_asked(lab: Lab, sns: Any, refusal: Any) -> None:
    iam = boto3.client("iam")
    iam.create_user(UserName="ana")
    ana = lab.session(iam.create_access_key(UserName="ana")).client("sns", "us-east-1")
    assert refusal(ana.get_topic_attributes, TopicArn="news")[0] == "InvalidParameter"
    assert refusal(ana.get_topic_attributes, TopicArn=f"{ARN}-ghost")[0] == "AuthorizationError"


def test_a_topic_that_is_not_there_can_be_deleted(sns: Any) -> None:
    sns.delete_topic(TopicArn=f"{ARN}-ghost")


# ------------------------------------------------------------------ attributes
RETRIES = (
    '{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,'
    '"numMinDelayRetries":0,"backoffFunction":"linear"}'
)
DELIVERY = (
    f'{{"http":{{"defaultHealthyRetryPolicy":{RETRIES},"disableSubscriptionOverrides":false,'
    '"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}'
)


def test_what_a_new_topic_shows(sns: Any) -> None:
    shown = _attributes(sns)
    policy = shown.pop("Policy")
    assert policy.startswith(
        '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",'
        '"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes",'
    )
    assert shown == {
        "Owner": ACCOUNT,
        "SubscriptionsPending": "0",
        "TopicArn": ARN,
        "EffectiveDeliveryPolicy": DELIVERY,
        "SubscriptionsConfirmed": "0",
        "DisplayName": "",
        "SubscriptionsDeleted": "0",
    }


def test_what_is_set_is_shown(sns: Any) -> None:
    values = {"DisplayName": "News", "SignatureVersion": "2", "TracingConfig": "Active"}
    for name, value in values.items():
        sns.set_topic_attributes(TopicArn=ARN, AttributeName=name, AttributeValue=value)
    assert values.items() <= _attributes(sns).items()
    sns.set_topic_attributes(TopicArn=ARN, AttributeName="DisplayName", AttributeValue="")
    assert _attributes(sns)["DisplayName"] == ""


def test_a_delivery_policy_is_laid_over_the_default(sns: Any) -> None:
    own = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}
    sns.set_topic_attributes(TopicArn=ARN, AttributeName="DeliveryPolicy", AttributeValue=json.dumps(own))
    shown = _attributes(sns)
    assert json.loads(shown["DeliveryPolicy"]) == own
    assert shown["EffectiveDeliveryPolicy"] == DELIVERY.replace('"numRetries":3', '"numRetries":5')


def test_a_policy_is_shown_in_one_form_however_it_was_written(sns: Any) -> None:
    statement = {"Resource": [ARN], "Action": ["sns:Publish"], "Principal": {"AWS": OTHER}, "Effect": "Allow"}
    sns.set_topic_attributes(
        TopicArn=ARN,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Statement": statement, "Version": "2012-10-17"}, indent=1),
    )
    assert _attributes(sns)["Policy"] == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
        f'"Principal":{{"AWS":"arn:aws:iam::{OTHER}:root"}},"Action":"sns:Publish","Resource":"{ARN}"}}]}}'
    )


# ------------------------------------------------------------------ subscriptions
def test_a_queue_is_subscribed_at_once(sns: Any) -> None:
    made = sns.subscribe(TopicArn=ARN, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"]
    assert sns.subscribe(TopicArn=ARN, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"] == made
    assert sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"] == {
        "SubscriptionPrincipal": f"arn:aws:iam::{ACCOUNT}:user/Administrator",
        "Owner": ACCOUNT,
        "RawMessageDelivery": "false",
        "TopicArn": ARN,
        "Endpoint": QUEUE,
        "Protocol": "sqs",
        "PendingConfirmation": "false",
        "ConfirmationWasAuthenticated": "true",
        "SubscriptionArn": made,
    }
    assert sns.list_subscriptions()["Subscriptions"] == [
        {"SubscriptionArn": made, "Owner": ACCOUNT, "Protocol": "sqs", "Endpoint": QUEUE, "TopicArn": ARN}
    ]
    assert _attributes(sns)["SubscriptionsConfirmed"] == "1"


def test_a_mailbox_has_to_confirm_first(sns: Any, refusal: Any) -> None:
    assert sns.subscribe(**MAIL)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**MAIL, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(f"{ARN}:")
    (listed,) = sns.list_subscriptions_by_topic(TopicArn=ARN)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (shown["PendingConfirmation"], shown["ConfirmationWasAuthenticated"]) == ("true", "false")
    counts = _attributes(sns)
    assert (counts["SubscriptionsPending"], counts["SubscriptionsConfirmed"]) == ("1", "0")
    assert refusal(sns.unsubscribe, SubscriptionArn=arn)[0] == "InvalidParameter"


def test_who_has_not_confirmed_hears_nothing(sns: Any) -> None:
    https = {"TopicArn": ARN, "Protocol": "https", "Endpoint": "https://example.com/news"}
    sns.subscribe(**https)
    sns.publish(TopicArn=ARN, Message="hello")
    arn = sns.subscribe(**https, ReturnSubscriptionArn=True)["SubscriptionArn"]
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert shown["EffectiveDeliveryPolicy"] == (
        f'{{"healthyRetryPolicy":{RETRIES},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":null,'
        '"guaranteed":false}'
    )


def test_a_queue_that_is_gone_is_no_matter_of_who_publishes(sns: Any) -> None:
    sns.subscribe(TopicArn=ARN, Protocol="sqs", Endpoint=QUEUE)
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.get_queue_url(QueueName="line")["QueueUrl"]
    sns.publish(TopicArn=ARN, Message="hello")
    assert json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])["Message"] == "hello"
    sqs.delete_queue(QueueUrl=url)
    assert sns.publish(TopicArn=ARN, Message="hello")["MessageId"]


def test_a_subscription_may_come_with_attributes(sns: Any, refusal: Any) -> None:
    filtered = {"FilterPolicy": '{"kind": ["sport"]}', "RawMessageDelivery": "true"}
    queue: Any = {"TopicArn": ARN, "Protocol": "sqs", "Endpoint": QUEUE}
    arn = sns.subscribe(**queue, Attributes=filtered)["SubscriptionArn"]
    shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert filtered.items() <= shown.items()
    assert shown["FilterPolicyScope"] == "MessageAttributes"
    assert sns.subscribe(**queue, Attributes=filtered)["SubscriptionArn"] == arn
    assert refusal(sns.subscribe, **queue, Attributes={"RawMessageDelivery": "false"}) == (
        "InvalidParameter",
        400,
        "Invalid parameter: Attributes Reason: Subscription already exists with different attributes",
    )
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="false"
    )
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["RawMessageDelivery"] == "false"


def test_subscriptions_come_a_hundred_at_a_time(sns: Any) -> None:
    for number in range(101):
        sns.subscribe(TopicArn=ARN, Protocol="email", Endpoint=f"a{number}@example.com")
    first = sns.list_subscriptions()
    rest = sns.list_subscriptions(NextToken=first["NextToken"])
    assert (len(first["Subscriptions"]), len(rest["Subscriptions"])) == (100, 1)
    assert "NextToken" not in rest
