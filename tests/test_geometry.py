"""Gaps and overlaps against the exact union of all grids; slivers; what lies outside; borders made to meet."""

from __future__ import annotations

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from shapely import affinity, box

from govkit.geometry.coverage import audit_grids
from govkit.geometry.reach import circles, residents_inside
from govkit.geometry.shapes import mean_widths_m, outside_parts, part_counts, snapped

CRS = "EPSG:4551"
EAST, NORTH, SIDE = 500_000.0, 5_060_000.0, 100.0
ACROSS = 6


def cell(number: int) -> shapely.Polygon:
    west, south = EAST + number % ACROSS * SIDE, NORTH + number // ACROSS * SIDE
    return box(west, south, west + SIDE, south + SIDE)


def layer(shapes: list[shapely.Geometry], *, crs: str = CRS) -> gpd.GeoDataFrame:
    codes = [f"G{number:03}" for number in range(len(shapes))]
    frame = gpd.GeoDataFrame({"grid_code": codes, "unit_code": "u"}, geometry=shapes, crs=crs)
    return frame.to_crs("EPSG:4490")


@settings(deadline=None, max_examples=40)
@given(
    missing=st.sets(st.integers(0, ACROSS**2 - 1), max_size=12), wide=st.sets(st.integers(0, ACROSS**2 - 1), max_size=8)
)
def test_gaps_beside_overlapping_grids_are_those_of_the_exact_union(missing: set[int], wide: set[int]) -> None:
    shapes = [
        affinity.scale(cell(number), 1.2, 1.2) if number in wide else cell(number)
        for number in range(ACROSS**2)
        if number not in missing
    ]
    grids = layer(shapes)
    whole = shapely.union_all(grids.to_crs(CRS).geometry.to_numpy(), grid_size=0.01)
    holes = [shapely.Polygon(ring).area for part in shapely.get_parts(whole) for ring in part.interiors]
    # islands inside a hole are no part of it
    islands = sum(
        part.area
        for part in shapely.get_parts(whole)
        for other in shapely.get_parts(whole)
        if shapely.Polygon(other.exterior).contains_properly(part)
    )
    found = audit_grids(grids, crs=CRS).gaps["area_m2"]
    assert found.sum() == pytest.approx(sum(holes) - islands, abs=1.0)


@settings(deadline=None, max_examples=30)
@given(wide=st.sets(st.integers(0, ACROSS**2 - 1), max_size=8))
def test_overlaps_are_those_of_every_pair_compared(wide: set[int]) -> None:
    shapes = [affinity.scale(cell(n), 1.5, 1.5) if n in wide else cell(n) for n in range(ACROSS**2)]
    pairs = [(i, j) for i in range(len(shapes)) for j in range(i)]
    areas = np.array([shapes[i].intersection(shapes[j]).area for i, j in pairs])
    found = audit_grids(layer(shapes), crs=CRS).overlaps["area_m2"]
    assert len(found) == (areas > 10).sum()
    assert found.sum() == pytest.approx(areas[areas > 10].sum(), rel=1e-4)


@pytest.mark.parametrize("wide", [0.012, 0.025], ids=["one kilometre", "two kilometres"])
def test_a_border_drawn_straight_in_degrees_is_no_gap_where_a_neighbour_has_a_corner(wide: float) -> None:
    west, east, middle = 126.0, 126.0 + wide, 126.0 + wide / 2
    rows = [box(west, 45.50, east, 45.52)]
    rows += [box(*ends) for ends in ((west, 45.48, middle, 45.5), (middle, 45.48, east, 45.5))]
    rows += [box(*ends) for ends in ((west, 45.52, middle, 45.54), (middle, 45.52, east, 45.54))]
    sides = [box(west - 0.01, 45.48, west, 45.54), box(east, 45.48, east + 0.01, 45.54)]
    audit = audit_grids(layer([*rows, *sides], crs="EPSG:4490"), crs=CRS)
    assert audit.gaps.empty
    assert audit.overlaps.empty
    assert audit.slivers["area_m2"].gt(1).any()


def test_slivers_are_told_apart_by_kind_largest_first() -> None:
    shapes = [box(EAST, NORTH, EAST + 99.95, NORTH + 100), box(EAST + 100, NORTH, EAST + 200, NORTH + 100)]
    shapes += [box(EAST + 199.99, NORTH, EAST + 300, NORTH + 100)]
    frame = box(EAST - 100, NORTH - 100, EAST + 400, NORTH + 200).difference(box(EAST, NORTH, EAST + 300, NORTH + 100))
    found = audit_grids(layer([*shapes, frame]), crs=CRS).slivers
    assert found["kind"].tolist() == ["gap", "overlap"]
    assert found["area_m2"].tolist() == pytest.approx([5.0, 1.0], abs=0.01)


def test_what_lies_outside_is_measured_and_placed_on_the_callers_index() -> None:
    shapes = layer([cell(0), cell(1)]).geometry.set_axis([7, 9])
    home = layer([box(EAST - 10, NORTH - 10, EAST + 150, NORTH + 110)]).geometry.iloc[0]
    found = outside_parts(shapes, np.array([home, home], dtype=object), crs=CRS)
    assert found.index.tolist() == [9]
    assert found.loc[9, "share"] == pytest.approx(0.5, abs=0.001)
    place = shapely.Point(found.loc[9, "longitude"], found.loc[9, "latitude"])
    assert shapes[9].contains(place)
    assert not home.contains(place)


def test_a_shape_without_a_home_is_not_outside_of_it() -> None:
    shapes = layer([cell(0)]).geometry
    assert outside_parts(shapes, np.array([None], dtype=object), crs=CRS).empty


def test_widths_and_parts_are_those_of_the_shapes() -> None:
    strip = box(EAST, NORTH, EAST + 100, NORTH + 1)
    shapes = layer([strip, shapely.MultiPolygon([cell(0), cell(3)])]).geometry
    assert mean_widths_m(shapes, crs=CRS)[0] == pytest.approx(200 / 202, rel=1e-3)
    assert part_counts(shapes).tolist() == [1, 2]


def test_a_repair_leaves_missing_and_empty_shapes_alone() -> None:
    shapes = layer([cell(0), cell(1)]).geometry
    shapes.iloc[1] = None
    result, moved = snapped(shapes, crs=CRS)
    assert result.isna().tolist() == [False, True]
    assert moved.tolist() == [0.0, 0.0]


def test_large_ground_cut_into_pieces_holds_the_same_residents() -> None:
    rng = np.random.default_rng(3)
    points = shapely.points(rng.uniform(0, 5000, (400, 2)))
    squares = np.array([box(x, y, x + 130, y + 130) for x in range(0, 5000, 130) for y in range(0, 5000, 130)])
    rings = circles(points, [300.0])
    assert max(map(shapely.get_num_coordinates, shapely.get_parts(rings[300.0]))) > 500
    people = np.full(len(squares), 100.0)
    expected = shapely.area(shapely.intersection(squares, rings[300.0])) / 130**2 * people
    assert residents_inside(rings, squares, people)[300.0] == pytest.approx(expected, abs=1e-9)
