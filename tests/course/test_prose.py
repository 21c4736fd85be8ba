"""The markup of exercises: what it reads, and that nothing else becomes markup."""

from __future__ import annotations

import pytest

from iamlab.course.prose import data_of, html_of, read


def test_marks_become_markup_and_everything_else_is_escaped() -> None:
    html = html_of(read("**`a<b>` & c**\n\n- one\n- `two`"))
    assert "<strong><code>a&lt;b&gt;</code> &amp; c</strong>" in html
    assert "<li><code>two</code></li>" in html


def test_a_star_in_code_is_no_emphasis() -> None:
    html = html_of(read("the *objects* of `s3:*` on `arn:aws:s3:::b/*`, *all* of them"))
    assert "<em>objects</em> of <code>s3:*</code> on <code>arn:aws:s3:::b/*</code>, <em>all</em> of" in html


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("one\ntwo\n\nthree", [["p", "one two"], ["p", "three"]]),
        ("1. one\n2. *two*", [["ol", ["li", "one"], ["li", ["em", "two"]]]]),
        (
            "Look:\n\n```json\n{\n\n  1}\n```\n\nSo.",
            [["p", "Look:"], ["pre", "{\n\n  1}"], ["p", "So."]],
        ),
        (
            "| a | b |\n|:--|:--|\n| `1` | 2 |",
            [["table", ["tr", ["th", "a"], ["th", "b"]], ["tr", ["td", ["code", "1"]], ["td", "2"]]]],
        ),
        ("> he said\n> **no**", [["blockquote", "he said ", ["strong", "no"]]]),
        ("2 * 3 = 6 <b>", [["p", "2 * 3 = 6 <b>"]]),
        ("", []),
    ],
    ids=["paragraphs", "numbers", "code", "table", "quote", "no markup", "nothing"],
)
def test_a_text_is_a_tree_of_elements(text: str, data: list[object]) -> None:
    assert data_of(read(text)) == data
