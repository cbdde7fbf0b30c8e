"""Map layers → what the page draws: slim shapes, looks, popups, legend entries, hatches."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from govkit import catalogue
from govkit.display.maps.layer_parts import words
from govkit.display.maps.shapes import for_screen
from govkit.display.maps.spec import Category, Layer, MapSpec
from govkit.display.maps.symbols import symbol_svg
from govkit.display.palette import colours

_CSS_PIXELS_A_POINT = 96 / 72
_CSS_PIXELS_A_CM = 96 / 2.54
DIGITS = 5  # decimals of a degree: one metre
_DEFECT_DIGITS = 6  # gaps and overlaps may be narrower than that


def layer_data(layer: Layer, spec: MapSpec, *, order: int) -> dict[str, Any]:
    points = layer.is_points
    limits = catalogue.load("map_text")["limits"]
    if points or layer.is_lines:
        shapes = shapely.transform(layer.shapes, lambda xy: np.round(xy, DIGITS))
    else:
        digits = _DEFECT_DIGITS if layer.numbered else DIGITS
        shapes = for_screen(layer.shapes, spec.notes.metric_crs, tolerance=limits["web_tolerance"], digits=digits)
    heads, lines = _fact_lines(layer)
    return {
        "shapes": [
            {
                "type": "Feature",
                "geometry": shape.__geo_interface__,
                "properties": {"g": int(member), "n": name, "h": head, "f": texts},
            }
            for shape, member, name, (head, texts) in zip(shapes, layer.members, layer.names, lines, strict=True)
        ],
        "order": order,
        "canvas": len(layer.shapes) > (limits["web_icons"] if points else limits["web_canvas"]),
        "keyboard": len(layer.shapes) <= limits["web_keyboard"],
        "heads": heads,
        "numbers": _numbers(layer, shapes, heads),
        "looks": [_look(category) for category in layer.categories],
        "icons": points and not layer.is_graduated and len(layer.shapes) <= limits["web_icons"],
        "speaks": points or layer.is_lines or any(category.fill or category.hatch for category in layer.categories),
        "legend": {
            "title": layer.title,
            "entries": [
                {
                    "label": category.label,
                    "count": words("count", n=category.count) if category.counted else "",
                    "svg": _swatch(category),
                }
                for category in layer.categories
            ],
            "remarks": list(layer.remarks),
            "matrix": list(layer.matrix) if layer.matrix else None,
        },
    }  # fmt: skip


def _fact_lines(layer: Layer) -> tuple[list[list[str]], list[tuple[int, list[str]]]]:
    """Return the distinct lists of labels, and for each shape which of them is its own and the texts beside them."""
    facts = layer.facts or ((),) * len(layer.shapes)
    labels = [tuple(label for label, _ in one) for one in facts]
    heads = list(dict.fromkeys(labels))
    lines = [(heads.index(mine), [text for _, text in one]) for mine, one in zip(labels, facts, strict=True)]
    return [list(head) for head in heads], lines


def _numbers(layer: Layer, shapes: np.ndarray, heads: list[list[str]]) -> list[dict[str, Any]]:
    """Return number, place, colour and popup of the largest defects, as print maps number them."""
    most = catalogue.load("map_text")["limits"]["numbered_defects"] if layer.numbered else 0
    places = shapely.get_coordinates(shapely.point_on_surface(shapes[:most]))
    return [
        {
            "number": at + 1, "place": [round(float(y), _DEFECT_DIGITS), round(float(x), _DEFECT_DIGITS)],
            "colour": layer.categories[layer.members[at]].edge, "n": layer.names[at],
            "h": heads.index([label for label, _ in layer.facts[at]]), "f": [text for _, text in layer.facts[at]],
        }
        for at, (x, y) in enumerate(places)
    ]  # fmt: skip


def _look(category: Category) -> dict[str, Any]:
    if category.radius:
        return {"colour": category.fill, "radius": round(category.radius * _CSS_PIXELS_A_CM, 1)}
    if category.symbol:
        return {"colour": category.fill, "svg": symbol_svg(category.symbol, category.fill, category.edge)}
    return {
        "fill": _fill(category),
        "plain": category.fill,
        "edge": category.edge,
        "width": round(category.width * _CSS_PIXELS_A_POINT, 2),
    }


def _fill(category: Category) -> str:
    return f"url(#{_pattern_id(category)})" if category.hatch else category.fill


def _pattern_id(category: Category) -> str:
    kind = {"/": "slash", "x": "cross", ".": "dot"}[category.hatch]
    return f"{kind}-{category.fill[1:]}-{(category.hatch_colour or colours('paper')['hatch'])[1:]}"


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
    marks = {
        "/": '<path d="M-2 2L2 -2M0 8L8 0M6 10L10 6" stroke="{line}" stroke-width="1.2"/>',
        "x": '<path d="M0 0L8 8M8 0L0 8" stroke="{line}" stroke-width="1.1"/>',
        ".": '<circle cx="2" cy="2" r="0.9" fill="{line}"/><circle cx="6" cy="6" r="0.9" fill="{line}"/>',
    }
    hatched = {_pattern_id(one): one for layer in every_layer(spec) for one in layer.categories if one.hatch}
    made = "".join(
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{one.fill or "none"}"/>'
        f"{marks[one.hatch].format(line=one.hatch_colour or colours('paper')['hatch'])}</pattern>"
        for name, one in sorted(hatched.items())
    )
    return f'<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>{made}</defs></svg>'


def every_layer(spec: MapSpec) -> list[Layer]:
    """Return the layers the page draws: those of every stage, or those of the map."""
    return [layer for panel in spec.panels for layer in panel.layers] if spec.panels else list(spec.layers)
