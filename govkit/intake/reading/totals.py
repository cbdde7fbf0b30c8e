"""The sums a clerk wrote, below rows and beside columns, against what they are sums of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.schema import Column
from govkit.intake.sheets.grid import column_letters
from govkit.intake.values.quantities import plain, split_unit
from govkit.intake.values.values import parse

# A sum of rounded amounts may differ in its last place.
_YEAR_TOTAL = re.compile(r"(?:19|20)\d{2}年?(?:合计|总计|全年|累计)")
_SLACK = 0.011
_RELATIVE = 1e-6
# of so few items one may be as many as the other; smaller amounts often equal a sum by chance
_FEWEST_ITEMS, _NO_CHANCE = 2, 10
# a column that differs in more rows is no sum of the others
_MOST_WRONG = 0.5
# amounts that no sum is made of
_AVERAGE = re.compile("人均|平均|得分|率$|比例|数值|基数")


def compare_rows(
    reading: Reading,
    cells: pd.DataFrame,
    rows: np.ndarray,
    kinds: Mapping[str, np.ndarray],
    amounts: Mapping[int, Column],
    level_at: int = -1,
) -> Reading:
    """Return the reading with a warning for every written sum that is none of what it can be the sum of.

    That is: the rows above it since the last sum, all rows above, all rows, or the rows below it down to the next sum,
    or all rows of one level, which stands at ``level_at``.
    ``amounts``: position → column. Columns with a cell that says no number are not compared.
    """
    lines = np.flatnonzero(kinds.get("total", np.zeros(len(cells), dtype=bool)))
    if not len(lines) or len(lines) > _most(cells):
        return reading
    data = ~np.logical_or.reduce([np.zeros(len(cells), dtype=bool), *kinds.values()])
    levels = [(cells[level_at] == one).to_numpy() for one in cells[level_at].dropna().unique()] if level_at >= 0 else []
    for at, column in amounts.items():
        if at not in cells or not additive(column):
            continue
        plain_column = replace(column, type="number", unit="")
        parsed = parse(cells[at], plain_column)
        if (parsed.rule[data] != "").any() or parsed.values[data].notna().sum() == 0:
            continue
        amount = parsed.values.where(data).fillna(0).to_numpy(dtype="float64")
        for line in lines.tolist():
            written = parsed.values.iloc[line]
            sums = [*_sums(amount, lines, line), *(amount[one].sum() for one in levels)]
            if pd.isna(written) or any(abs(float(written) - one) <= _SLACK + _RELATIVE * abs(one) for one in sums):
                continue
            reading = _differs(reading, at, int(rows[line]), str(cells[at].iloc[line]), sums[0])
    return reading


def additive(column: Column) -> bool:
    """Whether sums of a column mean anything: not of averages, scores, rates and values of any item."""
    return not _AVERAGE.search(column.label)


def _most(cells: pd.DataFrame) -> int:
    return max(200, len(cells) // 2)


def _sums(amount: np.ndarray, lines: np.ndarray, line: int) -> list[float]:
    before = lines[lines < line]
    after = lines[lines > line]
    start, stop = (int(before[-1]) + 1 if len(before) else 0), (int(after[0]) if len(after) else len(amount))
    block, above, below = amount[start:line].sum(), amount[:line].sum(), amount[line + 1 : stop].sum()
    every = [block, above, amount.sum(), below] if start < line else [below, above, amount.sum()]
    # rows of a level above stand among those they sum up: each amount is there twice
    return [float(one) for one in (*every, block / 2, above / 2, amount.sum() / 2)]


def _differs(reading: Reading, at: int, row: int, written: str, total: float) -> Reading:
    sheet = next((name for name, _ in reading.origin.headers), "")
    place = {"cell": f"{column_letters(at)}{row}"} if reading.origin.cells else {}
    words = {"value": written, "sum": f"{total:,.10g}", "column": reading.origin.headers.get((sheet, at), "")}
    return reading.noted("total_differs", sheet=sheet, row=row, **place, **words)


def sum_columns(headers: Sequence[tuple[str, ...]], amounts: Mapping[int, Column]) -> dict[int, list[int]]:
    """Return the columns of a wide file that are sums (合计), and the columns of amounts each may be the sum of."""
    words = {plain(word) for word in (*catalogue.load("cells")["totals"], *catalogue.load("cells")["running_total"])}
    found: dict[int, list[int]] = {}
    for at, parts in enumerate(headers):
        named = [part for part in parts if split_unit(part)[0] in words or _YEAR_TOTAL.fullmatch(plain(part))]
        if at in amounts or not named:
            continue
        rest = [part for part in parts if part not in named]
        kin = [one for one in amounts if not rest or set(rest) & set(headers[one])]
        if len(kin) > 1:
            found[at] = kin
    return found


def compare_columns(reading: Reading, cells: pd.DataFrame, rows: np.ndarray, sums: Mapping[int, list[int]]) -> Reading:
    """Return the reading with a warning for every row whose written sum is not that of its columns.

    ``cells`` and ``rows`` are the data rows.
    """
    for at, kin in sums.items():
        wrong, total = _beside(cells, at, kin)
        for line in np.flatnonzero(wrong.fillna(False))[: _most(cells)]:
            text = "（空白）" if pd.isna(cells[at].iloc[line]) else str(cells[at].iloc[line])
            reading = _differs(reading, at, int(rows[line]), text, float(total.iloc[line]))
    return reading


def bear_out(cells: pd.DataFrame, at: int, kin: Sequence[int]) -> bool:
    """Whether a column is the sum of others in most rows that have it."""
    wrong, _ = _beside(cells, at, kin)
    return bool(wrong.mean() <= _MOST_WRONG) if wrong.notna().any() else False


def _beside(cells: pd.DataFrame, at: int, kin: Sequence[int]) -> tuple[pd.Series, pd.Series]:
    """Return which rows' written sum is not that of other columns, and that sum; missing where nothing is written.

    No sum beside amounts is wrong, too, but where few rows have one.
    """
    number = Column("", "", "number")
    written = parse(cells[at], number).values
    total = pd.concat([parse(cells[one], number).values for one in kin], axis=1).sum(axis=1, min_count=1)
    wrong = ((written - total.fillna(0)).abs() > _SLACK + _RELATIVE * total.abs().fillna(0)).astype("boolean")
    absent = written.isna() & (total.isna() | (written.isna().mean() > _MOST_WRONG))
    return (wrong | written.isna()).mask(absent), total.fillna(0)


def about_sums_of_items(reading: Reading) -> Reading:
    """Return the reading with a warning for every item whose rows are the sums of all others of their unit and time.

    Told are items for which that holds wherever there are three or more, in several amounts that are not small.
    """
    amounts = [c.name for c in reading.table.measures if additive(c) and c.name in reading.text]
    others = [name for name in reading.table.key if name in reading.frame and name != "item"]
    frame = reading.frame.loc[~reading.aside]
    if "item" not in reading.table.key or not amounts or not others or frame.empty:
        return reading
    own = frame[amounts].astype("float64").fillna(0)
    groups = own.groupby([frame[name] for name in others], dropna=False, sort=False)
    many = groups[amounts[0]].transform("size") > _FEWEST_ITEMS
    told = pd.DataFrame({"sum": ((2 * own - groups.transform("sum")).abs() <= _SLACK).all(axis=1)})
    told = told.assign(amounts=(own > 0).sum(axis=1), most=own.max(axis=1), rows=1)[many]
    by_item = told.groupby(frame["item"][many]).agg({"sum": "all", "amounts": "sum", "most": "max", "rows": "sum"})
    sure = by_item["sum"] & (by_item["amounts"] > 1) & (by_item["most"] >= _NO_CHANCE)
    for item, count in by_item.loc[sure, "rows"].items():
        reading = reading.noted("sums_of_items", column=reading.table["item"].label, value=item, count=int(count))
    return reading
