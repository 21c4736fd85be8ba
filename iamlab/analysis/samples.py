"""Sample strings: a resource that fits a policy's pattern and an action's ARN shape at once; values that pass tests.

Comes in: patterns, ARN templates of the service reference, compiled condition tests. Goes out: candidates. Nothing
here decides: the engine is asked with each candidate, so a poor sample costs an answer but never makes a wrong one.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from iamlab.policy import values
from iamlab.policy.conditions import Test
from iamlab.policy.glob import pattern as glob_pattern
from iamlab.policy.operators import NULL

__all__ = ["ACCOUNT", "FRESH", "filled", "meeting", "values_for"]

ACCOUNT: Final = "111122223333"
"""The account in which samples lie."""
FRESH: Final = "iamlab"
"""A name that no policy speaks of."""

_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_WILDCARD = re.compile(r"[*?]")
_FIXED: Final = {"Partition": "aws", "Region": "us-east-1"}
_LIKELY: Final = _FIXED | {"Account": ACCOUNT}
# Placeholders whose names may hold slashes and colons; all others stand for one plain name.
_LONG = re.compile(
    r"ObjectName|.*Path|.*Key|SecretId|Log(?:Group|Stream)Name|RepositoryName|Alias|.*LeadingSlash"
)
_STAR, _ONE, _NAME, _TEXT = "*", "?", "name", "text"
_MOST_STATES: Final = 2_000

Element = tuple[bool, str]
"""(literal, text): a character, or one of the four kinds above."""


def filled(template: str, account: str = ACCOUNT) -> str:
    """A template with its placeholders filled in: an ARN of the account that no policy names in particular."""
    fixed = _FIXED | {"Account": account}
    return _PLACEHOLDER.sub(lambda match: fixed.get(match[1], FRESH), template)


def meeting(template: str, *patterns: str) -> str | None:
    """A short resource of a template's shape that all patterns match; None where there is none.

    Region and account of the shape are kept open here, since patterns may name others than the sample's.
    """
    if template == "*":
        # An action without resource types is asked for on `*`, which only patterns of stars match.
        return "*" if all(not pattern.strip("*") for pattern in patterns) else None
    named = tuple(dict.fromkeys(pattern for pattern in patterns if pattern.strip("*")))
    if not named:
        return filled(template)
    return _meeting(template, named)


@lru_cache(8192)
def _meeting(template: str, patterns: tuple[str, ...]) -> str | None:
    shape = template.replace("${Partition}", "aws").split(":", 5)
    splits = [pattern.split(":", 5) for pattern in patterns]
    if len(shape) < 6 or any(len(split) < 6 for split in splits) or not _aligned(shape[5], splits):
        return _tried(template, patterns)
    # Segments stand against segments: six short questions instead of a long one.
    found = []
    for index, piece in enumerate(shape):
        part = _segment(piece, tuple(dict.fromkeys(split[index] for split in splits)))
        if part is None:
            return None
        found.append(part)
    return ":".join(found)


def _aligned(rest: str, splits: list[list[str]]) -> bool:
    """Whether no wildcard can take more than its own segment."""
    if not any("*" in segment for split in splits for segment in split[:5]):
        return True
    return ":" not in _PLACEHOLDER.sub("", rest) and not any(map(_LONG.fullmatch, _PLACEHOLDER.findall(rest)))


@lru_cache(8192)
def _segment(piece: str, patterns: tuple[str, ...]) -> str | None:
    likely = _PLACEHOLDER.sub(lambda match: _LIKELY.get(match[1], FRESH), piece)
    for sample in (likely, *(pattern for pattern in patterns if not _WILDCARD.search(pattern))):
        if _fits(piece, sample) and all(glob_pattern(pattern)(sample) for pattern in patterns):
            return sample
    if "$" not in piece and "*" not in piece:
        return None  # the shape itself is the only text, and doesn't match
    if any(not _WILDCARD.search(pattern) for pattern in patterns):
        return None
    return _tried(piece, patterns)


def _fits(piece: str, sample: str) -> bool:
    return re.fullmatch(_expression(piece), sample, re.DOTALL) is not None


@lru_cache(8192)
def _expression(piece: str) -> str:
    """A shape as a regular expression."""
    parts = []
    for index, text in enumerate(_PLACEHOLDER.split(piece)):
        if index % 2 == 0:
            parts.append(".*".join(map(re.escape, text.split("*"))))
        else:
            parts.append(".+" if _LONG.fullmatch(text) else "[^:/]+")
    return "".join(parts)


def _tried(template: str, patterns: tuple[str, ...]) -> str | None:
    """The search through the automata, unless the literal ends already tell that there is nothing to find."""
    head, tail = _head(template), _tail(template)
    for pattern in patterns:
        pieces = _WILDCARD.split(pattern)
        if not pieces[0].startswith(head) and not head.startswith(pieces[0]):
            return None
        if not pieces[-1].endswith(tail) and not tail.endswith(pieces[-1]):
            return None
    return _shortest([_shape(template), *map(_pattern, patterns)])


@lru_cache(8192)
def _head(template: str) -> str:
    """What every resource of a shape begins with."""
    return template.replace("${Partition}", "aws").partition("${")[0].partition("*")[0]


@lru_cache(8192)
def _tail(template: str) -> str:
    """What every resource of a shape ends with."""
    return template.rpartition("}")[2].rpartition("*")[2]


def _shape(template: str) -> tuple[Element, ...]:
    found: list[Element] = []
    for index, piece in enumerate(_PLACEHOLDER.split(template)):
        if index % 2 == 0:
            found += [(False, _STAR) if char == "*" else (True, char) for char in piece]
        elif piece == "Partition":
            found += [(True, char) for char in "aws"]
        else:
            found.append((False, _TEXT if _LONG.fullmatch(piece) else _NAME))
    return tuple(found)


def _pattern(text: str) -> tuple[Element, ...]:
    return tuple((char not in "*?", char) for char in text)


def _shortest(automata: list[tuple[Element, ...]]) -> str | None:
    """Breadth-first through the product of all automata.

    A state holds each automaton's position, twice its index plus whether its placeholder has had a character yet.
    """
    first = tuple(frozenset(_closed(a, {(0, False)})) for a in automata)
    queue = deque([(first, "")])
    seen = {first}
    while queue and len(seen) < _MOST_STATES:
        state, text = queue.popleft()
        if all((len(a), False) in places for a, places in zip(automata, state, strict=True)):
            return text
        # Letters that some automaton waits for, and one that stands for all others.
        waited = {
            a[at][1]
            for a, places in zip(automata, state, strict=True)
            for at, _ in places
            if at < len(a) and a[at][0]
        }
        for char in ("i", *sorted(waited - {"i"})):
            following = tuple(
                frozenset(_closed(a, _step(a, places, char)))
                for a, places in zip(automata, state, strict=True)
            )
            if all(following) and following not in seen:
                seen.add(following)
                queue.append((following, text + char))
    return None


Place = tuple[int, bool]


def _closed(elements: tuple[Element, ...], places: Iterable[Place]) -> Iterator[Place]:
    """The places reachable without a character: behind a star, behind a placeholder that has had one."""
    for at, begun in places:
        yield at, begun
        while at < len(elements) and not elements[at][0] and (elements[at][1] == _STAR or begun):
            at, begun = at + 1, False
            yield at, begun


def _step(elements: tuple[Element, ...], places: Iterable[Place], char: str) -> Iterator[Place]:
    for at, _ in places:
        if at == len(elements):
            continue
        literal, text = elements[at]
        if literal:
            if text == char:
                yield at + 1, False
        elif text == _STAR:
            yield at, False
        elif text == _ONE:
            yield at + 1, False
        elif text == _TEXT or char not in ":/":
            yield at, True


def values_for(tests: Iterable[Test]) -> list[str | tuple[str, ...] | None]:
    """Values of one condition key on which its tests can differ; None stands for the absent key.

    Each value that a test names has a representative, and so has everything beside them.
    """
    found: dict[str | tuple[str, ...] | None, None] = {}
    multivalued = False
    for test in tests:
        spelled = test.spelled
        if spelled is None:
            continue
        multivalued = multivalued or bool(spelled.quantifier)
        if spelled.operator is NULL:
            found[FRESH] = found[None] = None
            continue
        for text in test.values:
            for sample in _near(spelled.operator.type, text):
                found[sample] = None
    found.setdefault(FRESH)
    found.setdefault(None)
    if multivalued:
        single = [value for value in found if isinstance(value, str)]
        found.update(dict.fromkeys((value,) for value in single))
        found.setdefault(tuple(single))
    return list(found)


def _near(kind: str, text: str) -> Iterator[str]:
    """Samples on, below and above a value of a test."""
    if kind == "a number" and values.number(text) is not None:
        number = values.number(text)
        assert number is not None
        yield from (text, str(number - 1), str(number + 1))
    elif kind == "a date":
        moment = values.instant(text)
        if moment is not None:
            yield from (text, str(moment[0] - 86400), str(moment[0] + 86400))
    elif kind.startswith("`true`"):
        yield from ("true", "false")
    elif kind.startswith("an IP"):
        yield text.partition("/")[0]
        yield from ("192.0.2.1", "198.51.100.1")
    else:
        yield _PLACEHOLDER.sub(FRESH, text).replace("*", FRESH).replace("?", "x")
