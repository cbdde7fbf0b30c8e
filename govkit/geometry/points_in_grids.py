"""Which grid holds which point: facilities, matters and residents placed on the ground of the grids.

One rule for every way: a point on a border, or on ground that several grids claim, belongs to the grid with the
smallest code; a point in no grid has none. A small layer is asked through shapely's tree, many points through the
compiled edge walk (numba and geoarrow, extra ``province``); the answers are the same.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from govkit import catalogue
from govkit.geometry.flat_shapes import FlatShapes

OUTSIDE = -1
_COMPILED_NEEDS = ("numba", "geoarrow")
# A point in little-endian well-known binary.
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


@dataclass(frozen=True, eq=False)
class GridIndex:
    """Polygons in the order of their codes, ready to be asked which of them holds a point.

    ``codes`` ascending; ``shapes`` are valid polygons in the CRS of the points asked for, as shapely objects or as flat
    arrays; missing and empty ones hold nothing.
    """

    codes: pa.Array
    shapes: np.ndarray | FlatShapes

    def locate(self, xy: np.ndarray, *, compiled: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return for every point (n × 2) the position of its grid among ``codes`` and whether grids overlap there.

        The first of several grids, ``OUTSIDE`` in none or where a coordinate is NaN. Grids overlap at a point that is
        inside one of them and inside or on the border of another; where borders merely meet they do not. Unless
        ``compiled`` says so, the number of points decides which way is taken; the answer is the same.
        """
        if not (compiles(len(xy)) if compiled is None else compiled):
            return _asked(*self._whole, xy)
        rank, overlap = self._net.locate(xy)
        unsure = np.flatnonzero(rank < OUTSIDE)
        if len(unsure):
            near = self._net.near(xy[unsure])
            shapes = self._shapes(near)
            found, overlap[unsure] = _asked(shapes, shapely.STRtree(shapes), xy[unsure])
            rank[unsure] = np.where(found == OUTSIDE, OUTSIDE, near[found])
        return rank, overlap

    def shape(self, position: int) -> shapely.Geometry:
        """Return the polygon of the grid at a position."""
        return self._shapes(np.array([position]))[0]

    @cached_property
    def _whole(self) -> tuple[np.ndarray, shapely.STRtree]:
        shapes = self._shapes(np.arange(len(self.shapes)))
        return shapes, shapely.STRtree(shapes)

    @cached_property
    def _net(self) -> Any:
        from govkit.geometry import edge_walk

        flat = self.shapes if isinstance(self.shapes, FlatShapes) else FlatShapes.of_shapes(self.shapes)
        return edge_walk.build_net(flat)

    def _shapes(self, positions: np.ndarray) -> np.ndarray:
        return self.shapes.shapes(positions) if isinstance(self.shapes, FlatShapes) else self.shapes[positions]


def _asked(shapes: np.ndarray, tree: shapely.STRtree, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what ``GridIndex.locate`` returns, asking shapely."""
    rank, overlap = np.full(len(xy), OUTSIDE, dtype=np.int32), np.zeros(len(xy), dtype=bool)
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    points = shapely.points(xy[placed])
    point, grid = tree.query(points, predicate="intersects")
    # the smallest code last, so that it is the one that stays
    order = np.argsort(-grid, kind="stable")
    rank[placed[point[order]]] = grid[order]
    several = np.flatnonzero(np.bincount(point, minlength=len(placed))[point] > 1)
    inside = shapely.contains_properly(shapes[grid[several]], points[point[several]])
    overlap[placed[point[several[inside]]]] = True
    return rank, overlap


def grid_index(grids: gpd.GeoDataFrame, *, code: str = "grid_code") -> GridIndex:
    """Return the index of a layer of polygons by the codes in a column; rows without a code are left out."""
    known = grids.loc[grids[code].notna()]
    codes = pa.array(known[code], type=pa.string())
    order = pc.array_sort_indices(codes)
    return GridIndex(codes.take(order), known.geometry.to_numpy()[order.to_numpy()])


def grids_of_points(points: gpd.GeoSeries, grids: gpd.GeoDataFrame, *, code: str = "grid_code") -> pd.DataFrame:
    """Return the grid of every point, on the points' index: ``grid_code`` and ``overlap``.

    ``grids`` has valid polygons and the column ``code``; points in another CRS are turned into that of the grids.
    A point on a border or where grids overlap belongs to the smallest code; ``grid_code`` is NA outside every grid
    and where there is no point. ``overlap`` marks ground that two grids claim (see ``GridIndex.locate``).

    >>> squares = gpd.GeoSeries.from_wkt(["POLYGON ((0 0, 1 0, 1 1, 0 1, 0 0))", "POLYGON ((1 0, 2 0, 2 1, 1 1, 1 0))"])
    >>> layer = gpd.GeoDataFrame({"grid_code": ["B", "A"]}, geometry=squares)
    >>> grids_of_points(gpd.GeoSeries.from_xy([0.5, 1, 3], [0.5, 0.5, 0.5]), layer)["grid_code"].tolist()
    ['B', 'A', nan]
    """
    if points.crs != grids.crs and points.crs is not None and grids.crs is not None:
        points = points.to_crs(grids.crs)
    index = grid_index(grids, code=code)
    rank, overlap = index.locate(point_coordinates(points.to_numpy()))
    found = index.codes.take(pa.array(rank, mask=rank == OUTSIDE)).to_pandas()
    return pd.DataFrame({"grid_code": pd.Series(found, dtype="str").to_numpy(), "overlap": overlap}, index=points.index)


def point_coordinates(points: np.ndarray) -> np.ndarray:
    """Return x and y of point shapes (n × 2), NaN where there is none or it is empty."""
    xy = np.full((len(points), 2), np.nan)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    xy[there] = np.column_stack([shapely.get_x(points[there]), shapely.get_y(points[there])])
    return xy


def coordinates_of_binary(points: pa.ChunkedArray) -> np.ndarray:
    """Return x and y of points in well-known binary (n × 2), NaN where there is none or it is empty."""
    xy, begin = np.empty((len(points), 2)), 0
    for chunk in points.chunks:
        _read_points(chunk, xy[begin : begin + len(chunk)])
        begin += len(chunk)
    return xy


def _read_points(chunk: pa.BinaryArray, xy: np.ndarray) -> None:
    """Copy points of 21 bytes each (byte order, type, x, y) straight from their buffer; others through shapely."""
    offsets = np.frombuffer(chunk.buffers()[1], np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    if chunk.null_count == 0 and len(chunk) and (np.diff(offsets) == _POINT.itemsize).all():
        plain = np.frombuffer(chunk.buffers()[2], _POINT, count=len(chunk), offset=int(offsets[0]))
        if (plain["order"] == 1).all() and (plain["kind"] == 1).all():
            xy[:, 0], xy[:, 1] = plain["x"], plain["y"]
            return
    xy[:] = point_coordinates(shapely.from_wkb(chunk.to_numpy(zero_copy_only=False)))


def compiles(points: int) -> bool:
    """Whether so many points are worth the compiled way, and it is there."""
    enough = points >= catalogue.load("geometry")["points"]["compiled_from"]
    return enough and all(importlib.util.find_spec(name) for name in _COMPILED_NEEDS)
