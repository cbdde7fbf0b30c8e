"""Duties: the ledger of tasks on three levels, the lists of institutions, the plan step by step, posts and pay."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from govkit.analysis.ledgers import checklists as ledgers
from govkit.analysis.ledgers.views import TOTAL, load_views
from govkit.analysis.measures.scope import Scope
from govkit.analysis.standards import ladder
from govkit.display.charts import plan_against_actual
from govkit.display.tables import frames
from govkit.display.tables.frames import labelled, quantity
from govkit.display.tables.table import Column, Table, report_table
from govkit.display.words.phrases import say
from govkit.rounding import fixed
from govkit.sections import own_goals
from govkit.sections.inputs import Inputs
from govkit.sections.problems import in_vain
from govkit.sections.section import Section, absent, not_provided
from govkit.sections.words import PLACES, member_word, teller_word

# Longer lists of who falls short belong into the bureau's own check, not into a report.
_LISTED = 30
# So many members that lack most are named.
_WORST = 4


def duties(inputs: Inputs) -> Section:
    """Say how the tasks on the three levels stand: commitments, inspections, done and overdue."""
    title = "任务与责任"
    if inputs.lacks("tasks"):
        return not_provided("duties", title, "tasks", inputs=inputs, tables=1)
    levels = ledgers.three_by_three(inputs.tables, inputs.now)
    if not levels["tasks"].sum():
        if len(ledgers.tasks(Scope(inputs.tables, inputs.now))):
            return Section("duties", title)  # other ledgers of tasks are shown by their views
        reason = "本期没有指标任务台账。"
        return Section("duties", title, body=(absent(reason, tables=1),), missing=(reason,))
    owners = labelled(levels.loc[levels["tasks"] > 0], "owner_level", "owner_level", into="owner")
    said = ledger(levels)
    body = (said, report_table("ledger_333", owners), *in_vain(inputs))
    return Section("duties", title, finding=said, body=body, numbers={"levels": levels})


def checklists(inputs: Inputs) -> Section:
    """Say how far each list of institutions is carried out, item by item, and who lacks most.

    Lists that a standard asks for, or that a ledger view shows in its own way, stand there.
    """
    title = "制度清单"
    if inputs.lacks("checklist"):
        return not_provided("checklists", title, "checklist", inputs=inputs, tables=1)
    listed = ledgers.checklist_items(inputs.tables, inputs.now)
    earlier = ledgers.checklist_items(inputs.tables, inputs.before) if inputs.before else listed.iloc[:0]
    elsewhere = {way.list for one in inputs.judged.standards for item in one.items for way in item.ways}
    elsewhere |= {name for one in load_views() if one.table == "checklist" for name in one.where.get("list", ())}
    shown = listed.loc[~listed.index.get_level_values("list").isin(elsewhere)]
    body: list[Any] = []
    lacking: dict[str, pd.DataFrame] = {}
    for name, items in shown.groupby(level="list", sort=False):
        rows = items.droplevel("list").reset_index()
        rows = rows if rows["with_evidence"].any() else rows.drop(columns="with_evidence")
        word = _word(inputs, str(name))
        told = checklist(items, name=str(name), word=word)
        if (rows["met"] < rows["units"]).any():
            lacking[str(name)] = ledgers.checklist_rates(
                inputs.tables, inputs.now, by=inputs.by_member, checklist=str(name)
            )
            told += _lacking(inputs, lacking[str(name)])
        whole = rows[rows.columns.intersection(["units", "met", "with_evidence"])].sum().astype("Int64")
        total = pd.DataFrame([{"item": TOTAL, **whole, "rate": whole["met"] / whole["units"]}])
        summed = pd.concat([rows, total], ignore_index=True)
        if name in earlier.index.get_level_values("list"):
            was = earlier.xs(name, level="list")[["units", "met"]]
            was = pd.concat([was, was.sum().to_frame(TOTAL).T]).astype("float64")
            by_item = summed.set_index("item")["rate"]
            summed["change"] = frames.moved(by_item, was["met"] / was["units"].where(was["units"] > 0)).to_numpy()
            change = summed["change"].iloc[-1]
            told += say("checklist.change", change=change) if pd.notna(change) else ""
        body.append(told)
        table = report_table("checklist", summed, emphasise=lambda row: row["item"] == TOTAL, list=name)
        body += [table] if len(rows) > 1 else []
    if not body:
        return Section("checklists", title, numbers={"items": listed})
    members = pd.DataFrame({name: _of_all(rates) for name, rates in lacking.items()})
    members.insert(0, "name", inputs.names.reindex(members.index))
    columns = [Column(name, name) for name in lacking]
    body += [inputs.table("checklist_members", members, more=columns)] if lacking else []
    return Section("checklists", title, finding=str(body[0]), body=tuple(body), numbers={"items": listed})


def _word(inputs: Inputs, name: str) -> str:
    """Return what those are called that a list is about: 村, 社区, 小区, or 单位 where there are several kinds."""
    rows = inputs.tables["checklist"]
    codes = rows.loc[rows["list"].eq(name), "unit_code"]
    kinds = set(inputs.units.loc[inputs.units["unit_code"].isin(codes), "kind"])
    return PLACES.get(kinds.pop(), "单位") if len(kinds) == 1 else "单位"


def _of_all(rates: pd.DataFrame) -> pd.Series:
    """Return how many items of how many members have: 402/514; nothing of those a list does not concern."""
    known = rates.loc[rates["denominator"] > 0]
    return known["numerator"].map(fixed) + "/" + known["denominator"].map(fixed)


def _lacking(inputs: Inputs, rates: pd.DataFrame) -> str:
    """Name the members that lack most items of a list."""
    short = rates.loc[rates["value"] < 1].sort_values("value", kind="stable")
    told = [f"{inputs.names.get(code, code)}（{text}）" for code, text in _of_all(short).items()]
    key = "checklist.lacking" if len(told) <= _WORST else "checklist.lacking_most"
    word = teller_word(inputs) if inputs.is_zone else member_word(inputs)
    return say(key, names=told[:_WORST], n=len(told), word=word) if told else ""


def plans(inputs: Inputs) -> Section:
    """Say how far the zone's plans are carried out, step by step."""
    items = [
        item
        for one in inputs.judged.plans
        for item in plan_items(one, own_goals.steps_of(inputs, one), on=inputs.now.end)
    ]
    return Section("plans", "", body=tuple(items))


def staff(inputs: Inputs) -> Section:
    """Say how the staff stand on their ladders of posts, and whose pay is below the floor."""
    body: list[Any] = []
    for one in [] if inputs.lacks("staff") else inputs.judged.ladders:
        counts, off = (make(inputs.tables, one, inputs.now) for make in (ladder.ladder_counts, ladder.off_ladder))
        body += ladder_items(one, counts, off, inputs.common.pay[one.name])
    return Section("staff", "工作队伍", body=tuple(body))


def ledger(levels: pd.DataFrame) -> str:
    """Say the 3 × 3 ledger's totals; ``levels`` as from ``ledgers.three_by_three``."""
    return say("ledger.totals", **levels[["tasks", "commitments", "inspected", "done", "overdue"]].sum())


def checklist(items: pd.DataFrame, *, name: str, word: str = "单位") -> str:
    """Say how far a list of institutions is carried out; ``items`` as from ``ledgers.checklist_items``.

    ``word`` is what those are called that the list is about.
    """
    short = int((items["met"] < items["units"]).sum())
    if len(items) == 1:
        met, units = int(items["met"].iloc[0]), int(items["units"].iloc[0])
        rate = met / units if units else float("nan")
        return say("checklist.one", list=name, met=met, units=units, word=word, rate=rate)
    if not short:
        alike = items["units"].nunique() == 1
        where = f" {fixed(items['units'].iloc[0])} 个{word}" if alike else f"应落实的{word}"
        return say("checklist.all_met", list=name, items=len(items), where=where)
    rate = items["met"].sum() / items["units"].sum()
    return say("checklist.some_met", list=name, items=len(items), short=short, rate=rate)


def ladder_items(stated: Any, counts: pd.DataFrame, off: pd.DataFrame, pay: pd.DataFrame) -> list[str | Table]:
    """Say how the staff stand on their ladder; frames of ``ladder_counts``, ``off_ladder`` and ``pay_floor``."""
    people = counts["people"].sum(min_count=1)
    if pd.isna(people) or not people:
        return []
    low = pay.loc[pay["below"].eq(True).fillna(False)]
    known = int(pay["below"].notna().sum())
    outside = off["people"].sum()
    key = "ladder.people" if outside else "ladder.people_all"
    told = say(key, people=people, off=outside, posts=counts["post"].nunique())
    told += say("ladder.pay" if len(low) else "ladder.pay_all", known=known, below=len(low)) if known else ""
    held = counts.loc[counts["people"] > 0]
    items: list[str | Table] = [f"## {stated.title}", told, report_table("ladder", held)]
    items += [report_table("ladder_off", off.head(_LISTED))] if len(off) else []
    return items + ([report_table("ladder_pay", low.head(_LISTED))] if len(low) else [])


def plan_items(stated: Any, steps: pd.DataFrame, *, on: dt.date) -> list[Any]:
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
    count = [say(f"plan.{key}", n=states[key]) for key in ("done", "missed", "not_due") if key in states]
    told = say("plan.states", steps=len(steps), states="，".join(count))
    # A step due on the very day is not late by any.
    shown = steps.assign(**texts, days=steps["days"].where(steps["days"] > 0))
    counted = steps.loc[steps["kind"].eq("integer") & steps["actual"].notna()]
    rows = pd.DataFrame({"name": counted["label"], "planned": counted["planned"], "done": counted["actual"]})
    drawn = [plan_against_actual(rows, finding=f"{stated.title}：计划与实际")] if len(rows) > 1 else []
    table = report_table("plan_steps", shown, plan=stated.title, on=f"{on:%Y-%m-%d}")
    return [f"## {stated.title}", told, *drawn, table]


def _amount(value: Any, kind: str, unit: str) -> str:
    whole = pd.notna(value) and unit != "%" and float(value).is_integer()
    return f"{fixed(value)} {'个' if kind == 'integer' else unit}".strip() if whole else quantity(value, unit)
