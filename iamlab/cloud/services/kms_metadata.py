"""KMS keys made and described.

https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import operation
from iamlab.cloud.services.kms_keys import allowed_key
from iamlab.cloud.state import LabState


@operation("kms", "CreateKey")
def create_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html"""
    with state.lock:
        key = keys.make(call.account, call.region, call.params)
    return {"KeyMetadata": keys.metadata(key)}


@operation("kms", "DescribeKey")
def describe_key(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
    return {"KeyMetadata": keys.metadata(allowed_key(call))}
