"""What would the lab say to a call that nobody makes?

The gate's steps catalogue, collect and decide, without the ones around them: no request, no signature, no handler,
no entry in the trail. Exercises are checked with it, so that checking changes nothing and leaves no trace.

In: the principal, and an operation with its parameters as boto3 takes them. Out: the `Decision`s of all its checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.callers import Caller, service_principal, user_caller
from iamlab.cloud.moto_seam import identities, operations
from iamlab.cloud.ruling import rule
from iamlab.cloud.sessions import Session, SessionKind
from iamlab.cloud.state import LabState
from iamlab.engine import Decision

SESSION_NAME = "rehearsal"


class UnknownPrincipal(LookupError):
    """The account has no principal of that name."""


def principal(state: LabState, who: str, *, mfa: bool | None = None) -> Caller:
    """The caller that `user/ana`, `role/App` (some session of it) or `service/ec2.amazonaws.com` stands for.

    Args:
        mfa: None for a user's long-term key; else its credentials come from GetSessionToken, with a second factor or
            without.

    Raises:
        UnknownPrincipal: there is no such user or role in the lab's account.
    """
    kind, _, name = who.partition("/")
    account = state.account_id
    if kind == "service":
        return service_principal(name)
    if kind == "user":
        user = identities.user_by_name(account, name)
        if user is not None:
            return user_caller(account, user, session=None if mfa is None else _token(state, user, mfa))
    if kind == "role":
        role = identities.role_by_name(account, name)
        if role is not None:
            return Caller(
                arn=f"arn:aws:sts::{account}:assumed-role/{role.name}/{SESSION_NAME}",
                type="AssumedRole",
                account=account,
                user_id=f"{role.id}:{SESSION_NAME}",
                issuer=role.arn,
                tags=identities.role_tags(role),
                record=role,
            )
    raise UnknownPrincipal(f"there is no {kind} named `{name}`")


def _token(state: LabState, user: Any, mfa: bool) -> Session:
    """What GetSessionToken would give a user now; nobody can sign with it, since it is not kept."""
    now = state.clock.now()
    return Session(
        access_key_id="",
        secret_access_key="",
        session_token="",
        kind=SessionKind.TOKEN,
        account=state.account_id,
        issuer_id=user.id,
        name="",
        issued=now,
        expires=now + timedelta(hours=12),
        mfa_at=now if mfa else None,
    )


def rehearse(
    state: LabState,
    caller: Caller,
    service: str,
    operation: str,
    params: Mapping[str, Any],
    region: str | None = None,
) -> tuple[Decision, ...]:
    """Every decision that the gate would take for this call, up to the first denial.

    Args:
        service: boto3's name of the service.
        operation: the operation as the API reference writes it, `ListObjectsV2`.
        params: its input as boto3 takes it.
        region: where the call goes; the lab's own region by default.
    """
    model = operations.operation_named(service, operation)
    call = Call(
        service=service,
        operation=operation,
        params=dict(params),
        protocol=str(model.service_model.protocol),
        region=region or state.region,
        account=caller.account or state.account_id,
        caller=caller,
        request=None,  # the steps used here read parameters, never HTTP
        body=b"",
        source_ip=state.source_ip,
        user_agent="",
        secure=True,
        auth=AuthKind.HEADER,
        now=state.clock.now(),
        model=model,
    )
    return rule(call, state).decisions
