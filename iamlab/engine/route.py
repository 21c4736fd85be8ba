"""How a request travels: which layers apply to it, and whether anything above policies decides it.

Comes in: a `Request`. Goes out: a `Route`, the request's facts together with what follows from caller and resource
alone, before any policy is read. It is worked out once per request.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html,
…_evaluation-logic-cross-account.html, id_credentials_sts-comparison.html, and Organizations' pages on SCPs and RCPs.
"""

from __future__ import annotations

from typing import Final

from iamlab.engine.layers import LAYERS, Layer, Outcome
from iamlab.engine.organizations import rcp_reaches
from iamlab.engine.request import TYPES, Request
from iamlab.policy.arn import parse_arn
from iamlab.policy.facts import CallerKind, Facts

__all__ = ["WHOLE_MESSAGES", "Fixed", "Route", "route_of"]

Fixed = tuple[Outcome, Layer, str]
"""A verdict that no policy can change: outcome, what decided, and why in a sentence."""

_ASSUME: Final = frozenset(("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"))
_WITH_ASSUME: Final = frozenset(("sts:tagsession", "sts:setsourceidentity", "sts:setcontext"))
_IDENTITY_KINDS: Final = frozenset((CallerKind.USER, CallerKind.SESSION, CallerKind.FEDERATED_USER))
_NO_ROOT: Final = "Roles may not be assumed by root accounts."
_NO_SESSION_TOKEN: Final = "Cannot call GetSessionToken with session credentials"
_NO_FEDERATION_TOKEN: Final = "Cannot call GetFederationToken with session credentials"
WHOLE_MESSAGES: Final = (_NO_ROOT, _NO_SESSION_TOKEN, _NO_FEDERATION_TOKEN)
"""Reasons that are AWS's whole message, without the usual frame."""

_BIT = {layer: facts.bit for layer, facts in LAYERS.items()}


class Route(Facts):
    """A request's facts and its way through the layers.

    Attributes:
        mask: bits of the layers that apply (`LayerFacts.bit`).
        same_account: caller and resource belong to one account.
        gate: the resource's policy must allow by itself (role trust policy, KMS key policy).
        trust: the resource's policy is a role trust policy.
        foreign: caller and resource are in different partitions.
        caller_side_only: the owner's side of a cross-account call has no say (sts:AssumeRoot).
        boundable: the caller is of a kind that can carry a permissions boundary.
        fixed: the verdict when no policy has a say, else None.
        notes: why a layer doesn't apply, in words.
    """

    __slots__ = (
        "boundable",
        "caller_side_only",
        "fixed",
        "foreign",
        "gate",
        "mask",
        "notes",
        "same_account",
        "trust",
    )

    mask: int
    same_account: bool
    gate: bool
    trust: bool
    foreign: bool
    caller_side_only: bool
    boundable: bool
    fixed: Fixed | None
    notes: dict[Layer, str]


def route_of(request: Request) -> Route:
    """The route of a request; worked out once and kept with it."""
    route: Route | None = request._route
    if route is None:
        route = _work_out(request)
        object.__setattr__(request, "_route", route)
    return route


def _work_out(request: Request) -> Route:
    route = Route()
    action = route.action = request.action.lower()
    # An action without resource types is asked for on everything, whatever the caller wrote.
    route.resource = "*" if request.wildcard_only_action else request.resource
    route.values = request._values
    kind = route.kind = TYPES[request.principal_type]
    route.principal = request.principal or "anonymous"
    route.account = request.account
    route.issuer = request.issuer
    route.issuer_has_path = request.issuer_has_path
    caller = parse_arn(route.principal)
    target = parse_arn(route.resource)
    route.partition = caller.partition if caller else "aws"
    route.same_account = request.account is not None and request.account == (
        request.resource_account or request.account
    )
    if request.account is None and kind in _IDENTITY_KINDS | {CallerKind.ROOT}:
        route.same_account = request.resource_account is None
    route.foreign = (
        caller is not None and target is not None and target.partition not in (caller.partition, "*")
    )
    role = target is not None and target.service == "iam" and target.resource.startswith("role/")
    route.trust = action in _ASSUME or (action in _WITH_ASSUME and role)
    key = target is not None and target.service == "kms" and target.resource.startswith("key/")
    alone = "policies_alone" in request.flags
    route.gate = not alone and (route.trust or (action.startswith("kms:") and key))
    route.caller_side_only = action == "sts:assumeroot"
    linked = kind == CallerKind.SESSION and "service_linked_role" in request.flags
    route.boundable = kind in _IDENTITY_KINDS and not linked
    route.fixed = None if alone else _fixed(kind, action, request.flags, route.values)
    route.notes = {}
    _apply_layers(route, request, linked)
    return route


def _fixed(kind: CallerKind, action: str, flags: tuple[str, ...], values: object) -> Fixed | None:
    """What a kind of caller may always or never do."""
    signed = kind in _IDENTITY_KINDS or kind == CallerKind.ROOT
    if action == "sts:getcalleridentity" and signed:
        return Outcome.ALLOWED, Layer.ALWAYS, "everybody may ask who they are: no policy can forbid it"
    if kind == CallerKind.ROOT and action == "sts:assumerole":
        return Outcome.IMPLICITLY_DENIED, Layer.ROOT, _NO_ROOT
    if kind == CallerKind.ROOT and action == "sts:assumeroot":
        return Outcome.IMPLICITLY_DENIED, Layer.ROOT, "root credentials can't call AssumeRoot"
    short_lived = "get_session_token" in flags
    if action in ("sts:getsessiontoken", "sts:getfederationtoken"):
        if kind in (CallerKind.SESSION, CallerKind.FEDERATED_USER) or (signed and short_lived):
            reason = _NO_SESSION_TOKEN if action == "sts:getsessiontoken" else _NO_FEDERATION_TOKEN
            return Outcome.IMPLICITLY_DENIED, Layer.CREDENTIALS, reason
        if action == "sts:getsessiontoken" and signed:
            return (
                Outcome.ALLOWED,
                Layer.ALWAYS,
                "a session token needs no permission: policies don't govern the call",
            )
    if "console" in flags:
        return None
    service = action.partition(":")[0]
    if kind == CallerKind.FEDERATED_USER and service in ("iam", "sts"):
        reason = (
            f"credentials from GetFederationToken can't call {service.upper()} operations through the API"
        )
        return Outcome.IMPLICITLY_DENIED, Layer.CREDENTIALS, reason
    if short_lived and signed:
        mfa = isinstance(values, dict) and values.get("aws:multifactorauthpresent") == "true"
        if service == "iam" and not mfa:
            reason = "credentials from GetSessionToken can't call IAM operations unless they were obtained with MFA"
            return Outcome.IMPLICITLY_DENIED, Layer.CREDENTIALS, reason
        if service == "sts" and action not in ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity"):
            reason = "of STS, credentials from GetSessionToken can only call AssumeRole and GetCallerIdentity"
            return Outcome.IMPLICITLY_DENIED, Layer.CREDENTIALS, reason
    return None


def _apply_layers(route: Route, request: Request, linked: bool) -> None:
    notes, flags, kind = route.notes, request.flags, route.kind
    managed = "management_account" in flags
    if kind not in _IDENTITY_KINDS and kind != CallerKind.ROOT:
        notes[Layer.SCP] = "the caller belongs to no account, and SCPs follow the caller's account"
    elif managed or (route.same_account and "resource_management_account" in flags):
        notes[Layer.SCP] = "SCPs don't bind principals of the management account"
    elif linked:
        notes[Layer.SCP] = "SCPs don't bind service-linked roles"
    if "resource_management_account" in flags or (managed and route.same_account):
        notes[Layer.RCP] = "RCPs don't govern resources of the management account"
    elif linked or (route.trust and ":role/aws-service-role/" in route.resource):
        notes[Layer.RCP] = "RCPs don't bind service-linked roles, nor the services that assume them"
    elif not rcp_reaches(route.action, route.resource):
        notes[Layer.RCP] = "RCPs don't reach this action"
    if kind == CallerKind.ROOT:
        notes[Layer.IDENTITY] = (
            "the root user has no identity-based policies: it may do everything in its account"
        )
        notes[Layer.BOUNDARY] = "the root user can't carry a permissions boundary"
    elif kind not in _IDENTITY_KINDS:
        for layer in (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION):
            notes[layer] = (
                "the caller is no identity of an account: only the resource's policy can speak for it"
            )
    elif linked:
        notes[Layer.BOUNDARY] = "service-linked roles carry no permissions boundary"
    route.mask = sum(bit for layer, bit in _BIT.items() if layer not in notes)
