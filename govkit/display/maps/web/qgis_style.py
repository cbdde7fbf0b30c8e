"""The look of a map layer as a QGIS style (.qml): categories of the field ``class``, fills, hatches, lines, symbols."""

from __future__ import annotations

from xml.etree import ElementTree

from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.maps.sheet.symbols import OPEN
from govkit.display.palette import colours

_MM_A_POINT = 25.4 / 72
_SYMBOL_MM = 3.4  # as wide as on our own printed maps
_HATCH = {"/": "b_diagonal", "x": "diagonal_x", ".": "dense6"}
# Our symbol → the nearest of QGIS's own markers.
_MARKER = {
    "circle": "circle", "open_circle": "circle", "square": "square", "open_square": "square", "bar": "square",
    "diamond": "diamond", "triangle": "triangle", "inverted": "triangle", "pentagon": "pentagon", "hexagon": "hexagon",
    "slanted": "parallelogram_right", "cross": "cross_fill", "shield": "shield", "house": "pentagon", "drop": "circle",
}  # fmt: skip


def qgis_style(layer: Layer) -> str:
    """Return the layer's style as QML text for QGIS 3; it expects the fields ``class`` and ``name``."""
    root = ElementTree.Element("qgis", version="3.28", styleCategories="Symbology|Labeling", labelsEnabled="0")
    renderer = ElementTree.SubElement(root, "renderer-v2", type="categorizedSymbol", attr="class", symbollevels="0")
    categories = ElementTree.SubElement(renderer, "categories")
    symbols = ElementTree.SubElement(renderer, "symbols")
    for at, category in enumerate(layer.categories):
        entry = {
            "value": category.label,
            "label": category.label,
            "symbol": str(at),
            "render": "true",
            "type": "string",
        }
        ElementTree.SubElement(categories, "category", entry)
        _add_symbol(symbols, category, str(at), kind=_kind(layer))
    ElementTree.SubElement(root, "layerGeometryType").text = {"marker": "0", "line": "1", "fill": "2"}[_kind(layer)]
    body = ElementTree.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{body}"


def _kind(layer: Layer) -> str:
    return "marker" if layer.is_points else "line" if layer.is_lines else "fill"


def _add_symbol(parent: ElementTree.Element, category: Category, name: str, *, kind: str) -> None:
    symbol = ElementTree.SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    if kind == "marker":
        _add_part(symbol, "SimpleMarker", _marker(category))
    elif kind == "line":
        _add_part(symbol, "SimpleLine", {"line_color": _colour(category.edge), "line_width": _mm(category.width)})
    else:
        edge = {"outline_style": "no"} if not category.edge else {
            "outline_style": "solid", "outline_color": _colour(category.edge), "outline_width": _mm(category.width),
        }  # fmt: skip
        style = "solid" if category.fill else "no"
        _add_part(symbol, "SimpleFill", {"color": _colour(category.fill or "#ffffff"), "style": style, **edge})
        if category.hatch:
            hatch = _colour(category.hatch_colour or colours("paper")["hatch"])
            _add_part(symbol, "SimpleFill", {"color": hatch, "style": _HATCH[category.hatch], "outline_style": "no"})


def _marker(category: Category) -> dict[str, str]:
    hollow = category.symbol in OPEN
    fill, edge = (category.edge, category.fill) if hollow else (category.fill, category.edge)
    size = 20 * category.radius if category.radius else _SYMBOL_MM
    return {
        "name": _MARKER[category.symbol], "color": _colour(fill), "outline_color": _colour(edge),
        "outline_width": "0.3", "size": f"{size:.2f}", "size_unit": "MM",
        "angle": "180" if category.symbol == "inverted" else "0",
    }  # fmt: skip


def _add_part(symbol: ElementTree.Element, kind: str, options: dict[str, str]) -> None:
    part = ElementTree.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    listed = ElementTree.SubElement(part, "Option", type="Map")
    for name, value in options.items():
        ElementTree.SubElement(listed, "Option", type="QString", name=name, value=value)


def _colour(colour: str) -> str:
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _mm(points: float) -> str:
    return f"{points * _MM_A_POINT:.2f}"
