"""The pilot: what it did, against the communities beside it, and how much of that the design can carry."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from govkit.analysis.effect import difference
from govkit.analysis.measures.scope import Scope
from govkit.analysis.standards.judged_by import JudgedBy
from govkit.display.charts import Format, effect_by_month
from govkit.display.tables.table import Table, report_table
from govkit.display.words.numbers import count
from govkit.display.words.phrases import say
from govkit.rounding import fixed
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section
from govkit.sections.words import units_word

_STAGES = {"before": "开始以前", "start": "先后开始", "after": "开始以后"}


def pilot(inputs: Inputs) -> Section:
    """Say first what the evaluation can carry, then what the pilot did to each outcome, quarter by quarter."""
    evaluated = difference.pilot_of(inputs.tables, compared=False)
    if not evaluated.evaluations:
        reasons = [f"{outcome}：{reason}" for outcome, reason in evaluated.refused.items()]
        if "panel" in inputs.tables and inputs.is_zone and not reasons:
            reasons = ["有试点面板，但行政单元表里没有一个单元填了试点起始日期，估计不了成效。"]
        # said in words: a part that is merely absent is only counted in print
        return Section("pilot", "试点成效", body=tuple(f"> {reason}" for reason in reasons))
    found = difference.effects(inputs.tables, evaluated=evaluated)
    box = "\n".join(f"> - {_named(line, inputs)}" for line in evaluated.honesty())
    said = _outcomes(found.to_dict("records"), inputs)
    charts = [_by_month(rows, str(outcome), inputs) for outcome, rows in evaluated.event_study().groupby("outcome")]
    tables = [_effects(inputs, found)]
    for outcome, rows in difference.gaps_by_quarter(inputs.tables).groupby("outcome", sort=False):
        unit = inputs.judged.unit(str(outcome))
        named = f"{outcome}（{unit}）" if unit else outcome
        tables.append(report_table("pilot_quarters", gap_rows(rows, unit), outcome=named))
    numbers = {"effects": found, "by_time": evaluated.event_study(), "leave_one_out": evaluated.leave_one_out()}
    return Section(
        "pilot", "试点成效", finding=said[0], body=(box, *said, *charts, *tables), numbers=numbers,
    )  # fmt: skip


def _effects(inputs: Inputs, found: pd.DataFrame) -> Table:
    return report_table("pilot_effects", effect_rows(found, inputs.judged), unit=inputs.place.unit_word)


def grounds(inputs: Inputs) -> list[Table]:
    """Return the table of which ``came_of`` tells; nothing of a place without pilot."""
    return [_effects(inputs, inputs.common.pilot)] if len(_since(inputs)) and len(inputs.common.pilot) else []


def _named(line: str, inputs: Inputs) -> str:
    """Return a line of what the evaluation can carry with its outcome's unit, and places by name."""
    line = re.sub(r"\d{12}", lambda code: str(inputs.names.get(code[0], code[0])), line)
    outcome = line.partition("：")[0]
    unit = inputs.judged.unit(outcome).replace("%", "1 为 100%")
    line = line.replace("：", f"（{unit}）：", 1) if unit else line
    return re.sub(r"(?<![0-9])-(?=[0-9])", "−", line)


def _by_month(rows: pd.DataFrame, outcome: str, inputs: Inputs) -> Any:
    """Draw the effect month by month from the start on, with what chance gives around it."""
    unit = inputs.judged.unit(outcome)
    style = Format("points", "", 1) if unit == "%" else Format("number", unit, 1)
    drawn = rows.rename(columns={"since": "month", "effect": "estimate"})
    return effect_by_month(drawn, finding=f"{outcome}：试点开始前后各月的效果", style=style, what=outcome)


def came_of(inputs: Inputs) -> str:
    """Say of a place in the pilot, first of all, that it is, since when, and what came of it; "" of any other."""
    if not len(_since(inputs)):
        return ""
    return _in_pilot(inputs) + "".join(_outcomes(_found(inputs), inputs))


def _outcomes(rows: list[dict[str, Any]], inputs: Inputs) -> list[str]:
    """Say of each outcome how it changed and whether chance may be all; once for all where the same holds for all."""
    told = [_changes(row, inputs.judged.unit(str(row["outcome"]))) for row in rows]
    verdicts = ["clear" if row["claim"] else "chance" for row in rows]
    if len(rows) > 1 and len(set(verdicts)) == 1:
        last = say(f"effect.all_{verdicts[0]}", many=count(len(rows)))
        return [*(f"{one.removesuffix('，')}。" for one in told), last]
    return [one + say(f"effect.{verdict}") for one, verdict in zip(told, verdicts, strict=True)]


def in_brief(inputs: Inputs) -> str:
    """Say the same in two sentences: of each outcome only how much the pilot moved it; "" of any other district."""
    if not len(_since(inputs)):
        return ""
    clear = [row for row in _found(inputs) if row["claim"]]
    told = "，".join(_moved(row, inputs.judged.unit(str(row["outcome"]))) for row in clear)
    units = {"treated": clear[0]["treated_units"], "untreated": clear[0]["untreated_units"]} if clear else {}
    return _in_pilot(inputs) + (say("effect.brief", told=told, **units) if clear else "")


def _moved(row: dict[str, Any], unit: str) -> str:
    return f"{row['outcome']}{_way(row, unit)}"


def _way(row: dict[str, Any], unit: str) -> str:
    size = told(abs(row["effect"]), unit).replace("%", " 个百分点")
    return f"{'提高' if row['effect'] > 0 else '缩短' if unit == '小时' else '下降'} {size}"


def _found(inputs: Inputs) -> list[dict[str, Any]]:
    return inputs.common.pilot.to_dict("records")


def _since(inputs: Inputs) -> pd.Series:
    """Return since when each community in the pilot is in it."""
    units = inputs.communities
    return units["pilot_since"].dropna() if "pilot_since" in units else units["unit_code"].iloc[:0]


def _in_pilot(inputs: Inputs) -> str:
    units, since = inputs.communities, _since(inputs)
    day, key = since.min(), "in_pilot" if len(since) < len(units) else "in_pilot_all"
    districts = set(units.loc[since.index, "district_code"])
    kinds = inputs.members.loc[inputs.members["unit_code"].isin(districts), "kind"]
    said = say(
        f"effect.{'in_pilot_zone' if inputs.is_zone else key}",
        name=inputs.name,
        since=f"{day.year}年{day.month}月",
        units=len(since),
        of=len(units),
        districts=len(districts),
        word="街道" if set(kinds) == {"street"} else units_word(inputs),
    )
    raised = 0
    if len(inputs.common.items):
        scope = Scope({"units": inputs.units, "items": inputs.common.items}, inputs.now, by="zone")
        raised = int(scope.rows("items")["action"].eq("raised").sum())
    return said + (say("effect.items", raised=raised) if raised else "")


def _changes(row: dict[str, Any], unit: str) -> str:
    """Say how an outcome changed inside and outside the pilot; ``row`` of ``difference.effects``."""
    words = {key: told(row[key], unit) for key in ("before_in", "after_in", "before_out", "after_out")}
    units = {key: row[key] for key in ("outcome", "treated_units", "untreated_units")}
    key = "changes" if row["untreated_units"] else "changes_all"
    return say(f"effect.{key}", **words, **units, effect=_way(row, unit))


def told(value: float, unit: str) -> str:
    """Return a value of an outcome with its unit; shares as %."""
    return f"{_number(value * 100, 1)}%" if unit == "%" else f"{_number(value)} {unit}".strip()


def effect_rows(found: pd.DataFrame, judged: JudgedBy | None = None) -> pd.DataFrame:
    """Return the rows of the table ``pilot_effects``, numbers as texts with as many digits as each outcome needs."""
    numbers = ("before_in", "after_in", "before_out", "after_out")
    if judged is not None:
        units = [judged.unit(name) for name in found["outcome"]]
        named = [f"{name}（{unit}）" if unit else name for name, unit in zip(found["outcome"], units, strict=True)]
        scaled = {key: found[key].astype("float64") * _scales(units) for key in (*numbers, "effect", "low", "high")}
        found = found.assign(outcome=named, **scaled)
    texts = {key: [_number(value) for value in found[key]] for key in numbers}
    interval = [_interval(low, high) for low, high in zip(found["low"], found["high"], strict=True)]
    return found.assign(**texts, effect=[_signed(value) for value in found["effect"]], interval=interval)


def _scales(units: list[str]) -> list[float]:
    """Return what values are multiplied by to be shown in their units: fractions become %."""
    return [100.0 if unit == "%" else 1.0 for unit in units]


def gap_rows(found: pd.DataFrame, unit: str = "") -> pd.DataFrame:
    """Return the rows of the table ``pilot_quarters``; frame as from ``effect.gaps_by_quarter``."""
    found = found.assign(**{key: found[key] * _scales([unit])[0] for key in ("inside", "outside", "gap")})
    quarters = [f"{day.year}年{(day.month + 2) // 3}季度" for day in found["quarter"]]
    texts = {key: [_number(value) for value in found[key]] for key in ("inside", "outside")}
    gap = [_signed(value) if pd.notna(value) else "—" for value in found["gap"]]
    return found.assign(quarter=quarters, gap=gap, stage=found["stage"].map(_STAGES), **texts)


def _number(value: float, digits: int | None = None) -> str:
    if pd.isna(value):
        return "—"
    return fixed(value, (0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 3) if digits is None else digits)


def _signed(value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _number(abs(value))


def _interval(low: float, high: float) -> str:
    return "给不出" if abs(low) == float("inf") or abs(high) == float("inf") else f"{_signed(low)} 至 {_signed(high)}"
