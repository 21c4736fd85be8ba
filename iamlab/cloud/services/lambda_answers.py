"""What Lambda tells of its functions beyond what moto keeps, and of functions that aren't there.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import functions, resources, statements
from iamlab.cloud.services import finish, guard
from iamlab.cloud.services.lambda_functions import names
from iamlab.cloud.state import LabState

_ONE = ("GetFunctionConfiguration", "PublishVersion")
_URLS = ("CreateFunctionUrlConfig", "GetFunctionUrlConfig", "UpdateFunctionUrlConfig")


@guard("lambda", "ListVersionsByFunction")
def function_is_there(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html"""
    region, account, name, _ = names(call, str(call.params["FunctionName"]))
    if functions.find(account, region, name, None) is None:
        arn = f"arn:{resources.partition_of(region)}:lambda:{region}:{account}:function:{name}"
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)


@guard("lambda", "CreateAlias")
def alias_is_new(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html"""
    region, account, name, _ = names(call, str(call.params["FunctionName"]))
    alias, found = str(call.params["Name"]), statements.function(account, region, name)
    if found is not None and statements.has_qualifier(account, region, found, alias):
        arn = f"arn:{resources.partition_of(region)}:lambda:{region}:{account}:function:{name}:{alias}"
        raise AwsError("ResourceConflictException", f"Alias already exists: {arn}", 409)


@finish("lambda", "CreateFunction")
def function_is_being_made(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """A new function says that it isn't ready; in the lab it is, when it is asked again.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    complete(answer)
    answer |= {
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
    }


@finish("lambda", "UpdateFunctionCode", "UpdateFunctionConfiguration")
def function_is_changing(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html#functions-states-updating"""
    region, account, name, _ = names(call, str(call.params["FunctionName"]))
    functions.touch(account, region, name, call.now)
    answer["LastModified"] = functions.moment(call.now)
    complete(answer)
    answer |= {
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }


@guard("lambda", "CreateFunctionUrlConfig")
def function_has_no_url(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html"""
    region, account, name, _ = names(call, str(call.params["FunctionName"]))
    found = statements.function(account, region, name)
    if found is not None and functions.has_url(found):
        raise AwsError(
            "ResourceConflictException",
            f"Failed to create function url config for [functionArn = {found.function_arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function",
            409,
        )


@finish("lambda", *_URLS)
def url_in_full(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html"""
    answer["FunctionUrl"] = str(answer["FunctionUrl"]).rstrip("/") + "/"
    answer["InvokeMode"] = str(answer.get("InvokeMode") or "BUFFERED").upper()


@finish("lambda", *_ONE)
def configuration(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """The answer is a function's configuration."""
    complete(answer)


@finish("lambda", "GetFunction", "ListFunctions", "ListVersionsByFunction")
def configurations(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """The answer holds one or more functions' configurations; lists don't tell of states."""
    if "Configuration" in answer:
        complete(answer["Configuration"])
    for found in answer.get("Functions") or answer.get("Versions") or ():
        complete(found)
        for name in ("LastUpdateStatus", "State"):
            found.pop(name, None)


def complete(found: dict[str, Any]) -> None:
    """Bring a function's configuration into AWS's form."""
    moment = str(found.get("LastModified", ""))
    if moment.endswith("Z"):
        found["LastModified"] = moment[:23] + "+0000"
    if not found.get("Layers"):
        found.pop("Layers", None)
    seen = f"{found.get('FunctionArn')} {found.get('CodeSha256')} {moment}"
    found.setdefault("RevisionId", str(uuid.uuid5(uuid.NAMESPACE_URL, seen)))
    found.setdefault(
        "LoggingConfig", {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{found['FunctionName']}"}
    )
    if found.get("Runtime"):
        _, partition, _, region, *_ = str(found["FunctionArn"]).split(":")
        version = hashlib.sha256(str(found["Runtime"]).encode()).hexdigest()
        arn = f"arn:{partition}:lambda:{region}::runtime:{version}"
        found.setdefault("RuntimeVersionConfig", {"RuntimeVersionArn": arn})
