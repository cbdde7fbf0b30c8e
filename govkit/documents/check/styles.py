"""How check.xlsx looks: cell formats made once each, column widths, links, and texts that a workbook can hold."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from govkit import catalogue

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

TYPE = {"font_name": "宋体", "font_size": 11}
# Control characters, which the XML of comments cannot hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_LONGEST_NAME = 31
_TALLEST_ROW = 400.0


class Styles:
    """The formats of one workbook: every combination of properties is added to it once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, object], ...], Format] = {}

    def __call__(self, **properties: object) -> Format:
        """Return the format with these xlsxwriter properties."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**TYPE, "valign": "top", **properties})
        return self._made[key]

    @property
    def head(self) -> Format:
        """The head of a list."""
        return self(bold=True, bg_color="#E3EAF2", border=1, text_wrap=True, valign="vcenter", align="center")

    @property
    def body(self) -> Format:
        """A cell of a list."""
        return self(border=1, border_color="#C3C9D0", text_wrap=True)

    @property
    def link(self) -> Format:
        """A cell of a list that leads somewhere."""
        return self(border=1, border_color="#C3C9D0", text_wrap=True, font_color="#1F4E8C", underline=1)

    def marked(self, severity: str, **more: object) -> Format:
        """A faulty cell."""
        entry = catalogue.load("check")["severity"][severity]
        return self(bg_color=entry["fill"], font_color=entry["ink"], bold=True, border=1, num_format="@", **more)

    def tinted(self, severity: str, **more: object) -> Format:
        """A cell of a row that is faulty as a whole."""
        return self(bg_color=catalogue.load("check")["severity"][severity]["tint"], num_format="@", **more)


def units_wide(text: str) -> int:
    """Return how wide a text is, a Chinese character counting two.

    >>> units_wide("F17"), units_wide("单元")
    (3, 4)
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def column_width(texts: Iterable[str], *, least: int = 6, most: int = 36) -> int:
    """Return a column width in which these texts fit, within bounds."""
    return max(least, min(most, 2 + max((units_wide(line) for text in texts for line in text.split("\n")), default=0)))


def row_height(widths: Mapping[str, float], *, line: float = 15.0) -> float:
    """Return the height in points that these texts need in columns of these widths.

    Set in the file, because not every program finds it out by itself.
    """
    lines = [
        sum(1 + max(0, units_wide(part) - 1) // max(1, int(width) - 1) for part in text.split("\n"))
        for text, width in widths.items()
    ]
    return min(_TALLEST_ROW, line * max([1, *lines]))


def comment_text(text: str) -> str:
    """Return ``text`` as a comment can hold it."""
    return _CONTROL.sub("�", text)[:8000]


def sheet_title(wanted: str, taken: Iterable[str]) -> str:
    """Return a sheet name near ``wanted`` that spreadsheets allow and none in ``taken`` equals, letter case aside.

    >>> sheet_title("A/B", ["a_b"])
    'A_B~2'
    """
    used = {name.casefold() for name in taken}
    base = _FORBIDDEN.sub("_", wanted).strip("' ") or "_"
    base = base.encode("utf-16-le")[: 2 * _LONGEST_NAME].decode("utf-16-le", "ignore")
    name, number = base, 1
    while name.casefold() in used or name.casefold() == "history":
        number += 1
        name = f"{base[: _LONGEST_NAME - 1 - len(str(number))]}~{number}"
    return name


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
