"""What each operation of KMS needs.

Keys are named by id, ARN or alias, but permission is always asked for the key itself, whose policy decides.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tag_keys, tags_in
from iamlab.cloud.moto_seam import resources
from iamlab.cloud.resource_policies import owner_of, policy_of

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

# Operations on one key, named by `KeyId`.
ON_KEY = words(
    "CancelKeyDeletion CreateGrant Decapsulate Decrypt DeleteImportedKeyMaterial DeriveSharedSecret "
    "DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation Encapsulate Encrypt "
    "GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
    "GenerateDataKeyWithoutPlaintext GenerateMac GetKeyLastUsage GetKeyPolicy GetKeyRotationStatus "
    "GetParametersForImport GetPublicKey ImportKeyMaterial ListGrants ListKeyPolicies ListKeyRotations "
    "ListResourceTags PutKeyPolicy ReplicateKey RetireGrant RevokeGrant RotateKeyOnDemand "
    "ScheduleKeyDeletion Sign TagResource UntagResource UpdateKeyDescription UpdatePrimaryRegion Verify "
    "VerifyMac"
)
WITHOUT_KEY = words(
    "ConnectCustomKeyStore CreateCustomKeyStore CreateKey DeleteCustomKeyStore DescribeCustomKeyStores "
    "DisconnectCustomKeyStore GenerateRandom ListAliases ListKeys ListRetirableGrants UpdateCustomKeyStore"
)

# Parameter → condition key that takes its value as it is.
_KEYS: Mapping[str, str] = {
    "BypassPolicyLockoutSafetyCheck": "kms:BypassPolicyLockoutSafetyCheck",
    "EncapsulationAlgorithm": "kms:EncapsulationAlgorithm",
    "ExpirationModel": "kms:ExpirationModel",
    "GranteePrincipal": "kms:GranteePrincipal",
    "GranteeServicePrincipal": "kms:GranteeServicePrincipal",
    "KeyAgreementAlgorithm": "kms:KeyAgreementAlgorithm",
    "KeyPairSpec": "kms:DataKeyPairSpec",
    "MacAlgorithm": "kms:MacAlgorithm",
    "MessageType": "kms:MessageType",
    "PendingWindowInDays": "kms:ScheduleKeyDeletionPendingWindowInDays",
    "PrimaryRegion": "kms:PrimaryRegion",
    "ReplicaRegion": "kms:ReplicaRegion",
    "RetiringPrincipal": "kms:RetiringPrincipal",
    "RetiringServicePrincipal": "kms:RetiringServicePrincipal",
    "RotationPeriodInDays": "kms:RotationPeriodInDays",
    "SigningAlgorithm": "kms:SigningAlgorithm",
    "WrappingAlgorithm": "kms:WrappingAlgorithm",
    "WrappingKeySpec": "kms:WrappingKeySpec",
}
# Only a cryptographic operation counts as "by this alias".
_BY_ALIAS = frozenset(
    words(
        "Decapsulate Decrypt DescribeKey Encapsulate Encrypt GenerateDataKey GenerateDataKeyPair "
        "GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetPublicKey "
        "ReEncrypt Sign Verify VerifyMac"
    )
)
_SYMMETRIC = frozenset(
    words(
        "Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
        "GenerateDataKeyWithoutPlaintext"
    )
)
_KEY_ID_LENGTH = 36


def key_check(call: Call, action: str, key_id: Any, context: Context | None = None) -> Check:
    """The question about one key, with what is known about it."""
    named = str(key_id or "*")
    partition = resources.partition_of(call.region)
    parts = named.split(":", 5)
    region, account = (parts[3], parts[4]) if len(parts) == 6 else (call.region, call.account)
    key = resources.kms_key(account, region, named)
    if key is not None:
        arn = str(key.arn)
    elif len(parts) == 6:
        arn = named
    else:
        arn = f"arn:{partition}:kms:{region}:{account}:{'' if named.startswith('alias/') else 'key/'}{named}"
    found: Context = {"kms:CallerAccount": call.caller.account or call.account}
    if key is not None:
        found.update(_key_context(key, arn))
    alias = parts[5] if len(parts) == 6 else named
    if alias.startswith("alias/") and call.operation in _BY_ALIAS:
        found["kms:RequestAlias"] = alias
    if context:
        found.update(context)
    return Check(action, arn, owner_of(arn, call.account), found, resource_policy=policy_of(arn))


def _key_context(key: Any, arn: str) -> Context:
    context: Context = {
        "kms:KeySpec": str(key.key_spec),
        "kms:KeyUsage": str(key.key_usage or "ENCRYPT_DECRYPT"),
        "kms:KeyOrigin": str(key.origin or "AWS_KMS"),
        "kms:MultiRegion": bool(key.multi_region),
    }
    context.update(resource_tags(resources.resource_tags(arn), "aws"))
    aliases = resources.kms_aliases(key)
    if aliases:
        context["kms:ResourceAliases"] = aliases
    return context


def _request_context(call: Call) -> Context:
    params = call.params
    context: Context = {
        key: params[parameter] for parameter, key in _KEYS.items() if params.get(parameter) is not None
    }
    if call.operation in _SYMMETRIC:
        context["kms:EncryptionAlgorithm"] = str(params.get("EncryptionAlgorithm") or "SYMMETRIC_DEFAULT")
        context.update(_encryption_context(params.get("EncryptionContext")))
    if call.operation == "CreateGrant":
        context["kms:GrantIsForAWSResource"] = False  # true only when an AWS service makes the call
        if params.get("Operations"):
            context["kms:GrantOperations"] = [str(operation) for operation in params["Operations"]]
        constraints = params.get("Constraints") or {}
        if constraints:
            kind = next(iter(constraints))
            context["kms:GrantConstraintType"] = kind
            context.update(_encryption_context(constraints.get(kind)))
    tags = tags_in(params.get("Tags"))
    context.update(request_tags(tags) if tags else tag_keys(params.get("TagKeys") or ()))
    return context


def _encryption_context(pairs: Any) -> Context:
    if not isinstance(pairs, Mapping) or not pairs:
        return {}
    context: Context = {f"kms:EncryptionContext:{key}": str(value) for key, value in pairs.items()}
    context["kms:EncryptionContextKeys"] = [str(key) for key in pairs]
    return context


def _key_of(blob: Any) -> str | None:
    """The key that a ciphertext was made with: moto writes its id in front."""
    if not isinstance(blob, bytes) or len(blob) < _KEY_ID_LENGTH:
        return None
    text = blob[:_KEY_ID_LENGTH].decode("ascii", "replace")
    return text if text.isprintable() else None


def _on_key(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"kms:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        key_id = call.params.get("KeyId")
        if operation == "Decrypt":
            key_id = key_id or _key_of(call.params.get("CiphertextBlob"))
        return (key_check(call, action, key_id, _request_context(call)),)

    return needs


def _without_key(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"kms:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        params = call.params
        context: Context = {"kms:CallerAccount": call.caller.account or call.account}
        context.update(_request_context(call))
        if operation == "CreateKey":
            spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT"
            context["kms:KeySpec"] = str(spec)
            context["kms:KeyUsage"] = str(params.get("KeyUsage") or "ENCRYPT_DECRYPT")
            context["kms:KeyOrigin"] = str(params.get("Origin") or "AWS_KMS")
            context["kms:MultiRegion"] = bool(params.get("MultiRegion"))
            context.update(resource_tags(tags_in(params.get("Tags")) or {}, "aws"))
        found = Check(action, "*", call.account, context, wildcard_only=True)
        if operation == "CreateKey" and params.get("Tags"):
            # https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
            tagging = Check("kms:TagResource", "*", call.account, context, dependent=True)
            return found, tagging
        return (found,)

    return needs


def _alias(call: Call) -> tuple[Check, ...]:
    """An alias stands between a name and a key: both have to be allowed.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    action, name = f"kms:{call.operation}", str(call.params.get("AliasName", ""))
    arn = f"arn:{resources.partition_of(call.region)}:kms:{call.region}:{call.account}:{name}"
    found = [
        Check(action, arn, call.account, {"kms:CallerAccount": call.caller.account or call.account}),
    ]
    current = resources.kms_key(call.account, call.region, name)
    if call.operation != "CreateAlias" and current is not None:
        found.append(key_check(call, action, current.arn))
    if call.params.get("TargetKeyId"):
        found.append(key_check(call, action, call.params["TargetKeyId"]))
    return tuple(found)


def _re_encrypt(call: Call) -> tuple[Check, ...]:
    """One call, two actions: out of the old key and into the new."""
    params = call.params
    source = params.get("SourceKeyId") or _key_of(params.get("CiphertextBlob"))
    checks = []
    for side, action, key_id in (
        ("Source", "kms:ReEncryptFrom", source),
        ("Destination", "kms:ReEncryptTo", params.get("DestinationKeyId")),
    ):
        algorithm = params.get(f"{side}EncryptionAlgorithm") or "SYMMETRIC_DEFAULT"
        context: Context = {"kms:EncryptionAlgorithm": str(algorithm)}
        context.update(_encryption_context(params.get(f"{side}EncryptionContext")))
        checks.append(key_check(call, action, key_id, context))
    same = checks[0].resource == checks[1].resource
    return tuple(
        Check(
            check.action,
            check.resource,
            check.owner,
            {**check.context, "kms:ReEncryptOnSameKey": same},
            resource_policy=check.resource_policy,
        )
        for check in checks
    )


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    **{operation: _on_key(operation) for operation in ON_KEY},
    **{operation: _without_key(operation) for operation in WITHOUT_KEY},
    **dict.fromkeys(("CreateAlias", "DeleteAlias", "UpdateAlias"), _alias),
    "ReEncrypt": _re_encrypt,
}
