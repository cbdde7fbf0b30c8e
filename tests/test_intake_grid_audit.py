"""The geometry audit at the door: every kind of defect is found at its place with its area, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from intake_zone import TAIPING, TOWN, XINFA
from shapely import affinity, box

from govkit.intake import Intake, Source, read_zone_tables

CRS = "EPSG:4551"
EAST, NORTH = 500_000.0, 5_060_000.0
THIRD = "230102100203"


def ground(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A box in metres east and north of the layer's corner."""
    return box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def cells() -> dict[str, tuple[str, shapely.Geometry, int | None]]:
    """Eight columns of four grids of 100 m: the four in the west are 太平村, the others 新发村."""
    return {
        f"G{column}{row}": (
            TAIPING if column < 4 else XINFA,
            ground(100 * column, 100 * row, 100 * column + 100, 100 * row + 100),
            400,
        )
        for column in range(8)
        for row in range(4)
    }


def with_shape(layer: dict, code: str, shape: shapely.Geometry) -> dict:
    return {**layer, code: (layer[code][0], shape, layer[code][2])}


def gap(layer: dict) -> dict:
    return {code: grid for code, grid in layer.items() if code != "G11"}


def overlap(layer: dict) -> dict:
    return with_shape(layer, "G21", ground(200, 100, 305, 200))


def sliver(layer: dict) -> dict:
    return with_shape(layer, "G51", ground(500, 100, 599.95, 200))


def repeated(layer: dict) -> dict:
    return {**layer, "G99": (XINFA, layer["G62"][1], 400)}


def scrap(layer: dict) -> dict:
    return {**with_shape(layer, "G33", ground(300, 300, 399.5, 400)), "G98": (TAIPING, ground(399.5, 300, 400, 400), 9)}


def parts(layer: dict) -> dict:
    both = shapely.union_all([layer["G00"][1], layer["G03"][1]])
    return {code: grid for code, grid in with_shape(layer, "G00", both).items() if code != "G03"}


def strayed(layer: dict) -> dict:
    return {**layer, "G71": (TAIPING, *layer["G71"][1:])}


def nobody(layer: dict) -> dict:
    return {**layer, "G70": (XINFA, layer["G70"][1], 0)}


def spike(layer: dict) -> dict:
    x, y = EAST + 600, NORTH + 300
    ring = [
        (x, y),
        (x + 100, y),
        (x + 100, y + 50),
        (x + 120, y + 50),
        (x + 100, y + 50),
        (x + 100, y + 100),
        (x, y + 100),
    ]
    return with_shape(layer, "G63", shapely.Polygon(ring))


PLANTS = {
    "grid_gap": gap, "grid_overlap": overlap, "grid_slivers": sliver, "grid_repeated": repeated, "grid_too_thin": scrap,
    "grid_in_parts": parts, "grid_outside_unit": strayed, "grid_without_households": nobody, "invalid_ring": spike,
}  # fmt: skip


def write_layer(folder: Path, layer: dict, *, repair: str = "") -> Source:
    frame = gpd.GeoDataFrame(
        {"网格编码": list(layer), "单元代码": [g[0] for g in layer.values()], "户数": [g[2] for g in layer.values()]},
        geometry=gpd.GeoSeries([g[1] for g in layer.values()], crs=CRS).to_crs("EPSG:4490"),
    )
    frame.to_file(folder / "网格.gpkg")
    return Source("grids", "网格.gpkg", repair=repair)


def write_drawn_units(folder: Path, *, households: int | None = None, third: bool = False) -> Source:
    """Units with polygons of their own: the town and its two villages, and a third one with no ground."""
    rows = [
        (TOWN, None, "新发镇", "镇", "镇", None, ground(0, 0, 800, 400)),
        (TAIPING, TOWN, "太平村", "村", "村", households, ground(0, 0, 400, 400)),
        (XINFA, TOWN, "新发村", "村", "村", None, ground(400, 0, 800, 400)),
        (THIRD, TOWN, "第三村", "村", "村", None, ground(900, 0, 1000, 400)),
    ][: 4 if third else 3]
    names = ["单元代码", "上级代码", "单元名称", "层级", "类型", "户数", "geometry"]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=names).astype({"户数": "Int64"}), crs=CRS)
    frame.to_crs("EPSG:4490").to_file(folder / "单元.gpkg")
    return Source("units", "单元.gpkg")


def read(folder: Path, *sources: Source) -> Intake:
    return read_zone_tables(folder, {s.table: s for s in sources}, code="230102", metric_crs=CRS)


def audit(folder: Path, layer: dict, *, repair: str = "") -> Intake:
    return read(folder, write_drawn_units(folder), write_layer(folder, layer, repair=repair))


def rules(intake: Intake) -> list[str]:
    return sorted(intake.findings["rule"])


def only(intake: Intake, rule: str) -> pd.Series:
    found = intake.findings.loc[intake.findings["rule"] == rule]
    assert len(found) == 1
    return found.iloc[0]


def metres(found: pd.Series) -> tuple[float, float]:
    """Where a finding is, in metres from the layer's corner."""
    point = gpd.GeoSeries([shapely.Point(found["longitude"], found["latitude"])], crs="EPSG:4490").to_crs(CRS).iloc[0]
    return point.x - EAST, point.y - NORTH


def test_a_sound_layer_has_no_finding(tmp_path: Path) -> None:
    assert rules(audit(tmp_path, cells())) == []


@pytest.mark.parametrize("rule", PLANTS, ids=str)
def test_each_defect_is_found_and_no_other(tmp_path: Path, rule: str) -> None:
    assert rules(audit(tmp_path, PLANTS[rule](cells()))) == [rule]


@settings(deadline=None, max_examples=8)
@given(names=st.sets(st.sampled_from(sorted(PLANTS)), min_size=2))
def test_defects_planted_together_are_all_found_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, names: set[str]
) -> None:
    layer = cells()
    for name in sorted(names):
        layer = PLANTS[name](layer)
    assert rules(audit(tmp_path_factory.mktemp("zone"), layer)) == sorted(names)


def test_a_gap_names_its_area_its_neighbours_and_its_place(tmp_path: Path) -> None:
    found = only(audit(tmp_path, gap(cells())), "grid_gap")
    assert found["value"] == "10,000 平方米"
    assert all(code in found["reason"] for code in ("G01", "G10", "G12", "G21"))
    assert (found["unit_code"], found["severity"]) == (TAIPING, "warning")
    east, north = metres(found)
    assert 100 < east < 200
    assert 100 < north < 200


def test_ground_bare_at_the_edge_of_a_drawn_unit_is_a_gap(tmp_path: Path) -> None:
    layer = {code: grid for code, grid in cells().items() if code != "G00"}
    assert only(audit(tmp_path, layer), "grid_gap")["value"] == "10,000 平方米"


def test_an_overlap_stands_at_the_later_record_and_names_the_other(tmp_path: Path) -> None:
    intake = audit(tmp_path, overlap(cells()))
    found = only(intake, "grid_overlap")
    later = list(cells()).index("G31") + 1
    assert (found["row"], found["value"]) == (later, "500 平方米")
    assert "G21" in found["reason"]
    assert 300 < metres(found)[0] < 305


def test_a_grid_drawn_three_times_is_reported_twice(tmp_path: Path) -> None:
    layer = {**repeated(cells()), "G97": (XINFA, cells()["G62"][1], 400)}
    intake = audit(tmp_path, layer)
    assert rules(intake) == ["grid_repeated", "grid_repeated"]
    assert intake.findings["reason"].str.contains("G62").all()


def test_slivers_are_one_note_with_their_number_and_area(tmp_path: Path) -> None:
    layer = with_shape(sliver(cells()), "G61", ground(600, 100, 699.98, 200))
    found = only(audit(tmp_path, layer), "grid_slivers")
    assert (found["severity"], found["value"]) == ("note", "7.0 平方米")
    assert "2 处" in found["reason"]
    assert 599 < metres(found)[0] < 601


def test_a_grid_partly_outside_its_unit_says_how_much(tmp_path: Path) -> None:
    layer = {**cells(), "G71": (XINFA, ground(700, 100, 820, 200), 400)}
    found = only(audit(tmp_path, layer), "grid_outside_unit")
    assert found["value"] == "2,000 平方米"
    assert "17%" in found["reason"]
    assert metres(found)[0] > 800


def test_a_unit_like_the_others_but_without_grids_is_found(tmp_path: Path) -> None:
    intake = read(tmp_path, write_drawn_units(tmp_path, third=True), write_layer(tmp_path, cells()))
    found = only(intake, "unit_without_grid")
    assert (found["unit_code"], found["table"], found["value"]) == (THIRD, "units", THIRD)


def test_a_town_needs_no_grid_of_its_own(tmp_path: Path) -> None:
    assert "unit_without_grid" not in rules(audit(tmp_path, cells()))


@pytest.mark.parametrize(
    ("households", "found"),
    [(7000, ["households_without_grid"]), (6500, []), (5000, ["households_over_unit"])],
    ids=["missing", "about right", "too many"],
)
def test_households_of_a_unit_and_of_its_grids_have_to_agree(tmp_path: Path, households: int, found: list[str]) -> None:
    intake = read(tmp_path, write_drawn_units(tmp_path, households=households), write_layer(tmp_path, cells()))
    assert rules(intake) == found


def test_the_missing_households_are_counted(tmp_path: Path) -> None:
    intake = read(tmp_path, write_drawn_units(tmp_path, households=7000), write_layer(tmp_path, cells()))
    assert only(intake, "households_without_grid")["value"] == "600"


def test_without_a_column_of_households_nothing_is_said_of_them(tmp_path: Path) -> None:
    write_layer(tmp_path, cells())
    path = tmp_path / "网格.gpkg"
    frame = gpd.read_file(path).drop(columns="户数")
    path.unlink()
    frame.to_file(path)
    intake = read(tmp_path, write_drawn_units(tmp_path, households=7000), Source("grids", path.name))
    assert rules(intake) == []


# -- repair


def test_without_a_request_shapes_stay_as_they_are(tmp_path: Path) -> None:
    intake = audit(tmp_path, sliver(cells()))
    area = intake.tables["grids"].set_index("grid_code").to_crs(CRS).area["G51"]
    assert area == pytest.approx(9_995, abs=0.1)


def test_a_repair_takes_the_sliver_it_closed_out_of_the_findings_and_reports_itself(tmp_path: Path) -> None:
    intake = audit(tmp_path, sliver(cells()), repair="snap")
    assert rules(intake) == ["grids_snapped"]
    shapes = intake.tables["grids"].to_crs(CRS)
    assert shapes.area.sum() == pytest.approx(320_000, abs=0.5)
    assert shapely.union_all(shapes.geometry.to_numpy(), grid_size=0.001).area == pytest.approx(320_000, abs=0.5)


@pytest.mark.parametrize("plant", [gap, overlap, repeated], ids=["gap", "overlap", "repeated"])
def test_a_repair_leaves_a_large_defect_to_people(tmp_path: Path, plant: object) -> None:
    layer = plant(cells())  # type: ignore[operator]
    intake = audit(tmp_path, layer, repair="snap")
    before = {code: grid[1].area for code, grid in layer.items()}
    after = intake.tables["grids"].set_index("grid_code").to_crs(CRS).area
    assert after.to_dict() == pytest.approx(before, abs=1.0)
    assert any(rule.startswith("grid_") for rule in rules(intake))


@settings(deadline=None, max_examples=8)
@given(shift=st.floats(-0.2, 0.2), turn=st.floats(-0.05, 0.05))
def test_a_repair_moves_no_grid_further_than_a_strip_along_its_border(
    tmp_path_factory: pytest.TempPathFactory, shift: float, turn: float
) -> None:
    moved = affinity.rotate(affinity.translate(cells()["G22"][1], shift, 0), turn)
    intake = audit(tmp_path_factory.mktemp("zone"), with_shape(cells(), "G22", moved), repair="snap")
    shapes = intake.tables["grids"].set_index("grid_code").to_crs(CRS).geometry
    assert shapely.symmetric_difference(shapes["G22"], moved).area <= 400.1
    assert shapes.is_valid.all()


# -- facilities


def facilities(folder: Path, *places: tuple[str, float, float]) -> Intake:
    """Facilities of the units named, at metres from the layer's corner."""
    points = gpd.GeoSeries([shapely.Point(EAST + x, NORTH + y) for _, x, y in places], crs=CRS).to_crs("EPSG:4490")
    rows = [
        f"F{i},设施{i},警务室,{unit},{point.x!r},{point.y!r}"
        for i, ((unit, _, _), point) in enumerate(zip(places, points, strict=True))
    ]
    text = "\n".join(["编号,设施名称,设施类型,单元代码,经度,纬度", *rows])
    (folder / "设施.csv").write_text(text + "\n", encoding="utf-8")
    return read(folder, write_drawn_units(folder), Source("facilities", "设施.csv"))


def test_a_facility_on_the_wrong_unit_is_told_where_it_lies(tmp_path: Path) -> None:
    found = only(facilities(tmp_path, (TAIPING, 600, 200)), "point_in_other_unit")
    assert "“太平村”之外 200 米" in found["reason"]
    assert "落在“新发村”内" in found["reason"]


def test_a_facility_outside_the_zone_is_told_so(tmp_path: Path) -> None:
    found = only(facilities(tmp_path, (XINFA, 1000, 200)), "point_outside_zone")
    assert "200 米" in found["reason"]


def test_a_facility_far_away_is_set_aside_with_where_it_lies(tmp_path: Path) -> None:
    intake = facilities(tmp_path, (XINFA, 9000, 200))
    assert "8.2 公里，在本分区范围之外" in only(intake, "point_far_from_unit")["reason"]
    assert intake.tables["facilities"].empty


def test_two_facilities_of_one_kind_at_one_point_are_found(tmp_path: Path) -> None:
    assert rules(facilities(tmp_path, (TAIPING, 50, 50), (TAIPING, 50, 50))) == ["same_point"]
