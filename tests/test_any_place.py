"""Places as they are: names without codes, units told by boundaries, matters without grids or states."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from govkit.analysis.measures import matters
from govkit.cli import app
from govkit.errors import SourceError
from govkit.intake import Intake, Source, read_zone_tables
from govkit.intake.proposing.propose import propose, write
from govkit.intake.templates.new_zone import half_years
from govkit.intake.units.completing import codes_text
from govkit.sections.report import open_report
from govkit.sections.words import localised, place_word
from govkit.zone.opening import open_zone, read_zone
from tests.intake_zone import SOUTH, TAIPING, TOWN, UNITS, WEST, XINFA, write_grids, write_sheet

NAMES = [
    ["街道", "社区名称", "常住人口"],
    ["群力街道", "兴江社区", 5000],
    ["群力街道", "恒盛社区", 6000],
    ["新发镇", "太平村", 2000],
    ["新发镇", "西苑管理区", 100],
]


def read(folder: Path, **sources: Source) -> Intake:
    return read_zone_tables(folder, sources, code="230102", metric_crs="EPSG:4551")


def names_zone(folder: Path, rows: list[list[object]] = NAMES) -> pd.DataFrame:
    write_sheet(folder / "u.xlsx", rows)
    return read(folder, units=Source("units", "u.xlsx")).tables["units"]


def test_a_list_of_names_is_a_hierarchy_with_codes_of_its_own(tmp_path: Path) -> None:
    units = names_zone(tmp_path)
    assert units["name"].tolist() == ["兴江社区", "恒盛社区", "太平村", "西苑管理区", "群力街道", "新发镇"]
    assert units["level"].tolist() == ["community"] * 4 + ["street"] * 2
    assert units["kind"].tolist() == ["urban_community"] * 2 + ["village", "管理区", "street", "town"]
    assert units["unit_code"].str.fullmatch(r"230102\d{6}").all()
    assert units["unit_code"].is_unique
    assert units["parent"].iloc[0] == units["unit_code"].iloc[4]
    assert units["unit_code"].iloc[0][:9] == units["unit_code"].iloc[4][:9]


@pytest.mark.parametrize("file", ["社区.xlsx", "我区社区.xlsx", "2024年村.xlsx"])
def test_a_list_of_units_has_no_code_from_the_name_of_its_file(file: str, tmp_path: Path) -> None:
    write_sheet(tmp_path / file, NAMES)
    assert len(read(tmp_path, units=Source("units", file)).tables["units"]) == 6


def test_lists_called_after_streets_have_these_above_them(tmp_path: Path) -> None:
    for street, unit in (("群力街道", "兴江社区"), ("新发镇", "太平村")):
        write_sheet(tmp_path / f"{street}.xlsx", [["社区名称"], [unit]])
    units = read(tmp_path, units=Source("units", "群力街道.xlsx", paths=("群力街道.xlsx", "新发镇.xlsx"))).tables[
        "units"
    ]
    above = units.set_index("unit_code")["name"]
    assert units["parent"].map(above).tolist()[:2] == ["群力街道", "新发镇"]


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["兴江社区", "恒盛社区"], ["兴江社区", "恒盛社区"]),
        (["1,群力街道,兴江社区", "2,群力街道,恒盛社区"], ["兴江社区", "恒盛社区", "群力街道"]),
        (["所辖社区", "兴江社区", "恒盛社区"], ["兴江社区", "恒盛社区"]),
    ],
    ids=["names", "streets beside them", "a head of its own"],
)
def test_a_list_that_begins_with_its_first_unit_loses_none(lines: list[str], names: list[str], tmp_path: Path) -> None:
    (tmp_path / "名单.txt").write_text("\n".join(lines), encoding="utf-8")
    write(propose(tmp_path, code="230102"))
    assert [one for one in read_zone(tmp_path).tables["units"]["name"] if one in names] == names


def test_amounts_without_an_item_are_those_of_all_items(tmp_path: Path) -> None:
    write_sheet(tmp_path / "社区.xlsx", NAMES)
    write_sheet(
        tmp_path / "2024年3月办件.xlsx", [["社区", "申请件数", "办结件数"], ["兴江社区", 5, 4], ["太平村", 3, 3]]
    )
    write(propose(tmp_path, code="230102"))
    zone = read_zone(tmp_path)
    assert zone.tables["services"][["item", "requested"]].to_numpy().tolist() == [["全部事项", 5], ["全部事项", 3]]
    assert "all_items" in set(zone.findings["rule"])


def test_several_amounts_of_a_unit_and_month_are_no_sum_of_all_items(tmp_path: Path) -> None:
    rows = [
        ["社区", "月份", "业务", "申请件数"],
        ["兴江社区", "2024-03", "低保", 5],
        ["兴江社区", "2024-03", "医保", 4],
    ]
    write_sheet(tmp_path / "办件.xlsx", rows)
    with pytest.raises(SourceError, match="缺少必需的列：“服务事项”"):
        read(tmp_path, services=Source("services", "办件.xlsx"))


def test_a_list_with_people_and_without_boundaries_has_a_table_of_its_units(tmp_path: Path) -> None:
    write_sheet(tmp_path / "社区.xlsx", [[*NAMES[0], "户数"], *([*row, 100] for row in NAMES[1:])])
    write(propose(tmp_path, code="230102"))
    shown = open_report(tmp_path, "群力街道").situation().numbers["communities"]
    assert sorted(shown["population"]) == [5000, 6000]
    assert shown["density"].isna().all()


def test_codes_made_for_names_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    first = names_zone(tmp_path).set_index("name")["unit_code"]
    again = names_zone(tmp_path, [NAMES[0], *reversed(NAMES[1:])]).set_index("name")["unit_code"]
    assert first.to_dict() == again.to_dict()


def test_codes_kept_in_codes_csv_go_before_made_ones(tmp_path: Path) -> None:
    units = names_zone(tmp_path)
    text = codes_text(units).replace(units["unit_code"].iloc[0], "230102777888")
    (tmp_path / "codes.csv").write_text(text, encoding="utf-8-sig")
    assert names_zone(tmp_path)["unit_code"].iloc[0] == "230102777888"


def test_every_row_of_a_list_of_names_is_accounted_for(tmp_path: Path) -> None:
    write_sheet(tmp_path / "u.xlsx", NAMES)
    account = read(tmp_path, units=Source("units", "u.xlsx")).accounts.iloc[0]
    assert account[["rows_read", "rows_used", "rows_set_aside", "rows_left_out"]].tolist() == [4, 4, 0, 0]


def test_a_zone_without_a_division_code_takes_units_of_any(tmp_path: Path) -> None:
    write_sheet(tmp_path / "u.xlsx", [["单元代码", "单元名称"], ["230102000000", "道里区"], ["621002000000", "西峰区"]])
    sources = {"units": Source("units", "u.xlsx")}
    units = read_zone_tables(tmp_path, sources, code="990000", metric_crs="EPSG:4551").tables["units"]
    assert units["level"].tolist() == ["county"] * 2


def test_a_parent_of_a_name_that_two_units_have_is_named_and_not_guessed(tmp_path: Path) -> None:
    rows = [
        ["单元名称", "层级", "上级"],
        ["道里区", "区", ""],
        ["香坊区", "区", ""],
        ["新华街道", "街道", "道里区"],
        ["新华街道", "街道", "香坊区"],
        ["和平社区", "社区", "新华街道"],
    ]
    write_sheet(tmp_path / "u.xlsx", rows)
    intake = read(tmp_path, units=Source("units", "u.xlsx"))
    assert "ambiguous_parent" in set(intake.findings["rule"])
    assert "和平社区" not in intake.tables["units"]["name"].tolist()


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    write_sheet(tmp_path / "u.xlsx", UNITS)
    write_grids(tmp_path)
    return tmp_path


def test_a_facility_without_a_unit_belongs_where_it_lies(mapped: Path) -> None:
    head, y = ["名称", "类型", "经度", "纬度"], SOUTH + 0.01
    rows = [head, ["甲", "公园", WEST + 0.01, y], ["乙", "医院", WEST + 0.05, y], ["丙", "学校", WEST + 0.5, y]]
    write_sheet(mapped / "f.xlsx", rows)
    units, grids = Source("units", "u.xlsx"), Source("grids", "网格.shp")
    intake = read(mapped, units=units, grids=grids, facilities=Source("facilities", "f.xlsx"))
    facilities = intake.tables["facilities"]
    assert facilities["unit_code"].tolist() == [TAIPING, XINFA]
    assert facilities["facility_id"].is_unique
    assert {"units_by_place", "numbered", "in_no_unit"} <= set(intake.findings["rule"])


def test_a_facility_of_an_unknown_unit_belongs_where_it_lies_with_a_warning(mapped: Path) -> None:
    rows = [
        ["编号", "名称", "类型", "所属单元", "经度", "纬度"],
        ["1", "甲", "公园", "幸福里", WEST + 0.01, SOUTH + 0.01],
    ]
    write_sheet(mapped / "f.xlsx", rows)
    units, grids = Source("units", "u.xlsx"), Source("grids", "网格.shp")
    intake = read(mapped, units=units, grids=grids, facilities=Source("facilities", "f.xlsx"))
    assert intake.tables["facilities"]["unit_code"].tolist() == [TAIPING]
    assert intake.findings.query("rule == 'unit_by_place'")["value"].tolist() == ["幸福里"]


def test_matters_need_neither_grid_nor_state(mapped: Path) -> None:
    rows = [["事项类别", "上报时间", "经度", "纬度"], ["噪声", "2018-03-01 08:00", WEST + 0.01, SOUTH + 0.01]]
    rows.append(["占道", "2018-03-02 08:00", WEST + 0.05, SOUTH + 0.01])
    write_sheet(mapped / "e.xlsx", rows)
    units, grids = Source("units", "u.xlsx"), Source("grids", "网格.shp")
    events = read(mapped, units=units, grids=grids, events=Source("events", "e.xlsx")).tables["events"]
    assert events["unit_code"].tolist() == [TAIPING, XINFA]
    assert events["state"].isna().all()


def test_the_state_of_matters_is_told_by_the_time_they_were_settled(mapped: Path) -> None:
    rows = [["事项编号", "网格编码", "上报时间", "办结时间"], ["1", f"{TAIPING}001", "2018-03-01", "2018-03-02"]]
    rows.append(["2", f"{TAIPING}001", "2018-03-01", ""])
    write_sheet(mapped / "e.xlsx", rows)
    units, grids = Source("units", "u.xlsx"), Source("grids", "网格.shp")
    events = read(mapped, units=units, grids=grids, events=Source("events", "e.xlsx")).tables["events"]
    assert events["state"].tolist() == ["settled", "open"]


def test_matters_without_a_state_have_no_rate_of_settling(mapped: Path) -> None:
    write_sheet(mapped / "e.xlsx", [["事项类别", "上报时间", "社区"], ["噪声", "2018-03-01 08:00", "太平村"]])
    tables = dict(read(mapped, units=Source("units", "u.xlsx"), events=Source("events", "e.xlsx")).tables)
    tables = {name: table.assign(district_code="230102100000", period="2018H1") for name, table in tables.items()}
    found = matters.settling(tables, half_years(2018)[0], by="zone").iloc[0]
    assert found["reported"] == 1
    assert found[["settled", "rate", "open", "overdue"]].isna().all()


def test_boundaries_alone_with_names_are_units(tmp_path: Path) -> None:
    shapes = [shapely.box(WEST + i * 0.02, SOUTH, WEST + (i + 1) * 0.02, SOUTH + 0.02) for i in range(2)]
    frame = gpd.GeoDataFrame({"name": ["兴江社区", "恒盛社区"]}, geometry=shapes, crs="EPSG:4490")
    frame.to_file(tmp_path / "u.geojson")
    units = read(tmp_path, units=Source("units", "u.geojson")).tables["units"]
    assert units["level"].tolist() == ["community"] * 2
    assert units.geometry.notna().all()


def test_a_zone_whose_report_units_are_villages_or_of_a_kind_of_their_own_has_reports(tmp_path: Path) -> None:
    rows = [
        *UNITS,
        ["230102100203", "西苑管理区", "村", TOWN, "管理区", 100, 40],
        ["230102100204", "巴彦嘎查", "村", TOWN, "嘎查", 300, 90],
        ["230102100205", "兴江社区", "村", TOWN, "城市社区", 900, 400],
    ]
    write_sheet(tmp_path / "名单.xlsx", rows)
    assert CliRunner().invoke(app, ["new", "--from", str(tmp_path), "--yes"]).exit_code == 0
    zone = open_zone(tmp_path)
    assert zone.settings.district_level == "community"
    words = {}
    for name in zone.districts["name"]:
        report = open_report(zone, name)
        assert report.situation().body
        words[name] = place_word(report.inputs)
    assert words == {
        "太平村": "村", "新发村": "村", "西苑管理区": "社区（村）", "巴彦嘎查": "嘎查", "兴江社区": "社区",
    }  # fmt: skip
    # The word of the level above is not theirs.
    assert localised("在镇（街道）办结", report.inputs) == "在镇（街道）办结"
