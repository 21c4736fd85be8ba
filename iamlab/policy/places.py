"""A JSON reader that remembers where everything stands.

Comes in: the text of a policy document. Goes out: a tree of `Node`s, each with the stretch of text it came from, or
one `JsonSyntaxError` that says what is wrong, where, and what to do. Duplicate keys are kept, so that the grammar can
report them. The reader holds its own stack, takes time linear in the text, and refuses nesting beyond `MAX_DEPTH`
cleanly.

The language read is RFC 8259; the standard library's `json` stays the faster reader where places aren't needed.
"""

from __future__ import annotations

import re
from typing import Any

from iamlab.policy.findings import LineIndex, Span
from iamlab.policy.text import MAX_DEPTH

__all__ = ["MAX_DEPTH", "JsonSyntaxError", "Node", "parse"]

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HEX4 = re.compile(r"[0-9a-fA-F]{4}")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_HINTS = {
    "'": "JSON strings stand in double quotes",
    "\u201c": "replace the typographic quotes by plain double quotes",
    "\u201d": "replace the typographic quotes by plain double quotes",
    "#": "JSON has no comments",
    "/": "JSON has no comments",
    "\ufeff": "save the file without a byte order mark",
}
_WORD_HINTS = {
    "True": "write `true`",
    "False": "write `false`",
    "None": "write `null`",
    "undefined": "write `null`",
}


class JsonSyntaxError(ValueError):
    """The text is not JSON.

    Attributes:
        message: what is wrong, without the place.
        span: where.
    """

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(f"{message} at {span.line}:{span.column}")
        self.message = message
        self.span = span


class Node:
    """One JSON value and the stretch of text it came from.

    Attributes:
        kind: `object`, `array`, `string`, `number`, `boolean` or `null`.
        value: for an object a list of (key node, value node) pairs in text order, duplicates included; for an array a
            list of nodes; for a number its text as written; otherwise the Python value.
        start: offset of its first character.
        end: offset after its last character.
    """

    __slots__ = ("end", "kind", "start", "value")

    def __init__(self, kind: str, value: Any, start: int, end: int) -> None:
        self.kind = kind
        self.value = value
        self.start = start
        self.end = end

    def get(self, step: str | int) -> tuple[Node | None, Node] | None:
        """Key node (of objects) and value node one step down; of duplicate keys the last, as JSON readers do."""
        if self.kind == "object":
            for key, value in reversed(self.value):
                if key.value == step:
                    return key, value
        elif self.kind == "array" and isinstance(step, int) and 0 <= step < len(self.value):
            return None, self.value[step]
        return None


class _Reader:
    """The state of one reading: the text and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, message: str, start: int, end: int | None = None) -> JsonSyntaxError:
        size = len(self.text)
        start = min(start, size)
        stop = min(size, start + 1) if end is None else end
        return JsonSyntaxError(message, LineIndex(self.text).span(start, stop))

    def space(self) -> str:
        """Skip white space; the next character, or the empty string at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def unexpected(self, wanted: str) -> JsonSyntaxError:
        char = self.space()
        if not char:
            return self.fail(f"the text ends where {wanted} was expected", self.at)
        word = _WORD.match(self.text, self.at)
        shown = word.group()[:40] if word else char
        hint = _HINTS.get(char) or _WORD_HINTS.get(shown)
        return self.fail(
            f"expected {wanted}, found `{shown}`" + (f": {hint}" if hint else ""),
            self.at,
            self.at + len(shown),
        )

    def string(self) -> Node:
        text, start = self.text, self.at
        parts: list[str] = []
        at = start + 1
        while True:
            match = _PLAIN.match(text, at)
            assert match is not None
            parts.append(match.group())
            at = match.end()
            char = text[at : at + 1]
            if char == '"':
                self.at = at + 1
                return Node("string", "".join(parts), start, at + 1)
            if not char:
                raise self.fail("this string has no closing quote", start, len(text))
            if char != "\\":
                what = "a line break" if char in "\r\n" else "a control character"
                raise self.fail(f"a string can't hold {what}: is its closing quote missing?", start, at)
            escape = text[at + 1 : at + 2]
            if escape == "u":
                at, decoded = self.unicode_escape(at)
                parts.append(decoded)
            elif escape in _ESCAPES and escape:
                parts.append(_ESCAPES[escape])
                at += 2
            else:
                raise self.fail(f"`\\{escape}` is no escape that JSON knows", at, min(at + 2, len(text)))

    def unicode_escape(self, at: int) -> tuple[int, str]:
        first = _HEX4.match(self.text, at + 2)
        if not first:
            raise self.fail("`\\u` needs four hexadecimal digits", at, min(at + 6, len(self.text)))
        code = int(first.group(), 16)
        if 0xD800 <= code < 0xDC00 and self.text.startswith("\\u", at + 6):
            second = _HEX4.match(self.text, at + 8)
            low = int(second.group(), 16) if second else 0
            if 0xDC00 <= low < 0xE000:
                return at + 12, chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        return at + 6, chr(code)

    def scalar(self, char: str) -> Node:
        if char == '"':
            return self.string()
        start = self.at
        number = _NUMBER.match(self.text, start)
        if number:
            word = _WORD.match(self.text, start)
            if word and word.end() > number.end():
                raise self.fail(f"`{word.group()[:40]}` is not a JSON number", start, word.end())
            self.at = number.end()
            return Node("number", number.group(), start, self.at)
        word = _WORD.match(self.text, start)
        if word and word.group() in _LITERALS:
            value = _LITERALS[word.group()]
            self.at = word.end()
            return Node("null" if value is None else "boolean", value, start, self.at)
        raise self.unexpected("a value")


def parse(text: str) -> Node:
    """Read a JSON text into nodes.

    Args:
        text: the document.

    Returns:
        The root node.

    Raises:
        JsonSyntaxError: the text is not one JSON value, or nests deeper than `MAX_DEPTH`.
    """
    reader = _Reader(text)
    stack: list[tuple[Node, Node | None]] = []  # open containers, each with the key that waits for its value
    char = reader.space()
    if not char:
        raise reader.fail("the document is empty", 0)
    while True:
        node: Node | None
        if char in ("{", "["):
            if len(stack) >= MAX_DEPTH:
                raise reader.fail(f"nested deeper than {MAX_DEPTH} levels", reader.at)
            node = Node("object" if char == "{" else "array", [], reader.at, reader.at + 1)
            reader.at += 1
            closing = reader.space()
            if closing != ("}" if char == "{" else "]"):
                stack.append((node, _key(reader) if char == "{" else None))
                char = reader.space()
                continue
            reader.at += 1
            node.end = reader.at
        else:
            node = reader.scalar(char)
        while stack:
            container, key = stack.pop()
            _add(container, key, node)
            char = reader.space()
            if char == ",":
                comma = reader.at
                reader.at += 1
                _refuse_trailing(reader, container, comma)
                stack.append((container, _key(reader) if container.kind == "object" else None))
                break
            if char != ("}" if container.kind == "object" else "]"):
                raise _missing_separator(reader, container, node)
            reader.at += 1
            container.end = reader.at
            node = container
        else:
            if reader.space():
                raise reader.unexpected("nothing more after the document")
            return node
        char = reader.space()


def _add(container: Node, key: Node | None, node: Node) -> None:
    container.value.append(node if key is None else (key, node))


def _key(reader: _Reader) -> Node:
    if reader.space() != '"':
        raise reader.unexpected("a key in double quotes")
    key = reader.string()
    if reader.space() != ":":
        raise reader.unexpected(f"`:` after the key `{key.value}`")
    reader.at += 1
    reader.space()
    return key


def _refuse_trailing(reader: _Reader, container: Node, comma: int) -> None:
    if reader.space() == ("}" if container.kind == "object" else "]"):
        raise reader.fail("a comma stands before the closing bracket: remove it", comma)


def _missing_separator(reader: _Reader, container: Node, last: Node) -> JsonSyntaxError:
    closing = "}" if container.kind == "object" else "]"
    char = reader.space()
    if not char:
        place = LineIndex(reader.text).place(container.start)
        opening = "{" if closing == "}" else "["
        return reader.fail(
            f"the text ends, but the `{opening}` of {place[0]}:{place[1]} is never closed", len(reader.text)
        )
    if char in '"{[':
        return reader.fail("a comma is missing after this value", last.start, last.end)
    return reader.unexpected(f"`,` or `{closing}`")
