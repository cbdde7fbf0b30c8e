"""Polar and three-dimensional traces of Plotly as panels of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from govkit.documents.twins.marks import Axis, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_layout import PlotlyFigure
from govkit.documents.twins.plotly_values import css, listed, matrix, of_one_kind, sizes, text

ROUND = frozenset({"scatterpolar", "barpolar"})
SOLID = frozenset({"scatter3d", "surface"})


def polar(figure: PlotlyFigure) -> list[Panel]:
    """The polar panels: angles in radians along x, distances along y."""
    found = []
    for name in dict.fromkeys(one.get("subplot") or "polar" for one in figure.traces if one.get("type") in ROUND):
        layout = figure.layout.get(name) or {}
        axis = layout.get("angularaxis") or {}
        mine = [one for one in figure.traces if one.get("type") in ROUND and (one.get("subplot") or "polar") == name]
        order = list(dict.fromkeys(one for trace in mine for one in listed(trace.get("theta")) if isinstance(one, str)))
        marks = [mark for trace in mine for mark in _round_marks(figure, trace, order)]
        angles = Axis(turned=axis.get("direction") == "clockwise", categories=order)
        turn = np.deg2rad(float(axis.get("rotation") or 0))
        ends = (layout.get("radialaxis") or {}).get("range")
        place = figure.domain(layout.get("domain") or {})
        radius = Axis(ends=tuple(ends) if ends else None)
        found.append(Panel(tuple(marks), angles, radius, place=place, kind="polar", turn=float(turn)))
    return found


def _round_marks(figure: PlotlyFigure, trace: Mapping[str, Any], order: list[str]) -> list[Mark]:
    number = next(at for at, one in enumerate(figure.traces) if one is trace)
    line, marker = trace.get("line") or {}, trace.get("marker") or {}
    stated = marker.get("color") if isinstance(marker.get("color"), str) else ""
    colour = css(line.get("color") or stated or figure.colours[number % len(figure.colours)])
    name = text(trace.get("name")) if trace.get("showlegend", True) else ""
    distances = [np.nan if one is None else float(one) for one in listed(trace.get("r"))]
    given = listed(trace.get("theta"))
    whole = 2 * np.pi / max(len(order), 1)
    angles = [order.index(one) * whole if isinstance(one, str) else float(np.deg2rad(one)) for one in given]
    if trace["type"] == "barpolar":
        if sum(one.get("type") == "barpolar" for one in figure.traces) > 1 or not order:
            raise NotDrawable("叠放的极坐标柱")
        return [Mark("bars", angles, distances, name, colour, width=whole)]
    mode = str(trace.get("mode") or "lines")
    found = [Mark("line", angles, distances, name, colour)] if "lines" in mode else []
    if trace.get("fill") in {"toself", "tonext"}:
        found.append(Mark("polygons", [angles], [distances], colour=colour, opacity=0.4))
    if "markers" in mode:
        found.append(Mark("points", angles, distances, "" if "lines" in mode else name, colour, size=sizes(marker)))
    return found


def solid(figure: PlotlyFigure) -> list[Panel]:
    """The three-dimensional panels, seen from where Plotly looks at first."""
    found = []
    for name in dict.fromkeys(one.get("scene") or "scene" for one in figure.traces if one.get("type") in SOLID):
        layout = figure.layout.get(name) or {}
        mine = [one for one in figure.traces if one.get("type") in SOLID and (one.get("scene") or "scene") == name]
        axes = [Axis(text((layout.get(f"{one}axis") or {}).get("title"))) for one in "xyz"]
        marks = [mark for trace in mine for mark in _solid_marks(figure, trace)]
        place = figure.domain(layout.get("domain") or {})
        found.append(Panel(tuple(marks), axes[0], axes[1], place=place, kind="solid", z=axes[2]))
    return found


def _solid_marks(figure: PlotlyFigure, trace: Mapping[str, Any]) -> list[Mark]:
    number = next(at for at, one in enumerate(figure.traces) if one is trace)
    if trace["type"] == "surface":
        heights = np.asarray(matrix(trace.get("z")), dtype=float)
        x, y = (
            listed(trace.get(one)) or list(range(count)) for one, count in zip("xy", heights.shape[::-1], strict=True)
        )
        if any(isinstance(one, (list, str)) for one in (*x, *y)):
            raise NotDrawable("surface（不规则的网格）")
        return [Mark("surface", x, y, z=heights, **figure.scale(trace))]
    places = [of_one_kind(listed(trace.get(one)), "") for one in "xyz"]
    if any(isinstance(one, str) or hasattr(one, "year") for axis in places for one in axis):
        raise NotDrawable("scatter3d（分类轴或日期轴）")
    marker, line = trace.get("marker") or {}, trace.get("line") or {}
    several = listed(marker.get("color"))
    usual = figure.colours[number % len(figure.colours)]
    name = text(trace.get("name")) if trace.get("showlegend", True) else ""
    mode = str(trace.get("mode") or "lines+markers")
    own = css(line.get("color") if isinstance(line.get("color"), str) else usual)
    found = [Mark("line", places[0], places[1], name, own, z=places[2])] if "lines" in mode else []
    if "markers" in mode:
        colours = [css(one) if isinstance(one, str) else one for one in several] or css(marker.get("color") or usual)
        label = "" if "lines" in mode else name
        style: dict[str, Any] = {"size": sizes(marker), **figure.scale(marker)}
        found.append(Mark("points", places[0], places[1], label, colours, z=places[2], **style))
    return found
