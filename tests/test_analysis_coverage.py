"""The grid audit: gaps and overlaps in m² and place, and households a grid."""

from random import Random

import geopandas as gpd
import hypothesis.strategies as st
import pandas as pd
import pytest
import shapely
from analysis_frames import CRS, ELM, FIRST, MARKET, OAK, RIVER, STREET, TOWN, grids, units
from hypothesis import example, given, settings
from shapely import box

from govkit.analysis.measures.coverage import (
    audit_grids,
    coverage_summary,
    grid_gaps,
    grid_overlaps,
    households_per_grid,
)

RING = (
    ("g1", OAK, (0, 0, 300, 100)),
    ("g2", OAK, (0, 100, 100, 200)),
    ("g3", ELM, (200, 100, 300, 200)),
    ("g4", RIVER, (0, 200, 300, 300)),
)


def test_a_gap_between_grids_is_found_with_its_area_and_neighbours() -> None:
    found = grid_gaps(grids(*RING), crs=CRS)
    assert found["area_m2"].round(1).tolist() == [10_000.0]
    assert set(found["grid_codes"][0]) == {"g1", "g2", "g3", "g4"}
    assert set(found["district_codes"][0]) == {TOWN, STREET}


def test_a_gap_belongs_to_the_district_with_the_longest_border_on_it() -> None:
    long_side = grids(("g1", OAK, (0, 0, 300, 100)), ("g2", ELM, (0, 100, 50, 200)), ("g3", ELM, (250, 100, 300, 200)),
                      ("g4", RIVER, (0, 200, 300, 300)))  # fmt: skip
    narrow = long_side.assign(district_code=[STREET, STREET, STREET, TOWN])
    assert grid_gaps(narrow, crs=CRS)["district_code"].tolist() == [STREET]


def test_the_place_of_a_gap_lies_inside_it() -> None:
    found = grid_gaps(grids(*RING), crs=CRS)
    assert found.geometry[0].contains(shapely.Point(found["longitude"][0], found["latitude"][0]))
    assert found.crs == "EPSG:4490"


def test_neighbours_without_common_corners_leave_no_slit() -> None:
    # The second row's corners lie in the middle of the first row's edge; reprojection bends nothing open.
    staggered = [("a", OAK, (0, 0, 300, 100)), ("b", OAK, (0, 100, 130, 200)), ("c", OAK, (130, 100, 300, 200))]
    audit = audit_grids(grids(*staggered), crs=CRS)
    assert audit.gaps.empty
    assert audit.overlaps.empty


def test_ground_open_to_the_border_is_a_gap_when_the_outline_is_given() -> None:
    open_corner = grids(("a", OAK, (0, 0, 200, 100)), ("b", OAK, (0, 100, 100, 200)))
    outline = gpd.GeoSeries([box(500_000, 5_060_000, 500_200, 5_060_200)], crs=CRS).to_crs("EPSG:4490").iloc[0]
    assert grid_gaps(open_corner, crs=CRS).empty
    found = grid_gaps(open_corner, crs=CRS, outline=outline)
    assert found["area_m2"].round(0).tolist() == [10_000.0]


def test_an_enclosed_gap_is_found_once_with_an_outline_too() -> None:
    outline = gpd.GeoSeries([box(500_000, 5_060_000, 500_300, 5_060_300)], crs=CRS).to_crs("EPSG:4490").iloc[0]
    assert len(grid_gaps(grids(*RING), crs=CRS, outline=outline)) == 1


def test_an_overlap_is_found_with_its_area_and_both_grids() -> None:
    found = grid_overlaps(grids(("a", OAK, (0, 0, 100, 100)), ("b", RIVER, (90, 0, 200, 100))), crs=CRS)
    assert found["area_m2"].round(1).tolist() == [1_000.0]
    assert found["grid_codes"].tolist() == [("a", "b")]
    assert found["district_codes"].tolist() == [(TOWN, STREET)]


def test_a_grid_wholly_inside_another_overlaps_it() -> None:
    found = grid_overlaps(grids(("out", OAK, (0, 0, 100, 100)), ("in", OAK, (20, 20, 40, 40))), crs=CRS)
    assert found["area_m2"].round(1).tolist() == [400.0]


def test_the_same_grid_drawn_twice_overlaps_in_full() -> None:
    found = grid_overlaps(grids(("a", OAK, (0, 0, 100, 100)), ("b", OAK, (0, 0, 100, 100))), crs=CRS)
    assert found["area_m2"].round(0).tolist() == [10_000.0]


@pytest.mark.parametrize(("width", "count"), [(0.9, 0), (1.2, 1)], ids=["sliver", "strip"])
def test_a_sliver_below_ten_square_metres_is_drawing_noise(width: float, count: int) -> None:
    layer = grids(("a", OAK, (0, 0, 100, 100)), ("b", OAK, (100 - width, 0, 200, 100)))
    assert len(grid_overlaps(layer, crs=CRS)) == count


def test_a_crossed_polygon_and_an_empty_one_do_not_stop_the_audit() -> None:
    layer = grids(*RING)
    bow_tie = shapely.Polygon([(126.1, 45.1), (126.2, 45.2), (126.2, 45.1), (126.1, 45.2)])
    shapes = [*layer.geometry[:2], bow_tie, None]
    assert audit_grids(layer.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4490")), crs=CRS).overlaps.empty


def test_no_grids_have_no_defects() -> None:
    audit = audit_grids(grids(*RING).iloc[:0], crs=CRS)
    assert len(audit.gaps) == len(audit.overlaps) == 0
    assert audit.grid_codes == frozenset()


def test_a_district_sees_the_defects_on_its_border() -> None:
    audit = audit_grids(grids(*RING), crs=CRS)
    assert len(audit.of(STREET).gaps) == len(audit.of(TOWN).gaps) == 1
    assert audit.of("230102999000").gaps.empty


@settings(deadline=None, max_examples=25)
@example({3, 7, 9, 13}, Random(1))
@given(st.sets(st.integers(0, 24), max_size=24), st.randoms(use_true_random=False))
def test_gap_areas_are_what_was_left_out_whatever_the_order(left_out: set[int], random: Random) -> None:
    rim = [("rim0", OAK, (-100, -100, 600, 0)), ("rim1", OAK, (-100, 500, 600, 600)),
           ("rim2", OAK, (-100, 0, 0, 500)), ("rim3", OAK, (500, 0, 600, 500))]  # fmt: skip
    cells = [
        (f"c{n:02}", OAK, (n % 5 * 100, n // 5 * 100, n % 5 * 100 + 100, n // 5 * 100 + 100))
        for n in range(25)
        if n not in left_out
    ]
    rows = rim + cells
    random.shuffle(rows)
    found = grid_gaps(grids(*rows), crs=CRS)
    assert found["area_m2"].sum() == pytest.approx(10_000 * len(left_out), rel=1e-3)


def test_the_summary_counts_a_border_defect_for_both_districts_and_once_in_the_zone() -> None:
    tables = {"units": units(), "grids": grids(*RING)}
    audit = audit_grids(tables["grids"], crs=CRS)
    by_district = coverage_summary(tables, FIRST, audit, crs=CRS)
    assert by_district["gaps"].to_dict() == {STREET: 1, TOWN: 1}
    assert by_district["grids"].to_dict() == {STREET: 1, TOWN: 3}
    whole = coverage_summary(tables, FIRST, audit, crs=CRS, by="zone").loc["zone"]
    assert (whole["gaps"], whole["sound_grids"]) == (1, 0)
    assert whole["uncovered_share"] == pytest.approx(1 / 9, rel=1e-3)


def test_a_unit_without_grids_has_none_and_no_area() -> None:
    tables = {"units": units(), "grids": grids(*RING)}
    row = coverage_summary(tables, FIRST, audit_grids(tables["grids"], crs=CRS), crs=CRS, by="unit_code").loc[MARKET]
    assert row["grids"] == 0
    assert pd.isna(row["area_km2"])


def test_households_in_range_include_both_ends() -> None:
    layer = grids(*RING).assign(households=pd.array([299, 300, 500, 501], dtype="Int64"))
    found = households_per_grid({"units": units(), "grids": layer}, FIRST, by="zone").loc["zone"]
    assert (found["in_range"], found["share"], found["mean"], found["least"], found["most"]) == (2, 0.5, 400, 299, 501)


def test_grids_without_households_are_counted_but_not_averaged() -> None:
    layer = grids(*RING).assign(
        households=pd.array([400, None, None, None], dtype="Int64"), manager=[None, "x", "x", "x"]
    )
    found = households_per_grid({"units": units(), "grids": layer}, FIRST, by="zone").loc["zone"]
    assert (found["grids"], found["mean"], found["share"], found["without_manager"]) == (4, 400, 1.0, 1)
