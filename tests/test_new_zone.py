"""A new zone folder: what zone.toml and the templates hold, and that a filled-in folder passes intake."""

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import subprocess
import tomllib
import warnings
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pandas as pd
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

import govkit
from govkit import catalogue
from govkit.documents.check.write import write_check
from govkit.errors import GovkitError, UnknownNameError, ZoneError
from govkit.intake.places import projected
from govkit.intake.reading import schema
from govkit.intake.reading.columns import match_word
from govkit.intake.templates import checks as checks
from govkit.intake.templates import new_zone
from govkit.intake.templates.fields import Field, NewZone, example_rows, fields_of
from govkit.intake.templates.new_zone import file_name, zone_file
from govkit.intake.templates.workbook import lines_in, shapefile_name, template
from govkit.intake.values import quantities
from govkit.zone.opening import open_zone
from govkit.zone.settings import read_zone_settings

SPRING = dt.date(2025, 3, 1)
NAME = "哈尔滨市道里区农村社区治理实验区"
DAOLI = NewZone(NAME, "230102", new_zone.half_years(2025))
TABLES = [schema.table(name) for name in catalogue.load("tables")]
SHEETS = [table for table in TABLES if table.geometry != "polygon"]
# These hold every kind of column.
EVERY_KIND = ("units", "facilities", "services", "events", "tasks", "checklist")

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice Calc is not installed (libreoffice-calc)")


def made(folder: Path, *, code: str = "230102", tables: Sequence[str] = ()) -> Path:
    new_zone.new_zone(folder, name=NAME, code=code, tables=tables, today=SPRING)
    return folder


def filled(folder: Path, *, code: str = "230102", tables: Sequence[str] = ()) -> Path:
    """Make a zone and copy its example rows to the sheets to fill in, as a clerk would."""
    made(folder, code=code, tables=tables)
    zone = NewZone(NAME, code.rstrip("0") if code.endswith("00") else code, new_zone.half_years(2025))
    for table in SHEETS:
        path = folder / file_name(table)
        if path.exists():
            book = openpyxl.load_workbook(path)
            write_rows(book[table.title], example_rows(table, zone))
            book.save(path)
    return folder


def write_rows(sheet: Worksheet, rows: Sequence[Sequence[object]]) -> None:
    for number, row in enumerate(rows, start=2):
        for position, value in enumerate(row, start=1):
            if value is not None:
                sheet.cell(number, position, value)


@pytest.fixture(scope="module")
def clerks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county zone with every table filled in; copy it before changing it."""
    return filled(tmp_path_factory.mktemp("clerk") / "z")


def with_grids(folder: Path, code: str = "230102") -> Path:
    """Add the two grids of the example as a layer, side by side, and switch their source on."""
    zone = NewZone(NAME, code, new_zone.half_years(2025))
    table = schema.table("grids")
    west, south = float(zone.tokens["longitude"]) - 0.05, float(zone.tokens["latitude"]) - 0.05
    features = []
    units = schema.table("units")
    homes = [dict(zip((c.label for c in units.columns), row, strict=True)) for row in example_rows(units, zone)]
    households = {home["单元代码"]: home["户数"] for home in homes}
    for number, row in enumerate(example_rows(table, zone)):
        # the first square ends where the second begins; the example's facilities lie in their own unit's square
        left, right = (west, west + 0.055) if number == 0 else (west + 0.055, west + 0.2)
        ring = [[left, south], [right, south], [right, south + 0.2], [left, south + 0.2], [left, south]]
        labels = {column.label: value for column, value in zip(table.columns, row, strict=True)}
        # each of the two grids is its unit's only one
        labels["户数"] = households[labels["所属单元代码"]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": labels, "geometry": geometry})
    layer = {"type": "FeatureCollection", "features": features}
    (folder / "网格.geojson").write_text(json.dumps(layer, ensure_ascii=False), encoding="utf-8")
    text = (folder / "zone.toml").read_text(encoding="utf-8")
    on = text.replace("# [sources.grids]", "[sources.grids]").replace('# path = "网格.shp"', 'path = "网格.geojson"')
    assert on.count("\n") == text.count("\n")
    (folder / "zone.toml").write_text(on, encoding="utf-8")
    return folder


def libreoffice(files: Sequence[Path], to: str, out: Path) -> None:
    """Open files in LibreOffice and save them again in another folder."""
    profile = (out / "profile").as_uri()
    command = [str(SOFFICE), f"-env:UserInstallation={profile}", "--headless", "--convert-to", to, "--outdir", str(out)]
    environment = {**os.environ, "HOME": str(out)}
    subprocess.run([*command, *map(str, files)], check=True, capture_output=True, timeout=180, env=environment)


def sheet_of(name: str, code: str = "230102") -> Worksheet:
    table = schema.table(name)
    zone = NewZone(NAME, code, new_zone.half_years(2025))
    return openpyxl.load_workbook(io.BytesIO(template(table, zone)))[table.title]


# -- the folder


def test_a_new_zone_has_zone_toml_and_a_workbook_a_table(tmp_path: Path) -> None:
    paths = new_zone.new_zone(tmp_path / "区", name=NAME, code="230102", today=SPRING)
    assert paths[0].name == "zone.toml"
    assert [path.name for path in paths[1:]] == [file_name(table) for table in TABLES]
    assert sorted(paths) == sorted((tmp_path / "区").iterdir())


def test_only_the_tables_asked_for_and_the_units_are_made(tmp_path: Path) -> None:
    folder = made(tmp_path / "z", tables=["设施台账", "funds"])
    assert set(read_zone_settings(folder).sources) == {"units", "facilities", "funds"}
    assert len(list(folder.glob("*.xlsx"))) == 3


def test_zone_toml_says_what_was_asked(tmp_path: Path) -> None:
    read = read_zone_settings(made(tmp_path / "z"))
    assert (read.name, read.code, read.district_level, read.metric_crs) == (NAME, "230102", "street", "EPSG:4551")
    assert [(period.id, period.name) for period in read.periods] == [
        ("2025H1", "2025年上半年"),
        ("2025H2", "2025年下半年"),
    ]
    assert (read.periods[0].start, read.periods[1].end) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert read.front.synthetic == ""


def test_without_a_date_the_periods_are_this_years(tmp_path: Path) -> None:
    new_zone.new_zone(tmp_path / "z", name=NAME, code="230102")
    years = {period.start.year for period in read_zone_settings(tmp_path / "z").periods}
    assert len(years) == 1
    assert abs(years.pop() - dt.datetime.now(tz=dt.UTC).year) <= 1


def test_every_source_names_a_file_and_a_sheet_that_are_there(tmp_path: Path) -> None:
    folder = made(tmp_path / "z")
    for source in read_zone_settings(folder).sources.values():
        assert source.sheet in openpyxl.load_workbook(folder / source.path, read_only=True).sheetnames


def test_what_is_commented_out_is_right_once_switched_on(tmp_path: Path) -> None:
    folder = made(tmp_path / "z")
    text = (folder / "zone.toml").read_text(encoding="utf-8")
    starts = (
        "# synthetic = ",
        "# [sources.",
        "# path = ",
        "# [judged_by]",
        "# standards = ",
        "# scheme = ",
        "# sign",
    )
    lines = [line.removeprefix("# ") if line.startswith(starts) else line for line in text.split("\n")]
    (folder / "zone.toml").write_text("\n".join(lines), encoding="utf-8")
    read = read_zone_settings(folder)
    assert set(read.sources) == set(catalogue.load("tables"))
    assert read.standards == ("community_service_plan_14th",)
    assert read.scheme in catalogue.names("schemes")
    assert read.front.signatories[0] == ("编制", "区民政局")
    assert read.front.synthetic


def test_every_line_of_zone_toml_ends_as_notepad_wants(tmp_path: Path) -> None:
    raw = (made(tmp_path / "z") / "zone.toml").read_bytes()
    assert raw.count(b"\n") == raw.count(b"\r\n") > 50


@given(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60))
@settings(max_examples=50, deadline=None)
def test_any_name_comes_back_from_zone_toml(name: str) -> None:
    text = zone_file(NewZone(name, "4212", new_zone.half_years(2025)), [schema.table("units")])
    assert tomllib.loads(text)["name"] == name


def test_the_same_request_gives_the_same_bytes(tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in made(folder).iterdir()}

    assert digests(tmp_path / "a") == digests(tmp_path / "b")


@pytest.mark.parametrize(
    ("code", "digits", "level"),
    [
        ("230102", "230102", "street"),
        ("230102000000", "230102", "street"),
        ("421200", "4212", "county"),
        ("4212", "4212", "county"),
        ("230110", "230110", "street"),
        ("230102001", "230102001", "community"),
        ("230102001000", "230102001", "community"),
        (" 230102 ", "230102", "street"),
    ],
)
def test_a_code_is_kept_without_its_closing_zeros(tmp_path: Path, code: str, digits: str, level: str) -> None:
    read = read_zone_settings(made(tmp_path / "z", code=code))
    assert (read.code, read.district_level) == (digits, level)


# -- refusals


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("", "230102", "不能为空"),
        ("  ", "230102", "不能为空"),
        ("道里\n区", "230102", "不能用的字符"),
        ("道" * 61, "230102", "61 个字"),
        (NAME, "", "区划代码不对"),
        (NAME, "23010", "区划代码不对"),
        (NAME, "道里区", "区划代码不对"),
        (NAME, "230000", "区划代码不对"),
        (NAME, "990102", "99"),
        (NAME, "230102001001", "社区"),
    ],
)
def test_a_wrong_name_or_code_makes_nothing(tmp_path: Path, name: str, code: str, words: str) -> None:
    with pytest.raises(ZoneError, match=words) as caught:
        new_zone.new_zone(tmp_path / "z", name=name, code=code)
    assert caught.value.allowed
    assert caught.value.todo
    assert not (tmp_path / "z").exists()


def test_an_unknown_table_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="设施台账"):
        new_zone.new_zone(tmp_path / "z", name=NAME, code="230102", tables=["设施台帐"])
    assert not (tmp_path / "z").exists()


def test_a_zone_is_never_overwritten(tmp_path: Path) -> None:
    folder = made(tmp_path / "z")
    (folder / "zone.toml").write_text("# mine", encoding="utf-8")
    with pytest.raises(ZoneError, match=r"zone\.toml"):
        made(folder)
    assert (folder / "zone.toml").read_text(encoding="utf-8") == "# mine"


def test_a_folder_that_holds_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "村表.xls").write_bytes(b"x")
    with pytest.raises(ZoneError, match=r"村表\.xls"):
        made(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["村表.xls"]


def test_an_empty_folder_is_used_even_if_a_file_manager_looked_at_it(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"x")
    assert (made(tmp_path) / "zone.toml").is_file()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "z").write_bytes(b"")
    with pytest.raises(ZoneError, match="同名的文件"):
        made(tmp_path / "z")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(GovkitError, match="文件夹建不成"):
        made(tmp_path / "file" / "z")


def test_what_was_written_before_a_failure_is_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_zone, "file_name", lambda table: "长" * 300)
    with pytest.raises(ZoneError, match="文件夹建不成"):
        made(tmp_path / "z")
    assert list((tmp_path / "z").iterdir()) == []


# -- the projection


@pytest.mark.parametrize(
    ("code", "meridian"),
    [("230102", 126), ("230110", 126), ("4212", 114), ("420116", 114), ("621002", 108), ("6210", 108), ("6501", 87)],
)
def test_the_projection_is_guessed_from_the_code(code: str, meridian: int) -> None:
    zone = projected.zone_of(code)
    assert pyproj.CRS(zone.epsg).name == f"CGCS2000 / 3-degree Gauss-Kruger CM {meridian}E"


def test_every_listed_meridian_has_its_projection() -> None:
    spec = catalogue.load("gauss_krueger")
    codes = [*spec["provinces"], *(code for codes in spec["prefectures"].values() for code in codes)]
    for zone in {projected.zone_of(code) for code in codes}:
        assert pyproj.CRS(zone.epsg).name.endswith(f"3-degree Gauss-Kruger CM {zone.meridian}E")


def test_prefectures_are_listed_once_and_in_a_known_province() -> None:
    spec = catalogue.load("gauss_krueger")
    codes = [code for codes in spec["prefectures"].values() for code in codes]
    assert len(codes) == len(set(codes))
    assert {code[:2] for code in codes} <= set(spec["provinces"])


def test_the_easternmost_zone_has_neighbours_to_the_west_only() -> None:
    assert [zone.meridian for zone in projected.Zone3(135).neighbours] == [135, 132, 129]


# -- the workbooks


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_excel_takes_every_prompt_and_message_whole(table: schema.Table) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        template(table, DAOLI)
    for field in fields_of(table, DAOLI):
        assert len(field.column.label) <= 32
        assert max(len(field.prompt), len(field.error)) <= 255


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_header_is_read_as_its_own_column_in_its_own_unit(table: schema.Table) -> None:
    for field in fields_of(table, DAOLI):
        assert match_word((field.header,), table) == field.column.name
        unit = quantities.split_unit(field.header)[1]
        assert (quantities.factor(unit, field.column.unit) == 1) if unit else field.column.unit in {"", "fraction"}


@pytest.mark.parametrize("table", SHEETS, ids=lambda table: table.name)
def test_a_workbook_opens_on_the_sheet_to_fill_in(table: schema.Table) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(table, DAOLI)))
    visible = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert visible == [table.title, "填写说明", "示例", "数据字典"]
    assert book.active is not None
    assert book.active.title == table.title
    assert [cell.value for row in book[table.title].iter_rows(min_row=2) for cell in row] == []


def test_a_layer_gets_instructions_and_a_dictionary_only() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(schema.table("grids"), DAOLI)))
    assert book.sheetnames == ["填写说明", "数据字典"]
    said = "".join(str(cell.value) for row in book["填写说明"].iter_rows() for cell in row)
    assert "Shapefile" in said
    assert "GeoJSON" in said


def test_the_field_names_for_a_shapefile_fit_and_are_understood() -> None:
    grids = schema.table("grids")
    names = {column.name: shapefile_name(column) for column in grids.columns}
    assert all(len(name.encode("gbk")) <= 10 for name in names.values())
    assert {match_word((word,), grids): word for word in names.values()} == names


def test_headers_are_locked_and_cells_below_are_not() -> None:
    sheet = sheet_of("facilities")
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert all(cell.protection.locked for cell in sheet[1])
    assert all(not dimension.protection.locked for dimension in sheet.column_dimensions.values())


def test_unused_columns_are_open_to_remarks_but_hold_no_cells() -> None:
    sheet = sheet_of("pairs")
    assert sheet.calculate_dimension() == "A1:D1"
    beyond = sheet.column_dimensions["E"]
    assert (beyond.min, beyond.max, beyond.protection.locked) == (5, 16384, False)


def test_the_header_stays_in_sight_and_on_every_printed_page() -> None:
    sheet = sheet_of("services")
    assert sheet.freeze_panes == "B2"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    # one page wide, as many long as it takes
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.fitToHeight == 0


@pytest.mark.parametrize("table", SHEETS, ids=lambda table: table.name)
def test_codes_are_stored_as_text(table: schema.Table) -> None:
    sheet = sheet_of(table.name)
    for position, column in enumerate(table.columns, start=1):
        letter = sheet.cell(1, position).column_letter
        if column.type in {"code", "text", "choice"}:
            assert sheet.column_dimensions[letter].number_format == "@", column.name


@pytest.mark.parametrize("table", SHEETS, ids=lambda table: table.name)
def test_every_column_is_checked_and_explained_down_to_the_last_row(table: schema.Table) -> None:
    found = {str(one.sqref): one for one in sheet_of(table.name).data_validations.dataValidation}
    assert len(found) == len(table.columns)
    assert all(ranges.endswith("1048576") for ranges in found)
    assert all(one.promptTitle and one.prompt and one.showInputMessage for one in found.values())


def test_an_open_list_offers_the_labels_of_the_catalogue_and_allows_more() -> None:
    table = schema.table("facilities")
    book = openpyxl.load_workbook(io.BytesIO(template(table, DAOLI)))
    rule = next(one for one in book[table.title].data_validations.dataValidation if one.type == "list")
    assert (rule.formula1, rule.showErrorMessage) == ("list_facility_kind", False)
    sheet, cells = next(iter(book.defined_names["list_facility_kind"].destinations))
    offered = [cell.value for row in book[sheet][cells.replace("$", "")] for cell in row]
    assert offered == [entry["label"] for entry in catalogue.load("codes")["facility_kind"].values()]
    assert book[sheet].sheet_state == "hidden"


def test_a_suggestion_does_not_forbid_other_words() -> None:
    lists = [one for one in sheet_of("staff").data_validations.dataValidation if one.type == "list"]
    assert [one.formula1 for one in lists] == ["list_period", "list_post", "list_age_band", "list_schooling"]
    assert not any(one.showErrorMessage for one in lists)


def test_periods_are_offered_by_their_names() -> None:
    period = next(field for field in fields_of(schema.table("tasks"), DAOLI) if field.column.name == "raised_in")
    assert period.suggestions == ("2025年上半年", "2025年下半年")


def test_the_dictionary_lists_every_column_with_type_need_and_range() -> None:
    table = schema.table("facilities")
    book = openpyxl.load_workbook(io.BytesIO(template(table, DAOLI)))
    rows = [[cell.value for cell in row] for row in book["数据字典"].iter_rows(min_row=3)]
    assert [row[7] for row in rows] == [column.name for column in table.columns]
    area = rows[4]
    assert (area[0], area[2], area[3], area[4]) == ("建筑面积", "数值", "平方米", "选填")
    assert "200,000" in str(area[5])
    assert "服务中心" in str(rows[2][5])


def test_the_example_says_that_it_is_not_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(schema.table("funds"), DAOLI)))
    assert "不会被读取" in str(book["示例"]["A1"].value)
    assert book["示例"]["E3"].value == "区级财政"


def test_the_zone_name_is_printed_as_it_is_even_with_an_ampersand() -> None:
    zone = NewZone("甲&乙实验区", "230102", DAOLI.periods)
    book = openpyxl.load_workbook(io.BytesIO(template(schema.table("funds"), zone)))
    assert "甲&&乙实验区" in str(book["专项资金台账"].oddHeader.left.text)


def test_every_table_and_column_has_its_text() -> None:
    said = {name: entry["template"] for name, entry in catalogue.load("tables").items()}
    assert {name: list(entry["columns"]) for name, entry in said.items()} == {
        table.name: [column.name for column in table.columns] for table in TABLES
    }


def test_rules_between_columns_are_told_and_marked() -> None:
    rules = checks.row_rules(schema.table("events"))
    assert [sentence for *_, sentence in rules] == [
        "“办结时间”不能早于“上报时间”",
        "“状态”为“已办结”时，“办结时间”应填写",
        "“状态”为“办理中”时，“办结时间”应为空",
    ]
    assert rules[0][:2] == ("settled_at", "=AND(ISNUMBER($E2),ISNUMBER($D2),$E2<$D2)")


def test_a_rule_that_two_columns_differ_is_marked_where_they_are_equal() -> None:
    assert checks.row_rules(schema.table("pairs"))[0][1] == '=AND($A2<>"",$A2=$B2)'


def test_a_long_line_gets_the_height_it_needs() -> None:
    assert lines_in("", 10) == 1
    assert lines_in("实验区", 7) == 1
    assert lines_in("实验区a", 7) == 2


# -- filled in


@pytest.mark.parametrize("code", ["4212", "230102001"], ids=["city", "street"])
def test_the_example_rows_of_any_level_pass_with_no_finding(tmp_path: Path, code: str) -> None:
    zone = govkit.open_zone(filled(tmp_path / "z", code=code, tables=("facilities", "staff", "pairs")))
    assert zone.findings[["table", "rule", "reason"]].to_dict("records") == []
    assert len(zone.districts) > 0


def test_the_example_rows_filled_in_pass_with_no_finding(clerks_folder: Path) -> None:
    zone = govkit.open_zone(clerks_folder)
    assert zone.findings[["table", "rule", "reason"]].to_dict("records") == []
    assert (zone.accounts["rows_read"] == zone.accounts["rows_used"]).all()
    assert (zone.accounts["rows_used"] > 0).all()
    assert zone.districts["name"].tolist() == ["示例街道", "示例镇"]


def test_the_example_rows_pass_with_the_layer_switched_on(tmp_path: Path, clerks_folder: Path) -> None:
    zone = govkit.open_zone(with_grids(shutil.copytree(clerks_folder, tmp_path / "z")))
    assert zone.findings[["table", "rule", "reason"]].to_dict("records") == []
    assert len(zone.tables["grids"]) == 2
    assert zone.tables["events"]["unit_code"].notna().all()


def test_values_arrive_as_they_were_filled_in(clerks_folder: Path) -> None:
    zone = govkit.open_zone(clerks_folder)
    clinic = zone.tables["facilities"].set_index("facility_id").loc["SS-0002"]
    assert (clinic["kind"], clinic["floor_area_m2"], clinic["unit_code"]) == ("clinic", 86.5, "230102101201")
    assert clinic["opened"] == pd.Timestamp("2016-10-01")
    assert zone.tables["events"]["reported_at"][0] == pd.Timestamp("2025-01-08 09:30")
    assert zone.tables["services"]["period"].tolist() == ["2025H1"] * 3
    assert zone.tables["funds"]["amount_yuan"].sum() == 86800.5


def test_a_row_left_half_empty_is_a_finding(tmp_path: Path) -> None:
    folder = filled(tmp_path / "z", tables=["facilities"])
    path = folder / file_name(schema.table("facilities"))
    book = openpyxl.load_workbook(path)
    book["设施台账"]["B3"] = None
    book.save(path)
    found = govkit.open_zone(folder).findings
    assert found[["rule", "sheet", "cell"]].to_numpy().tolist() == [["missing_required", "设施台账", "B3"]]


# -- saved again by another program


@pytest.mark.long
@needs_libreoffice
@pytest.mark.parametrize("to", ["xlsx", "ods"])
def test_saved_again_by_libreoffice_the_folder_passes_with_no_finding(tmp_path: Path, to: str) -> None:
    folder = filled(tmp_path / "z", tables=EVERY_KIND)
    before = govkit.open_zone(folder).tables
    libreoffice(sorted(folder.glob("*.xlsx")), to, tmp_path / "again")
    for path in folder.glob("*.xlsx"):
        path.unlink()
        shutil.copy(tmp_path / "again" / f"{path.stem}.{to}", folder)
    settings_text = (folder / "zone.toml").read_text(encoding="utf-8")
    (folder / "zone.toml").write_text(settings_text.replace('.xlsx"', f'.{to}"'), encoding="utf-8")
    zone = govkit.open_zone(folder)
    assert zone.findings[["table", "rule", "reason"]].to_dict("records") == []
    for name, table in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(zone.tables[name]), pd.DataFrame(table), check_like=True)


def kind_of(name: str, column: str) -> Field:
    return next(field for field in fields_of(schema.table(name), DAOLI) if field.column.name == column)


# table, column, what is in the cell, whether it must be marked
CELLS: list[tuple[str, str, object, bool]] = [
    ("facilities", "unit_code", "230102001001", False),
    ("facilities", "unit_code", "230103001001", True),
    ("facilities", "unit_code", "23010200100", True),
    ("facilities", "unit_code", "23010200100x", True),
    ("units", "parent", "230100000000", False),
    ("units", "parent", "230100", True),
    ("events", "grid_code", "230102001001001", False),
    ("events", "grid_code", "230102001001", True),
    ("events", "grid_code", "第一网格第一网格第一网格第一网格", True),
    ("facilities", "kind", "医疗卫生站", False),
    ("facilities", "kind", "卫生所", False),  # an open list
    ("services", "requested", 12, False),
    ("services", "requested", 1.5, True),
    ("services", "requested", -1, True),
    ("services", "requested", "约12", True),
    ("facilities", "floor_area_m2", 86.5, False),
    ("facilities", "floor_area_m2", 200001, True),
    ("facilities", "longitude", 126.53, False),
    ("facilities", "longitude", 45.8, True),
    ("facilities", "opened", dt.datetime(2019, 5, 1), False),  # noqa: DTZ001
    ("facilities", "opened", dt.datetime(1919, 5, 1), True),  # noqa: DTZ001
    ("facilities", "opened", "去年五月", True),
    ("services", "month", dt.datetime(2025, 5, 1), False),  # noqa: DTZ001
    ("services", "month", dt.datetime(2025, 5, 2), True),  # noqa: DTZ001
    ("facilities", "name", "名" * 200, False),
    ("facilities", "name", "名" * 201, True),
]


@needs_libreoffice
def test_the_formulas_mark_what_intake_would_reject_and_nothing_else(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(schema.table("facilities"), DAOLI)))
    # the reckoning program writes out the first sheet alone
    sheet = book.create_sheet("marks", 0)
    book.active = 0
    for row, (table, column, value, _) in enumerate(CELLS, start=1):
        sheet.cell(row, 1, value)  # type: ignore[arg-type]
        sheet.cell(row, 2, f"=IF({checks.wrong(kind_of(table, column), f'A{row}')},1,0)")
    book.save(tmp_path / "marks.xlsx")
    libreoffice([tmp_path / "marks.xlsx"], "csv", tmp_path / "out")
    lines = (tmp_path / "out" / "marks.csv").read_text(encoding="utf-8").splitlines()
    marked = [line.rpartition(",")[2] == "1" for line in lines]
    wrong = [cell for cell, found in zip(CELLS, marked, strict=True) if cell[3] != found]
    assert wrong == []


@pytest.mark.parametrize("field", fields_of(schema.table("staff"), DAOLI)[1:3], ids=lambda field: field.column.name)
def test_where_anything_may_stand_nothing_is_marked_as_wrong(field: Field) -> None:
    expected = "" if field.kind == "period" else "LEN(A2)>200"
    assert checks.wrong(field, "A2") == expected


def test_a_folder_of_returned_templates_tells_who_has_not_reported(tmp_path: Path) -> None:
    folder, streets = tmp_path / "区", [f"{name}街街道" for name in "东西南北中"]
    new_zone.new_zone(folder, name="测试区", code="230199", tables=("services",), today=SPRING)
    book = openpyxl.load_workbook(folder / "01-行政单元.xlsx")
    book["行政单元"].append(["230199000000", "测试区", "县（区）", "230100000000", "县（区）"])
    for at, name in enumerate(streets, start=1):
        code = f"230199{at:03}"
        book["行政单元"].append([f"{code}000", name, "街道（乡镇）", "230199000000", "街道"])
        book["行政单元"].append([f"{code}001", f"{name[0]}社区", "社区（村）", f"{code}000", "城市社区"])
    book.save(folder / "01-行政单元.xlsx")
    (folder / "回收").mkdir()

    def give(
        name: str, at: int, months: Sequence[int], *, requested: int = 10, head: str = "", merged: str = ""
    ) -> None:
        book = openpyxl.load_workbook(folder / "04-服务统计.xlsx")
        sheet = book["服务统计"]
        for month in months:
            sheet.append([f"230199{at:03}001", dt.date(2025, month, 1), "社会救助", None, None, requested, 9])
        sheet["F1"] = head or sheet["F1"].value
        if merged:
            sheet.merge_cells(merged)
        book.save(folder / "回收" / name)

    give("东街街道.xlsx", 1, [1, 2, 3])
    give("西街街道.xlsx", 2, [1, 3], head="申请数量")
    give("南街街道.xlsx", 3, [1, 2, 3], merged="F2:F3")
    give("东街补报.xlsx", 1, [2], requested=99)
    (folder / "04-服务统计.xlsx").unlink()
    zone = (folder / "zone.toml").read_text(encoding="utf-8").replace('"04-服务统计.xlsx"', '"回收"')
    (folder / "zone.toml").write_text(zone, encoding="utf-8")
    told = govkit.check(folder).set_index("rule")
    assert "北街街道、中街街道" in told.at["not_returned", "reason"]
    late = told.loc[["not_returned_month"], "reason"]
    assert late.str.contains("2025-02 有 1 个街道（镇）没有报（共 3 个）：西街街道").any()
    assert "回收/东街街道.xlsx 第 3 行" in told.at["duplicate_key", "reason"]
    assert {"unread_like", "merged_amount"} <= set(told.index)
    _, page = write_check(open_zone(folder), tmp_path / "out")
    assert "北街街道、中街街道" in page.read_text(encoding="utf-8")
    # the line the message gives is for the one file that needs it
    line = 'columns = { requested = "申请数量" }'
    assert line in told.at["unread_like", "todo"]
    zone = zone.replace("[sources.services]", f"[sources.services]\n{line}")
    (folder / "zone.toml").write_text(zone, encoding="utf-8")
    again = govkit.open_zone(folder)
    assert "unread_like" not in set(again.findings["rule"])
    assert again.tables["services"]["requested"].notna().sum() == 7
