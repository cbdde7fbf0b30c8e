"""Source files read once more as they stand, to show a clerk the rows around each faulty cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.formats.vector import read_layer
from govkit.intake.formats.workbook import read_workbook
from govkit.intake.reading import schema, sources
from govkit.intake.reading.columns import is_personal, match_word
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.grid import Grid
from govkit.intake.sheets.header import find_header
from govkit.intake.values.personal import NUMBER, mask_needed, names_listed

# Where a spreadsheet ends; a row of a longer file has no place in one.
_LAST_ROW = 1_048_576
_CELL = re.compile(r"([A-Z]+)([0-9]+)")


@dataclass(frozen=True)
class Sheet:
    """One sheet, delimited file or layer as it stands.

    ``cells``: text by position, missing is NA, data about single persons masked; line i is shown in spreadsheet row
    i + 1. A layer's first line holds its field names and its first column the feature numbers. ``header_end``: lines
    down to the last header row. ``merged``: as in ``intake.grid.Grid``. ``positions``: header text as findings name it
    → column. ``shift``: line of the file's row 1.
    """

    file: str
    name: str
    cells: pd.DataFrame
    header_end: int = 0
    merged: tuple[tuple[int, int, int, int], ...] = ()
    positions: Mapping[str, int] = field(default_factory=dict)
    shift: int = 0

    def place(self, *, row: int | None, column: str, cell: str) -> tuple[int, int | None] | None:
        """Return line and position (None: the whole line) that a finding means, None if it has no place here.

        A finding about a whole column is placed on its header; one inside a merged range on the range's first cell.
        """
        position = _position(cell) if cell else self.positions.get(column)
        line = self.header_end - 1 if row is None else row - 1 + self.shift
        if not 0 <= line < min(len(self.cells), _LAST_ROW):
            return None
        if position is None or position >= self.cells.shape[1]:
            return None if row is None else (line, None)
        for top, left, bottom, right in self.merged:
            if top <= line <= bottom and left <= position <= right:
                return top, left
        return line, position

    def shown(self, lines: Iterable[int], *, also: Iterable[int] = ()) -> np.ndarray:
        """Return the lines to show: all of a small sheet, else the header, ``lines``, their neighbours, ``also``."""
        limits = catalogue.load("check")["limits"]
        every = np.arange(min(len(self.cells), _LAST_ROW))
        if len(every) <= limits["whole_rows"] and self.cells.size <= limits["whole_cells"]:
            return every
        near = range(-limits["neighbours"], limits["neighbours"] + 1)
        wanted = {*range(self.header_end), *(line + step for line in lines for step in near), *also}
        return every[np.isin(every, sorted(wanted))]


def is_layer(file: str) -> bool:
    """Whether a file holds features, not rows."""
    return Path(file).suffix.lower() in sources.VECTOR


def read_sheets(folder: Path, source: Source, *, file: str) -> list[Sheet]:
    """Read one file of a source as it stands; ``file`` is its path relative to the zone folder.

    Raises SourceError if it cannot be read (any more).
    """
    source = replace(source, path=file)
    path = sources.locate(folder, source)
    suffix = path.suffix.lower()
    if suffix in sources.WORKBOOK:
        return [_of_grid(grid, source) for grid in read_workbook(path, source)]
    if suffix in sources.DELIMITED:
        return [_of_grid(read_delimited(path, source)[0], source)]
    if suffix in sources.VECTOR:
        return [_of_layer(path, source)]
    raise SourceError(f"不能再次读取这种文件：{suffix!r}", where=source.where)


def _of_grid(grid: Grid, source: Source) -> Sheet:
    table = schema.table(source.table)
    by_hand = tuple(source.columns.values())
    found = find_header(grid, table, extra=by_hand, row=source.header_row, rows=source.header_rows)
    headers, end = (found.headers, found.end) if found else ((), 0)
    return Sheet(
        file=source.path,
        name=grid.sheet,
        cells=_masked(grid.cells, [header.parts for header in headers], table, end),
        header_end=end,
        merged=grid.merged,
        positions=_first_positions([header.text for header in headers]),
    )


def _of_layer(path: Path, source: Source) -> Sheet:
    layer, table = read_layer(path, source), schema.table(source.table)
    head = [catalogue.load("check")["words"]["feature"], *layer.headers]
    numbers = pd.Series(range(1, len(layer.cells) + 1), dtype="int64").astype("str")
    body = pd.concat([numbers, layer.cells.reset_index(drop=True)], axis=1, ignore_index=True)
    cells = _masked(pd.concat([pd.DataFrame([head]), body], ignore_index=True), [(name,) for name in head], table, 1)
    positions = _first_positions(["", *layer.headers])
    return Sheet(file=source.path, name="", cells=cells, header_end=1, positions=positions, shift=1)


def _masked(cells: pd.DataFrame, headers: Sequence[tuple[str, ...]], table: schema.Table, end: int) -> pd.DataFrame:
    """Return cells without data about single persons: columns that intake does not need and that hold texts are
    hidden, whatever tells a person elsewhere is masked.
    """
    word, hidden = catalogue.load("check")["words"]["personal"], cells.copy(deep=False)
    needs = {at for at, parts in enumerate(headers) if match_word(parts, table) is not None}
    names = names_listed(cells.iloc[end:], {at: "".join(parts) for at, parts in enumerate(headers)}, needs)
    for position in cells:
        parts = headers[position] if position < len(headers) else ()
        column, head = cells[position], "".join(parts)
        below = column.notna() & (np.arange(len(column)) >= end)
        texts = column[below & ~column.str.fullmatch(NUMBER).fillna(True).astype(bool)]
        free = not parts or (name := match_word(parts, table)) is None or table[name].type != "code"
        unneeded = parts and position not in needs and (len(texts) > 0 or is_personal(head))
        masked = column if unneeded else mask_needed(column, names, head=head, free=free)[0]
        hidden[position] = column.mask(below, word) if unneeded else masked
    return hidden


def _first_positions(texts: list[str]) -> dict[str, int]:
    return {text: position for position, text in reversed(list(enumerate(texts))) if text}


def _position(cell: str) -> int | None:
    """Return the position, from 0, of the column a cell name such as F17 begins with."""
    named = _CELL.fullmatch(cell)
    if named is None:
        return None
    position = 0
    for letter in named.group(1):
        position = position * 26 + ord(letter) - 64
    return position - 1
