"""What the zone set itself: targets of its ledgers and steps of its plans, reached or missed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.analysis.ledgers.views import view
from govkit.analysis.standards import plan
from govkit.analysis.standards.plan import Plan
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped, fill, say
from govkit.rounding import fixed
from govkit.sections import ledgers
from govkit.sections.chapters.points import Point, Step
from govkit.sections.inputs import Inputs, once
from govkit.sections.view_items import moved_way, sentence
from govkit.sections.words import owner

# So many ledgers stand in one paragraph.
_TOGETHER = 3


@once
def against_targets(inputs: Inputs) -> list[tuple[str, str, bool]]:
    """Return the targets the zone set for its ledgers: label, sentence with this period's number, whether reached."""
    found = []
    for target in (one for own in inputs.judged.targets for one in own.targets if one.view in inputs.common.views):
        one = view(target.view)
        frame = ledgers.figures_of(one, inputs)
        if not len(frame) or pd.isna(frame.iloc[-1][target.column]):
            continue
        whole = frame.iloc[-1]
        said = fill(one.sentence, **whole.to_dict(), groups=int((~frame["is_total"]).sum())).rstrip("。")
        found.append((target.label, said, target.reached(float(whole[target.column]))))
    return found


def highlights(inputs: Inputs) -> list[str]:
    """Say what the ledgers hold that the zone counts among its work: a paragraph of what grew, what fell, what stayed.

    What stayed as it was is told without its change. Empty where the zone names none.
    """
    told: dict[str, list[str]] = {way: [] for way in ("up", "down", "level", "")}
    for one in (view(name) for name in inputs.judged.highlights if name in inputs.common.views):
        frame = ledgers.figures_of(one, inputs)
        if len(frame):
            way = moved_way(one, frame)
            told[way].append(sentence(one, frame, change="" if way == "level" else "moved"))
    heads = {way: say(f"highlights.{way}", n=numbers.count(len(texts))) for way, texts in told.items() if way and texts}
    return [
        (heads.get(way, "") if not at else "") + "".join(texts[at : at + _TOGETHER])
        for way, texts in told.items()
        for at in range(0, len(texts), _TOGETHER)
    ]


def work(inputs: Inputs) -> list[Point]:
    """Return the point of the zone's work, its paragraphs after each other; nothing where it names none."""
    told = highlights(inputs)
    return [Point("主要工作", told[0], 0.0, items=tuple(told[1:]))] if told else []


def steps_of(inputs: Inputs, one: Plan) -> pd.DataFrame:
    """Return a plan's steps that bind somebody here, as from ``plan.plan_steps``.

    A number of communities aimed at in the whole zone is no aim of one district: its report leaves such steps out.
    """
    steps = plan.plan_steps(inputs.tables, one, inputs.now, crs=inputs.crs)
    whole = {step.id for step in one.steps if step.least is not None and not step.parents and not step.measure}
    steps = steps if inputs.is_zone else steps.loc[~steps["step"].isin(whole)]
    return steps.loc[steps["units"] > 0]


def reached(inputs: Inputs) -> str:
    """Say in one sentence which own targets are reached and which steps are done; "" where there is none."""
    told = [f"{said}，达到“{escaped(label)}”的目标" for label, said, met in against_targets(inputs) if met]
    for one in inputs.judged.plans:
        # What is aimed at in the whole zone is no step of one district.
        own = {step.id for step in one.steps if step.parents or inputs.is_zone}
        rows = [row for row in steps_of(inputs, one).itertuples() if row.state == "done" and row.step in own]
        listed = "、".join(f"{_named(row)}（{_counted(row.actual, row)}）" for row in rows)
        told += [f"{escaped(one.title)}已完成{len(rows)}项：{listed}"] if rows else []
    return "；".join(told) + "。" if told else ""


@once
def missed(inputs: Inputs) -> list[Point]:
    """Return a point for each plan with steps that are late, and for each own target that is missed."""
    points = []
    for one in inputs.judged.plans:
        late = list(steps_of(inputs, one).loc[lambda rows: rows["state"].eq("missed")].itertuples())
        if not late:
            continue
        told = [
            f"{_named(row)}，{numbers.day(row.due)}到期，计划{_counted(row.planned, row)}、"
            f"实际{_counted(row.actual, row)}"
            for row in late
        ]
        title = f"{escaped(one.title)}有{len(late)}项到期没有完成"
        due = inputs.now.end + pd.Timedelta(days=90)
        where = "、".join(f"{_named(row)}还差{_counted(row.gap, row)}" for row in late)
        step = Step("重定期限，报告完成情况", where, 0.0, owner(inputs, "town"), due)
        points.append(Point(title, "；".join(told) + "。", float(len(late)), brief=title, steps=(step,), own=True))
    for label, said, met in against_targets(inputs):
        if not met:
            title = f"没有达到“{escaped(label)}”的目标"
            points.append(Point(title, f"{said}。", 1.0, brief=f"{said}，{title}", own=True))
    return points


def _named(row: Any) -> str:
    """Return a step's label without the word of its stage before the colon."""
    return escaped(str(row.label).rpartition("：")[2])


def _counted(value: Any, row: Any) -> str:
    if pd.isna(value):
        return "没有登记"
    if row.unit != "%" and float(value).is_integer():
        return f"{fixed(abs(value))}{'个' if row.kind == 'integer' else row.unit}"
    return numbers.quantity(abs(value), row.unit)
