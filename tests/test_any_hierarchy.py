"""Zones of any shape: no communities, no row of their own, units without grids, gaps between several districts."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from analysis_frames import CRS, ELM, FIRST, MARKET, OAK, RIVER, STREET, TOWN, frame, grids, units
from shapely import box

from govkit import open_zone
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.measures import coverage
from govkit.analysis.measures.measure import measure
from govkit.sections import grids as grid_section
from govkit.sections import ranks, situation
from govkit.sections.report import open_report
from govkit.sections.shared import shared_numbers
from govkit.zone.place import word_of

ZONE = """
name = "甲区"
code = "110101"
code_system = "统计用区划代码"
code_vintage = "2023-06-30"
district_level = "street"
metric_crs = "EPSG:4548"
[[periods]]
id = "2024"
start = 2024-01-01
end = 2024-12-31
[sources.units]
path = "units.csv"
[sources.services]
path = "services.csv"
"""
HEAD = "单元代码,单元名称,层级,上级代码,类型,常住人口,户数\n"
COUNTY = "110101000000,甲区,县（区）,,县（区）,,\n"
STREETS = "110101001000,东街道,街道（乡镇）,{above},街道,100,40\n110101002000,西街道,街道（乡镇）,{above},街道,300,90\n"
BELOW = "110101001001,东一社区,社区（村）,110101001000,城市社区,100,40\n"


def zone(folder: Path, rows: str, unit: str = "110101001000") -> Path:
    (folder / "zone.toml").write_text(ZONE, encoding="utf-8")
    (folder / "units.csv").write_text(HEAD + rows, encoding="utf-8")
    head = "单元代码,月份,服务事项,申请件数,办结件数,回访数,满意数\n"
    (folder / "services.csv").write_text(f"{head}{unit},2024-03,代缴费用,10,9,8,6\n", encoding="utf-8")
    return folder


def test_streets_stand_for_communities_where_there_are_none(tmp_path: Path) -> None:
    opened = open_zone(zone(tmp_path, COUNTY + STREETS.format(above="110101000000")))
    found = measure("satisfaction", opened.tables, opened.period("2024"))
    assert found.loc["110101001000", "value"] == 0.75
    assert found.loc["110101002000", "completeness"] == 0


@pytest.mark.parametrize(("people", "stands"), [("300,90", ["110101002000"]), (",", [])])
def test_a_street_without_communities_where_others_have_some_stands_for_its_own_people(
    tmp_path: Path, people: str, stands: list[str]
) -> None:
    rows = COUNTY + STREETS.format(above="110101000000").replace("300,90", people) + BELOW
    opened = open_zone(zone(tmp_path, rows, "110101001001"))
    found = measure("satisfaction", opened.district("西街道").tables, opened.period("2024"), by="unit_code")
    assert list(found.index) == stands
    told = situation.zone("全区", opened.tables["units"], None, crs=opened.metric_crs)
    assert ("400 人" if stands else "100 人") in told


def test_the_row_of_the_zone_itself_is_made_and_said(tmp_path: Path) -> None:
    opened = open_zone(zone(tmp_path, STREETS.format(above="") + BELOW, "110101001001"))
    made = opened.tables["units"].set_index("unit_code").loc["110101000000"]
    assert (made["name"], made["level"], made["kind"]) == ("甲区", "county", "county")
    assert opened.tables["units"].set_index("unit_code").at["110101001000", "parent"] == "110101000000"
    assert opened.findings["rule"].tolist() == ["no_top_unit"]


def test_a_zone_that_has_its_row_is_left_alone(tmp_path: Path) -> None:
    opened = open_zone(zone(tmp_path, COUNTY + STREETS.format(above="110101000000") + BELOW, "110101001001"))
    assert opened.findings.empty


ONE = grids(("g1", OAK, (0, 0, 100, 100)), ("g3", RIVER, (200, 0, 300, 100)))


def test_a_community_without_grids_where_others_of_its_kind_have_some_is_named() -> None:
    assert coverage.without_grids(units(), ONE)["unit_code"].tolist() == [MARKET, ELM]
    assert coverage.without_grids(units(), None).empty


def test_what_has_no_grid_comes_first_and_nothing_is_said_to_be_covered_in_full() -> None:
    row = {"grids": 2, "gaps": 0, "overlaps": 0, "gap_m2": 0.0, "overlap_m2": 0.0}
    said = grid_section.coverage(row, name="东镇", bare=coverage.without_grids(units(), ONE))
    assert said.startswith("未划网格：集市社区、榆村，共 5,000 人。")
    assert "全覆盖" not in said


def test_a_finding_that_stands_by_itself_points_to_no_table_and_no_map() -> None:
    row = {"grids": 2, "gaps": 1, "overlaps": 0, "gap_m2": 20.0, "overlap_m2": 0.0}
    assert grid_section.coverage(row, name="东镇").endswith("重叠 0 处（0 平方米），应核对边界后改正。")


def test_households_per_grid_are_those_that_lie_in_grids() -> None:
    bare = ONE.drop(columns="households")
    there = coverage.ground(units().assign(geometry=None), bare, crs=CRS)
    assert (there.households_in_grids, there.grids_counted) == (400 + 1600, 2)
    there = coverage.ground(units(), ONE, crs=CRS)
    assert (there.households, there.households_in_grids, there.grids_counted) == (4000, 800, 2)
    said = situation.zone("东镇", units(), ONE.assign(kind="rural"), crs=CRS)
    assert "4,000 户" in said
    assert "有户数的 2 个网格内共 800 户，平均每个网格 400.0 户" in said
    every = grids(*((f"g{at}", code, (at, 0, at + 1, 1)) for at, code in enumerate([OAK, ELM, RIVER, MARKET])))
    assert "网格内共" not in situation.zone("东镇", units().assign(households=400), every.assign(kind="rural"), crs=CRS)


def test_no_boundary_is_no_area() -> None:
    there = coverage.ground(units(), None, crs=CRS)
    assert pd.isna(there.area_km2)
    assert (there.mapped, there.units) == (0, 4)


# A ring of four grids around a hole of 40 m by 40 m; the two to the right are another district's.
RING = grids(
    ("a", OAK, (0, 0, 50, 30)), ("b", OAK, (0, 30, 30, 100)), ("c", RIVER, (50, 0, 100, 30)),
    ("d", RIVER, (70, 30, 100, 100)), ("e", ELM, (30, 70, 70, 100)),
)  # fmt: skip


def gap_problems(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found = find_problems(tables, FIRST, crs=CRS)
    return found.loc[found["rule"].eq("grid_gaps")]


def test_a_gap_between_districts_is_one_problem_of_both_named_by_its_place() -> None:
    found = gap_problems({"units": units(), "grids": RING}).iloc[0]
    assert (found["district_code"], found["shared_with"]) == (STREET, (TOWN,))
    assert "柞村" in found["places"][0]
    assert "江畔社区" in found["places"][0]
    assert len(gap_problems({"units": units(), "grids": RING})) == 1


@pytest.mark.parametrize(("east", "expected"), [(70, 0), (50, 1)], ids=["all of it", "half of it"])
def test_water_that_needs_no_grid_is_no_gap(east: int, expected: int) -> None:
    west, south = 500_000.0, 5_060_000.0
    lake = RING.iloc[[0]].assign(name="湖", unit_code=None)
    shape = box(west + 30, south + 30, west + east, south + 70)
    lake = lake.set_geometry(lake.geometry.set_crs(lake.crs).iloc[[0]].to_crs(CRS).map(lambda _: shape)).set_crs(
        CRS, allow_override=True
    )
    found = gap_problems({"units": units(), "grids": RING, "no_grid_needed": lake.to_crs("EPSG:4490")})
    assert len(found) == expected
    assert found["value"].round().tolist() == [800] * expected


def test_every_report_counts_a_shared_gap_the_same(tmp_path: Path) -> None:
    opened = open_zone(zone(tmp_path, COUNTY + STREETS.format(above="110101000000") + BELOW, "110101001001"))
    shared = shared_numbers(opened, "2024")
    row = {"district_code": "110101001000", "shared_with": ("110101002000",), "rule": "grid_gaps"}
    both = pd.DataFrame([row])
    parts = [type(shared).of(shared, code) for code in ("110101001000", "110101002000")]
    assert [len(one.problems) for one in parts] == [len(shared.problems)] * 2
    from govkit.sections.shared import _problems_of

    assert [len(_problems_of(both, code)) for code in ("110101001000", "110101002000", "110101003000")] == [1, 1, 0]


def test_a_strip_narrower_than_a_metre_is_a_sliver_and_no_gap() -> None:
    drawn = grids(
        ("a", OAK, (0, 0, 100, 50)), ("b", ELM, (0, 50.5, 100, 100)), ("c", RIVER, (-50, 0, 0, 100)),
        ("d", MARKET, (100, 0, 150, 100)),
    )  # fmt: skip
    audit = coverage.audit({"grids": drawn, "units": frame("unit_code", (OAK,))}, crs=CRS)
    assert audit is not None
    assert len(audit.gaps) == 0
    assert audit.slivers["kind"].tolist() == ["gap"]


def test_a_parent_that_is_not_filled_in_is_read_off_the_code_and_said(tmp_path: Path) -> None:
    rows = COUNTY + STREETS.format(above="110101000000") + "110101001001,东一社区,社区（村）,,城市社区,100,40\n"
    opened = open_zone(zone(tmp_path, rows, "110101001001"))
    assert opened.tables["units"].set_index("unit_code").at["110101001001", "parent"] == "110101001000"
    assert opened.findings["rule"].tolist() == ["parent_from_code"]
    assert "东一社区" in opened.findings["reason"].iloc[0]


SCHEME = """
title = "后来的体系"
target = "得分"
source = "测试"
in_force_from = 2030-01-01
grades = [{ label = "好", from = 0 }]
groups = [{ id = "a", label = "服务", parent = "", weight = 1.0 }]
[[leaves]]
id = "satisfied"
label = "满意度"
parent = "a"
measure = "satisfaction"
weight = 1.0
worst = 0.5
best = 1.0
owner_level = "village"
"""


def test_a_scheme_that_is_not_in_force_scores_nobody_and_is_looked_back_on_apart(tmp_path: Path) -> None:
    folder = zone(tmp_path, COUNTY + STREETS.format(above="110101000000") + BELOW, "110101001001")
    (folder / "s.toml").write_text(SCHEME, encoding="utf-8")
    judged = '[judged_by]\nlook_back = true\nscheme = "s.toml"\n'
    (folder / "zone.toml").write_text(ZONE + judged, encoding="utf-8")
    report = open_report(folder)
    assert report.inputs.current.scores["score"].isna().all()
    row = report.national().tables[0].rows[0]
    assert row[:4] == ("后来的体系", "50.0 分（1 个街道）", "满分 100 分", "—")


OWN = 'boundaries = "own.geojson"\n[sources.grids]\npath = "grids.geojson"\n'


def test_a_unit_with_a_polygon_of_its_own_is_to_be_covered_up_to_its_border(tmp_path: Path) -> None:
    below = BELOW + "110101001002,东二社区,社区（村）,110101001000,城市社区,100,40\n"
    folder = zone(tmp_path, COUNTY + STREETS.format(above="110101000000") + below, "110101001001")
    stated = ZONE.replace("[sources.services]", f"{OWN}[sources.services]")
    (folder / "zone.toml").write_text(stated, encoding="utf-8")
    codes = ["110101001001", "110101001002"]
    east = [116.40, 116.41]
    island = box(116.45, 39.90, 116.46, 39.91)
    own = [box(east[0], 39.90, 116.41, 39.92), box(east[1], 39.90, 116.42, 39.91).union(island)]
    half = [box(at, 39.90, at + 0.01, 39.91) for at in east]
    for name, key, shapes in (("own", "单元代码", own), ("grids", "所属单元代码", half)):
        said = {key: codes, "单元名称": ["东一社区", "东二社区"], "网格编码": [f"{code}001" for code in codes]}
        layer = gpd.GeoDataFrame(said, geometry=shapes, crs=4490)
        layer.to_file(folder / f"{name}.geojson", driver="GeoJSON")
    report = open_report(folder)
    gaps = report.inputs.audit.gaps
    assert len(gaps) == 2
    assert gaps.loc[gaps["grid_codes"].map(len).eq(0), "unit_codes"].to_list() == [(codes[1],)]
    assert "空隙2处" in report.grids().finding
    assert report.inputs.problems["rule"].eq("grid_gaps").sum() == 1


def test_a_kind_without_grids_is_named_and_nothing_is_said_to_be_covered_in_full(tmp_path: Path) -> None:
    town = "110101100000,南镇,街道（乡镇）,110101000000,镇,700,200\n"
    folder = zone(tmp_path, COUNTY + STREETS.format(above="110101000000") + town)
    (folder / "zone.toml").write_text(ZONE + '[sources.grids]\npath = "grids.geojson"\n', encoding="utf-8")
    layer = gpd.GeoDataFrame(
        {"所属单元代码": ["110101001000", "110101002000"], "网格编码": ["110101001000001", "110101002000001"]},
        geometry=[box(116.40, 39.90, 116.41, 39.91), box(116.41, 39.90, 116.42, 39.91)],
        crs=4490,
    )
    layer.to_file(folder / "grids.geojson", driver="GeoJSON")
    report = open_report(folder)
    assert report.brief().body  # of a zone without a scheme too
    said = report.grids().finding
    assert "同类单元都没有划网格的有南镇" in said
    assert "700" in said
    assert "全覆盖" not in said


@pytest.mark.parametrize(("name", "word"), [
    ("石山县", "县"), ("应水市", "市"), ("阿旗", "旗"), ("甲区城乡社区治理", "区"), ("乙县乡村治理实验区", "县"),
    ("汉市丙区“八三”社区建设实验区", "区"), ("石县农村社区实验区", "县"), ("丁市城乡社区治理", "市"),
])  # fmt: skip
def test_a_whole_is_called_what_the_name_of_its_unit_says(name: str, word: str) -> None:
    assert word_of(name, "county") == word


def scored(count: int) -> pd.DataFrame:
    names = ["甲", "乙", "丙", "丁", "戊", "己", "庚"][:count]
    scores = [80.0 - place for place in range(count)]
    return pd.DataFrame({"name": names, "score": scores, "grade": "好", "change": 1.0})


@pytest.mark.parametrize(("count", "said", "unsaid"), [
    (1, "不排名次", "前三位"), (2, "不排名次", "最大"),
    (3, "依次是甲、乙、丙", "前三位"), (7, "后三位是戊、己、庚", "依次"),
])  # fmt: skip
def test_few_units_have_no_first_and_last_three(count: int, said: str, unsaid: str) -> None:
    text = ranks.spread(scored(count), period="2024年", unit_word="街道（镇）")
    assert said in text
    assert unsaid not in text


def test_a_county_is_called_what_its_name_says() -> None:
    three = pd.DataFrame({"kind": "county", "name": ["咸安区", "嘉鱼县", "赤壁市"]})
    assert situation._by_kind(three) == "1 个市辖区、1 个县、1 个县级市"
