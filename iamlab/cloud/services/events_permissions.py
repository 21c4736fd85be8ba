"""EventBridge's PutPermission and RemovePermission: the policy of an event bus.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemovePermission.html
"""

from __future__ import annotations

import json
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources, statements
from iamlab.cloud.services import finish, operation
from iamlab.cloud.services.resource_documents import Fault, fault, statements_of, texts
from iamlab.cloud.state import LabState

_ACTION = "events:PutEvents"
_LARGEST = 10 * 1024


@operation("events", "PutPermission")
def put_permission(call: Call, state: LabState) -> dict[str, Any]:
    """One statement from parameters, or a whole policy.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
    """
    params = call.params
    with state.lock:
        bus = _bus(call)
        if params.get("Policy"):
            new = _of_policy(str(params["Policy"]))
        else:
            added = _of_parameters(call, bus.arn)
            # the same id again takes the statement's place
            new = [kept for kept in statements.of_bus(bus) if kept.get("Sid") != added["Sid"]] + [added]
        if len(json.dumps(new)) > _LARGEST:
            raise AwsError(
                "PolicyLengthExceededException", "The policy of the event bus is larger than 10 KB."
            )
        _check_resources(new, bus.arn)
        statements.set_of_bus(bus, new)
    return {}


def _bus(call: Call) -> Any:
    name = str(call.params.get("EventBusName") or "default")
    found = statements.bus(call.account, call.region, name)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Event bus {name} does not exist.")
    return found


def _of_policy(text: str) -> list[dict[str, Any]]:
    """The statements of a policy, which replaces the old one."""
    policy = parsed(text)
    if not isinstance(policy.document, dict):
        raise _invalid("This policy contains invalid Json")
    found = fault(text, "events")
    if found is not None:
        raise _invalid(
            "Invalid principal in policy" if found is Fault.PRINCIPAL else "Invalid policy document."
        )
    return [dict(statement) for statement in statements_of(policy.document)]


def _check_resources(stated: list[dict[str, Any]], bus: str) -> None:
    """A bus's policy speaks of no other bus."""
    for arn in [one for statement in stated for one in texts(statement, "Resource")]:
        parts = arn.split(":", 5)
        if len(parts) == 6 and parts[5].startswith("event-bus/") and arn != bus and "*" not in arn:
            raise _invalid(f'The relative-id "{parts[5]}" is invalid for ARN "{arn}"')


def _of_parameters(call: Call, arn: str) -> dict[str, Any]:
    params = call.params
    for name in ("Principal", "Action", "StatementId"):
        if not params.get(name):
            raise _invalid(f"Parameter {name} must be specified.")
    principal, condition = str(params["Principal"]), params.get("Condition")
    if params["Action"] != _ACTION:
        raise _invalid("Provided value in parameter 'action' is not supported.")
    if condition and principal != "*":
        raise _invalid(
            "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set."
        )
    partition = resources.partition_of(call.region)
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:{partition}:iam::{principal}:root"},
        "Action": _ACTION,
        "Resource": arn,
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


@operation("events", "RemovePermission")
def remove_permission(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemovePermission.html"""
    wanted = call.params.get("StatementId")
    with state.lock:
        bus = _bus(call)
        if call.params.get("RemoveAllPermissions"):
            statements.set_of_bus(bus, ())
            return {}
        if not wanted:
            raise _invalid("Parameter StatementId must be specified.")
        stated = statements.of_bus(bus)
        if not stated:
            raise AwsError("ResourceNotFoundException", "EventBus does not have a policy.")
        kept = [statement for statement in stated if statement.get("Sid") != wanted]
        if len(kept) == len(stated):
            raise AwsError("ResourceNotFoundException", "Statement with the provided id does not exist.")
        statements.set_of_bus(bus, kept)
    return {}


@finish("events", "DescribeEventBus")
def policy_without_spaces(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeEventBus.html"""
    if answer.get("Policy"):
        answer["Policy"] = json.dumps(json.loads(answer["Policy"]), separators=(",", ":"))


@finish("events", "ListEventBuses")
def buses_in_full(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_EventBus.html"""
    for shown in answer["EventBuses"]:
        bus = statements.bus(call.account, call.region, str(shown["Name"]))
        if bus is None:
            continue
        if bus.description:
            shown["Description"] = bus.description
        if bus.policy:
            shown["Policy"] = json.dumps(json.loads(bus.policy), separators=(",", ":"))
        shown |= {"CreationTime": bus.creation_time, "LastModifiedTime": bus.last_modified_time}


@operation("events", "PutEvents")
def put_events(call: Call, state: LabState) -> dict[str, Any]:
    """Each entry goes to its own bus, of whatever account.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
    """
    entries: list[dict[str, Any]] = []
    for entry in call.params["Entries"]:
        parts = str(entry.get("EventBusName") or "").split(":")
        account = parts[4] if len(parts) == 6 else call.account
        entries += statements.put_event(account, call.region, entry)
    failed = sum("ErrorCode" in entry for entry in entries)
    return {"FailedEntryCount": failed, "Entries": entries}


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
