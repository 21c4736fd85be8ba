"""Patterns: agree with a slow and simple matcher, and stay linear when somebody means harm."""

from __future__ import annotations

import time
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab.policy.glob import arn_glob, glob, pattern, resource_glob, resource_pattern, tokens_of

PATTERNS = st.text(alphabet="ab:*?", max_size=12)
TEXTS = st.text(alphabet="ab:", max_size=12)


def slow_match(wild: str, text: str, colons: bool = True) -> bool:
    """The definition, character by character; `colons` tells whether wildcards may stand for a colon."""

    @lru_cache(None)
    def match(i: int, j: int) -> bool:
        if i == len(wild):
            return j == len(text)
        if wild[i] == "*":
            return match(i + 1, j) or (j < len(text) and (colons or text[j] != ":") and match(i, j + 1))
        if j == len(text):
            return False
        fits = wild[i] == text[j] or (wild[i] == "?" and (colons or text[j] != ":"))
        return fits and match(i + 1, j + 1)

    return match(0, 0)


@given(PATTERNS, TEXTS)
def test_a_glob_matches_as_defined(wild: str, text: str) -> None:
    assert glob(tokens_of(wild))(text) == pattern(wild)(text) == slow_match(wild, text)


@given(PATTERNS, TEXTS)
def test_an_arn_glob_compares_six_parts_each_alone(wild: str, text: str) -> None:
    text = f"arn:{text}"
    predicate = arn_glob(tokens_of(wild))
    if wild and not wild.strip("*"):
        assert predicate is not None
        assert predicate(text)
        return
    parts, held = wild.split(":", 5), text.split(":", 5)
    if len(parts) < 6:
        assert predicate is None
        return
    assert predicate is not None
    expected = len(held) == 6 and all(map(slow_match, parts, held))
    assert predicate(text) == expected


def slow_resource_match(wild: str, text: str) -> bool:
    """The rule of `Resource`, by trying every way to part the text: only a segment's last `*` crosses colons."""
    head, colon, tail = wild.partition(":")
    return _slow_resource(head, tail if colon else None, text, 0)


def _slow_resource(segment: str, rest: str | None, text: str, index: int) -> bool:
    if index >= 5:
        return slow_match(segment if rest is None else f"{segment}:{rest}", text)
    for end in range(len(text) + 1):
        if rest is not None and text[end : end + 1] != ":":
            continue
        if rest is None and end != len(text):
            continue
        part = text[:end]
        crossing = segment.endswith("*")
        fits = any(
            slow_match(segment[:-1], part[:cut], colons=False) for cut in range(len(part) + 1)
        ) if crossing else slow_match(segment, part, colons=False)  # fmt: skip
        if not fits:
            continue
        if rest is None:
            return True
        head, colon, tail = rest.partition(":")
        if index + 1 >= 5:
            head, colon, tail = rest, "", ""
        if _slow_resource(head, tail if colon else None, text[end + 1 :], index + 1):
            return True
    return False


@given(st.text(alphabet="ab:*?", max_size=9), st.text(alphabet="ab:", max_size=9))
def test_a_resource_glob_keeps_inner_wildcards_in_their_segment(wild: str, text: str) -> None:
    assert resource_glob(tokens_of(wild))(text) == slow_resource_match(wild, text)


@given(st.text(alphabet="ab:*?", max_size=9), st.text(alphabet="ab:", max_size=9))
def test_the_quick_way_for_resources_is_the_same(wild: str, text: str) -> None:
    assert resource_pattern(wild)(text) == resource_glob(tokens_of(wild))(text)


HOSTILE = [
    ("a*" * 1000 + "b", "a" * 6000),
    ("*a" * 1000 + "b", "a" * 6000),
    ("a?*" * 1000 + "b", "a" * 6000),
    ("?" * 3000 + "b", "a" * 6000),
    ("*?a" * 2000, "a" * 6000 + "b"),
    ("*" * 6000, "a" * 6000),
    ("*" + "a" * 3000 + "b*", "a" * 6000),
    ("*" + "a?" * 1500 + "b*", "a" * 6000),
    ("arn:a*" + "a*" * 1000 + "b:::::", "arn:" + "a" * 6000),
]


@pytest.mark.parametrize(("wild", "text"), HOSTILE)
def test_a_hostile_pattern_does_not_take_long(wild: str, text: str) -> None:
    for make in (glob, resource_glob):
        predicate = make(tokens_of(wild))
        begun = time.process_time()
        predicate(text)
        assert time.process_time() - begun < 0.5
