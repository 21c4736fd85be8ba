"""The process's AWS settings while a lab runs.

Every variable that an SDK could take credentials, a region, a profile or an endpoint from is set aside, the lab's
own take their place, and `restore` brings everything back. The learner's files under `~/.aws` are never read.

https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from botocore.loaders import Loader

# Prefixes and names of everything that steers an AWS SDK, the AWS CLI or moto.
_PREFIXES = ("AWS_", "MOTO_", "BOTO_")
_NAMES = ("TEST_SERVER_MODE", "TEST_SERVER_MODE_ENDPOINT", "INITIAL_NO_AUTH_ACTION_COUNT")

NOWHERE = os.path.join(os.sep, "nonexistent", "iamlab")
"""Stands for files that must not be found. botocore treats a missing file as an empty one."""


def variables(access_key_id: str, secret_access_key: str, region: str) -> dict[str, str]:
    """The environment of a program that shall see nothing but the lab, as this key's holder."""
    return {
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.path.join(NOWHERE, "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.path.join(NOWHERE, "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "BOTO_CONFIG": os.path.join(NOWHERE, "boto"),
    }


class Environment:
    """Takes the environment over, once, and gives it back."""

    def __init__(self) -> None:
        self._saved: dict[str, str] | None = None
        self._model_path: Any = None

    def take(self, ours: Mapping[str, str]) -> None:
        """Replace everything AWS by `ours`; a second call only replaces `ours`."""
        found = {name: value for name, value in os.environ.items() if _steers_aws(name)}
        if self._saved is None:
            self._saved = found
            # `~/.aws/models` may hold service models of the learner's own.
            self._model_path = Loader.CUSTOMER_DATA_PATH
            Loader.CUSTOMER_DATA_PATH = os.path.join(NOWHERE, "models")
        for name in found:
            del os.environ[name]
        os.environ.update(ours)

    def restore(self) -> None:
        """Put everything back as it was before `take`."""
        if self._saved is None:
            return
        for name in [name for name in os.environ if _steers_aws(name)]:
            del os.environ[name]
        os.environ.update(self._saved)
        Loader.CUSTOMER_DATA_PATH = self._model_path
        self._saved = None


def _steers_aws(name: str) -> bool:
    upper = name.upper()
    return upper.startswith(_PREFIXES) or upper in _NAMES
