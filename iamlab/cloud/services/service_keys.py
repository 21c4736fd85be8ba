"""KMS keys behind parameters, secrets, queues and topics: they have to be there and switched on.

Whether the caller may use them is decided in the gate (`catalogue.service_keys`). Each service has names of its own for
what KMS says.
"""

from __future__ import annotations

from iamlab.cloud import managed_keys
from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import named_key
from iamlab.cloud.catalogue.service_keys import USES, key_uses
from iamlab.cloud.errors import AwsError
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import guard, proof
from iamlab.cloud.state import LabState

_UNREADABLE = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
_UNWRITABLE = (
    "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is "
    "available, enabled, and not in an invalid state."
)

# service -> what KMS says -> the code in which the service passes it on
_CODES = {
    "sns": {"NotFound": "KMSNotFound", "Disabled": "KMSDisabled", "InvalidState": "KMSInvalidState"},
    "sqs": {
        "NotFound": "KMS.NotFoundException",
        "Disabled": "KMS.DisabledException",
        "InvalidState": "KMS.InvalidStateException",
    },
    "ssm": dict.fromkeys(("NotFound", "Disabled", "InvalidState"), "InvalidKeyId"),
}


def managed_key_is_there(call: Call, state: LabState) -> None:
    """A service's own key of an account is made when the service first needs it."""
    for _, arn, _ in key_uses(call):
        service = managed_keys.service_of(arn)
        if service is not None:
            _, _, _, region, account, _ = arn.split(":", 5)
            with state.lock:
                managed_keys.make(service, account, region)


def key_can_be_used(call: Call, state: LabState) -> None:
    """The service passes on what KMS says of a key."""
    for action, arn, _ in key_uses(call):
        _, key = named_key(call, arn)
        if key is None:
            kind = "Alias" if ":alias/" in arn else "Key"
            words = f"Alias {arn} is not found." if kind == "Alias" else f"Key '{arn}' does not exist"
            raise _error(call, action, "NotFound", words)
        if keys.is_disabled(key):
            raise _error(call, action, "Disabled", f"{arn} is disabled.")
        if keys.is_pending_deletion(key):
            raise _error(call, action, "InvalidState", f"{arn} is pending deletion.")


for _service, _operations in USES.items():
    proof(_service, *_operations)(managed_key_is_there)
    guard(_service, *_operations)(key_can_be_used)


def _error(call: Call, action: str, kind: str, words: str) -> AwsError:
    if call.service == "secretsmanager":
        if action == "Decrypt" and "Get" in call.operation:
            return AwsError("DecryptionFailure", _UNREADABLE)
        return AwsError("EncryptionFailure", _UNWRITABLE)
    return AwsError(_CODES[call.service][kind], words)
