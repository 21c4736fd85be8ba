"""Text that is not JSON, mended as far as possible, so that what stands in it can still be checked.

Comes in: text that `iamlab.policy.places` refuses. Goes out: a `Repair`: text that is JSON, the mistakes on the way, and
how to find the places of the mended text in the first one. The mender tries what people usually get wrong (a comma too many
or missing, the wrong quotes, a comment, a bracket left open) and otherwise takes out what can't be read, so that whole
statements survive. Only the first mistake and those with an obvious remedy are reported: a mistake after a guess may be the
guess's fault.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from iamlab.policy.places import JsonSyntaxError, Node, parse

__all__ = ["Mistake", "Repair", "repair"]

_MOST_STEPS: Final = 40
_LONGEST: Final = 100_000

_COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL)
_SINGLE = re.compile(r"'([^'\"\n]*)'")
_TYPOGRAPHIC = re.compile(r"[\u201c\u201d]([^\"\u201c\u201d\n]*)[\u201c\u201d\"]")
_BARE_KEY = re.compile(r"([A-Za-z_][\w:./-]*)(?=\s*:)")
_BARE_WORD = re.compile(r"[A-Za-z*][\w:./*-]*")
_WORDS: Final = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false", "None": "null", "undefined": "null"}
_VALUE_END = re.compile(r"[ \t]*,?[ \t]*$")


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that isn't JSON.

    Attributes:
        message: what is wrong.
        start, end: where, in the text as given.
        edits: what mends it there; empty where it was guessed.
        title: what the edits do.
    """

    message: str
    start: int
    end: int
    edits: tuple[tuple[int, int, str], ...]
    title: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Text made readable.

    Attributes:
        text: JSON.
        root: its tree.
        mistakes: what was wrong, in the order of the text.
        edits: how it came out of the text as given: (from, to, replacement) there, in order.
    """

    text: str
    root: Node
    mistakes: tuple[Mistake, ...]
    edits: tuple[tuple[int, int, str], ...]

    def original(self, offset: int, end: bool = False) -> int:
        """The place in the text as given of a place in the mended one; within a change, where the change begins or ends."""
        shift = 0
        for start, stop, replacement in self.edits:
            begin = start + shift
            if offset < begin or (offset == begin and (end or stop > start or not replacement) and offset <= begin):
                if offset < begin or end or not replacement:
                    break
            if offset < begin + len(replacement):
                return stop if end else start
            shift += len(replacement) - (stop - start)
        return offset - shift


@dataclass(frozen=True, slots=True)
class _Step:
    edits: tuple[tuple[int, int, str], ...]
    title: str
    sure: bool = True


def repair(text: str) -> Repair | None:
    """Mend a text until it is JSON.

    Args:
        text: what `parse` refuses.

    Returns:
        The mended text; None when nothing readable could be made of it.
    """
    if len(text) > _LONGEST:
        return None
    current, mistakes, sure = text, [], True
    log: list[tuple[int, int, str]] = []
    for _ in range(_MOST_STEPS):
        try:
            root = parse(current)
        except JsonSyntaxError as error:
            step = _step(current, error)
            if step is None:
                return None
            draft = Repair(current, _NOTHING, (), tuple(log))
            if sure or step.sure:
                edits = tuple((draft.original(a), draft.original(b, True), new) for a, b, new in step.edits)
                place = draft.original(error.span.start), draft.original(error.span.end, True)
                first = not mistakes
                if first or step.sure:
                    mended = edits if step.sure else ()
                    mistakes.append(Mistake(error.message, *place, mended, step.title))
            sure = sure and step.sure
            for start, end, new in sorted(step.edits, reverse=True):
                log = _merged(log, start, end, new)
                current = current[:start] + new + current[end:]
            continue
        return Repair(current, root, tuple(mistakes), tuple(log)) if root.kind == "object" else None
    return None


_NOTHING: Final = Node("null", None, 0, 0)
