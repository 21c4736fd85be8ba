"""STS: the second factor that comes with a call.

AssumeRole and GetSessionToken take a device's serial number and one of its codes. They are verified before any policy
is asked, since a role's trust policy may demand the factor: `aws:MultiFactorAuthPresent` of this one call follows.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
"""

from __future__ import annotations

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError
from iamlab.cloud.services import proof
from iamlab.cloud.services.mfa_devices import CodeCheck, check_code
from iamlab.cloud.state import LabState

PRESENT = "aws:MultiFactorAuthPresent"
AGE = "aws:MultiFactorAuthAge"

_FAILED = "MultiFactorAuthentication failed"
_HALF = f"{_FAILED}, must provide both MFA serial number and one time pass code."
_REFUSALS = {
    CodeCheck.WRONG: f"{_FAILED} with invalid MFA one time pass code. ",
    CodeCheck.NOT_THEIRS: f"{_FAILED}, unable to validate MFA code.  Please verify your MFA serial number is valid "
    "and associated with this user.",
}


@proof("sts", "AssumeRole", "GetSessionToken")
def second_factor(call: Call, state: LabState) -> None:
    """Believe a code that is right, fresh, and of a device of the caller's own; without any there is nothing to do."""
    serial, code = call.params.get("SerialNumber"), call.params.get("TokenCode")
    if serial is None and code is None:
        return
    if serial is None or code is None:
        raise AwsError("AccessDenied", _HALF, 403)
    caller = call.caller
    # A role has no devices, nor has a federated user those of the user behind it.
    verdict = CodeCheck.NOT_THEIRS
    if caller.type == "User" or caller.is_root:
        verdict = check_code(state, call.account, caller.record, serial, code, call.now)
    if verdict is not CodeCheck.ACCEPTED:
        raise AwsError("AccessDenied", _REFUSALS[verdict], 403)
    call.proven.update({PRESENT: True, AGE: 0})
