"""Calls of KMS that a service makes on behalf of its caller: with the caller's permissions, and with keys that tell so.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.cloud import managed_keys
from iamlab.cloud.catalogue.check import Check, Context
from iamlab.cloud.catalogue.kms import encryption_context, key_check, named_key
from iamlab.cloud.moto_seam import resources

if TYPE_CHECKING:
    from iamlab.cloud.call import Call


def key_arn(service: str, account: str, region: str, name: str | None, call: Call) -> str:
    """The ARN of the key that a service uses: the named one, or its AWS managed key.

    Args:
        account: where names that are no ARNs are looked up.
        name: id, ARN or alias; None for the managed key.

    Returns:
        The key's ARN; of a key that isn't there, the ARN of its name.
    """
    name = name or managed_keys.alias_of(service)
    if not name.startswith("arn:"):
        kind = "" if name.startswith("alias/") else "key/"
        name = f"arn:{resources.partition_of(region)}:kms:{region}:{account}:{kind}{name}"
    return named_key(call, name)[0]


def use_of_key(
    call: Call, action: str, service: str, arn: str, context: Mapping[str, str], region: str | None = None
) -> tuple[Check, ...]:
    """The question whether the caller may have a service use a key.

    Args:
        action: what the service asks of KMS, `GenerateDataKey`.
        service: the service as `kms:ViaService` names it.
        context: the encryption context that the service gives.
        region: where the service works, if that isn't where the call goes.

    Returns:
        One check; none about a key of the caller's account that isn't there, which is no matter of permission.
    """
    where = region or call.region
    managed = managed_keys.service_of(arn)
    key = named_key(call, arn)[1]
    if key is None and managed is None and arn.split(":")[4:5] == [call.account]:
        return ()
    keys: Context = {
        "kms:ViaService": managed_keys.via(service, where),
        "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        **encryption_context(context),
    }
    check = key_check(call, f"kms:{action}", arn, keys)
    if key is None and managed is not None:  # it comes into being by this very use
        from iamlab.policy import Policy

        _, _, _, region, account, _ = arn.split(":", 5)
        text = managed_keys.policy_text(managed, account, region)
        check = replace(
            check, resource_policy=Policy(text, name=f"policy of {managed_keys.alias_of(managed)}")
        )
    return (replace(check, dependent=True, via=service),)
