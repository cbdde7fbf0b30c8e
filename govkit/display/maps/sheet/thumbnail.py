"""A small map for an index page: inline SVG, one linked path a unit, no script."""

from __future__ import annotations

import html
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.layers.value_layers import choropleth_layer
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.shapes import to_metric, total_bounds
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours, grey


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
    address) has one. Names are written where they fit. Every text is escaped. Errors as ``choropleth_layer``.
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
    total = height + 24 * len(layer.categories) + 40
    return (
        f'<svg class="govkit-thumbnail" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total:.0f}" '
        f'role="img" aria-label="{html.escape(title, quote=True)}" font-size="13"><title>{html.escape(title)}</title>'
        f"{_patterns(layer)}{body}{_legend(layer, height + 12)}</svg>"
    )


def _unit(layer: Layer, at: int, shape: shapely.Geometry, hrefs: Mapping[str, str]) -> str:
    category, code, name = layer.categories[layer.members[at]], layer.codes[at], layer.names[at]
    facts = "；".join(f"{label} {text}" for label, text in layer.facts[at]) if layer.facts else category.label
    path = (
        f'<path data-code="{html.escape(code, quote=True)}" d="{_outline(shape)}" fill="{_fill(layer, category)}" '
        f'stroke="{category.edge}" stroke-width="1" stroke-linejoin="round" fill-rule="evenodd">'
        f"<title>{html.escape(f'{name}：{facts}' if facts else name)}</title></path>"
    )
    inside = path + _label(shape, name, category)
    href = hrefs.get(code)
    return f'<a href="{html.escape(href, quote=True)}">{inside}</a>' if href else inside


def _outline(shape: shapely.Geometry) -> str:
    rings = shapely.get_rings(shapely.get_parts(shape))
    lines = (" ".join(f"{x:.1f},{y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1]) for ring in rings)
    return "".join(f"M{line}Z" for line in lines)


def _label(shape: shapely.Geometry, name: str, category: Category) -> str:
    """Return the name inside its unit if a circle there is as wide, in ink or white, whichever reads better."""
    parts = shapely.get_parts(shape)
    circle = shapely.maximum_inscribed_circle(parts[int(np.argmax(shapely.area(parts)))], tolerance=2)
    if 2 * circle.length < 13.5 * len(name):
        return ""
    x, y = shapely.get_coordinates(circle)[0]
    ink = "#ffffff" if category.fill and grey(category.fill) < 55 else colours("ink")["text"]
    return (
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle" fill="{ink}" pointer-events="none">'
        f"{html.escape(name)}</text>"
    )


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
