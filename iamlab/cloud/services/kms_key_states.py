"""Switching KMS keys off and on, and letting them wait for their deletion; by id and by ARN.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import operation
from iamlab.cloud.services.kms_keys import allowed_key
from iamlab.cloud.state import LabState

_SHORTEST, _LONGEST = 7, 30


@operation("kms", "EnableKey")
@operation("kms", "DisableKey")
def switch_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKey.html, and API_DisableKey.html"""
    keys.switch(allowed_key(call), on=call.operation == "EnableKey")
    return {}


@operation("kms", "ScheduleKeyDeletion")
def schedule_key_deletion(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""
    key, days = allowed_key(call), call.params.get("PendingWindowInDays", _LONGEST)
    if not _SHORTEST <= days <= _LONGEST:
        raise AwsError(
            "ValidationException",
            f"PendingWindowInDays must be between {_SHORTEST} and {_LONGEST} (inclusive), but is {days}.",
        )
    until = call.now + timedelta(days=days)
    keys.doom(key, until)
    return {
        "KeyId": str(key.arn),
        "DeletionDate": until,
        "KeyState": "PendingDeletion",
        "PendingWindowInDays": days,
    }


@operation("kms", "CancelKeyDeletion")
def cancel_key_deletion(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CancelKeyDeletion.html"""
    key = allowed_key(call)
    keys.doom(key, None)
    return {"KeyId": str(key.arn)}
