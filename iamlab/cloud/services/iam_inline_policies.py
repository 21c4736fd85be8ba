"""Inline policies of users, groups and roles: put, shown, deleted.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html#inline-policies
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import operation
from iamlab.cloud.services.iam_paging import page
from iamlab.cloud.services.iam_shapes import (
    encoded,
    group,
    limit_exceeded,
    modifiable_role,
    no_such_entity,
    role,
    user,
)
from iamlab.cloud.services.policy_documents import check_inline_policy, size
from iamlab.cloud.state import LabState


@dataclass(frozen=True, slots=True)
class Holder:
    """A kind of entity that can have inline policies."""

    noun: str
    find: Callable[[str, str], Any]
    find_to_change: Callable[[str, str], Any]
    limit: int
    """Characters of all its inline policies together."""

    @property
    def parameter(self) -> str:
        return f"{self.noun.capitalize()}Name"

    def of(self, call: Call, *, to_change: bool = False) -> Any:
        return (self.find_to_change if to_change else self.find)(call.account, call.params[self.parameter])


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
HOLDERS = (
    Holder("user", user, user, 2_048),
    Holder("group", group, group, 5_120),
    Holder("role", role, modifiable_role, 10_240),
)


def _register(holder: Holder) -> None:
    kind = holder.noun.capitalize()

    @operation("iam", f"Put{kind}Policy")
    def put(call: Call, state: LabState) -> dict[str, Any]:
        name, text = call.params["PolicyName"], call.params["PolicyDocument"]
        with state.lock:
            record = holder.of(call, to_change=True)
            check_inline_policy(text)
            others = sum(size(other) for key, other in record.policies.items() if key != name)
            if others + size(text) > holder.limit:
                raise limit_exceeded(
                    f"Maximum policy size of {holder.limit} bytes exceeded for {holder.noun} {record.name}"
                )
            record.policies[name] = text
        return {}

    @operation("iam", f"Get{kind}Policy")
    def get(call: Call, state: LabState) -> dict[str, Any]:
        record, name = holder.of(call), call.params["PolicyName"]
        return {
            holder.parameter: record.name,
            "PolicyName": name,
            "PolicyDocument": encoded(_document(holder, record, name)),
        }

    @operation("iam", f"List{kind}Policies")
    def names(call: Call, state: LabState) -> dict[str, Any]:
        shown, truncation = page(call, sorted(holder.of(call).policies), str)
        return {"PolicyNames": shown, **truncation}

    @operation("iam", f"Delete{kind}Policy")
    def delete(call: Call, state: LabState) -> dict[str, Any]:
        name = call.params["PolicyName"]
        with state.lock:
            record = holder.of(call, to_change=True)
            _document(holder, record, name)
            del record.policies[name]
        return {}


def _document(holder: Holder, record: Any, name: str) -> str:
    text: str | None = record.policies.get(name)
    if text is None:
        raise no_such_entity(f"The {holder.noun} policy with name {name} cannot be found.")
    return text


for _holder in HOLDERS:
    _register(_holder)
