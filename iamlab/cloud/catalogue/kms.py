"""What each operation of KMS needs.

Keys are named by id, ARN or alias, but permission is always asked for the key itself, whose policy and grants decide.

https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.table import words
from iamlab.cloud.catalogue.tags import request_tags, resource_tags, tag_keys, tags_in
from iamlab.cloud.context import iso
from iamlab.cloud.grants import EQUALS, SOURCE, SUBSET, Grant, as_policy, every_grant, grants_on, may_retire
from iamlab.cloud.moto_seam import keys, resources
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
    "ListResourceTags PutKeyPolicy ReplicateKey RevokeGrant RotateKeyOnDemand "
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
BY_ALIAS = frozenset(
    words(
        "Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey "
        "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac "
        "GetPublicKey ReEncrypt Sign Verify VerifyMac"
    )
)
# What other accounts can do to a key, if its policy lets them; all else in it "has no effect".
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
ACROSS_ACCOUNTS = frozenset(
    words(
        "CreateGrant Decapsulate Decrypt DeriveSharedSecret DescribeKey Encapsulate Encrypt GenerateDataKey "
        "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac "
        "GetKeyRotationStatus GetPublicKey ListGrants ReEncrypt RetireGrant RevokeGrant Sign Verify VerifyMac"
    )
)
_SYMMETRIC = frozenset(
    words(
        "Decrypt Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext "
        "GenerateDataKeyWithoutPlaintext"
    )
)
KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_KEY_ID_LENGTH = 36


def key_check(call: Call, action: str, key_id: Any, context: Context | None = None) -> Check:
    """The question about one key, with what is known about it."""
    named = str(key_id or "*")
    arn, key = named_key(call, named)
    found: Context = {"kms:CallerAccount": call.caller.account or call.account}
    if key is not None:
        found.update(_key_context(key, arn))
    alias = named.split(":", 5)[-1]
    if alias.startswith("alias/") and call.operation in BY_ALIAS:
        found["kms:RequestAlias"] = alias
    if context:
        found.update(context)
    owner = owner_of(arn, call.account)
    if call.service == "kms" and owner != call.account and call.operation not in ACROSS_ACCOUNTS:
        return Check(action, arn, owner, found)
    grants = tuple(map(as_policy, grants_on(key))) if key is not None else ()
    return Check(action, arn, owner, found, resource_policy=policy_of(arn), grants=grants)


def named_key(call: Call, named: str) -> tuple[str, Any | None]:
    """The ARN of the key that a name stands for (id, ARN, alias), and moto's record of it, None if there is none."""
    parts = named.split(":", 5)
    region, account = (parts[3], parts[4]) if len(parts) == 6 else (call.region, call.account)
    key = resources.kms_key(account, region, named)
    if key is not None:
        return str(key.arn), key
    if len(parts) == 6:
        return named, None
    kind = "" if named.startswith("alias/") else "key/"
    return f"arn:{resources.partition_of(region)}:kms:{region}:{account}:{kind}{named}", None


def key_names(call: Call) -> tuple[str, ...]:
    """The keys that a call names, as it names them; the key of a ciphertext among them."""
    params = call.params
    names = [params.get(name) for name in ("KeyId", "SourceKeyId", "DestinationKeyId", "TargetKeyId")]
    if not names[0] and not names[1]:
        names.append(ciphertext_key(call))
    return tuple(str(name) for name in names if name)


def named_grant(call: Call) -> tuple[Any, Grant] | None:
    """The grant that RetireGrant and RevokeGrant speak of, by its token or by key and id, with the key."""
    params = call.params
    if params.get("GrantToken"):
        return next(
            (
                (key, grant)
                for key, grant in every_grant()
                if params["GrantToken"] in grant.tokens and key.region == call.region
            ),
            None,
        )
    _, key = named_key(call, str(params.get("KeyId") or "*"))
    wanted = params.get("GrantId")
    grant = next((grant for grant in grants_on(key) if grant.id == wanted), None) if key is not None else None
    return (key, grant) if grant is not None else None


def _key_context(key: Any, arn: str) -> Context:
    context: Context = {
        "kms:KeySpec": str(key.key_spec),
        "kms:KeyUsage": str(key.key_usage or "ENCRYPT_DECRYPT"),
        "kms:KeyOrigin": str(key.origin or "AWS_KMS"),
        "kms:MultiRegion": bool(key.multi_region),
    }
    if key.multi_region:
        context["kms:MultiRegionKeyType"] = str(key.multi_region_configuration["MultiRegionKeyType"])
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
        context.update(encryption_context(params.get("EncryptionContext")))
    if call.operation in ("CreateGrant", "ListGrants", "RevokeGrant"):
        context["kms:GrantIsForAWSResource"] = False  # true only when an AWS service makes the call
    if isinstance(params.get("ValidTo"), datetime):
        context["kms:ValidTo"] = iso(params["ValidTo"])
    if call.operation == "CreateGrant":
        if params.get("Operations"):
            context["kms:GrantOperations"] = [str(operation) for operation in params["Operations"]]
        context.update(_constraint_context(params.get("Constraints") or {}))
    tags = tags_in(params.get("Tags"))
    context.update(request_tags(tags) if tags else tag_keys(params.get("TagKeys") or ()))
    return context


def _constraint_context(constraints: Mapping[str, Any]) -> Context:
    """A grant's constraints, as conditions see them."""
    context: Context = {}
    for kind in (EQUALS, SUBSET):
        if constraints.get(kind):
            context = {"kms:GrantConstraintType": kind, **encryption_context(constraints[kind])}
    if constraints.get(SOURCE):
        context["kms:GrantConstraintSourceArn"] = str(constraints[SOURCE])
    return context


def encryption_context(pairs: Any) -> Context:
    """The condition keys of an encryption context."""
    if not isinstance(pairs, Mapping) or not pairs:
        return {}
    context: Context = {f"kms:EncryptionContext:{key}": str(value) for key, value in pairs.items()}
    context["kms:EncryptionContextKeys"] = [str(key) for key in pairs]
    return context


def ciphertext_key(call: Call) -> str | None:
    """The ARN of the key, of whatever account, that a call's ciphertext was made with: moto writes its id in front."""
    blob = call.params.get("CiphertextBlob")
    if not isinstance(blob, bytes) or len(blob) < _KEY_ID_LENGTH:
        return None
    text = blob[:_KEY_ID_LENGTH].decode("ascii", "replace")
    if not KEY_ID.fullmatch(text):
        return None
    own = resources.kms_key(call.account, call.region, text)
    found = own or next(
        (key for key in keys.every_key() if key.id == text and key.region == call.region), None
    )
    return str(found.arn) if found is not None else None


def _on_key(operation: str) -> Callable[[Call], tuple[Check, ...]]:
    action = f"kms:{operation}"

    def needs(call: Call) -> tuple[Check, ...]:
        key_id = call.params.get("KeyId")
        if operation == "Decrypt":
            key_id = key_id or ciphertext_key(call)
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
            if params.get("MultiRegion"):
                context["kms:MultiRegionKeyType"] = "PRIMARY"
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


def _retire_grant(call: Call) -> tuple[Check, ...]:
    """The grant alone says who may retire it: the key's policy has no say.

    https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
    """
    action = f"kms:{call.operation}"
    found = named_grant(call)
    if found is None:
        return (key_check(call, action, call.params.get("KeyId")),)
    key, grant = found
    context: Context = {"kms:CallerAccount": call.caller.account or call.account}
    context.update(_key_context(key, grant.key_arn))
    if grant.constraints:
        context.update(_constraint_context(grant.constraints))
    return (Check(action, grant.key_arn, grant.account, context, grants=(may_retire(grant),)),)


def _re_encrypt(call: Call) -> tuple[Check, ...]:
    """One call, two actions: out of the old key and into the new."""
    params = call.params
    source = params.get("SourceKeyId") or ciphertext_key(call)
    checks = []
    for side, action, key_id in (
        ("Source", "kms:ReEncryptFrom", source),
        ("Destination", "kms:ReEncryptTo", params.get("DestinationKeyId")),
    ):
        algorithm = params.get(f"{side}EncryptionAlgorithm") or "SYMMETRIC_DEFAULT"
        context: Context = {"kms:EncryptionAlgorithm": str(algorithm)}
        context.update(encryption_context(params.get(f"{side}EncryptionContext")))
        checks.append(key_check(call, action, key_id, context))
    same = checks[0].resource == checks[1].resource
    return tuple(
        replace(check, context={**check.context, "kms:ReEncryptOnSameKey": same}) for check in checks
    )


OPERATIONS: Mapping[str, Callable[[Call], tuple[Check, ...]]] = {
    **{operation: _on_key(operation) for operation in ON_KEY},
    **{operation: _without_key(operation) for operation in WITHOUT_KEY},
    **dict.fromkeys(("CreateAlias", "DeleteAlias", "UpdateAlias"), _alias),
    "ReEncrypt": _re_encrypt,
    "RetireGrant": _retire_grant,
}
