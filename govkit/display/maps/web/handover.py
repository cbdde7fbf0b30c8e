"""A map's data for a cartographer: one GeoPackage with every layer, and a QGIS style for each."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import geopandas as gpd

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.sheet.figure import MapFigure
from govkit.display.maps.sheet.shapes import CRS_OF_TABLES
from govkit.display.maps.sheet.spec import Layer, MapSpec
from govkit.display.maps.web.qgis_style import qgis_style
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
