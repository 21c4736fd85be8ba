"""Settings of an account's IAM as a whole, kept by namespace.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutAccountProperties.html
"""

from __future__ import annotations

import re
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import operation
from iamlab.cloud.state import LabState

_STORE = "iam account properties"
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@operation("iam", "GetAccountProperties")
def get_account_properties(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountProperties.html"""
    return {"Properties": dict(_kept(state, call.account))}


@operation("iam", "PutAccountProperties")
def put_account_properties(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutAccountProperties.html: of one namespace at a time"""
    given = dict(call.params["Properties"])
    if not all(map(_NAME.fullmatch, given)):
        raise AwsError("InvalidInput", "Properties are named Namespace/PropertyName.")
    if len({name.partition("/")[0] for name in given}) != 1:
        raise AwsError("InvalidInput", "All properties of a request must belong to the same namespace.")
    with state.lock:
        _kept(state, call.account).update(given)
    return {}


def _kept(state: LabState, account: str) -> dict[str, str]:
    kept: dict[str, str] = state.stores.setdefault(_STORE, {}).setdefault(account, {})
    return kept
