"""Duties: the ledger of tasks on three levels, the lists of institutions, the plan step by step, posts and pay."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.standards import ladder, plan
from govkit.display.tables.frames import labelled, quantity
from govkit.display.tables.table import Table, report_table
from govkit.display.words.phrases import say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent, not_provided

# Longer lists of who falls short belong into the bureau's own check, not into a report.
_LISTED = 30


def duties(inputs: Inputs) -> Section:
    """Say how the tasks on the three levels stand: commitments, inspections, done and overdue."""
    title = "三级责任"
    if inputs.lacks("tasks"):
        return not_provided("duties", title, "tasks", tables=1)
    levels = ledgers.three_by_three(inputs.tables, inputs.now)
    if not levels["tasks"].sum():
        reason = "本期没有指标任务台账。"
        return Section("duties", title, body=(absent(reason, tables=1),), missing=(reason,))
    owners = labelled(levels.loc[levels["tasks"] > 0], "owner_level", "owner_level", into="owner")
    said = ledger(levels)
    body = (said, report_table("ledger_333", owners))
    return Section("duties", title, finding=said, body=body, numbers={"levels": levels})


def checklists(inputs: Inputs) -> Section:
    """Say how far the lists of institutions are carried out, item by item."""
    if inputs.lacks("checklist"):
        return not_provided("checklists", "制度清单", "checklist", tables=1)
    listed = ledgers.checklist_items(inputs.tables, inputs.now)
    said = checklist(listed)
    body = (said, report_table("checklists", listed.reset_index()))
    return Section("checklists", "制度清单", finding=said, body=body, numbers={"items": listed})


def plans(inputs: Inputs) -> Section:
    """Say how far the zone's plans are carried out, step by step."""
    items = [
        item
        for one in inputs.judged.plans
        for item in plan_items(one, plan.plan_steps(inputs.tables, one, inputs.now, crs=inputs.crs), on=inputs.now.end)
    ]
    return Section("plans", "", body=tuple(items))


def staff(inputs: Inputs) -> Section:
    """Say how the staff stand on their ladders of posts, and whose pay is below the floor."""
    body: list[Any] = []
    for one in [] if inputs.lacks("staff") else inputs.judged.ladders:
        counts, off = (make(inputs.tables, one, inputs.now) for make in (ladder.ladder_counts, ladder.off_ladder))
        body += ladder_items(one, counts, off, inputs.common.pay[one.name])
    return Section("staff", "", body=tuple(body))


def ledger(levels: pd.DataFrame) -> str:
    """Say the 3 × 3 ledger's totals; ``levels`` as from ``ledgers.three_by_three``."""
    return say("ledger.totals", **levels[["tasks", "commitments", "inspected", "done", "overdue"]].sum())


def checklist(items: pd.DataFrame) -> str:
    """Say how far the institution lists are carried out; ``items`` as from ``ledgers.checklist_items``."""
    short = int((items["met"] < items["units"]).sum())
    if not short:
        return say("checklist.all_met", items=len(items))
    return say("checklist.some_met", items=len(items), short=short, rate=items["met"].sum() / items["units"].sum())


def ladder_items(stated: Any, counts: pd.DataFrame, off: pd.DataFrame, pay: pd.DataFrame) -> list[str | Table]:
    """Say how the staff stand on their ladder; frames of ``ladder_counts``, ``off_ladder`` and ``pay_floor``."""
    people = counts["people"].sum(min_count=1)
    if pd.isna(people) or not people:
        return []
    low = pay.loc[pay["below"].eq(True).fillna(False)]
    known = int(pay["below"].notna().sum())
    told = say("ladder.people", people=people, off=off["people"].sum(), posts=counts["post"].nunique())
    told += say("ladder.pay", known=known, below=len(low)) if known else ""
    held = counts.loc[counts["people"] > 0]
    items: list[str | Table] = [f"## {stated.title}", told, report_table("ladder", held)]
    items += [report_table("ladder_off", off.head(_LISTED))] if len(off) else []
    return items + ([report_table("ladder_pay", low.head(_LISTED))] if len(low) else [])


def plan_items(stated: Any, steps: pd.DataFrame, *, on: dt.date) -> list[str | Table]:
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
