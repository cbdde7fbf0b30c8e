"""What a workbook's own parts say that its reader does not: failed formulas, hidden rows, how far a sheet reaches."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govkit.intake.formats import biff

# what stands in for a formula that was written by a program and never computed (listed in catalogue/cells.toml)
_NOT_COMPUTED = "#公式未计算"
# some programs write every tag with a prefix, <x:c …>
_CELL_AT = rb"<(?:\w+:)?c\b(?=[^>]*[^/]>)[^>]*\br=[\"']([A-Z]+)([0-9]+)[\"']"
_FORMULA = rb"<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)"
_EMPTY_FORMULA = re.compile(
    _CELL_AT + rb"[^>]*>" + _FORMULA + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_ERROR_CELL = re.compile(
    rb"(?=<(?:\w+:)?c\b[^>]*\bt=[\"']e[\"'])" + _CELL_AT + rb"[^>]*>(?:" + _FORMULA + rb")?<(?:\w+:)?v>([^<]*)</"
)
# a cell that holds something: a value, a formula or a text of its own
_FILLED_CELL = re.compile(_CELL_AT)
_FAR_CELL = re.compile(rb"\br=[\"'](?:[A-Z]{2}|[A-Z][0-9]{7})")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b(?=[^>]*\bhidden=[\"'](?:1|true))[^>]*\br=[\"']([0-9]+)")
_HIDDEN_COLUMN = re.compile(rb"<(?:\w+:)?col\b(?=[^>]*\bhidden=[\"'](?:1|true))[^>]*>")
_BOUND = re.compile(rb"\b(min|max)=[\"']([0-9]+)")
_ODS_SHEET = re.compile(rb'<table:table\b[^>]*\btable:name="([^"]*)"[^>]*>(.*?)</table:table>', re.DOTALL)
_ODS_ROW = re.compile(rb"<table:table-row\b([^>]*?)(?:/>|>(.*?)</table:table-row>)", re.DOTALL)
_ODS_CELL = re.compile(
    rb"<table:(?:covered-)?table-cell\b([^>]*?)(?:/>|>(.*?)</table:(?:covered-)?table-cell>)", re.DOTALL
)
_ODS_TEXT = re.compile(rb"<text:p[^>]*>([^<]*)</text:p>")
_ODS_ERROR = re.compile(rb"#[A-Z/0]+[!?]|#N/A|Err:[0-9]+")
_ROWS_REPEATED = re.compile(rb'\btable:number-rows-repeated="([0-9]+)"')
_ROWS_SPANNED = re.compile(rb'\btable:number-rows-spanned="([0-9]+)"')
_COLUMNS_SPANNED = re.compile(rb'\btable:number-columns-spanned="([0-9]+)"')
# hidden rows or columns beyond this are the empty rest of a sheet
_MOST_NAMED = 1024
_COLUMNS_REPEATED = re.compile(rb'\btable:number-columns-repeated="([0-9]+)"')


@dataclass(frozen=True)
class SheetParts:
    """Facts about one sheet, positions counted from 0.

    ``failed``: (row, column) → what the cell shows (#REF! …). ``rows`` and ``columns``: how far filled cells reach, 0
    where that is not known. ``merged``: as in ``Grid``, for an .ods alone.
    """

    failed: Mapping[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    rows: int = 0
    columns: int = 0
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read_parts(path: Path, names: list[str]) -> dict[str, SheetParts]:
    """Return the facts of every sheet of an .xlsx, .xlsm, .ods or .xls; other files have none.

    A damaged file raises what zipfile raises.
    """
    suffix = path.suffix.lower()
    if suffix in {".xlsx", ".xlsm"} and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return {name: _of_xml(archive.read(part)) for name, part in _sheet_parts(archive, names).items()}
    if suffix == ".ods" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            xml = archive.read("content.xml") if "content.xml" in archive.namelist() else b""
        sheets = [body for _, body in _ODS_SHEET.findall(xml)]
        return {name: _of_ods(body) for name, body in zip(names, sheets, strict=False)}
    if suffix == ".xls":
        found = biff.scan(path.read_bytes())
        return {n: SheetParts(s.failed, s.hidden_rows, s.hidden_columns) for n, s in zip(names, found, strict=False)}
    return {}


def _of_xml(xml: bytes) -> SheetParts:
    cells = _ERROR_CELL.findall(xml) if re.search(rb"\bt=[\"']e[\"']", xml) else []
    cells += [(*at, _NOT_COMPUTED.encode()) for at in _EMPTY_FORMULA.findall(xml)] if b"f>" in xml else []
    failed = {(int(r) - 1, position(c.decode())): v.decode("utf-8", "replace") for c, r, v in cells}
    hidden = tuple(int(r) - 1 for r in _HIDDEN_ROW.findall(xml)) if b"hidden=" in xml else ()
    rows, columns = _reach(xml)
    return SheetParts(failed, hidden, _hidden_columns(xml), rows, columns)


def _reach(xml: bytes) -> tuple[int, int]:
    """Return how many rows and columns the filled cells need, (0, 0) for a sheet within Z999999."""
    if not _FAR_CELL.search(xml):
        return 0, 0
    rows, letters = 0, set()
    for found in _FILLED_CELL.finditer(xml):
        rows = max(rows, int(found[2]))
        letters.add(found[1])
    return rows, 1 + max((position(one.decode()) for one in letters), default=-1)


def _hidden_columns(xml: bytes) -> tuple[int, ...]:
    found: list[int] = []
    for tag in _HIDDEN_COLUMN.findall(xml):
        bounds = {key: int(value) for key, value in _BOUND.findall(tag)}
        found += range(bounds.get(b"min", 1) - 1, min(bounds.get(b"max", 0), _MOST_NAMED))
    return tuple(found)


def _of_ods(xml: bytes) -> SheetParts:
    failed: dict[tuple[int, int], str] = {}
    hidden: list[int] = []
    merged: list[tuple[int, int, int, int]] = []
    row, rows, columns = 0, 0, 0
    for head, body in _ODS_ROW.findall(xml):
        times = _repeated(_ROWS_REPEATED, head)
        reach, wrong, spans = _of_ods_row(body)
        if b'table:visibility="' in head and reach:
            hidden += range(row, row + min(times, _MOST_NAMED))
        failed |= {(row, at): shown for at, shown in wrong.items()}
        merged += [(row, at, row + down - 1, at + across - 1) for at, (down, across) in spans.items()]
        row += times
        rows, columns = (row if reach else rows), max(columns, reach)
    return SheetParts(failed, tuple(hidden), (), rows, columns, tuple(merged))


def _of_ods_row(body: bytes) -> tuple[int, dict[int, str], dict[int, tuple[int, int]]]:
    """Return how many columns of a row are filled, and by position its failed formulas and merged ranges' sizes."""
    at, reach, failed, spans = 0, 0, {}, {}
    for head, inside in _ODS_CELL.findall(body):
        if inside:
            reach = at + _repeated(_COLUMNS_REPEATED, head)
            text = _ODS_TEXT.search(inside)
            if b"table:formula" in head and text and _ODS_ERROR.fullmatch(text[1]):
                # LibreOffice writes its own numbers for errors that have no name
                failed[at] = text[1].decode() if text[1].startswith(b"#") else "#VALUE!"
        if b"-spanned=" in head:
            spans[at] = _repeated(_ROWS_SPANNED, head), _repeated(_COLUMNS_SPANNED, head)
        at += _repeated(_COLUMNS_REPEATED, head)
    return reach, failed, spans


def _repeated(pattern: re.Pattern[bytes], head: bytes) -> int:
    found = pattern.search(head)
    return int(found[1]) if found else 1


def _sheet_parts(archive: zipfile.ZipFile, names: list[str]) -> dict[str, str]:
    """Map sheet names to their XML parts, by the relations the workbook itself states."""
    try:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return {}
    targets = {}
    for tag in re.findall(r"<Relationship\b[^>]*>", links):
        key, target = re.search(r'\bId="([^"]+)"', tag), re.search(r'\bTarget="([^"]+)"', tag)
        if key and target:
            targets[key.group(1)] = target.group(1).lstrip("/").removeprefix("xl/")
    ids = re.findall(r'<sheet\b[^>]*\br:id="([^"]+)"', book)
    parts = [f"xl/{targets[key]}" for key in ids if key in targets]
    held = set(archive.namelist())
    return {name: part for name, part in zip(names, parts, strict=False) if part in held}


def position(letters: str) -> int:
    """Return the position from 0 of a column by its letters.

    >>> position("A"), position("AB")
    (0, 27)
    """
    value = 0
    for letter in letters:
        value = value * 26 + ord(letter) - 64
    return value - 1
