"""Sets of strings: several patterns read at once, and the strings that tell them apart.

Comes in: patterns as `iamlab.policy.glob` marks them. Goes out: a `Bundle`, one automaton for all of them whose state
is a single integer, and what is asked of it: whether two patterns share a string, and one string for every
combination of patterns that a string can match (`minterms`). Walking costs steps of a `Budget`; nothing guesses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from iamlab.policy.glob import ANY, STAR, Mark

__all__ = [
    "FRESH",
    "Budget",
    "Bundle",
    "Glob",
    "OverBudget",
    "Place",
    "glob",
    "glob_of",
    "minterms",
    "overlap",
    "walk",
]

FRESH: Final = "xyzwvutsrqponmlkjihgfedcba0123456789XYZWVUTSRQPONMLKJIHGFEDCBA-_~"
"""Characters for what no pattern names, in order of preference."""

_COLON: Final = frozenset(":")
_NOTHING: Final[frozenset[str]] = frozenset()

Place = tuple[int | str, frozenset[str]]
"""What one place of a pattern reads: STAR, ANY, or the spellings of one character; wildcards with what they refuse."""


class OverBudget(Exception):
    """The bound was hit; the text says where."""


class Budget:
    """How many steps may still be taken.

    Args:
        steps: the bound.
    """

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int, where: str) -> None:
        """Take steps.

        Raises:
            OverBudget: none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise OverBudget(where)


class Glob:
    """A pattern place by place. Made by `glob` and `glob_of`, which give equal patterns the same object.

    Attributes:
        places: what each place reads.
        literal: the text, when the pattern is one; else None.
    """

    __slots__ = ("literal", "places")

    def __init__(self, places: tuple[Place, ...]) -> None:
        self.places = places
        plain = all(isinstance(place, str) and len(place) == 1 for place, _ in places)
        self.literal = "".join(str(place) for place, _ in places) if plain else None


@lru_cache(16_384)
def glob(places: tuple[Place, ...]) -> Glob:
    """The pattern of these places."""
    return Glob(places)


@lru_cache(16_384)
def glob_of(marks: tuple[Mark, ...], fold: bool = False) -> Glob:
    """A marked pattern place by place.

    Args:
        marks: tokens, each with whether it keeps within colons.
        fold: the case of letters doesn't count.
    """
    places: list[Place] = []
    for token, confined in marks:
        if isinstance(token, str):
            if not fold:
                places.extend([(char, _NOTHING) for char in token])
                continue
            for char in token:
                both = {char, char.lower(), char.upper()}
                places.append(("".join(sorted(one for one in both if len(one) == 1)), _NOTHING))
        else:
            place = (token, _COLON if confined else _NOTHING)
            if token != STAR or not places or places[-1] != place:
                places.append(place)
    return glob(tuple(places))


class Bundle:
    """Several patterns as one automaton.

    Bit i of a pattern's stretch of the state says: its first i places that are no star may have been read.

    Attributes:
        start: the state before the first character.
        accepts: the accepting bit of each pattern.
        regions: all bits of each pattern.
        final: accepting bits that nothing can leave any more.
    """

    __slots__ = (
        "_advance",
        "_any",
        "_clear",
        "_loops",
        "_next",
        "_stay",
        "accepts",
        "final",
        "fresh",
        "literals",
        "regions",
        "start",
    )

    def __init__(self, globs: Sequence[Glob], fresh: str = FRESH) -> None:
        literal: dict[str, int] = {}
        refuse_any: dict[str, int] = {}
        refuse_loop: dict[str, int] = {}
        anything = loops = start = final = 0
        accepts: list[int] = []
        regions: list[int] = []
        at = 0
        for pattern in globs:
            first = at
            start |= 1 << at
            ending = False
            for place, refused in pattern.places:
                bit = 1 << at
                if place == STAR:
                    loops |= bit
                    for char in refused:
                        refuse_loop[char] = refuse_loop.get(char, 0) | bit
                    ending = not refused
                    continue
                ending = False
                if place == ANY:
                    anything |= bit
                    for char in refused:
                        refuse_any[char] = refuse_any.get(char, 0) | bit
                else:
                    for char in str(place):
                        literal[char] = literal.get(char, 0) | bit
                at += 1
            accepts.append(1 << at)
            if ending:
                final |= 1 << at
            at += 1
            regions.append((1 << at) - (1 << first))
        self.start = start
        self.accepts = tuple(accepts)
        self.regions = tuple(regions)
        self.final = final
        self.literals = literal
        self._any, self._loops = anything, loops
        alphabet = {*literal, *refuse_any, *refuse_loop}
        self._advance = {c: (anything & ~refuse_any.get(c, 0)) | literal.get(c, 0) for c in alphabet}
        self._stay = {c: loops & ~refuse_loop.get(c, 0) for c in alphabet}
        self.fresh = next((c for c in fresh if c not in alphabet), "") or _unused(alphabet)
        # Where a pattern can't fail any more, the rest of its state tells nothing.
        self._clear: dict[int, int] = {}
        self._next: dict[tuple[int, str], int] = {}
        for char, bits in (*refuse_any.items(), *refuse_loop.items()):
            literal[char] = literal.get(char, 0) | bits  # a reason to try the character

    def step(self, state: int, char: str) -> int:
        """The state after one more character."""
        advance = self._advance.get(char, self._any)
        stay = self._stay.get(char, self._loops)
        state = (state & advance) << 1 | (state & stay)
        done = state & self.final
        return state & self._cleared(done) if done else state

    def _cleared(self, done: int) -> int:
        mask = self._clear.get(done)
        if mask is None:
            mask = -1
            for accept, region in zip(self.accepts, self.regions, strict=True):
                if accept & done:
                    mask &= ~region | accept
            self._clear[done] = mask
        return mask

    def settle(self, state: int) -> int:
        """The start state in the form that `step` gives."""
        done = state & self.final
        return state & self._cleared(done) if done else state

    def choices(self, state: int) -> list[str]:
        """One character for every way the state can go on: the named ones that matter here, and one that is none."""
        named = [char for char, bits in self.literals.items() if state & bits]
        named.append(self.fresh)
        return named

    def read(self, text: str) -> int:
        """The state after a whole text."""
        state = self.settle(self.start)
        for char in text:
            state = self.step(state, char)
        return state


def _unused(alphabet: Iterable[str]) -> str:
    code = 0x4E00
    while chr(code) in alphabet:
        code += 1
    return chr(code)


def walk(
    bundle: Bundle,
    keep: Callable[[int], bool],
    found: Callable[[int], bool],
    budget: Budget,
    where: str,
) -> str | None:
    """The shortest string that leads to a state wanted; the empty string doesn't count.

    Args:
        bundle: the patterns.
        keep: whether anything wanted can still lie behind a state.
        found: whether the state, as the end of the string, is wanted.
        budget: pays a step for each state.
        where: what to say when the budget ends.
    """
    start = bundle.settle(bundle.start)
    if not keep(start):
        return None
    back: dict[int, tuple[int, str] | None] = {start: None}
    queue = deque([start])
    looped = False
    while queue:
        state = queue.popleft()
        budget.spend(1, where)
        for char in bundle.choices(state):
            after = bundle.step(state, char)
            if after in back and (looped or after != start):
                continue
            if found(after):
                return _spelled(back, state) + char
            if after == start:
                looped = True
                continue
            back[after] = (state, char)
            if keep(after):
                queue.append(after)
    return None


def _spelled(back: dict[int, tuple[int, str] | None], state: int) -> str:
    chars: list[str] = []
    link = back[state]
    while link is not None:
        chars.append(link[1])
        link = back[link[0]]
    return "".join(reversed(chars))


def minterms(globs: Sequence[Glob], budget: Budget, where: str, fresh: str = FRESH) -> Iterator[str]:
    """A shortest non-empty string for every combination of patterns that some non-empty string matches.

    Args:
        globs: the patterns.
        budget: pays a step for each state.
        where: what to say when the budget ends.
        fresh: characters to prefer for what no pattern names.
    """
    bundle = Bundle(globs, fresh)
    accepting = sum(bundle.accepts)
    start = bundle.settle(bundle.start)
    seen = {start}
    found: set[int] = set()
    queue = deque([(start, "")])
    while queue:
        state, text = queue.popleft()
        budget.spend(1, where)
        for char in bundle.choices(state):
            after = bundle.step(state, char)
            matched = after & accepting
            if matched not in found:
                found.add(matched)
                yield text + char
            if after not in seen:
                seen.add(after)
                if after & ~bundle.final:  # else every pattern is decided, and nothing new lies behind
                    queue.append((after, text + char))


@lru_cache(65_536)
def overlap(one: Glob, other: Glob) -> bool:
    """Whether two patterns share a string, the empty one included."""
    left, right = one.places, other.places
    width, height = len(left), len(right)
    stack = [(0, 0)]
    seen: set[tuple[int, int]] = set()
    while stack:
        i, j = stack.pop()
        # Along literal text there is one way only.
        while i < width and j < height:
            (a, refused), (b, refused_too) = left[i], right[j]
            if a == STAR or b == STAR or not _share(a, refused, b, refused_too):
                break
            i += 1
            j += 1
        if i == width and j == height:
            return True
        if (i, j) in seen:
            continue
        seen.add((i, j))
        if i < width and left[i][0] == STAR:
            stack.append((i + 1, j))
            if j < height and right[j][0] != STAR and _share(ANY, left[i][1], *right[j]):
                stack.append((i, j + 1))
        if j < height and right[j][0] == STAR:
            stack.append((i, j + 1))
            if i < width and left[i][0] != STAR and _share(*left[i], ANY, right[j][1]):
                stack.append((i + 1, j))
    return False


def _share(a: int | str, refused: frozenset[str], b: int | str, refused_too: frozenset[str]) -> bool:
    """Whether two places, none of them a star, share a character."""
    if isinstance(a, str):
        if isinstance(b, str):
            return a == b or not set(a).isdisjoint(b)
        return not refused_too.issuperset(a)
    return not isinstance(b, str) or not refused.issuperset(b)
