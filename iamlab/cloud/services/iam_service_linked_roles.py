"""Service-linked roles: made for a service, deleted in its own time. Nobody else changes them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.service_linked import PATH, ServiceLinkedRole, service_linked_role
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_principals import forget
from iamlab.cloud.services.iam_roles import ROLES
from iamlab.cloud.services.iam_shapes import HOUR, limit_exceeded, new_role_shape, no_such_entity, role
from iamlab.cloud.state import LabState

_TASK = re.compile(r"task/aws-service-role/[^/]+/[^/]+/[0-9a-f-]{36}")


@operation("iam", "CreateServiceLinkedRole")
def create_service_linked_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html

    A service that the lab knows no role of is refused, as AWS refuses one that has none.
    """
    params, account, service = call.params, call.account, call.params["AWSServiceName"]
    kind, suffix = service_linked_role(service), params.get("CustomSuffix")
    if kind is None:
        raise AwsError("InvalidInput", f"Service {service} does not support service-linked roles.")
    if suffix and not kind.takes_suffix:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {service}")
    name = kind.named(suffix)
    with state.lock:
        if identities.is_taken(account, "role", name):
            raise AwsError(
                "InvalidInput",
                f"Service role name {name} has been taken in this account, please try a different suffix.",
            )
        record = make_service_linked_role(account, kind, suffix, params.get("Description") or "")
    return {"Role": new_role_shape(record, record.assume_role_policy_document)}


def make_service_linked_role(
    account: str, kind: ServiceLinkedRole, suffix: str | None = None, description: str = ""
) -> Any:
    """The role of a service, as it makes it itself when it is first used. Call under `state.lock`.

    Raises:
        AwsError: the account has as many roles as it may have.
    """
    backend = identities.iam(account)
    if len(backend.roles) >= ROLES:
        raise limit_exceeded(f"Cannot exceed quota for RolesPerAccount: {ROLES}")
    record = backend.create_role(
        role_name=kind.named(suffix),
        assume_role_policy_document=_trust(kind.service),
        path=kind.path,
        permissions_boundary=None,
        description=description,
        tags=[],
        max_session_duration=HOUR,
        linked_service=kind.service,
    )
    policy = identities.managed_policy(account, kind.policy_arn)
    if policy is not None:
        policy.attach_to(record)
    return record


def _trust(service: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": [service]}}
            ],
        }
    )


@operation("iam", "DeleteServiceLinkedRole")
def delete_service_linked_role(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html

    AWS deletes in the background, after it has asked the service; here the role is gone at once.
    """
    account = call.account
    with state.lock:
        record = role(account, call.params["RoleName"])
        name = record.name
        if not identities.is_service_linked(record):
            raise no_such_entity(f"The service-linked role with name {name} cannot be found.")
        for policy in list(record.managed_policies.values()):
            policy.detach_from(record)
        record.policies.clear()
        service = record.path.removeprefix(PATH).strip("/")
        number = uuid.UUID(int=state.random.getrandbits(128), version=4)
        task = f"task/aws-service-role/{service}/{name}/{number}"
        identities.iam(account).delete_role(name)
        forget(record)
        _tasks(state, account)[task] = "SUCCEEDED"
    return {"DeletionTaskId": task}


@operation("iam", "GetServiceLinkedRoleDeletionStatus")
def get_service_linked_role_deletion_status(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLinkedRoleDeletionStatus.html"""
    task = call.params["DeletionTaskId"]
    if not _TASK.fullmatch(task):
        raise AwsError("InvalidInput", f"Deletion task id {task} is not valid.")
    status = _tasks(state, call.account).get(task)
    if status is None:
        raise no_such_entity(f"Deletion task {task} cannot be found.")
    return {"Status": status}


def _tasks(state: LabState, account: str) -> dict[str, str]:
    tasks: dict[str, str] = state.stores.setdefault("iam deletion tasks", {}).setdefault(account, {})
    return tasks
