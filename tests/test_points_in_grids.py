"""Points placed in grids: borders, holes, parts, overlaps, the same either way."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box

from govkit.geometry import points_in_grids
from govkit.geometry.points_in_grids import grids_of_points

pytest.importorskip("numba")
pytest.importorskip("geoarrow.pyarrow")


def layer(*shapes: shapely.Geometry | None, codes: str = "") -> gpd.GeoDataFrame:
    """Grids A, B, C … (or ``codes``) with these shapes."""
    return gpd.GeoDataFrame({"grid_code": [*(codes or "ABCDEFGH"[: len(shapes)])]}, geometry=[*shapes], crs="EPSG:4490")


def points(*places: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(place) for place in places], crs="EPSG:4490")


@pytest.fixture(params=[False, True], ids=["shapely", "compiled"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points_in_grids, "compiles", lambda _: request.param)


def test_a_point_inside_a_grid_gets_its_code_and_one_outside_gets_none() -> None:
    found = grids_of_points(points((0.5, 0.5), (1.5, 0.5), (3, 3)), layer(box(0, 0, 1, 1), box(1, 0, 2, 1)))
    assert found["grid_code"].tolist()[:2] == ["A", "B"]
    assert found["grid_code"].isna().tolist() == [False, False, True]
    assert not found["overlap"].any()


@pytest.mark.parametrize("codes", ["AB", "BA"])
def test_a_point_on_a_border_belongs_to_the_smaller_code_and_is_no_overlap(codes: str) -> None:
    found = grids_of_points(points((1, 0.5), (1, 0), (1, 1)), layer(box(0, 0, 1, 1), box(1, 0, 2, 1), codes=codes))
    assert found["grid_code"].tolist() == ["A", "A", "A"]
    assert not found["overlap"].any()


def test_where_two_grids_claim_the_ground_the_smaller_code_has_it_and_it_is_marked() -> None:
    grids = layer(box(1, 0, 3, 2), box(0, 0, 2, 2), codes="BA")
    found = grids_of_points(points((1.5, 1), (1, 1), (0.5, 1), (2.5, 1)), grids)
    assert found["grid_code"].tolist() == ["A", "A", "A", "B"]
    # on the border of B but inside A: both claim it
    assert found["overlap"].tolist() == [True, True, False, False]


def test_a_point_in_a_hole_lies_in_no_grid_and_one_on_its_rim_does() -> None:
    found = grids_of_points(
        points((1.5, 1.5), (1, 1.5), (0.5, 0.5)), layer(box(0, 0, 3, 3).difference(box(1, 1, 2, 2)))
    )
    assert found["grid_code"].isna().tolist() == [True, False, False]


def test_a_grid_in_several_parts_holds_the_points_of_each() -> None:
    parts = shapely.MultiPolygon([box(0, 0, 1, 1), box(5, 0, 6, 1)])
    found = grids_of_points(points((0.5, 0.5), (3, 0.5), (5.5, 0.5)), layer(parts, box(8, 8, 9, 9)))
    assert found["grid_code"].isna().tolist() == [False, True, False]


def test_a_missing_point_has_no_grid_and_a_missing_shape_holds_nothing() -> None:
    series = gpd.GeoSeries([None, shapely.Point(), shapely.Point(0.5, 0.5)], crs="EPSG:4490")
    found = grids_of_points(series, layer(None, shapely.Polygon(), box(0, 0, 1, 1)))
    assert found["grid_code"].isna().tolist() == [True, True, False]
    assert found["grid_code"].iloc[2] == "C"


def test_no_points_or_no_grids_give_no_answer_and_no_error() -> None:
    assert grids_of_points(points(), layer(box(0, 0, 1, 1))).empty
    assert grids_of_points(points((0, 0)), layer())["grid_code"].isna().all()


def test_the_answer_keeps_the_index_of_the_points() -> None:
    series = points((0.5, 0.5), (9, 9)).set_axis(["x", "y"])
    assert grids_of_points(series, layer(box(0, 0, 1, 1))).index.tolist() == ["x", "y"]


def test_points_in_another_crs_are_turned_into_that_of_the_grids() -> None:
    series = points((113.5, 30.5)).to_crs("EPSG:4526")
    assert grids_of_points(series, layer(box(113, 30, 114, 31)))["grid_code"].tolist() == ["A"]


def test_a_grid_without_a_code_holds_nothing() -> None:
    grids = layer(box(0, 0, 1, 1), box(0, 0, 1, 1)).assign(grid_code=pd.Series([None, "B"], dtype="str"))
    assert grids_of_points(points((0.5, 0.5)), grids)["grid_code"].tolist() == ["B"]


def test_a_layer_as_thin_as_a_line_is_no_trouble() -> None:
    grids = layer(*(box(x, 0, x + 1, 1e-9) for x in range(8)))
    assert grids_of_points(points((2.5, 5e-10), (2.5, 1)), grids)["grid_code"].tolist()[0] == "C"


def test_few_points_never_load_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert not points_in_grids.compiles(10_000)
    assert points_in_grids.compiles(1_000_000)


def test_without_numba_many_points_go_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert not points_in_grids.compiles(1_000_000)
