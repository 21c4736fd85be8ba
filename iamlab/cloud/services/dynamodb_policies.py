"""DynamoDB's resource-based policies of tables and streams.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import table_policies
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.resource_documents import Fault, could_do_again, fault, statements_of, texts
from iamlab.cloud.state import LabState

_LARGEST = 20 * 1024
_NONE = "NO_POLICY"


@operation("dynamodb", "PutResourcePolicy")
def put_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html"""
    text, arn = str(call.params["Policy"]), str(call.params["ResourceArn"])
    with state.lock:
        store = _store(arn)
        _check(text)
        there = table_policies.find(store, arn)
        _check_revision(call, there, arn)
        if there is not None and there.policy_doc == text:
            return {"RevisionId": there.revision_id}
        if not call.params.get("ConfirmRemoveSelfResourceAccess") and not could_do_again(call, state, text):
            raise _invalid(
                "The new policy would not let you change the policy of this resource in the future. Set "
                "ConfirmRemoveSelfResourceAccess to confirm that you want that."
            )
        return {"RevisionId": table_policies.put(store, arn, text)}


@operation("dynamodb", "GetResourcePolicy")
def get_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetResourcePolicy.html"""
    arn = str(call.params["ResourceArn"])
    there = table_policies.find(_store(arn), arn)
    if there is None:
        raise _no_policy(arn)
    return {"Policy": there.policy_doc, "RevisionId": there.revision_id}


@operation("dynamodb", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """Deleting what isn't there is no error, unless the request expects it to be.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteResourcePolicy.html
    """
    arn = str(call.params["ResourceArn"])
    with state.lock:
        store = _store(arn)
        there = table_policies.find(store, arn)
        _check_revision(call, there, arn)
        if there is None:
            return {"RevisionId": ""}
        table_policies.remove(store, arn)
    return {"RevisionId": there.revision_id}


@guard("dynamodb", "CreateTable")
def policy_of_a_new_table(call: Call, state: LabState) -> None:
    """A table starts with the policy of the request, and never with that of an older table of its name.

    Raises:
        AwsError: the policy isn't one.
    """
    text, name = call.params.get("ResourcePolicy"), str(call.params.get("TableName", ""))
    if text:
        _check(str(text))
    with state.lock:
        table_policies.of_new_table(call.account, call.region, name.rpartition("/")[2], text)


def _store(arn: str) -> Any:
    """moto's backend that has the table of an ARN (of a stream the table's)."""
    found = table_policies.store_of(arn)
    if found is None:
        name = arn.partition(":table/")[2].split("/")[0] or arn
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
    return found


def _check(text: str) -> None:
    policy = parsed(text)
    if not isinstance(policy.document, dict):
        raise _invalid("Invalid policy document: the document is not valid JSON.")
    found = fault(text, "dynamodb")
    if found is Fault.PRINCIPAL:
        raise _invalid("Invalid principal in policy document.")
    if found is Fault.SCOPE:
        wrong = ", ".join(f'"{action}"' for action in _foreign_actions(policy.document))
        raise _invalid(f"Invalid policy document: The following action names are invalid: {wrong}")
    if found is not None:
        raise _invalid("Invalid policy document: the document has a syntax error.")
    if len(text.encode()) > _LARGEST:
        raise _invalid("Invalid policy document: it is larger than 20 KB.")


def _foreign_actions(document: Any) -> list[str]:
    named = [
        action
        for statement in statements_of(document)
        for element in ("Action", "NotAction")
        for action in texts(statement, element)
    ]
    return [action for action in named if action != "*" and not action.lower().startswith("dynamodb:")]


def _check_revision(call: Call, there: Any | None, arn: str) -> None:
    expected = call.params.get("ExpectedRevisionId")
    if expected is None or (expected == _NONE and there is None):
        return
    if there is None or there.revision_id != expected:
        raise _no_policy(arn)


def _no_policy(arn: str) -> AwsError:
    return AwsError(
        "PolicyNotFoundException", f"Resource-based policy not found for the provided ResourceArn: {arn}"
    )


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", f"One or more parameter values were invalid: {message}")
