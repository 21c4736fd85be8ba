"""What all operations of IAM check before they run: that what they name is there.

Some operations name entities that they make; the others answer `NoSuchEntity` in words that depend on the kind alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.services import EVERY, guard
from iamlab.cloud.services.iam_shapes import group, instance_profile, policy, role, user
from iamlab.cloud.state import LabState

# parameter -> (who finds the entity or refuses, the operations that make it)
_NAMED: dict[str, tuple[Callable[[str, str], Any], frozenset[str]]] = {
    "UserName": (user, frozenset({"CreateUser"})),
    "GroupName": (group, frozenset({"CreateGroup"})),
    "RoleName": (role, frozenset({"CreateRole"})),
    "InstanceProfileName": (instance_profile, frozenset({"CreateInstanceProfile"})),
}

# Operations that only look at a policy; attaching one has words of its own.
_POLICY = frozenset(
    {
        "GetPolicyVersion",
        "ListEntitiesForPolicy",
        "ListPolicyTags",
        "ListPolicyVersions",
        "TagPolicy",
        "UntagPolicy",
    }
)


@guard("iam", EVERY)
def named_entities_exist(call: Call, state: LabState) -> None:
    for parameter, (find, makers) in _NAMED.items():
        name = call.params.get(parameter)
        if name is not None and call.operation not in makers:
            find(call.account, name)
    if call.operation in _POLICY:
        policy(call.account, call.params["PolicyArn"])
