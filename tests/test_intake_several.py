"""One table from many files and sheets; coordinates and layers as map programs write them; running totals; sums."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from intake_zone import TAIPING, TOWN, UNITS, XINFA, grid_frame, opened, write_csv, write_sheet, write_units
from test_intake_cells import found

from govkit.errors import SourceError
from govkit.intake import Intake, Source
from govkit.intake.places.datum import from_cgcs2000, to_cgcs2000
from govkit.zone.opening import open_zone
from govkit.zone.reported import not_reported

SERVICE = ["单元代码", "月份", "服务事项", "申请件数"]
LON, LAT = 126.42, 45.61


def services(folder: Path, *sources: Source) -> Intake:
    return opened(folder, write_units(folder), *sources)


def row(month: str, *, unit: str = TAIPING, requested: float = 5) -> list[object]:
    return [unit, month, "社保", requested]


# -- one table from many


@pytest.mark.parametrize(
    "paths", [{"path": "1月.xlsx", "paths": ("1月.xlsx", "2月.xlsx")}, {"path": "*月.xlsx"}, {"path": "月报"}]
)
def test_several_files_make_one_table_and_each_row_knows_its_file(tmp_path: Path, paths: dict[str, object]) -> None:
    folder = tmp_path / "月报" if paths["path"] == "月报" else tmp_path
    folder.mkdir(exist_ok=True)
    write_sheet(folder / "1月.xlsx", [SERVICE, row("2018-01"), row("2018-01", unit="230102199999")])
    write_sheet(folder / "2月.xlsx", [SERVICE, row("2018-02"), row("2018-02", unit=XINFA, requested="约")])
    intake = services(tmp_path, Source("services", **paths))  # type: ignore[arg-type]
    assert len(intake.tables["services"]) == 3
    told = intake.findings.set_index("rule")["file"].str.removeprefix("月报/").to_dict()
    assert told == {"unknown_unit": "1月.xlsx", "unreadable_number": "2月.xlsx"}
    accounts = intake.accounts[intake.accounts["table"] == "services"]
    assert accounts["rows_used"].tolist() == [1, 2]
    assert accounts["rows_set_aside"].tolist() == [1, 0]


def test_the_same_unit_and_month_in_two_files_is_told_with_the_other_file(tmp_path: Path) -> None:
    for name in ("甲.xlsx", "乙.xlsx"):
        write_sheet(tmp_path / name, [SERVICE, row("2018-01", requested=5 if name == "甲.xlsx" else 6)])
    intake = services(tmp_path, Source("services", "甲.xlsx", paths=("甲.xlsx", "乙.xlsx")))
    one = intake.findings.iloc[0]
    assert (one["rule"], one["file"], "甲.xlsx" in one["reason"]) == ("duplicate_key", "乙.xlsx", True)


def test_a_sheet_a_month_is_read_for_its_month(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "2018年服务.xlsx")) as book:
        for name, requested in (("3月", 5), ("九月", 7), ("汇总", 12)):
            page = book.add_worksheet(name)
            page.write_row(0, 0, [SERVICE[0], *SERVICE[2:]])
            page.write_row(1, 0, [TAIPING, "社保", requested])
    intake = services(tmp_path, Source("services", "2018年服务.xlsx"))
    table = intake.tables["services"]
    assert intake.accounts.set_index("table").at["services", "returns"] == 2
    assert table["month"].dt.strftime("%Y-%m").tolist() == ["2018-03", "2018-09"]
    (tmp_path / "2018年服务.xlsx").rename(tmp_path / "服务.xlsx")
    with pytest.raises(SourceError, match="哪一年"):
        services(tmp_path, Source("services", "服务.xlsx"))
    assert "year_of_periods" in found(services(tmp_path, Source("services", "服务.xlsx", year=2018)))


def test_returned_templates_are_about_the_unit_and_month_they_are_named_after(tmp_path: Path) -> None:
    (tmp_path / "回收").mkdir()
    for name in ("太平村2018年5月", "新发村2018年5月"):
        write_sheet(tmp_path / "回收" / f"{name}.xlsx", [SERVICE[2:], ["社保", 5]])
    table = services(tmp_path, Source("services", "回收")).tables["services"]
    assert table["unit_code"].tolist() == [TAIPING, XINFA]
    assert table["month"].dt.strftime("%Y-%m").tolist() == ["2018-05", "2018-05"]


def test_a_returned_file_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "回收").mkdir()
    for name, rows in (("太平村", [SERVICE[1:], row("2018-05")[1:]]), ("新发村", [["别的表"], [1]])):
        write_sheet(tmp_path / "回收" / f"{name}.xlsx", rows)
    for name in ("~$太平村.xlsx", "Thumbs.db", "说明.docx"):
        (tmp_path / "回收" / name).write_bytes(b"\x05user")
    (tmp_path / "回收" / "新发").mkdir()
    write_sheet(tmp_path / "回收" / "新发" / "5月.xlsx", [SERVICE, row("2018-05", unit=XINFA)])
    intake = services(tmp_path, Source("services", "回收"))
    assert intake.tables["services"]["unit_code"].tolist() == [TAIPING]
    told = intake.findings.set_index("rule")[["severity", "file", "value"]].T.to_dict("list")
    assert told["file_unread"] == ["error", "回收/新发村.xlsx", "新发村.xlsx"]
    assert told["file_not_taken"] == ["note", "回收", "说明.docx"]
    assert told["folder_not_taken"] == ["warning", "回收", "新发/5月.xlsx"]


@pytest.mark.parametrize("name", ["网格.gpkg", "网格.geojson", "网格.shp"])
@pytest.mark.parametrize(("field", "wanted"), [("登记户数\\x", "households"), ('核"实数', "population")])
@pytest.mark.parametrize("word", ["columns", "ignore"])
def test_the_line_a_message_gives_settles_a_layer(
    tmp_path: Path, name: str, field: str, wanted: str, word: str
) -> None:
    frame = grid_frame()
    frame = frame.rename(columns={"户数": field}) if wanted == "households" else frame.assign(**{field: 400})
    frame.to_file(tmp_path / name, **({"encoding": "GBK"} if name.endswith("shp") else {}))
    first = services(tmp_path, Source("grids", name, datum="CGCS2000"))
    line = pasted(first, "grids", word)
    again = services(tmp_path, Source("grids", name, datum="CGCS2000", **line))  # type: ignore[arg-type]
    assert again.findings.empty
    assert word == "ignore" or again.tables["grids"][wanted].tolist() == [400] * 4


@pytest.mark.parametrize("name", ["网格.gpkg", "网格.geojson", "网格.shp"])
def test_a_value_said_for_all_features_stands_in_for_a_field(tmp_path: Path, name: str) -> None:
    grid_frame().iloc[:2].drop(columns="单元代码").to_file(
        tmp_path / name, **({"encoding": "GBK"} if name.endswith("shp") else {})
    )
    intake = services(tmp_path, Source("grids", name, datum="CGCS2000", fixed={"unit_code": TAIPING}))
    assert intake.tables["grids"]["unit_code"].tolist() == [TAIPING, TAIPING]
    assert set(found(intake)) == {"unit_without_grid"}


def test_a_pattern_that_fits_nothing_or_climbs_out_is_refused(tmp_path: Path) -> None:
    for pattern in ("*.xls?", "../*.xlsx"):
        with pytest.raises(SourceError):
            services(tmp_path, Source("services", pattern))


# -- sums of children, running totals


def test_amounts_that_never_fall_within_a_year_may_be_running_totals(tmp_path: Path) -> None:
    rows = [
        row(f"2018-{m:02d}", unit=unit, requested=10 * m + n)
        for n, unit in enumerate((TAIPING, XINFA))
        for m in range(1, 6)
    ]
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, *rows])
    assert "likely_running_total" in found(services(tmp_path, Source("services", "服务.xlsx")))
    rows[2] = row("2018-03", unit=TAIPING, requested=5)
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, *rows])
    assert "likely_running_total" not in found(services(tmp_path, Source("services", "服务.xlsx")))


def test_a_total_of_rows_of_two_levels_is_right(tmp_path: Path) -> None:
    rows = [row("2018-01", unit=TOWN, requested=12), row("2018-01"), row("2018-01", unit=XINFA, requested=7)]
    head = SERVICE.index("申请件数")
    total = ["新发镇合计", *[None] * (len(SERVICE) - 1)]
    total[head] = 12
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, *rows, total])
    assert set(found(services(tmp_path, Source("services", "服务.xlsx")))) == {"rows_left_out", "parent_rows"}


def test_the_sum_of_a_table_wide_by_item_is_no_item(tmp_path: Path) -> None:
    head = [["单元代码", "月份", "社保", None, "证明", None, "合计", None], [None, None, *["申请件数", "办结件数"] * 3]]
    rows = [[TAIPING, "2018-01", 5, 4, 3, 2, 8, 6], [XINFA, "2018-01", 5, 4, 3, 2, 9, 6]]
    write_sheet(tmp_path / "服务.xlsx", [*head, *rows], merge=("A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:H1"))
    intake = services(tmp_path, Source("services", "服务.xlsx", wide="item"))
    assert intake.tables["services"]["item"].tolist() == ["社保", "证明"] * 2
    assert found(intake) == {"total_differs": "warning"}


def test_rows_of_a_parent_that_add_up_its_children_do_not_count(tmp_path: Path) -> None:
    rows = [row("2018-01", unit=TOWN, requested=12), row("2018-01"), row("2018-01", unit=XINFA, requested=7)]
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, *rows])
    intake = services(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"]["requested"].tolist() == [5, 7]
    account = intake.accounts.set_index("table").loc["services"]
    assert (found(intake), account["rows_left_out"], account["cells_total"]) == ({"parent_rows": "note"}, 1, 4)


def test_a_parents_own_number_stays(tmp_path: Path) -> None:
    rows = [row("2018-01", unit=TOWN, requested=3), row("2018-01"), row("2018-01", unit=XINFA, requested=7)]
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, *rows])
    intake = services(tmp_path, Source("services", "服务.xlsx"))
    assert (intake.tables["services"]["requested"].tolist(), found(intake)) == ([3, 5, 7], {})


@pytest.mark.parametrize(
    ("rows", "options", "rule"),
    [
        # 10 is the sum, 8 is not
        ([[TOWN, "2018-01", "社保", 10, 8], [TAIPING, "2018-01", "社保", 6, 4], [XINFA, "2018-01", "社保", 4, 3]], {},
         "partly_sums"),
        ([[TAIPING, "2018-01", "各类", 17, 15], [*row("2018-01", requested=10), 9], [TAIPING, "2018-01", "养老", 7, 6]],
         {}, "sums_of_items"),
        ([row("2018-01"), row("2018-03", requested=22)], {"cumulative": "year"}, "total_starts_late"),
    ],
    ids=["a parent's sum beside its own number", "an item that is all others", "a gap in running totals"],
)  # fmt: skip
def test_what_may_count_twice_is_told(
    tmp_path: Path, rows: list[list[object]], options: dict[str, str], rule: str
) -> None:
    write_sheet(tmp_path / "服务.xlsx", [[*SERVICE, "办结件数"], *rows])
    intake = services(tmp_path, Source("services", "服务.xlsx", **options))  # type: ignore[arg-type]
    assert rule in found(intake)
    assert intake.tables["services"]["requested"].tolist() == [5, pd.NA] if options else len(rows) == 3


def test_a_table_above_one_with_more_columns_is_read(tmp_path: Path) -> None:
    wider = ["月份", "单元代码", "服务事项", "办结件数", "申请件数"]
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, row("2018-01"), wider, ["2018-01", XINFA, "社保", 6, 7]])
    intake = services(tmp_path, Source("services", "服务.xlsx"))
    assert intake.tables["services"].set_index("unit_code")["requested"].to_dict() == {TAIPING: 5, XINFA: 7}


def pasted(intake: Intake, table: str, word: str) -> dict[str, object]:
    """What a message says to write into zone.toml."""
    said = " ".join(intake.findings["todo"])
    line = re.search(rf"\[sources\.{table}\].*?({word} = (?:\{{.*?\}}|\[.*?\]))", said)
    assert line, said
    return dict(tomllib.loads(line[1]))


@pytest.mark.parametrize("name", ["服务.xlsx", "服务.csv", "*服务.xlsx"])
@pytest.mark.parametrize("word", ["columns", "ignore"])
def test_the_line_a_message_gives_settles_it(tmp_path: Path, name: str, word: str) -> None:
    rows = [[*SERVICE[:3], "申请数量"], row("2018-01", requested=7)]
    if name.endswith("csv"):
        write_csv(tmp_path / name, rows, encoding="gb18030")
    else:
        write_sheet(tmp_path / name.replace("*", "甲"), rows)
        write_sheet(tmp_path / "乙服务.xlsx", [SERVICE, row("2018-02")])
    first = services(tmp_path, Source("services", name))
    assert "unread_like" in found(first)
    again = services(tmp_path, Source("services", name, **pasted(first, "services", word)))  # type: ignore[arg-type]
    assert "unread_like" not in found(again)
    assert (again.tables["services"]["requested"] == 7).any() == (word == "columns")


def test_a_value_said_for_all_rows_stands_in_for_a_column(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "服务.csv",
        [[one for one in SERVICE if one != "服务事项"], [TAIPING, "2018-01", 5]],
        encoding="utf-8",
    )
    assert services(tmp_path, Source("services", "服务.csv")).tables["services"]["item"].tolist() == ["全部事项"]
    intake = services(tmp_path, Source("services", "服务.csv", fixed={"item": "社保"}))
    assert intake.tables["services"]["item"].tolist() == ["社保"]


def test_a_wrong_sum_among_right_ones_is_told(tmp_path: Path) -> None:
    rows = [SERVICE]
    for month, total in (("2018-01", 12), ("2018-02", 12), ("2018-03", 99)):
        rows += [row(month, unit=TOWN, requested=total), row(month), row(month, unit=XINFA, requested=7)]
    write_sheet(tmp_path / "服务.xlsx", rows)
    intake = services(tmp_path, Source("services", "服务.xlsx"))
    assert len(intake.tables["services"]) == 6
    assert found(intake) == {"parent_differs": "warning", "parent_rows": "note"}


def test_running_totals_become_months_and_what_they_cannot_tell_is_missing(tmp_path: Path) -> None:
    head = [*SERVICE[:3], "申请件数（本年累计）"]
    totals = {"2018-01": 5, "2018-02": 12, "2018-03": 11, "2018-04": 20}
    rows = [row(month, requested=amount) for month, amount in totals.items()]
    write_sheet(tmp_path / "服务.xlsx", [head, *rows, row("2018-06", unit=XINFA, requested=40)])
    assert "only_running_total" in found(services(tmp_path, Source("services", "服务.xlsx")))
    intake = services(tmp_path, Source("services", "服务.xlsx", cumulative="year"))
    got = intake.tables["services"].set_index(["unit_code", "month"])["requested"]
    assert got[TAIPING].fillna(-1).tolist() == [5, 7, -1, 9]
    assert got[XINFA].isna().all()
    assert {"total_falls", "total_starts_late", "differenced"} <= set(found(intake))


# -- coordinates in cells


def facilities(folder: Path, head: list[str], cells: list[object], **options: object) -> Intake:
    names = ["编号", "设施名称", "设施类型", "所属村居代码", *head]
    rows = [[f"F{i}", f"设施{i}", "卫生室", TAIPING, *cells] for i in range(2)]
    write_sheet(folder / "设施.xlsx", [names, *rows])
    return opened(folder, write_units(folder), Source("facilities", "设施.xlsx", **options))  # type: ignore[arg-type]


def place(intake: Intake) -> tuple[float, float]:
    table = intake.tables["facilities"]
    return float(table["longitude"].iloc[0]), float(table["latitude"].iloc[0])


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ("经纬度", f"{LON},{LAT}"),
        ("经纬度", f"（{LON}，{LAT}）"),
        ("坐标", f"{LAT} {LON}"),
        ("GPS坐标", f"E{LON} N{LAT}"),
        ("位置坐标", f"经度：{LON}；纬度：{LAT}"),
        ("经纬度", "126°25′12″,45°36′36″"),
        ("经纬度", "126˚25’12”，45º36’36”"),
    ],
)
def test_both_coordinates_in_one_cell_are_read(tmp_path: Path, head: str, text: str) -> None:
    assert place(facilities(tmp_path, [head], [text], datum="CGCS2000")) == pytest.approx((LON, LAT), abs=1e-9)


@pytest.mark.parametrize(
    ("heads", "datum"),
    [
        (["高德经度", "高德纬度"], "GCJ-02"),
        (["经度（腾讯）", "纬度（腾讯）"], "GCJ-02"),
        (["百度经度", "百度纬度"], "BD-09"),
        (["lng_gcj02", "lat_gcj02"], "GCJ-02"),
        (["高德经纬度"], "GCJ-02"),
    ],
)
def test_heads_tell_the_datum(tmp_path: Path, heads: list[str], datum: str) -> None:
    lon, lat = (float(one) for one in from_cgcs2000(LON, LAT, datum))
    cells: list[object] = [f"{lon},{lat}"] if len(heads) == 1 else [lon, lat]
    intake = facilities(tmp_path, heads, cells)
    assert place(intake) == pytest.approx((LON, LAT), abs=1e-5)
    assert found(intake)["datum_of_head"] == "note"
    told = facilities(tmp_path, heads, cells, datum="CGCS2000")
    assert place(told) == pytest.approx((lon, lat))
    assert found(told)["datum_and_head"] == "warning"


@pytest.mark.parametrize("times", [100_000, 1_000_000, 10_000_000, 3_600_000])
def test_degrees_kept_as_whole_numbers_are_read_and_told(tmp_path: Path, times: int) -> None:
    intake = facilities(tmp_path, ["X坐标", "Y坐标"], [round(LON * times), round(LAT * times)])
    assert place(intake) == pytest.approx((LON, LAT), abs=1e-4)
    assert found(intake)["scaled_degrees"] == "warning"


@pytest.mark.parametrize(("datum", "told"), [("BD-09", "BD09MC"), ("", "EPSG:3857")])
def test_metres_of_a_web_map_are_called_what_they_are(tmp_path: Path, datum: str, told: str) -> None:
    intake = facilities(tmp_path, ["经度", "纬度"], [14083772.18, 5701216.57], datum=datum)
    assert set(intake.findings["rule"]) == {"mercator"}
    assert told in intake.findings["reason"][0]


def test_metres_of_no_known_system_are_called_metres(tmp_path: Path) -> None:
    told = facilities(tmp_path, ["X坐标", "Y坐标"], [61_234.5, 72_345.6]).findings
    assert set(told["rule"]) == {"projected_coordinates"}
    assert told["reason"].str.contains("独立坐标系").all()


# -- layers


@pytest.mark.parametrize(("x", "rules"), [(LON, set()), (LON + 1, {"point_and_columns"}), (None, set())])
def test_columns_of_a_layer_of_points_are_compared_with_them_or_stand_in(
    tmp_path: Path, x: float | None, rules: set[str]
) -> None:
    named = {"编号": "F1", "设施名称": "甲", "设施类型": "卫生室", "所属村居代码": TAIPING, "经度": LON, "纬度": LAT}
    shapes = gpd.points_from_xy([x], [LAT]) if x else [None]
    gpd.GeoDataFrame([named], geometry=shapes, crs="EPSG:4326").to_file(tmp_path / "设施.geojson")
    intake = opened(tmp_path, write_units(tmp_path), Source("facilities", "设施.geojson", datum="CGCS2000"))
    assert place(intake) == pytest.approx((x or LON, LAT), abs=1e-6)
    assert set(intake.findings["rule"]) == rules


FIELDS = ["网格编码", "网格名称", "单元代码", "户数"]


def kml(frame: gpd.GeoDataFrame | None = None, *, indent: str = "") -> str:
    frame = grid_frame() if frame is None else frame
    marks = []
    for one in frame.to_dict("records"):
        data = "".join(f'<Data name="{name}"><value>{one[name]}</value></Data>' for name in FIELDS)
        ring = " ".join(f"{x},{y},0" for x, y in one["geometry"].exterior.coords)
        shape = f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
        marks.append(
            f"<Placemark><name>{one['网格名称']}</name><ExtendedData>{data}</ExtendedData><Polygon>{shape}</Polygon></Placemark>"
        )
    body = f"<Folder><name>新发镇</name>{indent.join(marks)}</Folder>"
    return f'<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'


def grids(folder: Path, name: str) -> Intake:
    return opened(folder, write_units(folder), Source("grids", name))


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_chinese_fields_of_a_kml_keep_their_names_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "网格.kml").write_text(kml(), encoding=encoding)
    intake = grids(tmp_path, "网格.kml")
    assert intake.tables["grids"]["households"].tolist() == [400] * 4
    assert found(intake) == {}


def test_a_kmz_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "网格.kmz", "w") as archive:
        archive.writestr("doc.kml", kml())
    assert len(grids(tmp_path, "网格.kmz").tables["grids"]) == 4


def test_an_ovkml_is_in_gcj_02(tmp_path: Path) -> None:
    (tmp_path / "网格.ovkml").write_text(kml(), encoding="utf-8")
    intake = grids(tmp_path, "网格.ovkml")
    west, south, _, _ = grid_frame().total_bounds
    lon, lat = to_cgcs2000(np.array([west]), np.array([south]), "GCJ-02")
    assert intake.tables["grids"].total_bounds[:2] == pytest.approx([lon[0], lat[0]], abs=1e-4)
    assert found(intake) == {"datum_of_format": "note"}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_a_geojson_of_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = json.dumps(json.loads(grid_frame().to_json()), ensure_ascii=False)
    (tmp_path / "网格.geojson").write_text(text, encoding=encoding)
    assert grids(tmp_path, "网格.geojson").tables["grids"]["name"].tolist() == [f"第{i}网格" for i in "一二三四"]


def test_a_zipped_shapefile_is_read(tmp_path: Path) -> None:
    (tmp_path / "原").mkdir()
    # names of fields are cut after ten bytes in an archive, too
    grid_frame().rename(columns={"单元代码": "所属单元代码"}).to_file(tmp_path / "原" / "网格.shp", encoding="GBK")
    with zipfile.ZipFile(tmp_path / "网格.zip", "w") as archive:
        for path in (tmp_path / "原").iterdir():
            archive.write(path, f"导出/{path.name}")
    assert grids(tmp_path, "网格.zip").tables["grids"]["unit_code"].notna().all()


def test_an_archive_without_a_layer_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "网格.zip", "w") as archive:
        archive.writestr("说明.txt", "无")
    with pytest.raises(SourceError, match="没有矢量文件"):
        grids(tmp_path, "网格.zip")


def test_a_geodatabase_is_read(tmp_path: Path) -> None:
    pyogrio.write_dataframe(grid_frame(), tmp_path / "网格.gdb", driver="OpenFileGDB", layer="网格")
    assert len(grids(tmp_path, "网格.gdb").tables["grids"]) == 4


def test_a_defect_of_grids_in_several_files_names_its_own_file(tmp_path: Path) -> None:
    frame = grid_frame()
    frame.loc[3, "geometry"] = frame.geometry[3].buffer(0.001)
    for name, part in (("西", frame[:2]), ("东", frame[2:])):
        part.to_file(tmp_path / f"{name}.geojson")
    findings = services(tmp_path, Source("grids", "*.geojson", datum="CGCS2000")).findings
    overlaps = findings[findings["rule"] == "grid_overlap"]
    assert overlaps["file"].tolist() == ["东.geojson"]


def test_a_name_beside_a_code_is_compared_in_every_file(tmp_path: Path) -> None:
    head = [SERVICE[0], "单元名称", *SERVICE[1:]]
    for month, name in (("1", "太平村"), ("2", "新发村")):
        write_sheet(tmp_path / f"{month}月.xlsx", [head, [TAIPING, name, f"2018-0{month}", "社保", 5]])
    findings = services(tmp_path, Source("services", "*月.xlsx")).findings
    assert findings.loc[findings["rule"] == "name_and_code", ["file", "row"]].to_numpy().tolist() == [["2月.xlsx", 2]]


@pytest.mark.parametrize("other", ["社 保", "社　保", "社保 ", "ｓｂ"])
def test_an_item_spelled_in_several_ways_is_one(tmp_path: Path, other: str) -> None:
    usual = "sb" if other == "ｓｂ" else "社保"
    rows = [[TAIPING, f"2018-0{month}", usual, 5] for month in (1, 2)]
    write_sheet(tmp_path / "服务.xlsx", [SERVICE, *rows, [TAIPING, "2018-03", other, 5]])
    intake = services(tmp_path, Source("services", "服务.xlsx"))
    assert set(intake.tables["services"]["item"]) == {usual}
    assert found(intake).keys() <= {"spelled_otherwise", "invisible_signs"}


def test_traditional_characters_and_a_bodys_full_name_are_one_word(tmp_path: Path) -> None:
    head = ["任务编号", "单元代码", "问题或任务", "责任层级", "责任单位", "完成期限", "状态", "提出报告期"]
    owners = ["群力街道", "群力街道办事处", "羣力街道", "群力街道"]
    rows = [[f"R{i}", TAIPING, "修路", "镇", one, "2018-05-01", "进行中", "一期"] for i, one in enumerate(owners)]
    write_sheet(tmp_path / "任务.xlsx", [head, *rows])
    intake = services(tmp_path, Source("tasks", "任务.xlsx"))
    assert set(intake.tables["tasks"]["owner"]) == {"群力街道"}
    told = intake.findings[intake.findings["rule"] == "spelled_otherwise"]
    assert told["value"].tolist() == ["群力街道办事处", "羣力街道"]


def test_heads_and_choices_in_traditional_characters_are_read(tmp_path: Path) -> None:
    head = ["流水號", "單元代碼", "日期", "收支", "用途", "金額（萬元）"]
    write_sheet(tmp_path / "资金.xlsx", [head, ["Z1", TAIPING, "2018-05-01", "撥入", "修路", 10]])
    intake = services(tmp_path, Source("funds", "资金.xlsx"))
    assert intake.tables["funds"][["direction", "amount_yuan"]].to_numpy().tolist() == [["income", 100_000]]


def test_the_small_zone_has_the_units_these_tests_count_on() -> None:
    assert [line[0] for line in UNITS[3:]] == [TOWN, TAIPING, XINFA]


def test_an_amount_merged_over_several_and_a_remark_that_doubts_one_are_told(tmp_path: Path) -> None:
    head = [*SERVICE, "办结件数", "备注"]
    rows = [head, [*row("2018-01"), None, None], [*row("2018-02"), 4, "此数有误，应为12"], [*row("2018-03"), 4, "补报"]]
    write_sheet(tmp_path / "服务.xlsx", rows, merge=("D2:E2",))
    intake = services(tmp_path, Source("services", "服务.xlsx"))
    told = intake.findings.set_index("rule")[["cell", "row", "value"]]
    assert set(told.index) == {"merged_across", "doubted"}
    assert told.at["merged_across", "cell"] == "D2"
    assert (told.at["doubted", "row"], told.at["doubted", "value"]) == (3, "此数有误，应为12")


@pytest.mark.parametrize("path", ['"月报/*.xlsx"', '["月报/5月.xlsx", "月报/5月(1).xlsx", "月报/3月.xlsx"]'])
def test_of_a_file_a_month_a_zone_names_the_month_that_is_missing_and_the_one_that_is_there_twice(
    tmp_path: Path, path: str
) -> None:
    head = 'name = "示例"\ncode = "230102"\ndistrict_level = "street"\nmetric_crs = "EPSG:4526"\n'
    period = '[[periods]]\nid = "a"\nname = "上半年"\nstart = 2018-03-01\nend = 2018-05-31\n'
    table = f'[sources.units]\npath = "行政单元.xlsx"\n[sources.services]\npath = {path}\n'
    (tmp_path / "zone.toml").write_text(head + period + table, encoding="utf-8")
    write_units(tmp_path)
    (tmp_path / "月报").mkdir()
    for name in ("3月", "5月", "5月(1)"):
        write_sheet(
            tmp_path / "月报" / f"{name}.xlsx",
            [[SERVICE[0], *SERVICE[2:]], *([unit, "社保", 5] for unit in (TAIPING, XINFA))],
        )
    zone = open_zone(tmp_path)
    assert sorted(zone.tables["services"]["month"].dt.strftime("%Y-%m")) == ["2018-03"] * 2 + ["2018-05"] * 2
    told = zone.findings.groupby("rule").size()
    assert told["duplicate_row"] == 2
    lacking = zone.findings[zone.findings["rule"] == "not_returned_month"]
    assert lacking["reason"].str.startswith("2018-04").all()
    assert (lacking["file"] == ("月报/*.xlsx" if "*" in path else "月报/5月.xlsx 等 3 个文件")).all()
    late = not_reported(zone.tables, zone.settings.periods)
    assert late[["月份", "应报", "已报", "未报"]].to_numpy().tolist() == [["2018-04", 2, 0, "（全部）"]]
