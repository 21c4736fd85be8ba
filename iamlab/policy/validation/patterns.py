"""Questions between two patterns: does one cover the other, can both meet?

Comes in: texts with `*` and `?`. `covers` errs on the side of no, `meets` is exact. Both take time linear in the
longer text (`meets` keeps the places one pattern can have reached in the bits of an integer).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from iamlab.policy.glob import Predicate, glob, resource_glob, tokens_of

__all__ = ["NO_SLASH", "covers", "covers_resource", "has_wildcard", "meets"]

NO_SLASH: Final = "\x01"
"""In the second pattern of `meets`: any run of characters without a slash."""


def has_wildcard(text: str) -> bool:
    """Whether `*` or `?` stands in the text."""
    return "*" in text or "?" in text


@lru_cache(maxsize=8192)
def _glob(pattern: str) -> Predicate:
    return glob(tokens_of(pattern))


@lru_cache(maxsize=8192)
def _resource_glob(pattern: str) -> Predicate:
    return resource_glob(tokens_of(pattern))


def covers(wide: str, narrow: str) -> bool:
    """Whether every text that fits `narrow` fits `wide`."""
    if wide == narrow:
        return True
    if not has_wildcard(wide) or ("?" in wide and "*" in narrow):
        return False
    return _glob(wide)(narrow)


def covers_resource(wide: str, narrow: str) -> bool:
    """`covers` for resources, in which a `*` within one of the first five parts doesn't cross a colon."""
    if wide == narrow or (wide and not wide.strip("*")):
        return True
    if not has_wildcard(wide) or ("?" in wide and "*" in narrow):
        return False
    return _resource_glob(wide)(narrow)


class _Places:
    """A pattern, compiled so that another one can be walked along it."""

    __slots__ = ("accept", "any", "full", "loops", "masks", "plain_loops")

    def __init__(self, pattern: str) -> None:
        self.masks: dict[str, int] = {}
        self.any = self.loops = self.plain_loops = 0
        size = 0
        for char in pattern:
            if char == "*":
                self.loops |= 1 << size
            elif char == NO_SLASH:
                self.plain_loops |= 1 << size
            else:
                if char == "?":
                    self.any |= 1 << size
                else:
                    self.masks[char] = self.masks.get(char, 0) | 1 << size
                size += 1
        self.accept = 1 << size
        self.full = (self.accept << 1) - 1


_compiled = lru_cache(maxsize=8192)(_Places)


@lru_cache(maxsize=8192)
def meets(one: str, other: str) -> bool:
    """Whether some text fits both patterns."""
    places = _compiled(other)
    state = 1
    for char in one:
        if char == "*":
            state = places.full & -(
                state & -state
            )  # whatever the star stands for, any later place can be reached
            continue
        stay = state & (places.loops | (places.plain_loops if char != "/" else 0))
        ahead = places.accept - 1 if char == "?" else places.masks.get(char, 0) | places.any
        state = (state & ahead) << 1 | stay
        if not state:
            return False
    return state & places.accept != 0
