"""What a policy can ask about a request: its facts, in the form that compiled policies compare.

The engine fills this in once per request; the matchers of this room read it. Nothing here is ever added to the
request's
context: a key that the request doesn't carry is absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from iamlab.policy.text import scalar_text

__all__ = ["CallerKind", "Facts", "Strength", "context_values"]


class CallerKind(IntEnum):
    """Who calls. See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""

    USER = 1
    SESSION = 2
    FEDERATED_USER = 3
    ROOT = 4
    SERVICE = 5
    IDENTITY_PROVIDER = 6
    ANONYMOUS = 7


class Strength(IntEnum):
    """How a `Principal` element names the caller; the bigger, the more an Allow of a resource policy is worth.

    See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """

    NONE = 0
    ACCOUNT = 1
    ENTITY = 2
    DIRECT = 3


class Facts:
    """One request as policies see it.

    Attributes:
        action: in lower case.
        resource: the ARN asked for; `*` when the action has no resource.
        values: context with lower-case keys; a tuple is a multivalued key.
        kind: what sort of caller.
        principal: the caller's ARN or name.
        account: the caller's account, None where it has none.
        partition: the caller's partition.
        issuer: ARN of the role behind a session or of the user behind a federated user, None when unknown.
        issuer_has_path: whether `issuer` is complete; one derived from a session ARN lacks the role's path.
    """

    __slots__ = (
        "account",
        "action",
        "issuer",
        "issuer_has_path",
        "kind",
        "partition",
        "principal",
        "resource",
        "values",
    )

    action: str
    resource: str
    values: dict[str, str | tuple[str, ...]]
    kind: CallerKind
    principal: str
    account: str | None
    partition: str
    issuer: str | None
    issuer_has_path: bool


def context_values(context: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """A context in the form conditions compare: keys in lower case, values as text, lists as tuples.

    None and empty lists count as absent. Of keys that differ only in case the first stays: AWS picks one, undefined
    which.

    Raises:
        ValueError: a value is neither scalar nor a list of scalars.
    """
    values: dict[str, str | tuple[str, ...]] = {}
    for key, value in context.items():
        name = key.lower()
        if value.__class__ is str:
            values.setdefault(name, value)
        elif isinstance(value, list | tuple | set | frozenset):
            items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
            members = tuple(_text(key, item) for item in items if item is not None)
            if members:
                values.setdefault(name, members)
        elif value is not None:
            values.setdefault(name, _text(key, value))
    return values


def _text(key: str, value: Any) -> str:
    text = scalar_text(value)
    if text is None:
        raise ValueError(
            f"context key `{key}`: `{value!r}` is neither a string, a number, a boolean nor a list of them"
        )
    return text
