"""A form as an Excel workbook, opened by openpyxl: look, formulas and merged cells stay as they are."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment
from openpyxl.utils import get_column_letter, range_boundaries

from govkit import catalogue
from govkit.errors import SourceError
from govkit.forms.recognise import Cell

_SUM = re.compile(r"^=SUM\(\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)\)$", re.IGNORECASE)
_MOST_ROWS, _MOST_COLUMNS = 5000, 300


def open_form(path: Path) -> Workbook:
    """Open a workbook. Raises SourceError if it is none or damaged."""
    try:
        return Workbook(openpyxl.load_workbook(path, keep_vba=path.suffix.lower() == ".xlsm"))
    except Exception as error:  # openpyxl lets through whatever its parsers raise
        raise SourceError(
            f"表样打不开：{error}", where=path.name, todo="请在 Excel 中打开，另存为 .xlsx 后重试。"
        ) from None


class Workbook:
    """A workbook to fill in."""

    def __init__(self, book: Any) -> None:
        self._book = book

    def sheets(self) -> Iterable[tuple[str, list[Cell]]]:
        """Yield every visible sheet with its cells."""
        for sheet in self._book.worksheets:
            if sheet.sheet_state == "visible":
                yield sheet.title, self._cells(sheet)

    def left_out(self) -> Iterable[str]:
        """Yield what is hidden, which nobody fills in: sheets, and rows and columns of the others."""
        for sheet in self._book.worksheets:
            rows, columns = _hidden(sheet)
            if sheet.sheet_state != "visible":
                yield f"工作表“{sheet.title}”"
            elif rows or columns:
                named = [f"第 {'、'.join(map(str, sorted(rows)))} 行"] * bool(rows)
                named += [f"{'、'.join(map(get_column_letter, sorted(columns)))} 列"] * bool(columns)
                yield f"工作表“{sheet.title}”{'、'.join(named)}"

    def _cells(self, sheet: Any) -> list[Cell]:
        firsts: dict[tuple[int, int], tuple[int, int]] = {}
        for merged in sheet.merged_cells.ranges:
            for row in range(merged.min_row, merged.max_row + 1):
                for column in range(merged.min_col, merged.max_col + 1):
                    firsts[row, column] = merged.min_row, merged.min_col
        found = []
        rows, columns = _hidden(sheet)
        for row in range(1, min(sheet.max_row, _MOST_ROWS) + 1):
            # one column beyond the last: what stands to the right of a label there is empty, and not in the file
            for column in range(1, min(sheet.max_column + 1, _MOST_COLUMNS) + 1):
                first = firsts.get((row, column), (row, column))
                value = sheet.cell(*first).value
                shown = row not in rows and column not in columns
                found.append(
                    Cell(row - 1, column - 1, _text(value), value is None and first == (row, column) and shown)
                )
        return found

    def place(self, sheet: str, cell: Cell) -> str:
        """Return what the clerk calls a cell."""
        return f"{sheet} {get_column_letter(cell.column + 1)}{cell.row + 1}"

    def shows_percent(self, sheet: str, cell: Cell) -> bool:
        """Whether a cell is formatted to show a share as per cent."""
        return "%" in self._at(sheet, cell).number_format

    def fill(self, sheet: str, cell: Cell, value: float, *, text: str, comment: str, mark: str) -> None:
        """Put a number in a cell, or a text where a mark stands in the midst of one."""
        there = self._at(sheet, cell)
        within = mark and str(there.value).strip() != mark
        there.value = str(there.value).replace(mark, text, 1) if within else value
        if not within and there.number_format == "General" and text.endswith("%"):
            there.number_format = "0.0%"
        if within and there.comment:
            comment = f"{there.comment.text}\n{comment}"
        there.comment = Comment(comment, catalogue.load("forms")["words"]["author"], width=320, height=120)

    def sums(self, sheet: str) -> Iterable[tuple[Cell, list[Cell]]]:
        """Yield every cell that adds up a range, with the cells of that range."""
        for row in self._book[sheet].iter_rows():
            for one in row:
                hit = _SUM.match(one.value) if isinstance(one.value, str) else None
                if hit:
                    left, top, right, bottom = range_boundaries(f"{hit[1]}{hit[2]}:{hit[3]}{hit[4]}")
                    parts = [Cell(r - 1, c - 1) for r in range(top, bottom + 1) for c in range(left, right + 1)]
                    yield Cell(one.row - 1, one.column - 1), parts

    def content(self) -> bytes:
        """Return the workbook's bytes."""
        file = io.BytesIO()
        self._book.save(file)
        return file.getvalue()

    def _at(self, sheet: str, cell: Cell) -> Any:
        return self._book[sheet].cell(cell.row + 1, cell.column + 1)


def _hidden(sheet: Any) -> tuple[set[int], set[int]]:
    """Return the numbers of the rows and columns of a sheet that are hidden or filtered out, from 1."""
    columns = (range(one.min, one.max + 1) for one in sheet.column_dimensions.values() if one.hidden)
    rows = {number for number, one in sheet.row_dimensions.items() if one.hidden and number <= sheet.max_row}
    return rows, {at for part in columns for at in part if at <= sheet.max_column}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
