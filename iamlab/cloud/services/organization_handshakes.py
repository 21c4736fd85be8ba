"""Handshakes: accounts invited into an organization, and an organization's way to all features.

An invitation is OPEN for 15 days. The invited account accepts or declines it, the inviting organization cancels it.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_invites.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_org_support-all-features.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.moto_seam import organization_entities as entities
from iamlab.cloud.moto_seam.organization_entities import Handshake, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_accounts import add, email_of
from iamlab.cloud.services.organization_answers import (
    invalid,
    managed,
    no_access,
    organization_of,
    other_pattern,
    page,
    request_id,
    seen,
)
from iamlab.cloud.services.organization_tags import checked
from iamlab.cloud.services.organizations import own_policies
from iamlab.cloud.state import LabState

INVITE, ENABLE, APPROVE = "INVITE", "ENABLE_ALL_FEATURES", "APPROVE_ALL_FEATURES"

_LASTS = {INVITE: timedelta(days=15), ENABLE: timedelta(days=90), APPROVE: timedelta(days=90)}
_PENDING = ("REQUESTED", "OPEN")


@operation("organizations", "InviteAccountToOrganization")
def invite_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_InviteAccountToOrganization.html"""
    tree, invited = managed(call), call.params["Target"]
    kind, name = invited["Type"], invited["Id"]
    if kind not in ("ACCOUNT", "EMAIL"):
        raise invalid(
            "INVALID_PARTY_TYPE_TARGET",
            "You specified the wrong type of entity (account, organization, or email) as a party.",
        )
    if kind == "ACCOUNT" and not (name.isdigit() and len(name) == 12):
        raise other_pattern()
    tags = checked(call.params.get("Tags"))
    if any(name in (account.id, account.email) for other in entities.trees() for account in other.accounts):
        raise _constraint(
            "ALREADY_IN_AN_ORGANIZATION",
            "The handshake request is invalid because the invited account is already a member of an organization.",
        )
    if any(
        shake.action == INVITE and shake.party(kind) == name and _state(shake, call) in _PENDING
        for shake in tree.handshakes
    ):
        raise AwsError(
            "DuplicateHandshakeException", "A handshake with the same action and target already exists."
        )
    of_organization: dict[str, Any] = {
        "Value": tree.id,
        "Type": "ORGANIZATION",
        "Resources": [
            {"Value": tree.master_account_email, "Type": "MASTER_EMAIL"},
            {"Value": tree.accounts[0].name, "Type": "MASTER_NAME"},
            {"Value": tree.feature_set, "Type": "ORGANIZATION_FEATURE_SET"},
        ],
    }
    resources = [of_organization, {"Value": name, "Type": kind}]
    if call.params.get("Notes"):
        resources.append({"Value": call.params["Notes"], "Type": "NOTES"})
    parties = [{"Id": tree.id, "Type": "ORGANIZATION"}, {"Id": name, "Type": kind}]
    shake = _made(call, state, tree, INVITE, parties, resources)
    shake.tags = tags
    return _answer(shake, call)


@operation("organizations", "EnableAllFeatures")
def enable_all_features(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnableAllFeatures.html

    Invited accounts are asked; when all have agreed, the management account accepts the handshake itself.
    """
    tree = managed(call)
    if tree.all_features:
        raise _constraint(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
            "The handshake request is invalid because the organization has already enabled all features.",
        )
    if any(shake.action == ENABLE and _state(shake, call) in _PENDING for shake in tree.handshakes):
        raise _constraint(
            "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION",
            "The handshake request is invalid because the organization has already started the process to enable all "
            "features.",
        )
    own = {"Id": tree.id, "Type": "ORGANIZATION"}
    resource = {"Value": tree.id, "Type": "ORGANIZATION"}
    parent = _made(call, state, tree, ENABLE, [own], [resource])
    asked = [account for account in tree.accounts[1:] if account.invited]
    for account in asked:
        _made(
            call,
            state,
            tree,
            APPROVE,
            [own, {"Id": account.id, "Type": "ACCOUNT"}],
            [resource, {"Value": parent.id, "Type": "PARENT_HANDSHAKE"}],
        )
    parent.state = "REQUESTED" if asked else "OPEN"
    return _answer(parent, call)


# ------------------------------------------------------------------ answered
@operation("organizations", "AcceptHandshake")
def accept_handshake(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_AcceptHandshake.html"""
    tree, shake = _found(call, state)
    if not _answers(shake, tree, call, state):
        raise no_access()
    _move(shake, call, "ACCEPTED", ("OPEN",))
    if shake.action == INVITE:
        if entities.tree_of(call.account) is not None:
            shake.state = "OPEN"
            raise _constraint(
                "ALREADY_IN_AN_ORGANIZATION",
                "The handshake request is invalid because the invited account is already a member of an organization.",
            )
        email = email_of(state, call.account)
        add(call, tree, call.account, _name(call.account), email, invited=True, tags=dict(shake.tags))
    elif shake.action == APPROVE:
        _open_when_agreed(tree, shake, call)
    else:
        tree.feature_set = "ALL"
        tree.policies.extend(own_policies())
    return _answer(shake, call)


@operation("organizations", "DeclineHandshake")
def decline_handshake(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DeclineHandshake.html"""
    tree, shake = _found(call, state)
    if shake.action == ENABLE or not _answers(shake, tree, call, state):
        raise no_access()
    _move(shake, call, "DECLINED", _PENDING)
    return _answer(shake, call)


@operation("organizations", "CancelHandshake")
def cancel_handshake(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CancelHandshake.html"""
    tree, shake = _found(call, state)
    if call.account != tree.master_account_id:
        raise no_access()
    _move(shake, call, "CANCELED", _PENDING)
    return _answer(shake, call)


# ------------------------------------------------------------------ shown
@operation("organizations", "DescribeHandshake")
def describe_handshake(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeHandshake.html"""
    return _answer(_found(call, state)[1], call)


@operation("organizations", "ListHandshakesForAccount")
def list_handshakes_for_account(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListHandshakesForAccount.html"""
    found = [
        shake
        for tree in entities.trees()
        for shake in tree.handshakes
        if shake.action != ENABLE and _answers(shake, tree, call, state)
    ]
    return _listed(call, found)


@operation("organizations", "ListHandshakesForOrganization")
def list_handshakes_for_organization(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListHandshakesForOrganization.html"""
    organization_of(call)
    return _listed(call, seen(call).handshakes)


def _listed(call: Call, shakes: list[Handshake]) -> dict[str, Any]:
    wanted = call.params.get("Filter") or {}
    action, parent = wanted.get("ActionType"), wanted.get("ParentHandshakeId")
    if action and parent:
        raise invalid(
            "MAX_LIMIT_EXCEEDED_FILTER", "You can specify only one filter parameter for the operation."
        )
    kept = [
        shake
        for shake in shakes
        if (not action or shake.action == action) and (not parent or _parent_of(shake) == parent)
    ]
    return page(call, kept, "Handshakes", lambda shake: _shape(shake, call))


# ------------------------------------------------------------------ rules
def _made(
    call: Call,
    state: LabState,
    tree: Tree,
    action: str,
    parties: list[dict[str, str]],
    resources: list[dict[str, Any]],
) -> Handshake:
    name = request_id(state, "h-")
    arn = tree.arn_of("handshake", f"{action.lower()}/{name}")
    shake = Handshake(name, arn, action, parties, resources, "OPEN", call.now, call.now + _LASTS[action])
    tree.handshakes.append(shake)
    return shake


def _found(call: Call, state: LabState) -> tuple[Tree, Handshake]:
    """A handshake that the caller's account is a party of."""
    for tree in entities.trees():
        for shake in tree.handshakes:
            ours = call.account == tree.master_account_id or _answers(shake, tree, call, state)
            if shake.id == call.params["HandshakeId"] and ours:
                return tree, shake
    raise AwsError(
        "HandshakeNotFoundException", "We can't find a handshake with the HandshakeId that you specified."
    )


def _answers(shake: Handshake, tree: Tree, call: Call, state: LabState) -> bool:
    """It is for the caller's account to accept."""
    if shake.action == ENABLE:
        return call.account == tree.master_account_id
    email = shake.party("EMAIL")
    return shake.party("ACCOUNT") == call.account or (
        email is not None and email == email_of(state, call.account)
    )


def _state(shake: Handshake, call: Call) -> str:
    return "EXPIRED" if shake.state in _PENDING and call.now >= shake.expires else shake.state


def _move(shake: Handshake, call: Call, to: str, where: tuple[str, ...]) -> None:
    now = _state(shake, call)
    if now == to:
        raise AwsError(
            "HandshakeAlreadyInStateException", "The specified handshake is already in the requested state."
        )
    if now not in where:
        raise AwsError(
            "InvalidHandshakeTransitionException",
            "You can't perform the operation on the handshake in its current state.",
        )
    shake.state = to


def _open_when_agreed(tree: Tree, shake: Handshake, call: Call) -> None:
    """The way to all features is free once the last of the invited accounts has agreed."""
    parent = _parent_of(shake)
    asked = [other for other in tree.handshakes if _parent_of(other) == parent]
    if all(other.state == "ACCEPTED" for other in asked):
        for other in tree.handshakes:
            if other.id == parent and other.state == "REQUESTED":
                other.state = "OPEN"


def _parent_of(shake: Handshake) -> str | None:
    return next((entry["Value"] for entry in shake.resources if entry["Type"] == "PARENT_HANDSHAKE"), None)


def _name(account: str) -> str:
    """An invited account is called by its alias, else by its number."""
    aliases = identities.iam(account).account_aliases
    return str(aliases[0]) if aliases else account


def _constraint(reason: str, words: str) -> AwsError:
    return AwsError("HandshakeConstraintViolationException", words, Reason=reason)


def _answer(shake: Handshake, call: Call) -> dict[str, Any]:
    return {"Handshake": _shape(shake, call)}


def _shape(shake: Handshake, call: Call) -> dict[str, Any]:
    return {
        "Id": shake.id,
        "Arn": shake.arn,
        "Parties": shake.parties,
        "State": _state(shake, call),
        "RequestedTimestamp": shake.requested,
        "ExpirationTimestamp": shake.expires,
        "Action": shake.action,
        "Resources": shake.resources,
    }
