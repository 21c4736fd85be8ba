"""With which KMS keys parameters, secrets, queues and topics are encrypted, as moto keeps it.

Pinned to moto by `tests/cloud/services/test_service_keys.py`.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from iamlab.cloud.moto_seam import resources


def parameter_keys(account: str, region: str, name: str, every_version: bool) -> list[str]:
    """The keys of a SecureString, one for each version that is asked for; of other parameters none.

    Args:
        name: a name or an ARN, with a version or label or without.
    """
    found = resources.backend("ssm", account, region)
    if found is None:
        return []
    plain = found._strip_parameter_arn(name)
    versions = found._parameters.get(plain.split(":")[0]) or []
    if not every_version:
        one = found.get_parameter(plain) if ":" in plain else (versions[-1] if versions else None)
        versions = [one] if one is not None else []
    return [str(version.keyid) for version in versions if version.parameter_type == "SecureString"]


def conceal(parameter: Any, value: str) -> str:
    """In the place of moto's `Parameter.encrypt`, which writes the value out: text that says nothing of it."""
    parameter.concealed = value
    seed = f"{parameter.account_id} {parameter.name} {parameter.version} {parameter.keyid}".encode()
    return base64.b64encode(_CIPHERTEXT + hashlib.shake_128(seed).digest(104 + len(value.encode()))).decode()


def reveal(parameter: Any, value: str) -> str:
    """In the place of `Parameter.decrypt`."""
    return str(parameter.concealed) if parameter.parameter_type == "SecureString" else value


# How ciphertexts of KMS begin.
_CIPHERTEXT = bytes.fromhex("0102020078")


def parameters_under(account: str, region: str, path: str, *, recursive: bool) -> list[str]:
    """The names of the parameters below a path."""
    found = resources.backend("ssm", account, region)
    if found is None:
        return []
    return list(found._parameters.get_keys_beginning_with(path.rstrip("/") + "/", recursive))


def secret_arns(account: str, region: str) -> list[str]:
    """The ARNs of all secrets."""
    found = resources.backend("secretsmanager", account, region)
    return [str(secret.arn) for secret in found.secrets.values()] if found is not None else []


def version_of(secret: Any, version: str | None, stage: str | None) -> str:
    """The id of the version of a secret that a call asks for."""
    if version:
        return version
    for found, facts in (getattr(secret, "versions", None) or {}).items():
        if (stage or "AWSCURRENT") in facts.get("version_stages", ()):
            return str(found)
    return ""


def queue_key(account: str, region: str, name: str) -> str | None:
    """The key of a queue; None without one."""
    found = resources.backend("sqs", account, region)
    queue = found.queues.get(name) if found is not None else None
    return queue.kms_master_key_id or None if queue is not None else None


def topic_key(arn: str) -> str | None:
    """The key of a topic; None without one."""
    parts = arn.split(":")
    found = resources.backend("sns", parts[4], parts[3]) if len(parts) == 6 else None
    topic = found.topics.get(arn) if found is not None else None
    return topic.kms_master_key_id or None if topic is not None else None
