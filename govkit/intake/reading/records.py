"""Cells below a header to records of a tidy table: matched columns, rows left out, values parsed and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading import columns, items, layouts, row_findings, totals, wide
from govkit.intake.reading.assemble import UNIT_BESIDE, Origin, Reading, findings_at
from govkit.intake.reading.cell_values import with_values
from govkit.intake.reading.layouts import Body, Layout
from govkit.intake.reading.schema import Table
from govkit.intake.reading.sources import Source
from govkit.intake.sheets import body, unread
from govkit.intake.sheets.grid import column_letters
from govkit.intake.sheets.marks import about_garbled, about_marks
from govkit.intake.values import doubts, scaling
from govkit.intake.values.coordinates import Pair, find_pair
from govkit.intake.values.months import month_alone, month_of_title
from govkit.intake.values.personal import mask_columns
from govkit.intake.values.quantities import plain, split_unit, units_in_title


def read_records(content: Body, table: Table, source: Source) -> Reading:
    """Return the records of one sheet, file or layer, every cell parsed and checked by itself.

    Raises SourceError if a required column is absent.
    """
    layout = layouts.laid_out(content, table, source)
    given = {name: value for name, value in content.given.items() if name not in layout.matched.positions}
    title_month = month_of_title(content.title) if "month" in table else ""
    by_title = bool(title_month) and "month" not in {*layout.matched.positions, *given} and not layout.months
    given |= {"month": title_month} if by_title else {}
    have = {**layout.matched.positions, **given, **layout.in_headers}
    heads = {at: "".join(parts) for at, parts in enumerate(content.headers)}
    bare = [column_letters(at) for at in content.cells if not heads.get(at) and content.cells[at].notna().any()]
    spoilt = [f"（{said}）" for row, said in content.marks.bad.items() if len(content.rows) and row < content.rows[0]]
    bare = bare if content.named else []
    columns.require(have, content.headers, table, source, sheet=content.sheet, bare=bare, spoilt=spoilt)
    cells, personal = mask_columns(content.cells, heads, layouts.types_of(layout, table))
    content = replace(content, cells=cells)
    whole = replace(content, cells=body.filled_down(content.cells, content.merges, layout.amounts))
    seen = body.filled_down(content.cells, content.merges, list(content.cells))
    covered = int(content.cells.notna().sum().sum() - seen.notna().sum().sum()) if content.merges.covered else 0
    whole, parts_of_degrees = layouts.with_degrees(whole, layout)
    content, kinds = layouts.without_other_rows(whole, table, source, layout)
    gone = {kind: whole.rows[mask] for kind, mask in kinds.items() if mask.any()}
    content, above = layouts.said_above(content, table, layout)
    reading, empty = _records(content, table, source, layout)
    reading, year_at = _with_years(reading, content, source)
    if len(empty):
        gone["empty"], kinds["empty"] = empty, np.isin(whole.rows, empty)
    reading = replace(reading, text=reading.text.assign(**given))
    name_at = layouts.unit_name_column(content, table, layout)
    if name_at >= 0:
        # kept with the rows: compared with the units when these are known
        by_row = pd.Series(content.cells[name_at].to_numpy(), index=content.rows)
        beside = by_row.reindex(reading.origin.row[""]).astype("str").to_numpy()
        reading = replace(reading, text=reading.text.assign(**{UNIT_BESIDE: beside}))
    reading = replace(reading, left_out=sum(len(rows) for rows in gone.values()), facts=content.facts)
    reading = row_findings.about_rows(reading, content, gone)
    reading = row_findings.about_columns(reading, content, layout)
    reading = row_findings.about_above(reading, content, above)
    reading = about_garbled(reading, content.rows, content.cells, sorted(layout.positions), bad=content.marks.bad)
    reading = row_findings.about_personal(reading, content, personal, layouts.types_of(layout, table))
    struck = gone.get("struck", np.array([], dtype=int))
    reading = about_marks(reading, content.marks, content.rows, struck, keeping=source.struck_out == "keep")
    lines = np.flatnonzero(kinds.get("note", np.array([], bool)))
    notes = [text for line in lines for text in whole.cells.iloc[line].dropna()]
    # a note may stand beside the heads as well
    beside = (parts for at, parts in enumerate(content.headers) if at not in layout.positions)
    notes += [text for parts in beside for text in parts if units_in_title(text)]
    name = f"{content.sheet} {PurePath(source.path).stem if content.named else ''}"
    scales, reading = scaling.scales_of(
        reading, content.headers, content.cells, content.rows, title=content.title, notes=notes, name=name
    )
    reading = scaling.about_formats(reading, content.marks.rescaled, scales)
    for one in (content.title, content.sheet):
        reading = row_findings.about_title(reading, one)
    reading = with_values(reading, scales, content.decimal, layouts.amounts_merged_down(whole, content, layout))
    reading = doubts.about_values(reading, scales)
    by_measure = layout.months is not None and layout.months.measure_position is not None
    # rows that are each another measure are no parts of a sum
    additive = {} if by_measure else dict(layout.amounts)
    level = layout.matched.positions.get("level", -1)
    reading = totals.compare_rows(reading, whole.cells, whole.rows, kinds, additive, level)
    reading = totals.compare_columns(reading, content.cells, content.rows, layout.sums)
    if content.marks.ragged:
        reading = row_findings.extra_cells(row_findings.lacking_cells(reading, content), content)
    if covered:
        reading = reading.noted("covered_cells", sheet=content.sheet, count=covered)
    reading = row_findings.about_merged_across(reading, whole, layout, kept=content.rows)
    reading = row_findings.about_title_month(reading, content, title_month, by_title=by_title)
    named = frozenset({name_at, year_at, *parts_of_degrees} - {-1})
    return _accounted(reading, replace(whole, cells=seen), kinds, layout, frozenset(have), named)


def _with_years(reading: Reading, content: Body, source: Source) -> tuple[Reading, int]:
    """Return the reading with a year before months that name none, and the position of the column it is from, or -1.

    Without such a column it is the one year that title or file name state, else the only one of the zone's periods.
    """
    if "month" not in reading.text or "month" not in reading.origin.column:
        return reading, -1
    bare = [one for one in reading.text["month"].dropna().unique() if month_alone(one)]
    if not bare:
        return reading, -1
    words = {plain(word) for word in catalogue.load("cells")["year_headers"]}
    at = next((i for i, parts in enumerate(content.headers) if parts and split_unit(parts[-1])[0] in words), -1)
    named = set(re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", f"{content.title} {source.path}"))
    year = named.pop() if len(named) == 1 else str(source.year or "")
    years: pd.Series = pd.Series(year, index=reading.text.index, dtype="str")
    if at >= 0:
        by_row = content.cells[at].str.extract(r"^\s*((?:19|20)\d{2})\s*年?度?\s*$", expand=False)
        years = pd.Series(by_row.to_numpy(), index=content.rows).reindex(reading.origin.row[""]).astype("str")
    elif not year:
        return reading, -1
    elif year not in f"{content.title} {source.path}":
        reading = reading.noted("year_of_periods", sheet=content.sheet, value=year)
    months = reading.text["month"].map({one: month_alone(one) for one in bare})
    full = years.set_axis(months.index) + "-" + months
    return replace(reading, text=reading.text.assign(month=full.fillna(reading.text["month"]))), at


def _records(content: Body, table: Table, source: Source, layout: Layout) -> tuple[Reading, np.ndarray]:
    """Return the records as text, and the rows that hold no value of any item: they are left out as blank."""
    positions = layout.matched.positions
    if layout.each:
        by_item = items.melt(content.cells, content.rows, positions, layout.each, table)
        return _melted(content, table, source, by_item), content.rows[by_item.empty]
    nothing = np.array([], dtype=int)
    if layout.months:
        ids = {name: at for name, at in positions.items() if name not in {column.name for column in table.measures}}
        by_month = wide.melt(content.cells, content.rows, ids, layout.months, table)
        return _lost_rows(_melted(content, table, source, by_month), content, layout.months, by_month), nothing
    return _long(content, table, source, positions, layout.pair), nothing


def _melted(content: Body, table: Table, source: Source, melted: wide.Melted | items.Melted) -> Reading:
    size, named = len(melted.text), content.named and not content.lying
    sheets = np.full(size, content.sheet, dtype=object)
    origin = Origin(sheets, melted.row, melted.column, content.header_texts, named)
    return Reading(source, table, pd.DataFrame(index=range(size)), melted.text, origin, np.zeros(size, dtype=bool))


def _long(content: Body, table: Table, source: Source, matched: Mapping[str, int], pair: Pair | None) -> Reading:
    size = len(content.cells)
    places = dict(matched) | (dict.fromkeys(pair.names, pair.position) if pair else {})
    text = pd.DataFrame({name: content.cells[p] for name, p in matched.items()}, index=range(size))
    if pair:
        # the rows that are no data are gone by now
        halves = find_pair(content.headers, content.cells, table, matched) or pair
        text = text.assign(longitude=halves.longitude.to_numpy(), latitude=halves.latitude.to_numpy())
    origin = Origin(
        sheet=np.full(size, content.sheet, dtype=object),
        row={"": content.rows},
        column={name: np.broadcast_to(np.int64(p), size) for name, p in places.items()},
        headers=content.header_texts,
        cells=content.named and not content.lying,
    )
    frame = pd.DataFrame(index=range(size))
    if content.geometry is not None:
        frame = frame.assign(geometry=content.geometry.to_numpy())
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=content.geometry.crs)
    return Reading(source, table, frame, text, origin, np.zeros(size, dtype=bool))


def _lost_rows(reading: Reading, content: Body, months: wide.Months, melted: wide.Melted) -> Reading:
    """Report the rows of a wide file that became no records: each is one row set aside."""
    table = reading.table
    label = "、".join(table[name].label for name in table.key if name in reading.text and name != "month")
    rows = content.rows
    again = [
        {"row": rows[one], "sheet": content.sheet, "label": f"{label}、指标", "first": int(rows[first])}
        for one, first in melted.repeated.items()
    ]
    position = months.measure_position or 0
    texts = content.cells[position].fillna("（空白）").to_numpy() if melted.unknown else []
    about = {"allowed": "、".join(column.label for column in table.measures), "sheet": content.sheet}
    about["column"] = "/".join(content.headers[position]) if content.headers else ""
    unknown = [{**about, "row": rows[at], "value": texts[at]} for at in melted.unknown]
    found = [
        findings_at(rule, reading.source, records)
        for rule, records in (("duplicate_key", again), ("unknown_measure", unknown))
        if records
    ]
    return replace(reading, lost=len(again) + len(unknown), findings=(*reading.findings, *found))


def _accounted(
    reading: Reading,
    whole: Body,
    kinds: Mapping[str, np.ndarray],
    layout: Layout,
    have: frozenset[str],
    named: frozenset[int],
) -> Reading:
    matched, pair = layout.matched, layout.pair
    owners = unread.Owners(
        used=named | layout.positions | whole.taken | scaling.unit_column(whole.headers, whole.cells),
        personal=frozenset(matched.personal),
        ignored=frozenset(matched.ignored),
        total=frozenset({*layout.sums, *(at for parts in layout.sums.values() for at in parts)}),
        named=frozenset(
            (
                *matched.doubled.values(),
                *matched.running.values(),
                *layout.lone.values(),
                *tuple(layout.months.doubled if layout.months else ()),
            )
        ),
        taken=have | frozenset(pair.names if pair else ()),
    )
    reading = unread.account(reading, whole.cells, kinds, owners, int(whole.rows[0]) - 1 if len(whole.rows) else 0)
    return replace(reading, facts={**reading.facts, "cells": unread.cells_of(reading) + whole.above})
