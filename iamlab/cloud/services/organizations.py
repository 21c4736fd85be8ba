"""AWS Organizations: what moto lets pass and AWS doesn't.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_AttachPolicy.html
"""

from __future__ import annotations

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import organizations
from iamlab.cloud.services import guard
from iamlab.cloud.state import LabState


@guard("organizations", "AttachPolicy")
def policy_type_is_enabled(call: Call, state: LabState) -> None:
    """An SCP or RCP that hangs somewhere while its type is off would bind nobody: AWS refuses to hang it there."""
    kind = organizations.policy_type(call.account, call.params["PolicyId"])
    if kind is not None and kind not in organizations.enabled_types(call.account):
        raise AwsError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )
