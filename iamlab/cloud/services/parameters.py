"""Parameter Store's parameters: who changed them last, and what moto leaves out of lists.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterMetadata.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.services import finish, guard
from iamlab.cloud.state import LabState

_CHANGER = "iamlab_changed_by"


@guard("ssm", "DescribeParameters", "GetParametersByPath")
def token_is_one_of_ours(call: Call, state: LabState) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html, InvalidNextToken"""
    token = str(call.params.get("NextToken") or "0").strip()
    if not token.isdigit():
        raise AwsError("InvalidNextToken", "The specified token isn't valid.")


@finish("ssm", "PutParameter")
def remember_who(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """Each version of a parameter keeps who made it."""
    versions = _versions(call, str(call.params["Name"]))
    if versions:
        setattr(versions[-1], _CHANGER, call.caller.arn)


@finish("ssm", "DescribeParameters", "GetParameterHistory")
def tell_the_rest(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """What policies and, in a history, labels a parameter has is told even where it has none."""
    for found in answer["Parameters"]:
        by_number = {int(one.version): one for one in _versions(call, str(found["Name"]))}
        version = by_number.get(int(found["Version"]))
        found["LastModifiedUser"] = getattr(version, _CHANGER, found["LastModifiedUser"])
        found.setdefault("Policies", [])
        if call.operation == "GetParameterHistory":
            found.setdefault("Labels", [])
        else:
            partition = resources.partition_of(call.region)
            path = str(found["Name"]).lstrip("/")
            found["ARN"] = f"arn:{partition}:ssm:{call.region}:{call.owner or call.account}:parameter/{path}"


def _versions(call: Call, name: str) -> list[Any]:
    """moto's records of a parameter's versions."""
    store = resources.backend("ssm", call.owner or call.account, call.region)
    return list(store._parameters[name]) if store is not None and name in store._parameters else []
