"""The permissiveness meter as text and as an HTML fragment.

Comes in: a `Reach`. Goes out: one bar for each access level: how many of AWS's known actions are usable, and how many
more are named on paper only. Bars grow with the square root, so that one action among thousands can be seen.
"""

from __future__ import annotations

from html import escape
from math import sqrt
from typing import TYPE_CHECKING, Final

from iamlab.policy.reference import AccessLevel

if TYPE_CHECKING:
    from iamlab.analysis.permissiveness import Reach

__all__ = ["reach_html", "reach_text"]

_CELLS: Final = 24
_EXAMPLES: Final = 4
_COLOURS: Final = {
    AccessLevel.LIST: "var(--jp-info-color1, #1976d2)",
    AccessLevel.READ: "var(--jp-info-color1, #1976d2)",
    AccessLevel.WRITE: "var(--jp-warn-color1, #c77700)",
    AccessLevel.TAGGING: "var(--jp-warn-color1, #c77700)",
    AccessLevel.PERMISSIONS: "var(--jp-error-color1, #d32f2f)",
}


def _share(part: int, whole: int) -> float:
    return sqrt(part / whole) if whole else 0.0


def _headline(reach: Reach) -> str:
    usable, paper = reach.usable.bit_count(), reach.on_paper.bit_count()
    text = f"{usable:,} of {len(reach.universe):,} known actions are allowed for some request"
    if paper > usable:
        text += f"; {paper - usable:,} more are allowed on paper only"
    if reach.unsure:
        text += f" ({reach.unsure.bit_count():,} of them not decided)"
    return text


def _only_on_paper(reach: Reach) -> str:
    bits = reach.on_paper & ~reach.usable & ~reach.unsure
    if not bits:
        return ""
    shown = reach.universe.named(bits)
    more = f" and {len(shown) - _EXAMPLES:,} more" if len(shown) > _EXAMPLES else ""
    return f"{', '.join(shown[:_EXAMPLES])}{more}"


def reach_text(reach: Reach) -> str:
    """The meter as plain text."""
    lines = [_headline(reach)]
    for level, (usable, paper, known) in reach.counts().items():
        full, dotted = round(_share(usable, known) * _CELLS), round(_share(paper, known) * _CELLS)
        full, dotted = max(full, int(usable > 0)), max(dotted, int(paper > 0))
        bar = ("█" * full).ljust(dotted, "░").ljust(_CELLS, "·")
        count = f"{usable:,}" if usable == paper else f"{usable:,} ({paper:,} on paper)"
        lines.append(f"  {level:<22} {bar} {count} of {known:,}")
    idle = _only_on_paper(reach)
    if idle:
        lines.append(f"  on paper only: {idle}")
    return "\n".join(lines)


def reach_html(reach: Reach) -> str:
    """The meter as an HTML fragment."""
    rows = []
    for level, (usable, paper, known) in reach.counts().items():
        colour = _COLOURS[level]
        wide, faint = 100 * _share(usable, known), 100 * _share(paper, known)
        hint = f"{level}: {usable:,} usable, {paper:,} on paper, {known:,} known"
        bar = (
            f'<div title="{escape(hint)}" style="position:relative;width:16em;height:.8em;border-radius:3px;'
            'background:var(--jp-border-color2, #9e9e9e40)">'
            f'<div style="position:absolute;width:{faint:.1f}%;height:100%;border-radius:3px;opacity:.35;'
            f'background:{colour}"></div>'
            f'<div style="position:absolute;width:{wide:.1f}%;height:100%;border-radius:3px;background:{colour}">'
            "</div></div>"
        )
        extra = f" <span style='opacity:.65'>({paper:,} on paper)</span>" if paper != usable else ""
        cells = (escape(str(level)), bar, f"{usable:,}{extra} of {known:,}")
        rows.append(
            '<tr style="background:transparent">'
            + "".join(f'<td style="text-align:left;padding:2px 10px 2px 0">{cell}</td>' for cell in cells)
            + "</tr>"
        )
    idle = _only_on_paper(reach)
    note = f'<div style="opacity:.75">On paper only: {escape(idle)}</div>' if idle else ""
    return (
        '<div class="iamlab-reach" style="line-height:1.45">'
        f'<div style="font-weight:600">{escape(_headline(reach))}</div>'
        f'<table style="border-collapse:collapse"><tbody>{"".join(rows)}</tbody></table>{note}</div>'
    )
