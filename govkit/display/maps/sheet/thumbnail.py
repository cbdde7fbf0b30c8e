"""A small map for an index page: inline SVG, one linked path a unit, small units enlarged in an inset, no script."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.layers.value_layers import choropleth_layer
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.magnifier import crowd_of, widened
from govkit.display.maps.sheet.shapes import to_metric, total_bounds
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours, grey
from govkit.rounding import fixed

# Room a letter takes on the map and in the inset, the width kept for the legend, how deep an inset may be.
_SIZE, _SMALL, _LEGEND, _DEEPEST = 13.5, 11.0, 150, 430


def svg_map(
    units: gpd.GeoDataFrame,
    values: pd.Series,
    hrefs: Mapping[str, str],
    *,
    metric_crs: str,
    quantity: Quantity | None = None,
    title: str = "",
    width: int = 640,
) -> str:
    """Return a choropleth of ``values`` (index: unit code) as inline SVG ``width`` units wide, its legend below.

    Each unit is one ``<path data-code=…>`` with name and value as tooltip, inside a link where ``hrefs`` (unit code →
    address) has one. Names are written where they fit; where many small units lie close together, they are shown once
    more, enlarged beside the legend. Every text is escaped. Errors as ``choropleth_layer``.
    """
    quantity = quantity or Quantity(words("score"), "number", "分")
    return svg_of_layer(choropleth_layer(units, values, quantity), hrefs, metric_crs, title or quantity.label, width)


def svg_of_layer(layer: Layer, hrefs: Mapping[str, str], metric_crs: str, title: str, width: int) -> str:
    """Return a layer of polygons as inline SVG, as ``svg_map`` does."""
    metric = to_metric(layer.shapes, metric_crs)
    west, south, east, north = total_bounds(metric)
    scale = (width - 4) / max(east - west, 1.0)
    shapes = shapely.transform(metric, lambda xy: (xy - (west, north)) * (scale, -scale) + (2, 2))
    height = (north - south) * scale + 4
    body = "".join(_unit(layer, at, shape, hrefs) for at, shape in enumerate(shapely.simplify(shapes, 0.4)))
    inset, deep = _inset(layer, shapes, hrefs, height + 12, width)
    total = height + max(24 * len(layer.categories) + 40, deep + 20)
    role = "group" if any(hrefs.values()) else "img"  # what holds links is no picture
    return (
        f'<svg class="govkit-thumbnail" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total:.0f}" '
        f'role="{role}" aria-label="{html.escape(title, quote=True)}" font-size="13"><title>{html.escape(title)}'
        f"</title>{_patterns(layer)}{body}{_legend(layer, height + 12)}{inset}</svg>"
    )


def _inset(layer: Layer, shapes: np.ndarray, hrefs: Mapping[str, str], top: float, width: float) -> tuple[str, float]:
    """Return the crowded small units enlarged, right of the legend, and how high that is; nothing where none crowd."""
    rule = catalogue.load("map_text")["magnifier"]
    unnamed = [
        code
        for code, name, shape in zip(layer.codes, layer.names, shapes, strict=True)
        if not _room(shape, (name,), _SIZE)
    ]
    known = dict(zip(layer.codes, shapes, strict=True))
    crowd = crowd_of(unnamed, known)
    if len(crowd) < rule["least_units"]:
        return "", 0.0
    window = widened(total_bounds([known[code] for code in crowd]))
    span, rise = window[2] - window[0], window[3] - window[1]
    left, room = _LEGEND, width - _LEGEND - 2
    times = min(room / span, _DEEPEST / rise)
    if max(span, rise) > rule["most_share"] * width or times < rule["least_enlargement"]:
        return "", 0.0
    clip = shapely.box(*window)
    inside = [(at, shapely.intersection(shape, clip)) for at, shape in enumerate(shapes) if shape.intersects(clip)]
    drawn = "".join(
        _unit(
            layer,
            at,
            shapely.transform(shape, lambda xy: (xy - window[:2]) * times + (left, top)),
            hrefs,
            size=_SMALL,
            lines=2,
        )
        for at, shape in inside
        if shapely.area(shape) > 0
    )
    frame = 'fill="none" stroke="#1a1a1a" stroke-width="1.2"'
    here = f'<rect x="{window[0]:.1f}" y="{window[1]:.1f}" width="{span:.1f}" height="{rise:.1f}" {frame}/>'
    there = f'<rect x="{left}" y="{top:.1f}" width="{span * times:.1f}" height="{rise * times:.1f}" {frame}/>'
    said = words("magnified", times=fixed(times, 1))
    note = f'<text x="{left}" y="{top + rise * times + 17:.1f}" fill="{colours("ink")["quiet"]}">{said}</text>'
    return here + drawn + there + note, rise * times + 20


def _unit(
    layer: Layer, at: int, shape: shapely.Geometry, hrefs: Mapping[str, str], *, size: float = _SIZE, lines: int = 1
) -> str:
    category, code, name = layer.categories[layer.members[at]], layer.codes[at], layer.names[at]
    facts = "；".join(f"{label} {text}" for label, text in layer.facts[at]) if layer.facts else category.label
    path = (
        f'<path data-code="{html.escape(code, quote=True)}" d="{_outline(shape)}" fill="{_fill(layer, category)}" '
        f'stroke="{category.edge}" stroke-width="1" stroke-linejoin="round" fill-rule="evenodd">'
        f"<title>{html.escape(f'{name}：{facts}' if facts else name)}</title></path>"
    )
    inside = path + _label(shape, _broken(name, lines), category, size)
    href = hrefs.get(code)
    return f'<a href="{html.escape(href, quote=True)}">{inside}</a>' if href else inside


def _outline(shape: shapely.Geometry) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    lines = (" ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) for ring in rings)
    return "".join(f"M{line}Z" for line in lines)


def _broken(name: str, lines: int) -> tuple[str, ...]:
    """Return a name in one line, or a longer one halved in two."""
    half = -(-len(name) // 2)
    return (name[:half], name[half:]) if lines == 2 and len(name) > 3 else (name,)


def _label(shape: shapely.Geometry, name: tuple[str, ...], category: Category, size: float) -> str:
    """Return the name inside its unit if a circle there holds it, in ink or white, whichever reads better."""
    found = _room(shape, name, size)
    if found is None:
        return ""
    x, y = found
    ink = "#ffffff" if category.fill and grey(category.fill) < 55 else colours("ink")["text"]
    top = y + size / 3 - (len(name) - 1) * size / 2
    sized = "" if size == _SIZE else f' font-size="{size:g}"'
    return "".join(
        f'<text x="{x:.1f}" y="{top + at * size:.1f}" text-anchor="middle" fill="{ink}" pointer-events="none"'
        f"{sized}>{html.escape(line)}</text>"
        for at, line in enumerate(name)
    )


def _room(shape: shapely.Geometry, name: tuple[str, ...], size: float) -> tuple[float, float] | None:
    """Return the middle of the widest circle in a unit, None if the lines of its name are wider."""
    parts = shapely.get_parts(shape)
    circle = shapely.maximum_inscribed_circle(parts[int(np.argmax(shapely.area(parts)))], tolerance=2)
    x, y = shapely.get_coordinates(circle)[0]
    needed = size * max(map(len, name)) if len(name) == 1 else size * math.hypot(max(map(len, name)), len(name)) * 0.9
    return (x, y) if 2 * circle.length >= needed else None


def _fill(layer: Layer, category: Category) -> str:
    return f"url(#thumb-{layer.key}-{layer.categories.index(category)})" if category.hatch else category.fill or "none"


def _patterns(layer: Layer) -> str:
    made = "".join(
        f'<pattern id="thumb-{layer.key}-{at}" width="7" height="7" patternUnits="userSpaceOnUse">'
        f'<rect width="7" height="7" fill="{one.fill or "none"}"/><path d="M-1 1L1 -1M0 7L7 0M6 8L8 6" '
        f'stroke="{one.hatch_colour or colours("paper")["hatch"]}"/></pattern>'
        for at, one in enumerate(layer.categories)
        if one.hatch
    )
    return f"<defs>{made}</defs>" if made else ""


def _legend(layer: Layer, top: float) -> str:
    ink, quiet = colours("ink")["text"], colours("ink")["quiet"]
    head = f'<text x="2" y="{top + 12:.0f}" font-weight="bold" fill="{ink}">{html.escape(layer.title)}</text>'
    rows = ""
    for at, one in enumerate(layer.categories):
        y = top + 24 + 24 * at
        count = f' <tspan fill="{quiet}">{words("count", n=one.count)}</tspan>' if one.counted else ""
        rows += (
            f'<rect x="2" y="{y:.0f}" width="30" height="16" fill="{_fill(layer, one)}" stroke="{one.edge}"/>'
            f'<text x="40" y="{y + 13:.0f}" fill="{ink}">{html.escape(one.label)}{count}</text>'
        )
    return head + rows
