"""A zone proposed from whatever lies in a folder: the demo folders again, and folders as people keep them."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from govkit.analysis.standards.judged_by import judged_by
from govkit.cli import app
from govkit.intake.proposing.identity import period_of
from govkit.intake.proposing.propose import Proposal, in_words, propose, write
from govkit.zone.opening import read_zone
from tests.intake_zone import SOUTH, TAIPING, UNITS, WEST, XINFA, write_grids, write_sheet

DATA = Path(__file__).parents[1] / "data"
FUNDS = ["流水号", "村居代码", "日期", "收支", "用途", "金额"]


def proposed(folder: Path) -> Proposal:
    made = propose(folder)
    write(made)
    return made


@pytest.mark.long
@pytest.mark.parametrize("zone", ["daoli", "huangpi", "xiangfang"])
def test_a_demo_folder_without_its_zone_file_comes_to_the_same_tables(zone: str, tmp_path: Path) -> None:
    folder = tmp_path / zone
    shutil.copytree(DATA / zone, folder, ignore=shutil.ignore_patterns("zone.toml"))
    made = proposed(folder)
    was, now = read_zone(DATA / zone), read_zone(folder)
    assert made.left == {}
    assert (now.settings.periods, now.code) == (was.settings.periods, was.code)
    assert (now.settings.district_level, now.metric_crs) == (was.settings.district_level, was.metric_crs)
    assert set(now.tables) == set(was.tables)
    for name, table in was.tables.items():
        pd.testing.assert_frame_equal(pd.DataFrame(table), pd.DataFrame(now.tables[name]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One town in an order of its own: two versions of a ledger, two months of matters, and what is no table."""
    home = tmp_path / "我镇资料"
    home.mkdir()
    write_sheet(home / "花名册.xlsx", UNITS)
    write_grids(home)
    old = [FUNDS, ["Z1", TAIPING, "2018-02-01", "支出", "路灯", 100], ["Z2", XINFA, "2018-03-01", "支出", "路灯", 5]]
    write_sheet(home / "资金2018.xlsx", old)
    write_sheet(home / "资金20180630.xlsx", [*old, ["Z3", XINFA, "2018-04-01", "支出", "路灯", 7]])
    head = ["事项编号", "网格编码", "上报时间", "状态"]
    write_sheet(home / "1月工单.xlsx", [head, ["A", f"{TAIPING}001", "2018-01-05", "办结"]])
    write_sheet(home / "2月工单.xlsx", [head, ["B", f"{TAIPING}001", "2018-02-05", "办结"]])
    write_sheet(home / "食堂菜单.xlsx", [["早餐", "午餐"], ["粥", "面"]])
    (home / "合影.jpg").write_bytes(b"\xff\xd8\xff")
    with zipfile.ZipFile(home / "旧材料.zip", "w") as archive:
        archive.writestr("说明.txt", "无")
    (home / "坏图层.shp").write_bytes(b"\x00" * 200)
    return home


def test_every_file_is_used_or_left_out_with_a_reason(folder: Path) -> None:
    made = proposed(folder)
    used = {path for one in made.found.values() for path in (one.source.paths or (one.source.path,))}
    assert used == {"花名册.xlsx", "网格.shp", "资金20180630.xlsx", "1月工单.xlsx", "2月工单.xlsx"}
    assert set(made.left) == {"资金2018.xlsx", "食堂菜单.xlsx", "合影.jpg", "旧材料.zip", "坏图层.shp"}
    assert "两个版本" in made.left["资金2018.xlsx"]
    assert "照片" in made.left["合影.jpg"]
    said = "\n".join(in_words(made))
    assert all(name in said for name in (*used, *made.left))


def test_what_is_proposed_opens_with_the_periods_of_its_dates(folder: Path) -> None:
    proposed(folder)
    zone = read_zone(folder)
    assert [period.id for period in zone.settings.periods] == ["2018H1", "2018H2"]
    assert len(zone.tables["events"]) == 2
    assert zone.settings.district_level == "community"


def test_run_again_it_adds_what_came_and_overwrites_nothing(folder: Path) -> None:
    proposed(folder)
    before = (folder / "zone.toml").read_bytes()
    assert not write(propose(folder))
    head = ["编号", "名称", "类型", "单元代码"]
    write_sheet(folder / "设施.xlsx", [head, ["1", "甲", "公园", TAIPING]])
    again = proposed(folder)
    assert set(again.found) == {"facilities"}
    assert (folder / "zone.toml").read_bytes().startswith(before)
    assert len(read_zone(folder).tables["facilities"]) == 1


def test_a_folder_without_units_says_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [FUNDS, ["Z1", TAIPING, "2018-02-01", "支出", "路灯", 100]])
    made = proposed(tmp_path)
    assert "行政单元" in made.lacking
    assert not (tmp_path / "zone.toml").exists()


def test_boundaries_of_communities_with_names_only_are_a_zone_with_codes_kept(tmp_path: Path) -> None:
    shapes = [shapely.box(WEST + i * 0.02, SOUTH, WEST + (i + 1) * 0.02, SOUTH + 0.02) for i in range(3)]
    names = ["兴江社区", "恒盛社区", "太平村"]
    gpd.GeoDataFrame({"NAME": names}, geometry=shapes, crs="EPSG:4490").to_file(tmp_path / "社区.geojson")
    head = ["名称", "中类", "lng", "lat"]
    places = [["甲园", "公园", WEST + 0.01, SOUTH + 0.01], ["乙院", "综合医院", WEST + 0.03, SOUTH + 0.01]]
    write_sheet(tmp_path / "poi.xlsx", [head, *places])
    made = proposed(tmp_path)
    assert "不是网格" in made.found["units"].why
    zone = read_zone(tmp_path)
    assert zone.tables["units"]["name"].tolist()[1:] == names
    assert zone.tables["units"].geometry.notna().all()
    assert zone.tables["facilities"]["kind"].tolist() == ["park", "hospital"]
    kept = pd.read_csv(tmp_path / "codes.csv", dtype="str", encoding="utf-8-sig")
    assert set(kept["单元名称"]) == set(names)


def test_streets_drawn_under_one_head_and_files_of_other_heads_make_one_zone(tmp_path: Path) -> None:
    shapes = [shapely.box(WEST + i * 0.02, SOUTH, WEST + (i + 1) * 0.02, SOUTH + 0.02) for i in range(3)]
    names = ["兴江街道", "恒盛街道", "太平镇"]
    gpd.GeoDataFrame({"街道": names}, geometry=shapes, crs="EPSG:4490").to_file(tmp_path / "街道.shp", encoding="GBK")
    (tmp_path / "街道.shx").unlink()
    homes = [["编号", "名称", "类型", "经度", "纬度"], ["1", "甲院", "养老院", WEST + 0.01, SOUTH + 0.01]]
    schools = [["学校编码", "学校名称", "办学类型", "经度", "纬度"], ["X1", "乙校", "小学", WEST + 0.03, SOUTH + 0.01]]
    clinics = [["编号", "机构名称", "类别", "经度", "纬度"], ["1", "丙站", "诊所", WEST + 0.05, SOUTH + 0.01]]
    for name, rows in (("养老机构", homes), ("学校", schools), ("诊所", clinics)):
        write_sheet(tmp_path / f"{name}.xlsx", rows)
    made = proposed(tmp_path)
    [left] = made.left.values()
    assert "编号与" in left
    assert "有重复" in left
    zone = read_zone(tmp_path)
    assert zone.tables["units"]["name"].tolist()[1:] == names
    assert len(zone.tables["facilities"]) == 2
    # files of one kind of facility each are no returns of streets
    assert "not_returned" not in set(zone.findings["rule"])


def test_wards_and_files_with_english_heads_are_a_zone(tmp_path: Path) -> None:
    shapes = [shapely.box(36.80 + i * 0.01, -1.3, 36.81 + i * 0.01, -1.29) for i in range(3)]
    wards = {"ward": ["Kilimani", "Ngara", "Pangani"], "code": ["K1", "K2", "K3"], "households": [500, 600, 700]}
    gpd.GeoDataFrame(wards, geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "wards.gpkg")
    places = [["name", "type", "longitude", "latitude"], ["Place 1", "school", 36.805, -1.295]]
    calls = [["id", "ward", "category", "reported"], ["1", "Ngara", "waste", "2025-01-03"]]
    for name, rows in (("facilities", places), ("complaints", calls)):
        pd.DataFrame(rows[1:], columns=rows[0]).to_csv(tmp_path / f"{name}.csv", index=False)
    assert set(proposed(tmp_path).found) == {"units", "facilities", "events"}
    zone = read_zone(tmp_path)
    assert zone.tables["events"]["kind"].tolist() == ["waste"]
    codes = dict(zip(zone.tables["units"]["name"], zone.tables["units"]["unit_code"], strict=True))
    assert zone.tables["events"]["unit_code"].tolist() == [codes["Ngara"]]
    assert zone.tables["facilities"]["unit_code"].tolist() == [codes["Kilimani"]]
    # codes of 12 digits are known inside only
    assert not zone.findings["reason"].str.contains(r"99\d{10}").any()


def test_areas_numbered_as_statistical_offices_abroad_do_are_a_zone(tmp_path: Path) -> None:
    shapes = [shapely.box(450000 + 2000 * i, 300000, 452000 + 2000 * i, 302000) for i in range(2)]
    wards = {"WD23CD": ["E05000001", "E05000002"], "WD23NM": ["Abbey", "St Mary's"]}
    gpd.GeoDataFrame(wards, geometry=shapes, crs=27700).to_file(tmp_path / "wards.gpkg")
    requests = [["Ward", "Month", "Requests", "Resolved"], ["Abbey", "2023-01", 5, 4], ["St Mary's", "2023-01", 3, 1]]
    write_sheet(tmp_path / "requests.xlsx", requests)
    made = proposed(tmp_path)
    assert set(made.found) == {"units", "services"}
    assert {"Abbey", "St Mary's"} <= set(read_zone(tmp_path).tables["units"]["name"])


def test_a_head_cut_within_a_character_stops_no_look(tmp_path: Path) -> None:
    shapes = [shapely.box(WEST + i * 0.01, SOUTH, WEST + i * 0.01 + 0.01, SOUTH + 0.01) for i in range(2)]
    layer = gpd.GeoDataFrame({"社区名称": ["兴江社区", "太平村"]}, geometry=shapes, crs=4490)
    layer.to_file(tmp_path / "社区.shp", encoding="UTF-8")
    (tmp_path / "社区.prj").unlink()
    assert set(propose(tmp_path).found) == {"units"}


def test_metres_of_points_are_read_in_the_system_of_the_layer_beside_them(tmp_path: Path) -> None:
    west, south, side = 530000.0, 180000.0, 1000.0
    boxes = [shapely.box(west + i * side, south, west + (i + 1) * side, south + side) for i in range(3)]
    names = ["Ward A", "Ward B", "Ward C"]
    gpd.GeoDataFrame({"ward_name": names}, geometry=boxes, crs="EPSG:27700").to_file(tmp_path / "wards.gpkg")
    head = ["name", "type", "easting", "northing"]
    rows = [[f"Park {i}", "Park", west + 500 + i * side, south + 500] for i in range(3)]
    pd.DataFrame(rows, columns=head).to_csv(tmp_path / "facilities.csv", index=False, encoding="utf-8")
    made = proposed(tmp_path)
    assert made.found["facilities"].source.crs == "EPSG:27700"
    assert "EPSG:27700" in made.found["facilities"].why
    zone = read_zone(tmp_path)
    of = zone.tables["units"].set_index("unit_code")["name"]
    assert zone.tables["facilities"]["unit_code"].map(of).tolist() == names


def test_units_above_stand_beside_the_names_and_boundaries_go_to_the_version_that_is_used(tmp_path: Path) -> None:
    streets, names = ["东街街道", "东街街道", "西街街道", "西街街道"], ["甲社区", "乙社区", "丙社区", "林场生活区"]
    boxes = [shapely.box(WEST + i / 100, SOUTH, WEST + (i + 1) / 100, SOUTH + 0.01) for i in range(4)]
    layer = gpd.GeoDataFrame({"JDMC": streets, "SQMC": names}, geometry=boxes, crs="EPSG:4490")
    drawn, listed = tmp_path / "图", tmp_path / "表"
    drawn.mkdir()
    layer.to_file(drawn / "社区.geojson")
    made = proposed(drawn)
    assert made.found["units"].source.columns == {"name": "SQMC", "parent": "JDMC"}
    units = read_zone(drawn).tables["units"].set_index("name")
    assert units.loc[names, "level"].eq("community").all()  # 林场生活区 is no county (区)
    assert units.at["林场生活区", "parent"] == units.at["西街街道", "unit_code"]
    listed.mkdir()
    layer[["SQMC", "geometry"]].to_file(listed / "边界.shp", encoding="utf-8")
    (listed / "边界.shx").unlink()
    # without codes a version is known by its names, whatever it counts
    for households, version in ((100, "情况表.xlsx"), (105, "情况表（最终版）.xlsx")):
        rows = [[*pair, households] for pair in zip(streets, names, strict=True)]
        write_sheet(listed / version, [["街道", "社区", "户数"], *rows])
    made = proposed(listed)
    assert (made.found["units"].source.path, made.found["units"].source.boundaries) == (
        "情况表（最终版）.xlsx",
        "边界.shp",
    )
    assert "两个版本" in made.left["情况表.xlsx"]


def test_an_area_among_streets_and_areas_below_a_farm_are_no_counties(tmp_path: Path) -> None:
    pairs = [["温泉街道", "一社区"], ["商贸物流区", "物流社区"], ["奶牛良种场", "渔业分场生活区"]]
    write_sheet(tmp_path / "名单.xlsx", [["街道", "社区"], *pairs, ["温泉街道", "二社区"], ["温泉街道", "三社区"]])
    write(propose(tmp_path, name="某区", code="230102"))
    zone = read_zone(tmp_path)
    units = zone.tables["units"].set_index("name")
    assert units.loc["渔业分场生活区", "level"] == "community"
    assert units.loc[["温泉街道", "商贸物流区", "奶牛良种场"], "level"].eq("street").all()
    assert not zone.findings["severity"].eq("error").any()


def test_hundreds_of_files_that_are_no_tables_are_each_named(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"照片{number}.jpg").write_bytes(b"\xff")
    assert len(proposed(tmp_path).left) == 300


@pytest.mark.parametrize("word", ["上级", "2018年第五季", "二〇一八年", ""])
def test_words_that_are_no_period_mean_none(word: str) -> None:
    assert period_of(word) is None


def test_a_first_scheme_weighs_alike_what_the_data_can_carry_and_says_that_it_is_provisional(tmp_path: Path) -> None:
    write_sheet(
        tmp_path / "名单.xlsx", [["街道", "社区"], ["甲街道", "一社区"], ["甲街道", "二社区"], ["乙街道", "三社区"]]
    )
    facilities = [["名称", "类型", "所属社区", "建筑面积"]]
    facilities += [
        [f"{kind}{i}", kind, f"{unit}社区", 700] for i, unit in enumerate("一二三") for kind in ("服务中心", "公厕")
    ]
    write_sheet(tmp_path / "设施.xlsx", facilities)
    calls = [["事件类别", "上报时间", "状态", "社区"]]
    calls += [["噪声", f"2026-03-{i + 1:02d}", ["已办结", "未办结"][i % 2], "一社区"] for i in range(10)]
    write_sheet(tmp_path / "热线.xlsx", calls)
    proposal = propose(tmp_path)
    assert "暂定" in proposal.text
    write(proposal)
    zone = read_zone(tmp_path)
    judges = judged_by(zone.settings.standards, zone.settings.scheme)
    measures = {leaf.measure: leaf.weight for leaf in judges.scheme.leaves}
    assert {"settled_rate", "standard_items:embedded_services", "standard_items:living_circle"} <= set(measures)
    assert sum(measures.values()) == pytest.approx(1)
    assert max(measures.values()) - min(measures.values()) < 1e-4
    assert "没有文件依据" in judges.scheme.source
    # nothing is measured that no column tells
    assert "satisfaction" not in measures
    text = (tmp_path / "暂定指标.toml").read_text(encoding="utf-8")
    (tmp_path / "暂定指标.toml").write_text(text + "# 改过\n", encoding="utf-8")
    write(propose(tmp_path))
    assert "# 改过" in (tmp_path / "暂定指标.toml").read_text(encoding="utf-8")


def test_where_nothing_can_be_measured_no_scheme_is_made_up(tmp_path: Path) -> None:
    write_sheet(tmp_path / "名单.xlsx", [["街道", "社区"], ["甲街道", "一社区"], ["乙街道", "三社区"]])
    proposal = propose(tmp_path)
    assert proposal.scheme == ""
    write(proposal)
    assert read_zone(tmp_path).settings.scheme == ""


NAMES = [["街道", "社区"], ["甲街道", "一社区"], ["甲街道", "二社区"], ["乙街道", "三社区"]]


def test_a_terminal_is_asked_only_what_no_file_tells(tmp_path: Path) -> None:
    write_sheet(tmp_path / "名单.xlsx", NAMES)
    told = CliRunner().invoke(app, ["new", "--from", str(tmp_path)], input="示例区\n230199\ny\n")
    assert told.output.index("分区名称") < told.output.index("区划代码（") < told.output.index("已写出")
    settings = read_zone(tmp_path).settings
    assert (settings.name, settings.code) == ("示例区", "230199")


def test_what_is_given_or_known_is_not_asked(tmp_path: Path) -> None:
    write_sheet(tmp_path / "名单.xlsx", NAMES)
    arguments = ["new", "--from", str(tmp_path), "--name", "示例区", "--code", "230199"]
    told = CliRunner().invoke(app, arguments, input="n\n").output
    assert "分区名称" not in told
    assert "没有写出" in told
    assert not (tmp_path / "zone.toml").exists()
    assert CliRunner().invoke(app, ["new", "--from", str(tmp_path), "--yes"]).exit_code == 0
    assert read_zone(tmp_path).settings.name == tmp_path.name


def test_more_files_are_added_and_nothing_is_overwritten(tmp_path: Path) -> None:
    write_sheet(tmp_path / "名单.xlsx", NAMES)
    write(propose(tmp_path, name="示例区"))
    before = (tmp_path / "zone.toml").read_text(encoding="utf-8").replace("示例区", "改过的名称")
    (tmp_path / "zone.toml").write_text(before, encoding="utf-8", newline="")
    write_sheet(tmp_path / "设施.xlsx", [["名称", "类型", "所属社区"], ["甲", "公厕", "一社区"]])
    write_sheet(tmp_path / "名单2.xlsx", [*NAMES, ["乙街道", "四社区"]])
    proposal = propose(tmp_path)
    assert "已有来源，没有改动" in proposal.left["名单2.xlsx"]
    write(proposal)
    after = (tmp_path / "zone.toml").read_text(encoding="utf-8")
    assert after.startswith(before.rstrip("\n"))
    zone = read_zone(tmp_path)
    assert zone.name == "改过的名称"
    assert len(zone.tables["facilities"]) == 1
    assert write(propose(tmp_path)) == []


def test_returns_by_heads_of_their_own_are_parts_and_ledgers_no_units(tmp_path: Path) -> None:
    rows = [["甲街道", "红旗社区"], ["乙街道", "红旗社区"], ["乙街道", "解放社区"]]
    write_sheet(tmp_path / "名单.xlsx", [["街道", "社区"], *rows])
    for month in (1, 2, 3):
        told = [["村（居）", "事项", "申请件数", "办结件数"], ["红旗社区", "低保", 9, 8], ["解放社区", "低保", 5, 5]]
        write_sheet(tmp_path / f"服务月报2025-0{month}.xlsx", told)
    write_sheet(tmp_path / "项目台账.xlsx", [["日期", "村", "资金（元）", "状态"], ["3月", "解放社区", 5, "完成"]])
    (tmp_path / "~$名单.xlsx").write_bytes(b"user")
    made = proposed(tmp_path)
    assert len(made.found["services"].source.paths) == 3
    assert made.found["services"].source.columns == {"unit_code": "村（居）"}
    assert made.found["units"].source.path == "名单.xlsx"
    assert set(made.left) == {"~$名单.xlsx", "项目台账.xlsx"}
    assert "没有项目编号、台账" in made.left["项目台账.xlsx"]
    said = " ".join(read_zone(tmp_path).findings["reason"])
    assert "可以指 2 个单元：甲街道红旗社区、乙街道红旗社区" in said
