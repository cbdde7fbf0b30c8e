"""Cells of records to values: parsed column by column, and flagged where they cannot be read or are out of range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import nearest
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.own_kinds import translated
from govkit.intake.reading.schema import Column
from govkit.intake.values import letters, scaling
from govkit.intake.values.values import Parsed, bare_number, choices, parse
from govkit.rounding import fixed

_DTYPES = {
    "text": "str", "code": "str", "choice": "str", "integer": "Int64", "boolean": "boolean",
    "date": "datetime64[s]", "datetime": "datetime64[s]",
}  # fmt: skip
_TWO_READINGS = ("own_unit", "said_twice")
# a number of days, and how many lie between 1900 and 1904
_DAYS, _FROM_1904 = re.compile(r"\d{5}"), 1462


def with_values(
    reading: Reading, scales: Mapping[str, scaling.Scale], decimal: str, shared: Mapping[str, list[np.ndarray]]
) -> Reading:
    """Parse every column; then flag what could not be read, what is missing and what is out of range."""
    values, rules = {}, {}
    for column in reading.table.columns:
        if column.name in reading.text:
            scale = scales.get(column.name, scaling.Scale())
            text = translated(reading.text[column.name], _explained(reading, column))
            if reading.facts.get("late") and column.type in {"date", "datetime"}:
                text = text.map(lambda one: str(int(one) + _FROM_1904) if _DAYS.fullmatch(one) else one, "ignore")
            found = _read_column(text, column, scale, decimal)
            if scale.wrong:
                at = np.isin(reading.origin.column[column.name], list(scale.wrong)) & text.notna().to_numpy()
                found = Parsed(found.values.mask(at), found.rule.mask(at, "wrong_unit"))
            values[column.name], rules[column.name] = found.values, found.rule
        else:
            dtype: Any = _DTYPES.get(column.type, "float64")
            nothing = np.nan if dtype == "float64" else None
            values[column.name] = pd.Series(nothing, index=reading.frame.index, dtype=dtype)
    over: dict[str, np.ndarray] = {}
    for name, ranges in shared.items():
        values[name], over[name] = _merged_values(values[name], ranges, share=reading.source.merged == "share")
    reading = replace(reading, frame=reading.frame.assign(**values))
    for name, ranges in shared.items():
        reading = _about_merged(reading, name, ranges, over[name])
    for column in reading.table.columns:
        if column.name in rules:
            covered = over.get(column.name, np.zeros(len(reading.frame), dtype=bool))
            reading = _flag_cells(reading, column, rules[column.name], scales.get(column.name), covered)
    return reading


def _explained(reading: Reading, column: Column) -> Mapping[str, str]:
    """Return the words that the zone's kinds.toml explains for a column."""
    return reading.source.kinds.get(column.values or {"item": "service_item"}.get(column.name, ""), {})


def _read_column(text: pd.Series, column: Column, scale: scaling.Scale, decimal: str) -> Parsed:
    if isinstance(scale.factor, float | int):
        return parse(text, column, scale=float(scale.factor), decimal=decimal, stated=scale.stated)
    parts = [
        parse(text[scale.factor == one], column, scale=float(one), decimal=decimal, stated=True)
        for one in np.unique(scale.factor)
    ]
    if not parts:
        return parse(text, column)
    values, rule = (pd.concat([getattr(p, n) for p in parts]).reindex(text.index) for n in ("values", "rule"))
    return Parsed(values, rule.fillna(""))


def _merged_values(values: pd.Series, ranges: list[np.ndarray], *, share: bool) -> tuple[pd.Series, np.ndarray]:
    """Return amounts that count once, in the first row of a range or in equal parts, and which rows have none."""
    found, over = values.copy(), np.zeros(len(values), dtype=bool)
    for records in ranges:
        amount, count = values.iloc[records[0]], len(records)
        if not share or pd.isna(amount):
            over[records[1:]] = True
        elif str(values.dtype) == "Int64":
            # whole things are not cut: the first rows have one more
            each, rest = divmod(int(amount), count)
            found.iloc[records] = [each + (number < rest) for number in range(count)]
        else:
            found.iloc[records] = float(amount) / count
    return found, over


def _about_merged(reading: Reading, name: str, ranges: list[np.ndarray], over: np.ndarray) -> Reading:
    column, first = reading.table[name], np.zeros(len(over), dtype=bool)
    first[[records[0] for records in ranges]] = True
    rows = reading.origin.row[""]
    spans = {int(records[0]): f"{rows[records[0]]}—{rows[records[-1]]}" for records in ranges}
    words = {"span": [spans[at] for at in sorted(spans)], "table": reading.table.name}
    rule = {"share": "merged_shared", "first": "merged_first"}.get(reading.source.merged, "merged_amount")
    reading = reading.flagged(rule, first, column=name, words=words)
    severity = "error" if column.required and reading.source.merged != "first" else "note"
    return reading.flagged("merged_over", over, column=name, severity=severity if column.required else "note")


def _flag_cells(
    reading: Reading, column: Column, rule: pd.Series, scale: scaling.Scale | None, covered: np.ndarray
) -> Reading:
    for name in [] if letters.is_blank(letters.texts(rule)) else [one for one in rule.unique() if one]:
        at = (rule == name).to_numpy(dtype=bool)
        if name == "own_kind":
            reading = _about_own_kinds(reading, column, at)
            continue
        if name == "wrong_unit" and scale:
            reading = scaling.about_wrong_unit(reading, column, at, scale)
            continue
        if name == "month_as_date":
            first = at & (np.cumsum(at) == 1)
            reading = reading.flagged(name, first, column=column.name, words={"count": int(at.sum())})
            continue
        words = _two_readings(reading, column, at, scale) if name in _TWO_READINGS else _words(name, column, reading)
        reading = reading.flagged(name, at, column=column.name, words=words)
    values = reading.frame[column.name]
    if column.required and not (column.derived and reading.source.lenient):
        reading = reading.flagged("missing_required", values.isna() & (rule == "") & ~covered, column=column.name)
    if column.lowest is not None and column.highest is not None:
        outside = (values < column.lowest) | (values > column.highest)
        words = {"lowest": fixed(column.lowest), "highest": fixed(column.highest)}
        reading = reading.flagged("out_of_range", outside.fillna(False), column=column.name, words=words)
    return reading


def _about_own_kinds(reading: Reading, column: Column, at: np.ndarray) -> Reading:
    """Note each kind that no list knows once, with how many rows have it: it is kept as the place has it.

    One that is nearly the name of a known kind may be a slip, and is a warning.
    """
    values = reading.frame[column.name].where(at)
    at = at & ~values.isin([*_explained(reading, column).values()]).to_numpy()
    first = at & ~values.duplicated().to_numpy()
    counts = values[at].value_counts()
    near = {word: nearest(word, choices(column.values), most=1) for word in values[first]}
    for severity, slip in (("warning", True), ("note", False)):
        mine = first & values.map(lambda word, slip=slip: bool(near.get(word)) == slip).to_numpy(dtype=bool)
        hint = [f"，最接近的是“{near[word][0]}”" if near[word] else "" for word in values[mine]]
        words = {"count": [int(counts[word]) for word in values[mine]], "hint": hint}
        reading = reading.flagged("own_kind", mine, column=column.name, severity=severity, words=words)
    return reading


def _two_readings(reading: Reading, column: Column, at: np.ndarray, scale: scaling.Scale | None) -> dict[str, object]:
    """Return how cells with a unit of their own were read, and how they would read by their header."""
    factor = scale.factor if scale else 1.0
    factors = np.broadcast_to(np.asarray(factor, dtype="float64"), len(at))[at]
    multiples = catalogue.load("cells")["multiples"]
    read, other = [], []
    for value, text, by in zip(reading.frame[column.name][at], reading.text[column.name][at], factors, strict=True):
        bare = bare_number(text) or 0.0
        twice = next((times for word, times in multiples.items() if word in text), 1.0)
        read.append(f"{float(value):,.10g}")
        other.append(f"{bare * by * (twice if twice == by else 1.0):,.10g}")
    return {
        "read": read,
        "other": other,
        "unit": scaling.tidy_word(column),
        "head": (scale.word if scale else "") or "表头",
    }


def _words(rule: str, column: Column, reading: Reading) -> dict[str, object]:
    if rule == "two_numbers":
        lacking = [one.label for one in reading.table.measures if one.name not in reading.origin.column]
        return {"others": "、".join(lacking) or "另一项"}
    if rule == "unknown_choice":
        entries = catalogue.load("codes")[column.values]
        return {"allowed": "、".join(entry["label"] for entry in entries.values())}
    if rule == "implausible_date":
        first, last = catalogue.load("cells")["years"]
        return {"first": first, "last": last}
    return {}
