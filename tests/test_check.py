"""check.xlsx and check.html: what a clerk gets to mend a zone's files by."""

import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from govkit.documents.check.files import Sheet, Source, read_sheets
from govkit.documents.check.listing import list_findings
from govkit.documents.check.map import draw
from govkit.documents.check.spoken import source_lines, spoken
from govkit.documents.check.styles import comment_text, external, internal, row_height, sheet_title
from govkit.documents.check.write import SEVERITY, accounts_table, write_check
from govkit.errors import SourceError
from govkit.intake import Source as ZoneSource
from govkit.intake.reading.zone_tables import ACCOUNT_COLUMNS
from govkit.periods import Period
from govkit.sections.sources import accepted as accepted_in_report
from govkit.zone.opening import with_ids
from govkit.zone.reported import not_reported, not_returned

COLUMNS = (
    "severity", "rule", "table", "file", "sheet", "row", "column", "cell", "value", "reason", "todo", "unit_code",
    "longitude", "latitude",
)  # fmt: skip
ACCOUNTS = ("table", "file", "sheet", "rows_read", "rows_used", "rows_set_aside", "rows_left_out")


def finding(**given: object) -> dict[str, object]:
    usual = {
        "severity": "error",
        "rule": "bad",
        "table": "facilities",
        "file": "设施.xlsx",
        "reason": "不对",
        "todo": "改",
    }
    return {**usual, **given}


def frame(*findings: dict[str, object]) -> pd.DataFrame:
    found = pd.DataFrame(list(findings), columns=list(COLUMNS))
    texts = [name for name in COLUMNS if name not in {"row", "longitude", "latitude"}]
    typed = found.astype(dict.fromkeys(texts, "str") | {"row": "Int64", "longitude": float, "latitude": float})
    return with_ids(typed, {})


def accounts(*rows: tuple[object, ...]) -> pd.DataFrame:
    given = pd.DataFrame(rows or [("facilities", "设施.xlsx", "台账", 4, 2, 1, 1)], columns=list(ACCOUNTS))
    return given.reindex(columns=list(ACCOUNT_COLUMNS)).astype(ACCOUNT_COLUMNS)


@dataclass
class FakeZone:
    """What write_check needs of a zone."""

    folder: Path
    findings: pd.DataFrame
    accounts: pd.DataFrame = field(default_factory=accounts)
    sources: dict[str, Source] = field(default_factory=lambda: {"facilities": Source("facilities", "设施.xlsx")})
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    name: str = "甲区"
    metric_crs: str = "EPSG:4547"
    front: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(synthetic="合成数据。", internal=False, language="zh")
    )

    @property
    def settings(self) -> SimpleNamespace:
        return SimpleNamespace(sources=self.sources, district_level="street", periods=())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A zone folder with one ledger: title, two header rows with merged cells, three rows, a sum."""
    home = tmp_path / "zone"
    home.mkdir()
    with xlsxwriter.Workbook(str(home / "设施.xlsx"), {"strings_to_formulas": False}) as book:
        page = book.add_worksheet("台账")
        page.write_string("A1", "设施台账")
        for column, name in enumerate(["设施编号", "设施名称", "设施类型", "所属单元代码"]):
            page.merge_range(1, column, 2, column, name)
        page.merge_range(1, 4, 1, 5, "面积")
        page.write_string("E3", "建筑面积")
        page.write_string("F3", "开放面积")
        page.merge_range(1, 6, 2, 6, "联系电话")
        rows = [
            ("001", "=1+1", "警务室", "230102001201", "很大", "5", "13900000000"),
            ("002", "http://a.b", "超市", "230102001201", "60", "5", "13900000001"),
            ("002", "文化室", "警务室", "230102001202", "70", "5", "13900000002"),
        ]
        for line, row in enumerate(rows, start=3):
            for column, text in enumerate(row):
                page.write_string(line, column, text)
        page.write_string("A7", "合计")
    return home


FINDINGS = (
    finding(sheet="台账", row=5, column="设施类型", cell="C5", value="超市", reason="没有这个类型"),
    finding(severity="warning", sheet="台账", row=4, column="面积/建筑面积", cell="E4", value="很大", reason="不是数"),
    finding(severity="note", rule="personal", sheet="台账", column="联系电话", reason="含个人信息"),
    finding(severity="error", rule="twice", sheet="台账", row=6, reason="与第 5 行重复"),
)


def workbook(folder: Path, *findings: dict[str, object], **zone: object) -> openpyxl.Workbook:
    path, _ = write_check(FakeZone(folder, frame(*findings), **zone), folder.parent / "out")
    return openpyxl.load_workbook(path)


def page(folder: Path, *findings: dict[str, object], **zone: object) -> str:
    _, path = write_check(FakeZone(folder, frame(*findings), **zone), folder.parent / "out")
    return path.read_text(encoding="utf-8")


# -- order, numbers, limits


def test_findings_go_file_by_file_in_the_order_of_the_zone_gravest_first() -> None:
    found = frame(
        finding(file="乙.csv", table="events", row=9),
        finding(severity="note", row=2),
        finding(row=7),
        finding(row=3),
    )
    rows = list_findings(found, files={"facilities": "设施.xlsx", "events": "乙.csv"}).rows
    assert list(zip(rows["number"], rows["file"], rows["row"], strict=True)) == [
        (1, "设施.xlsx", 3),
        (2, "设施.xlsx", 7),
        (3, "设施.xlsx", 2),
        (4, "乙.csv", 9),
    ]


def test_a_finding_that_names_no_file_goes_to_the_source_of_its_table() -> None:
    rows = list_findings(frame(finding(file=None)), files={"facilities": "设施.xlsx"}).rows
    assert rows["file"].tolist() == ["设施.xlsx"]


def test_a_finding_about_no_file_and_no_source_is_about_the_zone() -> None:
    rows = list_findings(frame(finding(file=None, table=None)), files={}).rows
    assert rows["source"].tolist() == ["（整个分区）"]


@pytest.fixture(scope="module")
def flood() -> pd.DataFrame:
    many = frame(finding(row=1)).loc[[0] * 3000].assign(row=range(1, 3001)).reset_index(drop=True)
    rare = frame(*(finding(severity="note", rule="rare", row=row) for row in (5, 6)))
    return pd.concat([many, rare], ignore_index=True)


def test_of_a_huge_file_a_thousand_findings_are_listed_and_all_counted(flood: pd.DataFrame) -> None:
    listing = list_findings(flood, files={})
    assert len(listing.rows) == 1000
    assert listing.total == 3002
    assert listing.kinds[["rule", "count", "listed"]].to_numpy().tolist() == [["bad", 3000, 998], ["rare", 2, 2]]


def test_the_page_says_how_many_are_not_listed(tmp_path: Path, flood: pd.DataFrame) -> None:
    zone = FakeZone(tmp_path, flood)
    _, path = write_check(zone, tmp_path / "out")
    assert "仅列前 1,000 处，共 3,002 处" in path.read_text(encoding="utf-8")


ANY = st.lists(st.tuples(st.sampled_from("甲乙"), st.sampled_from(list(SEVERITY)), st.sampled_from("xyz")), max_size=30)


@given(ANY)
@settings(max_examples=25, deadline=None)
def test_counts_by_kind_add_up_to_all_findings(parts: list[tuple[str, str, str]]) -> None:
    found = frame(*(finding(file=f, severity=s, rule=r, row=i + 1) for i, (f, s, r) in enumerate(parts)))
    listing = list_findings(found, files={})
    assert listing.kinds["count"].sum() == len(parts) == listing.total
    assert listing.rows["number"].tolist() == list(range(1, len(parts) + 1))


def test_whole_files_are_spoken_of_first_and_a_flood_in_one_line_with_its_commonest_values() -> None:
    flood = [
        finding(rule="unknown_choice", column="类型", row=i, value="公园" if i % 3 else "超市") for i in range(1, 231)
    ]
    whole = finding(rule="unread_like", severity="warning", column="房屋建筑面积", reason="没有用到")
    lines = spoken(frame(*flood, whole), accounts(), most=10)
    heads = [line for line in lines if line.startswith("[")]
    assert [head[:4] for head in heads] == ["[警告]", "[错误]"]
    assert "共 230 处" in heads[1]
    assert "公园（154 处）、超市（76 处）" in lines[lines.index(heads[1]) + 1]


def test_a_line_a_source_names_the_columns_nobody_took() -> None:
    unread = json.dumps([{"sheet": "台账", "column": "F", "header": "房屋建筑面积(㎡)", "cells": 3, "from": 4}])
    given = accounts().assign(cells=20, cells_unread=3, columns=6, unread=unread)
    [line] = source_lines(given)
    assert "6 列中 1 列没有用到（3 格）：房屋建筑面积(㎡)（是否为“建筑面积”？）" in line


def test_an_accepted_finding_is_told_with_its_reason_and_counts_no_more() -> None:
    found = frame(finding(row=1, value="甲"), finding(row=2, value="乙"))
    accepted = with_ids(found.drop(columns=["id", "accepted"]), {found["id"][0]: "已核实"})
    lines = spoken(accepted, accounts(), most=10)
    assert sum(line.startswith("[") for line in lines) == 1
    assert any("已核实" in line for line in lines)
    assert accepted_in_report(accepted).endswith("不对——已核实。")


def test_the_id_of_a_finding_outlives_a_row_put_in_above_but_not_another_value() -> None:
    ids = [frame(finding(row=row, value=value))["id"][0] for row, value in ((1, "甲"), (2, "甲"), (1, "乙"))]
    assert ids[0] == ids[1] != ids[2]


def test_rows_without_a_month_alone_tell_nothing_of_who_has_reported() -> None:
    units = pd.DataFrame({"unit_code": ["A"], "name": ["甲县"], "level": ["county"]})
    table = pd.DataFrame({"unit_code": ["A"], "month": pd.to_datetime([None])})
    assert not_reported({"units": units, "services": table}).empty


def test_units_without_a_row_in_a_month_have_not_reported() -> None:
    units = pd.DataFrame({"unit_code": list("abc"), "level": ["community"] * 3, "name": list("甲乙丙")})
    months = pd.to_datetime(["2018-01-01", "2018-01-01", "2018-03-01", "2018-03-01", "2018-03-01"])
    table = pd.DataFrame({"unit_code": list("ababc"), "month": months})
    told = not_reported({"units": units, "services": table})
    assert told[["月份", "已报", "未报"]].to_numpy().tolist() == [["2018-01", 2, "丙"], ["2018-02", 0, "（全部）"]]


def test_a_street_that_sent_no_file_or_none_for_a_month_is_named() -> None:
    units = pd.DataFrame({"unit_code": list("abc"), "level": ["street"] * 3, "name": ["甲街道", "乙街道", "丙街道"]})
    months = pd.to_datetime(["2018-01-01", "2018-01-01", "2018-02-01"])
    table = pd.DataFrame({"unit_code": list("aba"), "district_code": list("aba"), "month": months})
    source = ZoneSource("services", "回收/*.xlsx")
    told = not_returned(source, table, units, "street", 3)
    assert told["rule"].tolist() == ["not_returned", "not_returned_month"]
    assert told["value"].tolist() == ["丙街道", "乙街道"]
    assert "2018-02 有 1 个街道（镇）没有报（共 2 个）：乙街道" in told["reason"].tolist()[1]
    year = [Period("2018H1", "上半年", date(2018, 1, 1), date(2018, 3, 31))]
    assert "2018-03 有 2 个" in not_returned(source, table, units, "street", 3, year)["reason"].tolist()[2]
    places = pd.DataFrame(
        {"unit_code": list("xyz"), "level": ["community"] * 3, "name": ["东社区", "西社区", "南社区"]}
    )
    below = pd.DataFrame({"unit_code": list("xy"), "district_code": list("ab")})
    told = not_returned(source, below, pd.concat([units, places]), "street", 4)
    assert told["value"].tolist() == ["丙街道", "南社区"]
    # one file may simply have nothing of a unit
    assert not_returned(source, table, units, "street", 1).empty


def test_accounts_name_the_table_as_readers_do() -> None:
    assert accounts_table(accounts()).iloc[0].tolist()[:7] == ["设施台账", "设施.xlsx", "台账", 4, 2, 1, 1]


# -- source files as they stand


@pytest.fixture
def sheet(folder: Path) -> Sheet:
    return read_sheets(folder, Source("facilities", "设施.xlsx"), file="设施.xlsx")[0]


@pytest.mark.parametrize(
    ("row", "column", "cell", "place"),
    [
        pytest.param(5, "设施类型", "C5", (4, 2), id="a cell"),
        pytest.param(5, "设施类型", "", (4, 2), id="row and column"),
        pytest.param(6, "", "", (5, None), id="a row"),
        pytest.param(None, "面积/开放面积", "", (2, 5), id="a column"),
        pytest.param(None, "联系电话", "", (1, 6), id="a column with merged header"),
        pytest.param(None, "", "", None, id="the whole file"),
        pytest.param(99, "", "", None, id="a row that is not there"),
        pytest.param(5, "", "ZZ5", (4, None), id="a cell beyond the last column"),
    ],
)
def test_a_finding_is_placed_where_it_stands(
    sheet: Sheet, row: int | None, column: str, cell: str, place: tuple[int, int | None] | None
) -> None:
    assert sheet.place(row=row, column=column, cell=cell) == place


def test_of_a_long_sheet_only_the_header_faulty_rows_and_their_neighbours_are_shown() -> None:
    long = Sheet("a.csv", "", pd.DataFrame({0: ["x"] * 3000}), header_end=1)
    assert long.shown([10, 2999]).tolist() == [0, 9, 10, 11, 2998, 2999]


def test_a_short_sheet_is_shown_whole() -> None:
    assert len(Sheet("a.csv", "", pd.DataFrame({0: ["x"] * 2000})).shown([])) == 2000


def test_data_about_persons_is_not_shown(sheet: Sheet) -> None:
    assert sheet.cells[6].dropna().tolist() == ["联系电话", "***", "***", "***"]


def test_a_layer_is_shown_with_feature_numbers_and_field_names(tmp_path: Path) -> None:
    grids = gpd.GeoDataFrame({"网格编码": ["a", "b"]}, geometry=[shapely.Point(1, 1), shapely.Point(2, 2)], crs=4490)
    grids.to_file(tmp_path / "网格.shp", encoding="GBK")
    layer = read_sheets(tmp_path, Source("grids", "网格.shp"), file="网格.shp")[0]
    assert layer.cells.to_numpy().tolist() == [["要素号", "网格编码"], ["1", "a"], ["2", "b"]]
    assert layer.place(row=2, column="网格编码", cell="") == (2, 1)


def test_a_file_of_another_kind_cannot_be_shown(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(b"x")
    with pytest.raises(SourceError, match="不能再次读取"):
        read_sheets(tmp_path, Source("events", "a.doc"), file="a.doc")


# -- links, names, sizes


def test_a_link_opens_a_workbook_at_the_faulty_cell(tmp_path: Path) -> None:
    link = external(tmp_path / "data" / "a.xlsx", beside=tmp_path / "reports" / "x", sheet="设施 '18", cell="F17")
    assert link == "external:../../data/a.xlsx#'设施 ''18'!F17"


@pytest.mark.parametrize("name", ["a#1.xlsx", "a%20.xlsx", "a.shp", "很" * 300 + ".xlsx"])
def test_there_is_no_link_where_none_would_work(tmp_path: Path, name: str) -> None:
    assert external(tmp_path / name, beside=tmp_path) == ""


def test_a_link_inside_the_workbook_quotes_the_sheet() -> None:
    assert internal("甲'乙", "A1") == "internal:'甲''乙'!A1"


@pytest.mark.parametrize(
    ("wanted", "taken", "title"),
    [("汇总", ["汇总"], "汇总~2"), ("a[1]*", [], "a_1__"), ("长" * 40, [], "长" * 31), ("", [], "_"), ("'x'", [], "x")],
)
def test_sheet_names_are_allowed_and_each_once(wanted: str, taken: list[str], title: str) -> None:
    assert sheet_title(wanted, taken) == title


def test_a_long_name_taken_twice_stays_within_the_limit() -> None:
    assert sheet_title("长" * 40, ["长" * 31]) == "长" * 29 + "~2"


def test_comments_lose_control_characters() -> None:
    assert comment_text("a\x00b\nc") == "a�b\nc"


def test_a_row_is_as_high_as_its_longest_text() -> None:
    assert row_height({"一二三四五六七八九十": 11, "短": 11}) == 30.0


# -- check.xlsx


def test_the_faulty_cell_is_coloured_at_its_own_address_and_says_what_to_do(folder: Path) -> None:
    cell = workbook(folder, *FINDINGS)["设施"]["C5"]
    assert cell.value == "超市"
    assert cell.fill.fgColor.rgb == "FFA4161A"
    assert cell.comment.text == "1. 【错误】没有这个类型\n处理：改"


def test_a_row_faulty_as_a_whole_is_tinted_and_commented_on_its_first_cell(folder: Path) -> None:
    page = workbook(folder, *FINDINGS)["设施"]
    assert page["A6"].comment is not None
    assert page["D6"].fill.fgColor.rgb == "FFF6DADA"


def test_rows_stand_as_in_the_file_and_only_as_text(folder: Path) -> None:
    page = workbook(folder, *FINDINGS)["设施"]
    assert [page[name].value for name in ("A1", "A4", "B4", "B5", "A7")] == [
        "设施台账",
        "001",
        "=1+1",
        "http://a.b",
        "合计",
    ]
    assert page["B4"].data_type == "s"
    assert page["B5"].hyperlink is None
    assert "E2:F2" in {str(merged) for merged in page.merged_cells.ranges}


def test_the_list_leads_to_the_marked_cell_and_to_the_original(folder: Path) -> None:
    row = workbook(folder, *FINDINGS)["问题清单"][2]
    assert [cell.value for cell in row[:6]] == [1, "错误", "设施台账", "设施.xlsx", "台账", "C5"]
    assert row[5].hyperlink.location == "'设施'!C5"
    assert row[12].hyperlink.target.replace("\\", "/") == "../zone/设施.xlsx"
    assert row[12].hyperlink.location == "'台账'!C5"


def test_the_marked_row_leads_back_to_the_list(folder: Path) -> None:
    page = workbook(folder, *FINDINGS)["设施"]
    assert page["I5"].value == "1"
    assert page["I5"].hyperlink.location == "'问题清单'!A2"


def test_a_long_file_keeps_its_row_numbers_by_hiding_the_rows_between(tmp_path: Path) -> None:
    lines = ["事项编号,网格编码,上报时间,状态", *(f"E{i},G1,2018-01-01,已办结" for i in range(2, 4001))]
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    usual = {"table": "events", "file": "a.csv", "column": "网格编码"}
    fault = finding(row=3000, cell="B3000", reason="与第 77 行重复", **usual)
    page = workbook(tmp_path, fault, sources={"events": Source("events", "a.csv")})["a"]
    assert page["A3000"].value == "E3000"
    assert page["A77"].value == "E77"
    assert page["A50"].value is None
    assert page.sheet_format.zeroHeight


def test_a_file_that_is_gone_by_then_is_named(tmp_path: Path) -> None:
    book = workbook(tmp_path, FINDINGS[0])
    texts = [str(cell.value) for cell in book["汇总"]["A"]]
    assert any("设施.xlsx”未能再次读取" in text for text in texts)
    assert book.sheetnames == ["汇总", "问题清单", "行数核对"]


def test_two_faults_in_one_cell_share_its_comment_and_the_graver_colour(folder: Path) -> None:
    second = finding(
        severity="warning", rule="other", sheet="台账", row=5, column="设施类型", cell="C5", reason="又不对"
    )
    cell = workbook(folder, FINDINGS[0], second)["设施"]["C5"]
    assert cell.comment.text.count("处理") == 2
    assert cell.fill.fgColor.rgb == "FFA4161A"


def test_without_findings_the_summary_says_so(folder: Path) -> None:
    book = workbook(folder)
    assert "没有发现问题。" in [cell.value for cell in book["汇总"]["A"]]


def test_the_same_zone_gives_the_same_bytes(folder: Path) -> None:
    zone = FakeZone(folder, frame(*FINDINGS))
    first = [path.read_bytes() for path in write_check(zone, folder.parent / "out")]
    assert [path.read_bytes() for path in write_check(zone, folder.parent / "out")] == first


# -- check.html


def test_the_page_escapes_what_files_say(folder: Path) -> None:
    text = page(folder, finding(value="<script>alert(1)</script>", row=2), name="<b>区")
    assert "<script" not in text
    assert "<b>区" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_page_needs_nothing_from_outside(folder: Path) -> None:
    text = page(folder, finding(row=5, longitude=114.0, latitude=30.0))
    addresses = re.findall(r"""(?:src|href)=["']([^"']*)""", text)
    assert {address for address in addresses if not address.startswith(("#", "data:"))} == set()
    assert "@import" not in text
    assert "url(" not in text


def test_the_page_carries_the_synthetic_mark(folder: Path) -> None:
    assert "合成数据。" in page(folder, FINDINGS[0])


def test_rows_that_do_not_add_up_are_named(folder: Path) -> None:
    wrong = accounts(("facilities", "设施.xlsx", "台账", 9, 2, 1, 1))
    assert "行数不平：设施.xlsx（设施台账）" in page(folder, FINDINGS[0], accounts=wrong)


def test_balanced_rows_raise_no_alarm(folder: Path) -> None:
    assert "行数不平" not in page(folder, FINDINGS[0])


def test_a_sign_on_the_map_leads_to_its_finding(folder: Path) -> None:
    text = page(folder, FINDINGS[0], finding(rule="z", sheet="台账", row=6, longitude=114.0, latitude=30.0))
    assert '<a href="#f2"><g class="sign error">' in text
    assert '<tr id="f2">' in text


def test_without_places_there_is_no_map(folder: Path) -> None:
    assert "<svg" not in page(folder, FINDINGS[0])


# -- map


def square(west: float, south: float) -> shapely.Polygon:
    return shapely.box(west, south, west + 0.1, south + 0.1)


def units() -> gpd.GeoDataFrame:
    """Two streets side by side, each of one village."""
    rows = [("S1", "甲街道", "street", None), ("S2", "乙街道", "street", None), ("V1", "甲村", "community", "S1"),
            ("V2", "乙村", "community", "S2")]  # fmt: skip
    shapes = [square(114.0, 30.0), square(114.1, 30.0)] * 2
    table = pd.DataFrame(rows, columns=["unit_code", "name", "level", "parent"])
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4490")


def drawn(tmp_path: Path, *places: tuple[str, float, float], ground: bool = True) -> object:
    found = frame(*(finding(severity=s, row=i + 1, longitude=x, latitude=y) for i, (s, x, y) in enumerate(places)))
    zone = FakeZone(tmp_path, found, tables={"units": units()} if ground else {})
    return draw(zone, list_findings(found, files={}).rows)


def test_findings_at_one_place_share_a_sign_of_the_gravest(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, ("warning", 114.05, 30.05), ("error", 114.05, 30.05), ("note", 114.15, 30.05))
    signs = [(marker.severity, marker.label) for marker in drawing.markers]
    assert sorted(signs) == [("error", "1+1"), ("note", "3")]


def test_every_finding_with_a_place_is_on_the_map_or_named_beside_it(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, ("error", 114.05, 30.05), ("error", 116.0, 31.0), ("note", 114.15, 30.05))
    assert sorted(number for marker in drawing.markers for number in marker.numbers) == [1, 3]
    assert drawing.outside == (2,)


def test_signs_lie_inside_the_sheet(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, ("error", 114.0, 30.0), ("error", 114.2, 30.1))
    assert all(0 < m.x < drawing.width and 0 < m.y < drawing.height for m in drawing.markers)


def test_north_is_up(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, ("error", 114.05, 30.09), ("note", 114.05, 30.01))
    height = {marker.severity: marker.y for marker in drawing.markers}
    assert height["error"] < height["note"]


def test_districts_are_named(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, ("error", 114.05, 30.05))
    assert sorted(name for _, _, name in drawing.names) == ["乙街道", "甲街道"]


def test_the_scale_bar_is_right(tmp_path: Path) -> None:
    """The two streets are 0.2° of longitude at 30° N, 19.3 km, and lie across the sheet less its margins."""
    drawing = drawn(tmp_path, ("error", 114.05, 30.05))
    length, text = drawing.bar
    assert text == "2 公里"
    assert length == pytest.approx(2 / 19.3 * 944, rel=0.01)


def test_a_single_point_without_ground_still_makes_a_map(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, ("error", 114.05, 30.05), ground=False)
    assert [marker.numbers for marker in drawing.markers] == [(1,)]


def test_many_findings_make_few_signs(tmp_path: Path) -> None:
    drawing = drawn(tmp_path, *[("error", 114.0 + i / 1e6, 30.05) for i in range(300)])
    assert len(drawing.markers) == 1
    assert len(drawing.markers[0].numbers) == 300


def test_every_faulty_sheet_of_a_workbook_gets_its_own(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        for name in ("甲街道", "乙街道", "说明"):
            page = book.add_worksheet(name)
            for line, row in enumerate(
                [("流水号", "单元代码", "日期", "收支", "用途", "金额"), ("1", "2", "3", "4", "5", "6")]
            ):
                page.write_row(line, 0, row)
    usual = {"table": "funds", "file": "资金.xlsx", "row": 2, "column": "日期", "cell": "C2"}
    faults = [finding(sheet=name, **usual) for name in ("甲街道", "乙街道")]
    book = workbook(tmp_path, *faults, sources={"funds": Source("funds", "资金.xlsx", sheet="*")})
    assert set(book.sheetnames[3:]) == {"资金·甲街道", "资金·乙街道"}
    assert book["资金·乙街道"]["C2"].comment is not None
