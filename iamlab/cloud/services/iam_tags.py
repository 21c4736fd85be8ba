"""Rules of tags on users and roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.errors import AwsError
from iamlab.cloud.services.iam_shapes import limit_exceeded

MOST = 50


def checked(tags: list[dict[str, str]] | None, already: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Tags of a request, if they may stand beside those that are `already` there.

    Raises:
        AwsError: two keys differ only in case, one is AWS's own, or there are too many.
    """
    wanted = tags or []
    folded = [tag["Key"].casefold() for tag in wanted]
    if len(set(folded)) < len(folded):
        raise AwsError(
            "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    if any(key.startswith("aws:") for key in folded):
        raise AwsError("InvalidInput", "System tags cannot be added/updated by requester.")
    if len({key.casefold() for key in already or {}} | set(folded)) > MOST:
        raise limit_exceeded(f"The number of tags has reached the maximum limit: {MOST}")
    return [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in wanted]
