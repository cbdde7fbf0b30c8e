"""What single polygons of a layer are like: parts, width, how far out of place; and borders made to meet."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.geometry.coverage import GEOGRAPHIC, GridAudit, polygonal, present


def part_counts(shapes: gpd.GeoSeries) -> pd.Series:
    """Return how many parts each shape has; 0 where there is none."""
    return pd.Series(shapely.get_num_geometries(shapes.to_numpy()), index=shapes.index, name="parts")


def mean_widths_m(shapes: gpd.GeoSeries, *, crs: Any) -> pd.Series:
    """Return twice the area over the perimeter, in metres: for a strip its width, for a square half its side."""
    metric = shapes.to_crs(crs)
    return (2 * metric.area / metric.length.replace(0, np.nan)).rename("mean_width_m")


def outside_parts(shapes: gpd.GeoSeries, homes: np.ndarray, *, crs: Any) -> gpd.GeoDataFrame:
    """Return what of each shape lies outside its home polygon (EPSG:4490, None where it has none).

    Rows only for shapes that stick out, on the caller's index: ``area_m2`` outside, ``share`` of the shape (0–1),
    ``longitude``, ``latitude`` of a point out there.
    """
    metric = shapes.to_crs(crs)
    home = gpd.GeoSeries(homes, index=shapes.index, crs=GEOGRAPHIC).to_crs(crs)
    ours, theirs = metric.to_numpy(), home.to_numpy()
    distinct, place = np.unique([id(one) for one in homes], return_index=True)
    # prepared polygons answer quickly for the many grids that lie well inside
    prepared = dict(zip(distinct.tolist(), theirs[place], strict=True))
    theirs = np.array([*(prepared[id(one)] for one in homes), None], dtype=object)[:-1]
    shapely.prepare([one for one in prepared.values() if one is not None])
    out = np.flatnonzero(~shapely.is_missing(theirs) & ~shapely.covers(theirs, ours))
    beyond = np.array([*map(polygonal, shapely.difference(ours[out], theirs[out])), None], dtype=object)[:-1]
    area = shapely.area(beyond)
    some = area > 0
    points = gpd.GeoSeries(shapely.point_on_surface(beyond[some]), crs=crs).to_crs(GEOGRAPHIC)
    values = {"area_m2": area[some], "share": area[some] / shapely.area(ours[out][some])}
    frame = pd.DataFrame(values, index=shapes.index[out[some]])
    return frame.assign(longitude=points.x.to_numpy(), latitude=points.y.to_numpy())


def repeated_grids(audit: GridAudit, areas_m2: pd.Series, *, least_share: float) -> dict[str, str]:
    """Return the grids drawn a second time: grid code → code of the grid it repeats.

    Two grids are one polygon when their overlap is ``least_share`` or more of both. ``areas_m2`` by grid code.
    """
    found: dict[str, str] = {}
    for codes, area in zip(audit.overlaps["grid_codes"], audit.overlaps["area_m2"], strict=True):
        first, again = codes[0], codes[-1]
        if first != again and area >= least_share * max(areas_m2[first], areas_m2[again]):
            found[again] = min(first, found.get(again, first))
    return found


def snapped(shapes: gpd.GeoSeries, *, crs: Any) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return polygons (EPSG:4490) whose borders match, and how many m² of each were moved.

    Corners nearer than ``geometry.toml [repair] snap_m`` become one, slits narrower than ``gap_width_m`` go to the
    neighbour with the longest border on them (shapely's coverage_clean, measured in the metric ``crs``). A polygon
    that would change by more than a strip of ``gap_width_m`` along its border stays as it was: a real overlap or a
    second drawing is for a person to settle. Missing and empty shapes stay.
    """
    spec = catalogue.load("geometry")["repair"]
    usable = present(shapes)
    before = shapes[usable].to_crs(crs).to_numpy()
    after = shapely.coverage_clean(before, gap_width=spec["gap_width_m"], snapping_distance=spec["snap_m"])
    moved = shapely.area(shapely.symmetric_difference(before, after))
    fair = (moved <= spec["gap_width_m"] * shapely.length(before)) & ~shapely.is_empty(after)
    changed = fair & (moved > catalogue.load("geometry")["noise_m2"] / 10)
    result = shapes.to_numpy().copy()
    at = np.flatnonzero(usable.to_numpy())[changed]
    result[at] = gpd.GeoSeries(after[changed], crs=crs).to_crs(GEOGRAPHIC).to_numpy()
    area = pd.Series(0.0, index=shapes.index, name="moved_m2")
    area.iloc[at] = moved[changed]
    return gpd.GeoSeries(result, index=shapes.index, crs=GEOGRAPHIC), area
