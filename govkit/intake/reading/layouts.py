"""How what stands below a header is laid out: which column is what, which rows are data; turned tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading import columns, items, totals, wide
from govkit.intake.reading.columns import looks_like_unit, match_word
from govkit.intake.reading.schema import Column, Table
from govkit.intake.reading.sources import Source
from govkit.intake.sheets import body
from govkit.intake.sheets.body import Merges
from govkit.intake.sheets.grid import Grid
from govkit.intake.sheets.marks import Marks, struck_rows, without_struck
from govkit.intake.sheets.unread import Cells
from govkit.intake.values.coordinates import Pair, find_pair
from govkit.intake.values.quantities import plain, split_unit


@dataclass(frozen=True)
class Body:
    """What stands below a header: ``cells`` by position, ``rows`` their numbers in the file (from 1).

    ``cut``: names may be cut short (Shapefile). ``named``: cells have names such as F17. ``decimal``: the decimal mark.
    ``given``: values every row has though no column says so. ``merges`` and ``marks``: what is merged, and what the
    sheet says of its cells. ``above``: the filled cells above, in and beside what is read here. ``taken``: positions
    that are read elsewhere, such as a column of shapes. ``lying``: rows were columns, so that no cell has its name.
    """

    headers: tuple[tuple[str, ...], ...]
    cells: pd.DataFrame
    rows: np.ndarray
    sheet: str = ""
    title: str = ""
    cut: bool = False
    named: bool = True
    decimal: str = "."
    geometry: gpd.GeoSeries | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    merges: Merges = field(default_factory=Merges)
    marks: Marks = field(default_factory=Marks)
    above: Cells = field(default_factory=Cells)
    taken: frozenset[int] = frozenset()
    lying: bool = False

    @property
    def header_texts(self) -> dict[tuple[str, int], str]:
        """The text of each header, by sheet and position."""
        joined = ["/".join(" ".join(part.split()) for part in parts) for parts in self.headers]
        return {(self.sheet, i): text for i, text in enumerate(joined)}


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out: its columns matched, months or items across, both coordinates in one cell.

    ``sums``: position of a column that is a total → those it is the sum of. ``lone``: amount read from a total →
    position of the only part beside it.
    """

    matched: columns.Matched
    months: wide.Months | None
    each: items.Items | None
    pair: Pair | None
    amounts: Mapping[int, Column]
    sums: Mapping[int, list[int]] = field(default_factory=dict)
    lone: Mapping[str, int] = field(default_factory=dict)

    @property
    def positions(self) -> frozenset[int]:
        """Every position that the table takes."""
        found: set[int | None] = {
            *self.matched.positions.values(),
            *self.amounts,
            *(self.pair.positions if self.pair else ()),
        }
        found |= {*self.months.month, self.months.measure_position} if self.months else set()
        return frozenset(at for at in found if at is not None)

    @property
    def in_headers(self) -> dict[str, int]:
        """The columns whose values stand in the headers of a wide file."""
        if self.months:
            return {"month": -1}
        if not self.each:
            return {}
        named = {"list": -1} if any(group for group, _ in self.each.cells) else {}
        return {"item": -1, **dict.fromkeys((m for each in self.each.cells.values() for m in each), -1), **named}


def laid_out(content: Body, table: Table, source: Source) -> Layout:
    """Return how a sheet is laid out, told by its headers and, for sums and coordinates, by its cells."""
    matched = columns.match_columns(content.headers, table, source, cut=content.cut)
    months = wide.find_months(content.headers, table, matched.positions, source, f"{content.title} {content.sheet}")
    each = None if months else items.find_items(content.headers, content.cells, table, matched.positions, source)
    if each:
        positions = {name: at for name, at in matched.positions.items() if at not in each.positions}
        matched = replace(matched, positions=positions, doubled={}, running={})
        amounts = {at: table[name] for measures in each.cells.values() for name, at in measures.items()}
    elif months:
        anything = Column("", "", "number")
        amounts = {at: table[name] if (name := months.measure.get(at)) else anything for at in months.month}
    else:
        matched, sums = _totals_borne_out(matched, content.cells)
        amounts = {matched.positions[c.name]: c for c in table.measures if c.name in matched.positions}
    if months or each:
        sums = totals.sum_columns(content.headers, amounts)
    pair = None if months or each else find_pair(content.headers, content.cells, table, matched.positions)
    lone = {} if months or each else {name: at[0] for name, at in matched.parts.items() if len(at) == 1}
    return Layout(matched, months, each, pair, amounts, sums, lone)


def _totals_borne_out(matched: columns.Matched, cells: pd.DataFrame) -> tuple[columns.Matched, dict[int, list[int]]]:
    """Return the totals that are the sums of their parts, with these; a total that is not leaves its amount unsure."""
    parts = {name: at for name, at in matched.parts.items() if len(at) > 1}
    sure = {name for name, at in parts.items() if totals.bear_out(cells, matched.positions[name], at)}
    sums = {matched.positions[name]: parts[name] for name in sure}
    known = {at for name in sure for at in parts[name]}
    wrong = {name: matched.positions[name] for name in parts if name not in sure}
    doubled = {name: at for name, at in matched.doubled.items() if at not in known} | wrong
    positions = {name: at for name, at in matched.positions.items() if name not in wrong}
    unsure = matched.unsure | frozenset(wrong)
    return replace(matched, positions=positions, doubled=doubled, unsure=unsure), sums


def types_of(layout: Layout, table: Table) -> dict[int, str]:
    """Return the type of every position that is read."""
    found = dict.fromkeys(layout.positions, "text")
    found |= {at: table[name].type for name, at in layout.matched.positions.items() if name in table}
    return found | {at: column.type for at, column in layout.amounts.items()}


def with_degrees(content: Body, layout: Layout) -> tuple[Body, list[int]]:
    """Return the rows with degrees, minutes and seconds of three columns in the first, and where the others stand."""
    cells, others = content.cells, list[int]()
    for name in ("longitude", "latitude"):
        at = layout.matched.positions.get(name, -1)
        beside = [(place, content.headers[place]) for place in range(at, at + 3) if 0 <= place < len(content.headers)]
        if [parts[-1] if parts else "" for _, parts in beside] != ["度", "分", "秒"]:
            continue
        signed = [cells[place] + sign for (place, _), sign in zip(beside, "°′″", strict=True)]
        # whole degrees may stand alone
        cells = cells.copy(deep=False)
        cells[at] = signed[0] + signed[1].fillna("") + signed[2].fillna("")
        others += [at + 1, at + 2]
    return replace(content, cells=cells), others


def unit_name_column(content: Body, table: Table, layout: Layout) -> int:
    """Return the position of the names of units beside their codes, -1 without one."""
    words = {plain(word) for word in catalogue.load("cells")["unit_names"]}
    if "unit_code" not in layout.matched.positions or "unit_code" not in table or not content.named:
        return -1
    free = [
        at for at, parts in enumerate(content.headers) if parts and at in content.cells and at not in layout.positions
    ]
    return next((at for at in free if split_unit(content.headers[at][-1])[0] in words), -1)


def without_other_rows(
    content: Body, table: Table, source: Source, layout: Layout
) -> tuple[Body, dict[str, np.ndarray]]:
    """Return the rows that are data, and masks of the others by kind."""
    matched = layout.matched.positions
    needed = {c.name: matched[c.name] for c in table.columns if c.required and c.name in matched}
    if content.geometry is not None and not content.named:
        return content, {}
    texts = ["".join(parts[-1:]) for parts in content.headers]
    if table.name == "units" and "name" in matched:
        # a unit within another one is listed like any other, and counts on its own level
        content = replace(content, cells=body.without_part_words(content.cells, matched["name"]))
    masks = body.rows_without_data(content.cells, texts, needed, layout.amounts, content.title.splitlines())
    if masks["part"].any() and masks["total"].any():
        children = body.children_of_sums(content.cells, masks, layout.amounts)
        masks["part"] &= ~children
        for place in needed.values() if children.any() else ():
            content = replace(content, cells=body.without_part_words(content.cells, place, children))
    likely = np.zeros(len(content.cells), dtype=bool)
    if masks["part"].any():
        depths = np.array([content.marks.depths.get(row, 0) for row in content.rows.tolist()])
        sure, likely = body.further_parts(content.cells, masks, layout.amounts, depths)
        masks["part"] |= sure
    cells = content.cells
    if content.marks.struck and source.struck_out != "keep":
        struck = struck_rows(cells, content.rows, content.marks, layout.positions)
        masks["struck"] = struck & ~np.logical_or.reduce(list(masks.values()))
        cells = without_struck(cells, content.rows, content.marks)
    keep = ~np.logical_or.reduce(list(masks.values()))
    shapes = None if content.geometry is None else content.geometry[keep].reset_index(drop=True)
    at = np.flatnonzero(keep)
    # titles and notes stand at the ends: what is between them is taken as it is, without a copy
    together = len(at) and len(at) == at[-1] - at[0] + 1
    data = cells.iloc[at[0] : at[-1] + 1] if together else cells[keep]
    rest = replace(content, cells=data.reset_index(drop=True), rows=content.rows[keep], geometry=shapes)
    return replace(rest, facts={**rest.facts, "likely_parts": content.rows[likely & keep]}), masks


def said_above(content: Body, table: Table, layout: Layout) -> tuple[Body, dict[tuple[int, bool], np.ndarray]]:
    """Return the rows with identifiers taken from the row above where they say so, and where that was.

    A blank says so for the parts of a key and for units, never for the one column that tells rows apart.
    """
    if not content.named:
        return content, {}
    grouping = {*table.key, "unit_code"} if len(table.key) > 1 else {"unit_code"} - set(table.key)
    groups = {
        at
        for name, at in layout.matched.positions.items()
        if name in grouping and table[name].required and not table[name].derived and at not in layout.amounts
    }
    cells, found = body.said_above(content.cells, layout.positions - set(layout.amounts), groups)
    return replace(content, cells=cells), found


def amounts_merged_down(whole: Body, content: Body, layout: Layout) -> dict[str, list[np.ndarray]]:
    """Return, for every amount that has a column, the records of each range merged over several rows."""
    if layout.months or layout.each:
        return {}
    names = {at: name for name, at in layout.matched.positions.items() if at in layout.amounts}
    found: dict[str, list[np.ndarray]] = {}
    for first, last, at in whole.merges.down:
        if at in names and first < len(whole.rows):
            records = np.flatnonzero(np.isin(content.rows, whole.rows[first : last + 1]))
            if len(records) > 1:
                found.setdefault(names[at], []).append(records)
    return found


# a sheet with more rows holds records below each other, whatever its first column says
_MOST_ROWS = 100
_FEWEST_HEADS = 2


def turned(grid: Grid, table: Table) -> tuple[Grid, int] | None:
    """Return a sheet with rows and columns exchanged, and how many rows were put above; None where it stands upright.

    It lies on its side where its first column names more columns of the table than any row does. Titles above and
    notes below, rows of one cell, stay above and below. Row n of the answer is then column n of the sheet, less the
    rows put above. A corner that is blank or says 指标 is the head of units where the heads beside it are.
    """
    if len(grid.cells) > _MOST_ROWS or grid.bad_lines:
        return None
    several = np.flatnonzero(grid.cells.notna().to_numpy().sum(axis=1) > 1)
    if not len(several):
        return None
    top, end = int(several[0]), int(several[-1]) + 1
    body = grid.cells.iloc[top:end]
    first = body[0].reset_index(drop=True)
    first.iat[0] = _corner(body.iloc[0], table)
    down = _known(first, table)
    if down < _FEWEST_HEADS or down <= max(_known(line, table) for _, line in body.iterrows()):
        return None
    across = body.T.set_axis(range(end - top), axis=1)
    across.iat[0, 0] = first.iat[0]
    if len(across) > 1 and plain(str(across.iat[1, 0])) in map(plain, catalogue.load("cells")["unit_headers"]):
        # a row of units below the heads has no head of its own
        across.iat[1, 0] = None
    lines = [grid.cells.iloc[rows].dropna(how="all") for rows in (slice(0, top), slice(end, None))]
    parts = [pd.DataFrame({0: line.bfill(axis=1)[0]}) for line in lines]
    cells = pd.concat([parts[0], across, parts[1]], ignore_index=True).astype("str")

    def place(row: int, at: int) -> tuple[int, int]:
        return at + len(parts[0]), row - top

    marks = {
        name: frozenset(place(*one) for one in getattr(grid, name) if top <= one[0] < end)
        for name in ("struck", "partly", "unseen", "rescaled")
    }
    found = replace(
        grid,
        cells=cells,
        merged=tuple((*place(a, b), *place(c, d)) for a, b, c, d in grid.merged if top <= a and c < end),
        hidden_rows=tuple(at + len(parts[0]) for at in grid.hidden_columns),
        hidden_columns=tuple(row - top for row in grid.hidden_rows if top <= row < end),
        comments={place(*one): text for one, text in grid.comments.items() if top <= one[0] < end},
        ragged=False,
        short={},
        **marks,  # type: ignore[arg-type]
    )
    return found, len(parts[0])


def _known(cells: pd.Series, table: Table) -> int:
    return len({match_word((text,), table) for text in cells.dropna()} - {None})


def _corner(column: pd.Series, table: Table) -> object:
    """Return the head of the records' first column: units where nothing else is said of them."""
    said, below = column.iloc[0], column.iloc[1:].dropna()
    lists = catalogue.load("cells")
    words = {plain(word) for word in lists["measure_headers"]}
    apart = {plain(word) for word in (*lists["totals"], *lists["unit_headers"])}
    units = [looks_like_unit(one) for one in below if plain(one) not in apart]
    if not units or not all(units) or not (pd.isna(said) or split_unit(said)[0] in words):
        return said
    return table["name" if table.name == "units" else "unit_code"].label if "unit_code" in table else said
