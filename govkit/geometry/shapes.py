"""What single polygons of a layer are like: how many parts, how wide, how far out of the polygon they belong to."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.geometry.coverage import GEOGRAPHIC, GridAudit, polygonal


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
