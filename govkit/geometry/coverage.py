"""Coverage of a polygon layer: the ground no grid covers, the ground two grids claim, and the slivers of both.

Rule audited: GB/T 34300-2017 (whole coverage, no overlap).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from govkit import catalogue

GEOGRAPHIC = "EPSG:4490"
_COLUMNS = (
    "area_m2", "grid_codes", "unit_codes", "district_codes", "district_code", "longitude", "latitude", "geometry"
)  # fmt: skip


def _no_slivers() -> pd.DataFrame:
    return _sliver_rows("gap", [], GEOGRAPHIC)


@dataclass(frozen=True)
class GridAudit:
    """The defects of a grid layer: one row a gap, one row an overlap (columns as in ``grid_gaps``).

    ``slivers`` are the gaps and overlaps too small to count: ``kind`` (gap, overlap), ``area_m2``, ``longitude``,
    ``latitude``, largest first.
    """

    gaps: gpd.GeoDataFrame
    overlaps: gpd.GeoDataFrame
    slivers: pd.DataFrame = field(default_factory=_no_slivers)

    def of(self, district_code: str) -> GridAudit:
        """Return the defects that touch one district; slivers belong to the layer alone."""

        def mine(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
            touching = frame["district_codes"].map(lambda codes: district_code in codes).astype(bool)
            return frame.loc[touching].reset_index(drop=True)

        return GridAudit(mine(self.gaps), mine(self.overlaps))

    @property
    def grid_codes(self) -> frozenset[str]:
        """The grids with a gap beside them or an overlap on them."""
        return frozenset(code for frame in self._frames for codes in frame["grid_codes"] for code in codes)

    @property
    def _frames(self) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        return self.gaps, self.overlaps


def audit_grids(
    grids: gpd.GeoDataFrame,
    *,
    crs: Any,
    outline: BaseGeometry | None = None,
    no_grid_needed: gpd.GeoDataFrame | None = None,
) -> GridAudit:
    """Return gaps, overlaps and slivers of the grids, found in the metric ``crs``; ``outline`` as in ``grid_gaps``.

    ``no_grid_needed`` holds ground (water, railway land) that is no gap where no grid covers it.
    """
    layer = metric_layer(grids, crs)
    gaps, (overlaps, pairs) = _gap_shapes(layer, outline), common_ground(layer)
    gaps = gaps if no_grid_needed is None else _without(gaps, no_grid_needed, crs)
    return GridAudit(gap_frame(layer, gaps), overlap_frame(layer, overlaps, pairs), sliver_frame(gaps, overlaps, crs))


def grid_gaps(grids: gpd.GeoDataFrame, *, crs: Any, outline: BaseGeometry | None = None) -> gpd.GeoDataFrame:
    """Return the ground no grid covers: holes enclosed by grids and, with an ``outline`` (EPSG:4490), what lies open
    inside it.

    ``area_m2`` is measured in ``crs`` (metric); pieces smaller or narrower than ``geometry.toml`` says are left out.
    ``grid_codes``, ``unit_codes``, ``district_codes`` are tuples of what borders the gap, ``district_code`` is the
    district with the longest border on it, ``longitude`` and ``latitude`` a point inside; geometry in EPSG:4490.
    """
    layer = metric_layer(grids, crs)
    return gap_frame(layer, _gap_shapes(layer, outline))


def grid_overlaps(grids: gpd.GeoDataFrame, *, crs: Any) -> gpd.GeoDataFrame:
    """Return the ground two grids claim, one row a pair.

    Columns as in ``grid_gaps``; ``district_code`` is the first grid's.
    """
    layer = metric_layer(grids, crs)
    return overlap_frame(layer, *common_ground(layer))


@dataclass(frozen=True, eq=False)
class _Layer:
    """Grids with a valid shape in a metric CRS, in grid code order."""

    placed: gpd.GeoDataFrame

    @cached_property
    def shapes(self) -> np.ndarray:
        return self.placed.geometry.to_numpy()

    @cached_property
    def flagged(self) -> np.ndarray:
        """The grids whose edges do not match their neighbours': every overlap has one of them, and most gaps."""
        if len(self.shapes) == 0:
            return np.zeros(0, dtype=bool)
        return ~shapely.is_empty(shapely.coverage_invalid_edges(self.shapes))

    @cached_property
    def whole(self) -> BaseGeometry:
        """The union: the quick coverage way for the sound grids, the exact way for the flagged ones.

        Corners are snapped to ``node_m``: where a neighbour has a corner on an edge that lacks one (a T-junction),
        reprojection opens a slit of 1e-9 m, through which a gap would count as open ground outside.
        """
        node = catalogue.load("geometry")["node_m"]
        sound = shapely.coverage_union_all(self.shapes[~self.flagged])
        if not self.flagged.any():
            return shapely.set_precision(sound, node)
        return shapely.union_all([sound, *self.shapes[self.flagged]], grid_size=node)


def present(shapes: gpd.GeoSeries) -> pd.Series:
    """Return which shapes are there, neither missing nor empty; without geopandas' warning that these are two."""
    there = shapely.is_geometry(shapes.to_numpy()) & ~shapely.is_empty(shapes.to_numpy())
    return pd.Series(there, index=shapes.index)


def metric_layer(grids: gpd.GeoDataFrame, crs: Any) -> _Layer:
    """Return the grids that have a shape, made valid, in a metric CRS and in the order of their codes."""
    known = grids.loc[present(grids.geometry)].to_crs(crs)
    shapes = known.geometry.to_numpy().copy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = [polygonal(shape) for shape in shapely.make_valid(shapes[broken])]
    valid = known.set_geometry(gpd.GeoSeries(shapes, index=known.index, crs=crs))
    return _Layer(valid.sort_values("grid_code", ignore_index=True))


def polygonal(shape: BaseGeometry) -> BaseGeometry:
    """Return the areal parts of a shape, without the lines and points where neighbours only touch."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(_flat(parts))


def _flat(parts: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    return [piece for part in parts for piece in shapely.get_parts(part)]


def _gap_shapes(layer: _Layer, outline: BaseGeometry | None) -> np.ndarray:
    return bare_ground(layer.whole, outline, layer.placed.crs) if len(layer.placed) else np.empty(0, dtype=object)


def _without(shapes: np.ndarray, spared: gpd.GeoDataFrame, crs: Any) -> np.ndarray:
    """Return what is left of each shape (metric CRS) outside the ground that needs no grid, in single pieces."""
    known = spared.geometry[spared.geometry.notna()].to_crs(crs)
    ground = shapely.union_all(shapely.make_valid(known.to_numpy()))
    pieces = shapely.get_parts(shapely.difference(shapes, ground))
    return pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON]


def bare_ground(whole: BaseGeometry, outline: BaseGeometry | None, crs: Any) -> np.ndarray:
    """Return every piece of ground, of any size, that the union of all grids leaves bare, in their metric CRS."""
    # A hole may hold grids of its own, islands in the gap: they are no part of it.
    inside = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in getattr(part, "interiors", ())]
    if outline is not None:
        inside.append(gpd.GeoSeries([outline], crs=GEOGRAPHIC).to_crs(crs).iloc[0])
    bare = shapely.get_parts(shapely.difference(shapely.union_all(inside), whole))
    return bare[shapely.get_type_id(bare) == shapely.GeometryType.POLYGON]


def common_ground(layer: _Layer) -> tuple[np.ndarray, np.ndarray]:
    """Return the common ground of pairs of grids, of any size, and the pairs (n × 2 positions).

    Only grids that ``coverage_invalid_edges`` flags are compared, each with every grid that meets its box, so that
    a grid lying wholly inside another one (whose own edges are sound) is found too.
    """
    flagged = np.flatnonzero(layer.flagged)
    if not len(flagged):
        return np.empty(0, dtype=object), np.empty((0, 2), dtype=int)
    ours, theirs = shapely.STRtree(layer.shapes).query(layer.shapes[flagged], predicate="intersects")
    pairs = np.sort(np.column_stack([flagged[ours], theirs]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    common = shapely.intersection(layer.shapes[pairs[:, 0]], layer.shapes[pairs[:, 1]])
    areal = shapely.area(common) > 0
    shapes = np.array([*map(polygonal, common[areal]), None], dtype=object)[:-1]
    return shapes, pairs[areal]


def gap_frame(layer: _Layer, holes: np.ndarray) -> gpd.GeoDataFrame:
    """Return a row for each hole (metric CRS) that counts, with the grids of the layer that border it."""
    holes = holes[counting(holes)]
    return _defect_frame(list(holes), [_bordering(hole, layer.placed) for hole in holes], layer.placed)


def overlap_frame(layer: _Layer, common: np.ndarray, pairs: np.ndarray) -> gpd.GeoDataFrame:
    """Return a row for each piece of common ground that counts, with the pair of grids that share it."""
    kept = counting(common)
    return _defect_frame(list(common[kept]), pairs[kept].tolist(), layer.placed)


def counting(shapes: np.ndarray) -> np.ndarray:
    """Whether pieces are large and wide enough to be more than drawing noise."""
    spec, area = catalogue.load("geometry"), shapely.area(shapes)
    return (area >= spec["sliver_m2"]) & (2 * area >= spec["sliver_width_m"] * shapely.length(shapes))


def _slivers(shapes: np.ndarray) -> np.ndarray:
    return shapes[(shapely.area(shapes) >= catalogue.load("geometry")["noise_m2"]) & ~counting(shapes)]


def sliver_frame(gaps: np.ndarray, overlaps: np.ndarray, crs: Any) -> pd.DataFrame:
    """Return what is too small to count but more than rounding (columns as ``GridAudit.slivers``), largest first."""
    thin = [_sliver_rows(kind, _slivers(shapes), crs) for kind, shapes in (("gap", gaps), ("overlap", overlaps))]
    slivers = pd.concat([one for one in thin if len(one)] or thin[:1], ignore_index=True)
    return slivers.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)


def _sliver_rows(kind: str, shapes: Iterable[BaseGeometry], crs: Any) -> pd.DataFrame:
    array = np.array([*shapes, None], dtype=object)[:-1]
    points = gpd.GeoSeries(shapely.point_on_surface(array), crs=crs).to_crs(GEOGRAPHIC)
    found = pd.DataFrame({"kind": pd.Series([kind] * len(array), dtype="str"), "area_m2": shapely.area(array)})
    return found.assign(longitude=points.x, latitude=points.y)


def _bordering(hole: BaseGeometry, placed: gpd.GeoDataFrame) -> list[int]:
    """Return the rows of the grids around a hole, the one with the longest common border first."""
    touch = catalogue.load("geometry")["touch_m"]
    near = placed.sindex.query(hole, predicate="dwithin", distance=touch)
    rim = hole.boundary.buffer(touch)
    shared = {row: shapely.intersection(placed.geometry.iloc[row].boundary, rim).length for row in near.tolist()}
    return sorted(shared, key=lambda row: (-shared[row], row))


def _defect_frame(shapes: list[BaseGeometry], rows: list[list[int]], placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if not shapes:
        return no_defects()
    points = gpd.GeoSeries([shape.representative_point() for shape in shapes], crs=placed.crs).to_crs(GEOGRAPHIC)
    records = [
        {"area_m2": shape.area}
        | {f"{name}s": _names(placed, near, name) for name in ("grid_code", "unit_code", "district_code")}
        for shape, near in zip(shapes, rows, strict=True)
    ]
    frame = pd.DataFrame(records).assign(
        district_code=pd.Series([next(iter(record["district_codes"]), None) for record in records], dtype="str"),
        longitude=points.x.to_numpy(),
        latitude=points.y.to_numpy(),
    )
    geometry = gpd.GeoSeries(shapes, crs=placed.crs).to_crs(GEOGRAPHIC)
    found = gpd.GeoDataFrame(frame, geometry=geometry, crs=GEOGRAPHIC)[list(_COLUMNS)]
    return largest_first(found)


def largest_first(defects: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return defects in the order every audit lists them in."""
    return defects.sort_values(["area_m2", "longitude"], ascending=[False, True], ignore_index=True)


def _names(placed: gpd.GeoDataFrame, rows: list[int], column: str) -> tuple[str, ...]:
    if column not in placed:
        return ()
    return tuple(dict.fromkeys(placed[column].iloc[rows].dropna()))


def no_defects() -> gpd.GeoDataFrame:
    """Return a defect frame without rows."""
    empty = {name: pd.Series(dtype=object if name.endswith("codes") else "float64") for name in _COLUMNS[:-1]}
    frame = pd.DataFrame(empty).astype({"district_code": "str"})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=GEOGRAPHIC), crs=GEOGRAPHIC)
