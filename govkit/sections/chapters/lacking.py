"""Facilities that are lacking: how many communities miss what, what it costs, and what little money completes."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.analysis.standards.attainment import cheapest_set
from govkit.analysis.standards.standard_file import Standard
from govkit.display.charts.gaps import missing_items
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.rounding import percent
from govkit.sections.chapters import shortages
from govkit.sections.chapters.points import Point, Step
from govkit.sections.facilities import bound_word
from govkit.sections.inputs import Inputs
from govkit.sections.words import by_township, owner, tellers

# So many names a sentence lists.
_NAMED = 4


def facilities(inputs: Inputs, row: Any) -> Point | None:
    """Say which communities miss which items, what completing costs, and which little money completes first."""
    standard = next((one for one in inputs.judged.standards if one.name == row.rows[0].partition(":")[0]), None)
    if standard is None:
        return None
    found = inputs.met(standard, inputs.now)
    short = found.loc[found["met"].eq(False).fillna(False)]
    known = int(found["met"].count())
    items = inputs.attained(standard, inputs.now)
    lacking = items.loc[items["met"].eq(False).fillna(False)]
    total = short["cost_yuan"].sum(min_count=1)
    met = known - len(short)
    of, title = f"{known}个{_bound(standard)}", escaped(standard.title)
    text = f"{of}中{met}个达到{title}" if met else f"{of}都没有达到{title}"
    text += f"，{len(short)}个共缺{len(lacking)}项，缺得最多的是{_most(lacking)}" if len(short) > _NAMED else ""
    text += f"；补齐有造价的缺项约需{numbers.money(total)}。" if pd.notna(total) and total > 0 else "。"
    if len(short) <= _NAMED:
        text += "；".join(f"{one.name}缺{'、'.join(one.missing)}" for one in short.itertuples()) + "。"
    named = escaped(standard.title) if len(inputs.judged.standards) > 1 else "设施标准"
    cheap = cheapest_set(found)
    steps, question = [], cheap_question(inputs, standard)
    by, county = shortages.due(inputs, row), owner(inputs, "county")
    if cheap:
        text += question.replace("，是否先安排", "。")
        names = list(found.loc[list(cheap.codes), "name"])
        where = f"{numbers.listed(names, most=4)}{'各' if len(names) > 1 else ''}补齐缺项"
        steps.append(Step("先补花钱少的缺项", where, cheap.cost_yuan, county, by))
    rest = short.loc[~short.index.isin(cheap.codes if cheap else [])]
    if len(rest):
        cost = rest["cost_yuan"].sum(min_count=1)
        where = f"{numbers.listed(list(rest['name']), most=4)}"
        what = "其余缺项分批列入计划" if cheap else "补齐设施缺项"
        steps.append(Step(what, where, float(cost) if pd.notna(cost) else None, county, by))
    return Point(
        f"{len(short)}个{_bound(standard)}没有达到{named}", text + shortages.since(inputs, row), float(len(short)),
        brief=f"{of}中{len(short)}个没有达到{title}" if met else f"{of}都没有达到{title}",
        severe=row.severity == "severe", since=shortages.raised(inputs, row), items=_gap_chart(inputs, lacking, cheap),
        steps=tuple(steps), question=question, measure="standard_attainment",
    )  # fmt: skip


def cheap_question(inputs: Inputs, standard: Standard) -> str:
    """Ask whether to complete first those that little money completes; "" where no few of them stand out."""
    cheap = cheapest_set(inputs.met(standard, inputs.now))
    if not cheap:
        return ""
    return (
        f"{len(cheap.codes)}个{_bound(standard)}只需{numbers.money(cheap.cost_yuan)}即可补齐，"
        f"达标率由{percent(cheap.before, 1)}升至{percent(cheap.after, 1)}，是否先安排"
    )


def _most(lacking: pd.DataFrame) -> str:
    counts = lacking["label"].value_counts().head(3)
    return "、".join(f"{label}（{count}个）" for label, count in counts.items())


def _bound(standard: Any) -> str:
    return bound_word(standard.applies_to)


def _gap_chart(inputs: Inputs, lacking: pd.DataFrame, cheap: Any) -> tuple[Any, ...]:
    if len(lacking) < _NAMED:
        return ()
    above = tellers(inputs)
    groups = inputs.names.reindex(above.reindex(lacking["unit_code"])).to_numpy() if by_township(inputs) else ""
    frame = pd.DataFrame(
        {
            "group": groups,
            "name": lacking["name"].to_numpy(),
            "item": lacking["label"].to_numpy(),
            "cost": lacking["cost_yuan"].to_numpy() / 10_000,
            "cheap": lacking["unit_code"].isin(cheap.codes if cheap else []).to_numpy(),
        }
    )
    worst = lacking["label"].value_counts().index[0]
    finding = f"缺项共{len(lacking)}项，以{worst}为最多"
    return (missing_items(frame, finding=finding, total="合计", unit="万元", source=inputs.place.front.issuer),)
