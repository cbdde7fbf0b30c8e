"""二、主要成效: targets reached and clear gains, with those who did it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.display.words import numbers
from govkit.rounding import fixed
from govkit.sections import own_goals, pilot
from govkit.sections.chapters import satisfied, shortfalls, zone_chapters
from govkit.sections.chapters.points import Point, numbered
from govkit.sections.chapters.shortages import noun as noun_of
from govkit.sections.inputs import Inputs, once
from govkit.sections.leaves import by_teller, full, leaf_facts, moved_clearly, target_text
from govkit.sections.section import Section
from govkit.sections.words import like_word, localised, teller_word

_MOST = 4


def achievements(inputs: Inputs) -> Section:
    """Say what was done well and by whom: targets newly reached, clear gains, then what stays at full marks."""
    if inputs.is_zone:
        return zone_chapters.achievements(inputs)
    facts, found = leaf_facts(inputs), gains(inputs)
    said = {"试点": pilot.came_of(inputs)}
    last = {"自定的目标": own_goals.reached(inputs)}
    before, after = ([Point(title, text, 0.0) for title, text in told.items() if text] for told in (said, last))
    points = [*before, *found, *own_goals.work(inputs), *after]
    body = [localised(item, inputs) for item in numbered(points)]
    body[1:1] = pilot.grounds(inputs) if points else []
    told = {point.measure for point in found} | {point.measure for point in shortfalls.points_of(inputs)}
    kept = [row.label for row in facts.itertuples() if full(row) and not {row.Index, row.measure} & told]
    if kept:
        body.append(f"{'另有' if points else ''}{len(kept)}项指标{_kept(facts)}得满分：{'、'.join(kept)}。")
    return Section("achievements", "主要成效", finding=points[0].title if points else "", body=tuple(body))


def _kept(facts: pd.DataFrame) -> str:
    return "继续" if facts["previous"].notna().any() else ""


@once
def gains(inputs: Inputs) -> list[Point]:
    """Return the points of what was done well, the largest gains first, at most four."""
    points = [_gain(inputs, row) for row in leaf_facts(inputs).itertuples() if moved_clearly(row) and row.points > 0]
    points.sort(key=lambda point: (-point.weight, point.title))
    return points[:_MOST]


def _gain(inputs: Inputs, row: Any) -> Point:
    reached = full(row) and not row.last_score >= 99.95
    unsure = reached and row.measure == "satisfaction" and satisfied.unsure(inputs)
    crossed = f"{row.label}达到{target_text(row)}的{row.goal}"
    title = crossed if reached and not unsure else f"{row.label}{_better(row)}"
    now, before = (numbers.quantity(value, row.unit) for value in (row.value, row.previous))
    few = _few(inputs, row)
    text = few or f"由{before}{_way(row)}{now}"
    if unsure:
        text += f"，高于{target_text(row)}的{row.goal}，计入偶然误差尚不能认定达标"
    elif not reached:
        text += (
            f"，离{target_text(row)}的{row.goal}还差{numbers.changed(row.best - row.value, row.unit)}"
            if not full(row)
            else ""
        )
    brief = f"{row.label}{'：' if few else ''}{text}"
    text += f"{_place(inputs, row)}。{_who(inputs, row)}"
    return Point(title, text, float(row.points), brief=brief, measure=str(row.Index))


def _few(inputs: Inputs, row: Any) -> str:
    """Return a share of fewer than thirty cases as so many of so many, in both periods; "" for others."""
    noun, last = noun_of(row.measure), inputs.part.previous
    if row.unit != "%" or not noun or last is None or not row.denominator < shortfalls.NAMED_N:
        return ""
    was = last.values[row.Index].iloc[0]
    told = [(fixed(n), fixed(of)) for n, of in ((was.numerator, was.denominator), (row.numerator, row.denominator))]
    before, now = (f"{of}{noun}{'全部' if n == of else f'中{n}{noun}'}" for n, of in told)
    return f"上期{before}，本期{now}"


def _better(row: Any) -> str:
    return "提高" if row.direction == "higher" else "缩短" if row.unit == "小时" else "下降"


def _way(row: Any) -> str:
    up = row.value > row.previous
    return "升至" if up else "缩短到" if row.unit == "小时" else "降至"


def _place(inputs: Inputs, row: Any) -> str:
    """Return a leaf's place among like units, where it says something: the better half of at least three."""
    rank, of = getattr(row, "rank", float("nan")), getattr(row, "of", 0)
    if pd.isna(rank) or of < 3 or rank > of / 2 or row.least == row.most:
        return ""
    return f"，在{like_word(inputs, int(of))}中列第{fixed(rank)}位"


def _who(inputs: Inputs, row: Any) -> str:
    """Say who rose most and who is lowest now, by name and number; "" where too little is known."""
    now, before = (by_teller(inputs, row.measure, row.area, earlier=early) for early in (False, True))
    if len(now) < 2 or now["value"].nunique() == 1:
        return _all_alike(inputs, row, now, before)
    rows = now.join(before[["value"]].rename(columns={"value": "previous"}))
    firm = rows.loc[~(rows["denominator"] < shortfalls.NAMED_N)] if row.sampled else rows
    if len(firm) < 2:
        return ""
    sign = 1 if row.direction == "higher" else -1
    good, bad = ("短", "长") if row.unit == "小时" else ("高", "低")[::sign]
    ordered = firm.sort_values("value", ascending=sign > 0, kind="stable")
    moved = ((rows["value"] - rows["previous"]) * sign).dropna()
    said = []
    if len(moved) >= 3:
        rose = int((moved > 1e-9).sum())
        all_of = f"{len(moved)}个{teller_word(inputs, row.area)}"
        said.append(f"{all_of}全部{_better(row)}" if rose == len(moved) else f"{all_of}中{rose}个{_better(row)}")
    best, worst = ordered.iloc[-1], ordered.iloc[0]
    if (ordered["value"] == best["value"]).sum() == 1:
        said.append(f"最{good}的{best['name']}{numbers.quantity(best['value'], row.unit)}")
    if (ordered["value"] == worst["value"]).sum() == 1:
        said.append(f"最{bad}的{worst['name']}{numbers.quantity(worst['value'], row.unit)}")
    return "，".join(said) + "。" if said else ""


def _all_alike(inputs: Inputs, row: Any, now: pd.DataFrame, before: pd.DataFrame) -> str:
    if len(now) < 2 or not full(row) or row.unit != "%":
        return ""
    short = before.index[before["value"] < now["value"].iloc[0] - 1e-9]
    new = list(now.loc[now.index.isin(short), "name"])
    added = f"，本期补齐的是{numbers.listed(new, most=_MOST)}" if 0 < len(new) < len(now) else ""
    return f"{len(now)}个{teller_word(inputs, row.area)}逐一到位{added}。"
