"""KML, KMZ and ovkml to frames: fields by the names they bear, whatever the language; shapes in degrees.

The format is OGC 07-147r2. GDAL renames fields that are not ASCII, so that Chinese ones overwrite each other.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from lxml import etree, html

from govkit.intake.formats.delimited import detect_encoding

# one text of coordinates may be long, but nothing unpacks to more than this
_MOST_BYTES = 1 << 30
_FOLDER, _NAME = "文件夹", "name"
_MOST_FIELDS = 2000
# a document that says which encoding it is in, and not that which one is in without a word
_ENCODED = re.compile(rb"\s*<\?xml[^>]*encoding=.(?!utf)", re.IGNORECASE)


def read_kml(path: Path) -> tuple[gpd.GeoDataFrame, str, tuple[str, ...]]:
    """Return the placemarks in EPSG:4326, the datum the format fixes (``""``: WGS84), and the names of the documents.

    Fields are those of ``ExtendedData``, of tables in descriptions, ``name``, and the folders a placemark lies in. An
    .ovkml holds coordinates in GCJ-02. Raises ValueError or lxml's errors for what is no KML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=False)
    documents = _contents(path)
    places: list[etree._Element] = []
    records: list[dict[str, str]] = []
    for content in documents.values():
        if not _ENCODED.match(content) and detect_encoding(content) == "gb18030":
            content = re.sub(r"^\s*<\?xml[^>]*\?>", "", content.decode("gb18030")).encode()
        root = etree.fromstring(content, parser)
        schemas = {node.get("id", ""): node for node in root.iter("{*}Schema")}
        mine = list(root.iter("{*}Placemark"))
        places += mine
        records += [_fields(place, schemas) for place in mine]
    if not places:
        raise ValueError("文件里没有任何地标（Placemark）")
    names = list(dict.fromkeys(name for record in records for name in record))[:_MOST_FIELDS]
    frame = pd.DataFrame({name: [record.get(name) for record in records] for name in names}, index=range(len(records)))
    if _NAME in frame and any(frame[_NAME].equals(frame[one]) for one in frame if one != _NAME):
        # map programs repeat a field as the name they show
        frame = frame.drop(columns=_NAME)
    shapes = gpd.GeoSeries([_shape(place) for place in places], crs="EPSG:4326")
    datum = "GCJ-02" if path.suffix.lower() in {".ovkml", ".ovkmz"} else ""
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326"), datum, tuple(documents)


def _contents(path: Path) -> dict[str, bytes]:
    """Return the document of a KML, or every one of the archive a KMZ is, the outermost first."""
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
    if not packed:
        return {path.name: path.read_bytes()}
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if part.filename.lower().endswith((".kml", ".ovkml"))]
        if not parts:
            raise ValueError("压缩包里没有 .kml")
        size = sum(part.file_size for part in parts)
        if size > _MOST_BYTES:
            raise ValueError(f"解压后达 {size / 2**20:,.0f} MB")
        parts.sort(key=lambda one: one.filename.count("/"))
        return {part.filename: archive.read(part) for part in parts}


def _fields(place: etree._Element, schemas: dict[str, etree._Element]) -> dict[str, str]:
    found: dict[str, str] = {}
    for data in place.iter("{*}Data"):
        value = data.find("{*}value")
        found[data.get("name", "")] = _text(value)
    for part in place.iter("{*}SchemaData"):
        schema = schemas.get(part.get("schemaUrl", "").lstrip("#"))
        labels = {}
        for one in schema.iter("{*}SimpleField") if schema is not None else ():
            labels[one.get("name", "")] = _text(one.find("{*}displayName")) or one.get("name", "")
        for data in part.iter("{*}SimpleData"):
            name = data.get("name", "")
            found[labels.get(name, name)] = _text(data)
    description = _text(place.find("{*}description"))
    table = _table(description)
    found = {**table, **found}
    if not table and description:
        found.setdefault("description", description)
    name = _text(place.find("{*}name"))
    if name:
        found.setdefault(_NAME, name)
    folders = [_text(one.find("{*}name")) for one in place.iterancestors("{*}Folder")]
    if any(folders):
        found.setdefault(_FOLDER, "/".join(reversed([one for one in folders if one])))
    return {name: value for name, value in found.items() if name and value}


def _text(node: etree._Element | None) -> str:
    return "" if node is None else "".join(node.itertext()).strip()


def _table(description: str) -> dict[str, str]:
    """Return the fields that map programs write into a description as a table of two columns."""
    if "<t" not in description.lower():
        return {}
    try:
        rows = [[_text(cell) for cell in row.iter("td", "th")] for row in html.fromstring(description).iter("tr")]
    except (etree.LxmlError, ValueError):
        return {}
    return {row[0]: row[1] for row in rows if len(row) == 2 and row[0]}


def _shape(place: etree._Element) -> shapely.Geometry | None:
    """Return the shape of a placemark; several parts make a multi-part shape."""
    parts: list[shapely.Geometry] = []
    for node in place.iter("{*}Polygon"):
        outer = [_ring(ring) for ring in node.iterfind("{*}outerBoundaryIs/{*}LinearRing")]
        inner = [_ring(ring) for ring in node.iterfind("{*}innerBoundaryIs/{*}LinearRing")]
        if outer and len(outer[0]) > 3:
            parts.append(shapely.Polygon(outer[0], [ring for ring in inner if len(ring) > 3]))
    if not parts:
        lines = [_ring(node) for node in place.iter("{*}LineString")]
        parts = [shapely.LineString(line) for line in lines if len(line) > 1]
    if not parts:
        points = [_ring(node) for node in place.iter("{*}Point")]
        parts = [shapely.Point(point[0]) for point in points if len(point)]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    kinds = {"Polygon": shapely.MultiPolygon, "LineString": shapely.MultiLineString, "Point": shapely.MultiPoint}
    return kinds[parts[0].geom_type](parts)


def _ring(node: etree._Element) -> np.ndarray:
    """Return the positions of a node's coordinates; a ring that is not closed is."""
    tuples = _text(node.find("{*}coordinates")).split()
    values = np.array(
        [[float(part) for part in one.split(",")[:2]] for one in tuples if one.count(",")], dtype="float64"
    )
    values = values.reshape(-1, 2)
    closed = etree.QName(node).localname == "LinearRing" and len(values) > 2 and not (values[0] == values[-1]).all()
    return np.vstack([values, values[:1]]) if closed else values
