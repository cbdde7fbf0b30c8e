"""四、原因分析: only what the data carry: which leaf, which units, which kinds of cases moved; never why."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit.analysis.measures import matters as matter_measures
from govkit.analysis.measures import services as service_measures
from govkit.analysis.measures.scope import Scope
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.sections.inputs import Inputs
from govkit.sections.leaves import by_teller, leaf_facts, moved_clearly
from govkit.sections.section import Section
from govkit.sections.words import like_word, localised, teller_word

_MOST = 3
_KINDS = 3


def causes(inputs: Inputs) -> Section:
    """Say where a clear fall comes from, and what matters are passed up; nothing where the data carry nothing."""
    facts = pd.DataFrame() if inputs.is_zone else leaf_facts(inputs)
    said = [] if facts.empty else [_fell(inputs, row) for row in facts.itertuples() if _falls(row)]
    said = [*filter(None, said)][: _MOST - 1]
    said += [text for text in (_passed_up(inputs, facts),) if text]
    body = [localised(text if len(said) == 1 else f"{place}\\. {text}", inputs) for place, text in enumerate(said, 1)]
    return Section("causes", "原因分析", finding=said[0] if said else "", body=tuple(body))


def _falls(row: Any) -> bool:
    return moved_clearly(row) and row.points < 0


def _fell(inputs: Inputs, row: Any) -> str:
    """Say how many of those told of fell, which most, by which kinds, and how the others moved."""
    now, before = (by_teller(inputs, row.measure, row.area, earlier=early) for early in (False, True))
    rows = now.join(before[["value"]].rename(columns={"value": "previous"})).dropna(subset=["value", "previous"])
    sign = 1 if row.direction == "higher" else -1
    moved = (rows["value"] - rows["previous"]) * sign
    parts = []
    if len(rows) >= 3:
        fell = int((moved < -1e-9).sum())
        if fell < 3:
            return ""
        most = moved.loc[moved < -1e-9].sort_values().head(2)
        named = [f"{rows.at[code, 'name']}（{numbers.changed(value, row.unit)}）" for code, value in most.items()]
        parts.append(
            f"{len(rows)}个{teller_word(inputs, row.area)}中{fell}个变差"
            + (f"，最多的是{'、'.join(named)}" if named else "")
        )
    if row.measure.startswith("needs_met_inside"):
        parts.append(_items(inputs, row.area))
    others = getattr(row, "fell", float("nan"))
    if pd.notna(others) and row.of >= 4:
        alone = f"{like_word(inputs, int(row.of))}中只有{inputs.name}变差"
        parts.append(f"{like_word(inputs, int(row.of))}中另有{int(others)}个同时变差" if others else alone)
    parts = [*filter(None, parts)]
    if not parts:
        return ""
    was, now_value = (numbers.quantity(value, row.unit) for value in (row.previous, row.value))
    return f"{row.label}由{was}变为{now_value}：{'；'.join(parts)}。原因待查。"


def _items(inputs: Inputs, area: str) -> str:
    """Say which kinds of service fell."""
    if inputs.before is None:
        return ""
    now, before = (
        service_measures.services_by_item(inputs.tables, period, area=area) for period in (inputs.now, inputs.before)
    )
    if "inside_rate" not in now or now.empty:
        return ""
    rows = now.join(before[["inside_rate"]].rename(columns={"inside_rate": "previous"})).dropna()
    fell = rows.loc[rows["inside_rate"] < rows["previous"] - 1e-9]
    if len(rows) < 2 or fell.empty:
        return ""
    if len(fell) == len(rows):
        return f"{len(rows)}类事项同时下降，不是某一类造成的"
    return f"{len(rows)}类事项中{len(fell)}类下降"


def _passed_up(inputs: Inputs, facts: pd.DataFrame) -> str:
    """Say which kinds of matters are passed up most, where the leaf of matters settled below loses."""
    mine = facts.loc[facts["measure"].eq("settled_at_or_below_village")] if len(facts) else facts
    if mine.empty or mine["loss"].iloc[0] < 1.0 or "events" not in inputs.tables:
        return ""
    rows = matter_measures.matters(Scope(inputs.tables, inputs.now, by="zone"))
    up = rows.loc[rows["settled"] & rows["settled_level"].isin(["town", "above"])]
    if "kind" not in up or len(up) < 10:
        return ""
    kinds = up["kind"].value_counts()
    top = kinds.head(_KINDS)
    listed = "、".join(f"{escaped(str(kind))}{count}件" for kind, count in top.items())
    return f"上交事项{len(up)}件，集中在{listed}，合计占{numbers.share(top.sum() / len(up))}。"
