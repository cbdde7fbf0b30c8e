"""Polygons of grids: whether each is usable, polygons of units dissolved from them; shapes written in cells."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.intake.places.place import CGCS2000
from govkit.intake.reading.assemble import Reading
from govkit.intake.values.quantities import plain

_POLYGONAL = ("Polygon", "MultiPolygon")


def usable_polygons(reading: Reading) -> Reading:
    """Return a polygon table's reading with valid polygons only.

    Records without a shape (but units) or with points or lines are set aside; a ring that crosses itself is kept by its
    valid part and flagged.
    """
    if "geometry" not in reading.frame:
        empty = gpd.GeoSeries([None] * len(reading.frame), crs=CGCS2000)
        return replace(reading, frame=gpd.GeoDataFrame(reading.frame.assign(geometry=empty), geometry="geometry"))
    shapes = reading.frame["geometry"]
    none = shapes.isna() | shapes.is_empty
    # a unit is one without being drawn, a grid is not
    grave = "warning" if reading.table.name == "units" else ""
    reading = reading.flagged("no_geometry", none & ~reading.aside, severity=grave, words={"what": reading.table.title})
    kinds = shapes.geom_type
    wrong = ~none & ~kinds.isin(_POLYGONAL)
    line = wrong & kinds.str.contains("Line")
    found = ["点" if "Point" in str(kind) else "混合图形" for kind in kinds[wrong & ~line]]
    reading = reading.flagged("line_for_area", line)
    reading = reading.flagged("wrong_geometry_type", wrong & ~line, words={"found": found, "wanted": "面"})
    broken = (~none & ~wrong & ~shapes.is_valid).to_numpy()
    if not broken.any():
        return reading
    reading = reading.flagged("invalid_ring", broken)
    mended = shapes.to_numpy().copy()
    mended[broken] = [_polygonal(shape) for shape in shapely.make_valid(mended[broken])]
    return replace(reading, frame=reading.frame.assign(geometry=gpd.GeoSeries(mended, crs=CGCS2000)))


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons among the parts of a mended shape; dangling lines are dropped."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in _POLYGONAL]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def with_polygons(units: pd.DataFrame, grids: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return units with polygons: their own where the file has them, else dissolved from grids, level by level.

    ``units`` needs ``unit_code`` and ``parent``, ``grids`` ``unit_code`` and polygons, both in EPSG:4490. Units with
    nothing below them stay without.
    """
    own = dict(zip(units["unit_code"], units["geometry"], strict=True)) if "geometry" in units else {}
    shapes = {code: shape for code, shape in own.items() if shape is not None and not shape.is_empty}
    if grids is not None and len(grids):
        made = dissolve(grids["geometry"].to_numpy(), grids["unit_code"].to_numpy(dtype=object))
        known = set(units["unit_code"])
        shapes = {**{code: shape for code, shape in made.items() if code in known}, **shapes}
    if shapes:
        shapes = _up_the_chain(shapes, dict(zip(units["unit_code"], units["parent"], strict=True)))
    column = gpd.GeoSeries(
        [shapes.get(code) for code in units["unit_code"].to_numpy(dtype=object)], crs=CGCS2000, index=units.index
    )
    bare = pd.DataFrame(units.drop(columns="geometry", errors="ignore"))
    return gpd.GeoDataFrame(bare.assign(geometry=column), geometry="geometry")


def _up_the_chain(shapes: Mapping[str, shapely.Geometry], parent: Mapping[str, str]) -> dict[str, shapely.Geometry]:
    """Give every unit without polygon the union of its children's, deepest level first."""
    depth = {code: _depth(code, parent) for code in parent}
    done = dict(shapes)
    for level in sorted(set(depth.values()), reverse=True):
        children = [c for c in done if depth.get(c) == level and parent[c] in parent and parent[c] not in shapes]
        if children:
            parents = np.array([parent[code] for code in children], dtype=object)
            done |= dissolve(np.array([done[code] for code in children], dtype=object), parents)
    return done


def _depth(code: str, parent: Mapping[str, str]) -> int:
    seen: set[str] = set()
    while isinstance(code, str) and code in parent and code not in seen:
        seen.add(code)
        code = parent[code]
    return len(seen)


def dissolve(shapes: np.ndarray, groups: np.ndarray) -> dict[str, shapely.Geometry]:
    """Return one polygon a group: quickly where edges match exactly, by exact union where shapes overlap."""
    flawed = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    made: dict[str, shapely.Geometry] = {}
    for group, positions in pd.Series(range(len(shapes))).groupby(groups, sort=False):
        members = shapes[positions.to_numpy()]
        exact = flawed[positions.to_numpy()].any()
        made[str(group)] = shapely.union_all(members) if exact else shapely.coverage_union_all(members)
    return {
        code: shape if shapely.is_valid(shape) else _polygonal(shapely.make_valid(shape))
        for code, shape in made.items()
    }


_SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
_HEX = re.compile(r"(?:\\x)?([0-9A-Fa-f]{18,})")
_COLLECTIONS = re.compile(r"(?i)collection|multi|compound|surface|curve")
_COLLECTIONS_HEX = re.compile(r"(?i)010[4-9a-f]0000[02]0|00[02]000000[04-9a-f]")
_MOST_NESTED = 50


@dataclass(frozen=True)
class CellShapes:
    """Shapes read from the column at ``position``; ``unreadable`` marks cells that hold something else."""

    position: int
    shapes: gpd.GeoSeries
    unreadable: np.ndarray


def find_shapes(headers: Sequence[tuple[str, ...]], cells: pd.DataFrame) -> CellShapes | None:
    """Return the shapes of the column whose header says so (WKT, geom, 几何 …), None without one.

    The CRS is the SRID that the texts carry, None where they carry none.
    """
    words = {plain(word) for word in catalogue.load("points")["shape_headers"]}
    position = next((i for i, parts in enumerate(headers) if parts and plain(parts[-1]) in words), None)
    if position is None:
        return None
    texts = cells[position]
    shapes = np.array([_shape(text) for text in texts], dtype=object)
    unreadable = texts.notna().to_numpy() & np.array([shape is None for shape in shapes], dtype=bool)
    return CellShapes(position, gpd.GeoSeries(shapes, crs=_crs(texts, shapes)), unreadable)


def _shape(text: object) -> shapely.Geometry | None:
    if not isinstance(text, str):
        return None
    binary = _HEX.fullmatch(text)
    if len((_COLLECTIONS_HEX if binary else _COLLECTIONS).findall(text)) > _MOST_NESTED:
        # collections inside collections, deep enough to break the parser
        return None
    if binary:
        return shapely.from_wkb(binary[1], on_invalid="ignore") if len(binary[1]) % 2 == 0 else None
    return shapely.from_wkt(_SRID.sub("", text), on_invalid="ignore")


def _crs(texts: pd.Series, shapes: np.ndarray) -> str | None:
    said = [found[1] for text in texts.dropna().head(1) if (found := _SRID.match(text))]
    said += [str(number) for number in shapely.get_srid(shapes[:1]) if number > 0]
    return f"EPSG:{said[0]}" if said and said[0] != "0" else None
