"""Figures of Plotly without axes of their own: parts within parts, flows, pairs of columns, places on a map."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import shapely.geometry

from govkit.documents.twins.marks import Axis, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_layout import PlotlyFigure, css, listed, of_one_kind, sizes, text
from govkit.documents.twins.strokes import colour_of

NESTED = frozenset({"sunburst", "treemap", "icicle"})
FLOWS = NESTED | {"sankey", "splom", "parcats", "parcoords"}
_LEAST_HEIGHT = 1 / 40  # of the figure, that a name finds room in
_MOST_COLUMNS = 7
_MOST_ROWS = 1000
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
        elif kind in {"sankey", "parcats"}:
            flow = trace if kind == "sankey" else _categories(trace)
            found.append(Panel(_sankey(figure, flow), _BARE, _BARE, place=place))
        elif kind == "parcoords":
            found.append(Panel(_coordinates(figure, trace), _BARE, _BARE, place=place))
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


def _shown_dimensions(trace: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in trace.get("dimensions") or () if one.get("visible", True) is True]


def _categories(trace: Mapping[str, Any]) -> dict[str, Any]:
    """Parallel categories as flows from each column's values to those of the next."""
    columns = [
        [f"{text(one.get('label'))} {at}" for at in listed(one.get("values"))] for one in _shown_dimensions(trace)
    ]
    weights = listed(trace.get("counts")) or [float(trace.get("counts") or 1)] * max(map(len, columns), default=0)
    names = list(dict.fromkeys(name for column in columns for name in column))
    flow: Counter[tuple[int, int]] = Counter()
    for left, right in pairwise(columns):
        for source, target, weight in zip(left, right, weights, strict=True):
            flow[names.index(source), names.index(target)] += weight
    ends = [list(one) for one in zip(*flow, strict=True)] or [[], []]
    link = {"source": ends[0], "target": ends[1], "value": list(flow.values())}
    return {"node": {"label": names}, "link": link}


def _several_colours(figure: PlotlyFigure, about: Mapping[str, Any]) -> list[str]:
    """The colours of a line or a marker that has one for each row, numbers by their scale."""
    given, style = listed(about.get("color")), figure.scale(about)
    numbers = [one for one in given if not isinstance(one, str)]
    low, high = (style[name] if style[name] is not None else end(numbers, default=0)
                 for name, end in (("low", min), ("high", max)))  # fmt: skip
    span = (high - low) or 1
    return [css(one) if isinstance(one, str) else colour_of(style["scale"], (one - low) / span) for one in given]


def _scale_bar(figure: PlotlyFigure, about: Mapping[str, Any], x: list[Any], y: list[Any]) -> tuple[Mark, ...]:
    """What numbers the colours stand for, beside a panel: points of no size at these places have them all."""
    given = listed(about.get("color"))
    numbers = bool(given) and not any(isinstance(one, str) for one in given)
    return (Mark("points", x, y, colour=given, size=0.0, **figure.scale(about)),) if numbers else ()


def _coordinates(figure: PlotlyFigure, trace: Mapping[str, Any]) -> tuple[Mark, ...]:
    """Parallel coordinates: a line a row through its share of each column's span, the ends of which are written."""
    shown, line = _shown_dimensions(trace), trace.get("line") or {}
    values = [np.asarray(listed(one.get("values")), dtype=float) for one in shown]
    rows = len(values[0]) if values else 0
    if not 0 < rows <= _MOST_ROWS:
        raise NotDrawable("parcoords（行太多）")
    ends = [listed(one.get("range")) or [own.min(), own.max()] for one, own in zip(shown, values, strict=True)]
    shares = [(own - low) / ((high - low) or 1) for own, (low, high) in zip(values, ends, strict=True)]
    colours = _several_colours(figure, line) or [css(line.get("color") or figure.colours[0])] * rows
    at = list(range(len(shown)))
    lines = [Mark("line", at, [one[row] for one in shares], colour=colours[row], opacity=0.7) for row in range(rows)]
    posts = Mark("segments", at, [0.0] * len(at), x2=at, y2=[1.0] * len(at), colour="#4a4f57")
    words = [f"{text(one.get('label'))} {high:,.6g}" for one, (_, high) in zip(shown, ends, strict=True)]
    feet = [f"{low:,.6g}" for low, _ in ends]
    named = Mark("words", [*at, *at], [1.06] * len(at) + [-0.06] * len(at), words=[*words, *feet])
    return (*lines, posts, named, *_scale_bar(figure, line, [0] * rows, [0.5] * rows))


def _pairs(figure: PlotlyFigure) -> list[Panel]:
    """A panel of points for each pair of columns, names at the left and below, a colour for each trace."""
    traces = [one for one in figure.traces if one.get("type") == "splom"]
    shown = list(map(_shown_dimensions, traces))
    names = [[text(one.get("label")) for one in dimensions] for dimensions in shown]
    values = [[of_one_kind(listed(one.get("values")), "") for one in dimensions] for dimensions in shown]
    markers = [trace.get("marker") or {} for trace in traces]
    looks = [
        _several_colours(figure, marker) or css(marker.get("color") or figure.colours[at])
        for at, marker in enumerate(markers)
    ]
    if any(one != names[0] for one in names):
        raise NotDrawable("splom（列不同）")
    if len(names[:1] and names[0]) not in range(1, _MOST_COLUMNS + 1):
        raise NotDrawable("splom（列太多）")
    side, last = 1 / len(names[0]), len(names[0]) - 1

    def marks(row: int, at: int) -> tuple[Mark, ...]:
        return tuple(
            Mark("points", own[at], own[row], text(trace.get("name")), look, size=4.0)
            for trace, own, look in zip(traces, values, looks, strict=True)
        ) + (_scale_bar(figure, markers[0], values[0][at], values[0][row]) if (row, at) == (0, last) else ())

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


_POINTS = frozenset({"scattergeo", "scattermap", "scattermapbox"})
_AREAS = frozenset({"choropleth", "choroplethmap", "choroplethmapbox"})
GEOGRAPHIC = _POINTS | _AREAS


def geographic(figure: PlotlyFigure) -> list[Panel]:
    """One panel for all traces on a map; raises NotDrawable for areas whose shapes are not in the figure."""
    marks: list[Mark] = []
    for number, trace in enumerate(figure.traces):
        kind = str(trace.get("type"))
        if kind in _POINTS:
            marks += _points(figure, trace, figure.colours[number % len(figure.colours)])
        elif kind in _AREAS:
            marks.append(_areas(figure, trace))
    if not marks:
        return []
    return [Panel(tuple(marks), Axis("经度"), Axis("纬度"), kind="map")]


def _points(figure: PlotlyFigure, trace: Mapping[str, Any], colour: str) -> list[Mark]:
    longitudes, latitudes = ([float(one) for one in listed(trace.get(name))] for name in ("lon", "lat"))
    if not longitudes:
        raise NotDrawable(f"{trace['type']}（按名称定位）")
    marker = trace.get("marker") or {}
    several = listed(marker.get("color"))
    colours = [css(one) if isinstance(one, str) else one for one in several] or css(marker.get("color") or colour)
    name = text(trace.get("name")) if trace.get("showlegend", True) else ""
    mode = str(trace.get("mode") or "markers")
    found = [Mark("line", longitudes, latitudes, name, css(colour))] if "lines" in mode else []
    if "markers" in mode:
        style: dict[str, Any] = {"size": sizes(marker), **figure.scale(marker)}
        found.append(Mark("points", longitudes, latitudes, name, colours, **style))
    return found


def _areas(figure: PlotlyFigure, trace: Mapping[str, Any]) -> Mark:
    given = trace.get("geojson")
    shapes = json.loads(given) if isinstance(given, str) and given.lstrip().startswith("{") else given
    if not isinstance(shapes, Mapping):
        raise NotDrawable(f"{trace['type']}（边界不在图里）")
    key = str(trace.get("featureidkey") or "id").split(".")
    known: dict[str, Any] = {}
    for feature in shapes.get("features", ()):
        value: Any = feature
        for part in key:
            value = value.get(part) if isinstance(value, Mapping) else None
        known[str(value)] = shapely.geometry.shape(feature["geometry"])
    x, y, values = [], [], []
    for place, value in zip(listed(trace.get("locations")), listed(trace.get("z")), strict=True):
        if str(place) not in known:
            continue
        for part in shapely.get_parts(known[str(place)]):
            corners = np.asarray(part.exterior.coords)
            if len(part.interiors):
                raise NotDrawable(f"{trace['type']}（有洞的区域）")
            x.append(list(corners[:, 0]))
            y.append(list(corners[:, 1]))
            values.append(np.nan if value is None else float(value))
    return Mark("polygons", x, y, colour=values, **figure.scale(trace, key="z"))
