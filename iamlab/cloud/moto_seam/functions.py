"""Lambda's functions as moto has stored them, as plain values.

Pinned to moto by `tests/cloud/services/test_lambda_functions.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from iamlab.cloud.moto_seam.resources import backend, lambda_function


@dataclass(frozen=True, slots=True)
class Function:
    """One version of a function."""

    name: str
    account: str
    region: str
    unqualified_arn: str
    arn: str
    """With the version, but for `$LATEST`."""
    version: str
    role: str
    handler: str
    runtime: str
    """'' for a container image."""
    timeout: float
    memory: int
    code_sha256: str
    code: bytes = field(repr=False, compare=False)
    layers: tuple[bytes, ...] = field(repr=False, default=())
    variables: Mapping[str, str] = field(repr=False, default_factory=dict)


def find(account: str, region: str, name: str, qualifier: str | None) -> Function | None:
    """A function's version, by the name that says nothing of versions.

    Args:
        qualifier: a version, an alias, or None for the latest.
    """
    found = backend("lambda", account, region)
    if found is None:
        return None
    try:
        function = found._lambdas.get_function_by_name_with_qualifier(name, qualifier)
    except Exception:
        return None  # moto raises its own errors for what isn't there
    return _value(found, function)


def moment(when: datetime) -> str:
    """A time as Lambda writes it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}+0000"


def touch(account: str, region: str, name: str, when: datetime) -> None:
    """Note that a function was changed."""
    found = lambda_function(account, region, f"function:{name}")
    if found is not None:
        found.last_modified = moment(when)


def has_url(function: Any) -> bool:
    """Whether a function can be called by a URL."""
    return function.url_config is not None


def _value(store: Any, function: Any) -> Function:
    parts = function.function_arn.split(":")
    layers = [store.layers_versions_by_arn(layer["Arn"]) for layer in function.layers]
    return Function(
        name=function.function_name,
        account=function.account_id,
        region=function.region,
        unqualified_arn=":".join(parts[:7]),
        arn=function.function_arn,
        version=str(function.version),
        role=function.role,
        handler=function.handler or "",
        runtime=function.run_time or "",
        timeout=float(function.timeout),
        memory=int(function.memory_size),
        code_sha256=function.code_sha_256,
        code=getattr(function, "code_bytes", b""),
        layers=tuple(layer.code_bytes for layer in layers if layer is not None),
        variables=dict(function.environment_vars or {}),
    )
