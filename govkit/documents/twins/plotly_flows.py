"""Figures of Plotly without axes of their own: parts within parts, flows between places, every pair of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from govkit.documents.twins.marks import Axis, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_layout import PlotlyFigure, css, listed, of_one_kind, text

NESTED = frozenset({"sunburst", "treemap", "icicle"})
FLOWS = NESTED | {"sankey", "splom"}
_LEAST_HEIGHT = 1 / 40  # of the figure, that a name finds room in
_MOST_COLUMNS = 7
_WHOLE = "#d5dae1"
_BARE = Axis(shown=False)
# Of a place, between two places of one column, and of a sign of its name, in shares of the figure.
_WIDE, _GAP, _SIGN = 0.03, 0.04, 0.014


def flows(figure: PlotlyFigure) -> list[Panel]:
    """The panels of these traces; raises NotDrawable for what is too small, turns back or is too much."""
    found: list[Panel] = []
    for trace in figure.traces:
        kind, place = str(trace.get("type")), figure.domain(trace.get("domain") or {})
        if kind in NESTED:
            found.append(Panel(_nested(figure, trace), _BARE, _BARE, place=place))
        elif kind == "sankey":
            found.append(Panel(_sankey(figure, trace), _BARE, _BARE, place=place))
    return [*found, *(_pairs(figure) if "splom" in {one.get("type") for one in figure.traces} else ())]


def _box(x: float, y: float, width: float, height: float) -> tuple[list[float], list[float]]:
    return [x, x, x + width, x + width], [y, y + height, y + height, y]


def _nested(figure: PlotlyFigure, trace: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Parts right of their whole, each as high as its value is of it; a branch has one colour."""
    names = [text(one) for one in listed(trace.get("labels"))]
    keys = [str(one) for one in listed(trace.get("ids"))] or names
    above = [str(one or "") for one in listed(trace.get("parents"))]
    values = listed(trace.get("values")) or [0 if key in above else 1 for key in keys]
    below: dict[str, list[int]] = {}
    for at, parent in enumerate(above):
        below.setdefault(parent if parent in keys else "", []).append(at)
    if len({*keys}) < len(keys) or len(keys) != len(values):
        raise NotDrawable(f"{trace['type']}（层级不清）")

    def size(at: int) -> float:
        rest = 0 if listed(trace.get("values")) and trace.get("branchvalues") == "total" else 1
        return float(values[at] or 0) + rest * sum(map(size, below.get(keys[at], ())))

    boxes: list[tuple[float, float, float, int, str]] = []

    def place(children: list[int], depth: int, top: float, scale: float, colour: str) -> None:
        for number, at in enumerate(sorted(children, key=lambda one: -size(one))):
            own = colour or (figure.colours[number % len(figure.colours)] if len(children) > 1 else "")
            boxes.append((depth, top - size(at) * scale, size(at) * scale, at, own))
            place(below.get(keys[at], []), depth + 1, top, scale, own)
            top -= size(at) * scale

    place(below.get("", []), 0, 1.0, 1 / (sum(map(size, below.get("", []))) or 1), "")
    if not boxes or min(height for _, _, height, _, _ in boxes) < _LEAST_HEIGHT:
        raise NotDrawable(f"{trace['type']}（有的部分小得写不下名称）")
    x, y = zip(*(_box(depth, low, 1, height) for depth, low, height, _, _ in boxes), strict=True)
    across, up = zip(*((depth + 0.5, low + height / 2) for depth, low, height, _, _ in boxes), strict=True)
    words = [f"{names[at]} {size(at):,.10g}" for *_, at, _ in boxes]
    polygons = Mark("polygons", x, y, colour=[colour or _WHOLE for *_, colour in boxes], opacity=0.5)
    return (polygons, Mark("words", across, up, words=words))


def _sankey(figure: PlotlyFigure, trace: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Places in columns, each right of all it takes from, and bands as wide as what flows between two of them."""
    link = trace.get("link") or {}
    ends = [*zip(*([int(at) for at in listed(link.get(name))] for name in ("source", "target")), strict=True)]
    values = [float(one) for one in listed(link.get("value"))]
    names = [text(one) for one in listed((trace.get("node") or {}).get("label"))]
    count = max([len(names), *(max(pair) + 1 for pair in ends)], default=0)
    column = [0] * count
    for _ in range(count):
        for source, target in ends:
            column[target] = max(column[target], column[source] + 1)
    if not ends or max(column) >= count:
        raise NotDrawable("sankey（流向成环）")
    goes, comes = (np.bincount([pair[end] for pair in ends], values, count) for end in (0, 1))
    high, last = np.maximum(goes, comes), max(column)
    scale = 1 / max(sum(high[np.equal(column, at)]) for at in range(last + 1))
    low = np.zeros(count)
    for at in range(last + 1):
        top = 1.0
        for one in np.flatnonzero(np.equal(column, at)):
            low[one] = top - high[one] * scale
            top = low[one] - _GAP
    place = [at / last for at in column]
    colours = [figure.colours[at % len(figure.colours)] for at in range(count)]
    colours = [css(one) for one in listed((trace.get("node") or {}).get("color"))] or colours
    if len(colours) != count or (low < -1).any():
        raise NotDrawable("sankey（地方太多）")
    out, into = low + high * scale, low + high * scale
    along = np.linspace(0, 1, 25)
    bend = along**2 * (3 - 2 * along)
    bands = []
    for (source, target), value in zip(ends, values, strict=True):
        wide, begin, end = value * scale, out[source], into[target]
        x, y = place[source] + _WIDE + along * (place[target] - place[source] - _WIDE), begin + bend * (end - begin)
        bands.append(([*x, *x[::-1]], [*y, *(y[::-1] - wide)], colours[source]))
        out[source], into[target] = begin - wide, end - wide
    x, y, colour = zip(*bands, strict=True)
    left, up = zip(*(_box(place[at], low[at], _WIDE, high[at] * scale) for at in range(count)), strict=True)
    words = [f"{name} {size:,.10g}" for name, size in zip([*names, *[""] * (count - len(names))], high, strict=True)]
    middle = [low[at] + high[at] * scale / 2 for at in range(count)]
    beside = [_WIDE + 0.01 + _SIGN * len(word) / 2 for word in words]  # right of its place, of the last ones left
    named = [at + (far if at < 1 else _WIDE - far) for at, far in zip(place, beside, strict=True)]
    return (
        Mark("polygons", x, y, colour=list(colour), opacity=0.35),
        Mark("polygons", left, up, colour=colours),
        Mark("words", named, middle, words=words),
    )


def _pairs(figure: PlotlyFigure) -> list[Panel]:
    """A panel of points for each pair of columns, names at the left and below, a colour for each trace."""
    traces = [one for one in figure.traces if one.get("type") == "splom"]
    shown = [[one for one in trace.get("dimensions") or () if one.get("visible", True) is True] for trace in traces]
    names = [[text(one.get("label")) for one in dimensions] for dimensions in shown]
    values = [[of_one_kind(listed(one.get("values")), "") for one in dimensions] for dimensions in shown]
    looks = [(trace.get("marker") or {}).get("color") or figure.colours[at] for at, trace in enumerate(traces)]
    if not all(isinstance(one, str) for one in looks) or any(one != names[0] for one in names):
        raise NotDrawable("splom（逐点着色）")
    if len(names[:1] and names[0]) not in range(1, _MOST_COLUMNS + 1):
        raise NotDrawable("splom（列太多）")
    side, last = 1 / len(names[0]), len(names[0]) - 1

    def marks(row: int, at: int) -> tuple[Mark, ...]:
        return tuple(
            Mark("points", own[at], own[row], text(trace.get("name")), css(look), size=4.0)
            for trace, own, look in zip(traces, values, looks, strict=True)
        )

    return [
        Panel(
            marks(row, at),
            Axis(names[0][at] if row == last else "", labelled=row == last),
            Axis(names[0][row] if at == 0 else "", labelled=at == 0),
            place=(at * side, (last - row) * side, side * 0.9, side * 0.9),
        )
        for row in range(last + 1)
        for at in range(last + 1)
    ]
