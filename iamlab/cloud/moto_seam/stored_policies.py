"""All policies that name principals, wherever moto keeps them: trust policies and resource policies, of all accounts.

In: a function from text to text. Out: the stored policies, changed by it. Pinned to moto by
`tests/cloud/services/test_iam_principals.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from iamlab.cloud.moto_seam import identities, resources

# service -> where its backend keeps the things that have a `policy`
_HOLDERS: Mapping[str, str] = {
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


def _holders() -> Iterator[Any]:
    for service, attribute in _HOLDERS.items():
        for found in resources.backends(service):
            for record in list(getattr(found, attribute).values()):
                if hasattr(record, "policy"):
                    yield record
