"""The calls by which resource policies are put: SQS, SNS, DynamoDB and Secrets Manager.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from iamlab.cloud import Lab

ACCOUNT, OTHER = "123456789012", "111122223333"
HERE = f"us-east-1:{ACCOUNT}"


def _client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1", config=Config(parameter_validation=False))


def _refusal(call: Callable[..., Any], **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**params)
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def _policy(action: str, resource: str, principal: Any = OTHER, **more: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": statement | more})


# ------------------------------------------------------------------ SQS
@pytest.fixture
def queue(lab: Lab) -> tuple[Any, str]:
    sqs = _client("sqs")
    return sqs, sqs.create_queue(QueueName="line")["QueueUrl"]


def _of_queue(queue: tuple[Any, str]) -> Any:
    sqs, url = queue
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    return json.loads(policy["Policy"])["Statement"] if policy else []


def test_a_queue_lets_accounts_in_and_out_by_label(queue: tuple[Any, str]) -> None:
    sqs, url = queue
    sqs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    assert _of_queue(queue) == [
        {
            "Sid": "a",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": "SQS:SendMessage",
            "Resource": f"arn:aws:sqs:{HERE}:line",
        }
    ]
    sqs.remove_permission(QueueUrl=url, Label="a")
    assert _of_queue(queue) == []


def test_statements_without_a_sid_are_left_alone(queue: tuple[Any, str]) -> None:
    sqs, url = queue
    own = _policy("sqs:ReceiveMessage", f"arn:aws:sqs:{HERE}:line")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": own})
    sqs.add_permission(QueueUrl=url, Label="a", AWSAccountIds=[OTHER], Actions=["*"])
    assert [statement.get("Sid") for statement in _of_queue(queue)] == [None, "a"]
    sqs.remove_permission(QueueUrl=url, Label="a")
    assert [statement.get("Sid") for statement in _of_queue(queue)] == [None]


def _given(**changes: Any) -> dict[str, Any]:
    return {"Label": "a", "AWSAccountIds": [OTHER], "Actions": ["SendMessage"]} | changes


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        (
            _given(Actions=["CreateQueue"]),
            "InvalidParameterValue",
            "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed to "
            "invoke this action.",
        ),
        (
            _given(AWSAccountIds=["ada"]),
            "InvalidParameterValue",
            "Value [ada] for parameter PrincipalId is invalid. Reason: Unable to verify.",
        ),
        (_given(Actions=["SendMessage"] * 8), "OverLimit", "8 Actions were found, maximum allowed is 7."),
        (
            _given(Label="b"),
            "InvalidParameterValue",
            "Value b for parameter Label is invalid. Reason: Already exists.",
        ),
        (
            _given(Label="a b"),
            "InvalidParameterValue",
            "Value a b for parameter Label is invalid. Reason: Can only include alphanumeric characters, hyphens, or "
            "underscores. 1 to 80 in length",
        ),
        (_given(Actions=[]), "MissingParameter", "The request must contain the parameter Actions."),
    ],
)
def test_what_a_queue_does_not_take(
    queue: tuple[Any, str], params: dict[str, Any], code: str, message: str
) -> None:
    sqs, url = queue
    sqs.add_permission(QueueUrl=url, Label="b", AWSAccountIds=[OTHER], Actions=["SendMessage"])
    assert _refusal(sqs.add_permission, QueueUrl=url, **params) == (code, message)


def test_a_label_that_is_not_there_can_not_be_removed(queue: tuple[Any, str]) -> None:
    sqs, url = queue
    assert _refusal(sqs.remove_permission, QueueUrl=url, Label="x") == (
        "InvalidParameterValue",
        "Value x for parameter Label is invalid. Reason: can't find label on existing policy.",
    )
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.remove_permission(QueueUrl=f"{url}-ghost", Label="x")


def test_a_queues_policy_can_not_give_its_administration_away(lab: Lab, queue: tuple[Any, str]) -> None:
    sqs, url = queue
    everything = _policy("sqs:*", f"arn:aws:sqs:{HERE}:line")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": everything})
    other = lab.root_session(OTHER).client("sqs", "us-east-1")
    other.send_message(QueueUrl=url, MessageBody="hello")
    for call in (other.delete_queue, other.list_queue_tags):
        assert _refusal(call, QueueUrl=url) == (
            "AccessDenied",
            f"Access to the resource {url} is denied.",
        )


# ------------------------------------------------------------------ SNS
def test_a_topic_lets_accounts_in_and_out_by_label(lab: Lab) -> None:
    sns = _client("sns")
    arn = sns.create_topic(Name="news")["TopicArn"]

    def labels() -> list[str | None]:
        policy = json.loads(sns.get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
        return [statement.get("Sid") for statement in policy["Statement"]]

    which: Any = {"TopicArn": arn, "Label": "a", "AWSAccountId": [OTHER], "ActionName": ["Publish"]}
    sns.add_permission(**which)
    assert labels() == ["__default_statement_ID", "a"]
    invalid = "InvalidParameter"
    assert _refusal(sns.add_permission, **which) == (invalid, "Invalid parameter: Statement already exists")
    for change, says in (
        ({"Label": "b", "ActionName": ["Dance"]}, "Policy statement action out of service scope!"),
        ({"Label": "b", "AWSAccountId": ["ada"]}, "Policy Error: PrincipalNotFound"),
    ):
        assert _refusal(sns.add_permission, **which | change) == (invalid, f"Invalid parameter: {says}")
    assert _refusal(sns.add_permission, **which | {"TopicArn": f"{arn}-ghost"})[0] == "NotFound"
    sns.remove_permission(TopicArn=arn, Label="a")
    assert labels() == ["__default_statement_ID"]
    own = _policy("sns:Publish", arn)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=own)
    sns.add_permission(**which)
    assert labels() == [None, "a"]


# ------------------------------------------------------------------ DynamoDB
TABLE = f"arn:aws:dynamodb:{HERE}:table/T"
READ = _policy("dynamodb:GetItem", TABLE)


def _make(dynamodb: Any, **more: Any) -> Any:
    return dynamodb.create_table(
        TableName="T",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )["TableDescription"]


@pytest.fixture
def dynamodb(lab: Lab) -> Any:
    client = _client("dynamodb")
    _make(client)
    return client


NOT_FOUND = (
    "PolicyNotFoundException",
    f"Resource-based policy not found for the provided ResourceArn: {TABLE}",
)


def test_a_tables_policy_comes_and_goes(dynamodb: Any) -> None:
    assert _refusal(dynamodb.get_resource_policy, ResourceArn=TABLE) == NOT_FOUND
    revision = dynamodb.put_resource_policy(ResourceArn=TABLE, Policy=READ)["RevisionId"]
    assert dynamodb.put_resource_policy(ResourceArn=TABLE, Policy=READ)["RevisionId"] == revision
    found = dynamodb.get_resource_policy(ResourceArn=TABLE)
    assert (found["Policy"], found["RevisionId"]) == (READ, revision)
    assert dynamodb.delete_resource_policy(ResourceArn=TABLE)["RevisionId"] == revision
    assert dynamodb.delete_resource_policy(ResourceArn=TABLE)["RevisionId"] == ""


def test_a_revision_that_is_expected_has_to_be_there(dynamodb: Any) -> None:
    put, delete = dynamodb.put_resource_policy, dynamodb.delete_resource_policy
    which: Any = {"ResourceArn": TABLE, "ExpectedRevisionId": "1"}
    assert _refusal(put, Policy=READ, **which) == _refusal(delete, **which) == NOT_FOUND
    revision = put(ResourceArn=TABLE, Policy=READ, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    none: Any = {"ResourceArn": TABLE, "ExpectedRevisionId": "NO_POLICY"}
    assert _refusal(put, Policy=READ, **none) == NOT_FOUND
    assert _refusal(delete, **which) == NOT_FOUND
    delete(ResourceArn=TABLE, ExpectedRevisionId=revision)


@pytest.mark.parametrize(
    "text", ["no json", '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}', " " * 9]
)
def test_what_is_no_policy_is_not_taken(dynamodb: Any, text: str) -> None:
    code, message = _refusal(dynamodb.put_resource_policy, ResourceArn=TABLE, Policy=text)
    assert code == "ValidationException"
    assert message.startswith("One or more parameter values were invalid: Invalid p")


def test_a_tables_policy_has_at_most_20_kb(dynamodb: Any) -> None:
    long = READ + " " * 20 * 1024
    code, _ = _refusal(dynamodb.put_resource_policy, ResourceArn=TABLE, Policy=long)
    assert code == "ValidationException"


def test_a_table_has_to_be_there(dynamodb: Any) -> None:
    assert _refusal(dynamodb.put_resource_policy, ResourceArn=f"{TABLE}-ghost", Policy=READ) == (
        "ResourceNotFoundException",
        "Requested resource not found: Table: T-ghost not found",
    )


def test_a_policy_ends_with_its_table_and_may_come_with_one(dynamodb: Any) -> None:
    dynamodb.put_resource_policy(ResourceArn=TABLE, Policy=READ)
    dynamodb.delete_table(TableName="T")
    _make(dynamodb)
    assert _refusal(dynamodb.get_resource_policy, ResourceArn=TABLE) == NOT_FOUND
    dynamodb.delete_table(TableName="T")
    _make(dynamodb, ResourcePolicy=READ)
    assert dynamodb.get_resource_policy(ResourceArn=TABLE)["Policy"] == READ


def test_a_stream_has_a_policy_of_its_own(dynamodb: Any) -> None:
    dynamodb.delete_table(TableName="T")
    made = _make(dynamodb, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    stream = made["LatestStreamArn"]
    dynamodb.put_resource_policy(ResourceArn=stream, Policy=_policy("dynamodb:GetRecords", stream))
    assert dynamodb.get_resource_policy(ResourceArn=stream)["RevisionId"]
    assert _refusal(dynamodb.get_resource_policy, ResourceArn=TABLE) == NOT_FOUND


def test_who_locks_itself_out_of_a_table_has_to_say_so(dynamodb: Any) -> None:
    deny = _policy("dynamodb:PutResourcePolicy", TABLE, "*", Effect="Deny")
    code, message = _refusal(dynamodb.put_resource_policy, ResourceArn=TABLE, Policy=deny)
    assert code == "ValidationException"
    assert "ConfirmRemoveSelfResourceAccess" in message
    dynamodb.put_resource_policy(ResourceArn=TABLE, Policy=deny, ConfirmRemoveSelfResourceAccess=True)
    assert (
        _refusal(dynamodb.put_resource_policy, ResourceArn=TABLE, Policy=READ)[0] == "AccessDeniedException"
    )


# ------------------------------------------------------------------ Secrets Manager
@pytest.fixture
def secrets(lab: Lab) -> Any:
    client = _client("secretsmanager")
    client.create_secret(Name="s", SecretString="x")
    return client


BROAD = "You can't attach a resource-based policy that allows broad access to the secret."
PUBLIC = _policy("secretsmanager:GetSecretValue", "*", "*")
FOR_ONE = _policy("secretsmanager:GetSecretValue", "*")
MALFORMED = "MalformedPolicyDocumentException"


def test_a_public_policy_can_be_blocked(secrets: Any) -> None:
    put = secrets.put_resource_policy
    blocked: Any = {"SecretId": "s", "BlockPublicPolicy": True}
    assert _refusal(put, ResourcePolicy=PUBLIC, **blocked) == ("PublicPolicyException", BROAD)
    put(ResourcePolicy=FOR_ONE, **blocked)
    put(SecretId="s", ResourcePolicy=PUBLIC)
    assert json.loads(secrets.get_resource_policy(SecretId="s")["ResourcePolicy"]) == json.loads(PUBLIC)


def test_a_policy_is_validated_before_it_is_put(secrets: Any) -> None:
    good = secrets.validate_resource_policy(SecretId="s", ResourcePolicy=FOR_ONE)
    assert (good["PolicyValidationPassed"], good["ValidationErrors"]) == (True, [])
    bad = secrets.validate_resource_policy(ResourcePolicy=PUBLIC)
    assert not bad["PolicyValidationPassed"]
    assert [error["ErrorMessage"] for error in bad["ValidationErrors"]] == [BROAD]
    assert _refusal(secrets.validate_resource_policy, SecretId="t", ResourcePolicy=FOR_ONE) == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("no json", "This policy contains invalid Json"),
        (
            '{"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]}',
            "This policy has invalid syntax.",
        ),
        (
            _policy("secretsmanager:*", "*", f"arn:aws:iam::{ACCOUNT}:user/ghost"),
            "This resource policy contains an unsupported principal.",
        ),
    ],
    ids=["text", "no statement", "nobody"],
)
def test_what_a_secret_does_not_take(secrets: Any, text: str, says: str) -> None:
    for call, which in (
        (secrets.put_resource_policy, {"SecretId": "s"}),
        (secrets.validate_resource_policy, {}),
    ):
        code, message = _refusal(call, ResourcePolicy=text, **which)
        assert code == MALFORMED
        assert message.startswith(says)


def test_a_secret_has_no_policy_by_another_name(secrets: Any) -> None:
    which: Any = {"SecretId": "s", "PolicyName": "mine"}
    assert _refusal(secrets.delete_resource_policy, **which)[0] == "InvalidParameterException"
    assert (
        _refusal(secrets.put_resource_policy, ResourcePolicy=FOR_ONE, **which)[0]
        == "InvalidParameterException"
    )


def test_nobody_locks_itself_out_of_a_secret(secrets: Any) -> None:
    deny = _policy("secretsmanager:PutResourcePolicy", "*", "*", Effect="Deny")
    assert _refusal(secrets.put_resource_policy, SecretId="s", ResourcePolicy=deny) == (
        MALFORMED,
        "The new resource policy will not allow you to manage this secret in the future.",
    )
