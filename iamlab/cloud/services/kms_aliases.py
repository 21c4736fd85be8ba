"""Aliases of KMS keys: made, turned to another key, deleted and listed.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

from __future__ import annotations

import re
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import named_key
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import operation, proof
from iamlab.cloud.services.kms_paging import page
from iamlab.cloud.state import LabState

_PREFIX = "alias/"
_OF_AWS = "alias/aws/"
_NAME = re.compile(r"alias/[a-zA-Z0-9/_-]+")
_GUIDE = "https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html"
_PAGE = 50


@proof("kms", "CreateAlias", "DeleteAlias", "UpdateAlias")
def name_is_an_alias(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: the name hasn't the form of an alias, belongs to AWS, or, to be changed, leads nowhere.
    """
    name = str(call.params["AliasName"])
    if not name.startswith(_PREFIX):
        raise AwsError(
            "ValidationException", f'Alias must start with the prefix "{_PREFIX}". Please see {_GUIDE}'
        )
    if not _NAME.fullmatch(name):
        raise AwsError("ValidationException", f"{name} contains invalid characters for an alias")
    if name.startswith(_OF_AWS):
        raise AwsError("NotAuthorizedException", "")
    arn, key = named_key(call, name)
    if call.operation != "CreateAlias" and key is None:
        raise AwsError("NotFoundException", f"Alias {arn} is not found.")


@operation("kms", "CreateAlias")
def create_alias(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""
    name, target = str(call.params["AliasName"]), str(call.params["TargetKeyId"])
    with state.lock:
        if named_key(call, name)[1] is not None:
            arn = f"{_start(call)}{name}"
            raise AwsError("AlreadyExistsException", f"An alias with the name {arn} already exists")
        keys.point_alias(call.account, call.region, name, named_key(call, target)[1], call.now)
    return {}


@operation("kms", "UpdateAlias")
def update_alias(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_UpdateAlias.html"""
    name, target = str(call.params["AliasName"]), str(call.params["TargetKeyId"])
    with state.lock:
        old, new = _kind(named_key(call, name)[1]), named_key(call, target)[1]
        if old != _kind(new):
            raise AwsError(
                "ValidationException",
                f"Alias {_start(call)}{name} must point to keys of one type and usage, as it does now.",
            )
        keys.point_alias(call.account, call.region, name, new, call.now)
    return {}


@operation("kms", "DeleteAlias")
def delete_alias(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DeleteAlias.html"""
    with state.lock:
        keys.drop_alias(call.account, call.region, str(call.params["AliasName"]))
    return {}


@operation("kms", "ListAliases")
def list_aliases(call: Call, state: LabState) -> dict[str, Any]:
    """Aliases of AWS are listed before their keys are made.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html
    """
    wanted = call.params.get("KeyId")
    key: Any = None if wanted is None else named_key(call, str(wanted))[1]
    target = None if key is None else key.id
    found = keys.aliases(call.account, call.region)
    if target is None:
        found = {name: {} for name in keys.PREDEFINED_ALIASES} | found
    start = _start(call)
    listed = [
        {"AliasName": name, "AliasArn": f"{start}{name}", **facts}
        for name, facts in sorted(found.items())
        if target in (None, facts.get("TargetKeyId"))
    ]
    return page(call, "Aliases", "AliasName", listed, _PAGE)


def _kind(key: Any) -> tuple[str, bool]:
    return str(key.key_usage), key.key_spec == "SYMMETRIC_DEFAULT"


def _start(call: Call) -> str:
    arn, _ = named_key(call, _PREFIX)
    return arn.removesuffix(_PREFIX)
