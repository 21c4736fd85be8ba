"""Times in a request's parameters, in whatever way its protocol writes them.

In: seconds since 1970, a text, or a datetime that may lack its zone. Out: an aware datetime.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def moment(value: Any) -> datetime:
    """The time that a parameter names; without a zone it is in UTC."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
