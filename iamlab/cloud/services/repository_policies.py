"""Policies of ECR's repositories: which ECR takes, and how it shows them.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import finish, guard
from iamlab.cloud.services.resource_documents import ghost, laid_out, statements_of, texts
from iamlab.cloud.state import LabState

_VENDOR = "ecr"
_REFUSED = (
    "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
)


@guard("ecr", "SetRepositoryPolicy")
def repository_policy_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: it is no policy, names somebody who doesn't exist, or speaks of another service's actions.
    """
    stated = statements_of(parsed(str(call.params["policyText"])).document)
    if not stated or not all(isinstance(statement, dict) and _is_sound(statement) for statement in stated):
        raise AwsError("InvalidParameterException", _REFUSED)


def _is_sound(statement: dict[str, Any]) -> bool:
    actions = [*texts(statement, "Action"), *texts(statement, "NotAction")]
    scoped = all(action == "*" or action.partition(":")[0].lower() == _VENDOR for action in actions)
    return bool(actions) and scoped and ghost(statement) is None


@finish("ecr", "DeleteRepositoryPolicy", "GetRepositoryPolicy", "SetRepositoryPolicy")
@finish("ecr", "DeleteRegistryPolicy", "GetRegistryPolicy", "PutRegistryPolicy")
def policy_laid_out(call: Call, state: LabState, answer: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetRepositoryPolicy.html"""
    answer["policyText"] = laid_out(str(answer["policyText"]))
