"""From a call to its checks: an exact entry where there is one, else the general rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iamlab.cloud.catalogue.check import Check
from iamlab.cloud.catalogue.services import PREFIXES

if TYPE_CHECKING:
    from iamlab.cloud.call import Call

Entries = Mapping[str, Callable[["Call"], tuple[Check, ...]]]

# service -> module of this package and the table in it; loaded when the service is first called
_EXACT: Mapping[str, tuple[str, str]] = {
    "accessanalyzer": ("access_analyzer", "OPERATIONS"),
    "iam": ("iam", "OPERATIONS"),
    "sts": ("sts", "OPERATIONS"),
    "dynamodb": ("dynamodb", "OPERATIONS"),
    "dynamodbstreams": ("dynamodb", "STREAMS"),
    "s3": ("s3", "OPERATIONS"),
    "kms": ("kms", "OPERATIONS"),
    "ec2": ("ec2", "OPERATIONS"),
    "sns": ("sns", "OPERATIONS"),
}

# service that encrypts with KMS keys -> module of this package and the function that says what a call needs of them
_SEALED: Mapping[str, tuple[str, str]] = {
    "s3": ("s3_encryption", "key_checks"),
    **dict.fromkeys(("secretsmanager", "sns", "sqs", "ssm"), ("service_keys", "key_checks")),
}

# service whose resources don't lie in moto's backends -> module of this package and the function that adds their tags
_TAGGED: Mapping[str, tuple[str, str]] = {
    "accessanalyzer": ("access_analyzer", "with_tags"),
    "cloudtrail": ("cloudtrail", "with_tags"),
}


@cache
def _entries(service: str) -> Entries:
    if service not in _EXACT:
        return {}
    module, table = _EXACT[service]
    entries: Entries = getattr(import_module(f"iamlab.cloud.catalogue.{module}"), table)
    return entries


def checks(call: Call, state: Any = None) -> tuple[Check, ...]:
    """What has to be allowed before a call may run.

    Args:
        call: the call, authenticated and with parsed parameters.
        state: the lab's state, for what doesn't lie in moto's backends: tags of analyzers and trails.

    Returns:
        At least one check; each of them must be allowed. The first is the operation's own, unless it
        reads a source first (`CopyObject`).
    """
    found = _checks(call)
    tagged = _TAGGED.get(call.service)
    if tagged is not None and state is not None:
        return _function(*tagged)(call, found, state)
    sealed = _SEALED.get(call.service)
    return found if sealed is None else found + _function(*sealed)(call)


@cache
def _function(module: str, name: str) -> Callable[..., tuple[Check, ...]]:
    function: Callable[..., tuple[Check, ...]] = getattr(
        import_module(f"iamlab.cloud.catalogue.{module}"), name
    )
    return function


def _checks(call: Call) -> tuple[Check, ...]:
    entry = _entries(call.service).get(call.operation)
    if entry is not None:
        return entry(call)
    from iamlab.cloud.catalogue import general

    found = general.checks(call)
    if call.service != "ec2":
        return found
    from iamlab.cloud.catalogue import ec2

    return ec2.enrich(call, found)


def exact_operations(service: str) -> frozenset[str]:
    """The operations of a service that have an exact entry."""
    return frozenset(_entries(service))


def action_prefix(service: str) -> str:
    """The prefix of a service's actions, `elasticloadbalancing` for boto3's `elbv2`."""
    return PREFIXES.get(service, service)
