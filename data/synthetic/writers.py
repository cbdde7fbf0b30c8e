"""Files as bureaus keep them, with the same bytes at every run: workbooks, wide and long CSV, Shapefiles."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import xlsxwriter

_CREATED = dt.datetime(2019, 1, 10, 9, 0, 0)  # noqa: DTZ001
_DBF_DATE = "2019-01-10"


def write_workbook(
    path: Path,
    frame: pd.DataFrame,
    *,
    sheet: str,
    title: str = "",
    groups: Sequence[str] = (),
    totals: Sequence[str] = (),
    note: str = "",
    merged: Sequence[str] = (),
    split: str = "",
) -> int:
    """Write one sheet and return the number of its first data row (from 1).

    ``groups`` names a head above each column ("" for none); neighbours with the same name share a merged cell.
    ``totals`` are the columns summed in a row 合计 below the data; ``note`` stands below that. In the columns
    ``merged`` equal cells below each other are one. With ``split`` there is a sheet for every value of that column,
    named like it, and the column itself is not written.
    """
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": _CREATED, "author": "", "company": ""})
    first = 0
    for name, part in sheets_of(frame, sheet=sheet, split=split).items():
        first = _write_page(book, name, part, title, groups, totals, note, merged)
    book.close()
    return first


def sheets_of(frame: pd.DataFrame, *, sheet: str, split: str) -> dict[str, pd.DataFrame]:
    """Return what stands on each sheet of a workbook, by its name."""
    if not split:
        return {sheet: frame}
    return {str(value): part.drop(columns=split) for value, part in frame.groupby(split, sort=False)}


def _write_page(
    book: xlsxwriter.Workbook,
    sheet: str,
    frame: pd.DataFrame,
    title: str,
    groups: Sequence[str],
    totals: Sequence[str],
    note: str,
    merged: Sequence[str],
) -> int:
    """Write one sheet and return the number of its first data row."""
    page = book.add_worksheet(sheet)
    centred = {"bold": True, "align": "center", "valign": "vcenter"}
    looks = {
        "title": book.add_format({**centred, "font_size": 16}),
        "head": book.add_format({**centred, "border": 1, "text_wrap": True, "bg_color": "#E8EEF4"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "middle": book.add_format({"valign": "vcenter"}),
    }
    row = 0
    if title:
        page.merge_range(0, 0, 0, len(frame.columns) - 1, title, looks["title"])
        row = 1
    row = _write_heads(page, frame, groups, row, looks["head"])
    first = row
    for line in frame.itertuples(index=False, name=None):
        _write_line(page, row, line, looks["date"])
        row += 1
    for name in merged:
        _merge_down(page, frame, name, first, looks["middle"])
    page.freeze_panes(first, 2)
    for position, name in enumerate(frame.columns):
        longest = max([_width(name), *(_width(value) for value in frame.iloc[:60, position])])
        page.set_column(position, position, min(42, longest + 2))
    if totals:
        page.write_string(row, 0, "合计", looks["head"])
        for name in totals:
            page.write_number(row, list(frame.columns).index(name), _sum(frame[name]))
        row += 1
    if note:
        page.write_string(row, 0, note)
    return first + 1


def _merge_down(
    page: xlsxwriter.worksheet.Worksheet, frame: pd.DataFrame, name: str, first: int, look: xlsxwriter.format.Format
) -> None:
    """Merge equal texts of a column that stand below each other."""
    column, values = list(frame.columns).index(name), frame[name].to_list()
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            if end - start > 1:
                page.merge_range(first + start, column, first + end - 1, column, values[start], look)
            start = end


def _write_heads(
    page: xlsxwriter.worksheet.Worksheet,
    frame: pd.DataFrame,
    groups: Sequence[str],
    row: int,
    look: xlsxwriter.format.Format,
) -> int:
    """Write one head row, or two with merged groups; columns without a group are merged downwards."""
    names = list(frame.columns)
    if not groups:
        page.write_row(row, 0, names, look)
        return row + 1
    start = 0
    while start < len(names):
        end = start
        while groups[start] and end + 1 < len(names) and groups[end + 1] == groups[start]:
            end += 1
        if not groups[start]:
            page.merge_range(row, start, row + 1, start, names[start], look)
        else:
            page.merge_range(row, start, row, end, groups[start], look)
            for position in range(start, end + 1):
                page.write_string(row + 1, position, names[position], look)
        start = end + 1
    return row + 2


def _write_line(
    page: xlsxwriter.worksheet.Worksheet, row: int, line: Sequence[object], date: xlsxwriter.format.Format
) -> None:
    for position, value in enumerate(line):
        if value is None or value is pd.NaT or value is pd.NA or value != value:
            continue
        if isinstance(value, dt.date):
            page.write_datetime(row, position, value, date)
        elif isinstance(value, str):
            page.write_string(row, position, value)
        else:
            page.write_number(row, position, float(value))  # type: ignore[arg-type]


def _width(value: object) -> int:
    text = "" if value is None or value != value else str(value)
    return sum(1 if character.isascii() else 2 for character in text)


def _sum(values: pd.Series) -> float:
    """Return what SUM() gives: texts count for nothing."""
    return round(float(pd.to_numeric(values, errors="coerce").sum()), 2)


def write_csv(path: Path, frame: pd.DataFrame, *, encoding: str) -> int:
    """Write a CSV with Windows line ends and return the number of its first data row."""
    frame.to_csv(path, index=False, encoding=encoding, lineterminator="\r\n")
    return 2


def write_shapefile(path: Path, frame: gpd.GeoDataFrame, *, tight: bool = False) -> int:
    """Write a Shapefile in GBK with a fixed date and return the number of its first record.

    ``tight`` makes its text fields no wider than their longest value; they have 80 bytes otherwise.
    """
    options = {"DBF_DATE_LAST_UPDATE": _DBF_DATE} | ({"RESIZE": "YES"} if tight else {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(path, engine="pyogrio", driver="ESRI Shapefile", encoding="GBK", **options)
    return 1
