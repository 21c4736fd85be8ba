"""What all of Access Analyzer's operations answer alike: refusals in its shape, and listings in pages.

In: what was wrong, or a list. Out: an `AwsError` with the members of the service's model, or one page.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidationException.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ResourceNotFoundException.html
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TypeVar

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError

PAGE = 100
"""How long a page is where the caller doesn't say."""

_Item = TypeVar("_Item")


def invalid(message: str, field: str | None = None) -> AwsError:
    """A parameter that can't be taken.

    Args:
        message: what is wrong.
        field: the parameter, where one of them is.
    """
    if field is None:
        return AwsError("ValidationException", message, reason="other")
    return AwsError(
        "ValidationException",
        message,
        reason="fieldValidationFailed",
        fieldList=[{"name": field, "message": message}],
    )


def unsupported(message: str) -> AwsError:
    """An operation that this kind of analyzer hasn't got."""
    return AwsError("ValidationException", message, reason="notSupported")


def not_found(kind: str, name: str) -> AwsError:
    """Something that isn't there.

    Args:
        kind: `Analyzer`, `ArchiveRule`, `Finding` …
        name: the name, id or ARN asked for.
    """
    return AwsError(
        "ResourceNotFoundException",
        f"The {kind} {name} was not found.",
        404,
        resourceId=name,
        resourceType=kind,
    )


def conflict(kind: str, name: str) -> AwsError:
    """Something of that name is there already."""
    return AwsError(
        "ConflictException",
        f"The {kind} {name} already exists.",
        409,
        resourceId=name,
        resourceType=kind,
    )


def quota_exceeded(kind: str, name: str, quota: str) -> AwsError:
    """One more than the quota allows."""
    return AwsError(
        "ServiceQuotaExceededException",
        f"You have reached the quota for {quota}.",
        402,
        resourceId=name,
        resourceType=kind,
    )


def page(call: Call, items: Sequence[_Item]) -> tuple[Sequence[_Item], dict[str, str]]:
    """One page of a list, and the `nextToken` member if there is more.

    Raises:
        AwsError: the token is none that this listing gave out, or the size is no number of items.
    """
    start = _position(call.params.get("nextToken"), len(items))
    wanted = call.params.get("maxResults")
    size = PAGE if wanted is None else int(wanted)
    if size < 1:
        raise invalid("maxResults must be at least 1.", "maxResults")
    end = start + size
    if end >= len(items):
        return items[start:], {}
    return items[start:end], {"nextToken": base64.urlsafe_b64encode(str(end).encode()).decode()}


def _position(token: str | None, length: int) -> int:
    if token is None:
        return 0
    try:
        position = int(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        position = -1
    if not 0 <= position <= length:
        raise invalid("The nextToken is invalid.", "nextToken")
    return position
