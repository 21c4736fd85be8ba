"""What calls of Parameter Store, Secrets Manager, SQS and SNS need of the KMS keys with which these encrypt.

https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check
from iamlab.cloud.catalogue.forwarded import key_arn, use_of_key
from iamlab.cloud.moto_seam import resources, sealed

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

Use = tuple[str, str, Mapping[str, str]]
"""What is asked of KMS, the key's ARN, the encryption context."""

_WRITE = ("GenerateDataKey", "Decrypt")
# With this in the place of ARN and version, Secrets Manager tries out a key that a secret gets.
_TRIAL = "RequestToValidateKeyAccess"


def key_checks(call: Call) -> tuple[Check, ...]:
    """The permissions on KMS keys that a call needs."""
    found: list[Check] = []
    for action, arn, context in key_uses(call):
        found += use_of_key(call, action, call.service, arn, context)
    return tuple(found)


def key_uses(call: Call) -> Iterable[Use]:
    """What a call makes its service ask of KMS."""
    uses = USES.get(call.service, {}).get(call.operation)
    return uses(call) if uses is not None else ()


# ---------------------------------------------------------------- Parameter Store


def _put_parameter(call: Call) -> Iterator[Use]:
    """A standard parameter is encrypted by the key itself, an advanced one by a data key."""
    params = call.params
    if params.get("Type") == "SecureString":
        action = "GenerateDataKey" if params.get("Tier") == "Advanced" else "Encrypt"
        name = str(params.get("Name", ""))
        yield from _of_parameter(call, action, call.account, name, params.get("KeyId"))


def _get_parameters(call: Call) -> Iterator[Use]:
    params = call.params
    if not params.get("WithDecryption"):
        return
    names = [str(name) for name in params.get("Names") or [params.get("Name") or ""]]
    if "Path" in params:
        names = sealed.parameters_under(
            call.account, call.region, str(params["Path"]), recursive=bool(params.get("Recursive"))
        )
    for name in names:
        account = _account(call, name)
        for key in sealed.parameter_keys(account, call.region, name, call.operation == _HISTORY):
            plain = name.split(":parameter", 1)[-1].split(":")[0]
            yield from _of_parameter(call, "Decrypt", account, plain, key)


_HISTORY = "GetParameterHistory"


def _of_parameter(call: Call, action: str, account: str, name: str, key: Any) -> Iterator[Use]:
    start = f"arn:{resources.partition_of(call.region)}:ssm:{call.region}:{account}:parameter"
    arn = f"{start}{name if name.startswith('/') else f'/{name}'}"
    yield action, _key(call, account, key), {"PARAMETER_ARN": arn}


# ---------------------------------------------------------------- Secrets Manager


def _create_secret(call: Call) -> Iterator[Use]:
    context = {"SecretARN": _TRIAL, "SecretVersionId": _TRIAL}
    key = _key(call, call.account, call.params.get("KmsKeyId"))
    return ((action, key, context) for action in _WRITE)


def _write_secret(call: Call) -> Iterator[Use]:
    """A new value under the secret's key, or a new key."""
    params = call.params
    account, secret = _secret(call, str(params.get("SecretId", "")))
    if secret is None:
        return
    if params.get("KmsKeyId"):
        yield from _create_secret(call)
    elif "SecretString" in params or "SecretBinary" in params:
        version = str(params.get("ClientRequestToken") or "")
        for action in _WRITE:
            yield _of_secret(call, action, account, secret, version)


def _read_secrets(call: Call) -> Iterator[Use]:
    """Of secrets that a batch finds by filters, any might be read."""
    params = call.params
    named = [params["SecretId"]] if params.get("SecretId") else params.get("SecretIdList")
    if named is None:
        named = sealed.secret_arns(call.account, call.region)
    for name in named:
        account, secret = _secret(call, str(name))
        if secret is not None:
            version = sealed.version_of(secret, params.get("VersionId"), params.get("VersionStage"))
            yield _of_secret(call, "Decrypt", account, secret, version)


def _secret(call: Call, name: str) -> tuple[str, Any | None]:
    """The account and moto's record of a secret."""
    account = _account(call, name)
    return account, resources.secret(account, call.region, name)


def _of_secret(call: Call, action: str, account: str, secret: Any, version: str) -> Use:
    context = {"SecretARN": str(secret.arn), "SecretVersionId": version}
    return action, _key(call, account, secret.kms_key_id), context


# ---------------------------------------------------------------- queues and topics


def _send_message(call: Call) -> Iterator[Use]:
    return _of_queue(call, *_WRITE)


def _receive_message(call: Call) -> Iterator[Use]:
    return _of_queue(call, "Decrypt")


def _of_queue(call: Call, *actions: str) -> Iterator[Use]:
    *_, account, name = f"//{call.params.get('QueueUrl', '')}".split("/")
    account = account if account.isdigit() else call.account
    key = sealed.queue_key(account, call.region, name)
    if key is not None:
        arn = f"arn:{resources.partition_of(call.region)}:sqs:{call.region}:{account}:{name}"
        for action in actions:
            yield action, _key(call, account, key), {"aws:sqs:arn": arn}


def _publish(call: Call) -> Iterator[Use]:
    arn = str(call.params.get("TopicArn") or call.params.get("TargetArn") or "")
    key = sealed.topic_key(arn)
    if key is not None:
        for action in _WRITE:
            yield action, _key(call, arn.split(":")[4], key), {"aws:sns:topicArn": arn}


def _account(call: Call, name: str) -> str:
    """The account of something that is named by its ARN or its name."""
    return name.split(":")[4] if name.startswith("arn:") and name.count(":") > 4 else call.account


def _key(call: Call, account: str, name: Any) -> str:
    return key_arn(call.service, account, call.region, str(name) if name else None, call)


USES: Mapping[str, Mapping[str, Callable[[Call], Iterable[Use]]]] = {
    "ssm": {
        "PutParameter": _put_parameter,
        **dict.fromkeys(("GetParameter", "GetParameters", "GetParametersByPath", _HISTORY), _get_parameters),
    },
    "secretsmanager": {
        "BatchGetSecretValue": _read_secrets,
        "CreateSecret": _create_secret,
        "GetSecretValue": _read_secrets,
        "PutSecretValue": _write_secret,
        "UpdateSecret": _write_secret,
    },
    "sqs": {
        "ReceiveMessage": _receive_message,
        "SendMessage": _send_message,
        "SendMessageBatch": _send_message,
    },
    "sns": {"Publish": _publish, "PublishBatch": _publish},
}
"""Service → operation → what it makes the service ask of KMS."""
