"""Grid audit in numbers: do the grids cover the ground with no gap and no overlap, and how many households has each?

Rules audited: GB/T 34300-2017 (whole coverage, no overlap, roughly 300-500 households a grid in towns).
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Scope, Tables
from govkit.geometry.coverage import GridAudit, audit_grids, grid_gaps, grid_overlaps
from govkit.periods import Period

__all__ = ["GridAudit", "audit_grids", "coverage_summary", "grid_gaps", "grid_overlaps", "households_per_grid"]


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
    touching = [not members.isdisjoint(codes) for codes in defects["grid_codes"]]
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
