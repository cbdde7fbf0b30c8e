"""A sheet as it stands, before anything is known about it: text cells in their places."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit.intake.values import letters

_EXACT = 1e15


@dataclass(frozen=True)
class Grid:
    """One sheet or file.

    ``cells``: text, missing is NA, columns 0, 1, …; row i of the frame is row ``i + 1`` of the file. ``merged``: first
    row, first column, last row, last column of merged ranges, counted from 0. ``hidden``: the sheet is hidden;
    ``hidden_rows``, ``hidden_columns``: these are, counted from 0. ``decimal``: the decimal mark. By (row, column):
    ``struck`` cells are struck out, of ``partly`` a part is (and left out), ``unseen`` ones their format hides,
    ``rescaled`` ones show another number than they hold and nothing says so,
    ``comments`` are what somebody wrote beside a cell. ``bad_lines``: row → which byte is in no known encoding.
    ``remarks``: findings about the whole file, each a rule and its words. ``ragged``: lines may have more cells than
    the header (delimited files). ``short``: row → how many cells its line has, where others have more.
    ``depths``: (row, column) → how far in a text stands, in columns that say 其中 somewhere. ``late``: days are counted
    from 1904.
    """

    sheet: str
    cells: pd.DataFrame
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: bool = False
    hidden_rows: tuple[int, ...] = ()
    hidden_columns: tuple[int, ...] = ()
    decimal: str = "."
    struck: frozenset[tuple[int, int]] = frozenset()
    partly: frozenset[tuple[int, int]] = frozenset()
    unseen: frozenset[tuple[int, int]] = frozenset()
    rescaled: frozenset[tuple[int, int]] = frozenset()
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)
    bad_lines: Mapping[int, str] = field(default_factory=dict)
    remarks: tuple[tuple[str, Mapping[str, object]], ...] = ()
    ragged: bool = False
    short: Mapping[int, int] = field(default_factory=dict)
    depths: Mapping[tuple[int, int], int] = field(default_factory=dict)
    late: bool = False

    def remarking(self, rule: str, words: Mapping[str, object]) -> Grid:
        """Return the grid with one more finding about its file."""
        return replace(self, remarks=(*self.remarks, (rule, words)))


@dataclass(frozen=True)
class Layer:
    """A vector file or a table of a database: attribute cells as text, one header a column.

    ``geometry`` is in the file's own CRS (None if that is unknown), or None for a table without shapes. ``layer`` is
    the layer or table read, where there are several; ``also`` others that fit as well and were not read. ``datum``:
    what the format itself fixes. ``remarks``: as in ``Grid``.
    """

    headers: tuple[str, ...]
    cells: pd.DataFrame
    geometry: gpd.GeoSeries | None
    encoding: str = ""
    declared_encoding: str = ""
    layer: str = ""
    also: tuple[str, ...] = ()
    datum: str = ""
    remarks: tuple[tuple[str, Mapping[str, object]], ...] = ()


def as_text(value: object) -> str | None:
    """Return what a clerk sees in a cell; None for an empty one.

    Whole numbers lose their ".0", dates become ISO text, so that one parser serves every format.

    >>> as_text(230102019001.0), as_text(dt.date(2018, 5, 1)), as_text("  ")
    ('230102019001', '2018-05-01', None)
    """
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value != value:
            return None
        shown = repr(value) if abs(value) < _EXACT or "e" in repr(value) else f"{value:.14e}"
        # a spreadsheet keeps 15 digits and turns the rest to zeros: show an exponent, so that it is flagged
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else shown
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.timedelta):
        # hours go beyond a day, as the format [h]:mm:ss shows them
        seconds = round(value.total_seconds())
        return f"{'-' * (seconds < 0)}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def text_frame(rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Return rows of cell values as a frame of text, padded to the widest row."""
    width = max((len(row) for row in rows), default=0)
    cells = np.full((len(rows), width), None, dtype=object)
    for number, row in enumerate(rows):
        cells[number, : len(row)] = [as_text(value) for value in row]
    return pd.DataFrame({i: pd.Series(cells[:, i], dtype="str") for i in range(width)}, index=range(len(rows)))


def depths_of(
    cells: pd.DataFrame, raw: Callable[[int], Iterable[object]], formats: Mapping[tuple[int, int], int] | None = None
) -> dict[tuple[int, int], int]:
    """Return how far in texts stand, in the columns of ``cells`` that say 其中: by blanks before them, or by a format.

    ``raw``: position → the column's values with their blanks; ``formats``: what formats say, by (row, column).
    """
    found = {}
    for at in (one for one in cells if letters.holds_any(letters.texts(cells[one]), "其中".encode())):
        for row, value in enumerate(raw(at)):
            text = value if isinstance(value, str) else ""
            # a blank of full width is as wide as two
            blanks = sum(2 if sign == "\u3000" else 1 for sign in text[: len(text) - len(text.lstrip())])
            if depth := blanks + (formats or {}).get((row, at), 0):
                found[row, at] = depth
    return found


def column_letters(position: int) -> str:
    """Return what a spreadsheet calls a column, counted from 0.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def range_name(top: int, left: int, bottom: int, right: int) -> str:
    """Return what a spreadsheet calls a range of cells, counted from 0.

    >>> range_name(1, 0, 8, 1)
    'A2:B9'
    """
    return f"{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
