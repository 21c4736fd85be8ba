"""What KMS looks at beside policies: that a key is there, that its state allows the operation, and dry runs.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud import managed_keys
from iamlab.cloud.call import Call
from iamlab.cloud.catalogue.kms import BY_ALIAS, KEY_ID, ON_KEY, ciphertext_key, key_names, named_key
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.errors import AwsError
from iamlab.cloud.grants import every_grant
from iamlab.cloud.moto_seam import keys
from iamlab.cloud.services import EVERY, guard, proof
from iamlab.cloud.state import LabState

_CRYPTOGRAPHIC = frozenset(
    words(
        "Decapsulate Decrypt DeriveSharedSecret Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair "
        "GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac ReEncrypt Sign "
        "Verify VerifyMac"
    )
)
_NOT_DISABLED = _CRYPTOGRAPHIC | frozenset(
    words("CreateGrant DisableKeyRotation EnableKeyRotation GetPublicKey RotateKeyOnDemand")
)
_NOT_PENDING_DELETION = _NOT_DISABLED | frozenset(
    words(
        "CreateAlias DisableKey EnableKey ImportKeyMaterial ScheduleKeyDeletion TagResource UntagResource "
        "UpdateAlias UpdateKeyDescription"
    )
)


@proof("kms", *ON_KEY, "CreateAlias", "ListAliases", "ReEncrypt", "UpdateAlias")
def key_is_there(call: Call, state: LabState) -> None:
    """A name of the caller's own account that leads to no key is told so, whatever policies say.

    Of other accounts' keys nobody learns whether they are there.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html, "NotFoundException"
    """
    for name in key_names(call):
        service = managed_keys.service_of(name)
        if service is not None and call.operation in BY_ALIAS and not name.startswith("arn:"):
            with state.lock:
                managed_keys.make(service, call.account, call.region)
        arn, key = named_key(call, name)
        _, _, _, region, account, resource = arn.split(":", 5)
        if region != call.region:
            raise AwsError("NotFoundException", f"Invalid arn {region}")
        if account and account != call.account:
            continue
        if name.split(":", 5)[-1].startswith("alias/") and call.operation not in BY_ALIAS:
            raise AwsError("NotFoundException", f"Invalid keyId '{name}'")
        if key is not None:
            continue
        if resource.startswith("alias/"):
            raise AwsError("NotFoundException", f"Alias {arn} is not found.")
        if not KEY_ID.fullmatch(resource.removeprefix("key/")):
            raise AwsError("NotFoundException", f"Invalid keyId '{name}'")
        raise AwsError("NotFoundException", f"Key '{arn}' does not exist")


@proof("kms", *ON_KEY, "ReEncrypt")
def grant_tokens_are_real(call: Call, state: LabState) -> None:
    """A token of a grant that is over does nothing; one that no grant ever had is refused.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html, "InvalidGrantTokenException"
    """
    wanted = set(call.params.get("GrantTokens") or ())
    if not wanted:
        return
    known = {token for _, grant in every_grant() for token in grant.tokens}
    known |= {token for key in keys.every_key() for token in keys.spent_tokens(key)}
    if wanted - known:
        raise AwsError("InvalidGrantTokenException", "The grant token is not valid.")


@proof("kms", "Decrypt", "ReEncrypt")
def ciphertext_tells_its_key(call: Call, state: LabState) -> None:
    """A ciphertext that no key of KMS has made is refused before anybody could say whose permission it takes."""
    named = call.params.get("KeyId") or call.params.get("SourceKeyId")
    if not named and call.params.get("CiphertextBlob") and not ciphertext_key(call):
        raise AwsError("InvalidCiphertextException", "")


@guard("kms", EVERY)
def state_allows(call: Call, state: LabState) -> None:
    """A key that is switched off or about to be deleted does little."""
    for name in key_names(call):
        _, key = named_key(call, name)
        if key is None:
            continue
        pending = keys.is_pending_deletion(key)
        if pending and call.operation in _NOT_PENDING_DELETION:
            raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        if not pending and call.operation == "CancelKeyDeletion":
            raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
        if keys.is_pending_import(key) and call.operation in _NOT_DISABLED | {"DisableKey", "EnableKey"}:
            raise AwsError("KMSInvalidStateException", f"{key.arn} is pending import.")
        if keys.is_disabled(key) and call.operation in _NOT_DISABLED:
            raise AwsError("DisabledException", f"{key.arn} is disabled.")
    if call.operation in _CRYPTOGRAPHIC:
        dry_run(call)


def allowed_key(call: Call) -> Any:
    """The key that an allowed call names."""
    _, key = named_key(call, call.params["KeyId"])
    assert key is not None, "nobody is let in to a key that isn't there"
    return key


def dry_run(call: Call) -> None:
    """End a call that only asks whether it would succeed.

    https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
    """
    if call.params.get("DryRun"):
        raise AwsError(
            "DryRunOperationException", "The request would have succeeded, but the DryRun option is set."
        )
