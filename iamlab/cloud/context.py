"""Global condition keys: what AWS itself says about a caller, its session, the network, the request and the resource.

In: a `Call`, and which resource one of its checks is about. Out: a mapping for `iamlab.engine.Request`. A key stands
in it exactly when AWS has it: absence is a value of its own to `Null`, `…IfExists` and the negated operators.
The keys of single services (`s3:prefix`, `iam:PassedToService` …) come with the catalogue's checks and win.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from iamlab.cloud.call import AuthKind, Call
from iamlab.cloud.callers import Caller
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.sessions import Session, SessionKind

ContextValue = str | bool | int | float | list[str]
Context = dict[str, ContextValue]

# Services with one endpoint for the world: `aws:RequestedRegion` names the region where that one stands.
_VIRGINIA, _OREGON = "us-east-1", "us-west-2"
_HOME_REGION = {
    "budgets": _VIRGINIA,
    "ce": _VIRGINIA,
    "cloudfront": _VIRGINIA,
    "cur": _VIRGINIA,
    "globalaccelerator": _OREGON,
    "health": _VIRGINIA,
    "iam": _VIRGINIA,
    "networkmanager": _OREGON,
    "organizations": _VIRGINIA,
    "pricing": _VIRGINIA,
    "route53": _VIRGINIA,
    "route53domains": _VIRGINIA,
    "shield": _VIRGINIA,
    "support": _VIRGINIA,
    "waf": _VIRGINIA,
}


def context_for(
    call: Call,
    owner: str | None,
    specific: Mapping[str, Any] | None = None,
    shared: Mapping[str, Any] | None = None,
) -> Context:
    """The whole request context of one check.

    Args:
        owner: the account that owns the check's resource; None where there is no owner to speak of.
        specific: the check's own keys.
        shared: the keys that all checks of the call have, where they are known already.
    """
    context = call_context(call) if shared is None else dict(shared)
    context.update(resource_context(owner))
    if specific:
        context.update(specific)
    return context


def call_context(call: Call) -> Context:
    """The keys that all checks of one call share."""
    context = principal_context(call.caller, call.now)
    context["aws:CurrentTime"] = iso(call.now)
    context["aws:EpochTime"] = int(call.now.timestamp())
    context["aws:RequestedRegion"] = _HOME_REGION.get(call.service, call.region)
    context["aws:SecureTransport"] = call.secure
    context["aws:ViaAWSService"] = False
    if call.source_ip and call.caller.type != "AWSService":
        context["aws:SourceIp"] = call.source_ip
    if call.user_agent:
        context["aws:UserAgent"] = call.user_agent
    referer = call.request.headers.get("Referer") if call.request is not None else None
    if referer:
        context["aws:referer"] = referer
    if call.auth is not AuthKind.ANONYMOUS:
        context["aws:PrincipalIsAWSService"] = call.caller.type == "AWSService"
    context.update(call.proven)
    return context


def forwarded(shared: Mapping[str, Any]) -> Context:
    """The keys of a request that a service makes with the caller's permissions, and not from the caller's place.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    context = {key: value for key, value in shared.items() if key not in _OF_THE_WAY}
    context["aws:ViaAWSService"] = True
    return context


_OF_THE_WAY = frozenset({"aws:SourceIp", "aws:UserAgent", "aws:referer"})


def principal_context(caller: Caller, now: datetime) -> Context:
    """Keys about the principal and its session."""
    context: Context = {}
    if caller.proof is not None:
        return dict(caller.proof.trust_keys)
    if caller.type == "AWSService":
        context["aws:PrincipalServiceName"] = caller.arn
        context["aws:PrincipalServiceNamesList"] = [caller.arn]
        return context
    context["aws:PrincipalType"] = caller.type
    # S3 lets policies tell anonymous callers by this name.
    context["aws:PrincipalAccount"] = caller.account or "anonymous"
    if caller.user_id is not None:
        context["aws:userid"] = caller.user_id
    if caller.principal_arn is not None:
        context["aws:PrincipalArn"] = caller.principal_arn
    if caller.username is not None:
        context["aws:username"] = caller.username
    for key, value in caller.tags.items():
        context[f"aws:PrincipalTag/{key}"] = value
    if caller.account is not None:
        membership = organizations.membership(caller.account)
        if membership is not None:
            context["aws:PrincipalOrgID"] = membership.organization_id
            context["aws:PrincipalOrgPaths"] = [membership.path]
    if caller.session is not None:
        context.update(session_context(caller.session, now))
    return context


def session_context(session: Session, now: datetime) -> Context:
    """Keys that only temporary credentials have.

    The MFA keys are GetSessionToken's and the console's alone: the credentials of an assumed role carry no second
    factor, whether or not its AssumeRole call had to bring one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    context: Context = {"aws:TokenIssueTime": iso(session.issued)}
    if session.kind in (SessionKind.TOKEN, SessionKind.CONSOLE):
        context["aws:MultiFactorAuthPresent"] = session.mfa_at is not None
        if session.mfa_at is not None:
            context["aws:MultiFactorAuthAge"] = int((now - session.mfa_at).total_seconds())
    if session.kind is SessionKind.ROOT:
        context["aws:AssumedRoot"] = True
    if session.source_identity is not None:
        context["aws:SourceIdentity"] = session.source_identity
    if session.provider is not None:
        context["aws:FederatedProvider"] = session.provider
    context.update(session.context)
    return context


def resource_context(owner: str | None) -> Context:
    """Keys about the account that owns the resource."""
    if owner is None:
        return {}
    context: Context = {"aws:ResourceAccount": owner}
    membership = organizations.membership(owner)
    if membership is not None:
        context["aws:ResourceOrgID"] = membership.organization_id
        context["aws:ResourceOrgPaths"] = [membership.path]
    return context


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
