"""Key policies as KMS reads them before it keeps them.

The safety check keeps a caller from writing a policy that it couldn't change any more.

https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import key_check, named_key
from iamlab.cloud.collect import parsed
from iamlab.cloud.context import call_context
from iamlab.cloud.errors import AwsError
from iamlab.cloud.ruling import ask
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.policy_documents import named_principals
from iamlab.cloud.services.resource_documents import Fault, fault, laid_out, statements_of
from iamlab.cloud.state import LabState

LARGEST = 32_768
"""Bytes of a key policy. https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""

_NAME = "default"
_GROUP = re.compile(r"arn:aws[\w-]*:iam::\d{12}:group/.+")
_UNBORN = "00000000-0000-0000-0000-000000000000"

_WORDS = {
    Fault.SYNTAX: "The policy has syntax errors.",
    Fault.PRINCIPAL: "Policy contains a statement with one or more invalid principals.",
    Fault.SCOPE: "Policy contains a statement with one or more invalid actions.",
}


@guard("kms", "CreateKey", "PutKeyPolicy")
def key_policy_is_sound(call: Call, state: LabState) -> None:
    """Without a policy CreateKey gives the key one that is sound.

    Raises:
        AwsError: `MalformedPolicyDocumentException`, `LimitExceededException`, 400.
    """
    text = call.params.get("Policy")
    if text is None:
        return
    if len(text.encode()) > LARGEST:
        raise AwsError("LimitExceededException", f"The key policy is larger than {LARGEST} bytes.")
    stated = [one for one in statements_of(parsed(text).document) if isinstance(one, dict)]
    if any("Principal" not in one and "NotPrincipal" not in one for one in stated):
        raise AwsError("MalformedPolicyDocumentException", "Policy contains a statement with no principal.")
    names = [name for one in stated for _, name in named_principals(one.get("Principal"))]
    if any(map(_GROUP.fullmatch, names)):
        raise AwsError("InvalidArnException", "An ARN in the specified key policy is invalid.")
    found = fault(text, "kms")
    if found is not None:
        raise AwsError("MalformedPolicyDocumentException", _WORDS[found])
    if call.params.get("BypassPolicyLockoutSafetyCheck"):
        return
    check = key_check(call, "kms:PutKeyPolicy", call.params.get("KeyId") or _UNBORN)
    if not ask(call, replace(check, resource_policy=parsed(text)), state, call_context(call)).allowed:
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


@operation("kms", "GetKeyPolicy")
def get_key_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyPolicy.html: there is one, named `default`."""
    _, key = named_key(call, call.params["KeyId"])
    if key is None or call.params.get("PolicyName", _NAME) != _NAME:
        raise AwsError("NotFoundException", "No such policy exists")
    return {"Policy": laid_out(str(key.policy)), "PolicyName": _NAME}
