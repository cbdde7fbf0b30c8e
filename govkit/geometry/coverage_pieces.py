"""The audit of a grid layer that is never in memory as a whole: the same gaps, overlaps and slivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.geometry.coverage import (
    GEOGRAPHIC,
    GridAudit,
    bare_ground,
    common_ground,
    counting,
    gap_frame,
    largest_first,
    metric_layer,
    no_defects,
    overlap_frame,
    sliver_frame,
)

Box = tuple[float, float, float, float]


def audit_pieces(pieces: Iterable[gpd.GeoDataFrame], near: Callable[[Box], gpd.GeoDataFrame], *, crs: Any) -> GridAudit:
    """Return what ``audit_grids`` returns for all pieces together; one piece and its neighbours are held at a time.

    ``near`` returns the grids of whatever piece whose boxes meet a box (degrees); pieces and answers are in EPSG:4490,
    ``crs`` is metric. Overlaps are looked for among a piece and the grids about it, gaps in the union of the pieces'
    unions, so that a gap may be larger than a piece.
    """
    unions, overlaps, tables = [], [], []
    for grids in pieces:
        unions.append(metric_layer(grids, crs).whole)
        about = metric_layer(near(_box(grids.geometry)), crs)
        shapes, pairs = common_ground(about)
        # the piece of the smaller code answers for a pair
        mine = np.isin(about.placed["grid_code"].to_numpy()[pairs[:, 0]], grids["grid_code"].to_numpy())
        overlaps.append(shapes[mine])
        tables.append(overlap_frame(about, shapes[mine], pairs[mine]))
    gaps = _gaps(unions, crs)
    beside = [gap_frame(metric_layer(near(_about(gap, crs)), crs), _array([gap])) for gap in gaps[counting(gaps)]]
    slivers = sliver_frame(gaps, _array([shape for some in overlaps for shape in some]), crs)
    return GridAudit(_joined(beside), _joined(tables), slivers)


def _gaps(unions: list[Any], crs: Any) -> np.ndarray:
    if not unions:
        return _array([])
    return bare_ground(shapely.union_all(unions, grid_size=catalogue.load("geometry")["node_m"]), None, crs)


def _about(gap: shapely.Geometry, crs: Any) -> Box:
    """Return the box, in degrees, of a gap and what touches it."""
    rim = shapely.buffer(gap, 2 * catalogue.load("geometry")["touch_m"])
    return _box(gpd.GeoSeries([rim], crs=crs).to_crs(GEOGRAPHIC))


def _box(shapes: gpd.GeoSeries) -> Box:
    west, south, east, north = shapes.total_bounds.tolist()
    return west, south, east, north


def _array(shapes: list[Any]) -> np.ndarray:
    return np.array([*shapes, None], dtype=object)[:-1]


def _joined(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    some = [frame for frame in frames if len(frame)]
    return largest_first(pd.concat(some, ignore_index=True)) if some else no_defects()
