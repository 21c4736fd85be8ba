"""Resource policies of CloudWatch Logs, by which AWS services may write into log groups.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import guard
from iamlab.cloud.services.resource_documents import fault
from iamlab.cloud.state import LabState


@guard("logs", "PutResourcePolicy")
def log_policy_is_sound(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: a name or policy is missing, or Logs can't keep the policy.
    """
    params = call.params
    missing = next((name for name in ("policyName", "policyDocument") if not params.get(name)), None)
    if missing is not None and not params.get("resourceArn"):
        raise _invalid(f"{missing} must be specified.")
    if params.get("policyDocument") and fault(str(params["policyDocument"]), "logs") is not None:
        raise _invalid("Could not convert to persistable policy.")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
