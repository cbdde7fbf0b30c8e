"""Where the header of a grid is and what it says: title rows above, one to three rows, merged across or down."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pandas as pd

from govkit import catalogue
from govkit.intake.reading.columns import header_words, match_word
from govkit.intake.reading.schema import Table
from govkit.intake.sheets.grid import Grid
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.intake.values import quantities
from govkit.intake.values.months import month_of

_SEARCH_ROWS = 30
_MOST_HEADER_ROWS = 3
# a longer cell is no header, whatever it begins with
_LONGEST = 300
# 填报单位：民政局; 其中：男 is a head
_LABEL = re.compile(r"\s*(?!#?其中)[^:：()（）]{2,10}[:：]\s*\S")
# 所辖社区, 行政村: what units are, no unit's name
_GENERAL = re.compile("[所下管各全本辖]|行政|自然|归属|对应|名称")
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+%?")


@dataclass(frozen=True)
class Header:
    """One column's header: its texts from top to bottom."""

    parts: tuple[str, ...]

    @property
    def text(self) -> str:
        """The header as a reader names it."""
        return "/".join(" ".join(part.split()) for part in self.parts)


@dataclass(frozen=True)
class Found:
    """A header found: rows ``start`` to ``end - 1`` of the grid; ``title`` is the text above, from row ``top`` on."""

    start: int
    end: int
    headers: tuple[Header, ...]
    title: str
    top: int = 0


def find_header(grid: Grid, table: Table, *, extra: tuple[str, ...] = (), row: int = 0, rows: int = 0) -> Found | None:
    """Find the header rows of a grid by the words of a table; None if no row holds any of them.

    ``extra`` are headers mapped by hand, which count as known. ``row`` (from 1) and ``rows`` fix place and height. A
    further row belongs to the header if it names at least two more columns, or a merged range ties it to the row above.
    """
    top = grid.cells.iloc[: max(_SEARCH_ROWS, row) + _MOST_HEADER_ROWS]
    lines = [[None if pd.isna(v) else v[:_LONGEST] for v in line] for line in top.itertuples(index=False, name=None)]
    best: tuple[int, int, int] | None = None
    starts = [row - 1] if row else [at for at in range(min(_SEARCH_ROWS, len(lines))) if not _is_title(lines, at)]
    for start in starts:
        for height in [rows] if rows else range(1, _MOST_HEADER_ROWS + 1):
            if start + height > len(lines) or (height > 1 and not rows and _is_data(lines[start + height - 1])):
                break
            known = _known(_headers(lines, grid, start, start + height), table, extra)
            # a taller header must earn its height: two names a row more, one where merged ranges tie the rows
            earned = 2 * known - 3 * (height - 1) + 2 * _tied(grid, start, height)
            score = (earned, -height, -start)
            if known and (best is None or score > best):
                best = score
    if best is None:
        return None if row or table.name != "units" else _names_alone(lines)
    start, end = -best[2], -best[2] - best[1]
    end = end if rows else _extended(lines, grid, start, end)
    title = "\n".join(cell for line in lines[:start] for cell in line if cell)
    return Found(start, end, _headers(lines, grid, start, end), title)


def _names_alone(lines: list[list[str | None]]) -> Found | None:
    """Return the heads that a list of units begins without: every cell of a column, the first too, is a unit's name.

    A column that repeats names is that of the units above. None for anything else, and for several columns of names
    that do not repeat.
    """
    columns = [[text for text in column if text] for column in zip(*lines, strict=True)]
    named = [
        at
        for at, texts in enumerate(columns)
        if len(texts) > 1 and all(stem_and_kinds(text)[1] and not _GENERAL.match(text) for text in texts)
    ]
    once = [at for at in named if len(set(columns[at])) == len(columns[at])]
    if len(once) != 1 or not columns[once[0]] or not lines[0][once[0]]:
        return None
    words = {at: ("上级名称",) if at != once[0] else ("单元名称",) for at in named[-2:]}
    return Found(0, 0, tuple(Header(words.get(at, ())) for at in range(len(columns))), "")


def _is_title(lines: list[list[str | None]], at: int) -> bool:
    """Whether one text above the first column, or labels with what they say, is all that a row above others holds."""
    texts = [text for text in lines[at] if text]
    if texts and all(_LABEL.match(text) for text in texts):
        return at + 1 < len(lines)
    first = next((place for place in range(len(lines[at])) if any(line[place] for line in lines)), 0)
    alone = [place for place, text in enumerate(lines[at]) if text] == [first]
    return alone and any(sum(bool(text) for text in line) > 1 for line in lines[at + 1 : at + 1 + _MOST_HEADER_ROWS])


def _headers(lines: list[list[str | None]], grid: Grid, start: int, end: int) -> tuple[Header, ...]:
    """Return the header of every column from rows ``start`` to ``end - 1``."""
    block = [list(line) for line in lines[start:end]]
    for first_row, first, last_row, last in grid.merged:
        if start <= first_row < end and last < len(block[0]):
            for position in range(first, last + 1):
                block[first_row - start][position] = lines[first_row][first]
            for r in range(first_row + 1, min(last_row + 1, end)):
                block[r - start][first : last + 1] = [None] * (last - first + 1)
    for upper, lower in itertools.pairwise(block):
        _fill_right(upper, lower)
    columns = zip(*block, strict=True)
    return tuple(Header(tuple(dict.fromkeys(part for part in column if part))) for column in columns)


def _fill_right(upper: list[str | None], lower: list[str | None]) -> None:
    """Spread a group name over the unnamed columns to its right, as files without merged ranges need."""
    for position in range(1, len(upper)):
        if upper[position] is None and lower[position] is not None and lower[position - 1] is not None:
            upper[position] = upper[position - 1]


def _known(headers: tuple[Header, ...], table: Table, extra: tuple[str, ...]) -> int:
    hand = {quantities.plain(word) for word in extra}
    found = {match_word(header.parts, table) for header in headers}
    by_hand = sum(any(quantities.plain(p) in hand for p in header_words(header.parts)) for header in headers)
    months = sum(month_of(header.parts) is not None for header in headers)
    return len(found - {None}) + by_hand + min(2, months)


def _tied(grid: Grid, start: int, height: int) -> int:
    """What merged ranges that join these header rows are worth: they allow one named column a row less."""
    rows = range(start, start + height)
    joined = any(a in rows and c in rows and (c > a or d > b) for a, b, c, d in grid.merged)
    return height - 1 if joined else 0


def _is_data(line: list[str | None]) -> bool:
    """Whether a row holds amounts; month numbers and years may stand in a header."""
    numbers = [cell for cell in line if cell and _NUMBER.fullmatch(cell)]
    # a year or a month may be a head
    return any(not (one.isdigit() and (1 <= int(one) <= 12 or 1990 <= int(one) <= 2100)) for one in numbers)


def _extended(lines: list[list[str | None]], grid: Grid, start: int, end: int) -> int:
    """Take in the rows that a merged header cell reaches down to, and a row of nothing but units or time spans."""
    for first_row, _, last_row, _ in grid.merged:
        if start <= first_row < end and last_row - start < _MOST_HEADER_ROWS:
            end = max(end, last_row + 1)
    below = [cell for cell in lines[end] if cell] if end < len(lines) else []
    words = [quantities.plain(cell).strip("()[]") for cell in below]
    lists = catalogue.load("cells")
    known = quantities.every_unit() | {quantities.plain(one) for one in (*lists["this_month"], *lists["running_total"])}
    if below and (all(word in known for word in words) or _names_parts(lines[end - 1], lines[end])):
        return end + 1
    return end


def _names_parts(upper: list[str | None], lower: list[str | None]) -> bool:
    """Whether a row holds but the names of parts (线上, 合计), each below a head and the empty cells to its right."""
    heads = [at for at, text in enumerate(upper) if text]
    groups = [range(at, after) for at, after in itertools.pairwise([*heads, len(upper)])]
    named = [[at for at in group if lower[at]] for group in groups]
    wide = [at for group, some in zip(groups, named, strict=True) if len(some) > 1 and group[0] in some for at in some]
    filled = [at for at, text in enumerate(lower) if text]
    return (
        bool(filled)
        and wide == filled
        and 0 not in filled
        and not any(_NUMBER.fullmatch(lower[at] or "") for at in filled)
    )
