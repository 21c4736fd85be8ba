"""What AssumeRole and GetFederationToken accept as session policies, and what those weigh.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Policy, PolicyArns, PackedPolicySize)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services.policy_documents import check_session_policy
from iamlab.cloud.services.session_packing import packed_percent
from iamlab.cloud.services.validation import constraint_error

PLAIN_LIMIT = 2_048
MOST_ARNS = 10


def accepted(params: Mapping[str, Any], account: str) -> tuple[str | None, tuple[str, ...]]:
    """The inline session policy and the managed ones of a call.

    Args:
        account: the account whose policies, beside AWS's own, may be named.

    Raises:
        AwsError: `ValidationError` or `MalformedPolicyDocument`.
    """
    text: str | None = params.get("Policy")
    arns = tuple(str(entry.get("arn", "")) for entry in params.get("PolicyArns") or ())
    if len(arns) > MOST_ARNS:
        raise constraint_error(
            (
                "policyArns",
                f"'[{', '.join(arns)}]'",
                f"Member must have length less than or equal to {MOST_ARNS}",
            )
        )
    if len(text or "") + sum(map(len, arns)) > PLAIN_LIMIT:
        shown = f"'{text or ', '.join(arns)}'"
        raise constraint_error(
            ("policy", shown, f"Member must have length less than or equal to {PLAIN_LIMIT}")
        )
    if text is not None:
        check_session_policy(text)
    for arn in arns:
        if identities.managed_policy(account, arn) is None:
            raise AwsError("ValidationError", f"Policy {arn} does not exist or is not attachable.")
    return text, arns


def packed_size(text: str | None, arns: tuple[str, ...], tags: Mapping[str, str]) -> int | None:
    """`PackedPolicySize`: how much of the allowance policies and tags use, in percent; None if there are none.

    Raises:
        AwsError: `PackedPolicyTooLarge`.
    """
    if text is None and not arns and not tags:
        return None
    percent = packed_percent(text, arns, tags)
    if percent > 100:
        words = f"Packed size of session tags consumes {percent}% of allotted space."
        if text is not None or arns:
            words = f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
        raise AwsError("PackedPolicyTooLarge", words)
    return percent
