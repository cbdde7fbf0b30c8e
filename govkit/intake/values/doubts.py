"""Amounts that can be read in two ways: percentages written three ways, and amounts far from all others."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.schema import Column
from govkit.intake.values.scaling import Scale
from govkit.rounding import fixed

_PERCENT = re.compile(r".*[%％]\s*")
_MULTIPLE = re.compile("[0-9][ ]*[百千]?[万亿千]")
_RATE = re.compile("率|比例|占比|百分比|满意度|覆盖面|比重")


# of tables by month, those whose amounts happen in their month and are no stock
_BY_MONTH = ("services", "points")
_FEWEST_MONTHS = 4
_MOST_RISE = 0.9
_RARE = 500
_MOST_SERIES = 1000


def about_values(reading: Reading, scales: dict[str, Scale]) -> Reading:
    """Return the reading with percentages of one meaning and with findings about amounts of another magnitude."""
    for column in reading.table.measures:
        if column.name in reading.text and len(reading.frame):
            if not column.unit:
                reading = _slipped(_one_percent(reading, column), column)
            elif column.name in scales and not scales[column.name].stated:
                reading = _mixed_units(reading, column)
            reading = _far_off(reading, column)
    return reading


def about_growth(reading: Reading) -> Reading:
    """Warn of amounts by month that never fall within a year: they may be running totals nobody calls so.

    Told only where chance would hardly do it: n months in their order by chance are one case in n!.
    """
    if "month" not in reading.text or reading.source.cumulative or reading.table.name not in _BY_MONTH:
        return reading
    frame = reading.frame.loc[~reading.aside]
    if frame["month"].nunique() < _FEWEST_MONTHS:
        return reading
    others = [name for name in reading.table.key if name in frame and name != "month"]
    for column in reading.table.measures:
        if column.name not in reading.text or not column.unit:
            continue
        mine = frame.dropna(subset=[column.name, "month"]).sort_values("month")
        group = mine.groupby([*others, mine["month"].dt.year], dropna=False, sort=False).ngroup()
        long = group.groupby(group).transform("size") >= _FEWEST_MONTHS
        # many series tell no more than some of them
        long &= group.isin(group[long].unique()[:_MOST_SERIES])
        amounts = [one.to_numpy(dtype="float64") for _, one in mine.loc[long, column.name].groupby(group[long])]
        rising = [one for one in amounts if (np.diff(one) >= 0).all() and one[-1] > one[0]]
        chance = sum(math.lgamma(len(np.unique(one)) + 1) for one in rising)
        if rising and len(rising) >= _MOST_RISE * len(amounts) and chance > math.log(_RARE):
            label = reading.origin.headers.get((reading.sheet, int(reading.origin.column[column.name][0])), "")
            words = {"label": column.label, "count": len(rising), "all": len(amounts), "table": reading.table.name}
            reading = reading.noted("likely_running_total", column=label or column.label, **words)
    return reading


def _groups(reading: Reading) -> np.ndarray:
    """Return a number for each record: records of one number are about the same thing in another place or time."""
    names = [
        name
        for name in reading.table.key
        if name in reading.frame and name not in {"unit_code", "month", "period"} and reading.table[name].type != "code"
    ]
    for name in ("direction", "kind"):
        if name in reading.frame and name not in names and reading.table[name].type == "choice":
            names.append(name)
    if not names:
        return np.zeros(len(reading.frame), dtype=np.int64)
    return reading.frame[names].astype("object").groupby(names, dropna=False, sort=False).ngroup().to_numpy()


def _mixed_units(reading: Reading, column: Column) -> Reading:
    """Name amounts of which some cells say 万 and others nothing, under a header that says nothing."""
    text = reading.text[column.name]
    said = text.str.contains(_MULTIPLE.pattern, regex=True).fillna(False).to_numpy(dtype=bool)
    bare = text.notna().to_numpy() & ~said & reading.frame[column.name].notna().to_numpy()
    if not said.any() or not bare.any():
        return reading
    rarer = said if said.sum() <= bare.sum() else bare
    first = text[said].iloc[0], text[bare].iloc[0]
    words = {"count": int(said.sum()), "bare": int(bare.sum()), "other": first[rarer is said]}
    return reading.flagged("mixed_units", rarer, column=column.name, words=words)


def _one_percent(reading: Reading, column: Column) -> Reading:
    """Read 98 beside 98% or beside 0.98 of a rate as a percentage, and say so."""
    text, values = reading.text[column.name], reading.frame[column.name]
    marked = text.str.contains("[%％]", regex=True).fillna(False).to_numpy(dtype=bool)
    amount = values.to_numpy(dtype="float64", na_value=np.nan)
    big = ~marked & (amount > 1.5) & (amount <= 100)
    if not big.any() or not (marked.any() or (amount <= 1).any()):
        return reading
    group = _groups(reading)
    size = int(group.max()) + 1
    has_mark = np.bincount(group[marked], minlength=size) > 0
    item = next((name for name in ("item", "outcome") if name in reading.frame), "")
    rate = np.zeros(len(amount), dtype=bool)
    if item:
        rate = reading.frame[item].str.contains(_RATE.pattern, regex=True).fillna(False).to_numpy(dtype=bool)
    parts = ~marked & (amount > 0) & (amount < 1)
    has_part = np.bincount(group[parts & rate], minlength=size) > 0
    odd = big & (has_mark | has_part)[group]
    if not odd.any():
        return reading
    # a count among percentages stays a count where the item is no rate and most of its cells are bare
    read = [f"{one / 100:.10g}" for one in amount[odd]]
    words = {"read": read, "other": [f"{one:.10g}" for one in amount[odd]]}
    reading = reading.flagged("percent_mixed", odd, column=column.name, words=words)
    return replace(reading, frame=reading.frame.assign(**{column.name: values.where(~odd, values / 100)}))


def _slipped(reading: Reading, column: Column) -> Reading:
    """Flag numbers ten or a hundred times what all others of their group are, or that part of it: 0.98% among 98%.

    Told of fractions and percentages alone, of as few as three: a count may be a hundred times another one.
    """
    limits, text = catalogue.load("magnitude"), reading.text[column.name]
    amount = reading.frame[column.name].to_numpy(dtype="float64", na_value=np.nan)
    part = text.str.contains("[%％]", regex=True).fillna(False).to_numpy(dtype=bool) | (amount % 1 != 0)
    at = np.flatnonzero((amount > 0) & ~reading.aside)
    if not part[at].any():
        return reading
    group = _groups(reading)[at]
    order = at[np.lexsort((amount[at], group))]
    odd = np.zeros(len(amount), dtype=bool)
    others: dict[int, str] = {}
    for mine in np.split(order, np.flatnonzero(np.diff(np.sort(group))) + 1):
        cut = _cut(np.log10(amount[mine]), limits)
        if cut and part[mine[:cut]].any():
            fewer, rest = (mine[:cut], mine[cut:]) if 2 * cut <= len(mine) else (mine[cut:], mine[:cut])
            odd[fewer] = True
            others |= dict.fromkeys(fewer.tolist(), str(text.iloc[rest[len(rest) // 2]]))
    words = {
        "read": [f"{one:.10g}" for one in amount[odd]],
        "other": [others[one] for one in np.flatnonzero(odd).tolist()],
    }
    return reading.flagged("slipped", odd, column=column.name, words=words)


def _cut(logs: np.ndarray, limits: Mapping[str, Any]) -> int:
    """Return how many of some rising logarithms are a tenth or a hundredth of the rest, 0 where none plainly is."""
    if len(logs) < limits["slip_fewest"]:
        return 0
    cut = int(np.diff(logs).argmax()) + 1
    low, high = logs[:cut], logs[cut:]
    apart, wide = np.median(high) - np.median(low), max(np.ptp(low), np.ptp(high))
    spreads = zip((1, 2), limits["slip_spreads"], limits["slip_near"], strict=True)
    return cut if any(wide <= np.log10(s) and abs(apart - power) <= np.log10(near) for power, s, near in spreads) else 0


def _far_off(reading: Reading, column: Column) -> Reading:
    """Flag amounts whose logarithm lies far from the median of their group, by the median distance from it.

    Groups too small to tell by themselves are one together.
    """
    limits = catalogue.load("magnitude")
    amount = reading.frame[column.name].to_numpy(dtype="float64", na_value=np.nan)
    usable = (amount > 0) & ~reading.aside
    if usable.sum() < limits["fewest"]:
        return reading
    logs = np.log10(np.where(usable, amount, 1.0))
    far = np.zeros(len(amount), dtype=bool)
    middle = np.zeros(len(amount))
    group, log = _groups(reading)[usable], logs[usable]
    if np.ptp(log) < np.log10(limits["least_times"]):
        return reading
    group = np.where(np.bincount(group)[group] < limits["fewest"], -1, group)
    grouped = pd.Series(log).groupby(group)
    count, median = grouped.transform("size").to_numpy(), grouped.transform("median").to_numpy()
    off = np.abs(log - median)
    spread = pd.Series(off).groupby(group).transform("median").to_numpy() * 1.4826
    wide = np.maximum(limits["deviations"] * spread, np.log10(limits["least_times"]))
    at = np.flatnonzero(usable)
    far[at] = (off > wide) & (count >= limits["fewest"])
    middle[at] = 10.0**median
    if not far.any() or far.sum() > max(1.0, limits["most_share"] * usable.sum()):
        return reading
    words = {
        "read": [f"{one:,.10g}" for one in amount[far]],
        "median": [f"{one:,.4g}" for one in middle[far]],
        "times": [_times(one, other) for one, other in zip(amount[far], middle[far], strict=True)],
    }
    return reading.flagged("far_off", far, column=column.name, words=words)


def _times(amount: float, middle: float) -> str:
    return f"{fixed(amount / middle)} 倍" if amount > middle else f"1/{fixed(middle / amount)}"
