"""What each printed value of a measure comes from: of whom, when, how many of how many, its definition and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.measure import MeasureInfo
from govkit.analysis.score.assess import Assessment
from govkit.display.tables.frames import quantity as in_table
from govkit.display.words import numbers
from govkit.display.words.language import CHINESE
from govkit.periods import Period
from govkit.rounding import fixed
from govkit.sections.inputs import Inputs, once
from govkit.sections.leaves import by_teller, leaf_facts
from govkit.zone.editions import is_public
from govkit.zone.place import files_for_readers


def origins(inputs: Inputs) -> dict[str, Any]:
    """Return where the values of the scheme's measures come from; empty without a scheme, and in another language.

    ``place``, ``before`` (name of the last period); ``measures``: label, definition, data (tables with rows of this
    place and files; no files in a public edition); ``values``: measure (its position), unit, period (names), text (as
    sentences have it), cells (as tables have it), counted (``7,089 ÷ 7,302`` or ``""``).
    """
    tree = inputs.judged.scheme
    if tree is None or inputs.common.current is None or inputs.place.front.language != CHINESE:
        return {}
    infos = {leaf.id: leaf.info for leaf in tree.leaves}
    measures = [
        {"label": leaf.label, "definition": leaf.info.definition, "data": _data(inputs, leaf.info)}
        for leaf in tree.leaves
    ]
    measures.append({"label": _SCORE, "definition": f"{len(infos)}项指标的得分按权重合成，加分、扣分另计", "data": ""})
    at = {leaf: position for position, leaf in enumerate([*infos, _SCORE])}
    found = _of_districts(inputs) if inputs.is_zone else _of_district(inputs)
    units = {leaf: info.unit for leaf, info in infos.items()} | {_SCORE: "分"}
    values = [{"measure": at[leaf], **_value(units[leaf], row, unit, when)} for leaf, row, unit, when in found]
    before = inputs.before.name if inputs.before else ""
    return {"place": inputs.name, "before": before, "measures": measures, "values": values}


_SCORE = "综合得分"
_Found = Iterator[tuple[str, Any, str, Period]]


def _of_district(inputs: Inputs) -> _Found:
    """Yield leaf, row, unit and period: a district's own, those of the last period, and its communities' samples."""
    for assessed, when in ((inputs.part.current, inputs.now), (inputs.part.previous, inputs.before)):
        if assessed is not None and when is not None:
            yield from ((_SCORE, row, inputs.name, when) for row in _scores(assessed).itertuples())
    for row in leaf_facts(inputs).itertuples():
        leaf = str(row.Index)
        yield leaf, row, inputs.name, inputs.now
        last = inputs.part.previous.values.get(leaf) if inputs.part.previous else None
        if inputs.before and last is not None and len(last):
            yield leaf, last.iloc[0], inputs.name, inputs.before
        if row.sampled:
            below = by_teller(inputs, row.measure, row.area)
            yield from ((leaf, one, str(one.name), inputs.now) for one in below.itertuples())


def _of_districts(inputs: Inputs) -> _Found:
    names = inputs.shared.districts.set_index("unit_code")["name"]
    known: list[tuple[Period | None, Assessment | None]] = [
        (inputs.now, inputs.shared.current),
        (inputs.before, inputs.shared.previous),
    ]
    for when, assessed in known:
        if when is None or assessed is None:
            continue
        for leaf, frame in {_SCORE: _scores(assessed), **assessed.values}.items():
            yield from ((leaf, row, str(names.get(row.Index, "")), when) for row in frame.itertuples())


def _scores(assessed: Assessment) -> pd.DataFrame:
    """Return the scores as measures are: they are a share of nothing."""
    return assessed.scores[["score"]].set_axis(["value"], axis=1).assign(numerator=None, denominator=None)


def _value(measured_in: str, row: Any, unit: str, when: Period) -> dict[str, Any]:
    if pd.isna(row.value):
        return {"unit": unit, "period": when.name, "text": "", "cells": [], "counted": ""}
    bare = fixed(row.value * (100 if measured_in == "%" else 1), 1)
    counted = "" if pd.isna(row.numerator) else f"{row.numerator:,.10g} ÷ {row.denominator:,.10g}"
    cells = list(dict.fromkeys([in_table(row.value, measured_in), bare]))
    text = numbers.quantity(row.value, measured_in)
    return {"unit": unit, "period": when.name, "text": text, "cells": cells, "counted": counted}


@once
def files_of(inputs: Inputs) -> dict[str, list[str]]:
    """Return the files each table was read from, as readers may see their names."""
    accounts = files_for_readers(inputs.place.accounts)
    return {str(table): list(files.unique()) for table, files in accounts.groupby("table")["file"]}


def _data(inputs: Inputs, info: MeasureInfo) -> str:
    """Say which tables a measure is made of: rows of this place in the period, and files."""
    titles = catalogue.load("tables")
    files = files_of(inputs)
    told = []
    for table in info.tables:
        if table not in inputs.tables:
            continue
        frame = inputs.tables[table]
        rows = int(frame["period"].eq(inputs.now.id).sum()) if "period" in frame else len(frame)
        named = "" if is_public(inputs.place.settings) or table not in files else f"（{'、'.join(files[table])}）"
        told.append(f"{titles[table]['title']} {rows:,} 行{named}")
    return "；".join(told)
