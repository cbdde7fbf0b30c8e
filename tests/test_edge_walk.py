"""The compiled walk along the edges: it says of any point what shapely says, to the last rounding."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from shapely import box

from govkit.geometry.flat_shapes import FlatShapes
from govkit.geometry.points_in_grids import OUTSIDE, GridIndex

pytest.importorskip("numba")
pytest.importorskip("geoarrow.pyarrow")


def index_of(*drawn: shapely.Geometry, binary: bool = False) -> GridIndex:
    """The polygons A, B, C … as shapes, or as flat arrays made of two pieces of well-known binary."""
    shapes = np.array([*drawn, None], dtype=object)[:-1]
    codes = pa.array([*"ABCDEFGH"[: len(drawn)]])
    pieces = [shapes[:1], shapes[1:]] if len(shapes) > 1 else [shapes]
    flat = [FlatShapes.of_binary(pa.array(shapely.to_wkb(piece).tolist(), pa.binary())) for piece in pieces]
    return GridIndex(codes, FlatShapes.joined(flat) if binary else shapes)


corners = st.tuples(st.integers(0, 6), st.integers(0, 6))
rectangles = st.builds(lambda a, b: box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]) + 1, max(a[1], b[1]) + 1),
                       corners, corners)  # fmt: skip
polygons = st.lists(corners, min_size=3, max_size=7).map(lambda ring: shapely.MultiPoint(ring).convex_hull)
operations: st.SearchStrategy[Callable[[shapely.Geometry, shapely.Geometry], shapely.Geometry]]
operations = st.sampled_from([shapely.difference, shapely.union, shapely.intersection, lambda one, _: one])
shapes = st.builds(lambda one, other, how: how(one, other), rectangles | polygons, rectangles | polygons, operations)
areal = shapes.filter(lambda shape: shape.geom_type in {"Polygon", "MultiPolygon"})
places = st.tuples(*(st.integers(-1, 15).map(lambda half: half / 2) | st.floats(-1, 8),) * 2)


@settings(max_examples=100, deadline=None)
@given(st.lists(areal, min_size=1, max_size=6), st.lists(places, min_size=1, max_size=30), st.booleans())
def test_any_points_in_any_polygons_are_placed_as_shapely_says(
    drawn: list[shapely.Geometry], where: list[tuple[float, float]], binary: bool
) -> None:
    index, xy = index_of(*drawn, binary=binary), np.array(where)
    touched = shapely.intersects(np.array(drawn)[:, None], shapely.points(xy)[None])
    inside = shapely.contains_properly(np.array(drawn)[:, None], shapely.points(xy)[None])
    expected = np.where(touched.any(axis=0), touched.argmax(axis=0), OUTSIDE)
    for compiled in (False, True):
        rank, overlap = index.locate(xy, compiled=compiled)
        assert rank.tolist() == expected.tolist()
        assert overlap.tolist() == (inside.any(axis=0) & (touched.sum(axis=0) > 1)).tolist()


@pytest.mark.parametrize("corner", [(0, 0), (2, 0), (1, 3), (1, -3)], ids=["west", "east", "peak", "foot"])
def test_a_point_at_any_corner_lies_in_the_grid(corner: tuple[float, float]) -> None:
    kite = shapely.Polygon([(0, 0), (1, -3), (2, 0), (1, 3)])
    assert index_of(kite).locate(np.array([corner], dtype=float), compiled=True)[0].tolist() == [0]


@pytest.mark.parametrize("compiled", [False, True])
def test_slanting_borders_are_settled_exactly(compiled: bool) -> None:
    # a third is no double: points computed to lie on the edge lie on either side of it by one rounding
    triangle = shapely.Polygon([(0, 0), (3, 1), (0, 1)])
    x = np.linspace(0, 3, 2001)
    xy = np.column_stack([x, x / 3])
    expected = np.where(shapely.intersects(triangle, shapely.points(xy)), 0, OUTSIDE)
    assert (index_of(triangle).locate(xy, compiled=compiled)[0] == expected).all()


def test_many_points_shared_by_several_threads_come_back_in_their_order() -> None:
    squares = [box(x, 0, x + 1, 1) for x in range(8)]
    x = np.random.default_rng(1).uniform(0, 8, 200_000)
    rank, _ = index_of(*squares).locate(np.column_stack([x, np.full_like(x, 0.5)]), compiled=True)
    assert (rank == np.floor(x)).all()


def test_one_polygon_over_many_others_does_not_fill_every_cell() -> None:
    small = [box(x, y, x + 0.01, y + 0.01) for x in range(3) for y in range(2)]
    rank, overlap = index_of(box(-1000, -1000, 1000, 1000), *small).locate(
        np.array([[0.005, 0.005], [500.0, 500.0], [2000.0, 0.0]]), compiled=True
    )
    assert rank.tolist() == [0, 0, OUTSIDE]
    assert overlap.tolist() == [True, False, False]
