"""Patterns with `*` and `?`, matched in time linear in the text, whatever the pattern.

Comes in: a pattern as tokens (literal text, `STAR`, `ANY`). Goes out: a predicate on strings. Three shapes cover
everything: plain comparison; pieces between stars, found left to right (greedy finding is exact, because the leftmost
place of a piece leaves the most room for the rest); and, where `?` or a colon rule is involved, a simulation of the
pattern's automaton in the bits of one integer. Nothing here backtracks, so `a*a*a*…b` costs what any pattern costs.

Three callers lay different rules over these predicates: actions (ignoring case), resources (a `*` inside one of the
    first five ARN segments stays in it unless it ends the segment) and the ARN operators (segment by segment).
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

__all__ = [
    "ANY",
    "STAR",
    "Mark",
    "Predicate",
    "Token",
    "arn_glob",
    "arn_marks",
    "glob",
    "pattern",
    "resource_glob",
    "resource_marks",
    "resource_pattern",
    "split_segments",
    "tokens_of",
]

Predicate = Callable[[str], bool]
Token = str | int
"""A literal stretch of text, or one of `STAR` and `ANY`."""

STAR: Final = -1
ANY: Final = -2

Mark = tuple[Token, bool]
"""A token, and whether it is a wildcard that doesn't run over colons."""


_WILDCARD = re.compile(r"([*?])")
_WILDCARDS: Final = {"*": STAR, "?": ANY}

# Policies repeat their patterns; equal texts share one predicate.
_REMEMBERED: Final = 2048


def tokens_of(text: str) -> list[Token]:
    """Split a raw pattern at its wildcards."""
    return [_WILDCARDS.get(piece, piece) for piece in _WILDCARD.split(text) if piece]


@lru_cache(_REMEMBERED)
def pattern(text: str) -> Predicate:
    """The predicate of a raw pattern: `glob` of its tokens."""
    if "?" in text:
        return glob(tokens_of(text))
    pieces = text.split("*")
    if len(pieces) == 1:
        return text.__eq__
    return _pieces(pieces[0], [piece for piece in pieces[1:-1] if piece], pieces[-1])


@lru_cache(_REMEMBERED)
def resource_pattern(text: str) -> Predicate:
    """The predicate of a raw resource pattern: `resource_glob` of its tokens."""
    head = text.split(":", 5)[:5]
    if any("?" in segment or "*" in segment[:-1] for segment in head):
        return resource_glob(tokens_of(text))
    return pattern(text)


def glob(tokens: Sequence[Token]) -> Predicate:
    """A predicate for a whole-string match; `*` runs over everything, `?` stands for one character."""
    if ANY in tokens:
        return _automaton([(token, False) for token in tokens])
    pieces = [""]
    for token in tokens:
        if token == STAR:
            pieces.append("")
        else:
            pieces[-1] += str(token)
    if len(pieces) == 1:
        return pieces[0].__eq__
    return _pieces(pieces[0], [piece for piece in pieces[1:-1] if piece], pieces[-1])


def _pieces(prefix: str, middle: list[str], suffix: str) -> Predicate:
    if not middle and not suffix:
        return (lambda text: text.startswith(prefix)) if prefix else (lambda text: True)
    least = len(prefix) + len(suffix) + sum(map(len, middle))

    def match(text: str) -> bool:
        if len(text) < least or not text.startswith(prefix) or not text.endswith(suffix):
            return False
        at, end = len(prefix), len(text) - len(suffix)
        for piece in middle:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return match


def _automaton(tokens: Sequence[Mark]) -> Predicate:
    """Simulate the pattern; a token marked True keeps its wildcard within one colon-delimited segment.

    Bit i of the state says: the first i non-star tokens may have been consumed.
    """
    consume: dict[str, int] = {}
    anything = colonless = loops = colonless_loops = 0
    size = 0
    for token, confined in tokens:
        bit = 1 << size
        if token == STAR:
            if confined:
                colonless_loops |= bit
            else:
                loops |= bit
        elif token == ANY:
            if confined:
                colonless |= bit
            else:
                anything |= bit
            size += 1
        else:
            for char in str(token):
                consume[char] = consume.get(char, 0) | 1 << size
                size += 1
    accept = 1 << size
    ordinary, staying = anything | colonless, loops | colonless_loops
    masks = {char: mask | ordinary for char, mask in consume.items()}
    masks[":"] = consume.get(":", 0) | anything

    def match(text: str) -> bool:
        state = 1
        for char in text:
            stay = state & (loops if char == ":" else staying)
            state = (state & masks.get(char, ordinary)) << 1 | stay
            if not state:
                return False
        return state & accept != 0

    return match


def split_segments(tokens: Sequence[Token], most: int) -> list[list[Token]]:
    """Split tokens at the colons of their literal text, `most` times at most."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        rest: Token = token
        while isinstance(rest, str) and len(segments) <= most and ":" in rest:
            head, _, rest = rest.partition(":")
            if head:
                segments[-1].append(head)
            segments.append([])
        if rest != "":
            segments[-1].append(rest)
    return segments


def resource_marks(tokens: Sequence[Token]) -> list[Mark]:
    """The tokens of a resource pattern, each with whether it stays within its segment.

    A wildcard in the resource part, or a `*` that ends its segment, runs over colons and slashes; a wildcard inside
    one of the first five segments stays within it.
    """
    marked: list[Mark] = []
    for index, segment in enumerate(split_segments(tokens, 5)):
        if index:
            marked.append((":", False))
        for place, token in enumerate(segment):
            ends = token == STAR and place == len(segment) - 1
            marked.append((token, index < 5 and not isinstance(token, str) and not ends))
    return marked


def resource_glob(tokens: Sequence[Token]) -> Predicate:
    """A predicate for `Resource` and `NotResource` strings, on ARNs; see `resource_marks`.

    The distinction costs nothing where a pattern doesn't need it.
    """
    marked = resource_marks(tokens)
    return _automaton(marked) if any(confined for _, confined in marked) else glob(tokens)


def arn_marks(tokens: Sequence[Token]) -> list[Mark] | None:
    """The pattern of an ARN operator as one marked pattern over the whole text; None when nothing can match it.

    It accepts what `arn_glob` accepts: the first part is `arn`, wildcards of the first five parts stay in theirs.
    """
    if tokens and all(token == STAR for token in tokens):
        return [(STAR, False)]
    segments = split_segments(tokens, 5)
    if len(segments) < 6 or not glob(segments[0])("arn"):
        return None
    marked: list[Mark] = [("arn", False)]
    for index, segment in enumerate(segments[1:], start=1):
        marked.append((":", False))
        marked.extend((token, index < 5 and not isinstance(token, str)) for token in segment)
    return marked


def arn_glob(tokens: Sequence[Token]) -> Predicate | None:
    """A predicate for the ARN operators: six parts, each compared alone; None when the pattern is no ARN.

    See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    if tokens and all(token == STAR for token in tokens):
        return lambda text: True
    segments = split_segments(tokens, 5)
    if len(segments) < 6:
        return None
    tests = tuple((index, glob(segment)) for index, segment in enumerate(segments) if segment != [STAR])

    def match(text: str) -> bool:
        parts = text.split(":", 5)
        if len(parts) < 6 or parts[0] != "arn":
            return False
        for index, test in tests:  # noqa: SIM110 (a loop is measurably faster than all() here)
            if not test(parts[index]):
                return False
        return True

    return match
