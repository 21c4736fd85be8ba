"""Pages of IAM's lists: `MaxItems` and `Marker` in, `IsTruncated` and the next `Marker` out.

A marker names the last entry that was shown, so that a list that changes between two pages neither repeats nor skips
what stayed in it. It belongs to one operation of one account: elsewhere, or changed, it is invalid.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html (Marker, MaxItems, IsTruncated)
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError

PAGE = 100
"""Entries of a page when the call doesn't say."""

Entry = TypeVar("Entry")


def by_name(records: Iterable[Any]) -> list[Any]:
    """Records in the order in which IAM lists named things."""
    return sorted(records, key=lambda record: (record.name.casefold(), record.name))


def page(
    call: Call, entries: Iterable[Entry], key: Callable[[Entry], str]
) -> tuple[list[Entry], dict[str, Any]]:
    """The part of a list that a call asks for.

    Args:
        call: carries `MaxItems` and `Marker`.
        entries: the whole list, in order.
        key: what tells an entry from all others of the list.

    Returns:
        The page, and the members of the answer that tell about it.

    Raises:
        AwsError: `ValidationError`, the marker isn't one that this list gave.
    """
    everything = list(entries)
    start = _start(call, [key(entry) for entry in everything])
    end = start + int(call.params.get("MaxItems") or PAGE)
    shown = everything[start:end]
    if end >= len(everything):
        return shown, {"IsTruncated": False}
    return shown, {"IsTruncated": True, "Marker": _marker(call, end, key(shown[-1]))}


def _start(call: Call, keys: list[str]) -> int:
    marker = call.params.get("Marker")
    if marker is None:
        return 0
    position, last = _read(call, marker)
    return keys.index(last) + 1 if last in keys else min(position, len(keys))


def _marker(call: Call, position: int, last: str) -> str:
    text = json.dumps([position, last], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_seal(call, text) + text).decode()


def _read(call: Call, marker: str) -> tuple[int, str]:
    try:
        raw = base64.b64decode(marker.encode(), altchars=b"-_", validate=True)
        if raw[:4] != _seal(call, raw[4:]):
            raise ValueError
        position, last = json.loads(raw[4:])
    except (ValueError, binascii.Error) as error:
        raise AwsError("ValidationError", "Invalid Marker.") from error
    return int(position), str(last)


def _seal(call: Call, text: bytes) -> bytes:
    """Ties a marker to its list."""
    return zlib.crc32(f"{call.account}:{call.operation}:".encode() + text).to_bytes(4, "big")
