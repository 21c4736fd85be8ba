"""STS: AssumeRoleWithSAML.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.callers import identity_provider
from iamlab.cloud.errors import AwsError
from iamlab.cloud.federation.proof import Proof, rejected
from iamlab.cloud.moto_seam import identities
from iamlab.cloud.services import operation, proof
from iamlab.cloud.services.sts import HOUR, assume, check_role_arn
from iamlab.cloud.state import LabState

_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:saml-provider/\S+")


@proof("sts", "AssumeRoleWithSAML")
def whom_the_assertion_names(call: Call, state: LabState) -> None:
    """Verify the assertion before any policy is asked; its claims are what the trust policy is decided on."""
    # At first need: signatures in XML take a while to load.
    from iamlab.cloud.federation import saml_metadata, saml_response

    params = call.params
    role, arn = params["RoleArn"], params["PrincipalArn"]
    if not _PROVIDER.fullmatch(arn):
        raise AwsError("ValidationError", "Principal ARN is invalid")
    check_role_arn(role)
    account = arn.split(":")[4]
    provider = identities.saml_provider(account, arn) if identities.account_exists(account) else None
    if provider is None:
        raise _passed_on("Specified provider doesn't exist", "AuthSamlManifestNotFoundException", state)
    metadata = saml_metadata.read(provider.metadata)
    keys = [pem for pem, _ in provider.private_keys.values()]
    try:
        if provider.encryption == "Required" and not saml_response.is_encrypted(params["SAMLAssertion"]):
            raise rejected("Encrypted assertion is required by the specified provider")
        said = saml_response.verify(params["SAMLAssertion"], metadata, arn, role, call.now, keys)
    except saml_response.UnusableResponse as error:
        raise _passed_on(str(error), "AuthSamlInvalidSamlResponseException", state) from error
    if role.split(":")[4] != arn.split(":")[4]:
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403)
    call.caller, call.account = identity_provider(arn, said), account


def _passed_on(words: str, code: str, state: LabState) -> AwsError:
    """What another of AWS's services, which knows the providers, has answered STS, as its client shows it."""
    request_id = uuid.UUID(int=state.random.getrandbits(128), version=4)
    return rejected(
        f"{words} (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: {code}; Request ID: "
        f"{request_id}; Proxy: null)"
    )


@operation("sts", "AssumeRoleWithSAML")
def assume_role_with_saml(call: Call, state: LabState) -> dict[str, Any]:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html"""
    return session_for(call, state)


def session_for(call: Call, state: LabState) -> dict[str, Any]:
    """The answer to a federated call that the trust policy has let in."""
    said: Proof | None = call.caller.proof
    role = identities.role_by_arn(call.params["RoleArn"])
    assert said is not None, "the gate lets nobody come here without"
    assert role is not None, "a role that isn't there has no trust policy, and lets nobody in"
    params: dict[str, Any] = {**call.params, **said.parameters}
    seconds = int(params.get("DurationSeconds") or HOUR)
    if said.longest is not None:
        seconds = min(seconds, said.longest)
    session, packed = assume(
        state,
        call.caller,
        role,
        {**params, "DurationSeconds": seconds},
        provider=said.provider,
        context=said.session_keys,
    )
    answer: dict[str, Any] = {
        "Credentials": session.credentials(),
        "AssumedRoleUser": {
            "AssumedRoleId": f"{role.id}:{session.name}",
            "Arn": f"arn:aws:sts::{role.account_id}:assumed-role/{role.name}/{session.name}",
        },
        **said.answer,
    }
    if packed is not None:
        answer["PackedPolicySize"] = packed
    if session.source_identity is not None:
        answer["SourceIdentity"] = session.source_identity
    return answer
