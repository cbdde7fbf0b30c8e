"""Grid audit in numbers: do the grids cover the ground with no gap and no overlap, and how many households has each?

Rules audited: GB/T 34300-2017 (whole coverage, no overlap, roughly 300-500 households a grid in towns).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.analysis.measures.scope import Scope, Tables
from govkit.geometry.coverage import GridAudit, audit_grids, grid_gaps, grid_overlaps, present
from govkit.periods import Period
from govkit.provided import base_units

__all__ = [
    "GridAudit", "Ground", "areas_km2", "audit", "audit_grids", "coverage_summary", "grid_gaps", "grid_overlaps",
    "ground", "households_per_grid", "without_grids",
]  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """What the ground of some units holds; numbers are missing (NaN) where nothing tells.

    ``area_km2`` is that of the ``mapped`` of the ``units`` (communities, or what stands for them), ``households`` all
    of theirs, ``households_in_grids`` those that lie in the ``grids_counted`` of the ``grids``: those that state them,
    else those of units that do; ``without_grids``: the units that have none though others of their kind have
    (``unit_code``, ``name``, ``population``, ``households``).
    """

    units: int
    mapped: int
    area_km2: float
    households: float
    grids: int
    households_in_grids: float
    grids_counted: int
    without_grids: pd.DataFrame


def ground(units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | None, *, crs: Any) -> Ground:
    """Return what the ground of these units holds; areas are measured in the metric ``crs``."""
    base = base_units(units)
    area = areas_km2(base, crs=crs)
    counted = pd.DataFrame(columns=["unit_code"]) if grids is None else grids
    inside, with_households = _households_in_grids(base, counted)
    return Ground(
        units=len(base),
        mapped=int(area.notna().sum()),
        area_km2=float(area.sum(min_count=1)),
        households=float(base["households"].astype("float64").sum(min_count=1)),
        grids=len(counted),
        households_in_grids=inside,
        grids_counted=with_households,
        without_grids=without_grids(units, grids),
    )


def areas_km2(units: pd.DataFrame, *, crs: Any) -> pd.Series:
    """Return the area of each unit in km², missing where it has no boundary."""
    if "geometry" not in units or units["geometry"].isna().all():
        return pd.Series(float("nan"), index=units.index)
    shapes = gpd.GeoSeries(units["geometry"])
    return (shapes.to_crs(crs).area / 1e6).where(present(shapes))


def _households_in_grids(base: pd.DataFrame, grids: pd.DataFrame) -> tuple[float, int]:
    """Return the households of the grids that state them and how many do, else of the units that have grids."""
    known = grids["households"].dropna() if "households" in grids else pd.Series(dtype="float64")
    if len(known):
        return float(known.sum()), len(known)
    counted = base.loc[base["unit_code"].isin(grids["unit_code"]) & base["households"].notna()]
    there = int(grids["unit_code"].isin(counted["unit_code"]).sum())
    return float(counted["households"].astype("float64").sum(min_count=1)), there


def without_grids(units: pd.DataFrame, grids: pd.DataFrame | None) -> pd.DataFrame:
    """Return the communities without a grid, in code order; none where there are no grids at all.

    Columns: ``unit_code``, ``name``, ``district_code``, ``kind``, ``population``, ``households``, ``lacking`` (whether
    others of their kind have one: of a kind without any it may be meant).
    """
    base = base_units(units).sort_values("unit_code")
    columns = ["unit_code", "name", "district_code", "kind", "population", "households"]
    named = pd.DataFrame(base).reindex(columns=columns)
    served = base["unit_code"].isin(grids["unit_code"] if grids is not None else ())
    named = named.assign(lacking=base["kind"].isin(base.loc[served, "kind"]))
    return named.loc[~served & (grids is not None and len(grids) > 0)].reset_index(drop=True)


def audit(tables: Tables, *, crs: Any) -> GridAudit | None:
    """Return the audit of a zone's grids, ground that needs none (table ``no_grid_needed``) left out; None without.

    A unit with grids and a polygon of its own is to be covered up to its border, as in the check of the files.
    """
    if "grids" not in tables or not crs:
        return None
    units, grids = tables.get("units"), tables["grids"]
    own = _own_ground(units, grids)
    outline = shapely.union_all(own.to_numpy()) if len(own) else None
    found = audit_grids(grids, crs=crs, outline=outline, no_grid_needed=tables.get("no_grid_needed"))
    return replace(found, gaps=_placed(found.gaps, units)) if len(own) else found


def _own_ground(units: gpd.GeoDataFrame | None, grids: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the polygons that units with grids have of their own: those that are not just these grids put together."""
    if units is None or "geometry" not in units:
        return gpd.GeoSeries([], crs=grids.crs)
    drawn = grids.loc[grids.geometry.notna() & grids["unit_code"].notna()]
    area = shapely.area(drawn.geometry.to_numpy())
    sums = drawn.geometry.bounds.assign(area=area).groupby(drawn["unit_code"])
    whole = sums.agg({"minx": "min", "miny": "min", "maxx": "max", "maxy": "max", "area": "sum"})
    mine = units.loc[units["unit_code"].isin(whole.index) & units.geometry.notna()].set_index("unit_code").geometry
    stated = mine.bounds.assign(area=shapely.area(mine.to_numpy()))
    return mine.loc[~np.isclose(stated, whole.reindex(stated.index), rtol=1e-9, atol=0).all(axis=1)]


def _placed(gaps: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return gaps that border no grid with the unit they lie in."""
    base = base_units(units).loc[lambda rows: rows.geometry.notna()]
    gaps = gaps.copy()
    for at in gaps.index[gaps["grid_codes"].map(len).eq(0)]:
        around = base.loc[base.intersects(shapely.Point(gaps.at[at, "longitude"], gaps.at[at, "latitude"]))].head(1)
        for name in ("unit_code", "district_code"):
            gaps.at[at, f"{name}s"] = tuple(around[name])
        gaps.at[at, "district_code"] = next(iter(around["district_code"]), None)
    return gaps


def coverage_summary(
    tables: Tables, period: Period, audit: GridAudit, *, by: str = "district_code", area: str = "all", crs: Any
) -> pd.DataFrame:
    """Return the audit per group: ``grids``, ``area_km2``, ``gaps``, ``gap_m2``, ``overlaps``, ``overlap_m2``,
    ``uncovered_share`` (gap area over gap and grid area, 0–1), ``sound_grids`` (with neither gap nor overlap).

    A defect between two districts or communities counts fully for each of them, and once in the zone.
    """
    scope = Scope(tables, period, by=by, area=area)
    rows = scope.rows("grids")
    areas = (gpd.GeoSeries(rows["geometry"]).to_crs(crs).area / 1e6).groupby(rows["group"]).sum()
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
    touching = [not codes or not members.isdisjoint(codes) for codes in defects["grid_codes"]]
    groups = "zone" if by == "zone" else defects[f"{by}s"]
    listed = pd.DataFrame({"group": groups, "area_m2": defects["area_m2"].astype("float64")}, index=defects.index)
    return listed.loc[touching].explode("group")


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
