"""A policy without some of the actions that it allows.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_UnusedPermissionsRecommendedStep.html
"""

from __future__ import annotations

from typing import Any

import pytest

from iamlab.analysis.trimming import without
from iamlab.analysis.universe import universe
from iamlab.policy import Policy

QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
SEND = {"Effect": "Allow", "Action": "sqs:Send*", "Resource": QUEUE}
DENY = {"Effect": "Deny", "Action": "sqs:PurgeQueue", "Resource": "*"}

CASES: dict[str, tuple[Any, str, Any]] = {
    "nothing of it": ([SEND], "s3:*", [SEND]),
    "all of it": ([SEND], "sqs:*", None),
    "all that it allows": ([SEND, DENY], "sqs:*", None),
    "one of two statements": (
        [SEND, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, DENY],
        "s3:*",
        [SEND, DENY],
    ),
    "some actions, on the same resource under the same condition": (
        [
            {
                "Effect": "Allow",
                "Action": ["sqs:Send*", "sqs:GetQueueUrl"],
                "Resource": QUEUE,
                "Condition": MFA,
            }
        ],
        "sqs:SendMessage",
        [{"Effect": "Allow", "Action": ["sqs:GetQueueUrl"], "Resource": QUEUE, "Condition": MFA}],
    ),
    "a statement that stands alone": (SEND, "s3:*", [SEND]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_policy_loses_what_is_named_and_nothing_else(case: str) -> None:
    statements, lost, left = CASES[case]
    found = without(Policy({"Version": "2012-10-17", "Statement": statements}), universe().bits(lost))
    assert (found and found["Statement"]) == left
