"""Ratings: what residents, levels above and both sides of a street think of each other, and how far raters agree."""

from __future__ import annotations

from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.ledgers import ratings as measured
from govkit.display.tables import frames
from govkit.display.tables.table import report_table
from govkit.display.words.phrases import say
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section


def ratings(inputs: Inputs) -> Section:
    """Say the scores given by three levels, by both sides and by residents."""
    title = "考核与评价"
    if inputs.lacks("ratings"):
        return Section("ratings", title)
    body = _of_zone(inputs) if inputs.is_zone else _of_district(inputs)
    return Section("ratings", title, body=tuple(item for item in body if item is not None and not _empty(item)))


def _empty(item: Any) -> bool:
    return isinstance(item, str) and not item


def _of_district(inputs: Inputs) -> list[Any]:
    common, mine = inputs.common, inputs.whole
    body: list[Any] = [three_levels(common.three_levels, mine) + two_way(common.two_way, mine)]
    body.append(rated(common.rated, mine, kind="resident"))
    found = measured.rated(inputs.tables, inputs.now, by="unit_code")
    return [*body, *_residents(inputs, found.loc[found["n"] > 0])]


def _of_zone(inputs: Inputs) -> list[Any]:
    tables, now, before, common = inputs.tables, inputs.now, inputs.before, inputs.common
    body: list[Any] = []
    if common.three_levels is not None and common.three_levels["levels"].sum():
        body.append(report_table("three_levels", frames.by_unit(common.three_levels, inputs.units)))
    if common.two_way is not None and common.two_way["gap"].notna().any():
        body.append(report_table("two_way", frames.by_unit(common.two_way, inputs.units)))
        body.append(report_table("two_way_items", measured.two_way_items(tables, now).reset_index()))
    body += _residents(inputs, common.rated)
    body.append(agreement(measured.expert_agreement(tables, now)))
    return [*body, mix_moved(measured.rater_mix(tables, now, before), inputs.names) if before else None]


def _residents(inputs: Inputs, found: pd.DataFrame) -> list[Any]:
    if not found["n"].sum():
        return []
    rows = frames.by_unit(found, inputs.units)
    return [report_table("ratings", rows, kind="居民", least=measured.least_answers())]


def experts(inputs: Inputs) -> Section:
    """Say how far the experts agree."""
    said = "" if inputs.lacks("ratings") else agreement(measured.expert_agreement(inputs.tables, inputs.now))
    return Section("experts", "专家评价", finding=said, body=(said,) if said else ())


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
