"""What each operation of STS needs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tags_in
from iamlab.cloud.moto_seam import identities, resources
from iamlab.cloud.resource_policies import owner_of, policy_of

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

# Parameter → condition key, in the calls that assume a role.
_ASSUME_KEYS = (
    ("RoleSessionName", "sts:RoleSessionName"),
    ("ExternalId", "sts:ExternalId"),
    ("SourceIdentity", "sts:SourceIdentity"),
    ("TransitiveTagKeys", "sts:TransitiveTagKeys"),
)


def _role_checks(call: Call, operation: str) -> tuple[Check, ...]:
    """The role's trust policy has its say as resource policy; an unknown role simply has none."""
    params = call.params if call.caller.proof is None else {**call.params, **call.caller.proof.parameters}
    arn = str(params.get("RoleArn") or "*")
    owner, trust = owner_of(arn, call.account), policy_of(arn)
    context: Context = {key: params[parameter] for parameter, key in _ASSUME_KEYS if params.get(parameter)}
    role = identities.role_by_arn(arn)
    if role is not None:
        context.update(resource_tags(resources.tag_map(role.tags), "aws", "iam"))

    session = call.caller.session
    inherited = (
        {key: session.tags[key] for key in session.transitive if key in session.tags} if session else {}
    )
    tags = {**inherited, **(tags_in(params.get("Tags")) or {})}
    context.update(request_tags(tags))
    identity = params.get("SourceIdentity") or (session.source_identity if session else None)
    if identity:
        context["sts:SourceIdentity"] = identity
    providers = [c.get("ProviderArn") for c in params.get("ProvidedContexts") or ()]
    if providers:
        context["sts:RequestContextProviders"] = [str(arn) for arn in providers if arn]

    actions = [f"sts:{operation}"]
    if tags or params.get("TransitiveTagKeys"):
        actions.append("sts:TagSession")
    if identity:
        # Passed on along a chain of roles, too: every role of it has to allow it.
        actions.append("sts:SetSourceIdentity")
    if providers:
        actions.append("sts:SetContext")
    return tuple(
        Check(action, arn, owner, context, resource_policy=trust, dependent=index > 0)
        for index, action in enumerate(actions)
    )


def _assume_root(call: Call) -> tuple[Check, ...]:
    target = str(call.params.get("TargetPrincipal", ""))
    partition = resources.partition_of(call.region)
    arn = target if target.startswith("arn:") else f"arn:{partition}:iam::{target}:root"
    task = (call.params.get("TaskPolicyArn") or {}).get("arn")
    context: Context = {"sts:TaskPolicyArn": task} if task else {}
    # Delegated centrally: the member account has no policy of its own to consult.
    return (Check("sts:AssumeRoot", arn, call.account, context),)


def _get_federation_token(call: Call) -> tuple[Check, ...]:
    partition = resources.partition_of(call.region)
    arn = f"arn:{partition}:sts::{call.account}:federated-user/{call.params.get('Name', '')}"
    tags = request_tags(tags_in(call.params.get("Tags")) or {})
    first = Check("sts:GetFederationToken", arn, call.account, tags)
    if not tags:
        return (first,)
    return first, Check("sts:TagSession", arn, call.account, tags, dependent=True)


def _get_web_identity_token(call: Call) -> tuple[Check, ...]:
    params = call.params
    tags = request_tags(tags_in(params.get("Tags")) or {})
    context: Context = dict(tags)
    if params.get("Audience"):
        audience = params["Audience"]
        context["sts:IdentityTokenAudience"] = list(audience) if isinstance(audience, list) else [audience]
    if params.get("SigningAlgorithm"):
        context["sts:SigningAlgorithm"] = params["SigningAlgorithm"]
    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html: 300 s unless said
    context["sts:DurationSeconds"] = int(params.get("DurationSeconds") or 300)
    first = Check("sts:GetWebIdentityToken", "*", call.account, context, wildcard_only=True)
    if not tags:
        return (first,)
    tagging = Check("sts:TagGetWebIdentityToken", "*", call.account, tags, wildcard_only=True, dependent=True)
    return first, tagging


def _plain(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"sts:{operation}"
    return lambda call: (Check(action, "*", call.account, wildcard_only=True),)


# GetCallerIdentity and GetSessionToken need no permission: the engine says so, for this action, whatever
# the policies. They are asked all the same, so that each call has a decision to show.
OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    "AssumeRole": lambda call: _role_checks(call, "AssumeRole"),
    "AssumeRoleWithSAML": lambda call: _role_checks(call, "AssumeRoleWithSAML"),
    "AssumeRoleWithWebIdentity": lambda call: _role_checks(call, "AssumeRoleWithWebIdentity"),
    "AssumeRoot": _assume_root,
    "GetFederationToken": _get_federation_token,
    "GetWebIdentityToken": _get_web_identity_token,
    **{
        operation: _plain(operation)
        for operation in (
            "DecodeAuthorizationMessage",
            "GetAccessKeyInfo",
            "GetCallerIdentity",
            "GetDelegatedAccessToken",
            "GetSessionToken",
        )
    },
}
