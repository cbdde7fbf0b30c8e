"""Which rows of a table count people of a sensitive group, and how many each unit has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.zone.settings import ZoneSettings

# From so many items on none is sought that adds up others.
_MOST_ITEMS = 40
# Least squares over whole numbers: what is nearer than that is equal.
_EXACT = 1e-6


@dataclass(frozen=True)
class Group:
    """The rows of one table that speak of one sensitive group."""

    table: str
    name: str
    rows: np.ndarray


def sensitive_groups(name: str, table: pd.DataFrame, settings: ZoneSettings) -> Iterator[Group]:
    """Yield the sensitive groups of a table: rows whose group column holds the word, and those they add up with."""
    columns = [one for one in catalogue.load("small_numbers")["tables"][name]["group"] if one in table]
    names = {column: [*table[column].dropna().unique()] for column in columns}
    taken = np.full(len(table), False)
    for word in dict.fromkeys([*settings.sensitive, *catalogue.load("small_numbers")["words"]]):
        mine = np.full(len(table), False)
        for column in columns:
            if holding := [one for one in names[column] if word in str(one)]:
                mine = mine | table[column].isin(holding).to_numpy(dtype=bool)
        if mine.any() and name == "statistics":
            mine = table["item"].isin(_added_up(table, set(table.loc[mine, "item"]))).to_numpy(dtype=bool)
        mine = mine & ~taken
        taken = taken | mine
        if mine.any():
            yield Group(name, word, mine)


def _added_up(table: pd.DataFrame, items: set[str]) -> set[str]:
    """Return items with those that are their sums, parts or the same numbers under another name, in every row."""
    wide = _by_item(table)
    if len(wide.columns) > _MOST_ITEMS:
        return items
    found: set[str] = set(items)
    before: set[str] = set()
    while found != before:
        before = set(found)
        for whole, parts in sums(wide, touching=found):
            found |= {whole, *parts}
    return found


def _by_item(table: pd.DataFrame) -> pd.DataFrame:
    wide = table.pivot_table(index=["unit_code", "period"], columns="item", values="value", aggfunc="sum", min_count=1)
    return wide.loc[:, (wide.fillna(0) == wide.fillna(0).round()).all()]


def sums(wide: pd.DataFrame, *, touching: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield items that are the sum of others in every row, with these; ``touching``: some of all known.

    Sums of one to three are sought one by one, also among rows with gaps; longer ones by non-negative least squares.
    """
    for parts in (pair for size in (1, 2, 3) for pair in combinations(wide.columns, size)):
        added = wide[list(parts)].sum(axis="columns", skipna=False)
        for whole in wide.columns.difference(parts):
            if not touching & {whole, *parts}:
                continue
            both = added.notna() & wide[whole].notna()
            if both.sum() > 2 and added[both].any() and (added[both] == wide.loc[both, whole]).all():
                yield str(whole), tuple(map(str, parts))
    if not 4 < len(wide.columns) < len(wide):
        return
    from scipy.optimize import nnls  # a tenth of a second, for few zones

    for whole in wide.columns:
        others = wide.loc[wide[whole].notna()].drop(columns=whole).fillna(0.0).astype("float64")
        times, apart = nnls(others.to_numpy(), wide[whole].dropna().to_numpy(dtype="float64"))
        parts = tuple(map(str, others.columns[times > _EXACT]))
        once = (np.abs(times[times > _EXACT] - 1) < _EXACT).all()
        if len(parts) > 3 and apart < _EXACT and once and touching & {whole, *parts}:
            yield str(whole), parts


def sums_within(table: pd.DataFrame, rows: np.ndarray) -> dict[str, tuple[str, ...]]:
    """Return items among some rows that are sums of others there, each with its parts, parts before their wholes."""
    wide = _by_item(table.iloc[rows])
    found: dict[str, tuple[str, ...]] = {}
    if len(wide.columns) > _MOST_ITEMS:
        return found
    for whole, parts in sums(wide, touching={*map(str, wide.columns)}):
        # of two names of one number the first holds it
        if whole not in found and not {whole} & {one for part in parts for one in (part, *found.get(part, ()))}:
            found[whole] = parts
    return dict(sorted(found.items(), key=lambda one: float(wide[one[0]].sum())))


def counts_of_units(
    table: pd.DataFrame,
    rows: np.ndarray,
    counts: Sequence[str],
    group: Sequence[str],
    complements: Sequence[Sequence[str]] = (),
) -> dict[str, np.ndarray]:
    """Return for each unit its counts of a period, a place for every item and column; rows if none counts.

    What is left of a whole without its part has a place, too: of the columns in ``complements``, and of an item within
    whose name another's stands (残疾人 without 持证残疾人).
    """
    part = table.iloc[rows]
    kinds = joined(part, group)
    values = part[[name for name in counts if name in part]].astype("float64") if counts else part.assign(_=1.0)[["_"]]
    left = {f"{whole}-{one}": values[whole] - values[one] for whole, one in complements if {whole, one} <= {*values}}
    wide = values.assign(**left, _unit=part["unit_code"], _kind=kinds)
    wide = wide.groupby(["_unit", "_kind"]).sum(min_count=1).unstack()
    names = [str(name) for name in wide.columns.get_level_values("_kind").unique()]
    nested = [pair for pair in permutations(names, 2) if counts and len(group) == 1 and pair[0] in pair[1]]
    rest = [
        np.subtract(*(wide.xs(one, level="_kind", axis="columns").to_numpy(dtype="float64") for one in pair))
        for pair in nested
    ]
    rest = [one for one in rest if not (one < 0).any()]
    every = np.column_stack([wide.to_numpy(dtype="float64"), *rest])
    return dict(zip(map(str, wide.index), every, strict=True))


def whole_numbers(table: pd.DataFrame, rows: np.ndarray, counts: Sequence[str], group: Sequence[str]) -> pd.DataFrame:
    """Return a table whose rows lack what is not counted in whole numbers, column by column of an item: a rate cannot
    be added up, its base tells how many people it speaks of.
    """
    columns, part = [name for name in counts if name in table], table.iloc[rows]
    values = part[columns].astype("float64")
    odd = (values.notna() & (values != values.round())).groupby(part[group[0]].astype("str")).transform("any")
    counted = table.copy(deep=False)
    counted[columns] = table[columns].astype("float64")
    counted.iloc[rows, counted.columns.get_indexer(columns)] = values.mask(odd)
    return counted


def joined(rows: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return what some columns say of each row as one text."""
    parts = [rows[name].astype("object").fillna("").astype("str") for name in columns if name in rows]
    return parts[0].str.cat(parts[1:], sep="|")


def by_period(table: pd.DataFrame, mine: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each period's id ("" for none) with the positions of its rows among those marked."""
    places = np.flatnonzero(mine)
    period = table["period"].iloc[places].astype("object").fillna("") if "period" in table else None
    if period is None:
        yield "", places
        return
    for name, at in period.groupby(period.to_numpy()).indices.items():
        yield str(name), places[at]


def left_out(
    table: pd.DataFrame, group: Group, how: Mapping[str, Any], dealt_with: pd.DataFrame
) -> Iterator[tuple[str, str, str, int]]:
    """Yield where sums no longer hold all of a group: the district ("" for the zone), the period ("" where a table has
    none), the group's name and how many kinds of it (items, projects …) are counted there.
    """
    counts, (kind, *_) = ([name for name in how.get(key, ()) if name in table] for key in ("counts", "group"))
    before = table.loc[group.rows]
    after = dealt_with.iloc[[*np.flatnonzero(group.rows), *range(len(table), len(dealt_with))]]
    both = pd.concat([before, after], ignore_index=True)
    sign = np.repeat([1.0, -1.0], [len(before), len(after)])
    numbers = both[counts].astype("float64").fillna(0.0) if counts else pd.DataFrame({"rows": 1.0}, index=both.index)
    period = both["period"].fillna("") if "period" in both else pd.Series("", both.index)
    for district in (both["district_code"], pd.Series("", both.index)):
        left = numbers.mul(sign, axis="index").groupby([district, period]).sum().gt(0.0).any(axis="columns")
        for code, at in left.index[left]:
            here = district.eq(code) & period.eq(at)
            yield code, at, group.name, both.loc[here & (sign > 0), kind].nunique()
