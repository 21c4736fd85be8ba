"""Policy variables: which values of a key matter because patterns ask for them.

A variable ties a resource (or another key) to the value of a key, so both must be chosen together. Comes in: all
patterns of a class of requests, by what they are compared with. Goes out: the keys that stand in them, and for each the
pieces of other patterns that its value can line up with. A value's effect on patterns without variables depends only
on which of these pieces it matches, so one value for each combination stands for all. Where a variable meets another
variable's pattern, the other one counts as any text: there the values are representatives, and no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from iamlab.analysis.strings import Budget, Glob, glob, glob_of, overlap
from iamlab.policy.glob import STAR, Token
from iamlab.policy.variables import Part, Variable

__all__ = ["RESOURCE", "filled", "keys_in", "pieces"]

RESOURCE: Final = "resource"
"""What resource patterns are compared with; condition keys go by their names, which hold a colon."""

Pattern = tuple[Part, ...]


def keys_in(patterns: Mapping[str, Iterable[Pattern]]) -> dict[str, str]:
    """The keys that stand in variables: in lower case, with their spelling."""
    return {
        part.key: part.name
        for group in patterns.values()
        for parts in group
        for part in parts
        if isinstance(part, Variable)
    }


def filled(
    patterns: Mapping[str, Sequence[Pattern]], values: Mapping[str, object]
) -> dict[str, list[Pattern]]:
    """The patterns once some keys have a value: with it in the place of their variables, and with it to line up with.

    What is compared with a key that has a value must become that value: so the value stands among its patterns.
    """
    made: dict[str, list[Pattern]] = {}
    for name, group in patterns.items():
        kept = dict.fromkeys(tuple(_with_values(parts, values)) for parts in group)
        value = values.get(name)
        if isinstance(value, str):
            kept[tuple(value)] = None
        made[name] = list(kept)
    return made


def _with_values(parts: Pattern, values: Mapping[str, object]) -> Iterator[Part]:
    for part in parts:
        value = values.get(part.key) if isinstance(part, Variable) else None
        if isinstance(value, str):
            yield from value
        else:
            yield part


def pieces(key: str, patterns: Mapping[str, Sequence[Pattern]], budget: Budget) -> tuple[Glob, ...]:
    """What a key's value can line up with, as patterns; without those that everything matches."""
    found: dict[Glob, None] = {}
    asked: set[tuple[Glob, Glob, Glob]] = set()
    for group in patterns.values():
        for own in group:
            for index, part in enumerate(own):
                if isinstance(part, Variable) and part.key == key:
                    before, after = _plain(own[:index]), _plain(own[index + 1 :])
                    for other in map(_plain, group):
                        if (before, after, other) in asked:
                            continue
                        asked.add((before, after, other))
                        budget.spend(len(other.places), "the values of policy variables")
                        for piece in _pieces(before, after, other):
                            found[piece] = None
                            budget.spend(1, "the values of policy variables")
    return tuple(piece for piece in found if any(place != STAR for place, _ in piece.places))


def _plain(parts: Sequence[Part]) -> Glob:
    """A pattern in which every variable stands for any text."""
    tokens: list[Token] = [STAR if isinstance(part, Variable) else part for part in parts]
    return glob_of(tuple((token, False) for token in tokens))


@lru_cache(4096)
def _pieces(before: Glob, after: Glob, other: Glob) -> tuple[Glob, ...]:
    places = other.places
    size = len(places)
    starts = [at for at in range(size + 1) if overlap(before, glob(places[:at]))]
    stops = [at for at in range(size + 1) if overlap(after, glob(places[at:]))]
    # The value can begin in the star before it, and end in the one behind it.
    begins = {at - 1 if at and places[at - 1][0] == STAR else at for at in starts}
    ends = {at + 1 if at < size and places[at][0] == STAR else at for at in stops}
    return tuple(glob(places[begin:end]) for begin in sorted(begins) for end in sorted(ends) if begin < end)
