"""Tables that lie on their side (a row a measure, a column a record) are read with rows and columns exchanged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.columns import looks_like_unit, match_word
from govkit.intake.reading.schema import Table
from govkit.intake.sheets.grid import Grid
from govkit.intake.values.quantities import plain, split_unit

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
