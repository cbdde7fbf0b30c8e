"""Key figures: the large numbers of a zone, and how each moved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from govkit.analysis.measures.measure import MeasureInfo, measure_info, measures
from govkit.display.slides import KeyFigure, Slide, slide
from govkit.display.tables.frames import quantity
from govkit.display.words.phrases import moved, say
from govkit.sections.inputs import Inputs
from govkit.sections.ranks import called
from govkit.sections.section import Section
from govkit.sections.situation import members

# How many key figures fit on a slide.
_KEY_FIGURES = 6
_WANTED = (
    "managed_grids", "settled_in_grid", "needs_met_inside", "satisfaction", "fund_execution", "checklist_rate",
    "premises_coverage", "workers_per_10000",
)  # fmt: skip


def key_figures(inputs: Inputs) -> Section:
    """Return the zone's key figures: the first six that have a value."""
    values, before = values_of(inputs)
    infos = infos_of(inputs, values)
    current = inputs.common.current
    head = zone_words(inputs.shared.districts, inputs.units, current.scores["score"] if current else None)
    shown = figures_slide(values, before, infos, **head)
    return Section("key_figures", "主要指标", numbers=dict(values), slide=(shown,))


def values_of(inputs: Inputs) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame] | None]:
    """Return the wanted measures of the whole, by name, for this period and the last one (None for the first)."""
    wanted = [*(f"standard_attainment:{one.name}" for one in inputs.judged.standards), *_WANTED]
    asked: dict[str, Any] = {"by": inputs.by_whole, "crs": inputs.crs, "audit": inputs.common.audit}
    before = measures(wanted, inputs.tables, inputs.before, **asked) if inputs.before else None
    return measures(wanted, inputs.tables, inputs.now, **asked), before


def infos_of(inputs: Inputs, names: Iterable[str]) -> dict[str, MeasureInfo]:
    """Return what the catalogue says of measures; of several standards each by its own title."""
    titles = {one.name: one.title for one in inputs.judged.standards}
    infos = {name: measure_info(name) for name in names}
    if len(titles) < 2:
        return infos
    own = {name: titles.get(name.partition(":")[2], "") for name in names}
    return {name: replace(info, label=f"{own[name]}达标率") if own[name] else info for name, info in infos.items()}


def of_members(inputs: Inputs, name: str) -> pd.Series:
    """Return a measure's values of the members, unknown ones left out."""
    asked: dict[str, Any] = {"by": inputs.by_member, "crs": inputs.crs, "audit": inputs.common.audit}
    return measures([name], inputs.tables, inputs.now, **asked)[name]["value"].astype("float64").dropna()


def figures_slide(
    values: Mapping[str, pd.DataFrame],
    before: Mapping[str, pd.DataFrame] | None,
    infos: Mapping[str, Any],
    *,
    title: str,
    lead: str = "",
) -> Slide:
    """Return the slide of large numbers: the first six measures of the zone that have a value, and how each moved.

    ``values``, ``before``: name → frame as from ``measures`` by zone; ``infos``: name → what the catalogue says of it.
    """
    known = [name for name, frame in values.items() if len(frame) and pd.notna(frame["value"].iloc[0])][:_KEY_FIGURES]
    figures, notes = [], []
    for name in known:
        info, row = infos[name], values[name].iloc[0]
        value, _, unit = quantity(row["value"], info.unit).replace("%", " %").partition(" ")
        earlier = before[name]["value"].iloc[0] if before and len(before[name]) else float("nan")
        figures.append(KeyFigure(info.label, value, unit, _move(row["value"] - earlier, info.unit)))
        notes.append(say("slide.measure", label=info.label, definition=info.definition, **_counts(row)))
    return slide(title, lead=lead, notes=notes, figures=figures)


def _move(change: float, unit: str) -> str:
    if pd.isna(change):
        return ""
    scale, word = (100, " 个百分点") if unit == "%" else (1, f" {unit}")
    return say("slide.against_before", moved=moved(change * scale, word, "上升", "下降"))


def _counts(row: pd.Series) -> dict[str, float]:
    return {key: row[key] for key in ("numerator", "denominator")}


def zone_words(districts: pd.DataFrame, units: pd.DataFrame, scores: pd.Series | None) -> dict[str, str]:
    """Return title and lead of the slide of large numbers; ``districts`` as ``Zone.districts``."""
    of = {"of": len(districts), "unit": called(districts["kind"])}
    people = units.loc[units["level"] == "community", "population"].sum(min_count=1)
    wan = float(people) / 10_000 if pd.notna(people) else float("nan")
    lead = say("slide.zone_lead", members=members(units), people=wan)
    if scores is None or scores.isna().all():
        return {"title": say("slide.zone", **of), "lead": lead}
    return {"title": say("slide.zone_scored", median=scores.median(), **of), "lead": lead}
