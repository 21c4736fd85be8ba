"""An escalation graph in words, and as a picture.

Comes in: an `Escalations`. Goes out: text with the shortest way to more power for each principal; and one
self-contained `<svg>`, deterministic, escaped, without ids or scripts, in JupyterLab's colours. Columns are steps away
from those whom nobody else leads to; administrators stand at the right.
"""

from __future__ import annotations

from collections import deque
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from iamlab.analysis.escalation import Edge, Escalations
    from iamlab.analysis.postures import Posture

__all__ = ["escalations_html", "escalations_svg", "escalations_text"]

_WIDTH, _HEIGHT, _GAP, _ROW, _EDGE = 190, 30, 150, 58, 12
_MOST_NODES: Final = 60
_MOST_LABELS: Final = 24  # beyond, labels lie on each other: the arrows' titles still tell
_DANGER: Final = "var(--jp-error-color1, #d32f2f)"
_LINE: Final = "var(--jp-border-color0, #757575)"
_PAPER: Final = "var(--jp-layout-color0, var(--iamlab-paper, #fff))"


def _headline(graph: Escalations) -> str:
    ways = graph.paths(to_administrator=True)
    admins = sum(not posture.changes for posture in graph.administrators)
    others = len(graph.account.principals) - admins
    text = f"{len(ways)} of {others} principals that are no administrators can become one"
    if graph.account.missing:
        text += (
            f"; {len(graph.account.missing)} attached policies are not in the snapshot, so there may be more"
        )
    if not graph.complete:
        text += "; the search was stopped, so there may be more"
    return text


def escalations_text(graph: Escalations) -> str:
    """The graph in words: to an administrator where that can be reached, else to whatever is more."""
    lines = [_headline(graph)]
    for principal in graph.account.principals:
        ways = graph.paths(principal.arn, to_administrator=True) or graph.paths(principal.arn)
        lines += [line for way in ways for line in str(way).splitlines()]
    return "\n".join(lines)


def escalations_html(graph: Escalations) -> str:
    """Headline, picture, and the paths folded away."""
    ways = escalations_text(graph).split("\n", 1)[1:]
    folded = (
        '<details><summary style="cursor:pointer">Every path with its calls</summary>'
        f'<pre style="white-space:pre-wrap">{escape(ways[0])}</pre></details>'
        if ways
        else ""
    )
    return (
        '<div class="iamlab-escalations" style="line-height:1.45">'
        f'<div style="font-weight:600">{escape(_headline(graph))}</div>'
        f'<div style="overflow-x:auto">{escalations_svg(graph)}</div>{folded}</div>'
    )


def escalations_svg(graph: Escalations) -> str:
    """The picture; of a large graph the part that leads to administrators."""
    edges = _shown(graph)
    columns = _columns(graph, edges)
    places: dict[Posture, tuple[int, int]] = {}
    rows: dict[int, int] = {}
    for posture, column in columns.items():
        row = rows.get(column, 0)
        rows[column] = row + 1
        places[posture] = (_EDGE + column * (_WIDTH + _GAP), _EDGE + row * _ROW)
    width = max((x for x, _ in places.values()), default=0) + _WIDTH + _EDGE
    height = max((y for _, y in places.values()), default=0) + _HEIGHT + _EDGE
    label = _headline(graph)
    arrows = _merged(edges)
    body = "".join(_arrow(places, key, named, len(arrows) <= _MOST_LABELS) for key, named in arrows.items())
    body += "".join(_node(graph, posture, x, y) for posture, (x, y) in places.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'style="max-width:100%;height:auto;font-family:var(--jp-ui-font-family, system-ui, sans-serif)" '
        f'role="img" aria-label="{escape(label)}"><title>{escape(label)}</title>{body}</svg>'
    )


def _shown(graph: Escalations) -> tuple[Edge, ...]:
    edges = graph.edges
    if len({posture for edge in edges for posture in (edge.source, edge.target)}) <= _MOST_NODES:
        return edges
    kept: dict[tuple[Posture, Posture], Edge] = {}
    for way in graph.paths(to_administrator=True):
        kept.update(((edge.source, edge.target), edge) for edge in way.edges)
        if len(kept) >= _MOST_NODES:
            break
    return tuple(kept.values())


def _merged(edges: tuple[Edge, ...]) -> dict[tuple[Posture, Posture], list[Edge]]:
    found: dict[tuple[Posture, Posture], list[Edge]] = {}
    for edge in edges:
        found.setdefault((edge.source, edge.target), []).append(edge)
    return found


def _columns(graph: Escalations, edges: tuple[Edge, ...]) -> dict[Posture, int]:
    """Steps from those whom nobody leads to; administrators behind all others."""
    nodes = dict.fromkeys(posture for edge in edges for posture in (edge.source, edge.target))
    led = {edge.target for edge in edges}
    following: dict[Posture, list[Posture]] = {}
    for edge in edges:
        following.setdefault(edge.source, []).append(edge.target)
    steps: dict[Posture, int] = {}
    # Those whom nobody leads to come first; in a circle somebody has to.
    for first in [*(posture for posture in nodes if posture not in led), *nodes]:
        queue = deque([] if first in steps else [(first, 0)])
        while queue:
            posture, step = queue.popleft()
            if posture not in steps or step < steps[posture]:
                steps[posture] = step
                queue.extend((target, step + 1) for target in following.get(posture, ()))
    ordinary = [step for posture, step in steps.items() if posture not in graph.administrators]
    last = max(ordinary, default=0) + 1
    return {posture: last if posture in graph.administrators else step for posture, step in steps.items()}


def _node(graph: Escalations, posture: Posture, x: int, y: int) -> str:
    admin = posture in graph.administrators
    colour = _DANGER if admin else _LINE
    dash = ' stroke-dasharray="4 3"' if posture.changes else ""
    hint = f"{posture.label}: {'may do everything' if admin else posture.arn}"
    text = posture.label if len(posture.label) <= 30 else f"{posture.label[:29]}…"
    return (
        f"<g><title>{escape(hint)}</title>"
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" stroke-width="{2 if admin else 1}"{dash} '
        f'style="fill:{_PAPER};stroke:{colour}"/>'
        f'<text x="{x + _WIDTH // 2}" y="{y + 19}" text-anchor="middle" font-size="11" fill="currentColor">'
        f"{escape(text)}</text></g>"
    )


def _arrow(
    places: dict[Posture, tuple[int, int]], key: tuple[Posture, Posture], edges: list[Edge], labelled: bool
) -> str:
    (x1, y1), (x2, y2) = places[key[0]], places[key[1]]
    y1, y2 = y1 + _HEIGHT // 2, y2 + _HEIGHT // 2
    if x2 > x1:
        x1 += _WIDTH
        bend1, bend2 = x1 + _GAP // 2, x2 - _GAP // 2
        head = f"M {x2 - 8} {y2 - 4} L {x2} {y2} L {x2 - 8} {y2 + 4}"
    else:  # back or within a column: around the right-hand side
        x1, x2 = x1 + _WIDTH, x2 + _WIDTH
        bend1 = bend2 = max(x1, x2) + _GAP // 3
        head = f"M {x2 + 8} {y2 - 4} L {x2} {y2} L {x2 + 8} {y2 + 4}"
    names = [edge.name for edge in edges]
    hint = f"{key[0].label} → {key[1].label}: {'; '.join(names)}"
    shown = names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"
    shown = shown if len(shown) <= 26 else f"{shown[:25]}…"
    dash = ' stroke-dasharray="2 4"' if all(edge.presumes for edge in edges) else ""
    label = (
        f'<text x="{(bend1 + bend2) // 2}" y="{(y1 + y2) // 2 - 4}" text-anchor="middle" font-size="10" '
        f'fill="currentColor">{escape(shown)}</text>'
    )
    return (
        f"<g><title>{escape(hint)}</title>"
        f'<path d="M {x1} {y1} C {bend1} {y1} {bend2} {y2} {x2} {y2} {head}" fill="none" stroke-width="1.5"{dash} '
        f'style="stroke:{_LINE}"/>{label if labelled else ""}</g>'
    )
