"""The resource policies of moto's DynamoDB: one a table or stream, by ARN.

Pinned to moto by `tests/cloud/services/test_resource_policy_calls.py`.
"""

from __future__ import annotations

from typing import Any

from iamlab.cloud.moto_seam import resources


def store_of(arn: str) -> Any | None:
    """The backend with the table that an ARN is about, `…:table/T` or `…:table/T/stream/LABEL`."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or not parts[5].startswith("table/"):
        return None
    found = resources.backend("dynamodb", parts[4], parts[3])
    _, name, *rest = parts[5].split("/")
    table = found.tables.get(name) if found is not None else None
    if table is None:
        return None
    if rest and (rest[0] != "stream" or rest[1:] != [table.latest_stream_label]):
        return None
    return found


def find(store: Any, arn: str) -> Any | None:
    """The policy of a table or stream."""
    return store.resource_policies.get(arn)


def put(store: Any, arn: str, text: str) -> str:
    """Give a table or stream a policy; its revision id."""
    from moto.dynamodb.models.table import ResourcePolicy

    made = store.resource_policies[arn] = ResourcePolicy(arn, text)
    return str(made.revision_id)


def remove(store: Any, arn: str) -> None:
    """Take the policy of a table or stream away."""
    store.resource_policies.pop(arn, None)


def of_new_table(account: str, region: str, name: str, text: str | None) -> None:
    """What stands as the policy of a table that is about to be made; nothing changes if there is one already."""
    from moto.dynamodb.models import dynamodb_backends

    store = dynamodb_backends[account][region]
    if name in store.tables:
        return
    arn = f"arn:{resources.partition_of(region)}:dynamodb:{region}:{account}:table/{name}"
    for stale in [kept for kept in store.resource_policies if kept == arn or kept.startswith(f"{arn}/")]:
        del store.resource_policies[stale]
    if text:
        put(store, arn, text)
