"""Where things are: projections told from the numbers, wrong datums, swapped and mistyped coordinates."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_zone import (
    SIDE,
    SOUTH,
    TAIPING,
    UNITS,
    WEST,
    XINFA,
    grid_frame,
    opened,
    refusal,
    rules,
    write_grids,
    write_sheet,
    write_units,
)

from govkit.intake import Intake, Source
from govkit.intake.places.datum import from_cgcs2000, to_cgcs2000
from govkit.intake.places.datum_check import likely_datum_of_shapes, offset_m
from govkit.intake.places.projected import candidates, looks_projected

# 道里区 lies in the 3° zone 42 (126° E) and the 6° zone 21 (123° E)
HARBIN = (126.42, 45.61)
SYSTEMS = {
    "CGCS2000 3° with zone number": 4530,
    "CGCS2000 3° without": 4551,
    "CGCS2000 6° with zone number": 4499,
    "CGCS2000 6° without": 4510,
    "Xi'an 80 3° with zone number": 2366,
    "Xi'an 80 3° without": 2387,
    "Xi'an 80 6° with zone number": 2335,
    "Xi'an 80 6° without": 2346,
    "Beijing 54 3° with zone number": 2418,
    "Beijing 54 3° without": 2439,
    "Beijing 54 6° with zone number": 21421,
    "Beijing 54 6° without": 21461,
}


def metres(epsg: int, lon: float, lat: float) -> tuple[float, float]:
    crs = pyproj.CRS.from_epsg(epsg)
    return pyproj.Transformer.from_crs(crs.geodetic_crs, crs, always_xy=True).transform(lon, lat)


@pytest.mark.parametrize("epsg", SYSTEMS.values(), ids=SYSTEMS)
def test_the_right_system_is_among_the_candidates(epsg: int) -> None:
    assert epsg in [one.epsg for one in candidates(*metres(epsg, *HARBIN), "230102")]


@pytest.mark.parametrize("epsg", SYSTEMS.values(), ids=SYSTEMS)
def test_the_order_of_the_coordinates_is_no_matter(epsg: int) -> None:
    first, second = metres(epsg, *HARBIN)
    assert candidates(first, second, "230102") == candidates(second, first, "230102")


def test_a_zone_number_leaves_one_system_of_each_datum() -> None:
    assert [one.epsg for one in candidates(*metres(4530, *HARBIN), "230102")] == [4530, 2366, 2418]


def test_without_a_zone_number_and_a_zone_every_meridian_is_possible() -> None:
    named = candidates(*metres(4551, *HARBIN))
    assert len(named) > 3
    assert all("中央经线" in str(one) for one in named)


@settings(max_examples=60, deadline=None)
@given(lon=st.floats(74, 134), lat=st.floats(19, 53), degree=st.sampled_from([3, 6]))
def test_a_system_with_zone_number_is_recognised_anywhere_in_china(lon: float, lat: float, degree: int) -> None:
    zone = round(lon / 3) if degree == 3 else int((lon + 6) // 6)
    epsg = 4513 + zone - 25 if degree == 3 else 4491 + zone - 13
    found = candidates(*metres(epsg, lon, lat))
    assert found[0].epsg == epsg
    assert (found[0].longitude, found[0].latitude) == pytest.approx((lon, lat), abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_degrees_never_look_like_metres(lon: float, lat: float) -> None:
    assert not looks_projected(lon, lat)
    assert candidates(lon, lat) == []


@pytest.mark.parametrize("epsg", [4551, 2387, 2439, 21421])
def test_metres_without_a_prj_are_refused_with_the_system_they_are_in(tmp_path: Path, epsg: int) -> None:
    given_frame = grid_frame().set_crs(pyproj.CRS.from_epsg(epsg).geodetic_crs, allow_override=True).to_crs(epsg)
    source = write_grids(tmp_path, frame=given_frame)
    (tmp_path / "网格.prj").unlink()
    assert f"EPSG:{epsg}" in refusal(tmp_path, source)


@pytest.mark.parametrize(("epsg", "name"), [(2387, "西安80"), (2439, "北京54")])
def test_an_older_datum_is_used_and_its_unknown_shift_is_told(tmp_path: Path, epsg: int, name: str) -> None:
    frame = grid_frame().set_crs(pyproj.CRS.from_epsg(epsg).geodetic_crs, allow_override=True).to_crs(epsg)
    frame.to_file(tmp_path / "网格.gpkg")
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.gpkg"))
    assert rules(intake) == ["datum_shift_unknown"]
    assert name in intake.findings["reason"].iloc[0]
    assert intake.tables["grids"].total_bounds == pytest.approx(grid_frame().total_bounds, abs=0.01)


def test_a_declared_system_that_puts_the_layer_outside_china_is_refused(tmp_path: Path) -> None:
    wrong = grid_frame().to_crs(4551).set_crs(4530, allow_override=True)
    wrong.to_file(tmp_path / "网格.gpkg")
    told = refusal(tmp_path, write_units(tmp_path), Source("grids", "网格.gpkg"))
    assert "不在我国境内" in told
    assert "EPSG:4551" in told


def test_degrees_declared_as_metres_are_refused(tmp_path: Path) -> None:
    grid_frame().set_crs(4551, allow_override=True).to_file(tmp_path / "网格.gpkg")
    assert "看来是经纬度" in refusal(tmp_path, write_units(tmp_path), Source("grids", "网格.gpkg"))


# -- columns of coordinates


def facilities(folder: Path, places: list[tuple[object, object]], *, unit: str = TAIPING, **options: str) -> Intake:
    head = ["编号", "名称", "类型", "单元代码", "经度", "纬度"]
    kinds = ["卫生室", "警务室"]
    rows = [[f"F{i}", f"站{i}", kinds[i % 2], unit, *place] for i, place in enumerate(places)]
    write_sheet(folder / "设施.xlsx", [head, *rows])
    return opened(folder, write_units(folder), write_grids(folder), Source("facilities", "设施.xlsx", **options))


def inside(count: int) -> list[tuple[float, float]]:
    """Places spread over the western and eastern edge of 太平村, 200 m from its borders."""
    west = [(WEST + 0.003, SOUTH + 0.003 + 0.0011 * i) for i in range((count + 1) // 2)]
    return [*west, *((WEST + 2 * SIDE - 0.003, lat) for _, lat in west)][:count]


def test_columns_of_metres_are_set_aside_with_the_systems_they_may_be_in(tmp_path: Path) -> None:
    intake = facilities(tmp_path, [metres(4530, *HARBIN)])
    assert rules(intake) == ["projected_coordinates"]
    assert "EPSG:4530" in intake.findings["reason"].iloc[0]
    assert len(intake.tables["facilities"]) == 0


@pytest.mark.parametrize("turned", [False, True])
def test_columns_of_metres_are_read_by_the_crs_given(tmp_path: Path, turned: bool) -> None:
    place = metres(4530, *HARBIN)
    intake = facilities(tmp_path, [place[::-1] if turned else place], crs="EPSG:4530")
    assert rules(intake) == []
    assert intake.tables["facilities"].loc[0, ["longitude", "latitude"]].tolist() == pytest.approx(HARBIN, abs=1e-8)


@pytest.mark.parametrize(
    "lon", ["126°25′12″", "126°25.2′", "东经126度25分12秒", "126 25 12", "126:25:12", "126-25-12", "E126.42°"]
)
def test_degrees_and_minutes_are_read(tmp_path: Path, lon: str) -> None:
    made = facilities(tmp_path, [(lon, 45.61)]).tables["facilities"]
    assert made.loc[0, "longitude"] == pytest.approx(126.42, abs=1e-9)


def test_degrees_and_minutes_typed_as_decimals_are_recognised(tmp_path: Path) -> None:
    # 126.2430 stands for 126°24′30″
    places = [(126.2430 + 0.0001 * i, 45.3630 + 0.0001 * i) for i in range(8)]
    intake = facilities(tmp_path, places)
    assert rules(intake)[0] == "degrees_and_minutes"
    assert "按度分秒则为 100%" in intake.findings["reason"].iloc[0]


def test_swapped_columns_are_set_aside_and_named(tmp_path: Path) -> None:
    assert rules(facilities(tmp_path, [HARBIN[::-1]])) == ["swapped_coordinates"]


def test_a_layer_with_swapped_axes_is_set_aside_and_named(tmp_path: Path) -> None:
    turned = [shapely.transform(shape, lambda points: points[:, ::-1]) for shape in grid_frame().geometry]
    grid_frame().set_geometry(gpd.GeoSeries(turned, crs="EPSG:4490")).to_file(tmp_path / "网格.geojson")
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.geojson"))
    assert rules(intake).count("swapped_coordinates") == 4
    assert len(intake.tables["grids"]) == 0


def test_a_layer_outside_china_is_set_aside(tmp_path: Path) -> None:
    frame = grid_frame()
    frame["geometry"] = frame.translate(-100, 0)
    frame.to_file(tmp_path / "网格.geojson")
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.geojson"))
    assert rules(intake).count("point_outside_china") == 4


@pytest.mark.parametrize("true", ["GCJ-02", "BD-09"])
def test_points_in_an_undeclared_datum_are_told_their_likely_one(tmp_path: Path, true: str) -> None:
    places = [tuple(map(float, from_cgcs2000(*place, true))) for place in inside(12)]
    found = facilities(tmp_path, places).findings
    likely = found[found["rule"] == "likely_datum"].iloc[0]
    assert f'datum = "{true}"' in likely["todo"]


def test_points_declared_gcj_that_are_not_are_told(tmp_path: Path) -> None:
    found = facilities(tmp_path, inside(12), datum="GCJ-02").findings
    assert 'datum = "CGCS2000"' in found.loc[found["rule"] == "likely_datum", "todo"].iloc[0]


def test_grids_in_a_datum_they_do_not_declare_are_told_by_the_points(tmp_path: Path) -> None:
    shifted = grid_frame()
    shapes = shapely.transform(
        shifted.geometry.to_numpy(), lambda points: np.column_stack(from_cgcs2000(points[:, 0], points[:, 1], "GCJ-02"))
    )
    write_grids(tmp_path, frame=shifted.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4490")))
    write_sheet(
        tmp_path / "设施.xlsx",
        [
            ["编号", "名称", "类型", "单元代码", "经度", "纬度"],
            *([f"F{i}", f"站{i}", "卫生室", TAIPING, *place] for i, place in enumerate(inside(12))),
        ],
    )
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.shp"), Source("facilities", "设施.xlsx"))
    found = intake.findings[intake.findings["rule"] == "likely_datum_of_shapes"].iloc[0]
    assert "[sources.grids]" in found["todo"]
    assert 'datum = "GCJ-02"' in found["todo"]


def test_points_in_the_declared_datum_raise_no_doubt(tmp_path: Path) -> None:
    assert rules(facilities(tmp_path, inside(12))) == []


def test_grids_off_the_units_own_borders_are_told_the_likely_datum(tmp_path: Path) -> None:
    outlines = pd.DataFrame(UNITS[4:], columns=UNITS[1])
    halves = [shapely.box(WEST + 2 * i * SIDE, SOUTH, WEST + 2 * (i + 1) * SIDE, SOUTH + SIDE) for i in range(2)]
    gpd.GeoDataFrame(outlines, geometry=halves, crs="EPSG:4490").to_file(tmp_path / "单元.geojson")
    frame = grid_frame()
    shapes = shapely.transform(
        frame.geometry.to_numpy(), lambda points: np.column_stack(from_cgcs2000(points[:, 0], points[:, 1], "GCJ-02"))
    )
    write_grids(tmp_path, frame=frame.set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4490")))
    wrong = opened(tmp_path, Source("units", "单元.geojson"), Source("grids", "网格.shp")).findings
    assert 'datum = "GCJ-02"' in wrong.loc[wrong["rule"] == "shapes_off", "todo"].iloc[0]
    right = opened(tmp_path, Source("units", "单元.geojson"), Source("grids", "网格.shp", datum="GCJ-02")).findings
    assert "shapes_off" not in right["rule"].tolist()


@settings(max_examples=25, deadline=None)
@given(lon=st.floats(103, 124), lat=st.floats(24, 46), true=st.sampled_from(["CGCS2000", "GCJ-02", "BD-09"]))
def test_the_true_datum_of_a_shape_is_found_anywhere(lon: float, lat: float, true: str) -> None:
    outline = shapely.Point(lon, lat).buffer(0.05)
    shape = shapely.transform(
        np.array([outline]), lambda points: np.column_stack(from_cgcs2000(points[:, 0], points[:, 1], true))
    )
    found = likely_datum_of_shapes(shape, np.array([outline]), "CGCS2000")
    assert (found[0] if found else "CGCS2000") == true


def test_an_offset_is_in_metres() -> None:
    square = shapely.box(110, 30, 110.1, 30.1)
    moved = shapely.transform(square, lambda points: points + 0.001)
    # of the five corners two lie 96 m east or west of the border, the first one twice: 111.3 m × cos 30°
    assert offset_m(np.array([moved]), np.array([square])) == pytest.approx(96.4, abs=0.2)


@settings(max_examples=30, deadline=None)
@given(lon=st.floats(75, 134), lat=st.floats(5, 53), datum=st.sampled_from(["GCJ-02", "BD-09"]))
def test_there_and_back_is_within_a_centimetre(lon: float, lat: float, datum: str) -> None:
    back = to_cgcs2000(*from_cgcs2000(lon, lat, datum), datum)
    assert np.hypot(*(np.array(back) - [lon, lat])) * 111_320 < 0.01


def test_the_second_village_is_not_touched(tmp_path: Path) -> None:
    assert rules(facilities(tmp_path, [(WEST + 3 * SIDE, SOUTH + 0.01)], unit=XINFA)) == []
