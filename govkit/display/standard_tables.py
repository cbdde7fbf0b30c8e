"""Standards as tables: grades and costs, funding norms, the workers' ladder, plans, from frames of the analysis."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.frames import quantity
from govkit.display.phrases import fill
from govkit.display.tables import MISSING, Table, report_table


def grades(graded: pd.DataFrame, *, title: str) -> Table:
    """Return the table of ``standard_grades.grades``; costs where some are known, and what they leave out.

    ``title`` is the standard's.
    """
    rows = graded.assign(
        grade=graded["grade"].map(_grade_word),
        next_grade=graded["next_grade"].map(lambda label: label or MISSING, na_action="ignore"),
    )
    lacking = graded["distance"].fillna(0).gt(0)
    priced = bool(graded.loc[lacking, "cost_yuan"].notna().any())
    uncosted = sorted({label for labels in graded["uncosted"] for label in labels})
    words = catalogue.load("phrases")["standard_tables"]
    note = words["no_cost"] if not priced else fill(words["some_cost" if uncosted else "cost"], labels=uncosted)
    rows = rows if priced else rows.drop(columns=["cost_yuan"])
    return report_table("standard_grades", rows, standard=title, cost_note=note)


def grade_counts(counts: pd.DataFrame, *, title: str) -> Table:
    """Return the table of ``standard_grades.grade_counts``."""
    rows = counts.reset_index()
    return report_table("standard_grade_counts", rows.assign(grade=rows["grade"].map(_grade_word)), standard=title)


def costs(items: pd.DataFrame, *, title: str) -> Table:
    """Return the table of ``standards.item_costs`` with a total of what is known."""
    known = items["cost_yuan"].sum(min_count=1)
    total = {"group": "合计", "label": "", "cost_yuan": known}
    rows = pd.concat([items, pd.DataFrame([total])], ignore_index=True) if len(items) else items
    text = {key: rows[key].fillna(MISSING) for key in ("unit",)}
    return report_table("standard_costs", rows.assign(**text), emphasise=_is_total, standard=title)


def norms(summary: pd.DataFrame, found: pd.DataFrame) -> Table:
    """Return the table of ``fund_norms.norm_summary``; ``found`` (of ``against_norms``) says from when to when."""
    rows = summary.assign(per_word=summary["per"].map(lambda key: catalogue.label("norm_per", key)))
    return report_table("fund_norms", rows, **_span(found))


def norms_short(found: pd.DataFrame) -> Table:
    """Return the table of the communities that do not meet a norm, of ``fund_norms.against_norms``."""
    return report_table(
        "fund_norms_short", found.loc[found["met"].eq(False).fillna(False).astype(bool)], **_span(found)
    )


def ladder(counts: pd.DataFrame) -> Table:
    """Return the table of ``ladder.ladder_counts``."""
    return report_table("ladder", counts)


def off_ladder(off: pd.DataFrame) -> Table:
    """Return the table of ``ladder.off_ladder``."""
    return report_table("ladder_off", off)


def pay(floors: pd.DataFrame) -> Table:
    """Return the table of ``ladder.pay_floor``, those below the floor first."""
    order = floors.assign(last=~floors["below"].fillna(False).astype(bool))
    return report_table("ladder_pay", order.sort_values("last", kind="stable").drop(columns=["last"]))


def plan(steps: pd.DataFrame, *, title: str, on: str) -> Table:
    """Return the table of ``plan.plan_steps``; ``title`` is the plan's, ``on`` the period's last day in words."""
    texts = {
        f"{key}_text": [_amount(row[key], row) for _, row in steps.iterrows()] for key in ("planned", "actual", "gap")
    }
    return report_table("plan_steps", steps.assign(**texts), plan=title, on=on)


def _amount(value: Any, step: pd.Series) -> str:
    if pd.isna(value):
        return MISSING
    return f"{value:,.0f} {step['unit']}" if step["kind"] == "integer" else quantity(value, step["unit"])


def _grade_word(label: Any) -> Any:
    """Return a grade's label; "" (below the lowest) in words, an unknown one missing."""
    return label if pd.isna(label) or label else catalogue.load("phrases")["standard_tables"]["ungraded"]


def _is_total(row: pd.Series) -> bool:
    return bool(row["group"] == "合计")


def _span(found: pd.DataFrame) -> dict[str, Any]:
    """Return the days and years a ledger was summed over, in words."""
    if found.empty:
        return {"since": MISSING, "until": MISSING, "years": MISSING}
    row = found.iloc[0]
    days = {key: f"{row[key].year}年{row[key].month}月{row[key].day}日" for key in ("since", "until")}
    return {**days, "years": f"{row['years']:g}"}
