"""The pilot: what it did, against the communities beside it, and how much of that the design can carry."""

from __future__ import annotations

import pandas as pd

from govkit.analysis.effect import difference
from govkit.display.tables.table import report_table
from govkit.display.words.phrases import say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent

_STAGES = {"before": "开始以前", "start": "先后开始", "after": "开始以后"}


def pilot(inputs: Inputs) -> Section:
    """Say first what the evaluation can carry, then what the pilot did to each outcome, quarter by quarter."""
    evaluated, refused = difference.pilot_of(inputs.tables, compared=False)
    reasons = [absent(f"{outcome}：{reason}", tables=0) for outcome, reason in refused.items()]
    if not evaluated.evaluations:
        return Section("pilot", "试点成效", body=tuple(reasons))
    found = difference.effects(inputs.tables, evaluated=evaluated)
    box = "\n".join(f"> - {line}" for line in evaluated.honesty())
    said = [_changes(row) for row in found.to_dict("records")]
    tables = [report_table("pilot_effects", effect_rows(found), unit=inputs.place.unit_word)]
    for outcome, rows in difference.gaps_by_quarter(inputs.tables).groupby("outcome", sort=False):
        tables.append(report_table("pilot_quarters", gap_rows(rows), outcome=outcome))
    numbers = {"effects": found, "by_time": evaluated.event_study(), "leave_one_out": evaluated.leave_one_out()}
    return Section(
        "pilot", "试点成效", finding=said[0], body=(box, *said, *tables, *reasons), numbers=numbers,
    )  # fmt: skip


def _changes(row: dict[str, object]) -> str:
    """Say how an outcome changed inside and outside the pilot; ``row`` of ``difference.effects``."""
    words = {key: _number(float(str(row[key]))) for key in ("before_in", "after_in", "before_out", "after_out")}
    units = {key: row[key] for key in ("outcome", "treated_units", "untreated_units")}
    told = say("effect.changes", **words, **units, effect=_signed(float(str(row["effect"]))))
    return told + say("effect.clear" if row["claim"] else "effect.chance")


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
    gap = [_signed(value) if pd.notna(value) else "—" for value in found["gap"]]
    return found.assign(quarter=quarters, gap=gap, stage=found["stage"].map(_STAGES), **texts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3f}"


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _number(abs(value))


def _interval(low: float, high: float) -> str:
    return "给不出" if abs(low) == float("inf") or abs(high) == float("inf") else f"{_signed(low)} 至 {_signed(high)}"
