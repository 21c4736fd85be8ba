"""Parts of KMS's lists: `Limit`, `Marker`, `NextMarker` and `Truncated`.

https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html
"""

from __future__ import annotations

import base64
from typing import Any

from iamlab.cloud.call import Call
from iamlab.cloud.errors import AwsError


def page(call: Call, member: str, key: str, listed: list[dict[str, Any]], usual: int) -> dict[str, Any]:
    """Part of a list; the marker tells, to nobody but KMS, the last item that was shown.

    Args:
        member: of the answer, that takes the list.
        key: what tells one item from another.
        usual: how many are shown where the call names no `Limit`.

    Raises:
        AwsError: `InvalidMarkerException`, 400.
    """
    start, marker = 0, call.params.get("Marker")
    if marker:
        ids = [_marker(item[key]) for item in listed]
        if marker not in ids:
            raise AwsError("InvalidMarkerException", "Invalid marker.")
        start = ids.index(marker) + 1
    end = start + int(call.params.get("Limit") or usual)
    shown = listed[start:end]
    answer: dict[str, Any] = {member: shown, "Truncated": end < len(listed)}
    if answer["Truncated"]:
        answer["NextMarker"] = _marker(shown[-1][key])
    return answer


def _marker(text: Any) -> str:
    return base64.b64encode(str(text).encode()).decode()
