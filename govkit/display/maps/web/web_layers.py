"""Map layers → what the page draws: slim shapes, looks, popups, legend entries, hatches."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet.labels import middle_of
from govkit.display.maps.sheet.shapes import for_screen
from govkit.display.maps.sheet.spec import Category, Layer, MapSpec
from govkit.display.maps.sheet.symbols import OPEN, outline, symbol_svg
from govkit.display.palette import colours
from govkit.display.words.language import drawn

_CSS_PIXELS_A_POINT = 96 / 72
_CSS_PIXELS_A_CM = 96 / 2.54
DIGITS = 5  # decimals of a degree: one metre
_DEFECT_DIGITS = 6  # gaps and overlaps may be narrower than that
_POLYGON = 3  # shapely's type id
# Our hatch → a path in a field of 8 by 8 and its width; a line of no length with round ends is a dot.
_MARKS = {
    "/": ("M-2 2L2 -2M0 8L8 0M6 10L10 6", 1.2),
    "x": ("M0 0L8 8M8 0L0 8", 1.1),
    ".": ("M2 2h.01M6 6h.01", 1.8),
}


def layer_data(layer: Layer, spec: MapSpec, *, order: int) -> dict[str, Any]:
    """Return what the page needs of a layer: columns with an entry a shape, corners as integer steps, looks, legend."""
    limits = catalogue.load("map_text")["limits"]
    digits = _DEFECT_DIGITS if layer.numbered else DIGITS
    shapes = _screen_shapes(layer, spec, digits)
    steps, rings = _steps(shapes, digits)
    columns = _fact_columns(layer)
    return {
        "kind": "point" if layer.is_points else "line" if layer.is_lines else "polygon",
        "order": order,
        "many": len(shapes) > limits["web_parts"],
        "digits": digits, "steps": steps, "rings": rings,
        "members": layer.members.astype(int).tolist(), "names": list(layer.names), **columns,
        "numbers": _numbers(layer, shapes), "spots": _spots(layer, shapes),
        "looks": [_look(category) for category in layer.categories],
        "speaks": layer.is_points or layer.is_lines or any(one.fill or one.hatch for one in layer.categories),
        "legend": _legend(layer),
    }  # fmt: skip


def _screen_shapes(layer: Layer, spec: MapSpec, digits: int) -> np.ndarray:
    if layer.is_points or layer.is_lines:
        return layer.shapes
    tolerance = catalogue.load("map_text")["limits"]["web_tolerance"]
    return shapely.orient_polygons(for_screen(layer.shapes, spec.notes.metric_crs, tolerance=tolerance, digits=digits))


def _steps(shapes: np.ndarray, digits: int) -> tuple[list[int], list[int | list[int]]]:
    """Return longitude and latitude of every corner less those of the corner before, in units of the last digit, and
    how many corners each shape has, a list where it has several rings.

    Polygons without the corner that closes them: a third of the size of GeoJSON.
    """
    parts, owner = shapely.get_parts(shapes, return_index=True)
    closed = len(parts) > 0 and shapely.get_type_id(parts[0]) == _POLYGON
    if closed:
        parts, ring_owner = shapely.get_rings(parts, return_index=True)
        owner = owner[ring_owner]
    corners, ring = shapely.get_coordinates(parts, return_index=True)
    if closed:
        kept = np.diff(ring, append=-1) == 0
        corners, ring = corners[kept], ring[kept]
    whole = np.rint(corners * 10**digits).astype(np.int64)
    counts = np.bincount(ring, minlength=len(parts)).tolist()
    by_shape: list[list[int]] = [[] for _ in shapes]
    for mine, count in zip(owner.tolist(), counts, strict=True):
        by_shape[mine].append(count)
    rings: list[int | list[int]] = [one[0] if len(one) == 1 else one for one in by_shape]
    return np.diff(whole, axis=0, prepend=0).ravel().tolist(), rings


def _fact_columns(layer: Layer) -> dict[str, Any]:
    """Return popup lines as columns: the distinct lists of labels, which of them is each shape's (left out where all
    have the first), the distinct texts and the places of each shape's texts among them.
    """
    facts = layer.facts or ((),) * len(layer.shapes)
    labels = [tuple(label for label, _ in one) for one in facts]
    heads = {head: at for at, head in enumerate(dict.fromkeys(labels))}
    texts = {text: at for at, text in enumerate(dict.fromkeys(text for one in facts for _, text in one))}
    return {
        "heads": [list(head) for head in heads] or [[]],
        "headed": [heads[one] for one in labels] if len(heads) > 1 else [],
        "texts": list(texts),
        "facts": [[texts[text] for _, text in one] for one in facts],
    }


def _numbers(layer: Layer, shapes: np.ndarray) -> list[list[float]]:
    """Return the places (latitude, longitude) of the largest defects, as print maps number them."""
    most = catalogue.load("map_text")["limits"]["numbered_defects"] if layer.numbered else 0
    places = shapely.get_coordinates(shapely.point_on_surface(shapes[:most]))
    return [[round(float(y), _DEFECT_DIGITS), round(float(x), _DEFECT_DIGITS)] for x, y in places]


def _spots(layer: Layer, shapes: np.ndarray) -> list[list[float]]:
    """Return for every name, larger ranks first: position of its shape, latitude and longitude of its middle, and the
    shape's extent across and up in pixels of a world 256 pixels wide.
    """
    if not layer.labelled:
        return []
    ranks = layer.ranks if len(layer.ranks) else np.zeros(len(shapes))
    out = []
    for at in np.argsort(-ranks, kind="stable"):
        world = 128 if np.isnan(ranks[at]) else 256  # a name without rank waits until its unit is twice as large
        west, south, east, north = shapes[at].bounds
        x, y = middle_of(shapes[at])
        across, up = (east - west) * world / 360, (north - south) * world / 360 / max(np.cos(np.radians(y)), 0.01)
        out.append([int(at), round(y, DIGITS), round(x, DIGITS), float(f"{across:.3g}"), float(f"{up:.3g}")])
    return out


def _legend(layer: Layer) -> dict[str, Any]:
    entries = [
        {"label": one.label, "count": drawn(words("count", n=one.count)) if one.counted else "", "svg": _swatch(one)}
        for one in layer.categories
    ]
    matrix = list(layer.matrix) if layer.matrix else None
    return {"title": layer.title, "entries": entries, "remarks": list(layer.remarks), "matrix": matrix}


def _look(category: Category) -> dict[str, Any]:
    if category.symbol and not category.radius:
        # A facility's look twice: as a picture, and as corners about (0, 0), y down, for the canvas
        hollow = category.symbol in OPEN
        fill, edge = (category.edge, category.fill) if hollow else (category.fill, category.edge)
        corners = np.round(outline(category.symbol) * (1, -1), 2).ravel().tolist()
        picture = symbol_svg(category.symbol, category.fill, category.edge)
        return {"fill": fill, "edge": edge, "width": 1.6 if hollow else 1, "svg": picture, "corners": corners}
    look: dict[str, Any] = {
        "fill": category.fill,
        "edge": category.edge,
        "width": round(category.width * _CSS_PIXELS_A_POINT, 2),
    }
    if category.hatch:
        mark, width = _MARKS[category.hatch]
        look["hatch"] = {"id": _pattern_id(category), "mark": mark, "width": width, "line": _hatch_line(category)}
    if category.radius:
        look |= {"radius": round(category.radius * _CSS_PIXELS_A_CM, 1)}
    return look


def _fill(category: Category) -> str:
    return f"url(#{_pattern_id(category)})" if category.hatch else category.fill


def _hatch_line(category: Category) -> str:
    return category.hatch_colour or colours("paper")["hatch"]


def _pattern_id(category: Category) -> str:
    kind = {"/": "slash", "x": "cross", ".": "dot"}[category.hatch]
    return f"{kind}-{category.fill[1:]}-{_hatch_line(category)[1:]}"


def _swatch(category: Category) -> str:
    if category.radius:
        radius = round(category.radius * _CSS_PIXELS_A_CM, 1)
        side = 2 * radius + 2
        circle = f'<circle cx="{radius + 1}" cy="{radius + 1}" r="{radius}" fill="{category.fill}"/>'
        return f'<svg width="{side}" height="{side}" style="height:{side}px">{circle}</svg>'
    if category.symbol:
        return symbol_svg(category.symbol, category.fill, category.edge)
    edge = f'stroke="{category.edge}"' if category.edge else ""
    if not (category.fill or category.hatch):
        width = max(2, round(category.width * _CSS_PIXELS_A_POINT, 1))
        return f'<svg width="24" height="16"><path d="M0 8H24" {edge} stroke-width="{width}"/></svg>'
    return (
        f'<svg width="24" height="16"><rect x="1" y="1" width="22" height="14" fill="{_fill(category)}" {edge}/></svg>'
    )


def patterns(spec: MapSpec) -> str:
    """Return hatches as SVG patterns that shapes and legend fill themselves with."""
    hatched = {_pattern_id(one): one for layer in every_layer(spec) for one in layer.categories if one.hatch}
    made = "".join(
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{one.fill or "none"}"/>'
        f'<path d="{_MARKS[one.hatch][0]}" stroke="{_hatch_line(one)}" stroke-width="{_MARKS[one.hatch][1]}" '
        'stroke-linecap="round"/></pattern>'
        for name, one in sorted(hatched.items())
    )
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{made}</defs></svg>'


def every_layer(spec: MapSpec) -> list[Layer]:
    """Return the layers the page draws: those of every stage, or those of the map."""
    return [layer for panel in spec.panels for layer in panel.layers] if spec.panels else list(spec.layers)
