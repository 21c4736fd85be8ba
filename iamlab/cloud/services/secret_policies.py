"""Secrets Manager's resource policies: which it takes, and whether they let the public in.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ValidateResourcePolicy.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.collect import parsed
from iamlab.cloud.errors import AwsError
from iamlab.cloud.public_access import is_public
from iamlab.cloud.services import guard, operation
from iamlab.cloud.services.resource_documents import Fault, could_do_again, fault
from iamlab.cloud.services.secrets import named
from iamlab.cloud.state import LabState

_LOCKOUT = "The new resource policy will not allow you to manage this secret in the future."
_BROAD = "You can't attach a resource-based policy that allows broad access to the secret."


@guard("secretsmanager", "PutResourcePolicy")
def policy_may_be_attached(call: Call, state: LabState) -> None:
    """Raises:
    AwsError: it is no policy, names principals that don't exist, is public though that is blocked, or would lock its
            writer out.
    """
    text = str(call.params["ResourcePolicy"])
    _default_alone(call)
    _check(text)
    if call.params.get("BlockPublicPolicy") and is_public(parsed(text)):
        raise AwsError("PublicPolicyException", _BROAD)
    if not could_do_again(call, state, text):
        raise _malformed(_LOCKOUT)


@guard("secretsmanager", "DeleteResourcePolicy")
def only_the_default_policy(call: Call, state: LabState) -> None:
    """A secret has one policy, the one named `default`."""
    _default_alone(call)


def _default_alone(call: Call) -> None:
    if call.params.get("PolicyName", "default") != "default":
        raise AwsError("InvalidParameterException", "The only policy of a secret is the one named default.")


@operation("secretsmanager", "ValidateResourcePolicy")
def validate_resource_policy(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ValidateResourcePolicy.html"""
    text, secret = str(call.params["ResourcePolicy"]), call.params.get("SecretId")
    if secret is not None and named(call, str(secret)) is None:
        raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    _check(text)
    errors = [{"CheckName": "BLOCK_PUBLIC_POLICY", "ErrorMessage": _BROAD}] if is_public(parsed(text)) else []
    return {"PolicyValidationPassed": not errors, "ValidationErrors": errors}


def _check(text: str) -> None:
    policy = parsed(text)
    if not isinstance(policy.document, dict):
        raise _malformed("This policy contains invalid Json")
    found = fault(text, "secretsmanager")
    if found is Fault.SYNTAX:
        raise _malformed("This policy has invalid syntax.")
    if found is Fault.PRINCIPAL:
        raise _malformed("This resource policy contains an unsupported principal.")


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicyDocumentException", message)
