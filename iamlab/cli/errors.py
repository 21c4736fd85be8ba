"""The error that a command raises for what the person at the terminal can mend."""

from __future__ import annotations

__all__ = ["CommandError"]


class CommandError(Exception):
    """What went wrong, in words for the terminal: lower case, the input in backticks, and what to do next."""
