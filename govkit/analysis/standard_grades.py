"""The ladder of a facility standard: the grade each community has reached, and how far it is to the next."""

from __future__ import annotations

import math

import pandas as pd

from govkit import catalogue
from govkit.analysis.scope import Tables
from govkit.analysis.standard_file import Grade, Standard
from govkit.analysis.standards import attainment
from govkit.errors import CatalogueError
from govkit.periods import Period

_COLUMNS = [
    "name", "district_code", "grade", "step", "items_met", "items", "next_grade", "distance", "missing", "cost_yuan",
    "uncosted",
]  # fmt: skip


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
    rows = attainment(tables, standard, period)
    found = [_climbed(standard, unit) for _, unit in rows.groupby("unit_code", sort=True)]
    index = pd.Index(sorted(rows["unit_code"].unique()), name="unit_code", dtype="str")
    frame = pd.DataFrame(found, index=index, columns=_COLUMNS)
    return frame.astype({"step": "Int64", "items_met": "Int64", "items": "Int64", "distance": "Int64"})


def grade_counts(graded: pd.DataFrame, standard: Standard) -> pd.DataFrame:
    """Return a row per grade from the highest down, then one "" for none: ``units``, ``share`` (0–1) of those known."""
    labels = [*(grade.label for grade in standard.grades[::-1]), ""]
    counts = graded["grade"].dropna().value_counts().reindex(pd.Index(labels, name="grade"), fill_value=0)
    total = int(counts.sum())
    return pd.DataFrame({"units": counts.astype("Int64"), "share": counts / total if total else float("nan")})


def _climbed(standard: Standard, rows: pd.DataFrame) -> dict[str, object]:
    """Return one community's row."""
    unit = rows.set_index("item")
    facts = {
        "name": unit["name"].iloc[0],
        "district_code": unit["district_code"].iloc[0],
        "items_met": int(unit["met"].sum()),
        "items": len(unit),
    }
    below = ""
    for step, grade in enumerate(standard.grades):
        gap = _gap(standard, grade, unit)
        if gap is None:
            return {**facts, "grade": pd.NA, "next_grade": pd.NA, "missing": (), "uncosted": ()}
        if gap["distance"]:
            return {**facts, "grade": below, "step": step, "next_grade": grade.label, **gap}
        below = grade.label
    at_top = {"next_grade": "", "distance": 0, "missing": (), "cost_yuan": 0.0, "uncosted": ()}
    return {**facts, "grade": below, "step": len(standard.grades), **at_top}


def _gap(standard: Standard, grade: Grade, unit: pd.DataFrame) -> dict[str, object] | None:
    """Return what a community lacks for a grade, None where that cannot be told."""
    needed = _needed(standard, grade, unit)
    others = unit.loc[~unit.index.isin(needed.index) & ~unit["met"].fillna(False).astype(bool)]
    # Where fewer items bind a community than the grade asks for, it asks for those.
    extra = min(grade.items_least, len(unit)) - int(unit["met"].sum()) - int((~_met(needed)).sum())
    if needed["met"].isna().any() or (extra > 0 and others["met"].isna().any()):
        return None
    lacking = needed.loc[needed["short"] > 0]
    extra = max(extra, 0)
    # Of the items to choose from, the cheapest; those without a unit cost last.
    chosen = others.sort_values("cost_yuan", kind="stable").head(extra)
    bought = pd.concat([lacking, chosen])
    labels = [_named(*cells) for cells in lacking[["label", "quantity", "short"]].itertuples(index=False)]
    choice = [f"另任选 {extra} 项：{'、'.join(others['label'])}"] if extra else []
    return {
        "distance": len(lacking) + extra,
        "missing": (*labels, *choice),
        "cost_yuan": bought["cost_yuan"].sum(min_count=1),
        "uncosted": tuple(bought.loc[bought["cost_yuan"].isna(), "label"]),
    }


def _needed(standard: Standard, grade: Grade, unit: pd.DataFrame) -> pd.DataFrame:
    """Return the items a grade names and that bind the community, ``short`` and ``cost_yuan`` by what it asks."""
    asked = unit.loc[unit.index.isin([*grade.items, *(item for item, _ in grade.minimums)])].copy()
    unit_costs = {item.id: item.ways[0].unit_cost_yuan for item in standard.items}
    for item, least in grade.minimums:
        if item in asked.index:
            short = max(least - asked.at[item, "found"], 0.0)
            asked.loc[item, ["short", "cost_yuan"]] = [short, short * unit_costs[item] if short else 0.0]
    return asked


def _met(rows: pd.DataFrame) -> pd.Series:
    return rows["met"].fillna(False).astype(bool)


def _named(label: str, quantity: str, short: float) -> str:
    """Return an item's label with the amount that is lacking, unless it is simply not there."""
    if quantity == "count" and short <= 1:
        return label
    return f"{label}（差 {math.ceil(short - 1e-9):,} {catalogue.label('quantity', quantity)}）"
