"""Whose credentials a call is about: the user that it names, else whoever makes it.

Access keys and signing certificates exist for the root user, too; all other credentials of IAM are users' alone.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html (UserName)
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services.iam_shapes import user


def user_or_caller(call: Call) -> Any:
    """moto's record of the user that the call names; without a name, of the calling user.

    Raises:
        AwsError: `NoSuchEntity`; `ValidationError`, the caller isn't a user and names none.
    """
    found = user_or_root(call)
    if found is None:
        raise _nameless()
    return found


def user_or_root(call: Call) -> Any | None:
    """As `user_or_caller`; None where the root user speaks of itself."""
    name = call.params.get("UserName")
    if name is not None:
        return user(call.account, name)
    if call.caller.type == "User":
        return call.caller.record
    if call.caller.is_root:
        return None
    raise _nameless()


def _nameless() -> AwsError:
    return AwsError("ValidationError", "Must specify userName when calling with non-User credentials")


def requested_status(call: Call) -> str:
    """The status that a call wants to give; a credential expires by itself alone.

    Raises:
        AwsError: `InvalidInput`, 400.
    """
    status: str = call.params["Status"]
    if status == "Expired":
        raise AwsError("InvalidInput", "Status Expired cannot be set.")
    return status
