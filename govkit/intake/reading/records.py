"""Cells below a header to records of a tidy table: matched columns, rows left out, values parsed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading import body, columns, items, quantities, wide
from govkit.intake.reading.assemble import Origin, Reading, finding
from govkit.intake.reading.schema import Column, Table
from govkit.intake.reading.sources import Source
from govkit.intake.reading.totals import compare_total
from govkit.intake.reading.values import parse

_DTYPES = {
    "text": "str", "code": "str", "choice": "str", "integer": "Int64", "boolean": "boolean",
    "date": "datetime64[s]", "datetime": "datetime64[s]",
}  # fmt: skip
_KINDS = {"total": "合计", "note": "注释", "header": "重复的表头", "empty": "各事项全部空白的行"}
_MOST_ROWS_NAMED = 20


@dataclass(frozen=True)
class Body:
    """What stands below a header: ``cells`` by position, ``rows`` their numbers in the file (from 1).

    ``cut``: names may be cut short (Shapefile). ``named``: cells have names such as F17. ``decimal``: the decimal mark.
    ``given``: values every row has though no column says so.
    """

    headers: tuple[tuple[str, ...], ...]
    cells: pd.DataFrame
    rows: np.ndarray
    sheet: str = ""
    title: str = ""
    cut: bool = False
    named: bool = True
    decimal: str = "."
    geometry: gpd.GeoSeries | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)


def read_records(content: Body, table: Table, source: Source) -> Reading:
    """Return the records of one sheet, file or layer, every cell parsed and checked by itself.

    Raises SourceError if a required column is absent.
    """
    matched = columns.match_columns(content.headers, table, source, cut=content.cut)
    months = wide.find_months(content.headers, table, matched.positions, source, content.title)
    each = None if months else items.find_items(content.headers, content.cells, table, matched.positions, source)
    if each:
        positions = {name: at for name, at in matched.positions.items() if at not in each.positions}
        matched = replace(matched, positions=positions, doubled={})
    given = {name: value for name, value in content.given.items() if name not in matched.positions}
    have = {**matched.positions, **given, **_from_headers(months, each)}
    columns.require(have, content.headers, table, source, sheet=content.sheet)
    whole = content
    content, gone = _without_other_rows(content, table, matched)
    if each:
        reading, gone = _itemised(content, table, source, matched, each, gone)
    elif months:
        reading = _melted(content, table, source, matched, months)
    else:
        reading = _long(content, table, source, matched)
    reading = replace(reading, text=reading.text.assign(**given))
    reading = replace(reading, left_out=sum(len(rows) for rows in gone.values()), facts=content.facts)
    reading = _about_rows(reading, content, gone)
    reading = _about_columns(reading, content, matched)
    reading = _about_units(reading, content)
    scales = _scales(reading, content)
    reading = _parsed(reading, scales, content.decimal)
    sums = gone.get("total", np.array([], dtype=int))
    if len(sums) == 1 and len(content.rows) and sums[0] > content.rows[-1] and not (months or each):
        reading = compare_total(reading, whole.cells.iloc[whole.rows.searchsorted(sums[0])], int(sums[0]), scales)
    return reading


def _from_headers(months: wide.Months | None, each: items.Items | None) -> dict[str, int]:
    """Return the columns whose values stand in the headers of a wide file."""
    if months:
        return {"month": -1}
    if not each:
        return {}
    named = {"list": -1} if any(group for group, _ in each.cells) else {}
    return {"item": -1, **dict.fromkeys((m for measures in each.cells.values() for m in measures), -1), **named}


def _without_other_rows(content: Body, table: Table, matched: columns.Matched) -> tuple[Body, dict[str, np.ndarray]]:
    needed = {c.name: matched.positions[c.name] for c in table.columns if c.required and c.name in matched.positions}
    if content.geometry is not None and not content.named:
        return content, {}
    texts = ["".join(parts[-1:]) for parts in content.headers]
    masks = body.rows_without_data(content.cells, texts, needed)
    keep = ~np.logical_or.reduce(list(masks.values()))
    shapes = None if content.geometry is None else content.geometry[keep].reset_index(drop=True)
    cells = content.cells[keep].reset_index(drop=True)
    rest = replace(content, cells=cells, rows=content.rows[keep], geometry=shapes)
    return rest, {kind: content.rows[mask] for kind, mask in masks.items() if mask.any()}


def _header_texts(content: Body) -> dict[tuple[str, int], str]:
    joined = ["/".join(" ".join(part.split()) for part in parts) for parts in content.headers]
    return {(content.sheet, i): text for i, text in enumerate(joined)}


def _long(content: Body, table: Table, source: Source, matched: columns.Matched) -> Reading:
    size = len(content.cells)
    text = pd.DataFrame({name: content.cells[p] for name, p in matched.positions.items()}, index=range(size))
    origin = Origin(
        sheet=_constant(content.sheet, size),
        row={"": content.rows},
        column={name: np.broadcast_to(np.int64(p), size) for name, p in matched.positions.items()},
        headers=_header_texts(content),
        cells=content.named,
    )
    frame = pd.DataFrame(index=range(size))
    if content.geometry is not None:
        frame = frame.assign(geometry=content.geometry.to_numpy())
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=content.geometry.crs)
    return Reading(source, table, frame, text, origin, np.zeros(size, dtype=bool))


def _constant(word: str, size: int) -> np.ndarray:
    return np.full(size, word, dtype=object)


def _melted(content: Body, table: Table, source: Source, matched: columns.Matched, months: wide.Months) -> Reading:
    amounts = {column.name for column in table.measures}
    ids = {name: p for name, p in matched.positions.items() if name not in amounts}
    melted = wide.melt(content.cells, content.rows, ids, months, table)
    size = len(melted.text)
    origin = Origin(_constant(content.sheet, size), melted.row, melted.column, _header_texts(content), content.named)
    frame = pd.DataFrame(index=range(size))
    reading = Reading(source, table, frame, melted.text, origin, np.zeros(size, dtype=bool))
    return _lost_rows(reading, content, months, melted)


def _itemised(
    content: Body,
    table: Table,
    source: Source,
    matched: columns.Matched,
    each: items.Items,
    gone: Mapping[str, np.ndarray],
) -> tuple[Reading, dict[str, np.ndarray]]:
    """Return one record a row and item; rows without a value of any item are left out as blank."""
    melted = items.melt(content.cells, content.rows, matched.positions, each, table)
    size = len(melted.text)
    origin = Origin(_constant(content.sheet, size), melted.row, melted.column, _header_texts(content), content.named)
    reading = Reading(source, table, pd.DataFrame(index=range(size)), melted.text, origin, np.zeros(size, dtype=bool))
    empty = content.rows[melted.empty]
    if not len(empty):
        return reading, dict(gone)
    return reading, {**gone, "empty": empty}


def _lost_rows(reading: Reading, content: Body, months: wide.Months, melted: wide.Melted) -> Reading:
    """Report the rows of a wide file that became no records: each is one row set aside."""
    table, lost = reading.table, []
    label = "、".join(table[name].label for name in table.key if name in reading.text and name != "month")
    for again, first in melted.repeated.items():
        words = {"label": f"{label}、指标", "first": int(content.rows[first])}
        lost.append(finding("duplicate_key", reading.source, row=content.rows[again], sheet=content.sheet, **words))
    allowed = "、".join(column.label for column in table.measures)
    for at in melted.unknown:
        position = months.measure_position or 0
        value = content.cells[position].fillna("").iloc[at]
        header = "/".join(content.headers[position])
        words = {"value": value, "allowed": allowed, "column": header}
        lost.append(finding("unknown_measure", reading.source, row=content.rows[at], sheet=content.sheet, **words))
    return replace(reading, lost=len(lost), findings=(*reading.findings, *lost))


def _about_rows(reading: Reading, content: Body, gone: Mapping[str, np.ndarray]) -> Reading:
    for kind, rows in gone.items():
        if kind in _KINDS:
            shown = "、".join(map(str, rows[:_MOST_ROWS_NAMED])) + ("……" if len(rows) > _MOST_ROWS_NAMED else "")
            words = {"kind": _KINDS[kind], "count": len(rows), "rows": shown}
            reading = reading.noted("rows_left_out", sheet=content.sheet, row=int(rows[0]), **words)
    return reading


def _about_columns(reading: Reading, content: Body, matched: columns.Matched) -> Reading:
    headers = _header_texts(content)
    for position in matched.personal:
        header = headers[content.sheet, position]
        reading = reading.noted("personal_column", sheet=content.sheet, column=header, value=header)
    for name, position in matched.doubled.items():
        header = headers[content.sheet, position]
        words = {"label": reading.table[name].label, "value": header}
        reading = reading.noted("duplicate_column", sheet=content.sheet, column=header, **words)
    return reading


def _about_units(reading: Reading, content: Body) -> Reading:
    """Note header units that cannot be turned into the tidy one: such a column is read as it stands."""
    for column in reading.table.measures:
        places = reading.origin.column.get(column.name, np.array([], dtype=int))
        for position in np.unique(places):
            unit = _header_unit(content.headers[int(position)])
            if unit and column.unit and column.name not in reading.source.units:
                header = reading.origin.headers[content.sheet, int(position)]
                words = {"value": unit, "label": column.label, "unit": column.unit}
                if quantities.factor(unit, column.unit) is None:
                    reading = reading.noted("wrong_header_unit", sheet=content.sheet, column=header, **words)
    return reading


def _header_unit(parts: tuple[str, ...]) -> str:
    return next((unit for part in reversed(parts) if (unit := quantities.split_unit(part)[1])), "")


def _scales(reading: Reading, content: Body) -> dict[str, float]:
    """Return what one unit of every amount column is in its tidy unit, as header, title or zone.toml say."""
    scales = {}
    for column in reading.table.measures:
        if column.name not in reading.origin.column or not column.unit:
            continue
        places = np.unique(reading.origin.column[column.name])
        parts = content.headers[int(places[0])] if len(places) else ()
        scales[column.name] = _scale(column, parts, content.title, reading.source)
    return {name: scale for name, scale in scales.items() if scale is not None}


def _scale(column: Column, parts: tuple[str, ...], title: str, source: Source) -> float | None:
    if column.name in source.units:
        return quantities.factor(source.units[column.name], column.unit)
    unit = _header_unit(parts)
    if unit:
        return quantities.factor(unit, column.unit)
    in_title = [quantities.factor(unit, column.unit) for unit in quantities.units_in_title(title)]
    return next((found for found in in_title if found is not None), None)


def _parsed(reading: Reading, scales: Mapping[str, float], decimal: str) -> Reading:
    """Parse every column; then flag what could not be read, what is missing and what is out of range."""
    values, rules = {}, {}
    for column in reading.table.columns:
        if column.name in reading.text:
            scale = scales.get(column.name, 1.0)
            found = parse(reading.text[column.name], column, scale=scale, decimal=decimal)
            values[column.name], rules[column.name] = found.values, found.rule
        else:
            values[column.name] = _empty(column.type, reading.frame.index)
    reading = replace(reading, frame=reading.frame.assign(**values))
    for column in reading.table.columns:
        if column.name in rules:
            reading = _flag_cells(reading, column, rules[column.name])
    return reading


def _empty(kind: str, index: pd.Index) -> pd.Series:
    dtype = _DTYPES.get(kind, "float64")
    return pd.Series(np.nan if dtype == "float64" else None, index=index, dtype=dtype)  # type: ignore[call-overload]


def _flag_cells(reading: Reading, column: Column, rule: pd.Series) -> Reading:
    for name in [one for one in rule.unique() if one]:
        reading = reading.flagged(name, rule == name, column=column.name, words=_words(name, column))
    values = reading.frame[column.name]
    if column.required:
        reading = reading.flagged("missing_required", values.isna() & (rule == ""), column=column.name)
    if column.lowest is not None and column.highest is not None:
        outside = (values < column.lowest) | (values > column.highest)
        words = {"lowest": f"{column.lowest:,.0f}", "highest": f"{column.highest:,.0f}"}
        reading = reading.flagged("out_of_range", outside.fillna(False), column=column.name, words=words)
    return reading


def _words(rule: str, column: Column) -> dict[str, object]:
    if rule == "unknown_choice":
        entries = catalogue.load("codes")[column.values]
        return {"allowed": "、".join(entry["label"] for entry in entries.values())}
    if rule == "implausible_date":
        first, last = catalogue.load("cells")["years"]
        return {"first": first, "last": last}
    return {}
