"""Judges of a proposed zone: national standards that its tables can carry, a provisional scheme of equal weights."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

import pandas as pd

from govkit import catalogue
from govkit.intake.templates.fields import fill
from govkit.periods import Period, Term


def judged_by(
    tables: Mapping[str, pd.DataFrame], times: tuple[Period, ...], name: str, day: dt.date
) -> tuple[str, str]:
    """Return what zone.toml says of the judges, and a first scheme ("" for none).

    Judges are the national standards in force in a period whose tables are all there; the scheme has all measures that
    the tables can carry, with equal weights.
    """
    said, names = catalogue.load("proposing")["text"], []
    there = {table for table, frame in tables.items() if len(frame)}
    for standard in catalogue.load("proposing")["national"]["standards"]:
        raw = catalogue.load(f"standards/{standard}")
        term = Term(raw.get("in_force_from"), raw.get("in_force_until"))
        needed = set(catalogue.load("proposing")["needs"][standard])
        bound = not raw.get("applies_to") or not set(raw["applies_to"]).isdisjoint(tables["units"]["kind"])
        if needed <= there and bound and any(term.covers(one) for one in times):
            names.append(standard)
    scheme = _first_scheme(tables, names, name, day)
    first = catalogue.load("proposing")["first_scheme"]
    text = fill(said["judged_by"], names=", ".join(json.dumps(one, ensure_ascii=False) for one in names))
    if not names and not scheme:
        return "", ""
    return text + fill(said["scheme_named" if scheme else "scheme_none"], **first), scheme


def _first_scheme(tables: Mapping[str, pd.DataFrame], standards: list[str], name: str, day: dt.date) -> str:
    """Return the text of a provisional scheme, "" where there are too few measures for one."""
    spec, said = catalogue.load("proposing")["first_scheme"], catalogue.load("proposing")["text"]
    known = catalogue.load("measures")
    leaves = [
        (f"{spec['of_standards']}_{one}", catalogue.load(f"standards/{one}")["title"], f"{spec['of_standards']}:{one}")
        for one in standards
        if catalogue.load(f"standards/{one}")["type"] == "standard"
    ]
    leaves += [
        (one, known[one]["label"], one)
        for one in spec["rates"]
        if all(len(tables.get(table, ())) for table in known[one]["tables"]) and _told(one, tables)
    ]
    if len(leaves) < spec["fewest"]:
        return ""
    weights = [round(1 / len(leaves), 6)] * (len(leaves) - 1)
    weights.append(round(1 - sum(weights), 6))
    text = fill(said["scheme_head"], day=day, name=name, count=len(leaves))
    for (id_, label, measure), weight in zip(leaves, weights, strict=True):
        text += fill(said["scheme_leaf"], id=id_, label=label, measure=measure, weight=weight)
    return text


def _told(measure: str, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the columns that a measure counts are filled at all."""
    columns = catalogue.load("proposing")["first_scheme"]["columns"].get(measure, {})
    return all(tables[table][column].notna().any() for table, names in columns.items() for column in names)
