"""What publishing needs: permission on the topic, or on the telephone number that a text message goes to.

A number is no ARN, so a policy that speaks of `arn:aws:sns:*` doesn't reach it.

https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamlab.cloud.catalogue import general
from iamlab.cloud.catalogue.check import Check

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


def _publish(call: Call) -> tuple[Check, ...]:
    number = call.params.get("PhoneNumber")
    if not number or call.params.get("TopicArn") or call.params.get("TargetArn"):
        return general.checks(call)
    return (Check("sns:Publish", str(number), call.account),)


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {"Publish": _publish}
