"""Satisfaction against its target: which communities are certainly below, and what cannot be told."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.analysis.measures import services as service_measures
from govkit.display.charts.points import intervals
from govkit.display.words import numbers
from govkit.rounding import fixed, half_away, stated_percent
from govkit.sections.chapters.points import Point, Step
from govkit.sections.inputs import Inputs
from govkit.sections.sources import not_counted
from govkit.sections.words import by_township, member_word, owner

# So many names a sentence lists.
_NAMED = 4


def unsure(inputs: Inputs) -> bool:
    """Whether chance leaves it open if the whole reaches the target of satisfaction."""
    target = inputs.targets.get("satisfaction")
    if target is None or inputs.lacks("services"):
        return False
    whole = service_measures.satisfaction(inputs.tables, inputs.now, by=inputs.by_whole).loc[inputs.whole]
    return bool(whole["low"] < target <= whole["high"])


def satisfaction(inputs: Inputs, row: Any) -> Point | None:
    """Say which communities are certainly below the target, or that the whole cannot be told from it; with a chart."""
    target = inputs.targets.get("satisfaction")
    if target is None or inputs.lacks("services") or by_township(inputs):
        return None
    members = service_measures.satisfaction(inputs.tables, inputs.now, by="unit_code")
    members = members.loc[members["n"] > 0]
    whole = service_measures.satisfaction(inputs.tables, inputs.now, by=inputs.by_whole).loc[inputs.whole]
    below = members.loc[members["high"] < target].sort_values("rate")
    if not whole["n"] or (below.empty and whole["low"] >= target):
        return None
    told = [
        f"{inputs.names[code]}回访{fixed(one.n)}人次，满意{numbers.share(one.rate)}，计入偶然误差最高{numbers.share(one.high)}"
        for code, one in zip(below.index, below.itertuples(), strict=True)
    ]
    text = _verdict(whole, target) + not_counted(inputs, ["services"])
    if told:
        only = f"{len(members)}个{member_word(inputs)}中可以认定低于{stated_percent(target)}的有{len(below)}个"
        text += f"{only}：{'；'.join(told[:3])}{'等' if len(told) > 3 else ''}（见图）。"
    names = [inputs.names[code] for code in below.index] or [inputs.names[members["rate"].idxmin()]]
    codes = list(below.index) or [members["rate"].idxmin()]
    unhappy = members.loc[codes]
    counts = (unhappy["n"] - unhappy["rate"] * unhappy["n"]).map(half_away).astype(int)
    where = "、".join(f"{name}{count}人次" for name, count in zip(names[:_NAMED], counts, strict=False))
    due = inputs.now.end + pd.Timedelta(days=60)
    step = Step("对不满意的逐人回访", where, 0.0, owner(inputs, "village", names), due)
    who = "、".join(names) if len(names) <= 2 else f"{len(names)}个{member_word(inputs)}"
    title = f"{who}满意度低于目标" if len(below) else "居民满意度尚不能认定达到目标"
    return Point(
        title, text, float(row.loss) if row is not None else 0.5, brief=title,
        items=_satisfied_chart(inputs, members, target), steps=(step,), measure="satisfaction",
    )  # fmt: skip


def _verdict(whole: pd.Series, target: float) -> str:
    text = f"回访{fixed(whole['n'])}人次，满意{numbers.share(whole['rate'])}，"
    low, high = numbers.share(whole["low"]), numbers.share(whole["high"])
    if whole["low"] >= target:
        return f"{text}计入偶然误差也在{low}以上，可以认定达到{stated_percent(target)}的目标。"
    if whole["high"] < target:
        return f"{text}计入偶然误差最高{high}，低于{stated_percent(target)}的目标。"
    return f"{text}计入偶然误差在{low}—{high}之间，跨在{stated_percent(target)}的目标两侧，尚不能认定达标。"


def _satisfied_chart(inputs: Inputs, members: pd.DataFrame, target: float) -> tuple[Any, ...]:
    if len(members) < 3:
        return ()
    frame = pd.DataFrame(
        {
            "name": inputs.names.reindex(members.index).to_numpy(),
            "value": members["rate"].to_numpy(),
            "low": members["low"].to_numpy(),
            "high": members["high"].to_numpy(),
            "n": members["n"].astype(float).to_numpy(),
        }
    )
    below = int((members["high"] < target).sum())
    above = int((members["low"] >= target).sum())
    line = stated_percent(target)
    finding = f"{len(frame)}个{member_word(inputs)}中{above}个可以认定达到{line}，{below}个可以认定没有达到"
    if below and not above:
        finding = f"{len(frame)}个{member_word(inputs)}中{below}个可以认定没有达到{line}"
    if above and not below:
        finding = f"{len(frame)}个{member_word(inputs)}中{above}个可以认定达到{line}"
    if not above and not below:
        finding = f"{len(frame)}个{member_word(inputs)}的满意度都不能认定是否达到{line}"
    chart = intervals(
        frame, finding=finding, target=target, what="满意度", n_word="回访人次", source=inputs.place.front.issuer
    )
    return (chart,)
