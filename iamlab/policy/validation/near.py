"""Near misses: the name that was probably meant.

Comes in: a word and the names there are. Goes out: the closest name, or None. Distance counts inserted, lost, changed
and swapped letters, ignoring case; a name is near when no more than a quarter of the word is off.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["near"]

_LONGEST = 80


def near(word: str, names: Iterable[str], shortest: int = 4) -> str | None:
    """The name closest to a word.

    Args:
        word: as it stands in the policy.
        names: the names there are.
        shortest: of shorter words only the case of letters may be off, since nearly everything is near them.

    Returns:
        The first of the closest names; None when none is near.
    """
    wanted = word.lower()
    size = len(wanted)
    if size > _LONGEST:
        return None
    limit = 0 if size < shortest else max(1, min(4, size // 4))
    letters = set(wanted)
    best: str | None = None
    for name in names:
        other = name.lower()
        if abs(len(other) - size) > limit or len(letters.symmetric_difference(other)) > 2 * limit:
            continue
        distance = _distance(wanted, other, limit)
        if distance is not None:
            if distance == 0:
                return name
            best, limit = name, distance - 1
            if limit == 0:
                return best
    return best


def _distance(one: str, other: str, limit: int) -> int | None:
    """How many letters lie between two words, or None when more than the limit do."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        last = [i]
        for j, peer in enumerate(other, 1):
            cost = min(row[j] + 1, last[j - 1] + 1, row[j - 1] + (char != peer))
            if i > 1 and j > 1 and char == other[j - 2] and peer == one[i - 2]:
                cost = min(cost, before[j - 2] + 1)
            last.append(cost)
        if min(last) > limit:
            return None
        before, row = row, last
    return row[-1] if row[-1] <= limit else None
