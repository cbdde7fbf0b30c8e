"""Norms of the state beside the zone's own, and apart from them, where asked for, those of another time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import views
from govkit.analysis.ledgers.problem_rules import COMMON
from govkit.analysis.ledgers.problems import find_problems
from govkit.analysis.measures.measure import as_share, measure_info
from govkit.analysis.standards import attainment, fund_norms, ladder
from govkit.analysis.standards import yardsticks as norms
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Table, report_table
from govkit.display.words.numbers import together
from govkit.display.words.phrases import say
from govkit.periods import ALWAYS
from govkit.rounding import fixed
from govkit.sections import ledgers, own_goals
from govkit.sections.facilities import bound_word
from govkit.sections.inputs import Inputs
from govkit.sections.problems import districts_of
from govkit.sections.section import Section, absent

_LOOKED_BACK = ["label", "value", "target", "met", "term", "source"]


def national(inputs: Inputs) -> Section:
    """Compare premises and staff with the national yardsticks the zone names; where asked for, with norms of later."""
    asked: dict[str, Any] = {"crs": inputs.crs, "audit": inputs.common.audit, "by": inputs.by_whole}
    compared = norms.against_yardsticks(inputs.tables, inputs.judged.yardsticks, inputs.now, **asked)
    asleep = together((title, str(term)) for title, term in inputs.stated.not_in_force(inputs.now))
    unused: list[str | Table] = [say("standard.not_in_force", titles=asleep)] if asleep else []
    past = pd.DataFrame(columns=_LOOKED_BACK)
    if inputs.place.settings.look_back:
        past = pd.DataFrame(_looked_back(inputs, asked), columns=_LOOKED_BACK)
        unused += ["## 回看对照", report_table("look_back", past)] if len(past) else []
    if compared.empty:
        named = bool(inputs.judged.yardsticks)
        reason = say("standard.none_in_force") if named else say("standard.none_named")
        return Section("national", "国家标准对照", body=(absent(reason, tables=1), *unused), missing=(reason,))
    body = (report_table("yardsticks", yardstick_rows(compared)), *unused)
    return Section("national", "国家标准对照", body=body, numbers={"yardsticks": compared, "look_back": past})


def yardstick_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``against_yardsticks`` with values and targets as texts."""
    targets = [
        _target(least, most, unit) for least, most, unit in zip(rows["least"], rows["most"], rows["unit"], strict=True)
    ]
    values = [quantity(value, unit) for value, unit in zip(rows["value"], rows["unit"], strict=True)]
    return rows.assign(value=values, target=targets)


def _target(least: float, most: float, unit: str) -> str:
    """Say what is asked for: ``≥ 18 人/万人``, ``300—500 户``."""
    scale, space = (100, "") if unit == "%" else (1, " ")
    shown = [f"{bound * scale:,.6g}" for bound in (least, most) if pd.notna(bound)]
    sign = "" if len(shown) > 1 else "≥ " if pd.notna(least) else "≤ "
    return f"{sign}{'—'.join(shown)}{space}{unit}"


def _looked_back(inputs: Inputs, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a row a norm that is not in force: what it would say if it were."""
    past = norms.against_yardsticks(inputs.tables, inputs.stated.yardsticks, inputs.now, look_back=True, **asked)
    rows = yardstick_rows(past).to_dict("records") if len(past) else []
    rows += [*_standards(inputs), *_fund_norms(inputs), *_ladders(inputs), *_plans(inputs), *_targets(inputs)]
    return [*rows, *_rules(inputs), *_scheme(inputs)]


def _standards(inputs: Inputs) -> Iterator[dict[str, Any]]:
    for one in [] if inputs.lacks("facilities") else inputs.stated.standards:
        if one.term.covers(inputs.now):
            continue
        met = attainment.summary(inputs.tables, replace(one, term=ALWAYS), inputs.now)["met"].dropna()
        if len(met):
            yield _counted(one.title, int(met.sum()), len(met), bound_word(one.applies_to), "全部达标", one)


def _fund_norms(inputs: Inputs) -> Iterator[dict[str, Any]]:
    for file in [] if inputs.lacks("funds") else inputs.stated.fund_norms:
        asleep = {one.id: one for one in file.norms if not one.term.covers(inputs.now)}
        awake = replace(file, norms=tuple(replace(one, term=ALWAYS) for one in asleep.values()))
        summed = fund_norms.norm_summary(fund_norms.against_norms(inputs.tables, awake, inputs.now), awake)
        for row in summed.loc[summed["units"] > 0].itertuples():
            target = f"{catalogue.label('norm_per', row.per)}每年{_target(row.least, row.most, '元')}"
            yield _counted(row.label, row.units_met, row.units, "社区（村）", target, asleep[row.Index])


def _ladders(inputs: Inputs) -> Iterator[dict[str, Any]]:
    for one in [] if inputs.lacks("staff") else inputs.stated.ladders:
        if one.term.covers(inputs.now):
            continue
        awake = replace(one, term=ALWAYS)
        on = int(ladder.ladder_counts(inputs.tables, awake, inputs.now)["people"].sum())
        off = int(ladder.off_ladder(inputs.tables, awake, inputs.now)["people"].sum())
        if on + off:
            yield _counted(one.title, on, on + off, "人员", "全部在等级表内", one)


def _plans(inputs: Inputs) -> Iterator[dict[str, Any]]:
    for one in inputs.stated.plans:
        if one.term.covers(inputs.now):
            continue
        steps = own_goals.steps_of(inputs, replace(one, term=ALWAYS))
        known = steps.loc[steps["state"].notna()]
        if len(known):
            yield _counted(one.title, int(known["state"].eq("done").sum()), len(known), "步骤", "全部完成", one)


def _targets(inputs: Inputs) -> Iterator[dict[str, Any]]:
    for one in [one for own in inputs.stated.targets for one in own.targets if not one.term.covers(inputs.now)]:
        if one.measure:
            info = measure_info(one.measure)
            label, unit = info.label, info.unit
            found = as_share(one.measure, inputs.measure(one.measure, inputs.now, inputs.by_whole), one.bound)
            value = found["value"].get(inputs.whole)
        else:
            shown = views.view(one.view)
            figures, column = ledgers.figures_of(shown, inputs), shown.column(one.column)
            label, unit = (
                f"{shown.title}：{column.label}",
                "%" if column.how == "share" and not column.kind else column.unit,
            )
            value = figures.iloc[-1][one.column] if len(figures) else None
        if pd.notna(value):
            nothing = float("nan")
            target = _target(
                one.bound if one.most is None else nothing, nothing if one.most is None else one.bound, unit
            )
            row = {"label": one.label or label, "value": quantity(value, unit), "target": target}
            yield {**row, "met": one.reached(float(value)), "term": str(one.term), "source": one.source}


def _rules(inputs: Inputs) -> Iterator[dict[str, Any]]:
    units = len(inputs.members) if inputs.is_zone else 1
    asked: dict[str, Any] = {"standards": inputs.judged.standards, "crs": inputs.crs, "audit": inputs.common.audit}
    for one in inputs.stated.rules:
        if one.source != COMMON and not one.term.covers(inputs.now):
            found = find_problems(inputs.tables, inputs.now, rules=[replace(one, term=ALWAYS)], **asked)
            past = districts_of(found).nunique()
            yield _counted(one.title, units - past, units, inputs.place.unit_word, "不越过问题界线", one)


def _scheme(inputs: Inputs) -> Iterator[dict[str, Any]]:
    scored, tree = inputs.common.looked_back, inputs.stated.scheme
    known = pd.Series(dtype="float64") if scored is None else scored["score"].dropna()
    if tree is not None and len(known):
        ends = dict.fromkeys(fixed(one, 1) for one in (known.min(), known.max()))
        value = f"{'—'.join(ends)} 分" + (f"（{len(known)} 个{inputs.place.unit_word}）" if inputs.is_zone else "")
        row = {"label": tree.title, "value": value, "target": "满分 100 分", "met": None}
        yield {**row, "term": str(tree.term), "source": tree.source}


def _counted(label: str, met: int, of: int, word: str, target: str, stated: Any) -> dict[str, Any]:
    """Return the row of a norm that so many of so many meet."""
    value = f"{fixed(of)} 个{word}中 {fixed(met)} 个"
    told = {"label": label, "value": value, "target": target, "met": met == of}
    return {**told, "term": str(stated.term), "source": stated.source}
