"""Grid audit: do the grids cover the ground with no gap and no overlap, and how many households has each?

Rules audited: GB/T 34300-2017 (whole coverage, no overlap, roughly 300-500 households a grid in towns).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from govkit import catalogue
from govkit.analysis.scope import Scope, Tables
from govkit.periods import Period

_GEOGRAPHIC = "EPSG:4490"
_COLUMNS = (
    "area_m2", "grid_codes", "unit_codes", "district_codes", "district_code", "longitude", "latitude", "geometry"
)  # fmt: skip


@dataclass(frozen=True)
class GridAudit:
    """The defects of a grid layer: one row a gap, one row an overlap (columns as in ``grid_gaps``)."""

    gaps: gpd.GeoDataFrame
    overlaps: gpd.GeoDataFrame

    def of(self, district_code: str) -> GridAudit:
        """Return the defects that touch one district."""

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


def audit_grids(grids: gpd.GeoDataFrame, *, crs: Any, outline: BaseGeometry | None = None) -> GridAudit:
    """Return gaps and overlaps of the grids, both found in the metric ``crs``; ``outline`` as in ``grid_gaps``."""
    return GridAudit(grid_gaps(grids, crs=crs, outline=outline), grid_overlaps(grids, crs=crs))


def grid_gaps(grids: gpd.GeoDataFrame, *, crs: Any, outline: BaseGeometry | None = None) -> gpd.GeoDataFrame:
    """Return the ground no grid covers: holes enclosed by grids and, with an ``outline`` (EPSG:4490), what lies open
    inside it.

    ``area_m2`` is measured in ``crs`` (metric); pieces below ``analysis.toml [grids] sliver_m2`` are left out.
    ``grid_codes``, ``unit_codes``, ``district_codes`` are tuples of what borders the gap, ``district_code`` is the
    district with the longest border on it, ``longitude`` and ``latitude`` a point inside; geometry in EPSG:4490.
    """
    placed = _placed(grids, crs)
    if placed.empty:
        return _no_defects()
    whole = _union(placed.geometry.to_numpy())
    # A hole may hold grids of its own, islands in the gap: they are no part of it.
    inside = [shapely.Polygon(ring) for part in shapely.get_parts(whole) for ring in getattr(part, "interiors", ())]
    if outline is not None:
        inside.append(gpd.GeoSeries([outline], crs=_GEOGRAPHIC).to_crs(crs).iloc[0])
    bare = shapely.difference(shapely.union_all(inside), whole)
    holes = [part for part in shapely.get_parts(bare) if part.geom_type == "Polygon"]
    holes = [hole for hole in holes if hole.area >= catalogue.load("analysis")["grids"]["sliver_m2"]]
    return _defect_frame(holes, [_bordering(hole, placed) for hole in holes], placed)


def grid_overlaps(grids: gpd.GeoDataFrame, *, crs: Any) -> gpd.GeoDataFrame:
    """Return the ground two grids claim, one row a pair.

    Columns as in ``grid_gaps``; ``district_code`` is the first grid's.

    Only grids that ``coverage_invalid_edges`` flags are compared, each with every grid that meets its box, so that
    a grid lying wholly inside another one (whose own edges are sound) is found too.
    """
    placed = _placed(grids, crs)
    shapes = placed.geometry.to_numpy()
    flagged = np.flatnonzero(_flagged(shapes))
    ours, theirs = shapely.STRtree(shapes).query(shapes[flagged], predicate="intersects")
    met = zip(flagged[ours].tolist(), theirs.tolist(), strict=True)
    pairs = sorted({(min(pair), max(pair)) for pair in met if pair[0] != pair[1]})
    common = [_polygons(shapely.intersection(shapes[left], shapes[right])) for left, right in pairs]
    least = catalogue.load("analysis")["grids"]["sliver_m2"]
    kept = [(shape, list(pair)) for shape, pair in zip(common, pairs, strict=True) if shape.area >= least]
    return _defect_frame([shape for shape, _ in kept], [pair for _, pair in kept], placed)


def _placed(grids: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Return the grids that have a shape, valid and in the metric CRS, in grid code order."""
    known = grids.loc[grids.geometry.notna() & ~grids.geometry.is_empty].to_crs(crs)
    shapes = [s if s.is_valid else _polygons(shapely.make_valid(s)) for s in known.geometry]
    valid = known.set_geometry(gpd.GeoSeries(shapes, index=known.index, crs=crs))
    return valid.sort_values("grid_code", ignore_index=True)


def _flagged(shapes: np.ndarray) -> np.ndarray:
    if len(shapes) == 0:
        return np.zeros(0, dtype=bool)
    return ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))


def _union(shapes: np.ndarray) -> BaseGeometry:
    """Return the union: the quick coverage way for the sound grids, the exact way for the flagged ones.

    Corners are snapped to ``node_m``: where a neighbour has a corner on an edge that lacks one (a T-junction),
    reprojection opens a slit of 1e-9 m, through which a gap would count as open ground outside.
    """
    node = catalogue.load("analysis")["grids"]["node_m"]
    flagged = _flagged(shapes)
    sound = shapely.coverage_union_all(shapes[~flagged])
    if not flagged.any():
        return shapely.set_precision(sound, node)
    return shapely.union_all([sound, *shapes[flagged]], grid_size=node)


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return the areal parts of an intersection, without the lines and points where neighbours only touch."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in {"Polygon", "MultiPolygon"}]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(_flat(parts))


def _flat(parts: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    return [piece for part in parts for piece in shapely.get_parts(part)]


def _bordering(hole: BaseGeometry, placed: gpd.GeoDataFrame) -> list[int]:
    """Return the rows of the grids around a hole, the one with the longest common border first."""
    touch = catalogue.load("analysis")["grids"]["touch_m"]
    near = placed.sindex.query(hole, predicate="dwithin", distance=touch)
    rim = hole.boundary.buffer(touch)
    shared = {row: shapely.intersection(placed.geometry.iloc[row].boundary, rim).length for row in near.tolist()}
    return sorted(shared, key=lambda row: (-shared[row], row))


def _defect_frame(shapes: list[BaseGeometry], rows: list[list[int]], placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if not shapes:
        return _no_defects()
    points = gpd.GeoSeries([shape.representative_point() for shape in shapes], crs=placed.crs).to_crs(_GEOGRAPHIC)
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
    geometry = gpd.GeoSeries(shapes, crs=placed.crs).to_crs(_GEOGRAPHIC)
    found = gpd.GeoDataFrame(frame, geometry=geometry, crs=_GEOGRAPHIC)[list(_COLUMNS)]
    return found.sort_values(["area_m2", "longitude"], ascending=[False, True], ignore_index=True)


def _names(placed: gpd.GeoDataFrame, rows: list[int], column: str) -> tuple[str, ...]:
    if column not in placed:
        return ()
    return tuple(dict.fromkeys(placed[column].iloc[rows].dropna()))


def _no_defects() -> gpd.GeoDataFrame:
    empty = {name: pd.Series(dtype=object if name.endswith("codes") else "float64") for name in _COLUMNS[:-1]}
    frame = pd.DataFrame(empty).astype({"district_code": "str"})
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=_GEOGRAPHIC), crs=_GEOGRAPHIC)


def coverage_summary(
    tables: Tables, period: Period, audit: GridAudit, *, by: str = "district_code", area: str = "all", crs: Any
) -> pd.DataFrame:
    """Return the audit per group: ``grids``, ``area_km2``, ``gaps``, ``gap_m2``, ``overlaps``, ``overlap_m2``,
    ``uncovered_share`` (gap area over gap and grid area, 0–1), ``sound_grids`` (with neither gap nor overlap).

    A defect between two districts or communities counts fully for each of them, and once in the zone.
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = scope.rows("grids")
    areas = (rows.geometry.to_crs(crs).area / 1e6).groupby(rows["group"]).sum()
    sound = (~rows["grid_code"].isin(audit.grid_codes)).groupby(rows["group"]).sum()
    members = set(rows["grid_code"])
    result = pd.DataFrame(
        {
            "grids": scope.per_group(rows.groupby("group").size(), fill=0).astype("Int64"),
            "area_km2": scope.per_group(areas),
        }
    )
    for name, frame in (("gap", audit.gaps), ("overlap", audit.overlaps)):
        touched = _per_group(frame, members, by).groupby("group")["area_m2"]
        result[f"{name}s"] = scope.per_group(touched.size(), fill=0).astype("Int64")
        result[f"{name}_m2"] = scope.per_group(touched.sum(), fill=0)
    whole = result["area_km2"] + result["gap_m2"] / 1e6
    sound_grids = scope.per_group(sound, fill=0).astype("Int64")
    return result.assign(uncovered_share=result["gap_m2"] / 1e6 / whole, sound_grids=sound_grids)


def _per_group(defects: gpd.GeoDataFrame, members: set[str], by: str) -> pd.DataFrame:
    """Return a row per defect and group it touches."""
    touching = defects["grid_codes"].map(lambda codes: not members.isdisjoint(codes)).astype(bool)
    listed = pd.DataFrame(defects.loc[touching, ["area_m2", "unit_codes", "district_codes"]])
    groups = "zone" if by == "zone" else listed[f"{by}s"]
    return listed.assign(group=groups).explode("group").astype({"area_m2": "float64"})


def households_per_grid(
    tables: Tables, period: Period, *, by: str = "district_code", area: str = "all"
) -> pd.DataFrame:
    """Return per group: ``grids``, ``mean``, ``least``, ``most`` households, ``in_range`` grids and their ``share``,
    ``without_manager``.

    The range is 300-500 households (GB/T 34300-2017, for grids in towns); grids without a household count are in
    ``grids`` and ``without_manager`` only.
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = scope.rows("grids")
    norm = catalogue.load("analysis")["grids"]
    households = rows["households"].astype("float64")
    grouped = households.groupby(rows["group"])
    inside = households.between(norm["households_least"], norm["households_most"]).groupby(rows["group"]).sum()
    known = scope.per_group(grouped.count())
    bare = rows["manager"].isna().groupby(rows["group"]).sum()
    in_range = scope.per_group(inside)
    return pd.DataFrame(
        {
            "grids": scope.per_group(rows.groupby("group").size(), fill=0).astype("Int64"),
            "mean": scope.per_group(grouped.mean()),
            "least": scope.per_group(grouped.min()),
            "most": scope.per_group(grouped.max()),
            "in_range": in_range.astype("Int64"),
            "share": in_range / known.where(known > 0),
            "without_manager": scope.per_group(bare, fill=0).astype("Int64"),
        }
    )
