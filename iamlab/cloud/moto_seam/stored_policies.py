"""All policies that name principals, wherever moto keeps them: trust policies and resource policies, of all accounts.

In: a function from text to text. Out: the stored policies, changed by it. Pinned to moto by
`tests/cloud/services/test_iam_principals.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from iamlab.cloud.moto_seam import identities, resources, statements

# service -> where its backend keeps the things that have a `policy`
_HOLDERS: Mapping[str, str] = {
    "ecr": "repositories",
    "s3": "buckets",
    "sqs": "queues",
    "sns": "topics",
    "kms": "keys",
    "secretsmanager": "secrets",
}


def rewrite(change: Callable[[str], str]) -> None:
    """Put every stored policy through a function.

    Args:
        change: gives a text back as it came, if there is nothing to change.
    """
    for account in identities.known_accounts():
        for role in list(identities.iam(account).roles.values()):
            role.assume_role_policy_document = change(role.assume_role_policy_document)
    for record in _holders():
        policy = record.policy
        if isinstance(policy, bytes):
            text = policy.decode("utf-8", "replace")
            changed = change(text)
            if changed != text:
                record.policy = changed.encode()
        elif isinstance(policy, str) and policy:
            changed = change(policy)
            if changed != policy:
                record.policy = changed
    for found in resources.backends("dynamodb"):
        for stored in list(found.resource_policies.values()):
            stored.policy_doc = change(stored.policy_doc)
    _rewrite_statements(change)


def _rewrite_statements(change: Callable[[str], str]) -> None:
    """The policies that moto keeps statement by statement."""
    for found in resources.backends("events"):
        for bus in list(found.event_buses.values()):
            stated = statements.of_bus(bus)
            changed = _changed(stated, change)
            if changed is not None:
                statements.set_of_bus(bus, changed)
    for found in resources.backends("lambda"):
        for versions in list(found._lambdas._functions.values()):
            function = versions["latest"]
            changed = _changed(statements.of_function(function), change)
            if changed is not None:
                statements.set_of_function(function, changed)


def _changed(stated: list[dict[str, Any]], change: Callable[[str], str]) -> list[dict[str, Any]] | None:
    """The statements, changed as a policy; None if they stay."""
    if not stated:
        return None
    text = json.dumps({"Statement": stated})
    new = change(text)
    if new == text:
        return None
    changed: list[dict[str, Any]] = json.loads(new)["Statement"]
    return changed


def _holders() -> Iterator[Any]:
    for service, attribute in _HOLDERS.items():
        for found in resources.backends(service):
            for record in list(getattr(found, attribute).values()):
                if hasattr(record, "policy"):
                    yield record
