"""The light markup in which exercises are written, read once and shown in two ways.

In: text with `backticks`, **bold**, *emphasis*, blank lines between paragraphs, lists, numbered lists, quotes, tables
and fenced code, all as in Markdown (https://spec.commonmark.org/). Out: a tree of elements, which becomes static HTML
here, and the same elements on a page that draws them itself (`to_data`). Whatever is not markup stays text, so
nothing that a learner, a policy or an error message contains can run in a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any, Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of text with a meaning: a paragraph, a list, code."""

    tag: str
    """One of `_STYLES`."""
    children: tuple[Node, ...]

    def to_html(self) -> str:
        style = _STYLES[self.tag]
        styled = f' style="{style}"' if style else ""
        return f"<{self.tag}{styled}>{html_of(self.children)}</{self.tag}>"

    def to_data(self) -> list[Any]:
        """The tag and the children, as JSON can carry them."""
        return [self.tag, *data_of(self.children)]


Node: TypeAlias = Element | str

_GROUND = "background:var(--jp-layout-color2, rgba(128,128,128,.12))"
_STYLES: Final[dict[str, str]] = {
    "p": "margin:.4em 0",
    "ul": "margin:.4em 0 .4em 1.4em",
    "ol": "margin:.4em 0 .4em 1.4em",
    "li": "",
    "blockquote": "margin:.4em 0;padding-left:.8em;border-left:3px solid rgba(128,128,128,.5)",
    "pre": f"overflow-x:auto;padding:8px;color:inherit;{_GROUND}",
    "table": "margin:.4em 0",
    "tr": "",
    "th": "text-align:left",
    "td": "text-align:left",
    "code": "",
    "strong": "",
    "em": "",
}
"""Every element there is, with the style it carries where no style sheet reaches."""

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_NUMBERED = re.compile(r"\d+\. ")
_RULE = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_INLINE = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>(?:`[^`]*`|[^*`])+)\*\*|\*(?P<em>(?:`[^`]*`|[^*`])+)\*"
)


def read(text: str) -> tuple[Element, ...]:
    """The paragraphs, lists, tables and pieces of code of a text."""
    found: list[Element] = []
    at = 0
    for fence in _FENCE.finditer(text := text.strip()):
        found += _blocks(text[at : fence.start()])
        found.append(pre(fence[1].rstrip("\n")))
        at = fence.end()
    return (*found, *_blocks(text[at:]))


def pre(code: str) -> Element:
    """Code as it stands."""
    return Element("pre", (code,))


def inline(text: str) -> tuple[Node, ...]:
    """Text within one line."""
    found: list[Node] = []
    at = 0
    for match in _INLINE.finditer(text):
        tag = str(match.lastgroup)
        inside = (match[tag],) if tag == "code" else inline(match[tag])
        found += [text[at : match.start()], Element(tag, inside)]
        at = match.end()
    return tuple(node for node in (*found, text[at:]) if node)


def html_of(nodes: Iterable[Node]) -> str:
    """The nodes as HTML, everything else escaped."""
    return "".join(escape(node) if isinstance(node, str) else node.to_html() for node in nodes)


def data_of(nodes: Iterable[Node]) -> list[Any]:
    """The nodes as JSON can carry them: text, or a list of a tag and what stands in it."""
    return [node if isinstance(node, str) else node.to_data() for node in nodes]


def _blocks(text: str) -> Iterator[Element]:
    for block in text.strip().split("\n\n"):
        if lines := block.strip().splitlines():
            yield _block(lines)


def _block(lines: list[str]) -> Element:
    if all(line.startswith("- ") for line in lines):
        return _list("ul", [line[2:] for line in lines])
    if all(line.startswith("> ") for line in lines):
        return Element("blockquote", inline(" ".join(line[2:] for line in lines)))
    if all(_NUMBERED.match(line) for line in lines):
        return _list("ol", [line.partition(" ")[2] for line in lines])
    if len(lines) > 1 and _RULE.fullmatch(lines[1].strip()):
        head, _, *rows = lines
        return Element("table", (_row("th", head), *(_row("td", row) for row in rows)))
    return Element("p", inline(" ".join(lines)))


def _list(tag: str, items: Iterable[str]) -> Element:
    return Element(tag, tuple(Element("li", inline(item)) for item in items))


def _row(tag: str, line: str) -> Element:
    cells = line.strip().strip("|").split("|")
    return Element("tr", tuple(Element(tag, inline(cell.strip())) for cell in cells))
