"""The tables of one sheet: one, several below each other with heads of their own, or several side by side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake.reading.columns import match_word, require
from govkit.intake.reading.layouts import Body
from govkit.intake.reading.schema import Table
from govkit.intake.reading.sources import Source
from govkit.intake.sheets.body import merges_below
from govkit.intake.sheets.entry import enter
from govkit.intake.sheets.grid import Grid
from govkit.intake.sheets.header import Found, find_header
from govkit.intake.sheets.marks import Marks
from govkit.intake.sheets.unread import Cells, digest_of, filled
from govkit.intake.values.quantities import plain, units_in_name

# so many cells of a row must be heads, and so many of its cells, for it to be a head of its own
_FEWEST_HEADS = 2
_SHARE_OF_HEADS = 0.6
# heads written with other spaces or width are looked for in shorter tables only
_MOST_SPELLED = 5000
_LONGEST_HEAD = 30
_COLUMNS_LOOKED_AT = 3
_AMOUNT = re.compile(r"[-+¥]?[\d,.]+%?")


def tables_of_sheet(grid: Grid, table: Table, source: Source) -> list[Body]:
    """Return each table of a sheet by its own head; every cell passes the door (``entry``) here.

    Raises SourceError for an empty sheet, or one without the required columns.
    """
    entered = enter(grid.cells)
    grid = replace(grid, cells=entered.cells)
    if all(grid.cells[at].isna().all() for at in grid.cells):
        raise SourceError(
            f"工作表“{grid.sheet}”是空的。" if grid.sheet else "文件里没有任何内容。",
            where=source.where,
            todo="确认导出的是有数据的表。",
        )
    extra = tuple(source.columns.values())
    found = find_header(grid, table, extra=extra, row=source.header_row, rows=source.header_rows)
    if found is None:
        first = next(row for row in grid.cells.itertuples(index=False) if any(not pd.isna(v) for v in row))
        headers = [() if pd.isna(cell) else (cell,) for cell in first]
        require({}, headers, table, source, sheet=grid.sheet)
    assert found is not None  # noqa: S101  (every table has a required column, so require raised)
    if found.start and not source.header_row:
        # a table below may have more columns than the first
        above = find_header(replace(grid, cells=grid.cells.iloc[: found.start]), table, extra=extra)
        required = {column.name for column in table.columns if column.required}
        found = above if above and above.end < found.start and required <= _columns(above, table) else found
    heads = [found, *_further_heads(grid, found, table, extra)]
    stops = [*(one.top for one in heads[1:]), len(grid.cells)]
    marks = _marks(grid, entered.cleaned)
    starts = [1, *(one.top + 1 for one in heads[1:])]
    own = (
        [marks.within(range(start, stop + 1)) for start, stop in zip(starts, stops, strict=True)]
        if stops[1:]
        else [marks]
    )
    stacked = [_body(grid, one, stop, mine) for one, stop, mine in zip(heads, stops, own, strict=True)]
    return [block for body in stacked for block in _side_by_side(body, table)]


def _body(grid: Grid, head: Found, stop: int, marks: Marks) -> Body:
    above = grid.cells.iloc[head.top : head.start] if not head.start or head.title else grid.cells.iloc[:0]
    return Body(
        headers=tuple(header.parts for header in head.headers),
        cells=grid.cells.iloc[head.end : stop].reset_index(drop=True),
        rows=np.arange(head.end + 1, stop + 1),
        sheet=grid.sheet,
        title=head.title,
        decimal=grid.decimal,
        facts={"sheet": grid.sheet, "late": grid.late},
        merges=merges_below(grid, head.end, stop),
        marks=marks,
        above=Cells(
            head=int(filled(grid.cells.iloc[head.start : head.end]).sum()),
            note=int(filled(above).sum()),
            digest=digest_of(above),
        ),
    )


def _marks(grid: Grid, cleaned: Mapping[int, np.ndarray]) -> Marks:
    """Return what the sheet says of its cells, by the numbers of rows as a clerk counts."""

    def numbered(places: frozenset[tuple[int, int]]) -> frozenset[tuple[int, int]]:
        return frozenset((row + 1, at) for row, at in places)

    return Marks(
        struck=numbered(grid.struck),
        partly=numbered(grid.partly),
        unseen=numbered(grid.unseen),
        rescaled=numbered(grid.rescaled),
        comments={(row + 1, at): text for (row, at), text in grid.comments.items()},
        cleaned={at: rows + 1 for at, rows in cleaned.items()},
        bad={row + 1: said for row, said in grid.bad_lines.items()},
        ragged=grid.ragged,
        short={row + 1: many for row, many in grid.short.items()},
        depths={row + 1: depth for (row, _), depth in grid.depths.items()},
    )


def _further_heads(grid: Grid, first: Found, table: Table, extra: tuple[str, ...]) -> list[Found]:
    """Return the heads below the first whose columns stand in another order, or which state another unit above."""
    words = {part for header in first.headers for part in header.parts}
    words |= {word for column in table.columns for word in (column.label, *column.aliases) if not word.isascii()}
    body = grid.cells.iloc[first.end :]
    # a head has a word in every column, so that a look at the first few tells most rows apart
    few = [at for at in body if first.headers[int(str(at))].parts][:_COLUMNS_LOOKED_AT]
    likely = np.flatnonzero(_heads_in(body[few], words).any(axis=1))
    if not len(likely):
        return []
    hits, full = np.zeros(len(body), dtype=int), np.zeros(len(body), dtype=int)
    hits[likely] = _heads_in(body.iloc[likely], words).sum(axis=1)
    full[likely] = body.iloc[likely].notna().to_numpy().sum(axis=1)
    found: list[Found] = []
    current = first
    for line in np.flatnonzero((hits >= _FEWEST_HEADS) & (hits >= _SHARE_OF_HEADS * full)):
        start = first.end + int(line)
        top, title = _title_above(grid, start, current.end)
        stated = units_in_name(title)
        if start < current.end or (_same_order(grid, start, current) and not stated):
            continue
        lower = find_header(grid, table, extra=extra, row=start + 1)
        if lower is not None and len(_columns(lower, table)) >= _FEWEST_HEADS:
            current = replace(lower, title=title if stated else f"{first.title}\n{title}".strip(), top=top)
            found.append(current)
    return found


def _title_above(grid: Grid, start: int, stop: int) -> tuple[int, str]:
    """Return where the lines of one text above a lower head begin, and what they say."""
    top, said = start, list[str]()
    notes = tuple(one for one in catalogue.load("cells")["footnotes"] if "单位" not in one)
    while top > stop:
        texts = grid.cells.iloc[top - 1].dropna().tolist()
        several = len(texts) > 1 and not units_in_name("\n".join(texts))
        if several or any(_AMOUNT.fullmatch(one) or plain(one).startswith(notes) for one in texts):
            break
        top, said = top - 1, [*texts, *said]
    return top, "\n".join(said)


def _heads_in(cells: pd.DataFrame, words: set[str]) -> np.ndarray:
    """Return which cells say a head."""
    found = []
    for at in cells:
        text = pa.array(cells[at], type=pa.large_string())
        known = [*words, *_spelled_otherwise(cells[at], {plain(word) for word in words})]
        found.append(pc.is_in(text, pa.array(known, type=pa.large_string())).to_numpy(zero_copy_only=False))
    return np.column_stack(found) if found else np.zeros((len(cells), 0), dtype=bool)


def _spelled_otherwise(column: pd.Series, words: set[str]) -> list[str]:
    """Return the texts of a short column that are one of the words but for spaces and width."""
    if len(column) > _MOST_SPELLED:
        return []
    return [text for text in column.dropna().unique() if len(text) <= _LONGEST_HEAD and plain(text) in words]


def _same_order(grid: Grid, line: int, head: Found) -> bool:
    """Whether a row only says the head again, as printed pages do."""
    said = {at: plain(text) for at, text in enumerate(grid.cells.iloc[line]) if not pd.isna(text)}
    return all(text in {plain(part) for part in head.headers[at].parts} for at, text in said.items())


def _columns(head: Found, table: Table) -> set[str | None]:
    return {match_word(header.parts, table) for header in head.headers} - {None}


def _side_by_side(body: Body, table: Table) -> list[Body]:
    """Return the tables that stand side by side: every required column is there as often as there are tables."""
    names = [match_word(parts, table) for parts in body.headers]
    counted = Counter(name for name in names if name)
    required = [column.name for column in table.columns if column.required]
    times = {counted[name] for name in required}
    if not required or len(times) != 1 or (many := times.pop()) < 2:
        return [body]
    starts, seen = [0], set[str]()
    for at, name in enumerate(names):
        # each may have its columns in an order of its own
        if name in seen:
            starts, seen = [*starts, at], set()
        seen |= {name} if name and counted[name] == many else set()
    stops = [*starts[1:], len(body.headers)]
    blocks = []
    for number, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        inside = range(start, stop)
        headers = tuple(parts if at in inside else () for at, parts in enumerate(body.headers))
        if {match_word(parts, table) for parts in headers if parts} >= set(required):
            cells = body.cells[[at for at in body.cells if at in inside]]
            mine = body.marks.within(range(1, int(body.rows[-1]) + 1 if len(body.rows) else 1), inside)
            above = body.above if number == 0 else Cells()
            blocks.append(replace(body, headers=headers, cells=cells, above=above, marks=mine))
    return blocks if len(blocks) == many else [body]
