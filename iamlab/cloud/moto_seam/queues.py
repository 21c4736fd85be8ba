"""moto's queues, found by name, with their attributes.

moto forgets a queue's policy as soon as another attribute is set. Pinned to moto by
`tests/cloud/services/test_queues.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from iamlab.cloud.moto_seam import resources

_ALLOWED = "redrive_allow_policy"  # kept by moto, but not shown


def named(account: str, region: str, name: str) -> Any | None:
    """The queue of that name."""
    store = resources.backend("sqs", account, region)
    return store.queues.get(name) if store is not None else None


def set_attributes(queue: Any, attributes: Mapping[str, str]) -> None:
    """Give a queue these attributes; all others stay, its policy among them."""
    queue._set_attributes({"Policy": queue.policy, **attributes})


def attributes(queue: Any) -> dict[str, str]:
    """A queue's attributes as texts, those that are set."""
    shown = {
        name: str(int(value) if name.endswith("Timestamp") else value)
        for name, value in queue.attributes.items()
        if value is not None
    }
    if queue.redrive_policy:
        shown["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=(",", ":"))
    allowed = getattr(queue, _ALLOWED, None)
    if allowed:
        shown["RedriveAllowPolicy"] = json.dumps(json.loads(allowed), separators=(",", ":"))
    if queue.kms_master_key_id:
        shown["SqsManagedSseEnabled"] = "false"
    return shown


def is_fifo(queue: Any) -> bool:
    """Whether a queue keeps the order of its messages."""
    return bool(queue.fifo_queue)
