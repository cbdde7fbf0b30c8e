"""The pilot: what it did, against the communities beside it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.effect import difference
from govkit.display.tables.table import report_table
from govkit.display.words.phrases import say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section


def pilot(inputs: Inputs) -> Section:
    """Say what the pilot did to each outcome of the panel, quarter by quarter."""
    found = difference.effects(inputs.tables)
    if found.empty:
        return Section("pilot", "试点成效")
    said = [effect(row) for row in found.itertuples()]
    tables = [report_table("pilot_effects", effect_rows(found), unit=inputs.place.unit_word)]
    for outcome, rows in difference.gaps_by_quarter(inputs.tables).groupby("outcome", sort=False):
        tables.append(report_table("pilot_quarters", gap_rows(rows), outcome=outcome))
    return Section("pilot", "试点成效", finding=said[0], body=(*said, *tables), numbers={"effects": found})


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
