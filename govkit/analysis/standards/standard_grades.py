"""The ladder of a facility standard: the grade each community has reached, and how far it is to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Tables
from govkit.analysis.standards.attainment import attainment
from govkit.analysis.standards.standard_file import Grade, Standard
from govkit.errors import CatalogueError
from govkit.periods import Period

_COLUMNS = [
    "name", "district_code", "grade", "step", "items_met", "items", "next_grade", "distance", "missing", "cost_yuan",
    "uncosted",
]  # fmt: skip


@dataclass(frozen=True)
class _Grid:
    """Communities × items: does the item bind, is it met, is that known, what is short and what that costs."""

    units: pd.DataFrame
    bound: np.ndarray
    met: np.ndarray
    unknown: np.ndarray
    found: np.ndarray
    short: np.ndarray
    cost: np.ndarray


@dataclass(frozen=True)
class _Gap:
    """What a grade asks that is not there: ``named`` items with what is short of them, ``extra`` ones to choose."""

    short: np.ndarray
    cost: np.ndarray
    extra: np.ndarray
    others: np.ndarray
    unknown: np.ndarray

    @property
    def distance(self) -> np.ndarray:
        """Items lacking, by community."""
        return (self.short > 0).sum(axis=1) + self.extra


def grades(tables: Tables, standard: Standard, period: Period) -> pd.DataFrame:
    """Return a row per community the standard binds, by ``unit_code``: its grade and what the next one asks.

    Columns: ``name``, ``district_code``, ``grade`` (label, "" below the lowest), ``step`` (grades climbed, 0 for none),
    ``items_met``, ``items``, ``next_grade`` (label, "" at the top), ``distance`` (items still lacking), ``missing``
    (tuple of labels, with the amount lacking where it is an area), ``cost_yuan`` and ``uncosted`` as in ``summary``. A
    grade is reached if it and all below it are met; an item that does not bind a community is not asked of it. Where a
    table that decides is missing, ``grade``, ``step``, ``next_grade`` and ``distance`` are missing. Raises
    CatalogueError for a standard without [[grades]].
    """
    if not standard.grades:
        raise CatalogueError(f"{standard.title}没有分等", where=standard.name, todo="请在标准文件里写 [[grades]]。")
    grid = _grid(standard, attainment(tables, standard, period))
    climbing = np.full(len(grid.units), True)
    reached = {"grade": "", "step": 0, "next_grade": "", "distance": 0, "missing": (), "cost_yuan": 0.0, "uncosted": ()}
    rows = [dict(reached) for _ in climbing]
    for step, grade in enumerate(standard.grades, start=1):
        gap = _gap(standard, grade, grid)
        for unit in np.flatnonzero(climbing).tolist():
            if gap.unknown[unit]:
                rows[unit] |= {
                    "cost_yuan": math.nan,
                    **dict.fromkeys(("grade", "step", "next_grade", "distance"), pd.NA),
                }
            elif gap.distance[unit]:
                rows[unit] |= {"next_grade": grade.label, **_lacking(standard, grade, gap, unit)}
            else:
                rows[unit] |= {"grade": grade.label, "step": step}
        climbing &= ~gap.unknown & (gap.distance == 0)
    frame = pd.DataFrame(rows, index=grid.units.index, columns=list(reached))
    return grid.units.join(frame.astype({"step": "Int64", "distance": "Int64"}))[_COLUMNS]


def grade_counts(graded: pd.DataFrame, standard: Standard) -> pd.DataFrame:
    """Return a row per grade from the highest down, then one "" for none: ``units``, ``share`` (0–1) of those known."""
    labels = [*(grade.label for grade in standard.grades[::-1]), ""]
    counts = graded["grade"].dropna().value_counts().reindex(pd.Index(labels, name="grade"), fill_value=0)
    total = int(counts.sum())
    return pd.DataFrame({"units": counts.astype("Int64"), "share": counts / total if total else float("nan")})


def _grid(standard: Standard, rows: pd.DataFrame) -> _Grid:
    grouped = rows.groupby("unit_code", sort=True)
    units = grouped[["name", "district_code"]].first()
    units = units.assign(items_met=grouped["met"].sum().astype("Int64"), items=grouped.size().astype("Int64"))
    items = pd.Index([item.id for item in standard.items])
    at = units.index.get_indexer(rows["unit_code"]), items.get_indexer(rows["item"])
    shape = len(units), len(standard.items)

    def spread(column: str) -> np.ndarray:
        cells = np.zeros(shape)
        cells[at] = rows[column].to_numpy(dtype="float64", na_value=np.nan)
        return cells

    met, bound = spread("met"), np.full(shape, False)
    bound[at] = True
    return _Grid(
        units=units,
        bound=bound,
        met=met == 1,
        unknown=np.isnan(met),
        found=spread("found"),
        short=spread("short"),
        cost=spread("cost_yuan"),
    )


def _gap(standard: Standard, grade: Grade, grid: _Grid) -> _Gap:
    """Return what the communities lack for a grade, whether or not they have the grades below it."""
    ids = [item.id for item in standard.items]
    minimums = dict(grade.minimums)
    named = np.array([one in grade.items or one in minimums for one in ids])
    short, cost = (np.where(named & ~grid.met, cells, 0.0) for cells in (grid.short, grid.cost))
    for item, least in minimums.items():
        place = ids.index(item)
        way = standard.items[place].ways[0]
        lacking = np.maximum(least - grid.found[:, place], 0.0)
        lacking = np.ceil(lacking - 1e-9) if way.quantity == "count" else lacking
        short[:, place] = np.where(grid.bound[:, place], lacking, 0.0)
        cost[:, place] = np.where(short[:, place] > 0, short[:, place] * way.unit_cost_yuan, 0.0)
    others = grid.bound & ~grid.met & ~named
    # Where fewer items bind a community than the grade asks for, it asks for those.
    asked = np.minimum(grade.items_least, grid.bound.sum(axis=1))
    extra = np.maximum(asked - grid.met.sum(axis=1) - (grid.bound & ~grid.met & named).sum(axis=1), 0)
    unknown = (grid.unknown & named).any(axis=1) | ((extra > 0) & (grid.unknown & others).any(axis=1))
    return _Gap(short, np.where(others, grid.cost, cost), extra, others, unknown)


def _lacking(standard: Standard, grade: Grade, gap: _Gap, unit: int) -> dict[str, object]:
    """Return distance, missing labels and cost for one community."""
    named = np.flatnonzero(gap.short[unit] > 0).tolist()
    extra = int(gap.extra[unit])
    choice = np.flatnonzero(gap.others[unit]) if extra else np.array([], dtype=int)
    # Of the items to choose from, the cheapest; those without a unit cost last.
    bought = [*named, *choice[np.argsort(gap.cost[unit, choice], kind="stable")][:extra]]
    costs = gap.cost[unit, bought]
    labels = [_named(standard, grade, place, gap.short[unit, place]) for place in named]
    others = [standard.items[place].label for place in choice]
    chosen = others if extra == len(others) else [f"另任选 {extra} 项：{'、'.join(others)}"]
    return {
        "distance": int(gap.distance[unit]),
        "missing": (*labels, *chosen),
        "cost_yuan": float(np.nansum(costs)) if (~np.isnan(costs)).any() else math.nan,
        "uncosted": tuple(
            standard.items[place].label for place, cost in zip(bought, costs, strict=True) if cost != cost
        ),
    }


def _named(standard: Standard, grade: Grade, place: int, short: float) -> str:
    """Return an item's label with the amount that is lacking to what the grade asks, unless it is simply not there."""
    item = standard.items[place]
    unit = catalogue.label("quantity", item.quantity)
    least = dict(grade.minimums).get(item.id)
    if item.quantity == "count" and short <= 1:
        return item.label
    whole = least is not None and item.quantity == "count"
    asked = "" if least is None else f"{grade.label}要求 {math.ceil(least - 1e-9) if whole else least:,.10g} {unit}，"
    return f"{item.label}（{asked}差 {math.ceil(short - 1e-9):,} {unit}）"
