"""What would the lab say to a call that nobody makes?

The gate's steps catalogue, collect and decide, without the ones around them: no request, no signature, no handler,
no entry in the trail. Exercises are checked with it, so that checking changes nothing and leaves no trace. What a
service says before it asks any policy (S3, of a bucket that isn't there) is left out, too: the policies are asked.

In: the principal, and an operation with its parameters as boto3 takes them. Out: the `Decision`s of all its checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.callers import Caller, identity_provider, service_principal, user_caller
from iamlab.cloud.federation.proof import Proof
from iamlab.cloud.moto_seam import identities, operations
from iamlab.cloud.ruling import rule
from iamlab.cloud.sessions import Session, SessionKind
from iamlab.cloud.state import LabState
from iamlab.engine import Decision

SESSION_NAME = "rehearsal"


class UnknownPrincipal(LookupError):
    """The account has no principal of that name."""


def principal(state: LabState, who: str, *, mfa: bool | None = None, age: timedelta = timedelta()) -> Caller:
    """The caller that `user/ana`, `role/App` (some session of it) or `service/ec2.amazonaws.com` stands for.

    Args:
        mfa: None for a user's long-term key; else its credentials come from GetSessionToken, with a second factor or
            without.
        age: how long ago temporary credentials were issued.

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
            return user_caller(account, user, session=None if mfa is None else _token(state, user, mfa, age))
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
                session=_session(state, SessionKind.ROLE, role.id, SESSION_NAME, age),
            )
    raise UnknownPrincipal(f"there is no {kind} named `{name}`")


def federated(
    state: LabState, provider: str, claims: Mapping[str, Any], tags: Mapping[str, str] | None = None
) -> Caller:
    """Somebody for whom an identity provider of the lab's account vouches.

    Args:
        provider: `saml-provider/Corp` or `oidc-provider/ci.example.org`.
        claims: what the assertion or token says, by condition keys: `saml:aud`, `ci.example.org:sub`.
        tags: the session tags it claims.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    arn = f"arn:aws:iam::{state.account_id}:{provider}"
    saml = provider.startswith("saml-provider/")
    vouched = {"sts:RoleAuthorizedByIdp": saml} | ({} if saml else {"aws:FederatedProvider": arn})
    asked: dict[str, Any] = {"RoleSessionName": SESSION_NAME}
    if tags:
        asked["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return identity_provider(arn, Proof({**claims, **vouched}, {}, asked, {}, {}))


def _token(state: LabState, user: Any, mfa: bool, age: timedelta) -> Session:
    """What GetSessionToken would give a user, or has given."""
    proved = state.clock.now() - age if mfa else None
    return _session(state, SessionKind.TOKEN, user.id, "", age, mfa_at=proved)


def _session(
    state: LabState, kind: SessionKind, issuer: str, name: str, age: timedelta, **facts: Any
) -> Session:
    """Credentials with which nobody can sign, since they are not kept."""
    issued = state.clock.now() - age
    return Session(
        access_key_id="",
        secret_access_key="",
        session_token="",
        kind=kind,
        account=state.account_id,
        issuer_id=issuer,
        name=name,
        issued=issued,
        expires=issued + timedelta(hours=12),
        **facts,
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
        # An assertion or a token is the proof: such calls bear no signature.
        auth=AuthKind.HEADER if caller.proof is None else AuthKind.ANONYMOUS,
        now=state.clock.now(),
        model=model,
    )
    return rule(call, state).decisions
