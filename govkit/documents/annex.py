"""The annex of a report as a workbook: every table whole, one a sheet, numbers as numbers, with a list of contents."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from govkit.documents.pdf.file import made_on
from govkit.documents.pdf.typesetting import text_width
from govkit.documents.read.blocks import Column, Heading, TableBlock
from govkit.documents.read.tree import Document, plain, walk
from govkit.documents.read.words import section
from govkit.documents.read.words import words as own_words
from govkit.files import write_whole

_NUMBER = re.compile(r"[-+−]?\d[\d,]*(\.\d+)?%?")
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
_MOST_SIGNS = 31  # of a sheet's name
_NUMBERED = {"integer", "number", "percent", "points"}


def write_annex(document: Document, path: Path) -> Document:
    """Write every table of ``document`` as a sheet of its own and return the document.

    A report without a table has a workbook that says so. Same document, same bytes. Raises ReportError if the file
    cannot be written.
    """
    out, cover = io.BytesIO(), dict(document.cover or {})
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    author, created = str(cover.get("issuer") or ""), made_on(cover).replace(tzinfo=None)
    book.set_properties({"title": document.title, "author": author, "created": created})
    placed = _tables(document)
    names = sheet_names([table for table, _ in placed])
    _write_contents(book, document, placed, names)
    for (table, _), name in zip(placed, names, strict=True):
        _write_table(book, book.add_worksheet(name), table)
    for sheet in book.worksheets() if cover.get("stage") else ():
        sheet.set_header(f"&R{cover['stage']}")
    book.close()
    write_whole(path, out.getvalue())
    return document


def _tables(document: Document) -> list[tuple[TableBlock, str]]:
    """Return every table with the heading it stands under."""
    found, under = [], ""
    for block in walk(document.blocks):
        if isinstance(block, Heading):
            under = f"{block.number}{plain(block.runs)}"
        elif isinstance(block, TableBlock):
            found.append((block, under))
    return found


def sheet_names(tables: Sequence[TableBlock]) -> list[str]:
    """Return a name for each sheet: 表1 and as much of the title as Excel takes, never twice the same.

    >>> sheet_names([TableBlock("得分/名次", (), (), number=3)])
    ['表3 得分 名次']
    """
    word = own_words["table"]
    return [
        f"{word}{table.number} {_NO_SHEET_NAME.sub(' ', table.title)}".strip()[:_MOST_SIGNS].strip() for table in tables
    ]


def _write_contents(
    book: Workbook, document: Document, placed: Sequence[tuple[TableBlock, str]], names: Sequence[str]
) -> None:
    words, cover = section("annex"), dict(document.cover or {})
    sheet = book.add_worksheet(words["contents"])
    bold, link = (
        book.add_format({"bold": True, "font_size": 14}),
        book.add_format({"font_color": "#1f3a5f", "underline": 1}),
    )
    head = book.add_format({"bold": True, "bottom": 1})
    sheet.write_string(0, 0, f"{document.title}{words['title']}", bold)
    lines = [cover.get("stage"), cover.get("period"), cover.get("issuer"), cover.get("synthetic"), words["remark"]]
    at = 1
    for line in lines:
        if line:
            sheet.write_string(at, 0, str(line))
            at += 1
    at += 1
    for column, word in enumerate(words["heads"]):
        sheet.write_string(at, column, word, head)
    for (table, under), name in zip(placed, names, strict=True):
        at += 1
        sheet.write_url(at, 0, f"internal:'{name}'!A1", link, f"{own_words['table']}{table.number}")
        sheet.write_string(at, 1, table.title)
        sheet.write_number(at, 2, len(table.rows))
        sheet.write_string(at, 3, under)
    if not placed:
        sheet.write_string(at + 1, 0, words["none"])
    for column, width in enumerate((10, 46, 8, 30)):
        sheet.set_column(column, column, width)


def _write_table(book: Workbook, sheet: Worksheet, table: TableBlock) -> None:
    bold, small = (
        book.add_format({"bold": True, "font_size": 13}),
        book.add_format({"font_color": "#4a4f57", "text_wrap": False}),
    )
    head = book.add_format(
        {"bold": True, "top": 2, "bottom": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
    )
    words = section("annex")
    sheet.write_string(0, 0, f"{own_words['table']}{table.number}　{table.title}", bold)
    sheet.write_url(1, 0, f"internal:'{words['contents']}'!A1", None, words["back"])
    top = _write_heads(sheet, table, head)
    forms: dict[tuple[str, bool], Any] = {}
    for at, row in enumerate(table.rows):
        strong = at in table.emphasis
        for place, (text, column) in enumerate(zip(row, table.columns, strict=True)):
            _write_cell(book, sheet, (top + at, place), text, column, forms, strong=strong)
    foot = top + len(table.rows)
    for at, text in enumerate(text for text in (table.note, table.source) if text):
        sheet.write_string(foot + 1 + at, 0, text, small)
    sheet.freeze_panes(top, 1)
    if table.rows:
        sheet.autofilter(top - 1, 0, foot - 1, len(table.columns) - 1)
    for place, column in enumerate(table.columns):
        widest = max((text_width(row[place]) for row in table.rows), default=0.0)
        sheet.set_column(place, place, min(max(widest * 2, text_width(column.head) + 3, 8), 60))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(2, top - 1)


def _write_heads(sheet: Worksheet, table: TableBlock, form: Any) -> int:
    """Write one head row or two and return the first row below."""
    at = 2
    if table.grouped:
        place = 0
        for group, span in table.groups:
            if group and span > 1:
                sheet.merge_range(at, place, at, place + span - 1, group, form)
            else:
                sheet.write_string(at, place, group, form)
            place += span
        at += 1
    for place, column in enumerate(table.columns):
        sheet.write_string(at, place, column.head, form)
    return at + 1


def _write_cell(
    book: Workbook,
    sheet: Worksheet,
    place: tuple[int, int],
    text: str,
    column: Column,
    forms: dict[tuple[str, bool], Any],
    *,
    strong: bool,
) -> None:
    """Write a cell: a number as a number with the decimals it is printed with, anything else as text."""
    pattern, value = _value(text, column)
    key = (pattern, strong)
    if key not in forms:
        forms[key] = book.add_format({"num_format": pattern or "@", "bold": strong, "font_color": "#222222"})
    if value is None:
        sheet.write_string(*place, text, forms[key])
    else:
        sheet.write_number(*place, value, forms[key])


def _value(text: str, column: Column) -> tuple[str, float | None]:
    """Return the number format and the number of a printed text, ("", None) if it is none.

    >>> _value("1,234.5", Column("面积", kind="number")), _value("—", Column("面积", kind="number"))
    (('#,##0.0', 1234.5), ('', None))
    """
    if column.kind not in _NUMBERED or not _NUMBER.fullmatch(text):
        return "", None
    plain_text = text.replace(",", "").replace("−", "-")
    percent = plain_text.endswith("%")
    value = float(plain_text.rstrip("%"))
    decimals = len(plain_text.rstrip("%").partition(".")[2])
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    pattern = f"+{pattern};-{pattern};{pattern}" if plain_text.startswith("+") else pattern
    return (f"{pattern}%", value / 100) if percent else (pattern, value)
