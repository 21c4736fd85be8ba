"""AddPermission and RemovePermission of SQS and SNS: statements that are known by a label, their `Sid`.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html
"""

from __future__ import annotations

import re
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources, statements
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.queues import bad_value, owner_of, queue_of
from iamlab.cloud.services.topics import invalid, topic_of
from iamlab.cloud.state import LabState

_ACCOUNT = re.compile(r"\d{12}")
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_MOST_ACTIONS = 7
_FIRST_VERSION = "2008-10-17"
"""Of the policy that SQS makes for a queue without one."""
_QUEUE_ACTIONS = frozenset(
    {
        "*",
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)
_TOPIC_ACTIONS = frozenset(
    {
        "AddPermission",
        "DeleteTopic",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "Publish",
        "Receive",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    }
)


def _statement(call: Call, label: str, accounts: list[str], actions: list[str], arn: str) -> dict[str, Any]:
    partition = resources.partition_of(call.region)
    roots = [f"arn:{partition}:iam::{account}:root" for account in accounts]
    return {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": roots[0] if len(roots) == 1 else roots},
        "Action": actions[0] if len(actions) == 1 else actions,
        "Resource": arn,
    }


# ---------------------------------------------------------------- SQS
@guard(
    "sqs",
    "AddPermission",
    "CancelMessageMoveTask",
    "DeleteQueue",
    "ListQueueTags",
    "RemovePermission",
    "SetQueueAttributes",
    "TagQueue",
    "UntagQueue",
)
def only_the_owner(call: Call, state: LabState) -> None:
    """What no queue's policy can give to another account.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-customer-managed-policy-examples.html#grant-cross-account-permissions-to-role-and-user-name
    """
    url = str(call.params.get("QueueUrl", ""))
    if owner_of(call) != call.account:
        raise AwsError("AccessDenied", f"Access to the resource {url} is denied.", 403)


@operation("sqs", "AddPermission")
def add_queue_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html"""
    params = call.params
    label, actions = str(params.get("Label") or ""), list(params.get("Actions") or ())
    accounts = list(params.get("AWSAccountIds") or ())
    with state.lock:
        queue = queue_of(call)
        for name, given in (("Label", label), ("Actions", actions)):
            if not given:
                raise AwsError("MissingParameter", f"The request must contain the parameter {name}.")
        if not _LABEL.fullmatch(label):
            raise bad_value(
                label,
                "Label",
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
            )
        if not accounts or not all(map(_ACCOUNT.fullmatch, accounts)):
            raise bad_value(f"[{', '.join(accounts)}]", "PrincipalId", "Unable to verify.")
        if len(actions) > _MOST_ACTIONS:
            raise AwsError("OverLimit", f"{len(actions)} Actions were found, maximum allowed is 7.", 403)
        for action in actions:
            if action not in _QUEUE_ACTIONS:
                raise bad_value(
                    f"SQS:{action}", "ActionName", "Only the queue owner is allowed to invoke this action."
                )
        stated = statements.of_policy(queue)
        if any(statement.get("Sid") == label for statement in stated):
            raise bad_value(label, "Label", "Already exists.")
        added = _statement(call, label, accounts, [f"SQS:{action}" for action in actions], queue.queue_arn)
        statements.set_of_policy(queue, [*stated, added], None if stated else _FIRST_VERSION)
    return {}


@operation("sqs", "RemovePermission")
def remove_queue_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_RemovePermission.html"""
    label = str(call.params.get("Label") or "")
    with state.lock:
        queue = queue_of(call)
        if not label:
            raise AwsError("MissingParameter", "The request must contain the parameter Label.")
        stated = statements.of_policy(queue)
        kept = [statement for statement in stated if statement.get("Sid") != label]
        if len(kept) == len(stated):
            raise bad_value(label, "Label", "can't find label on existing policy.")
        statements.set_of_policy(queue, kept)
    return {}


# ---------------------------------------------------------------- SNS
@operation("sns", "AddPermission")
def add_topic_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_AddPermission.html"""
    params = call.params
    label, accounts = str(params.get("Label") or ""), list(params.get("AWSAccountId") or ())
    actions = list(params.get("ActionName") or ())
    with state.lock:
        topic = topic_of(call)
        if not accounts or not all(map(_ACCOUNT.fullmatch, accounts)):
            raise invalid("Policy Error: PrincipalNotFound")
        if not actions or not set(actions) <= _TOPIC_ACTIONS:
            raise invalid("Policy statement action out of service scope!")
        stated = statements.of_policy(topic)
        if any(statement.get("Sid") == label for statement in stated):
            raise invalid("Statement already exists")
        added = _statement(call, label, accounts, [f"SNS:{action}" for action in actions], topic.arn)
        statements.set_of_policy(topic, [*stated, added])
    return {}


@operation("sns", "RemovePermission")
def remove_topic_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/sns/latest/api/API_RemovePermission.html"""
    label = call.params.get("Label")
    with state.lock:
        topic = topic_of(call)
        kept = [statement for statement in statements.of_policy(topic) if statement.get("Sid") != label]
        statements.set_of_policy(topic, kept)
    return {}
