"""Which rows of a table count people of a sensitive group, and how many each unit has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.zone.settings import ZoneSettings

# From so many items on none is sought that adds up others.
_MOST_ITEMS = 40


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
    wide = table.pivot_table(index=["unit_code", "period"], columns="item", values="value", aggfunc="sum", min_count=1)
    wide = wide.loc[:, (wide.fillna(0) == wide.fillna(0).round()).all()]
    if len(wide.columns) > _MOST_ITEMS:
        return items
    found: set[str] = set(items)
    before: set[str] = set()
    while found != before:
        before = set(found)
        for parts in (pair for size in (1, 2, 3) for pair in combinations(wide.columns, size)):
            sums = wide[list(parts)].sum(axis="columns", skipna=False)
            for whole in wide.columns.difference(parts):
                if not found & {whole, *parts} or found >= {whole, *parts}:
                    continue
                both = sums.notna() & wide[whole].notna()
                if both.sum() > 2 and sums[both].any() and (sums[both] == wide.loc[both, whole]).all():
                    found |= {whole, *parts}
    return found


def counts_of_units(
    table: pd.DataFrame, rows: np.ndarray, counts: Sequence[str], group: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return for each unit its counts of a period, a place for every item and column; rows if none counts."""
    part = table.iloc[rows]
    kinds = joined(part, group)
    values = part[[name for name in counts if name in part]].astype("float64") if counts else part.assign(_=1.0)[["_"]]
    wide = values.assign(_unit=part["unit_code"], _kind=kinds).groupby(["_unit", "_kind"]).sum(min_count=1).unstack()
    return {str(unit): row.to_numpy(dtype="float64") for unit, row in wide.iterrows()}


def counted_in_whole_numbers(
    table: pd.DataFrame, rows: np.ndarray, counts: Sequence[str], group: Sequence[str]
) -> np.ndarray:
    """Return which rows are of items counted in whole numbers: a rate cannot be added up."""
    part = table.iloc[rows]
    values = part[[name for name in counts if name in part]].astype("float64").fillna(0)
    odd = (values != values.round()).any(axis="columns")
    return ~odd.groupby(part[group[0]].astype("str")).transform("any").to_numpy(dtype=bool)


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
