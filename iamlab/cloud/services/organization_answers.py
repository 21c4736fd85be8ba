"""What Organizations' operations share: whose organisation, who may ask, ids, pages, and refusals with their reasons.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import base64
import binascii
import string
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam.organization_entities import Account, Node, Tree, tree_of
from iamlab.cloud.state import LabState

PAGE = 20
"""Entries of a page, at most and when the call doesn't say."""

Entry = TypeVar("Entry")

_ALPHABET = string.ascii_lowercase + string.digits

_PATTERN = ("INVALID_PATTERN", "You provided a value that does not match the required pattern.")


# ------------------------------------------------------------------ whose, and who
def organization_of(call: Call) -> Tree:
    """The organisation of the caller's account.

    Raises:
        AwsError: `AWSOrganizationsNotInUseException`.
    """
    tree = tree_of(call.account)
    if tree is None:
        raise AwsError(
            "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
        )
    return tree


def managed(call: Call) -> Tree:
    """The organisation that the caller's account manages.

    Raises:
        AwsError: `AccessDeniedException` for its other accounts.
    """
    tree = organization_of(call)
    if call.account != tree.master_account_id:
        raise no_access()
    return tree


def seen(call: Call) -> Tree:
    """The organisation that the caller's account may look at: it manages it, or administers a service in it.

    Raises:
        AwsError: `AccessDeniedException` for other accounts.
    """
    tree = organization_of(call)
    member = tree.account(call.account)
    if call.account != tree.master_account_id and not (member is not None and member.services):
        raise no_access()
    return tree


def with_all_features(tree: Tree) -> Tree:
    """The same organisation, if it has more than consolidated billing."""
    if not tree.all_features:
        raise violation(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE",
            "You attempted to perform an operation that requires the organization to be configured to support all "
            "features. An organization that supports only consolidated billing features can't perform this operation.",
        )
    return tree


def account_of(tree: Tree, account: str) -> Account:
    """An account of the organisation."""
    found = tree.account(account)
    if found is None:
        raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist.")
    return found


def parent(tree: Tree, node: str) -> Node:
    """A root or organisational unit of the organisation."""
    found = tree.container(node)
    if found is None:
        raise AwsError("ParentNotFoundException", "You specified parent that doesn't exist.")
    return found


def target(tree: Tree, node: str) -> Node:
    """A root, organisational unit or account of the organisation."""
    found = tree.node(node)
    if found is None:
        raise no_target()
    return found


# ------------------------------------------------------------------ refusals
def no_access() -> AwsError:
    """The account is not the management account, nor a delegated administrator."""
    return AwsError("AccessDeniedException", "You don't have permissions to access this resource.")


def no_target() -> AwsError:
    """No such root, unit, account or policy."""
    return AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")


def violation(reason: str, words: str) -> AwsError:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html"""
    return AwsError("ConstraintViolationException", words, Reason=reason)


def other_pattern() -> AwsError:
    """A value of another form than AWS's."""
    return invalid(*_PATTERN)


def invalid(reason: str, words: str) -> AwsError:
    """https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html"""
    return AwsError("InvalidInputException", words, Reason=reason)


# ------------------------------------------------------------------ ids and pages
def new_id(state: LabState, prefix: str, length: int) -> str:
    """An id of Organizations, `p-` and eight letters or digits."""
    return prefix + "".join(state.random.choice(_ALPHABET) for _ in range(length))


def request_id(state: LabState, prefix: str) -> str:
    """The id of a request or handshake, which ends in 32 hexadecimal digits."""
    return f"{prefix}{state.random.getrandbits(128):032x}"


def page(call: Call, entries: Iterable[Entry], member: str, shape: Callable[[Entry], Any]) -> dict[str, Any]:
    """The part of a list that a call asks for, as its answer.

    Args:
        call: carries `MaxResults` and `NextToken`.
        entries: the whole list, in order.
        member: the answer's member.
        shape: how an entry is shown.
    """
    everything: Sequence[Entry] = list(entries)
    start = _start(call)
    end = start + int(call.params.get("MaxResults") or PAGE)
    answer: dict[str, Any] = {member: [shape(entry) for entry in everything[start:end]]}
    if end < len(everything):
        answer["NextToken"] = base64.b64encode(f"{call.operation}:{end}".encode()).decode()
    return answer


def _start(call: Call) -> int:
    token = call.params.get("NextToken")
    if token is None:
        return 0
    try:
        operation, _, position = base64.b64decode(token.encode(), validate=True).decode().partition(":")
        if operation == call.operation:
            return int(position)
    except (ValueError, binascii.Error):
        pass
    raise other_pattern()
