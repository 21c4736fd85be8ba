"""Text that is not JSON, mended as far as possible, so that what stands in it can still be checked.

Comes in: text that `iamlab.policy.places` refuses. Goes out: a `Repair`: text that is JSON, the mistakes on the way,
and where each of its characters stood. The mender tries what people usually get wrong (a comma too many or missing,
the wrong quotes, a comment, a bracket left open) and otherwise takes out what can't be read, so that whole statements
survive. Only the first mistake and those with an obvious remedy are reported: a mistake after a guess may be the
guess's fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from iamlab.policy.places import JsonSyntaxError, Node, parse

__all__ = ["Mistake", "Repair", "repair"]

_MOST_STEPS: Final = 30
_LONGEST: Final = 50_000

_COMMENT = re.compile(r"[ \t]*(?:#[^\n]*|//[^\n]*|/\*.*?(?:\*/|$))", re.DOTALL)
_SINGLE = re.compile(r"'[^'\"\n]*'")
_TYPOGRAPHIC = re.compile(r"[\u201c\u201d][^\"\u201c\u201d\n]*[\u201c\u201d\"]")
_BARE = re.compile(r"[^\s\"'{}\[\],]+?(?=\s*[:,\]}\n])")
_LAST_KEY = re.compile(r',\s*"(?:[^"\\]|\\.)*"\s*$')
_WORDS: Final = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "undefined": "null",
}
_CLOSING: Final = {"{": "}", "[": "]"}

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that isn't JSON.

    Attributes:
        message: what is wrong.
        start, end: where, in the text as given.
        edits: what mends it there; empty where the remedy is a guess.
        title: what the edits do.
    """

    message: str
    start: int
    end: int
    edits: tuple[Edit, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Text made readable.

    Attributes:
        text: JSON.
        root: its tree.
        mistakes: what was wrong, in the order of mending.
        origins: for each character where it stood in the text as given, -1 where it was put in.
        size: length of the text as given.
    """

    text: str
    root: Node
    mistakes: tuple[Mistake, ...]
    origins: tuple[int, ...]
    size: int

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the text as given that a stretch of the mended text came from."""
        return _original(self.origins, self.size, start, end)


@dataclass(frozen=True, slots=True)
class _Step:
    title: str
    edits: tuple[Edit, ...]
    sure: bool = True


def _original(origins: list[int] | tuple[int, ...], size: int, start: int, end: int) -> tuple[int, int]:
    before = next((origins[k] + 1 for k in range(end - 1, -1, -1) if origins[k] >= 0), 0)
    if start == end:
        return before, before
    first = next((origins[k] for k in range(start, len(origins)) if origins[k] >= 0), size)
    return min(first, before), before


def repair(text: str) -> Repair | None:
    """Mend a text until it is JSON.

    Args:
        text: what `parse` refuses.

    Returns:
        The mended text; None when nothing readable could be made of it.
    """
    if len(text) > _LONGEST:
        return None
    current, origins, sure = text, list(range(len(text))), True
    mistakes: list[Mistake] = []
    for _ in range(_MOST_STEPS):
        try:
            root = parse(current)
        except JsonSyntaxError as error:
            step = _step(current, error)
            if step is None:
                return None
            if sure and (step.sure or not mistakes):
                edits = [(*_original(origins, len(text), start, end), new) for start, end, new in step.edits]
                place = _original(origins, len(text), error.span.start, error.span.end)
                mistakes.append(Mistake(error.message, *place, tuple(edits) if step.sure else (), step.title))
            sure = sure and step.sure
            for start, end, new in sorted(step.edits, reverse=True):
                kept = origins[start : min(end, start + len(new))]
                origins[start:end] = kept + [-1] * (len(new) - len(kept))
                current = current[:start] + new + current[end:]
            continue
        return Repair(current, root, tuple(mistakes), tuple(origins), len(text))
    return None


def _step(text: str, error: JsonSyntaxError) -> _Step | None:
    start, end = error.span.start, error.span.end
    for begins, remedy in _REMEDIES:
        if error.message.startswith(begins):
            step = remedy(text, start, end)
            if step is not None:
                return step
    return _unreadable(text, start, end)


def _trailing_comma(text: str, start: int, end: int) -> _Step:
    return _Step("remove the comma", ((start, start + 1, ""),))


def _missing_comma(text: str, start: int, end: int) -> _Step:
    return _Step("insert the comma", ((end, end, ","),))


def _unclosed(text: str, start: int, end: int) -> _Step | None:
    open_brackets = _open_brackets(text)
    if not open_brackets:
        return None
    closing = "".join(_CLOSING[char] for char in reversed(open_brackets))
    body = text.rstrip()
    if body.endswith(","):
        return _Step("close what is open", ((len(body) - 1, len(text), closing),))
    return _Step(f"insert `{closing}` at the end", ((len(body), len(body), closing),))


def _open_brackets(text: str) -> list[str]:
    """The brackets that are still open at the text's end; strings are skipped."""
    stack: list[str] = []
    inside = escaped = False
    for char in text:
        if inside:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            else:
                inside = char != '"'
        elif char == '"':
            inside = True
        elif char in "{[":
            stack.append(char)
        elif char in "}]" and stack:
            stack.pop()
    return stack


def _cut_short(text: str, start: int, end: int) -> _Step | None:
    """The text ends within a member: what has been begun goes, the brackets close."""
    body = text.rstrip()
    if body.endswith(":"):
        return _Step("complete the text", ((len(body), len(body), ' ""'),), sure=False)
    return _unclosed(text, start, end)


def _open_string(text: str, start: int, end: int) -> _Step:
    """Close a string before the comma that ends its line, or else at the line's end."""
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    at = len(text[start:line_end].rstrip().rstrip(",").rstrip()) + start
    return _Step("close the string", ((at, at, '"'),), sure=at > start + 1)


def _bad_escape(text: str, start: int, end: int) -> _Step:
    return _Step("double the backslash", ((start, start, "\\"),))


def _other_word(text: str, start: int, end: int) -> _Step | None:
    """What is not JSON but has an obvious meaning: other quotes, comments, Python's words."""
    char = text[start : start + 1]
    if char == "\ufeff":
        return _Step("remove the byte order mark", ((start, start + 1, ""),))
    for pattern in (_SINGLE, _TYPOGRAPHIC):
        match = pattern.match(text, start)
        if match:
            quotes = ((start, start + 1, '"'), (match.end() - 1, match.end(), '"'))
            return _Step("use double quotes", quotes)
    if char in "#/":
        match = _COMMENT.match(text, start)
        if match:
            return _Step("remove the comment", ((start, match.end(), ""),))
    match = _BARE.match(text, start)
    if match:
        word = match.group()
        if word in _WORDS:
            return _Step(f"write `{_WORDS[word]}`", ((start, match.end(), _WORDS[word]),))
        if word[0] not in "=:\\":
            return _Step("use double quotes", ((start, start, '"'), (match.end(), match.end(), '"')))
    return None


def _surplus(text: str, start: int, end: int) -> _Step | None:
    """Something stands after the document."""
    step = _other_word(text, start, end) if text[start : start + 1] in "#/" else None
    if step is None and not text[start:].strip(" \t\r\n}],;"):
        step = _Step("remove what stands after the document", ((start, len(text), ""),))
    return step or _Step("remove what stands after the document", ((start, len(text), ""),), sure=False)


def _closing(text: str, start: int, end: int) -> _Step | None:
    """`]` where `}` was expected, or the other way round."""
    char = text[start : start + 1]
    opened = _open_brackets(text[:start])
    if char in "}]" and opened and _CLOSING[opened[-1]] != char:
        if len(opened) > 1 and _CLOSING[opened[-2]] == char:
            wanted = _CLOSING[opened[-1]]
            return _Step(f"insert `{wanted}`", ((start, start, wanted),))
        return _Step(
            f"write `{_CLOSING[opened[-1]]}`", ((start, start + 1, _CLOSING[opened[-1]]),), sure=False
        )
    if char == ":" and opened and opened[-1] == "[":
        key = _LAST_KEY.search(text, 0, start)  # a member within a list: the list should have ended before it
        return _Step("insert `]`", ((key.start(), key.start(), "]"),)) if key else None
    return _other_word(text, start, end) if char in "#/" else None


def _colon(text: str, start: int, end: int) -> _Step | None:
    if text[start : start + 1] == "=":
        return _Step("write `:`", ((start, start + 1, ":"),))
    if text[start : start + 1] in tuple('"{['):
        return _Step("insert `:`", ((start, start, ":"),))
    return None


def _unreadable(text: str, start: int, end: int) -> _Step | None:
    """Take out what can't be read."""
    if start >= len(text):
        return None
    return _Step("remove what can't be read", ((start, max(end, start + 1), ""),), sure=False)


# By how the reader's message begins; the first that knows a remedy counts.
_REMEDIES: Final[tuple[tuple[str, Callable[[str, int, int], _Step | None]], ...]] = (
    ("a comma stands before", _trailing_comma),
    ("a comma is missing", _missing_comma),
    ("the text ends, but", _unclosed),
    ("the text ends where", _cut_short),
    ("this string has no closing", _open_string),
    ("a string can't hold", _open_string),
    ("`\\", _bad_escape),
    ("expected nothing more", _surplus),
    ("expected `:`", _colon),
    ("expected `,`", _closing),
    ("expected", _other_word),
)
