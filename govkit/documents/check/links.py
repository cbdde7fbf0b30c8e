"""Links in check.xlsx: to a cell of its own sheets, and to a cell of the file a bureau sent."""

from __future__ import annotations

import os
from pathlib import Path

# What spreadsheets open at a click; a link to a Shapefile would only ask for a program.
_OPENED_AT_CELL = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_OPENED = (*_OPENED_AT_CELL, ".csv", ".tsv", ".txt")
_LONGEST = 250


def internal(sheet: str, cell: str) -> str:
    """Return a link to a cell of the same workbook.

    >>> internal("问题清单", "A2")
    "internal:'问题清单'!A2"
    """
    return f"internal:{_quoted(sheet)}!{cell}"


def external(path: Path, *, beside: Path, sheet: str = "", cell: str = "") -> str:
    """Return a link to a source file, relative to the folder ``beside``; ``""`` where none would work.

    A workbook is opened at its ``sheet`` and ``cell``. None works to another drive, to a vector file, or where the path
    holds a sign that links give a meaning of their own.
    """
    suffix = path.suffix.lower()
    try:
        relative = Path(os.path.relpath(path.resolve(), beside.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return ""
    place = f"#{_quoted(sheet)}!{cell or 'A1'}" if sheet and suffix in _OPENED_AT_CELL else ""
    works = suffix in _OPENED and not set('#%?"<>|*') & set(relative) and "#" not in sheet
    return f"external:{relative}{place}" if works and len(relative) + len(place) <= _LONGEST else ""


def _quoted(sheet: str) -> str:
    return "'" + sheet.replace("'", "''") + "'"
