"""Funding norms, the worker ladder, plans and graded standards as sentences and tables, in reading order.

Arguments are a standard as its file states it and the frames of the analysis module of the same name.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Table, report_table
from govkit.display.words.phrases import say

# Longer lists of who falls short belong into the bureau's own check, not into a report.
_LISTED = 30
Items = list[str | Table]


def norms(stated: Any, found: pd.DataFrame, summary: pd.DataFrame) -> Items:
    """Say which funding norms are met; frames of ``fund_norms.against_norms`` and ``norm_summary``."""
    if found.empty:
        return []
    since, until, years = found.iloc[0][["since", "until", "years"]]
    days: dict[str, Any] = {"since": f"{since:%Y-%m-%d}", "until": f"{until:%Y-%m-%d}", "years": f"{years:.1f}"}
    rows = summary.assign(per_word=[catalogue.label("norm_per", per) for per in summary["per"]])
    rows = rows.loc[rows["units"] > 0]
    short = found.loc[found["met"].eq(False).fillna(False)]
    told = [
        say("norms.met" if row.units_met == row.units else "norms.short", **row._asdict())
        for row in rows.itertuples(index=False)
        if row.units
    ]
    items: Items = [f"## {stated.title}", "".join(told), report_table("fund_norms", rows, **days)]
    if len(short):
        items.append(report_table("fund_norms_short", short.head(_LISTED)))
    return items + ([say("norms.more", n=len(short) - _LISTED)] if len(short) > _LISTED else [])


def ladder(stated: Any, counts: pd.DataFrame, off: pd.DataFrame, pay: pd.DataFrame) -> Items:
    """Say how the staff stand on their ladder; frames of ``ladder_counts``, ``off_ladder`` and ``pay_floor``."""
    people = counts["people"].sum(min_count=1)
    if pd.isna(people) or not people:
        return []
    low = pay.loc[pay["below"].eq(True).fillna(False)]
    known = int(pay["below"].notna().sum())
    told = say("ladder.people", people=people, off=off["people"].sum(), posts=counts["post"].nunique())
    told += say("ladder.pay", known=known, below=len(low)) if known else ""
    held = counts.loc[counts["people"] > 0]
    items: Items = [f"## {stated.title}", told, report_table("ladder", held)]
    items += [report_table("ladder_off", off.head(_LISTED))] if len(off) else []
    return items + ([report_table("ladder_pay", low.head(_LISTED))] if len(low) else [])


def plan(stated: Any, steps: pd.DataFrame, *, on: dt.date) -> Items:
    """Say plan against actual, step by step; frame of ``plan.plan_steps``. Steps that bind nobody here are left out."""
    steps = steps.loc[steps["units"] > 0]
    if steps.empty:
        return []
    texts = {
        f"{key}_text": [
            _amount(value, *rest) for value, *rest in zip(steps[key], steps["kind"], steps["unit"], strict=True)
        ]
        for key in ("planned", "actual", "gap")
    }
    states = steps["state"].value_counts()
    count = {key: int(states.get(key, 0)) for key in ("done", "missed", "not_due")}
    told = say("plan.states", steps=len(steps), **count)
    # A step due on the very day is not late by any.
    shown = steps.assign(**texts, days=steps["days"].where(steps["days"] > 0))
    return [f"## {stated.title}", told, report_table("plan_steps", shown, plan=stated.title, on=f"{on:%Y-%m-%d}")]


def _amount(value: Any, kind: str, unit: str) -> str:
    return f"{value:,.0f} 个" if kind == "integer" and pd.notna(value) else quantity(value, unit)


def grades(stated: Any, counts: pd.DataFrame, graded: pd.DataFrame | None = None) -> Items:
    """Return how many communities reached each grade; with ``graded`` who stands where and how far from the next."""
    named = counts.assign(grade=counts["grade"].replace("", say("standard.no_grade")))
    items: Items = [report_table("standard_grade_counts", named, standard=stated.title)]
    if graded is None or graded.empty:
        return items
    shown = graded.assign(
        grade=graded["grade"].replace("", say("standard.no_grade")),
        next_grade=graded["next_grade"].replace("", pd.NA),
        missing=[labels or None for labels in graded["missing"]],
    )
    shown = shown if _priced(graded) else shown.drop(columns=["cost_yuan"])
    return [*items, report_table("standard_grades", shown, standard=stated.title, cost_note=_cost_note(graded))]


def _priced(graded: pd.DataFrame) -> bool:
    """Whether anything that is lacking has a cost; who lacks nothing costs nothing anyway."""
    lacking = graded["distance"].fillna(0).gt(0)
    return bool(graded.loc[lacking, "cost_yuan"].notna().any())


def _cost_note(graded: pd.DataFrame) -> str:
    uncosted = sorted({label for labels in graded["uncosted"] for label in labels})
    if not _priced(graded):
        return say("standard.costs_unknown")
    return say("standard.costs_partly", labels=uncosted) if uncosted else say("standard.costs_known")


def costs(stated: Any, items: pd.DataFrame) -> Items:
    """Return what it takes to complete a standard, "" where nothing lacks; frame of ``standards.item_costs``."""
    if items.empty:
        return []
    total = items["cost_yuan"].sum(min_count=1)
    told = [say("standard.cost_total", total=total)] if pd.notna(total) else []
    return [*told, report_table("standard_costs", items, standard=stated.title)]
