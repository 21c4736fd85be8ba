"""Automatic rotation of KMS keys: on, off, and when the next one is due.

https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.kms_keys import allowed_key
from iamlab.cloud.state import LabState

_YEAR = 365


@guard("kms", "EnableKeyRotation", "RotateKeyOnDemand")
def key_can_be_rotated(call: Call, state: LabState) -> None:
    """KMS makes new material for symmetric keys whose material it made."""
    if keys.material_id(allowed_key(call)) is None:
        raise AwsError("UnsupportedOperationException", "")


@operation("kms", "EnableKeyRotation")
def enable_key_rotation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""
    key, asked = allowed_key(call), call.params.get("RotationPeriodInDays")
    with state.lock:
        since, days = keys.rotation(key) or (call.now, _YEAR)
        keys.rotate(key, since, int(asked or days))
    return {}


@operation("kms", "DisableKeyRotation")
def disable_key_rotation(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DisableKeyRotation.html"""
    keys.rotate(allowed_key(call), call.now, None)
    return {}


@operation("kms", "GetKeyRotationStatus")
def get_key_rotation_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html"""
    key = allowed_key(call)
    status: dict[str, Any] = {"KeyId": str(key.arn), "KeyRotationEnabled": False}
    rotation = keys.rotation(key)
    if rotation is not None and not keys.is_pending_deletion(key):
        since, days = rotation
        passed = (call.now - since) // timedelta(days=days)
        due = since + timedelta(days=days) * (passed + 1)
        status |= {"KeyRotationEnabled": True, "RotationPeriodInDays": days, "NextRotationDate": due}
    return status
