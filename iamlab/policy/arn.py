"""ARNs, read once and compared as text.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = ["Arn", "parse_arn"]


class Arn(NamedTuple):
    """`arn:partition:service:region:account:resource`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))


@lru_cache(4096)
def parse_arn(text: str) -> Arn | None:
    """The six parts of an ARN; None when the text is none."""
    parts = text.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not parts[1] or not parts[2]:
        return None
    return Arn(*parts[1:])
