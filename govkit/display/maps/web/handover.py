"""A map's data for a cartographer: one GeoPackage with every layer, and a QGIS style for each."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.shapes import CRS_OF_TABLES
from govkit.display.maps.sheet.spec import Category, Layer, MapSpec
from govkit.display.maps.sheet.symbols import OPEN
from govkit.display.palette import colours
from govkit.errors import ReportError

# As QGIS itself writes it: a layer added from the file then looks as on our map without loading a style by hand.
_STYLES = """CREATE TABLE layer_styles (
id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME)"""


def hand_over(figure: MapFigure, folder: str | Path) -> list[Path]:
    """Write the map's layers, hidden ones too, to ``<title>.gpkg`` in ``folder`` with a ``.qml`` a layer beside it.

    EPSG:4490; fields: ``code``, ``name``, ``class`` (the legend's label), and one for each line of the popup. Source,
    date and the mark of synthetic data stand in a field of their own and in the file's metadata. Returns the paths.
    Raises ReportError for a map without shapes or a folder that cannot be written.
    """
    spec = figure.spec
    # Layers with shapes by table name; those of small multiples are numbered by panel
    if not spec.panels:
        named = [(layer.key, layer) for layer in spec.layers]
    else:
        named = [(f"{layer.key}_{at}", layer) for at, one in enumerate(spec.panels, start=1) for layer in one.layers]
    tables = {name: layer for name, layer in named if len(layer.shapes)}
    if not tables:
        raise ReportError(f"地图「{spec.title}」没有可移交的图形。")
    folder = Path(folder)
    stem = re.sub(r'[\\/:*?"<>|\s\x00-\x1f]+', "_", spec.title).strip("._")[:60] or "map"
    target, partial = folder / f"{stem}.gpkg", folder / f".{stem}.part.gpkg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        for name, layer in tables.items():
            _frame(layer, spec).to_file(partial, layer=name, driver="GPKG", engine="pyogrio", metadata=_metadata(spec))
        styles = {name: qgis_style(layer) for name, layer in tables.items()}
        _keep_styles(partial, styles)
        partial.replace(target)
        paths = [target]
        for name, style in styles.items():
            paths.append(folder / f"{stem}-{name}.qml")
            paths[-1].write_text(style, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"不能写入移交文件夹：{error.strerror}", where=str(folder)) from None
    return paths


def _frame(layer: Layer, spec: MapSpec) -> gpd.GeoDataFrame:
    columns: dict[str, list[str | None]] = {
        "code": list(layer.codes), "name": list(layer.names),
        "class": [layer.categories[member].label for member in layer.members],
    }  # fmt: skip
    facts = [dict(one) for one in layer.facts] or [{} for _ in layer.shapes]
    taken = {"code", "name", "class", "fid", "geom"}
    for label in dict.fromkeys(label for one in facts for label in one):
        columns[f"{label}_" if label.lower() in taken else label] = [one.get(label) for one in facts]
    if spec.notes.synthetic:
        columns[catalogue.load("map_text")["handover"]["synthetic"]] = [words("synthetic")] * len(layer.shapes)
    return gpd.GeoDataFrame(columns, geometry=list(layer.shapes), crs=CRS_OF_TABLES)


def _metadata(spec: MapSpec) -> dict[str, str]:
    notes = spec.notes
    known = {
        "title": spec.title, "source": notes.source, "date": notes.date, "synthetic": notes.synthetic,
        "classification": notes.classification, "map_approval": notes.map_approval or words("schematic"),
    }  # fmt: skip
    return {name: text for name, text in known.items() if text}


def _keep_styles(path: Path, styles: dict[str, str]) -> None:
    with sqlite3.connect(path) as file:
        file.execute(_STYLES)
        file.executemany(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, "
            "styleQML, useAsDefault) VALUES ('', '', ?, 'geom', 'govkit', ?, 1)",
            styles.items(),
        )
        file.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
    file.close()


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
