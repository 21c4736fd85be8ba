"""The ARNs of an account's resources that may carry a policy of their own.

Leans on moto's tables of buckets, tables, keys, secrets, queues, topics, functions, repositories and buses; as in
:mod:`iamlab.cloud.moto_seam.resources` nothing is imported or made by looking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from iamlab.cloud.moto_seam.resources import backend, regions_of

# Service → how its backend lists the ARNs; S3's backends stand under the partition, the others under regions.
_LISTS: Mapping[str, Callable[[Any], Iterable[str]]] = {
    "s3": lambda found: (bucket.arn for bucket in list(found.buckets.values())),
    "dynamodb": lambda found: list(found.resource_policies),
    "kms": lambda found: (key.arn for key in list(found.keys.values())),
    "secretsmanager": lambda found: (secret.arn for secret in list(found.secrets.values())),
    "sqs": lambda found: (queue.queue_arn for queue in list(found.queues.values())),
    "sns": lambda found: list(found.topics),
    "lambda": lambda found: (
        versions["latest"].function_arn for versions in list(found._lambdas._functions.values())
    ),
    "ecr": lambda found: (repository.arn for repository in list(found.repositories.values())),
    "events": lambda found: (bus.arn for bus in list(found.event_buses.values())),
}


def policied_arns(account: str) -> Iterator[str]:
    """The ARNs, service by service; whether a policy hangs there is for `resource_policies.policy_of` to say."""
    for service, arns in _LISTS.items():
        for region in regions_of(service, account):
            found = backend(service, account, region)
            if found is not None:
                yield from map(str, arns(found))
