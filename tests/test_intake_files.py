"""Reading files of every kind, and saying what is wrong with those that cannot be read."""

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_zone import (
    FACILITY_HEAD,
    TAIPING,
    UNITS,
    XINFA,
    facility,
    grid_frame,
    opened,
    refusal,
    write_csv,
    write_facilities,
    write_grids,
    write_sheet,
    write_units,
)

from govkit.errors import SourceError
from govkit.intake import Source, read_zone_tables
from govkit.intake.formats.delimited import detect_encoding, find_delimiter

FUNDS_HEAD = ["流水号", "单元代码", "日期", "收支", "资金来源", "用途", "金额(万元)"]
FUNDS = [
    ["1", TAIPING, "2018.5.3", "支出", "财政", "修路", 1.5],
    ["2", XINFA, "2018年6月1日", "拨入", "财政", "修路", "2,000"],
]
EVENTS_HEAD = ["事项编号", "网格编码", "事项类别", "上报时间", "状态"]
EVENTS = [["E1", TAIPING + "001", "环境", "2018-03-01 08:00", "已办结"]]


# -- text files


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_encoding_of_a_csv_is_found(tmp_path: Path, encoding: str, found: str) -> None:
    write_csv(tmp_path / "事项.csv", [EVENTS_HEAD, *EVENTS], encoding=encoding)
    intake = opened(tmp_path, Source("events", "事项.csv"))
    assert intake.tables["events"]["kind"].tolist() == ["环境"]
    assert intake.accounts["encoding"].tolist() == [found]


def test_characters_outside_gbk_are_read_from_gb18030(tmp_path: Path) -> None:
    write_csv(tmp_path / "事项.csv", [EVENTS_HEAD, ["E1", "1", "𠮷㐂", "2018-03-01", "办结"]], encoding="gb18030")
    assert opened(tmp_path, Source("events", "事项.csv")).tables["events"]["kind"].tolist() == ["𠮷㐂"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert find_delimiter([delimiter.join(["单元代码", "户数"]), delimiter.join(["1", "2"])]) == delimiter


def test_a_semicolon_file_may_have_decimal_commas(tmp_path: Path) -> None:
    lines = [";".join(FUNDS_HEAD), f"1;{TAIPING};2018-05-03;支出;财政;修路;1,5"]
    (tmp_path / "资金.csv").write_text("\n".join(lines), encoding="utf-8")
    assert opened(tmp_path, Source("funds", "资金.csv")).tables["funds"]["amount_yuan"].tolist() == [15000.0]


def test_a_wrong_declared_encoding_is_refused_with_the_likely_one(tmp_path: Path) -> None:
    write_csv(tmp_path / "事项.csv", [EVENTS_HEAD, *EVENTS], encoding="gbk")
    assert "看来是 gb18030" in refusal(tmp_path, Source("events", "事项.csv", encoding="utf-8"))


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / "事项.csv", [EVENTS_HEAD, *EVENTS], encoding="gbk")
    assert "没有这种编码：'gbkk'" in refusal(tmp_path, Source("events", "事项.csv", encoding="gbkk"))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "事项.csv").write_bytes(bytes(range(256)) * 20)
    assert "文件不是文本" in refusal(tmp_path, Source("events", "事项.csv"))


def test_a_csv_of_a_million_columns_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "事项.csv").write_text("a," * 1_000_000, encoding="utf-8")
    assert "不像是一张表" in refusal(tmp_path, Source("events", "事项.csv"))


def test_a_row_with_more_cells_than_the_header_loses_none(tmp_path: Path) -> None:
    rows = [
        EVENTS_HEAD,
        *([*EVENTS[0][:1], *EVENTS[0][1:]] for _ in range(1)),
        ["E2", "1", "环境", "2018-03-01", "办结", "多出"],
    ]
    write_csv(tmp_path / "事项.csv", rows, encoding="utf-8")
    assert opened(tmp_path, Source("events", "事项.csv")).accounts["rows_read"].tolist() == [2]


def test_line_breaks_inside_quotes_do_not_shift_row_numbers(tmp_path: Path) -> None:
    text = '事项编号,网格编码,事项类别,上报时间,状态\nE1,1,"环境\n卫生",2018-03-01,办结\nE2,1,环境,坏日期,办结\n'
    (tmp_path / "事项.csv").write_text(text, encoding="utf-8")
    found = opened(tmp_path, Source("events", "事项.csv")).findings
    assert found.loc[found["rule"] == "unreadable_date", "row"].tolist() == [3]


@given(st.binary(max_size=400))
def test_any_bytes_have_an_encoding_they_decode_with_or_none(raw: bytes) -> None:
    name = detect_encoding(raw)
    assert name == "" or isinstance(raw.decode(name), str)


# -- workbooks


def test_a_workbook_with_title_units_in_the_header_and_thousands_is_read(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [["专项资金台账"], FUNDS_HEAD, *FUNDS])
    funds = opened(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]
    assert funds["amount_yuan"].tolist() == [15000.0, 20000000.0]
    assert funds["date"].tolist() == [pd.Timestamp("2018-05-03"), pd.Timestamp("2018-06-01")]


def test_a_unit_in_the_title_row_serves_columns_without_one(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [["专项资金台账"], ["单位:万元"], [*FUNDS_HEAD[:-1], "金额"], *FUNDS])
    assert opened(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]["amount_yuan"].tolist()[0] == 15000.0


def test_a_unit_can_be_given_by_hand(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [[*FUNDS_HEAD[:-1], "金额"], *FUNDS])
    source = Source("funds", "资金.xlsx", units={"amount_yuan": "千元"})
    assert opened(tmp_path, source).tables["funds"]["amount_yuan"].tolist()[0] == 1500.0


def test_the_first_sheet_that_fits_is_taken(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        book.add_worksheet("填表说明").write_row(0, 0, ["请如实填写"])
        page = book.add_worksheet("台账")
        for i, row in enumerate([FUNDS_HEAD, *FUNDS]):
            page.write_row(i, 0, row)
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.accounts["sheet"].tolist() == ["台账"]


def test_every_sheet_can_be_read_and_findings_name_the_sheet(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        for name, row in (("群力街道", FUNDS[0]), ("新发镇", [*FUNDS[1][:-1], "若干"])):
            page = book.add_worksheet(name)
            page.write_row(0, 0, FUNDS_HEAD if name == "群力街道" else [*FUNDS_HEAD[:-1], "金额(元)"])
            page.write_row(1, 0, row)
        book.add_worksheet("说明").write(0, 0, "略")
    intake = opened(tmp_path, Source("funds", "资金.xlsx", sheet="*"))
    assert intake.tables["funds"]["amount_yuan"].tolist() == [15000.0]
    bad = intake.findings[intake.findings["severity"] == "error"].iloc[0]
    assert (bad["sheet"], bad["cell"], bad["column"], bad["value"]) == ("新发镇", "G2", "金额(元)", "若干")
    assert "sheet_left_out" in intake.findings["rule"].tolist()
    assert intake.accounts.loc[0, ["rows_read", "rows_used", "rows_set_aside"]].tolist() == [2, 1, 1]


def test_a_hidden_sheet_is_read_and_noted(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        book.add_worksheet("封面")
        page = book.add_worksheet("台账")
        page.hide()
        for i, row in enumerate([FUNDS_HEAD, *FUNDS]):
            page.write_row(i, 0, row)
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.findings["rule"].tolist() == ["hidden_sheet"]
    assert len(intake.tables["funds"]) == 2


def test_merged_body_cells_are_filled_down(tmp_path: Path) -> None:
    rows = [FUNDS_HEAD, FUNDS[0], ["2", None, "2018-06-01", "支出", None, "修路", 1]]
    write_sheet(tmp_path / "资金.xlsx", rows, merge=("B2:B3",))
    assert opened(tmp_path, Source("funds", "资金.xlsx")).tables["funds"]["unit_code"].tolist() == [TAIPING, TAIPING]


@pytest.mark.parametrize("value", ["#REF!", "#DIV/0!"])
def test_a_failed_formula_is_found(tmp_path: Path, value: str) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "资金.xlsx")) as book:
        page = book.add_worksheet()
        for i, row in enumerate([FUNDS_HEAD, *FUNDS]):
            page.write_row(i, 0, row)
        page.write_formula("G2", "=1/0", value=value)
    found = opened(tmp_path, Source("funds", "资金.xlsx")).findings.iloc[0]
    assert (found["rule"], found["cell"], found["value"]) == ("cell_error", "G2", value)


def test_a_formula_that_was_never_computed_is_found(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in [FUNDS_HEAD, [*FUNDS[0][:-1], "=1+1"]]:
        book.active.append(row)
    book.save(tmp_path / "资金.xlsx")
    found = opened(tmp_path, Source("funds", "资金.xlsx")).findings
    assert found["value"].tolist() == ["#公式未计算"]


def test_a_wrong_sheet_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [FUNDS_HEAD, *FUNDS], sheet="2018年台账")
    told = refusal(tmp_path, Source("funds", "资金.xlsx", sheet="2018台账"))
    assert "没有工作表 '2018台账'。最接近的是：2018年台账" in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("台账.xlsx", b"PK\x03\x04 cut off", "已损坏"),
        ("台账.xlsx", b"id,name", "不是 .xlsx 工作簿"),
        ("台账.csv", b"PK\x03\x04....", "已损坏"),
        ("台账.xls", b"\x00\x01\x02", "不是 .xls 工作簿"),
        ("台账.pdf", b"%PDF-1.7", "不认识的文件格式：.pdf"),
        ("台账.xlsx", b"", "0 字节"),
        ("台账.csv", b"\n\n", "没有任何内容"),
    ],
)
def test_a_file_that_is_not_what_it_seems_is_refused(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert told in refusal(tmp_path, Source("funds", name))


def test_an_archive_that_unpacks_to_far_too_much_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "台账.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (60 << 20))
    assert "不是正常的工作簿" in refusal(tmp_path, Source("funds", "台账.xlsx"))


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    write_sheet(tmp_path / "台账.xlsx", [])
    assert "是空的" in refusal(tmp_path, Source("funds", "台账.xlsx"))


def test_a_table_with_only_a_header_has_no_rows(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [FUNDS_HEAD])
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    assert len(intake.tables["funds"]) == 0
    assert intake.accounts["rows_read"].tolist() == [0]


# -- where files may be


@pytest.mark.parametrize("path", ["../外面.csv", "/etc/hostname"])
def test_a_file_outside_the_zone_folder_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "zone").mkdir()
    (tmp_path / "外面.csv").write_text("a", encoding="utf-8")
    assert "在分区文件夹之外" in refusal(tmp_path / "zone", Source("funds", path))


def test_a_link_out_of_the_zone_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zone").mkdir()
    (tmp_path / "外面.csv").write_text("a", encoding="utf-8")
    (tmp_path / "zone" / "资金.csv").symlink_to(tmp_path / "外面.csv")
    assert "在分区文件夹之外" in refusal(tmp_path / "zone", Source("funds", "资金.csv"))


def test_a_missing_file_is_told_with_the_nearest_names(tmp_path: Path) -> None:
    write_sheet(tmp_path / "专项资金.xlsx", [FUNDS_HEAD])
    told = refusal(tmp_path, Source("funds", "专项资金台账.xlsx"))
    assert "没有这个文件：'专项资金台账.xlsx'。最接近的是：专项资金.xlsx" in told


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "资金.csv").mkdir()
    assert "是文件夹，不是文件" in refusal(tmp_path, Source("funds", "资金.csv"))


def test_every_unusable_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "坏.xlsx").write_bytes(b"x")
    told = refusal(tmp_path, Source("funds", "坏.xlsx"), Source("staff", "无.xlsx"), write_units(tmp_path))
    assert told.startswith("有 2 个来源文件不能使用")
    assert "[sources.funds]" in told
    assert "[sources.staff]" in told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"datum": "GCJ02"}, "datum 不能是 'GCJ02'"),
        ({"repair": "yes"}, "repair 不能是 'yes'"),
        ({"wide": "year"}, "wide 不能是 'year'"),
        ({"columns": {"amount": "金额"}}, "columns 里没有列 'amount'，最接近的是 amount_yuan"),
        ({"wide_value": "sum"}, "wide_value 里没有列 'sum'"),
        ({"header_row": "2"}, "header_row 应为整数"),
        ({"columns": "金额"}, "columns 应为表"),
        ({"columns": {"amount_yuan": 7}}, "columns 的值应为文字：amount_yuan = 7"),
    ],
)
def test_a_wrong_option_of_a_source_is_told(tmp_path: Path, options: dict, told: str) -> None:
    assert told in refusal(tmp_path, Source("funds", "资金.xlsx", **options))


def test_a_missing_column_is_told_with_what_the_file_has(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [[*FUNDS_HEAD[:-1], "款数"], *FUNDS])
    told = refusal(tmp_path, Source("funds", "资金.xlsx"))
    assert "缺少必需的列：“金额”" in told
    assert "文件里有：流水号、单元代码" in told


def test_a_column_can_be_mapped_by_hand(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [[*FUNDS_HEAD[:-1], "款数(万元)"], *FUNDS])
    source = Source("funds", "资金.xlsx", columns={"amount_yuan": "款数(万元)"})
    assert opened(tmp_path, source).tables["funds"]["amount_yuan"].tolist()[0] == 15000.0


# -- rows that are no data


def test_sums_blank_rows_notes_and_repeated_headers_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [
        FUNDS_HEAD,
        FUNDS[0],
        FUNDS_HEAD,
        FUNDS[1],
        [],
        ["合 计", None, None, None, None, None, 2001.5],
        ["注:含上年结转。"],
    ]
    write_sheet(tmp_path / "资金.xlsx", rows)
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    account = intake.accounts.iloc[0]
    assert account[["rows_read", "rows_used", "rows_set_aside", "rows_left_out"]].tolist() == [6, 2, 0, 4]
    assert set(intake.findings["rule"]) == {"rows_left_out"}
    assert intake.findings["row"].tolist() == [6, 3, 7]


def test_a_broken_row_in_the_middle_is_data_and_is_flagged(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [FUNDS_HEAD, FUNDS[0], ["备注"], FUNDS[1]])
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.accounts["rows_set_aside"].tolist() == [1]
    assert set(intake.findings["rule"]) == {"missing_required"}


def test_a_wrong_sum_is_flagged_at_its_cell(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [FUNDS_HEAD, *FUNDS, ["合计", None, None, None, None, None, 2000]])
    found = opened(tmp_path, Source("funds", "资金.xlsx")).findings
    wrong = found[found["rule"] == "total_differs"].iloc[0]
    assert (wrong["cell"], wrong["value"]) == ("G4", "2000")
    assert "2,001.5" in wrong["reason"]


def test_personal_columns_are_left_at_the_door(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [[*FUNDS_HEAD, "经办人姓名", "联系电话"], [*FUNDS[0], "王某", "13900000000"]])
    intake = opened(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.findings["rule"].tolist() == ["personal_column", "personal_column"]
    assert "王某" not in intake.tables["funds"].to_csv() + intake.findings.to_csv()


# -- vector files


@pytest.mark.parametrize("claimed", ["GBK", "UTF-8", "ISO-8859-1"])
def test_a_shapefile_in_gbk_is_read_whatever_its_cpg_says(tmp_path: Path, claimed: str) -> None:
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path, claimed=claimed))
    assert intake.tables["grids"]["name"].tolist() == ["第一网格", "第二网格", "第三网格", "第四网格"]
    told = intake.findings["rule"].tolist()
    assert told == ([] if claimed == "GBK" else ["encoding_declared_wrong"])


def test_a_shapefile_in_utf_8_without_cpg_is_read(tmp_path: Path) -> None:
    grid_frame().rename(columns={"网格编码": "编码"}).to_file(tmp_path / "网格.shp", encoding="UTF-8")
    (tmp_path / "网格.cpg").unlink()
    source = Source("grids", "网格.shp", columns={"grid_code": "编码"})
    assert opened(tmp_path, write_units(tmp_path), source).tables["grids"]["name"].tolist()[0] == "第一网格"


@pytest.mark.parametrize("name", ["网格.gpkg", "网格.geojson", "网格.fgb", "网格.parquet"])
def test_other_vector_formats_give_the_same_grids(tmp_path: Path, name: str) -> None:
    frame = grid_frame()
    frame.to_parquet(tmp_path / name) if name.endswith("parquet") else frame.to_file(tmp_path / name)
    grids = opened(tmp_path, write_units(tmp_path), Source("grids", name)).tables["grids"]
    grids = grids.sort_values("grid_code", ignore_index=True)
    assert grids["households"].tolist() == [400] * 4
    assert grids.crs.to_epsg() == 4490
    assert shapely.hausdorff_distance(grids.geometry.array, frame.geometry.array).max() < 1e-9


def test_projected_grids_are_turned_into_degrees(tmp_path: Path) -> None:
    grid_frame().to_crs("EPSG:4526").to_file(tmp_path / "网格.gpkg")
    grids = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.gpkg")).tables["grids"]
    assert shapely.hausdorff_distance(grids.geometry.array, grid_frame().geometry.array).max() < 1e-7


def test_degrees_without_a_prj_are_taken_for_cgcs2000_and_noted(tmp_path: Path) -> None:
    source = write_grids(tmp_path)
    (tmp_path / "网格.prj").unlink()
    intake = opened(tmp_path, write_units(tmp_path), source)
    assert intake.findings["rule"].tolist() == ["crs_missing"]


def test_metres_without_a_prj_are_refused_with_the_likely_zone(tmp_path: Path) -> None:
    source = write_grids(tmp_path, frame=grid_frame().to_crs("EPSG:4530"))
    (tmp_path / "网格.prj").unlink()
    assert "3 度带第 42 带（EPSG:4530）" in refusal(tmp_path, source)


def test_a_crs_given_by_hand_replaces_the_missing_one(tmp_path: Path) -> None:
    write_grids(tmp_path, frame=grid_frame().to_crs("EPSG:4530"))
    (tmp_path / "网格.prj").unlink()
    grids = opened(tmp_path, write_units(tmp_path), Source("grids", "网格.shp", crs="EPSG:4530")).tables["grids"]
    assert grids.total_bounds == pytest.approx(grid_frame().total_bounds, abs=1e-7)


def test_an_unknown_crs_is_refused(tmp_path: Path) -> None:
    write_grids(tmp_path)
    assert "没有这个坐标系：'EPSG:99999'" in refusal(tmp_path, Source("grids", "网格.shp", crs="EPSG:99999"))


def test_a_shapefile_without_its_attributes_is_refused(tmp_path: Path) -> None:
    source = write_grids(tmp_path)
    (tmp_path / "网格.dbf").unlink()
    assert "缺少 网格.dbf" in refusal(tmp_path, source)


def test_a_lost_index_of_a_shapefile_is_made_anew_beside_the_files(tmp_path: Path) -> None:
    source = write_grids(tmp_path)
    (tmp_path / "网格.shx").unlink()
    before = sorted(tmp_path.iterdir())
    intake = opened(tmp_path, write_units(tmp_path), source)
    assert intake.tables["grids"]["households"].tolist() == [400] * 4
    assert intake.tables["grids"].geometry.iloc[0].equals(grid_frame().geometry.iloc[0])
    assert "shx_made" in set(intake.findings["rule"])
    assert [one for one in sorted(tmp_path.iterdir()) if one.name != "行政单元.xlsx"] == before


def test_a_lost_index_is_made_where_names_of_fields_end_within_a_character(tmp_path: Path) -> None:
    points = gpd.GeoDataFrame(
        {"设施名称": ["甲"], "设施类型": ["卫生室"]}, geometry=gpd.points_from_xy([126.41], [45.61])
    )
    points.set_crs("EPSG:4490").to_file(tmp_path / "设施.shp", encoding="UTF-8")
    (tmp_path / "设施.shx").unlink()
    intake = opened(tmp_path, write_units(tmp_path), write_grids(tmp_path), Source("facilities", "设施.shp"))
    assert intake.tables["facilities"]["name"].tolist() == ["甲"]


def test_an_empty_collection_is_no_place(tmp_path: Path) -> None:
    shapes = [shapely.Point(126.41, 45.61), shapely.GeometryCollection(), None]
    columns = {"设施名称": list("甲乙丙"), "设施类型": ["卫生室"] * 3, "单元代码": [TAIPING] * 3}
    gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4490").to_file(tmp_path / "设施.geojson")
    intake = opened(tmp_path, write_units(tmp_path), Source("facilities", "设施.geojson"))
    assert intake.tables["facilities"]["longitude"].notna().tolist() == [True, False, False]


def test_a_broken_vector_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "网格.geojson").write_text(json.dumps({"type": "Nonsense"}), encoding="utf-8")
    assert "矢量文件读不出来" in refusal(tmp_path, Source("grids", "网格.geojson"))


def test_facilities_may_come_as_points(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"编号": ["F1"], "名称": ["卫生室"], "类型": ["卫生室"], "单元代码": [TAIPING]},
        geometry=[shapely.Point(126.42, 45.61)],
        crs="EPSG:4490",
    )
    frame.to_file(tmp_path / "设施.geojson")
    made = opened(tmp_path, write_units(tmp_path), Source("facilities", "设施.geojson")).tables["facilities"]
    assert made.loc[0, ["longitude", "latitude"]].tolist() == [126.42, 45.61]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_may_end_in_any_way_and_a_record_may_be_wider_than_its_lines(tmp_path: Path, end: str) -> None:
    rows = [["1", f'"{TAIPING}{end}"', "2018-05-03", "支出", "财政", "修路", "5"], ["2", TAIPING, "2018-05-03"]]
    head = [f'"{name}{end}"' for name in FUNDS_HEAD]
    text = end.join(",".join(row) for row in [head, *rows])
    (tmp_path / "资金.csv").write_text(text, encoding="utf-8", newline="")
    intake = opened(tmp_path, Source("funds", "资金.csv"))
    assert intake.tables["funds"][["unit_code", "amount_yuan"]].to_numpy().tolist() == [[TAIPING, 50_000.0]]
    assert "fewer_cells_than_heads" in set(intake.findings["rule"])


def test_a_file_of_line_ends_is_refused(tmp_path: Path) -> None:
    (tmp_path / "资金.csv").write_bytes(b"\r")
    assert refusal(tmp_path, Source("funds", "资金.csv"))


# -- whatever happens to a file


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mangled_file_is_read_or_refused_but_never_crashes(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["行政单元.xlsx", "设施台账.xlsx", "资金.csv"]))
    write_units(tmp_path)
    write_facilities(tmp_path, [facility(1), facility(2, XINFA)])
    write_csv(tmp_path / "资金.csv", [FUNDS_HEAD, *FUNDS], encoding="gb18030")
    raw = bytearray((tmp_path / name).read_bytes())
    # a share, not a position: the size of a workbook varies with the time written into it
    start = int(data.draw(st.floats(0, 1)) * len(raw))
    raw[start : start + data.draw(st.integers(0, 200))] = data.draw(st.binary(max_size=50))
    (tmp_path / name).write_bytes(bytes(raw))
    table = {"行政单元.xlsx": "units", "设施台账.xlsx": "facilities", "资金.csv": "funds"}[name]
    try:
        intake = read_zone_tables(tmp_path, {table: Source(table, name)}, code="230102", metric_crs="EPSG:4526")
    except SourceError:
        return
    account = intake.accounts.iloc[0]
    assert account["rows_read"] == account["rows_used"] + account["rows_set_aside"] + account["rows_left_out"]


def test_the_fixture_ledger_has_the_shape_bureaus_use() -> None:
    assert len(FACILITY_HEAD) == 3
    assert UNITS[0] == ["行政单元表"]


@pytest.mark.parametrize("suffix", [".shp", ".shx"])
def test_a_shapefile_cut_short_is_refused_instead_of_read_in_part(tmp_path: Path, suffix: str) -> None:
    source = write_grids(tmp_path)
    path = (tmp_path / "网格.shp").with_suffix(suffix)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match=f"网格{suffix} 不完整"):
        opened(tmp_path, write_units(tmp_path), source)
