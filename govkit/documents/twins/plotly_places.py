"""Traces of Plotly on a map, without the map below them: places and areas in degrees, as a still drawing shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely.geometry

from govkit.documents.twins.marks import Axis, Mark, NotDrawable, Panel
from govkit.documents.twins.plotly_layout import PlotlyFigure, css, listed, sizes, text

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
