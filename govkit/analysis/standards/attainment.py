"""Facility standards applied: who has what, what is missing, what that would cost, whom little money completes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Scope, Tables
from govkit.analysis.standards.standard_file import PER, Bound, Item, Standard, Way, load_standard, read_standard
from govkit.catalogue.stated import stated
from govkit.periods import Period
from govkit.provided import may_have_more

__all__ = [
    "Item", "Standard", "attainment", "item_costs", "item_rates", "load_standard", "read_standard", "standard_type",
    "summary",
]  # fmt: skip
_COLUMNS = [
    "unit_code", "name", "district_code", "item", "group", "label", "required", "found", "met",
    "way", "quantity", "short", "cost_yuan",
]  # fmt: skip


def standard_type(name: str) -> str:
    """Return what a file of standards states: ``standard`` (facilities), ``yardsticks``, ``fund_norms``, ``ladder``…"""
    return str(stated("standards", name).raw.get("type", "standard"))


def attainment(tables: Tables, standard: Standard, period: Period) -> pd.DataFrame:
    """Return a row for every community the standard binds and every item that applies to it; none where not in force.

    Columns: ``unit_code``, ``name``, ``district_code``, ``item``, ``group``, ``label``, ``required`` and ``found``
    (of the item's own way; what is on file), ``met`` (boolean, missing where the table or the households needed are
    missing, and where what is on file falls short of a list that may not be complete, or lacks a size), ``way``
    (the label of the alternative that meets it, "" for the item's own way), ``quantity`` (``count``, ``members`` or an
    area in m²), ``short`` (what its own way lacks, 0 where met; missing facilities are whole ones), ``cost_yuan`` (of
    the cheapest way with a unit cost; 0 where met, missing without a unit cost). What opened or was founded after the
    period's last day does not count; without a date it counts as there.
    """
    scope = Scope(tables, period, by="unit_code")
    bound = scope.communities.loc[_binds(scope.communities, standard.bound)].sort_values("unit_code")
    ways = [way for item in standard.items for way in item.ways]
    found, open_ended = _found(scope, ways, bound["unit_code"])
    parts = [_item_columns(bound, item, found, open_ended) for item in standard.items]
    if not parts or not standard.term.covers(period):
        return pd.DataFrame(columns=_COLUMNS).astype({"met": "boolean", "short": "float64", "cost_yuan": "float64"})
    columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    place, met, known = (columns.pop(key) for key in ("place", "met", "known"))
    rows = bound[["unit_code", "name", "district_code"]].take(place).reset_index(drop=True)
    texts = {key: pd.array(columns[key], dtype="str") for key in ("item", "group", "label", "quantity")}
    rows = rows.assign(**{**columns, **texts}, met=pd.arrays.BooleanArray(met, ~met & ~known))
    return rows.sort_values("unit_code", kind="stable", ignore_index=True)[_COLUMNS]


def _binds(communities: pd.DataFrame, bound: Bound) -> np.ndarray:
    """Return which communities a demand binds; one whose households are unknown stays, to be told as unknown."""
    binds = np.full(len(communities), True)
    if bound.applies_to:
        binds &= communities["kind"].isin(bound.applies_to).to_numpy()
    if bound.types:
        binds &= communities["type"].isin(bound.types).to_numpy() if "type" in communities else False
    if bound.counts_households:
        households = _floats(communities["households"])
        known = (households >= bound.least_households) & (households <= bound.most_households)
        binds &= np.isnan(households) | known
    return binds


def _item_columns(
    bound: pd.DataFrame, item: Item, found: Mapping[Way, np.ndarray], open_ended: Mapping[Way, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return an item's columns for the communities it binds, and the ``place`` of each of them in ``bound``."""
    asked = [_asked(bound, way, found[way], open_ended[way]) for way in item.ways]
    required, short, cost = np.stack(asked, axis=1)
    if item.bound.counts_households:
        short[:, np.isnan(_floats(bound["households"]))] = np.nan
    met, known = (short == 0).any(axis=0), ~np.isnan(short).any(axis=0)
    labels = np.array(["", *(way.label for way in item.ways[1:])], dtype=object)
    cheapest = np.where(np.isnan(cost), np.inf, cost).min(axis=0)
    columns = {
        "required": required[0],
        "found": found[item.ways[0]],
        "met": met,
        "known": known,
        "way": labels[(short == 0).argmax(axis=0)],
        "short": np.where(met, 0.0, short[0]),
        "cost_yuan": np.where(met, 0.0, np.where(np.isinf(cheapest), np.nan, cheapest)),
    }
    place = np.flatnonzero(_binds(bound, item.bound))
    stated = {"item": item.id, "group": item.group, "label": item.label, "quantity": item.quantity}
    repeated = {key: np.full(len(place), text, dtype=object) for key, text in stated.items()}
    return {"place": place, **{key: values[place] for key, values in columns.items()}, **repeated}


def _asked(
    bound: pd.DataFrame, way: Way, found: np.ndarray, open_ended: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what one way requires of each community, what is short of it and what that costs.

    Where there may be more than was found, a shortage is not known.
    """
    column, size = PER[way.per]
    required = (_floats(bound[column]) / size if column else np.ones(len(bound))) * way.least
    short = np.maximum(required - found, 0.0)
    # Nobody builds a third of a room; a hair of rounding is none.
    short = np.maximum(np.ceil(short - 1e-9), 0.0) if way.quantity == "count" else short
    short = np.where(open_ended & (short > 0), np.nan, short)
    return required, short, short * way.unit_cost_yuan


def _floats(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype="float64", na_value=np.nan)


def _found(scope: Scope, ways: Sequence[Way], units: pd.Series) -> tuple[dict[Way, np.ndarray], dict[Way, np.ndarray]]:
    """Return how much of each way every unit has on file, and whether it may have more.

    What is on file is 0 where nothing is, missing without its table. There may be more where the table is not said to
    list everything, where a row was set aside, and where one that may count lacks what it counts by.
    """
    found = {way: np.full(len(units), np.nan) for way in ways}
    open_ended = {way: np.full(len(units), False) for way in ways}
    for table in {way.table for way in found if not scope.lacks(way.table)}:
        rows = scope.rows(table)
        amounts = {way: _amounts(rows, way) for way in found if way.table == table}
        # All ways of a table at once: one grouping costs as much as another, however many columns it sums.
        both = [amount for amount, _ in amounts.values()] + [unsure.astype(float) for _, unsure in amounts.values()]
        sums = pd.DataFrame(np.column_stack(both)).groupby(rows["unit_code"].to_numpy()).sum()
        on_file, unsure = np.split(sums.reindex(units, fill_value=0.0).to_numpy().T, 2)
        found |= dict(zip(amounts, on_file, strict=True))
        more = may_have_more(scope.tables[table], table, scope.period, units)
        open_ended |= {way: (one > 0) | more for way, one in zip(amounts, unsure, strict=True)}
    return found, open_ended


def _amounts(rows: pd.DataFrame, way: Way) -> tuple[np.ndarray, np.ndarray]:
    """Return what each row counts for a way (0 where it does not), and whether it may count for more."""
    if way.table == "checklist":
        named = (rows["list"] == way.list) & (rows["item"] == way.item)
        counts, unsure = named & rows["met"].fillna(False).astype(bool), named & rows["met"].isna()
    else:
        counts = rows["kind"].isin(way.kinds)
        unsure = pd.Series(False, index=rows.index)
    if way.min_floor_area_m2:
        unsure |= counts & rows["floor_area_m2"].isna()
        counts &= rows["floor_area_m2"] >= way.min_floor_area_m2
    if way.quantity == "count":
        return counts.to_numpy(dtype="float64"), unsure.to_numpy(dtype=bool)
    amount = _floats(rows[way.quantity])
    unsure = unsure.to_numpy(dtype=bool) | (counts.to_numpy(dtype=bool) & np.isnan(amount))
    return np.where(counts, np.nan_to_num(amount), 0.0), unsure


def summary(tables: Tables, standard: Standard, period: Period, *, rows: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return a row per community, by ``unit_code``: does it meet the standard, and if not, what is missing.

    Columns: ``name``, ``district_code``, ``met`` (boolean), ``items_met``, ``items``, ``missing`` (tuple of item
    labels), ``cost_yuan`` (of what is missing and has a unit cost; 0 where nothing is missing, missing where nothing of
    it has one), ``uncosted`` (tuple of missing labels that are not in the cost), then one column of counts per fact of
    the standard (such as ``large_centres``). ``rows``: those of ``attainment``, where they are found already.
    """
    rows = attainment(tables, standard, period) if rows is None else rows
    grouped = rows.groupby("unit_code", sort=True)
    lacking = rows.loc[~rows["met"].fillna(True).astype(bool)]
    whole = grouped[["name", "district_code"]].first()
    missing = _labels(lacking, whole.index)
    uncosted = _labels(lacking.loc[lacking["cost_yuan"].isna()], whole.index)
    unknown = rows["met"].isna().groupby(rows["unit_code"]).any()
    cost = lacking.groupby("unit_code")["cost_yuan"].sum(min_count=1).reindex(whole.index)
    whole = whole.assign(
        met=missing.map(len).eq(0).astype("boolean").mask(unknown & missing.map(len).eq(0)),
        items_met=grouped["met"].sum().astype("Int64"),
        items=grouped.size().astype("Int64"),
        missing=missing,
        cost_yuan=cost.mask(missing.map(len).eq(0) & ~unknown, 0.0),
        uncosted=uncosted,
    )
    scope = Scope(tables, period, by="unit_code")
    found, _ = _found(scope, [fact.ways[0] for fact in standard.facts], whole.index.to_series())
    facts = {fact.id: pd.array(found[fact.ways[0]]).astype("Int64") for fact in standard.facts}
    return whole.assign(**facts)


def _labels(rows: pd.DataFrame, units: pd.Index) -> pd.Series:
    """Return the item labels of each unit as a tuple, empty for a unit without a row."""
    found = rows.groupby("unit_code")["label"].agg(tuple)
    return pd.Series([found.get(code, ()) for code in units], index=units, dtype=object)


def item_rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per item of ``attainment``: ``group``, ``label``, ``units`` bound, ``units_met``, ``unknown``
    (units of which nothing can be said), ``rate`` (0–1, of those known; missing where none is, as ``units_met``).
    """
    grouped = rows.groupby("item", sort=False)
    units, known = grouped.size().astype("Int64"), grouped["met"].count().astype("Int64")
    met = grouped["met"].sum().astype("Int64").where(known > 0)
    rate = (met / known.where(known > 0)).astype("float64")
    return grouped[["group", "label"]].first().assign(units=units, units_met=met, unknown=units - known, rate=rate)


def item_costs(rows: pd.DataFrame, standard: Standard) -> pd.DataFrame:
    """Return a row per item that some row of ``attainment`` lacks, in the standard's order: what it would take.

    Columns: ``group``, ``label``, ``units`` (that lack it), ``quantity``, ``short`` (in all), ``unit`` (its unit, in
    Chinese), ``unit_cost_yuan`` (of the item's own way) and ``cost_yuan``; both costs are missing where none is given.
    """
    lacking = rows.loc[~rows["met"].fillna(True).astype(bool)]
    grouped = lacking.groupby("item", sort=False)
    result = grouped[["group", "label", "quantity"]].first()
    unit_costs = pd.Series({item.id: item.ways[0].unit_cost_yuan for item in standard.items}, dtype="float64")
    order = [item.id for item in standard.items if item.id in result.index]
    return result.assign(
        units=grouped.size().astype("Int64"),
        short=grouped["short"].sum(),
        unit=result["quantity"].map(lambda quantity: catalogue.label("quantity", quantity)),
        unit_cost_yuan=unit_costs.reindex(result.index),
        cost_yuan=grouped["cost_yuan"].sum(min_count=1),
    ).loc[order]


# The cheap set costs at most this share of what completes everything.
_SHARE = 0.1


@dataclass(frozen=True)
class CheapSet:
    """Communities that a little money completes: their ``codes`` (cheapest first), what it costs, and the rates
    (0–1) of communities that meet the standard ``before`` and ``after``.
    """

    codes: tuple[str, ...]
    cost_yuan: float
    before: float
    after: float


def cheapest_set(summary: pd.DataFrame) -> CheapSet | None:
    """Return the communities to complete first; frame as from ``attainment.summary``. None where there is no such set.

    All communities of equal cost are taken together, from the cheapest on, as long as the whole costs no more than a
    tenth of what all gaps cost. Communities with a gap that has no price are left out.
    """
    short = summary.loc[summary["met"].eq(False).fillna(False)]
    priced = short.loc[short["cost_yuan"].notna() & short["uncosted"].map(len).eq(0)]
    total = short["cost_yuan"].sum()
    if priced.empty or not total > 0:
        return None
    steps = priced.groupby("cost_yuan")["cost_yuan"].agg(["size", "sum"]).cumsum()
    within = steps.loc[steps["sum"] <= _SHARE * total]
    if within.empty or len(priced.loc[priced["cost_yuan"] <= within.index[-1]]) == len(short):
        return None
    taken = priced.loc[priced["cost_yuan"] <= within.index[-1]].sort_values("cost_yuan", kind="stable")
    known, met = summary["met"].count(), int(summary["met"].fillna(False).sum())
    codes = tuple(str(code) for code in taken.index)
    return CheapSet(codes, float(taken["cost_yuan"].sum()), met / known, (met + len(taken)) / known)
