"""Calls that an AWS service makes by itself, on behalf of a resource: to assume a role, to deliver log files.

They pass the same steps as anybody's call (catalogue, collect, decide, record), without a signature to check, since
nobody outside of the lab can make them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.callers import Caller, service_principal
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities, operations
from iamlab.cloud.ruling import authorise
from iamlab.cloud.sessions import Session, SessionKind, issue
from iamlab.cloud.state import LabState
from iamlab.cloud.trail import event_for, note


def assume_for_service(
    state: LabState,
    service: str,
    role_arn: str,
    name: str,
    lifetime: timedelta,
    source_arn: str,
    context: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    on_behalf_of: str | None = None,
) -> Session:
    """Let an AWS service assume a role for one of its workloads.

    The role's maximum session duration doesn't bind services.

    Args:
        service: the service principal, `ecs-tasks.amazonaws.com`.
        name: the role session's name.
        source_arn: the resource for which the service acts (`aws:SourceArn`).
        context: condition keys that the service puts on every call with these credentials.
        tags: session tags; all of them go on into further roles.
        on_behalf_of: request id of the call that this one serves; `lab.why` explains that call's failure by this one's.

    Raises:
        AwsError: the role's trust policy, or an RCP, doesn't allow it.
    """
    caller, now = service_principal(service), state.clock.tick()
    params: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": name}
    if tags:
        params["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        params["TransitiveTagKeys"] = list(tags)
    call = service_call(state, caller, "sts", "AssumeRole", now, **params)
    event = event_for(call, state)
    event.account = source_arn.split(":")[4]
    try:
        source = {"aws:SourceArn": source_arn, "aws:SourceAccount": event.account}
        authorise(call, state, source)
        role = identities.role_by_arn(role_arn)
        if role is None:
            raise AwsError("AccessDenied", f"Not authorized to perform sts:AssumeRole on {role_arn}", 403)
        session = issue(
            state,
            SessionKind.ROLE,
            role.account_id,
            lifetime,
            issuer_id=role.id,
            name=name,
            delivered_by=service,
            context=dict(context or {}),
            tags=dict(tags or {}),
            transitive=frozenset(tags or ()),
        )
    except AwsError as error:
        event.fail(error.code, error.message)
        own = [decided for decided in state.decisions if decided.request_id == call.request_id]
        if on_behalf_of is not None and own:
            state.decisions.append(replace(own[-1], request_id=on_behalf_of))
        raise
    else:
        event.succeed({"Credentials": session.credentials()})
        return session
    finally:
        note(event, state)


def service_call(
    state: LabState, caller: Caller, service: str, operation: str, now: datetime, **params: Any
) -> Call:
    """A call that a service makes, to be ruled on; nothing runs by it.

    Args:
        caller: the service principal, or the role session in whose name the service calls.
        service: the service that is called, `sts`.
    """
    model = operations.operation_named(service, operation)
    return Call(
        service=service,
        operation=operation,
        params=params,
        protocol=str(model.service_model.protocol),
        region=state.region,
        account=state.account_id,
        caller=caller,
        request=None,  # a service's own call has no HTTP request
        body=b"",
        source_ip=caller.arn,
        user_agent=caller.arn,
        secure=True,
        auth=AuthKind.HEADER,
        now=now,
        model=model,
        request_id=str(uuid.UUID(int=state.random.getrandbits(128), version=4)),
    )
