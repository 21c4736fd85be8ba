"""Lambda's functions: what role and variables one may have, and running one.

A function is made and kept by moto. `Invoke` runs its code in a process of its own, under a session of its role.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import service_principal
from iamlab.cloud.errors import AwsError
from iamlab.cloud.functions import logs
from iamlab.cloud.functions.answers import answer
from iamlab.cloud.functions.environments import RESERVED, SERVICE, Environments
from iamlab.cloud.moto_seam import functions, identities, resources
from iamlab.cloud.moto_seam.functions import Function
from iamlab.cloud.ruling import rule
from iamlab.cloud.service_calls import service_call
from iamlab.cloud.services import guard, operation, proof
from iamlab.cloud.state import Decided, LabState

LARGEST = {"RequestResponse": 6_291_456, "Event": 1_048_576}
"""Bytes of an event, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

_ARN = re.compile(r"arn:aws[\w-]*:lambda:([a-z0-9-]+):(\d{12}):function:([\w-]+)(?::([\w$-]+))?")
_PARTIAL = re.compile(r"(?:(\d{12}):function:)?([\w-]+)(?::([\w$-]+))?")
_PYTHON = re.compile(r"python3\.\d+")
_STORE = "lambda"
_NO_ROLE = "The role defined for the function cannot be assumed by Lambda."


@operation("lambda", "Invoke")
def invoke(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    params = call.params
    kind = params.get("InvocationType") or "RequestResponse"
    function = _function(call, str(params["FunctionName"]), params.get("Qualifier"))
    event = _event(call, kind)
    _check_runnable(function)
    if kind == "DryRun":
        return {"StatusCode": 204, "Payload": b""}
    request = {
        "id": call.request_id,
        "event": event,
        "arn": function.arn,
        "timeout": function.timeout,
        "client": _client_context(params.get("ClientContext")),
    }
    run = _environments(state).run(function, request)
    made = answer(run.outcome, function, call.request_id)
    logs.write(state, function, run.session, run.stream, made.log)
    if kind == "Event":
        return {"StatusCode": 202, "Payload": b""}
    result: dict[str, Any] = {"StatusCode": 200, "Payload": made.payload, "ExecutedVersion": function.version}
    if made.error is not None:
        result["FunctionError"] = made.error
    if params.get("LogType") == "Tail":
        result["LogResult"] = made.tail
    return result


@operation("lambda", "InvokeAsync")
def invoke_async(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_InvokeAsync.html"""
    call.params["InvocationType"] = "Event"
    invoke(call, state)
    return {"Status": 202}


@operation("lambda", "InvokeWithResponseStream")
def invoke_with_response_stream(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html"""
    raise AwsError("NotImplemented", "The lab's functions don't stream their answers. Nothing was run.", 501)


# ------------------------------------------------------------------ what a function may be
@proof("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def role_is_the_accounts(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    parts = str(call.params.get("Role") or "").split(":")
    if len(parts) > 4 and parts[4] != call.account:
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.", 403)


@guard("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def role_can_be_assumed(call: Call, state: LabState) -> None:
    """Lambda assumes the role on trial, before it takes it.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    """
    role = call.params.get("Role")
    if role is None:
        return
    arn = str(role)
    if identities.role_by_arn(arn) is None:
        raise _invalid(_NO_ROLE)
    name = names(call, str(call.params["FunctionName"]))[2]
    source = f"arn:{resources.partition_of(call.region)}:lambda:{call.region}:{call.account}:function:{name}"
    asked = service_call(
        state,
        service_principal(SERVICE),
        "sts",
        "AssumeRole",
        call.now,
        RoleArn=arn,
        RoleSessionName=name,
    )
    _, decision = rule(asked, state, {"aws:SourceArn": source, "aws:SourceAccount": call.account}).made[-1]
    if not decision.allowed:
        # `lab.why(error)` shall show the trust policy's answer, not that the caller may make functions
        state.decisions.append(Decided(call.request_id, "sts", "AssumeRole", decision, (decision,)))
        raise _invalid(_NO_ROLE)


@guard("lambda", "CreateFunction", "UpdateFunctionConfiguration")
def variables_are_its_own(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""
    variables = (call.params.get("Environment") or {}).get("Variables") or {}
    taken = sorted(RESERVED & set(variables))
    if taken:
        raise _invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(taken)}"
        )


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, 400, Type="User")


# ------------------------------------------------------------------ finding and running
def names(call: Call, text: str) -> tuple[str, str, str, str | None]:
    """Region, account, name and qualifier of what a request calls a function."""
    match = _ARN.fullmatch(text)
    if match is not None:
        return match[1], match[2], match[3], match[4]
    match = _PARTIAL.fullmatch(text)
    if match is None:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{text}' at 'functionName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-"
            "\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
        )
    return call.region, match[1] or call.account, match[2], match[3]


def _function(call: Call, text: str, qualifier: str | None) -> Function:
    region, account, name, inside = names(call, text)
    if qualifier and inside and qualifier != inside:
        raise _invalid("The derived qualifier from the function name does not match the specified qualifier.")
    wanted = qualifier or inside
    found = functions.find(account, region, name, wanted)
    if found is None:
        partition = resources.partition_of(region)
        arn = f"arn:{partition}:lambda:{region}:{account}:function:{name}" + (f":{wanted}" if wanted else "")
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404, Type="User")
    return found


def _check_runnable(function: Function) -> None:
    if not _PYTHON.fullmatch(function.runtime):
        what = f"runtime {function.runtime}" if function.runtime else "a container image"
        raise AwsError(
            "NotImplemented",
            f"The lab runs functions of Python's runtimes from a zip file; {function.name} is of {what}. "
            "Nothing was run.",
            501,
        )


def _event(call: Call, kind: str) -> Any:
    limit = LARGEST.get(kind, LARGEST["RequestResponse"])
    if len(call.body) > limit:
        raise AwsError(
            "RequestTooLargeException",
            f"Request must be smaller than {limit} bytes for the InvokeFunction operation",
            413,
            Type="User",
        )
    if not call.body:
        return {}
    try:
        return json.loads(call.body)
    except ValueError as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            400,
            Type="User",
        ) from error


def _client_context(text: Any) -> Any:
    """What a mobile client says of itself; nothing where it can't be read."""
    try:
        return json.loads(base64.b64decode(str(text))) if text else None
    except ValueError:
        return None


def _environments(state: LabState) -> Environments:
    with state.lock:
        found = state.stores.get(_STORE)
        if found is None:
            from iamlab.cloud.lab import Lab  # at first need: the lab stands above its services

            lab = Lab.current()
            assert lab is not None
            found = state.stores[_STORE] = Environments(state, lab.served().environ)
            state.closers.append(found.stop)
    assert isinstance(found, Environments)
    return found
