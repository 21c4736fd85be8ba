"""Every link in the lessons and the documentation leads somewhere.

Links within the repository are followed, anchors included. Links to the web can't be fetched here, as tests never reach
the network: they must be well-formed, use https, and name a host that is known; whether the page is still there is
not held by any test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("benchmarks/*.md"),
        *ROOT.glob("notebooks/*.md"),
        *ROOT.glob("notebooks/*.ipynb"),
    ]
)
HOSTS = {"docs.aws.amazon.com", "docs.getmoto.org", "boto3.amazonaws.com"}
"""Where a learner or reader may be sent. A new one is added here on purpose."""

_LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_BARE = re.compile(r"(?<![\w(<\"'`])https?://[^\s)>\"'`|]+")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_AWS_PAGE = re.compile(r"/[A-Za-z0-9_-]+(?:/[A-Za-z0-9._-]+)*(?:\.html|/)")
_AWS_URL = re.compile(r"https?://docs\.aws\.amazon\.com[^\s\"'`)>\],;]*")


@cache
def text(path: Path) -> str:
    """The prose of a page or of a notebook's Markdown cells."""
    whole = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return whole
    cells = json.loads(whole)["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def links(path: Path) -> Iterator[str]:
    prose = _CODE.sub("`code`", text(path))
    yield from (match[1] for match in _LINK.finditer(prose))
    yield from (match[0].rstrip(".,;") for match in _BARE.finditer(prose))


@cache
def anchors(path: Path) -> frozenset[str]:
    """The names under which a page's headings can be reached, as GitHub makes them."""
    found: set[str] = set()
    for heading in _HEADING.findall(re.sub(r"^```.*?^```", "", text(path), flags=re.DOTALL | re.MULTILINE)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        repeated = sum(one == name or one.startswith(f"{name}-") for one in found)
        found.add(f"{name}-{repeated}" if name in found else name)
    return frozenset(found)


def problem(page: Path, link: str) -> str:
    """What is wrong with a link; '' if nothing is."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return _problem_outside(link)
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_relative_to(ROOT):
        return f"{link} leads out of the repository"
    if not target.exists():
        return f"{link} leads nowhere"
    if (
        parts.fragment
        and target.suffix in (".md", ".ipynb")
        and parts.fragment.lower() not in anchors(target)
    ):
        return f"{link}: no heading of that name"
    return ""


def _problem_outside(link: str) -> str:
    parts = urlsplit(link)
    if parts.scheme != "https":
        return f"{link} is not https"
    if parts.hostname not in HOSTS:
        return f"{link}: the host is not among the known ones"
    if parts.hostname == "docs.aws.amazon.com" and not _AWS_PAGE.fullmatch(parts.path):
        return f"{link} is not the address of a page of AWS's documentation"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [found for link in links(page) if (found := problem(page, link))] == []


def test_the_code_names_pages_of_awss_documentation_as_they_are_written() -> None:
    for path in sorted((ROOT / "iamlab").rglob("*.py")):
        for url in _AWS_URL.findall(path.read_text(encoding="utf-8")):
            assert _problem_outside(url.rstrip(".:")) == "", path


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("missing.md", "leads nowhere"),
        ("../elsewhere.md", "out of the repository"),
        ("README.md#no-such-heading", "no heading"),
        ("http://docs.aws.amazon.com/IAM/latest/UserGuide/introduction.html", "not https"),
        ("https://example.com/", "not among the known ones"),
        ("https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction", "not the address"),
    ],
)
def test_a_bad_link_would_be_found(link: str, words: str) -> None:
    assert words in problem(ROOT / "README.md", link)


def test_links_are_found_where_they_stand() -> None:
    assert len(list(links(ROOT / "docs" / "index.md"))) > 4
    assert sum(1 for page in PAGES for _ in links(page)) > 80
