"""A text of the zone's own in a report: its blanks filled with the numbers the report itself prints."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.measure import measure, measure_info
from govkit.display.words import numbers
from govkit.display.words.phrases import escaped
from govkit.errors import UnknownNameError
from govkit.rounding import fixed
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section
from govkit.zone.own_report import Blank, filled

_SCORE = {"rank", "of"}


def own_text(inputs: Inputs, file: str) -> Section:
    """Return a text of the zone's ``report/`` folder; UnknownNameError for a file that report.toml does not name.

    A number that is not known for this place reads as （无数据）, never as nothing.
    """
    texts = {one.file: one.text for one in inputs.place.settings.own.texts}
    if file not in texts:
        raise UnknownNameError("文字", file, texts)
    text = filled(texts[file], lambda blank: _said(inputs, blank))
    body = tuple(part.strip() for part in text.split("\n\n") if part.strip())
    return Section(f"text:{file}", "", finding="", body=("\n\n".join(body),) if body else ())


def _said(inputs: Inputs, blank: Blank) -> str:
    value, unit = _fact(inputs, blank) if blank.name in catalogue.load("sections")["facts"] else _value(inputs, blank)
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dt.date):
        return numbers.day(value)
    if value is None or pd.isna(value):
        return str(catalogue.load("sections")["words"]["unknown"])
    if blank.field in _SCORE or unit == "":
        return fixed(value, 0) if blank.form in ("", "integer") else _form(value, blank.form)
    return _form(value, blank.form) if blank.form else numbers.quantity(value, unit)


def _form(value: float, form: str) -> str:
    made = {
        "percent": lambda: numbers.share(value),
        "number": lambda: fixed(value, 1),
        "integer": lambda: fixed(value, 0),
        "money": lambda: numbers.money(value),
        "hours": lambda: numbers.hours(value),
        "text": lambda: f"{value:g}",
    }
    return made[form]()


def _fact(inputs: Inputs, blank: Blank) -> tuple[Any, str]:
    place, now = inputs.place, inputs.now
    if blank.name == "place":
        return (inputs.name if blank.field == "name" else place.code), ""
    if blank.name == "period":
        return {"name": now.name, "start": now.start, "end": now.end}[blank.field], ""
    if blank.name == "problems":
        found = inputs.problems
        severe = int(found["severity"].eq("severe").sum()) if len(found) else 0
        return {"count": len(found), "severe": severe}[blank.field], ""
    return _score(inputs, blank.field), "" if blank.field in _SCORE else "分"


def _score(inputs: Inputs, field: str) -> Any:
    """Return a field of the score; a whole zone has none of its own."""
    if inputs.is_zone or inputs.common.current is None:
        return None
    part, row = inputs.part, inputs.current.scores.loc[inputs.whole]
    before = part.changed.scores["previous"].get(inputs.whole) if part.changed is not None else None
    found = {"value": row["score"], "grade": row["grade"], "previous": before, "of": part.number_of_districts}
    found["rank"] = row["rank"] if part.rankable else None
    found["change"] = None if before is None else row["score"] - before
    return found[field]


def _value(inputs: Inputs, blank: Blank) -> tuple[Any, str]:
    unit = measure_info(blank.name).unit
    if blank.field == "target":
        return inputs.targets.get(blank.name), unit
    now = _measured(inputs, blank.name, earlier=False)
    if blank.field in ("previous", "change"):
        before = _measured(inputs, blank.name, earlier=True)["value"]
        return (before if blank.field == "previous" else now["value"] - before), unit
    return now[blank.field], unit if blank.field == "value" else ""


def _measured(inputs: Inputs, name: str, *, earlier: bool) -> Any:
    """Return a measure of the whole as the scheme takes it: in the area its leaf applies to."""
    nothing = {"value": float("nan"), "numerator": float("nan"), "denominator": float("nan")}
    period = inputs.before if earlier else inputs.now
    if period is None:
        return nothing
    tree = inputs.judged.scheme
    areas = {leaf.applies_to for leaf in tree.leaves if leaf.measure == name} if tree else set()
    area = areas.pop() if len(areas) == 1 else "all"
    audit = None if earlier else inputs.common.audit
    found = measure(name, inputs.tables, period, by=inputs.by_whole, area=area, crs=inputs.crs, audit=audit)
    return found.loc[inputs.whole] if inputs.whole in found.index else nothing
