"""Broken, mangled and malicious files: a finding or a clear error within seconds, never a traceback."""

from __future__ import annotations

import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_zone import (
    TAIPING,
    XINFA,
    facility,
    grid_frame,
    opened,
    write_csv,
    write_facilities,
    write_grids,
    write_sheet,
    write_units,
)

from govkit.errors import SourceError
from govkit.intake import Intake, Source
from govkit.intake.formats import delimited

HEAD = ["流水号", "单元代码", "日期", "收支", "用途", "金额（万元）"]
ROW: list[object] = ["1", TAIPING, "2018-05-01", "支出", "修路", 1]
SECONDS = 60  # a guard against hanging on a busy machine, no measure of speed


def outcome(folder: Path, *found: Source) -> Intake | str:
    """Read the sources; return what came of it, or what the user is told."""
    began = time.monotonic()
    try:
        return opened(folder, *found)
    except SourceError as error:
        told = str(error)
        assert "处理：" in told
        assert "Traceback" not in told
        return told
    finally:
        assert time.monotonic() - began < SECONDS


def changed(path: Path, target: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    """Copy a workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name.endswith(part) else old.read(name))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write_sheet(tmp_path / "好.xlsx", [HEAD, ROW])
    return tmp_path / "好.xlsx"


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">'
    + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12))
    + b"]>"
)


def test_an_entity_bomb_in_a_workbook_is_refused(tmp_path: Path, good: Path) -> None:
    def armed(xml: bytes) -> bytes:
        return ENTITIES + xml[xml.index(b"<sst") :].replace("修路".encode(), b"&a11;")

    changed(good, tmp_path / "资金.xlsx", "sharedStrings.xml", armed)
    assert "已损坏" in str(outcome(tmp_path, Source("funds", "资金.xlsx")))


def test_an_entity_bomb_in_a_kml_is_refused(tmp_path: Path) -> None:
    grid_frame().to_file(tmp_path / "好.kml", driver="KML")
    xml = (tmp_path / "好.kml").read_bytes()
    armed = ENTITIES + xml[xml.index(b"<kml") :].replace("第一网格".encode(), b"&a11;")
    (tmp_path / "网格.kml").write_bytes(armed)
    assert "矢量文件读不出来" in str(outcome(tmp_path, Source("grids", "网格.kml")))


@pytest.mark.parametrize("tag", [b'<c r="XFD1048576"><v>1</v></c>', b'<x:c r="XFD1048576" t="n"><x:v>1</x:v></x:c>'])
def test_one_stray_cell_in_the_last_corner_is_refused_before_memory_is_asked_for(
    tmp_path: Path, good: Path, tag: bytes
) -> None:
    stray = b'<row r="1048576">' + tag + b"</row></sheetData>"
    changed(good, tmp_path / "资金.xlsx", "sheet1.xml", lambda xml: xml.replace(b"</sheetData>", stray))
    assert "一直到 XFD1048576" in str(outcome(tmp_path, Source("funds", "资金.xlsx")))


def test_a_sheet_that_repeats_its_cells_sixteen_billion_times_is_refused(tmp_path: Path) -> None:
    cell = '<table:table-cell table:number-columns-repeated="16000" office:value-type="float" office:value="1"/>'
    rows = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    body = f'<office:spreadsheet><table:table table:name="表">{rows}</table:table></office:spreadsheet>'
    xml = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    with zipfile.ZipFile(tmp_path / "资金.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", xml)
    assert isinstance(outcome(tmp_path, Source("funds", "资金.ods")), str)


def test_a_workbook_cut_in_half_is_refused(tmp_path: Path, good: Path) -> None:
    raw = good.read_bytes()
    (tmp_path / "资金.xlsx").write_bytes(raw[: len(raw) // 2])
    assert "已损坏或没有传完" in str(outcome(tmp_path, Source("funds", "资金.xlsx")))


def test_a_workbook_with_a_password_is_refused(tmp_path: Path) -> None:
    # an encrypted workbook is an OLE container, as an old .xls is
    (tmp_path / "资金.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 2000)
    assert "密码" in str(outcome(tmp_path, Source("funds", "资金.xlsx")))


@pytest.mark.parametrize(
    "suffix", [".gpkg", ".fgb", ".kml", ".geojson", ".parquet", ".sqlite", ".db", ".xlsx", ".xls", ".ods", ".xlsb"]
)
def test_binary_junk_is_refused_under_any_name(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"坏{suffix}").write_bytes(bytes(range(256)) * 40)
    told = str(outcome(tmp_path, Source("grids", f"坏{suffix}")))
    assert "读不出来" in told or "不是" in told
    assert str(tmp_path) not in told


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
def test_a_shapefile_with_a_part_cut_off_is_refused(tmp_path: Path, part: str) -> None:
    source = write_grids(tmp_path)
    raw = (tmp_path / f"网格{part}").read_bytes()
    (tmp_path / f"网格{part}").write_bytes(raw[:60])
    assert isinstance(outcome(tmp_path, write_units(tmp_path), source), str)


@pytest.mark.parametrize(
    "lines", [["a," * 1_000_000], ["流水号,单元代码"] * 100 + ["a," * 1_000_000]], ids=["first", "later"]
)
def test_a_million_columns_are_refused(tmp_path: Path, lines: list[str]) -> None:
    (tmp_path / "资金.csv").write_text("\n".join(lines), encoding="utf-8")
    assert "不像是一张表" in str(outcome(tmp_path, Source("funds", "资金.csv")))


def test_a_cell_of_twenty_megabytes_takes_no_time(tmp_path: Path) -> None:
    (tmp_path / "资金.csv").write_text(",".join(HEAD) + "\n" + "x" * 20_000_000, encoding="utf-8")
    outcome(tmp_path, Source("funds", "资金.csv"))


def test_a_line_longer_than_any_table_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_LONGEST_LINE", 1_000_000)
    lines = ",".join(HEAD) + "\n" + "x" * 999_999
    (tmp_path / "资金.csv").write_text(lines, encoding="utf-8")
    assert "不是正常的表格" not in str(outcome(tmp_path, Source("funds", "资金.csv")))
    for more in ("xx", "xx\n"):
        (tmp_path / "资金.csv").write_text(lines + more, encoding="utf-8")
        assert "有一行长达 0 MB，不是正常的表格" in str(outcome(tmp_path, Source("funds", "资金.csv")))


@pytest.mark.parametrize(
    "shape",
    [
        "GEOMETRYCOLLECTION(" * 20_000,
        "0107000000" + "01000000" + ("0107000000" + "01000000") * 20_000,
        "0103000000FFFFFFFF05000000",
    ],
)
def test_a_shape_nested_to_break_the_parser_is_only_unreadable(tmp_path: Path, shape: str) -> None:
    write_csv(tmp_path / "网格.csv", [["网格编码", "单元代码", "wkt"], ["1", TAIPING, shape]], encoding="utf-8")
    intake = outcome(tmp_path, write_units(tmp_path), Source("grids", "网格.csv"))
    assert not isinstance(intake, str)
    assert intake.findings["rule"].tolist() == ["unreadable_shape"]


def test_an_open_quote_is_refused(tmp_path: Path) -> None:
    (tmp_path / "资金.csv").write_text('流水号,"单元代码\n1,2\n', encoding="utf-8")
    assert "引号" in str(outcome(tmp_path, Source("funds", "资金.csv")))


def test_only_headers_are_noted(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [HEAD])
    intake = outcome(tmp_path, Source("funds", "资金.xlsx"))
    assert not isinstance(intake, str)
    assert intake.findings["rule"].tolist() == ["no_rows"]


def test_a_second_column_of_one_name_is_told_and_the_first_is_used(tmp_path: Path) -> None:
    write_sheet(tmp_path / "资金.xlsx", [[*HEAD, "金额（万元）"], [*ROW, 7]])
    intake = outcome(tmp_path, Source("funds", "资金.xlsx"))
    assert not isinstance(intake, str)
    assert intake.findings["rule"].tolist() == ["duplicate_column"]
    assert intake.tables["funds"]["amount_yuan"].tolist() == [10_000]


def test_mixed_types_in_a_column_are_named_cell_by_cell(tmp_path: Path) -> None:
    rows = [["2", TAIPING, "2018-05-01", "支出", "修路", "约三百"], ["3", TAIPING, True, "支出", 5, 2]]
    write_sheet(tmp_path / "资金.xlsx", [HEAD, ROW, *rows])
    intake = outcome(tmp_path, Source("funds", "资金.xlsx"))
    assert not isinstance(intake, str)
    assert dict(zip(intake.findings["cell"], intake.findings["rule"], strict=True)) == {
        "F3": "unreadable_number",
        "C4": "unreadable_date",
    }


# -- good files mangled in every one of these ways


def _cut(raw: bytes, at: float) -> bytes:
    return raw[: int(at * len(raw))]


def _overwritten(raw: bytes, at: float) -> bytes:
    start = int(at * len(raw))
    return raw[:start] + b'\xff\x00\xfe<&"' + raw[start + 6 :]


def _dropped(raw: bytes, at: float) -> bytes:
    start = int(at * len(raw))
    return raw[:start] + raw[start + 40 :]


def _doubled(raw: bytes, at: float) -> bytes:
    return raw + raw[int(at * len(raw)) :]


def _text(change: Callable[[str], str]) -> Callable[[bytes, float], bytes]:
    """Mangle what a text file says; a workbook is left as it is."""

    def mangled(raw: bytes, at: float) -> bytes:
        try:
            return change(raw.decode("gb18030")).encode("gb18030")
        except UnicodeDecodeError:
            return raw

    return mangled


MANGLES: dict[str, Callable[[bytes, float], bytes]] = {
    "emptied": lambda raw, at: b"",
    "cut": _cut,
    "overwritten": _overwritten,
    "dropped": _dropped,
    "doubled": _doubled,
    "junk": lambda raw, at: bytes(reversed(raw)),
    "headers only": _text(lambda text: text.partition("\n")[0]),
    "headers twice": _text(lambda text: text.partition("\n")[0] + "\n" + text),
    "same header": _text(lambda text: text.replace("收支", "金额（万元）")),
    "codes as floats": _text(lambda text: re.sub(r"(\d{12})", r"\1.0", text)),
    "codes in exponents": _text(lambda text: re.sub(r"\d{12}", "2.30102E+11", text)),
    "failed formulas": _text(lambda text: text.replace("修路", "#REF!").replace("1.5", "#REF!")),
    "words for numbers": _text(lambda text: text.replace("1.5", "若干")),
    "many columns": _text(lambda text: text.replace("\n", "," * 17_000 + "\n", 1)),
}
NAMES = {
    "行政单元.xlsx": "units",
    "设施台账.xlsx": "facilities",
    "资金.csv": "funds",
    "网格.gpkg": "grids",
    "网格.kml": "grids",
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    write_units(folder)
    write_facilities(folder, [facility(1), facility(2, XINFA)])
    rows = [["1", TAIPING, "2018.5.3", "支出", "修路", 1.5], ["2", XINFA, "2018年6月", "拨入", "修路", "1.5"]]
    write_csv(folder / "资金.csv", [HEAD, *rows], encoding="gb18030")
    grid_frame().to_file(folder / "网格.gpkg")
    grid_frame().to_file(folder / "网格.kml", driver="KML")
    return folder


@pytest.mark.long
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(list(NAMES)),
    mangles=st.lists(st.sampled_from(list(MANGLES)), min_size=1, max_size=2),
    at=st.floats(0, 1),
    alias=st.sampled_from(["", ".csv", ".xlsx", ".xls", ".gpkg", ".kml", ".parquet"]),
)
def test_a_mangled_file_gets_findings_or_a_clear_error(
    originals: Path, tmp_path: Path, name: str, mangles: list[str], at: float, alias: str
) -> None:
    raw = (originals / name).read_bytes()
    for one in mangles:
        raw = MANGLES[one](raw, at)
    target = Path(name).stem + (alias or Path(name).suffix)
    shutil.rmtree(tmp_path, ignore_errors=True)
    tmp_path.mkdir()
    (tmp_path / target).write_bytes(raw)
    intake = outcome(tmp_path, Source(NAMES[name], target))
    if isinstance(intake, str):
        return
    account = intake.accounts.iloc[0]
    assert account["rows_read"] == account["rows_used"] + account["rows_set_aside"] + account["rows_left_out"]
    if account["rows_set_aside"] or account["rows_left_out"]:
        assert len(intake.findings)
    if name == "资金.csv" and len(intake.tables["funds"]):
        # whatever happened to the file, an amount that is used is one that was written
        assert (
            set(intake.tables["funds"]["amount_yuan"]) <= {15_000.0, 10_000.0, 50_000.0, 0.0, 150_000.0}
            or "dropped" in mangles
            or "overwritten" in mangles
            or "cut" in mangles
        )
