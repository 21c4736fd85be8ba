"""What management policies come to for an account: all those above it, merged as their operators say.

A value is set by `@@assign`, added to by `@@append`, taken from by `@@remove`, level by level from the root down;
`@@operators_allowed_for_child_policies` says what those below may do. The effective policy shows plain values.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_inheritance_mgmt.html
https://docs.aws.amazon.com/organizations/latest/userguide/policy-operators.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam.organization_entities import Account, Tree
from iamlab.cloud.services import operation
from iamlab.cloud.services.organization_answers import (
    invalid,
    no_access,
    no_target,
    organization_of,
    page,
    seen,
)
from iamlab.cloud.state import LabState

_ASSIGN, _APPEND, _REMOVE = "@@assign", "@@append", "@@remove"
_VALUES = (_ASSIGN, _APPEND, _REMOVE)
_ALLOWED = "@@operators_allowed_for_child_policies"
_NONE, _ALL = "@@none", "@@all"


@operation("organizations", "DescribeEffectivePolicy")
def describe_effective_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html

    An account may ask for itself; the management account, and those it has delegated to, for all.
    """
    wanted = call.params.get("TargetId") or call.account
    tree = organization_of(call) if wanted == call.account else seen(call)
    if tree.container(wanted) is not None:
        raise invalid(
            "TARGET_NOT_SUPPORTED", "You can't perform the specified operation on that target entity."
        )
    account = tree.account(wanted)
    if account is None:
        raise no_target()
    kind = call.params["PolicyType"]
    documents, changed = _above(tree, account, kind)
    if not documents:
        raise AwsError(
            "EffectivePolicyNotFoundException",
            "If you ran this action on the management account, this policy type is not enabled. If you ran the action "
            "on a member account, the account doesn't have an effective policy of this type. Contact the administrator "
            "of your organization about attaching a policy of this type to the account.",
        )
    return {
        "EffectivePolicy": {
            "PolicyContent": json.dumps(merged(documents), separators=(",", ":"), ensure_ascii=False),
            "LastUpdatedTimestamp": changed,
            "TargetId": account.id,
            "PolicyType": kind,
        }
    }


@operation("organizations", "ListAccountsWithInvalidEffectivePolicy")
def list_accounts_with_invalid_effective_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsWithInvalidEffectivePolicy.html

    What `merged` gives is always a policy.
    """
    seen(call)
    return page(call, (), "Accounts", dict) | {"PolicyType": call.params["PolicyType"]}


@operation("organizations", "ListEffectivePolicyValidationErrors")
def list_effective_policy_validation_errors(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListEffectivePolicyValidationErrors.html"""
    tree = organization_of(call)
    account = tree.account(call.params["AccountId"])
    if call.account not in (tree.master_account_id, call.params["AccountId"]):
        raise no_access()
    if account is None:
        raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist.")
    told = {
        "AccountId": account.id,
        "PolicyType": call.params["PolicyType"],
        "Path": tree.path_of(account),
        "EvaluationTimestamp": call.now,
    }
    return page(call, (), "EffectivePolicyValidationErrors", dict) | told


def _above(tree: Tree, account: Account, kind: str) -> tuple[list[Mapping[str, Any]], Any]:
    """The documents of one type from the root down to an account, and when the latest of them was changed."""
    found = [
        policy for node in tree.above(account) for policy in node.attached_policies if policy.type == kind
    ]
    changed = max((policy.attached for policy in found if policy.attached is not None), default=None)
    return [json.loads(policy.content) for policy in found], changed


def merged(documents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The effective policy of documents with operators, in the order in which they are inherited.

    Args:
        documents: of one type, root first.

    Returns:
        The same tree with plain values.
    """
    inherited: dict[str, Any] = {}
    for document in documents:
        _inherit(inherited, document, allowed=None)
    return {name: _plain(value) for name, value in inherited.items() if not name.startswith("@@")}


def _inherit(into: dict[str, Any], child: Mapping[str, Any], allowed: frozenset[str] | None) -> None:
    """Let a policy below change what came from above, as far as that lets it.

    Args:
        into: what came from above; changed in place.
        child: the policy below.
        allowed: the operators that a level above leaves to it; None for all.
    """
    here = _allowed(into, allowed)
    for name, value in child.items():
        if name == _ALLOWED:
            if here is None:
                into[_ALLOWED] = value
        elif name in _VALUES:
            if here is None or name in here:
                _change(into, name, value)
        elif isinstance(value, Mapping):
            known = _same(into, name)
            if known is None:
                if here is not None:
                    continue
                into[name] = {}
                known = name
            _inherit(into[known], value, here)
        elif here is None or _ASSIGN in here:
            into[_same(into, name) or name] = {_ASSIGN: value}


def _allowed(above: Mapping[str, Any], outer: frozenset[str] | None) -> frozenset[str] | None:
    said = above.get(_ALLOWED)
    if said is None or said == [_ALL]:
        return outer
    named = frozenset() if said == [_NONE] else frozenset(said)
    return named if outer is None else named & outer


def _same(into: Mapping[str, Any], name: str) -> str | None:
    """The key that stands for `name`: keys of policies don't differ by case."""
    return next((key for key in into if key.lower() == name.lower()), None)


def _change(into: dict[str, Any], operator: str, value: Any) -> None:
    present = into.get(_ASSIGN, [])
    if operator == _ASSIGN:
        into[_ASSIGN] = value
        return
    values, changes = _list(present), _list(value)
    if operator == _APPEND:
        into[_ASSIGN] = values + [entry for entry in changes if entry not in values]
    else:
        into[_ASSIGN] = [entry for entry in values if entry not in changes]


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _plain(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if _ASSIGN in value:
        return value[_ASSIGN]
    return {name: _plain(inner) for name, inner in value.items() if not name.startswith("@@")}
