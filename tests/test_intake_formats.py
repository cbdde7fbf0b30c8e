"""The formats bureaus really send, as real programs write them; wide tables by item; a sheet a street."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
import xlsxwriter
from intake_zone import (
    TAIPING,
    TOWN,
    UNITS,
    XINFA,
    grid_frame,
    opened,
    refusal,
    rules,
    write_csv,
    write_sheet,
    write_units,
)

from govkit.intake import Source
from govkit.intake.formats.files import read_source, unit_of_sheet
from govkit.intake.formats.workbook import read_workbook

SOFFICE = shutil.which("soffice")
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed (Debian: libreoffice-calc)")
HEAD = ["流水号", "单元代码", "日期", "收支", "用途", "金额（万元）"]


def write_ledger(path: Path) -> None:
    """A title, merged cells, four ways to write a date, a failed formula, a hidden row, a sum, a note."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("台账")
        page.merge_range("A1:F1", "专项资金台账")
        page.write_row(1, 0, HEAD)
        page.write_row(2, 0, ["1", None, None, "支出", "修路", 1.5])
        page.write_number(2, 2, 43221, book.add_format({"num_format": "yyyy-mm-dd"}))
        page.write_row(3, 0, ["2", None, "2018.5", "支出", "修桥", "１，２００"])
        page.merge_range("B3:B4", TAIPING)
        page.write_row(4, 0, ["3", XINFA, "20180601", "拨入", "修路"])
        page.write_formula(4, 5, "=1/0", value="#DIV/0!")
        page.write_row(5, 0, ["4", XINFA, "2018年6月1日", "拨入", "修路", 2])
        page.set_row(5, None, None, {"hidden": True})
        page.write_row(6, 0, ["合计", None, None, None, None, 1203.5])
        page.write_row(8, 0, ["注：含上年结转。"])
        page.insert_textbox("H2", "审定稿")
        look = {"type": "cell", "criteria": "==", "value": 0, "format": book.add_format({"font_color": "white"})}
        page.conditional_format("F3:F6", look)
        book.add_worksheet("草稿").hide()


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same ledger as .xlsx and .xlsm, and as LibreOffice saves it to .xls and .ods."""
    folder = tmp_path_factory.mktemp("ledgers")
    write_ledger(folder / "资金.xlsx")
    shutil.copy(folder / "资金.xlsx", folder / "资金.xlsm")
    if SOFFICE:
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        for suffix in ("xls", "ods"):
            command = [SOFFICE, profile, "--headless", "--convert-to", suffix, "资金.xlsx"]
            subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=True)
    return folder


EVERY_BOOK = [
    "资金.xlsx",
    "资金.xlsm",
    pytest.param("资金.xls", marks=needs_office),
    pytest.param("资金.ods", marks=needs_office),
]


@pytest.mark.parametrize("name", EVERY_BOOK)
def test_every_kind_of_workbook_gives_the_same_rows(ledgers: Path, name: str) -> None:
    intake = opened(ledgers, Source("funds", name))
    funds = intake.tables["funds"]
    assert funds["unit_code"].tolist() == [TAIPING, TAIPING, XINFA]
    assert funds["date"].tolist() == [pd.Timestamp("2018-05-01")] * 2 + [pd.Timestamp("2018-06-01")]
    assert funds["amount_yuan"].tolist() == [15000.0, 12_000_000.0, 20000.0]
    assert intake.accounts.iloc[0][["rows_read", "rows_used", "rows_set_aside", "rows_left_out"]].tolist() == [
        7,
        3,
        1,
        3,
    ]


@pytest.mark.parametrize("name", EVERY_BOOK)
def test_every_kind_of_workbook_gives_the_same_findings(ledgers: Path, name: str) -> None:
    found = opened(ledgers, Source("funds", name)).findings
    assert sorted(found["rule"]) == [
        "cell_error", "conditional_look", "hidden_rows", "month_as_date", "rows_left_out", "rows_left_out",
        "text_outside_cells",
    ]  # fmt: skip
    failed = found[found["rule"] == "cell_error"].iloc[0]
    assert (failed["cell"], failed["value"]) == ("F5", "#DIV/0!")
    assert found.loc[found["rule"] == "text_outside_cells", "value"].tolist() == ["审定稿"]
    hidden = found[found["rule"] == "hidden_rows"].iloc[0]
    assert (hidden["row"], hidden["severity"]) == (6, "note")


def test_a_hidden_column_that_is_read_is_noted(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [*HEAD, "备注"])
        page.write_row(1, 0, ["1", TAIPING, "2018-05-01", "支出", "修路", 1])
        page.set_column("F:G", None, None, {"hidden": True})
    found = opened(tmp_path, Source("funds", "资金.xlsx")).findings
    assert found[["rule", "column"]].to_numpy().tolist() == [["hidden_column", "金额（万元）"]]


@needs_office
@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_hidden_columns_and_long_sheets_of_old_workbooks_are_found(tmp_path: Path, suffix: str) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "长.xlsx")) as book:
        page = book.add_worksheet("表")
        for row in range(300):
            page.write_row(row, 0, [f"第{row}行", row])
        page.set_row(250, None, None, {"hidden": True})
        page.merge_range("D1:E2", "并")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", suffix, "长.xlsx"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120, check=True)
    [grid] = read_workbook(tmp_path / f"长.{suffix}", Source("units", f"长.{suffix}"))
    assert (grid.hidden_rows, grid.merged, len(grid.cells)) == ((250,), ((0, 3, 1, 4),), 300)


def test_a_macro_workbook_is_read_and_its_macros_are_left_alone(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [HEAD, ["1", TAIPING, "2018-05-01", "支出", "修路", 1]])
    book = openpyxl.load_workbook(tmp_path / "资金.xlsx")
    book.save(tmp_path / "资金.xlsm")
    import zipfile

    with zipfile.ZipFile(tmp_path / "资金.xlsm", "a") as archive:
        archive.writestr("xl/vbaProject.bin", b'\xd0\xcf\x11\xe0 Sub Auto_Open() Shell "touch ran" End Sub')
    assert len(opened(tmp_path, Source("funds", "资金.xlsm")).tables["funds"]) == 1
    assert not (tmp_path / "ran").exists()


def test_a_tsv_is_read(tmp_path: Path) -> None:
    lines = ["\t".join(HEAD), "\t".join(["1", TAIPING, "2018.5", "支出", "修路", "1,200.5"])]
    (tmp_path / "资金.tsv").write_text("\n".join(lines), encoding="gb18030")
    assert opened(tmp_path, Source("funds", "资金.tsv")).tables["funds"]["amount_yuan"].tolist() == [12_005_000.0]


def test_a_parquet_table_without_shapes_is_read_with_its_own_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "流水号": [1, 2],
            "单元代码": [float(TAIPING), float(XINFA)],
            "日期": pd.to_datetime(["2018-05-03", None]),
            "收支": pd.Categorical(["支出", "拨入"]),
            "用途": ["修路", None],
            "金额": [1.5, float("nan")],
        }
    )
    frame.to_parquet(tmp_path / "资金.parquet")
    intake = opened(tmp_path, Source("funds", "资金.parquet"))
    assert intake.tables["funds"][["entry_id", "unit_code", "amount_yuan"]].to_numpy().tolist() == [["1", TAIPING, 1.5]]
    assert rules(intake) == ["missing_required"] * 3
    assert set(intake.findings["row"]) == {2}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2019.5", "2019-05-01"),
        ("2019.12", "2019-12-01"),
        ("2019年5月", "2019-05-01"),
        ("2019年5月31日", "2019-05-31"),
        ("20190501", "2019-05-01"),
        ("2019/5/1", "2019-05-01"),
        ("43586", "2019-05-01"),
        (43586, "2019-05-01"),
        ("二〇一九年五月", "2019-05-01"),
    ],
)
def test_a_date_is_read_however_it_is_written(tmp_path: Path, written: object, read: str) -> None:
    write_sheet(tmp_path / "资金.xlsx", [HEAD, ["1", TAIPING, written, "支出", "修路", 1]])
    assert opened(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]["date"].tolist() == [pd.Timestamp(read)]


def test_serials_of_a_workbook_that_counts_from_1904_are_read(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx"), {"date_1904": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ["1", TAIPING, None, "支出", "修路", 1])
        # 1 May 2019 is day 42124 from 1 January 1904
        page.write_number(1, 2, 42124, book.add_format({"num_format": "yyyy-mm-dd"}))
    assert opened(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]["date"].tolist() == [
        pd.Timestamp("2019-05-01")
    ]


@pytest.mark.parametrize(
    ("written", "yuan"),
    [
        ("１，２００．５", 1200.5),
        ("1、200", 1200),
        ("1.2万", 12000),
        ("3亿", 3e8),
        ("￥300", 300),
        ("(50)", -50),
        ("2 000", 2000),
    ],
)
def test_an_amount_is_read_however_it_is_written(tmp_path: Path, written: str, yuan: float) -> None:
    write_sheet(
        tmp_path / "资金.xlsx", [[*HEAD[:-1], "金额(元)"], ["1", TAIPING, "2019-05-01", "支出", "修路", written]]
    )
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    if yuan < 0:
        assert rules(intake) == ["out_of_range"]
    else:
        assert intake.tables["funds"]["amount_yuan"].tolist() == [yuan]


@pytest.mark.parametrize("mark", ["—", "无", "/", "－", "暂无", "N/A"])
def test_a_mark_for_nothing_is_missing_not_wrong(tmp_path: Path, mark: str) -> None:
    rows = [["单元代码", "月份", "事项", "申请件数", "办结件数"], [TAIPING, "2018-05", "社保", 5, mark]]
    write_sheet(tmp_path / "服务.xlsx", rows)
    intake = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx"))
    assert intake.tables["services"]["settled"].isna().tolist() == [True]
    assert rules(intake) == []


# -- codes that a spreadsheet spoilt


def test_a_code_of_sixteen_digits_typed_as_a_number_is_flagged_not_trusted(tmp_path: Path) -> None:
    events = [["事项编号", "网格编码", "上报时间", "状态"], [2301021002010012, "1", "2018-03-01", "已办结"]]
    write_sheet(tmp_path / "事项.xlsx", events)
    intake = opened(tmp_path, Source("events", "事项.xlsx"))
    assert rules(intake) == ["mangled_code"]


def test_a_code_of_fifteen_digits_typed_as_a_number_is_whole(tmp_path: Path) -> None:
    events = [["事项编号", "网格编码", "上报时间", "状态"], ["E1", 230102100201001, "2018-03-01", "已办结"]]
    write_sheet(tmp_path / "事项.xlsx", events)
    assert opened(tmp_path, Source("events", "事项.xlsx")).tables["events"]["grid_code"].tolist() == ["230102100201001"]


@pytest.mark.parametrize(("text", "rule"), [("2.30102E+11", "mangled_code"), (f"{TAIPING}.0", "code_with_decimals")])
def test_a_code_column_spoilt_by_excel_in_a_csv_is_flagged(tmp_path: Path, text: str, rule: str) -> None:
    write_csv(tmp_path / "资金.csv", [HEAD, ["1", text, "2018-05-01", "支出", "修路", 1]], encoding="utf-8-sig")
    assert rules(opened(tmp_path, Source("funds", "资金.csv"))) == [rule]


# -- a column an item


def checklist(folder: Path, *rows: list[object]) -> Source:
    head = [
        ["村居代码", "报告期", "七个纳入", None, "四个共同", None, "备注"],
        [None, None, "规划", "预算", "议事", "建设", None],
    ]
    merges = ("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2")
    write_sheet(folder / "清单.xlsx", [*head, *rows], merge=merges)
    return Source("checklist", "清单.xlsx")


def test_a_checklist_with_a_column_an_item_becomes_a_row_an_item(tmp_path: Path) -> None:
    source = checklist(tmp_path, [TAIPING, "2018H1", "√", "×", "√", None, "补"], [XINFA, "2018H1", "√", "√", "无", "√"])
    made = opened(tmp_path, write_units(tmp_path), source).tables["checklist"]
    assert made[["list", "item", "met"]].head(3).to_numpy().tolist() == [
        ["七个纳入", "规划", True],
        ["七个纳入", "预算", False],
        ["四个共同", "议事", True],
    ]
    assert len(made) == 7


def test_a_wrong_cell_of_an_item_column_is_named_by_its_place(tmp_path: Path) -> None:
    source = checklist(tmp_path, [TAIPING, "2018H1", "√", "半", "√", "√"], [XINFA, "2018H1", "√", "√", "无", "√"])
    wrong = opened(tmp_path, write_units(tmp_path), source).findings.iloc[0]
    assert (wrong["rule"], wrong["cell"], wrong["column"], wrong["value"]) == (
        "unreadable_boolean",
        "D3",
        "七个纳入/预算",
        "半",
    )


def test_a_row_whose_items_are_all_blank_is_left_out_and_counted(tmp_path: Path) -> None:
    source = checklist(tmp_path, [TAIPING, "2018H1", "√", "√", "√", "√"], [XINFA, "2018H1"], [XINFA, "2018H2", "√"])
    intake = opened(tmp_path, write_units(tmp_path), source)
    assert intake.accounts.iloc[1][["rows_read", "rows_used", "rows_left_out"]].tolist() == [6, 5, 1]
    assert "全部空白" in intake.findings["reason"].iloc[0]


def test_services_with_two_header_rows_of_item_and_measure_are_read(tmp_path: Path) -> None:
    head = [
        ["单元代码", "月份", "社保", None, "低保", None],
        [None, None, "申请件数", "办结件数", "申请件数", "办结件数"],
    ]
    write_sheet(tmp_path / "服务.xlsx", [*head, [TAIPING, "2018.5", 10, 9, 5, 4]], merge=("C1:D1", "E1:F1"))
    made = opened(tmp_path, write_units(tmp_path), Source("services", "服务.xlsx")).tables["services"]
    assert made[["item", "requested", "settled"]].to_numpy().tolist() == [["社保", 10, 9], ["低保", 5, 4]]


def test_one_measure_by_item_needs_to_be_told_which(tmp_path: Path) -> None:
    write_sheet(tmp_path / "服务.xlsx", [["单元代码", "月份", "社保", "低保", "合计"], [TAIPING, "2018.5", 10, 5, 15]])
    assert 'wide = "item"' in refusal(tmp_path, Source("services", "服务.xlsx"))
    source = Source("services", "服务.xlsx", wide="item", wide_value="requested")
    made = opened(tmp_path, write_units(tmp_path), source).tables["services"]
    assert made[["item", "requested"]].to_numpy().tolist() == [["社保", 10], ["低保", 5]]


def test_a_value_every_row_has_can_be_given_in_zone_toml(tmp_path: Path) -> None:
    write_sheet(tmp_path / "服务.xlsx", [["单元代码", "事项", "申请件数"], [TAIPING, "社保", 10]])
    source = Source("services", "服务.xlsx", fixed={"month": "2018年5月"})
    made = opened(tmp_path, write_units(tmp_path), source).tables["services"]
    assert made["month"].tolist() == [pd.Timestamp("2018-05-01")]


def test_a_fixed_value_for_an_unknown_column_is_refused(tmp_path: Path) -> None:
    assert "fixed 里没有列 'mouth'" in refusal(tmp_path, Source("services", "服务.xlsx", fixed={"mouth": "1"}))


# -- a sheet a street


def by_street(folder: Path, *names: str) -> None:
    with xlsxwriter.Workbook(str(folder / "资金.xlsx")) as book:
        for number, name in enumerate(names, start=1):
            page = book.add_worksheet(name)
            if name == "说明":
                page.write(0, 0, "各街道一张表")
                continue
            page.write_row(0, 0, [HEAD[0], *HEAD[2:]])
            page.write_row(1, 0, [str(number), "2018-05-01", "支出", "修路", number])


def test_sheets_named_after_units_are_read_each_for_its_unit(tmp_path: Path) -> None:
    by_street(tmp_path, "说明", "1.太平村", "2.新发村（2018年）")
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx"))
    assert intake.tables["funds"]["unit_code"].tolist() == [TAIPING, XINFA]
    assert intake.tables["funds"]["amount_yuan"].tolist() == [20000, 30000]
    assert intake.findings.loc[intake.findings["rule"] == "sheet_left_out", "sheet"].tolist() == ["说明"]


def test_a_sheet_named_after_no_unit_is_set_aside_not_guessed(tmp_path: Path) -> None:
    by_street(tmp_path, "太平村", "前进村")
    intake = opened(tmp_path, write_units(tmp_path), Source("funds", "资金.xlsx", sheet="*"))
    assert intake.tables["funds"]["unit_code"].tolist() == [TAIPING]
    assert intake.findings.loc[intake.findings["severity"] == "error", "sheet"].tolist() == ["前进村"]


def test_sheets_that_are_no_units_still_lack_their_column(tmp_path: Path) -> None:
    by_street(tmp_path, "Sheet1", "Sheet2")
    assert "缺少必需的列：“单元代码”" in refusal(tmp_path, Source("funds", "资金.xlsx"))


def test_a_second_sheet_that_fits_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        for name in ("上半年", "下半年"):
            page = book.add_worksheet(name)
            page.write_row(0, 0, HEAD)
            page.write_row(1, 0, [name, TAIPING, "2018-05-01", "支出", "修路", 1])
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.findings[["rule", "severity", "value"]].to_numpy().tolist() == [
        ["sheet_fits_too", "warning", "下半年"]
    ]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("群力街道", "群力街道"),
        ("03 群力街道", "群力街道"),
        ("三、群力街道2018年", "群力街道"),
        (TOWN, TOWN),
        ("2018", "2018"),
    ],
)
def test_the_unit_of_a_sheet_is_its_name_without_number_and_year(name: str, unit: str) -> None:
    assert unit_of_sheet(name) == unit


# -- vector formats


def grids_from(folder: Path, source: Source) -> gpd.GeoDataFrame:
    grids = opened(folder, write_units(folder), source).tables["grids"]
    return grids.sort_values("grid_code", ignore_index=True)


def write_kml(path: Path) -> None:
    grid_frame().to_file(path, driver="KML")


def write_mapinfo(path: Path) -> None:
    options = {"ENCODING": "CP936"}
    pyogrio.write_dataframe(grid_frame(), path, driver="MapInfo File", layer_options=options, encoding="utf-8")


WRITERS = {
    "网格.kml": write_kml,
    "网格.tab": write_mapinfo,
    "网格.mif": write_mapinfo,
    "网格.fgb": lambda path: grid_frame().to_file(path),
    "网格.gpkg": lambda path: grid_frame().to_file(path),
    "网格.parquet": lambda path: grid_frame().to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_grids_are_the_same_from_every_format(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    grids, wanted = grids_from(tmp_path, Source("grids", name)), grid_frame()
    assert grids["grid_code"].tolist() == wanted["网格编码"].tolist()
    assert grids["name"].tolist() == wanted["网格名称"].tolist()
    assert grids["households"].tolist() == [400] * 4
    assert shapely.hausdorff_distance(grids.geometry.array, wanted.geometry.array).max() < 1e-6


@pytest.mark.parametrize("name", WRITERS)
def test_a_good_layer_has_no_finding(tmp_path: Path, name: str) -> None:
    WRITERS[name](tmp_path / name)
    assert rules(opened(tmp_path, write_units(tmp_path), Source("grids", name))) == []


def test_a_mapinfo_table_that_names_no_charset_is_read(tmp_path: Path) -> None:
    write_mapinfo(tmp_path / "网格.tab")
    raw = (tmp_path / "网格.tab").read_bytes().replace(b"WindowsSimpChinese", b"Neutral")
    (tmp_path / "网格.tab").write_bytes(raw)
    assert grids_from(tmp_path, Source("grids", "网格.tab"))["name"].tolist()[0] == "第一网格"


def test_a_mapinfo_table_without_its_data_is_refused(tmp_path: Path) -> None:
    write_mapinfo(tmp_path / "网格.tab")
    (tmp_path / "网格.dat").unlink()
    assert "MapInfo 表 缺少 网格.dat" in refusal(tmp_path, Source("grids", "网格.tab"))


@pytest.mark.parametrize("form", ["wkt", "ewkt", "wkb"])
@pytest.mark.parametrize("name", ["网格.csv", "网格.xlsx"])
def test_shapes_written_into_cells_are_read(tmp_path: Path, name: str, form: str) -> None:
    frame = grid_frame()
    texts = frame.geometry.to_wkb(hex=True) if form == "wkb" else frame.geometry.to_wkt()
    texts = "SRID=4490;" + texts if form == "ewkt" else texts
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(几何=texts)
    table.to_csv(tmp_path / name, index=False) if name.endswith("csv") else table.to_excel(tmp_path / name, index=False)
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", name))
    grids = intake.tables["grids"]
    assert shapely.hausdorff_distance(grids.geometry.array, frame.geometry.array).max() < 1e-9
    assert rules(intake) == []


def test_a_cell_that_holds_no_shape_is_named(tmp_path: Path) -> None:
    table = pd.DataFrame(grid_frame().drop(columns="geometry"))
    table.assign(wkt=[*grid_frame().geometry.to_wkt()[:3], "POLYGON((坏"]).to_csv(tmp_path / "网格.csv", index=False)
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.csv"))
    wrong = intake.findings[intake.findings["severity"] == "error"]
    assert wrong[["rule", "row", "cell", "column"]].to_numpy().tolist() == [["unreadable_shape", 5, "F5", "wkt"]]
    assert intake.accounts.iloc[1][["rows_read", "rows_used", "rows_set_aside"]].tolist() == [4, 3, 1]


def test_a_sum_below_shapes_in_cells_is_left_out(tmp_path: Path) -> None:
    table = pd.DataFrame(grid_frame().drop(columns="geometry")).assign(wkt=grid_frame().geometry.to_wkt())
    table.loc[4] = ["合计", None, None, None, 1600, None]
    table.to_csv(tmp_path / "网格.csv", index=False)
    intake = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.csv"))
    assert rules(intake) == ["rows_left_out"]
    assert len(intake.tables["grids"]) == 4


def test_facilities_may_have_their_point_as_text(tmp_path: Path) -> None:
    rows = [["编号", "名称", "类型", "单元代码", "WKT"], ["F1", "卫生室", "卫生室", TAIPING, "POINT (126.42 45.61)"]]
    write_sheet(tmp_path / "设施.xlsx", rows)
    made = opened(tmp_path, write_units(tmp_path), Source("facilities", "设施.xlsx")).tables["facilities"]
    assert made.loc[0, ["longitude", "latitude"]].tolist() == [126.42, 45.61]


def test_units_may_bring_their_own_polygons(tmp_path: Path) -> None:
    head, rows = UNITS[1], UNITS[2:]
    frame = pd.DataFrame(rows, columns=head).assign(geometry=grid_frame().geometry.iloc[0])
    gpd.GeoDataFrame(frame, crs="EPSG:4490").to_file(tmp_path / "单元.geojson")
    units = opened(tmp_path, Source("units", "单元.geojson")).tables["units"]
    assert units.geometry.notna().all()


def test_waypoints_of_a_gps_are_read_and_its_empty_layers_not_named(tmp_path: Path) -> None:
    point = '<wpt lat="45.61" lon="126.42"><name>卫生室</name><type>卫生室</type></wpt>'
    page = f'<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">{point}</gpx>'
    (tmp_path / "设施.gpx").write_text(page, encoding="utf-8")
    reading = read_source(tmp_path, Source("facilities", "设施.gpx"))
    place = reading.frame.geometry.iloc[0]
    assert (reading.frame.loc[0, "name"], round(place.x, 4), round(place.y, 4)) == ("卫生室", 126.42, 45.61)
    assert "layer_left_out" not in set(reading.findings[0]["rule"])


def test_a_gpx_that_names_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "设施.gpx").write_text("<OGRVRTDataSource/>", encoding="utf-8")
    assert "虚拟数据集" in refusal(tmp_path, Source("facilities", "设施.gpx"))


@pytest.mark.parametrize("ending", ["html", "htm"])
def test_a_page_called_a_page_is_read_as_its_table(tmp_path: Path, ending: str) -> None:
    lines = ("<tr><td>单元代码<td>月份<td>服务事项<td>申请件数", f"<tr><td>{TAIPING}<td>2018-05<td>社保<td>3")
    page = f"<html><meta charset=utf-8><table>{''.join(lines)}</table></html>"
    (tmp_path / f"服务.{ending}").write_text(page, encoding="utf-8")
    intake = opened(tmp_path, write_units(tmp_path), Source("services", f"服务.{ending}"))
    assert intake.tables["services"]["requested"].tolist() == [3]
    assert "other_ending" not in rules(intake)


def test_quarters_side_by_side_are_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "服务.csv").write_text(f"单元代码,服务事项,一季度,二季度\n{TAIPING},社保,1,2\n", encoding="utf-8")
    said = refusal(tmp_path, write_units(tmp_path), Source("services", "服务.csv"))
    assert "一季度、二季度" in said
    assert "季度的数不能当作某一个月的数" in said


def test_of_two_numbers_in_a_cell_it_is_said_what_they_may_be(tmp_path: Path) -> None:
    lines = f"单元代码,月份,服务事项,申请件数\n{TAIPING},2018-05,社保,308/195\n"
    (tmp_path / "服务.csv").write_text(lines, encoding="utf-8")
    found = opened(tmp_path, write_units(tmp_path), Source("services", "服务.csv")).findings
    told = found[found["rule"] == "two_numbers"].iloc[0]
    assert told["value"] == "308/195"
    assert "“申请件数”" in told["todo"]
    assert "办结件数" in told["todo"]
