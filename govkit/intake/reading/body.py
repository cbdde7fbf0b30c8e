"""Rows below the header that are no data: sums, blank rows, notes, repeated headers; merged cells are filled down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from govkit import catalogue
from govkit.intake.reading.grid import Grid
from govkit.intake.reading.quantities import plain

# Words for a sum stand alone in their cell, so only short cells need a look.
_LONGEST_TOTAL = 12
# a note is told by its first words
_BEGINNING = 60


def body_cells(grid: Grid, end: int) -> pd.DataFrame:
    """Return the cells below a header that ends before row ``end``; merged cells are filled down, not across."""
    body = grid.cells.iloc[end:].copy()
    for first_row, first, last_row, _ in grid.merged:
        if first_row >= end and last_row > first_row and first in body:
            position = int(body.columns.get_loc(first))  # type: ignore[arg-type]
            text = str(grid.cells.iat[first_row, position])
            body.iloc[first_row - end : last_row + 1 - end, position] = text
    return body


def rows_without_data(cells: pd.DataFrame, headers: Sequence[str], needed: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Return masks of the rows to leave out: "blank", "total", "note" and "header".

    A note stands below the last row that has the needed columns, fills at most two cells, and begins with a word
    for notes or is one long cell; any other broken row is data and will be found wrong.
    """
    filled = cells.notna().to_numpy().sum(axis=1)
    blank = filled == 0
    total = _totals(cells) & ~blank
    header = _repeated_headers(cells, headers) & ~blank & ~total
    whole = np.ones(len(cells), dtype=bool)
    for position in needed.values():
        whole &= cells[position].notna().to_numpy()
    data = np.flatnonzero(whole & ~total & ~header)
    below = np.arange(len(cells)) > (data[-1] if len(data) else -1)
    few = below & (filled <= 2) & ~blank & ~total & ~header
    note = np.zeros(len(cells), dtype=bool)
    for at in np.flatnonzero(few):
        note[at] = _is_note([text for text in cells.iloc[at] if not pd.isna(text)])
    return {"blank": blank, "total": total, "header": header, "note": note}


def _totals(cells: pd.DataFrame) -> np.ndarray:
    words = {plain(word) for word in catalogue.load("cells")["totals"]}
    found = np.zeros(len(cells), dtype=bool)
    for position in cells:
        column = cells[position]
        hits = [text for text in _short_texts(column, words) if plain(text).strip(":()") in words]
        if hits:
            found |= column.isin(hits).to_numpy()
    return found


def _short_texts(column: pd.Series, words: set[str]) -> list[str]:
    """Return the distinct cells that may be one of ``words``: one quick look at length and ends spares slow ones."""
    texts = pa.array(column, type=pa.large_string()).drop_null()
    texts = texts.filter(pc.less_equal(pc.utf8_length(texts), _LONGEST_TOTAL))
    # codes and dates hold nothing but ASCII, and the few words that do so end in one of few letters
    wordy = pc.invert(pc.string_is_ascii(texts))
    for letter in {word[-1] for word in words if word.isascii()}:
        for ending in (letter, letter.upper(), f"{letter}:", f"{letter})"):
            wordy = pc.or_(wordy, pc.ends_with(texts, ending))
    texts = texts.filter(wordy)
    last = {word[-1] for word in words} | {word[-1].upper() for word in words}
    # for Arrow every letter that is not ASCII is a non-word letter: it lets through more, never less
    likely = pc.match_substring_regex(texts, f"[{''.join(sorted(last))}]\\W*$")
    return texts.filter(likely).unique().to_pylist()


def _repeated_headers(cells: pd.DataFrame, headers: Sequence[str]) -> np.ndarray:
    """Mark rows that say the header again, as printed pages do: at least two cells equal their header, none differs."""
    same = np.zeros(len(cells), dtype=int)
    for position, header in zip(cells, headers, strict=False):
        if header:
            same += (cells[position] == header).fillna(False).to_numpy(dtype=bool)
    return (same >= 2) & (same == cells.notna().to_numpy().sum(axis=1))


def _is_note(texts: list[str]) -> bool:
    words = tuple(plain(word) for word in catalogue.load("cells")["footnotes"])
    first = plain(texts[0][:_BEGINNING]).lstrip("(")
    return first.startswith(words) or (len(texts) == 1 and len(first) > _LONGEST_TOTAL)
