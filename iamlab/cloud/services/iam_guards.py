"""What all operations of IAM check before they run: that what they name has the right form and is there.

Some operations name entities that they make; the others answer `NoSuchEntity` in words that depend on the kind alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import EVERY, guard
from iamlab.cloud.services.iam_shapes import group, instance_profile, role, user
from iamlab.cloud.state import LabState

# parameter -> (who finds the entity or refuses, the operations that make it)
_NAMED: dict[str, tuple[Callable[[str, str], Any], frozenset[str]]] = {
    "UserName": (user, frozenset({"CreateUser"})),
    "GroupName": (group, frozenset({"CreateGroup"})),
    "RoleName": (role, frozenset({"CreateRole"})),
    "InstanceProfileName": (instance_profile, frozenset({"CreateInstanceProfile"})),
}

# How an IAM ARN is made up: nothing stands for a region.
_ARN = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.+)"
)
_POLICY = re.compile(r"policy/\S+")
_OWNER = re.compile(r"aws|\d{12}")


@guard("iam", EVERY)
def policy_arns_have_a_form(call: Call, state: LabState) -> None:
    for parameter in ("PolicyArn", "PermissionsBoundary"):
        arn = call.params.get(parameter)
        if arn is not None:
            _check_policy_arn(arn)


def _check_policy_arn(arn: str) -> None:
    parts = _ARN.fullmatch(arn)
    if parts is None:
        raise AwsError("ValidationError", "Invalid ARN:  Could not be parsed!")
    if parts["partition"] != identities.PARTITION:
        raise AwsError("ValidationError", "Invalid ARN partition")
    if (
        parts["service"] != "iam"
        or parts["region"]
        or not _OWNER.fullmatch(parts["account"])
        or not _POLICY.fullmatch(parts["rest"])
    ):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")


@guard("iam", EVERY)
def named_entities_exist(call: Call, state: LabState) -> None:
    for parameter, (find, makers) in _NAMED.items():
        name = call.params.get(parameter)
        if name is not None and call.operation not in makers:
            find(call.account, name)
