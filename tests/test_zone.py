"""A zone folder opened: settings checked at once, tables linked to districts and periods."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ZONE_TOML
from intake_zone import TOWN

from govkit.errors import SourceError, UnknownNameError, ZoneError
from govkit.zone.opening import open_zone, zone_folders


def rewrite(folder: Path, old: str, new: str) -> None:
    assert old in ZONE_TOML
    (folder / "zone.toml").write_text(ZONE_TOML.replace(old, new), encoding="utf-8")


def test_a_row_belongs_to_the_district_above_its_unit(zone_folder: Path) -> None:
    facilities = open_zone(zone_folder).tables["facilities"]
    assert facilities["district_code"].tolist() == [TOWN, TOWN]


def test_a_row_belongs_to_the_period_its_date_lies_in(zone_folder: Path) -> None:
    events = open_zone(zone_folder).tables["events"].set_index("event_id")["period"]
    assert events[["E1", "E2", "E3"]].tolist() == ["2018H1", "2018H2", "2018H2"]
    assert events.isna()["E4"]


def test_rows_outside_every_period_are_told(zone_folder: Path) -> None:
    findings = open_zone(zone_folder).findings
    told = findings.loc[findings["rule"] == "outside_periods"]
    assert told["reason"].tolist() == ["1 行不属于 zone.toml 中的任何报告期，不参与计算"]
    assert told["file"].tolist() == ["网格事项.csv"]


@pytest.mark.parametrize("name", ["新发镇", "230102100", "230102100000"], ids=["name", "short code", "long code"])
def test_a_district_is_found_by_name_or_code(zone_folder: Path, name: str) -> None:
    district = open_zone(zone_folder).district(name)
    assert (district.code, district.unit_code, district.name) == ("230102100", TOWN, "新发镇")


def test_a_district_holds_its_own_units_only(zone_folder: Path) -> None:
    district = open_zone(zone_folder).district("新发镇")
    assert sorted(district.tables["units"]["level"]) == ["community", "community", "street"]
    assert district.shape is not None


def test_a_table_that_is_not_there_is_lacking(zone_folder: Path) -> None:
    zone = open_zone(zone_folder)
    assert zone.lacks("funds")
    assert zone.lacks("events", "funds")
    assert not zone.lacks("events")


def test_the_first_period_has_none_before_it(zone_folder: Path) -> None:
    zone = open_zone(zone_folder)
    assert zone.previous("2018H1") is None
    assert zone.previous("2018年下半年").id == "2018H1"


def test_an_unknown_period_is_answered_with_the_nearest(zone_folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="2018H2"):
        open_zone(zone_folder).period("2018h2")


def test_an_unknown_district_is_answered_with_the_nearest(zone_folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="最接近的是：新发镇"):
        open_zone(zone_folder).district("新发街道")


def test_a_folder_that_is_not_there_is_answered_with_its_neighbours(zone_folder: Path) -> None:
    with pytest.raises(UnknownNameError, match="新发 试验区"):
        open_zone(zone_folder.with_name("新发试验区"))


def test_a_folder_without_zone_toml_says_so(tmp_path: Path) -> None:
    with pytest.raises(ZoneError, match=r"没有 zone\.toml"):
        open_zone(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('code = "230102"', "code = 230102", "加引号的区划代码"),
        ("metric_crs", "metric_csr", "最接近的是 metric_crs"),
        ('district_level = "street"', 'district_level = "town"', "district_level"),
        ("[sources.grids]", "[sources.grid]", "最接近的是 grids"),
        ('datum = "GCJ-02"', 'datun = "GCJ-02"', "最接近的是 datum"),
        ('scheme = "daoli_333"', 'scheme = "daoli_33"', "最接近的是 daoli_333"),
        ("start = 2018-07-01", "start = 2019-07-01", "start 不晚于 end"),
        ('id = "2018H2"', 'id = "2018H1"', "报告期 id 重复"),
        ('path = "网格.shp"', "path = 3", "缺少 path"),
        ('metric_crs = "EPSG:4551"', 'metric_crs = "EPSG:4490"', "以米为单位"),
        ('metric_crs = "EPSG:4551"', 'metric_crs = "EPSG:99999"', "不是可识别的坐标系"),
        ('classification = "公开"', 'classification = "公开"\nsignatories = "张三"', "signatories 应为方括号里的一列"),
        ("start = 2018-07-01", "start = 2018-06-01", "日期重叠"),
        ('name = "新发试验区"', "name = 5", "name 应为加引号的文字"),
        ('issuer = "新发区民政局"', 'isuer = "新发区民政局"', "最接近的是 issuer"),
    ],
    ids=lambda value: value[:12],
)
def test_a_mistake_in_zone_toml_is_named_with_the_nearest_key(zone_folder: Path, old: str, new: str, told: str) -> None:
    rewrite(zone_folder, old, new)
    with pytest.raises(ZoneError, match=told):
        open_zone(zone_folder)


def test_all_mistakes_in_zone_toml_are_named_at_once(zone_folder: Path) -> None:
    text = ZONE_TOML.replace("metric_crs", "metric_csr").replace('datum = "GCJ-02"', 'datun = "GCJ-02"')
    (zone_folder / "zone.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ZoneError, match=r"(?s)metric_csr.*缺少必填项 metric_crs.*datun"):
        open_zone(zone_folder)


def test_a_zone_toml_saved_by_notepad_with_a_bom_opens(zone_folder: Path) -> None:
    (zone_folder / "zone.toml").write_text(ZONE_TOML, encoding="utf-8-sig")
    assert open_zone(zone_folder).name == "新发试验区"


def test_a_syntax_error_in_zone_toml_names_the_line(zone_folder: Path) -> None:
    (zone_folder / "zone.toml").write_text(ZONE_TOML + "[[periods\n", encoding="utf-8")
    with pytest.raises(Exception, match="at line"):
        open_zone(zone_folder)


def test_a_missing_file_names_the_nearest_in_the_folder(zone_folder: Path) -> None:
    rewrite(zone_folder, "网格事项.csv", "网格事件.csv")
    with pytest.raises(SourceError, match=r"网格事项\.csv"):
        open_zone(zone_folder)


def test_zones_are_the_folders_with_a_zone_toml(zone_folder: Path) -> None:
    (zone_folder.parent / "别的").mkdir()
    assert zone_folders(zone_folder.parent) == [zone_folder]


OWN_STANDARD = """\
type = "standard"
title = "我区标准"
source = "我区文件"
applies_to = ["village"]

[[items]]
id = "clinic"
label = "卫生站"
table = "facilities"
kinds = ["clinic"]
"""
JUDGED = 'standards = ["daoli_village_centre", "community_service_plan_14th"]'


def with_own_standard(folder: Path, named: str = "我区标准.toml") -> Path:
    (folder / "我区标准.toml").write_text(OWN_STANDARD, encoding="utf-8")
    rewrite(folder, JUDGED, f'standards = ["{named}"]')
    return folder


def test_a_standard_of_the_zones_own_is_named_by_its_path(zone_folder: Path) -> None:
    named = open_zone(with_own_standard(zone_folder)).settings.standards
    assert named == (str((zone_folder / "我区标准.toml").resolve()),)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("我区标谁.toml", "分区文件夹里没有 '我区标谁.toml'，最接近的是 我区标准.toml"),
        ("../我区标准.toml", "不在分区文件夹里"),
        ("daoli_village_center", "最接近的是 daoli_village_centre"),
    ],
    ids=["misspelt", "outside the folder", "catalogue"],
)
def test_a_standard_that_is_not_there_is_told_on_opening(zone_folder: Path, named: str, words: str) -> None:
    with pytest.raises(ZoneError, match=words):
        open_zone(with_own_standard(zone_folder, named))


def test_a_standard_that_is_no_toml_is_told_on_opening(zone_folder: Path) -> None:
    with_own_standard(zone_folder)
    (zone_folder / "我区标准.toml").write_text("title = 未加引号", encoding="utf-8")
    with pytest.raises(ZoneError, match=r"我区标准.toml：文件不是正确的 TOML"):
        open_zone(zone_folder)


def test_what_judges_a_zone_is_named_by_texts(zone_folder: Path) -> None:
    rewrite(zone_folder, JUDGED, 'standards = "daoli_village_centre"')
    with pytest.raises(ZoneError, match=r"\[judged_by\] 应写作 standards = "):
        open_zone(zone_folder)


@pytest.mark.parametrize("code", [230102100, 230102100000, "２３０１０２１００"], ids=["short", "long", "full width"])
def test_a_district_is_found_by_a_number(zone_folder: Path, code: str | int) -> None:
    assert open_zone(zone_folder).district(code).name == "新发镇"


def test_a_period_is_a_name_an_id_or_itself(zone_folder: Path) -> None:
    zone = open_zone(zone_folder)
    first = zone.settings.periods[0]
    assert zone.period("2018H1") is zone.period("2018年上半年") is zone.period(first) is first
    assert zone.previous(zone.settings.periods[1]) is first


def test_a_zone_and_a_district_say_in_one_line_what_they_are(zone_folder: Path) -> None:
    zone = open_zone(zone_folder)
    assert repr(zone) == "<Zone 新发试验区 230102: 4 tables, 14 rows>"
    assert repr(zone.district("新发镇")) == "<District 新发镇 230102100: 4 tables, 13 rows>"


def test_a_zone_shows_its_tables_and_that_it_is_synthetic(zone_folder: Path) -> None:
    page = open_zone(zone_folder)._repr_html_()
    assert "本区数据为测试用合成数据" in page
    assert "设施台账" in page
    assert "2018H2（2018年下半年）" in page
