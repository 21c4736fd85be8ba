"""How the catalogue's tables are written down."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Names separated by blanks: tables of operations stay readable that way."""
    return tuple(text.split())
