"""Policies of queues and topics as SQS and SNS read them before they keep them.

Both say little about what is wrong: SQS that the parameter is invalid, SNS `Policy Error: null`.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import guard
from iamlab.cloud.services.policy_documents import named_principals
from iamlab.cloud.services.resource_documents import Fault, fault, statements_of, texts
from iamlab.cloud.services.topics import invalid
from iamlab.cloud.state import LabState

_ACTIONS, _PRINCIPALS, _STATEMENTS = 7, 50, 20
"""In one statement of a queue's policy, in one statement, and in the policy."""

# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
_OF_TOPICS = frozenset(
    {
        "addpermission",
        "deletetopic",
        "getdataprotectionpolicy",
        "gettopicattributes",
        "listsubscriptionsbytopic",
        "listtagsforresource",
        "publish",
        "putdataprotectionpolicy",
        "receive",
        "removepermission",
        "settopicattributes",
        "subscribe",
        "tagresource",
        "untagresource",
    }
)

_OUT_OF_SCOPE = "Policy statement action out of service scope!"


@guard("sqs", "CreateQueue", "SetQueueAttributes")
def queue_policy_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html

    An empty text takes the policy away.
    """
    text = (call.params.get("Attributes") or {}).get("Policy")
    if not text:
        return
    found = fault(text, "sqs")
    if found is Fault.SCOPE:
        raise AwsError(
            "InvalidParameterValue", f"Value {text} for parameter Policy is invalid. Reason: {_OUT_OF_SCOPE}."
        )
    if found is not None:
        raise AwsError("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    statements = statements_of(parsed(text).document)
    _limit(len(statements), "statements were found in the submitted policy", _STATEMENTS)
    for statement in statements:
        actions = [*texts(statement, "Action"), *texts(statement, "NotAction")]
        _limit(len(actions), "actions were found in a statement from the submitted policy", _ACTIONS)
        principals = list(named_principals(statement.get("Principal")))
        _limit(len(principals), "principals were found in a statement from the submitted policy", _PRINCIPALS)


def _limit(found: int, what: str, most: int) -> None:
    if found > most:
        raise AwsError("OverLimit", f"{found} {what}, max allowed is {most}", 403)


@guard("sns", "CreateTopic", "SetTopicAttributes")
def topic_policy_is_sound(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"""
    if call.operation == "CreateTopic":
        text = (call.params.get("Attributes") or {}).get("Policy")
    else:
        text = call.params.get("AttributeValue", "") if call.params["AttributeName"] == "Policy" else None
    if text is None:
        return
    words = {
        Fault.SYNTAX: "Policy Error: null",
        Fault.PRINCIPAL: "Policy Error: PrincipalNotFound",
        Fault.SCOPE: _OUT_OF_SCOPE,
    }
    found = fault(text, "sns")
    if found is None and not all(map(_is_of_topics, _actions(text))):
        found = Fault.SCOPE
    if found is not None:
        raise invalid(words[found])


def _actions(text: str) -> list[str]:
    return [
        action for statement in statements_of(parsed(text).document) for action in texts(statement, "Action")
    ]


def _is_of_topics(action: str) -> bool:
    """Whether a pattern stands for any action on a topic: `sns:CreateTopic` doesn't."""
    name = action.lower().removeprefix("sns:")
    return any(fnmatchcase(known, name) for known in _OF_TOPICS)
