"""Ratings, the pilot's effect, types of community and what became of problems, as sentences and rows of tables."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.display.tables.frames import quantity
from govkit.display.tables.table import Column, Table, make_table
from govkit.display.words.phrases import say

# A table of types holds so many columns beside its head.
_MOST_TYPES = 6


def rated(found: pd.DataFrame, unit: str, *, kind: str) -> str:
    """Say a unit's rating with what it rests on, as from ``ratings.rated``; "" without an answer."""
    row = found.reindex([unit]).iloc[0]
    if pd.isna(row["n"]) or not row["n"]:
        return ""
    return say("ratings.score", kind=catalogue.label("rater_kind", kind), **row[["n", "score", "low", "high"]])


def three_levels(found: pd.DataFrame, unit: str) -> str:
    """Say the score put together of three levels, as from ``ratings.three_levels``; "" without one."""
    row = found.reindex([unit]).iloc[0]
    return "" if pd.isna(row["score"]) else say("ratings.three_levels", score=row["score"])


def two_way(found: pd.DataFrame, unit: str) -> str:
    """Say how both sides rate each other, as from ``ratings.two_way``; "" unless both did."""
    row = found.reindex([unit]).iloc[0]
    return "" if pd.isna(row["gap"]) else say("ratings.gap", down=row["down"], up=row["up"], gap=abs(row["gap"]))


def agreement(found: Any) -> str:
    """Say how far the experts agree, as from ``ratings.expert_agreement``; "" where there is nothing to agree on."""
    if pd.isna(found.w):
        return ""
    verdict = "意见比较一致" if found.enough else "意见分歧较大，合成得分应慎用"
    return say("ratings.agreement", raters=found.raters, w=found.w, verdict=verdict)


def mix_moved(found: pd.DataFrame, names: pd.Series) -> str:
    """Say whose raters changed so much that two periods do not compare, as from ``ratings.rater_mix``; "" for none."""
    moved = found.loc[found["comparable"].eq(False).fillna(False).astype(bool)]
    if moved.empty:
        return ""
    return say("ratings.mix", names=[str(names.get(unit, unit)) for unit in moved.index])


def effect(row: Any) -> str:
    """Say what a pilot did to one outcome; ``row`` of ``effect.effects``."""
    rules = catalogue.load("analysis")["effect"]
    words = {key: _number(getattr(row, key)) for key in ("before_in", "after_in", "before_out", "after_out")}
    words |= {key: getattr(row, key) for key in ("outcome", "units_in", "units_out")}
    told = say("effect.changes", **words, effect=_signed(row.effect), interval=_interval(row.low, row.high))
    key = "effect.clear" if row.p < rules["not_chance"] else "effect.chance"
    told += say(key, ways=round(row.p * row.draws), draws=row.draws)
    if row.trend_p < rules["trend_doubtful"]:
        told += say("effect.trend")
    return told


def effect_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table ``pilot_effects``, numbers as texts with as many digits as each outcome needs."""
    numbers = ("before_in", "after_in", "before_out", "after_out")
    texts = {key: [_number(value) for value in found[key]] for key in numbers}
    interval = [_interval(low, high) for low, high in zip(found["low"], found["high"], strict=True)]
    return found.assign(**texts, effect=[_signed(value) for value in found["effect"]], interval=interval)


def gap_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table ``pilot_quarters``; frame as from ``effect.gaps_by_quarter``."""
    quarters = [f"{day.year}年{(day.month + 2) // 3}季度" for day in found["quarter"]]
    texts = {key: [_number(value) for value in found[key]] for key in ("inside", "outside")}
    return found.assign(quarter=quarters, gap=[_signed(value) for value in found["gap"]], **texts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3f}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _number(abs(value))


def _interval(low: float, high: float) -> str:
    return f"{_signed(low)} 至 {_signed(high)}"


def by_type(counted: pd.DataFrame, compared: pd.DataFrame, *, title: str) -> Table:
    """Return types of community side by side, a row a measure; frames as from ``by_type.counted`` and ``compared``."""
    kinds = list(counted.index[:_MOST_TYPES])
    rows = [{"label": "社区（村）（个）", **{kind: f"{counted.at[kind, 'communities']:,d}" for kind in kinds}}]
    for (_, label, unit), part in compared.groupby(["measure", "label", "unit"], sort=False):
        values = part.set_index("type")["value"].reindex(kinds)
        rows.append({"label": label, **{kind: quantity(values[kind], unit) for kind in kinds}})
    columns = [Column("label", "指标"), *(Column(kind, kind, "number") for kind in kinds)]
    texts = [Column(one.key, one.label, "text") for one in columns]
    return make_table(pd.DataFrame(rows), title, texts, note=say("types.note"))


def followed_up(counts: pd.Series) -> str:
    """Say how many problems are in each state, as from ``follow_up.counted``."""
    return say("bulletin.states", **{state: int(count) for state, count in counts.items()})


def follow_up_rows(found: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``follow_up``; frame as from ``follow_up.followed_up``."""
    return found.assign(
        number=range(1, len(found) + 1),
        name=found["district_code"].map(names),
        problem=found["title"],
        owner=found["owner_level"].map(lambda key: catalogue.label("owner_level", key)),
        state=found["state"].map(lambda key: catalogue.label("problem_state", key)),
    )


def rectified(found: pd.DataFrame) -> str:
    """Say how the rectification ledger stands, as from ``follow_up.rectified``."""
    states = found["state"].value_counts().reindex(list(catalogue.load("codes")["rectification_state"]), fill_value=0)
    return say("bulletin.ledger", tasks=len(found), **{state: int(count) for state, count in states.items()})


def rectified_rows(found: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return the rows of the table ``rectified``; frame as from ``follow_up.rectified``."""
    states = found["state"].map(lambda key: catalogue.label("rectification_state", key))
    return found.assign(name=found["unit_code"].map(names), state=states)


def change_rows(parts: pd.Series, leaves: Any, *, most: int = 8) -> pd.DataFrame:
    """Return the leaves that moved a unit's score most, as rows of ``change_parts``; ``parts`` by leaf and ``rest``.

    ``leaves`` are those of the scheme. What the others did together stands in one row, so that the rows sum up.
    """
    labels = {leaf.id: leaf.label for leaf in leaves}
    known = parts.drop(index="rest", errors="ignore")
    largest = known[known.abs().sort_values(ascending=False, kind="stable").index[:most]]
    rows = [(labels[leaf], points) for leaf, points in largest.items()]
    others = known.drop(index=largest.index).sum()
    rows += [("其余指标合计", others)] if len(known) > len(largest) else []
    rest = parts.get("rest", 0.0)
    rows += [("加分、扣分、否决及缺数据的影响", rest)] if abs(rest) >= 0.005 else []
    return pd.DataFrame([*rows, ("合计", parts.sum())], columns=["label", "points"])
