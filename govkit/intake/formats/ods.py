"""What an OpenDocument spreadsheet says that its reader does not: failed formulas, hidden rows, merged ranges."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from govkit.intake.formats.package import MOST_NAMED, SheetParts

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
_COLUMNS_REPEATED = re.compile(rb'\btable:number-columns-repeated="([0-9]+)"')


def read_parts(path: Path, names: list[str]) -> dict[str, SheetParts]:
    """Return the facts of every sheet of an .ods; a damaged file raises what zipfile raises."""
    with zipfile.ZipFile(path) as archive:
        xml = archive.read("content.xml") if "content.xml" in archive.namelist() else b""
    sheets = [body for _, body in _ODS_SHEET.findall(xml)]
    return {name: _of_ods(body) for name, body in zip(names, sheets, strict=False)}


def _of_ods(xml: bytes) -> SheetParts:
    failed: dict[tuple[int, int], str] = {}
    hidden: list[int] = []
    merged: list[tuple[int, int, int, int]] = []
    row, rows, columns = 0, 0, 0
    for head, body in _ODS_ROW.findall(xml):
        times = _repeated(_ROWS_REPEATED, head)
        reach, wrong, spans = _of_ods_row(body)
        if b'table:visibility="' in head and reach:
            hidden += range(row, row + min(times, MOST_NAMED))
        failed |= {(row, at): shown for at, shown in wrong.items()}
        merged += [(row, at, row + down - 1, at + across - 1) for at, (down, across) in spans.items()]
        row += times
        rows, columns = (row if reach else rows), max(columns, reach)
    return SheetParts(failed, hidden_rows=tuple(hidden), rows=rows, columns=columns, merged=tuple(merged))


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
