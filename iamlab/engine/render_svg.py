"""The way of a request through the layers, as an SVG.

Comes in: a decision. Goes out: one self-contained `<svg>`: the layers as stations from left to right, the way of this
request lit, the deciding station marked. Deterministic, escaped, without ids or scripts; text takes the colour of its
surroundings and lines take JupyterLab's theme variables, so that light and dark both read well.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from iamlab.engine.explain import verdict_words
from iamlab.engine.layers import FLOW, LAYERS, Layer, Outcome
from iamlab.engine.render_text import printable
from iamlab.engine.trace import LayerTrace

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

__all__ = ["COLOURS", "decision_svg", "escape"]

COLOURS: Final = {
    Outcome.ALLOWED: "var(--jp-success-color1, #2e8b40)",
    Outcome.IMPLICITLY_DENIED: "var(--jp-warn-color1, #c77700)",
    Outcome.EXPLICITLY_DENIED: "var(--jp-error-color1, #d32f2f)",
}
_DIM: Final = "var(--jp-border-color1, #9e9e9e)"
_MARKS: Final = {Outcome.ALLOWED: "✓", Outcome.IMPLICITLY_DENIED: "–", Outcome.EXPLICITLY_DENIED: "✗"}
_SAYS: Final = {
    Outcome.ALLOWED: "allows",
    Outcome.IMPLICITLY_DENIED: "doesn't allow",
    Outcome.EXPLICITLY_DENIED: "denies",
}

_STEP: Final = 92
_LEFT: Final = 46
_LINE: Final = 62
_RADIUS: Final = 13
_HEIGHT: Final = 124
_STATIONS: Final = len(FLOW) + 2  # the request before the layers, the verdict behind them
_WIDTH: Final = _LEFT * 2 + _STEP * (_STATIONS - 1)


def escape(text: str) -> str:
    """Text as it may stand in an SVG, be it a file of its own or part of a page."""
    return html.escape(printable(text))


def decision_svg(decision: Decision) -> str:
    """The picture of one decision."""
    label = f"{verdict_words(decision)}: {decision.request.action}, decided by {_decider(decision)}"
    body = "".join(_drawing(decision))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        'style="max-width:100%;height:auto;font-family:var(--jp-ui-font-family, system-ui, sans-serif)" '
        f'role="img" aria-label="{escape(label)}"><title>{escape(label)}</title>{body}</svg>'
    )


def _decider(decision: Decision) -> str:
    facts = LAYERS.get(decision.layer)
    return facts.title if facts else f"a rule above policies ({decision.layer})"


def _drawing(decision: Decision) -> Iterator[str]:
    layers = decision.trace.layers
    colour = COLOURS[decision.outcome]
    end = _STATIONS - 1
    stop, jump = _way(decision)
    yield _track(0, end, _DIM, 2, dashed=True)
    if stop:
        yield _track(0, stop, colour if decision.allowed else COLOURS[Outcome.ALLOWED], 4)
    if jump:
        yield _arc(stop, end, colour)
    elif decision.allowed:
        yield _track(stop, end, colour, 4)
    yield _request_station()
    for place, layer in enumerate(layers, start=1):
        yield from _station(place, layer, layer.layer == decision.layer, place <= stop)
    yield from _verdict_station(decision, colour)


def _way(decision: Decision) -> tuple[int, bool]:
    """The last station the request reaches, and whether it leaps from there to the verdict."""
    if decision.layer not in FLOW:
        return (0, True) if decision.route.fixed is not None else (len(FLOW), False)
    place = FLOW.index(decision.layer) + 1
    if not decision.allowed:
        return place, False
    # A resource's policy that names the caller directly grants past identity policies, boundary and session policy.
    if decision.layer == Layer.RESOURCE and not _asked_later(decision):
        return place, True
    return len(FLOW), False


def _asked_later(decision: Decision) -> bool:
    """Whether layers behind the resource's policy had to allow too."""
    from iamlab.engine.verdict import granted, granted_alone
    from iamlab.policy.facts import Strength

    route = decision.route
    if route.account is None:
        return False
    alone = granted if route.same_account else granted_alone
    strength = alone(decision.policies.plan(route.action), route, decision.policies.bounded)
    return strength != Strength.DIRECT or route.boundable is False


def _x(place: int) -> int:
    return _LEFT + _STEP * place


def _track(start: int, end: int, colour: str, width: int, dashed: bool = False) -> str:
    dash = ' stroke-dasharray="3 5"' if dashed else ""
    return (
        f'<line x1="{_x(start)}" y1="{_LINE}" x2="{_x(end)}" y2="{_LINE}" stroke-width="{width}"{dash} '
        f'style="stroke:{colour}"/>'
    )


def _arc(start: int, end: int, colour: str) -> str:
    return (
        f'<path d="M {_x(start)} {_LINE} C {_x(start) + 40} 8 {_x(end) - 40} 8 {_x(end)} {_LINE}" fill="none" '
        f'stroke-width="4" style="stroke:{colour}"/>'
    )


def _text(x: int, y: int, text: str, size: int = 11, bold: bool = False, faint: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    opacity = ' opacity="0.6"' if faint else ""
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{size}" fill="currentColor"{weight}{opacity}>'
        f"{escape(text)}</text>"
    )


def _dot(place: int, radius: int, colour: str, filled: bool) -> str:
    fill = colour if filled else "var(--jp-layout-color0, var(--iamlab-paper, #fff))"
    return f'<circle cx="{_x(place)}" cy="{_LINE}" r="{radius}" stroke-width="2" style="fill:{fill};stroke:{colour}"/>'


def _mark(place: int, mark: str) -> str:
    return (
        f'<text x="{_x(place)}" y="{_LINE + 5}" text-anchor="middle" font-size="14" font-weight="700" fill="#fff">'
        f"{mark}</text>"
    )


def _request_station() -> str:
    return f'<circle cx="{_LEFT}" cy="{_LINE}" r="7" fill="currentColor"/>{_text(_LEFT, 92, "Request", bold=True)}'


def _station(place: int, layer: LayerTrace, decides: bool, reached: bool) -> Iterator[str]:
    name = LAYERS[layer.layer].short
    hint = f"{layer.title}: {_SAYS[layer.outcome] if layer.outcome else layer.note or 'none'}"
    yield f"<g><title>{escape(hint)}</title>"
    if layer.outcome is None:
        yield _dot(place, 5, _DIM, False)
        yield _text(_x(place), 92, name, faint=True)
        yield _text(_x(place), 107, "none" if not layer.note else "not asked", 10, faint=True)
    else:
        colour = COLOURS[layer.outcome]
        if decides:
            yield (
                f'<circle cx="{_x(place)}" cy="{_LINE}" r="{_RADIUS + 6}" fill="none" stroke-width="2" '
                f'style="stroke:{colour}"/>'
            )
        yield _dot(place, _RADIUS, colour, True)
        yield _mark(place, _MARKS[layer.outcome])
        yield _text(_x(place), 92, name, bold=decides, faint=not reached)
        yield _text(_x(place), 107, _SAYS[layer.outcome], 10, bold=decides, faint=not decides)
    yield "</g>"


def _verdict_station(decision: Decision, colour: str) -> Iterator[str]:
    place = _STATIONS - 1
    yield (
        f'<rect x="{_x(place) - 17}" y="{_LINE - 17}" width="34" height="34" rx="8" style="fill:{colour}"/>'
        f"{_mark(place, '✓' if decision.allowed else '✗')}"
    )
    yield _text(_x(place), 92, "Allowed" if decision.allowed else "Denied", bold=True)
    kinds = {Outcome.IMPLICITLY_DENIED: "implicitly", Outcome.EXPLICITLY_DENIED: "explicitly"}
    if decision.outcome in kinds:
        yield _text(_x(place), 107, kinds[decision.outcome], 10, faint=True)
