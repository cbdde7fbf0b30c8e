"""Borders of a polygon layer made to meet: corners snapped, slits given to a neighbour, nothing larger touched."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.geometry.coverage import GEOGRAPHIC


def snapped(shapes: gpd.GeoSeries, *, crs: Any) -> tuple[gpd.GeoSeries, pd.Series]:
    """Return polygons (EPSG:4490) whose borders match, and how many m² of each were moved.

    Corners nearer than ``geometry.toml [repair] snap_m`` become one, slits narrower than ``gap_width_m`` go to the
    neighbour with the longest border on them (shapely's coverage_clean, measured in the metric ``crs``). A polygon
    that would change by more than a strip of ``gap_width_m`` along its border stays as it was: a real overlap or a
    second drawing is for a person to settle. Missing and empty shapes stay.
    """
    spec = catalogue.load("geometry")["repair"]
    usable = shapes.notna() & ~shapes.is_empty
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
