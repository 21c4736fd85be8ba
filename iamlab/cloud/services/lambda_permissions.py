"""Lambda's AddPermission, RemovePermission and GetPolicy: the policy of a function, version or alias.

All statements of a function stand in one list; the `Resource` of each says whether it is for the function itself or for
a version or alias, and GetPolicy shows those of one of them.

https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html
https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources, statements
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_principals import exists
from iamlab.cloud.state import LabState

_LARGEST = 20 * 1024
_ACCOUNT = re.compile(r"\d{12}")
_SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|alexa\.amazon\.com)")
# parameter -> (operator, key) of the condition that it stands for
_CONDITIONS = {
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


@dataclass(frozen=True, slots=True)
class _Target:
    """The function of a call, and the ARN of what the call is about: the function, a version or an alias."""

    function: Any
    arn: str

    def own(self) -> list[dict[str, Any]]:
        return [statement for statement in statements.of_function(self.function) if self.has(statement)]

    def has(self, statement: dict[str, Any]) -> bool:
        return bool(statement.get("Resource") == self.arn)


@operation("lambda", "AddPermission")
def add_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"""
    params = call.params
    with state.lock:
        target = _target(call)
        _check_revision(call, target)
        sid = str(params["StatementId"])
        if any(statement.get("Sid") == sid for statement in target.own()):
            raise AwsError(
                "ResourceConflictException",
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement.",
                409,
            )
        statement: dict[str, Any] = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": _principal(call, str(params["Principal"])),
            "Action": params["Action"],
            "Resource": target.arn,
        }
        conditions = _conditions(params)
        if conditions:
            statement["Condition"] = conditions
        size = len(json.dumps(_document([*target.own(), statement]), separators=(",", ":")))
        if size > _LARGEST:
            raise AwsError(
                "PolicyLengthExceededException",
                f"The final policy size ({size}) is bigger than the limit ({_LARGEST}).",
            )
        _store(target, [*statements.of_function(target.function), statement], state)
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


@operation("lambda", "RemovePermission")
def remove_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html"""
    sid = str(call.params["StatementId"])
    with state.lock:
        target = _target(call)
        if not target.own():
            raise _not_found("No policy is associated with the given resource.")
        _check_revision(call, target)
        stated = statements.of_function(target.function)
        kept = [one for one in stated if not (target.has(one) and one.get("Sid") == sid)]
        if len(kept) == len(stated):
            raise _not_found(f"Statement {sid} is not found in resource policy.")
        _store(target, kept, state)
    return {}


@operation("lambda", "GetPolicy")
def get_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html"""
    target = _target(call)
    stated = target.own()
    if not stated:
        raise _not_found("The resource you requested does not exist.")
    policy = json.dumps(_document(stated), separators=(",", ":"))
    return {"Policy": policy, "RevisionId": statements.revision(target.function)}


def _document(stated: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Id": "default", "Statement": stated}


def _store(target: _Target, stated: list[dict[str, Any]], state: LabState) -> None:
    statements.set_of_function(
        target.function, stated, str(uuid.UUID(int=state.random.getrandbits(128), version=4))
    )


# ---------------------------------------------------------------- what a call names
def _target(call: Call) -> _Target:
    """A function is named by name, partial or whole ARN; its qualifier apart or at the end."""
    parts = str(call.params["FunctionName"]).split(":")
    after = parts.index("function") + 1 if "function" in parts[:-1] else 0
    name, *rest = parts[after:]
    qualifier = str(rest[0] if rest else call.params.get("Qualifier") or "")
    account = next((part for part in parts[:after] if _ACCOUNT.fullmatch(part)), call.account)
    start = f"arn:{resources.partition_of(call.region)}:lambda:{call.region}:{account}:function:{name}"
    arn = f"{start}:{qualifier}" if qualifier else start
    if qualifier == "$LATEST":
        raise AwsError(
            "InvalidParameterValueException", "We currently do not support adding policies for $LATEST."
        )
    found = statements.function(account, call.region, name)
    if found is None:
        raise _not_found(f"Function not found: {arn}")
    if qualifier and not statements.has_qualifier(account, call.region, found, qualifier):
        raise _not_found(
            f"Function not found: {arn}" if qualifier.isdigit() else f"Cannot find alias arn: {arn}"
        )
    return _Target(found, arn)


def _check_revision(call: Call, target: _Target) -> None:
    wanted = call.params.get("RevisionId")
    if wanted and wanted != statements.revision(target.function):
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the "
            "latest Revision Id",
            412,
        )


def _principal(call: Call, named: str) -> Any:
    """The `Principal` that the policy gets: an account is named by its root's ARN."""
    if named == "*":
        return "*"
    if _ACCOUNT.fullmatch(named):
        return {"AWS": f"arn:{resources.partition_of(call.region)}:iam::{named}:root"}
    if exists(named):
        return {"AWS": named}
    if _SERVICE.fullmatch(named):
        return {"Service": named}
    raise AwsError(
        "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.",
    )


def _conditions(params: dict[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, (operator, key) in _CONDITIONS.items():
        value = params.get(name)
        if value is not None and value != "":
            found.setdefault(operator, {})[key] = (
                str(value).lower() if isinstance(value, bool) else str(value)
            )
    return found


def _not_found(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, 404)
