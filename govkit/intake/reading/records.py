"""Cells below a header to records of a tidy table: matched columns, rows left out, values parsed and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import nearest
from govkit.intake.reading import columns, items, totals, wide
from govkit.intake.reading.assemble import UNIT_BESIDE, Origin, Reading, findings_at, toml_text
from govkit.intake.reading.own_kinds import translated
from govkit.intake.reading.schema import Column, Table
from govkit.intake.reading.sources import Source
from govkit.intake.sheets import body, unread
from govkit.intake.sheets.body import Merges
from govkit.intake.sheets.grid import column_letters
from govkit.intake.sheets.marks import Marks, about_garbled, about_marks, rows_named, struck_rows, without_struck
from govkit.intake.sheets.unread import Cells
from govkit.intake.values import doubts, letters, scaling
from govkit.intake.values.coordinates import Pair, datum_named, find_pair
from govkit.intake.values.months import month_alone, month_of_title
from govkit.intake.values.personal import cards_among_codes, mask_columns
from govkit.intake.values.quantities import plain, split_unit, units_in_title
from govkit.intake.values.values import Parsed, bare_number, choices, parse
from govkit.rounding import fixed

_DTYPES = {
    "text": "str", "code": "str", "choice": "str", "integer": "Int64", "boolean": "boolean",
    "date": "datetime64[s]", "datetime": "datetime64[s]",
}  # fmt: skip
_KINDS = {
    "total": "合计", "part": "“其中”项", "note": "注释", "header": "重复的表头", "empty": "各事项全部空白的行",
    "struck": "划掉的行",
}  # fmt: skip
_TWO_READINGS = ("own_unit", "said_twice")
_LONGEST_TITLE = 40
# a number of days, and how many lie between 1900 and 1904
_DAYS, _FROM_1904 = re.compile(r"\d{5}"), 1462
# more lines than these with a cell too many: the file has a column without a head
_MOST_LONGER = 0.5


@dataclass(frozen=True)
class Body:
    """What stands below a header: ``cells`` by position, ``rows`` their numbers in the file (from 1).

    ``cut``: names may be cut short (Shapefile). ``named``: cells have names such as F17. ``decimal``: the decimal mark.
    ``given``: values every row has though no column says so. ``merges`` and ``marks``: what is merged, and what the
    sheet says of its cells. ``above``: the filled cells above, in and beside what is read here. ``taken``: positions
    that are read elsewhere, such as a column of shapes. ``lying``: rows were columns, so that no cell has its name.
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
    merges: Merges = field(default_factory=Merges)
    marks: Marks = field(default_factory=Marks)
    above: Cells = field(default_factory=Cells)
    taken: frozenset[int] = frozenset()
    lying: bool = False


@dataclass(frozen=True)
class _Layout:
    """How a sheet is laid out: its columns matched, months or items across, both coordinates in one cell.

    ``sums``: position of a column that is a total → those it is the sum of. ``lone``: amount read from a total →
    position of the only part beside it.
    """

    matched: columns.Matched
    months: wide.Months | None
    each: items.Items | None
    pair: Pair | None
    amounts: Mapping[int, Column]
    sums: Mapping[int, list[int]] = field(default_factory=dict)
    lone: Mapping[str, int] = field(default_factory=dict)

    @property
    def positions(self) -> frozenset[int]:
        """Every position that the table takes."""
        found = {*self.matched.positions.values(), *self.amounts}
        if self.months and self.months.measure_position is not None:
            found.add(self.months.measure_position)
        return frozenset(
            found | set(self.months.month if self.months else ()) | set(self.pair.positions if self.pair else ())
        )


def read_records(content: Body, table: Table, source: Source) -> Reading:
    """Return the records of one sheet, file or layer, every cell parsed and checked by itself.

    Raises SourceError if a required column is absent.
    """
    layout = _laid_out(content, table, source)
    given = {name: value for name, value in content.given.items() if name not in layout.matched.positions}
    title_month = month_of_title(content.title) if "month" in table else ""
    by_title = bool(title_month) and "month" not in {*layout.matched.positions, *given} and not layout.months
    given |= {"month": title_month} if by_title else {}
    have = {**layout.matched.positions, **given, **_from_headers(layout.months, layout.each)}
    heads = {at: "".join(parts) for at, parts in enumerate(content.headers)}
    bare = [column_letters(at) for at in content.cells if not heads.get(at) and content.cells[at].notna().any()]
    columns.require(have, content.headers, table, source, sheet=content.sheet, bare=bare if content.named else ())
    cells, personal = mask_columns(content.cells, heads, _types(layout, table))
    content = replace(content, cells=cells)
    whole = replace(content, cells=body.filled_down(content.cells, content.merges, layout.amounts))
    seen = body.filled_down(content.cells, content.merges, list(content.cells))
    covered = (
        int(content.cells.notna().to_numpy().sum() - seen.notna().to_numpy().sum()) if content.merges.covered else 0
    )
    whole, parts_of_degrees = _with_degrees(whole, layout)
    content, kinds = _without_other_rows(whole, table, source, layout)
    gone = {kind: whole.rows[mask] for kind, mask in kinds.items() if mask.any()}
    content, above = _said_above(content, table, layout)
    reading, empty = _records(content, table, source, layout)
    reading, year_at = _with_years(reading, content, source)
    if len(empty):
        gone["empty"], kinds["empty"] = empty, np.isin(whole.rows, empty)
    reading = replace(reading, text=reading.text.assign(**given))
    name_at = _unit_names(content, table, layout)
    if name_at >= 0:
        # kept with the rows: compared with the units when these are known
        by_row = pd.Series(content.cells[name_at].to_numpy(), index=content.rows)
        beside = by_row.reindex(reading.origin.row[""]).astype("str").to_numpy()
        reading = replace(reading, text=reading.text.assign(**{UNIT_BESIDE: beside}))
    reading = replace(reading, left_out=sum(len(rows) for rows in gone.values()), facts=content.facts)
    reading = _about_rows(reading, content, gone)
    reading = _about_columns(reading, content, layout)
    reading = _about_above(reading, content, above)
    reading = about_garbled(reading, content.rows, content.cells, sorted(layout.positions), bad=content.marks.bad)
    reading = _about_personal(reading, content, personal, _types(layout, table))
    struck = gone.get("struck", np.array([], dtype=int))
    reading = about_marks(reading, content.marks, content.rows, struck, keeping=source.struck_out == "keep")
    notes = [
        text
        for line in np.flatnonzero(kinds.get("note", np.array([], bool)))
        for text in whole.cells.iloc[line].dropna()
    ]
    # a note may stand beside the heads as well
    beside = (parts for at, parts in enumerate(content.headers) if at not in layout.positions)
    notes += [text for parts in beside for text in parts if units_in_title(text)]
    name = f"{content.sheet} {PurePath(source.path).stem if content.named else ''}"
    scales, reading = scaling.scales_of(
        reading, content.headers, content.cells, content.rows, title=content.title, notes=notes, name=name
    )
    reading = scaling.about_formats(reading, content.marks.rescaled, scales)
    for one in (content.title, content.sheet):
        reading = _about_title(reading, one)
    reading = _parsed(reading, scales, content.decimal, _shared(whole, content, layout))
    reading = doubts.about_values(reading, scales)
    reading = totals.compare_rows(
        reading, whole.cells, whole.rows, kinds, _additive(layout), layout.matched.positions.get("level", -1)
    )
    reading = totals.compare_columns(reading, content.cells, content.rows, layout.sums)
    reading = _extra_cells(_lacking_cells(reading, content), content) if content.marks.ragged else reading
    if covered:
        reading = reading.noted("covered_cells", sheet=content.sheet, count=covered)
    reading = _about_merged_across(reading, whole, layout, kept=content.rows)
    reading = _about_title_month(reading, content, title_month, by_title=by_title)
    named = frozenset({name_at, year_at, *parts_of_degrees} - {-1})
    return _accounted(reading, replace(whole, cells=seen), kinds, layout, frozenset(have), named)


def _with_degrees(content: Body, layout: _Layout) -> tuple[Body, list[int]]:
    """Return the rows with degrees, minutes and seconds of three columns in the first, and where the others stand."""
    cells, others = content.cells, list[int]()
    for name in ("longitude", "latitude"):
        at = layout.matched.positions.get(name, -1)
        beside = [(place, content.headers[place]) for place in range(at, at + 3) if 0 <= place < len(content.headers)]
        if [parts[-1] if parts else "" for _, parts in beside] != ["度", "分", "秒"]:
            continue
        signed = [cells[place] + sign for (place, _), sign in zip(beside, "°′″", strict=True)]
        # whole degrees may stand alone
        cells = cells.copy(deep=False)
        cells[at] = signed[0] + signed[1].fillna("") + signed[2].fillna("")
        others += [at + 1, at + 2]
    return replace(content, cells=cells), others


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


def _about_title_month(reading: Reading, content: Body, month: str, *, by_title: bool) -> Reading:
    """Say that the rows have the month of the title, or that all have another."""
    if not month:
        return reading
    found = reading.frame["month"].dropna().dt.strftime("%Y-%m").unique().tolist()
    line = next((one for one in content.title.splitlines() if month_of_title(one) == month), content.title)
    place = {"sheet": content.sheet, "value": line.strip()[:_LONGEST_TITLE], "said": month}
    if by_title:
        return replace(reading.noted("month_of_title", **place), facts={**reading.facts, "month_by_title": True})
    differs = len(found) == 1 and found != [month]
    return reading.noted("title_and_month", **place, month=found[0]) if differs else reading


def _about_title(reading: Reading, title: str) -> Reading:
    """Warn of a title that calls the amounts of months running totals."""
    words = [word for word in catalogue.load("cells")["running_total"] if "累计" in word and word in plain(title)]
    if not words or reading.source.cumulative or "month" not in reading.text:
        return reading
    return reading.noted("title_of_running_total", value=title.strip()[:_LONGEST_TITLE], table=reading.table.name)


def _types(layout: _Layout, table: Table) -> dict[int, str]:
    """Return the type of every position that is read."""
    found = dict.fromkeys(layout.positions, "text")
    found |= {at: table[name].type for name, at in layout.matched.positions.items() if name in table}
    return found | {at: column.type for at, column in layout.amounts.items()}


def _about_personal(
    reading: Reading, content: Body, personal: Mapping[int, Mapping[str, int]], types: Mapping[int, str]
) -> Reading:
    for at in (at for at, kind in types.items() if kind == "code" and at in content.cells):
        if count := len(cards_among_codes(content.cells[at])[0]):
            header = _header_texts(content)[content.sheet, at]
            words = {"header": header, "count": count}
            reading = reading.noted("codes_like_cards", sheet=content.sheet, column=header, **words)
    for at, kinds in personal.items():
        header = _header_texts(content)[content.sheet, at]
        found = "、".join(f"{kind} {count} 处" for kind, count in kinds.items())
        reading = reading.noted("personal_text", sheet=content.sheet, column=header, header=header, found=found)
    return reading


def _unit_names(content: Body, table: Table, layout: _Layout) -> int:
    """Return the position of the names of units beside their codes, -1 without one."""
    words = {plain(word) for word in catalogue.load("cells")["unit_names"]}
    if "unit_code" not in layout.matched.positions or "unit_code" not in table or not content.named:
        return -1
    free = [
        at for at, parts in enumerate(content.headers) if parts and at in content.cells and at not in layout.positions
    ]
    return next((at for at in free if split_unit(content.headers[at][-1])[0] in words), -1)


def _laid_out(content: Body, table: Table, source: Source) -> _Layout:
    matched = columns.match_columns(content.headers, table, source, cut=content.cut)
    months = wide.find_months(content.headers, table, matched.positions, source, content.title)
    each = None if months else items.find_items(content.headers, content.cells, table, matched.positions, source)
    if each:
        positions = {name: at for name, at in matched.positions.items() if at not in each.positions}
        matched = replace(matched, positions=positions, doubled={}, running={})
        amounts = {at: table[name] for measures in each.cells.values() for name, at in measures.items()}
    elif months:
        anything = Column("", "", "number")
        amounts = {at: table[name] if (name := months.measure.get(at)) else anything for at in months.month}
    else:
        matched, sums = _totals_borne_out(matched, content.cells)
        amounts = {matched.positions[c.name]: c for c in table.measures if c.name in matched.positions}
    if months or each:
        sums = totals.sum_columns(content.headers, amounts)
    pair = None if months or each else find_pair(content.headers, content.cells, table, matched.positions)
    lone = {} if months or each else {name: at[0] for name, at in matched.parts.items() if len(at) == 1}
    return _Layout(matched, months, each, pair, amounts, sums, lone)


def _totals_borne_out(matched: columns.Matched, cells: pd.DataFrame) -> tuple[columns.Matched, dict[int, list[int]]]:
    """Return the totals that are the sums of their parts, with these; a total that is not leaves its amount unsure."""
    parts = {name: at for name, at in matched.parts.items() if len(at) > 1}
    sure = {name for name, at in parts.items() if totals.bear_out(cells, matched.positions[name], at)}
    sums = {matched.positions[name]: parts[name] for name in sure}
    known = {at for name in sure for at in parts[name]}
    wrong = {name: matched.positions[name] for name in parts if name not in sure}
    doubled = {name: at for name, at in matched.doubled.items() if at not in known} | wrong
    positions = {name: at for name, at in matched.positions.items() if name not in wrong}
    unsure = matched.unsure | frozenset(wrong)
    return replace(matched, positions=positions, doubled=doubled, unsure=unsure), sums


def _records(content: Body, table: Table, source: Source, layout: _Layout) -> tuple[Reading, np.ndarray]:
    """Return the records as text, and the rows that hold no value of any item."""
    if layout.each:
        return _itemised(content, table, source, layout.matched, layout.each)
    if layout.months:
        return _melted(content, table, source, layout.matched, layout.months), np.array([], dtype=int)
    return _long(content, table, source, layout.matched, layout.pair), np.array([], dtype=int)


def _additive(layout: _Layout) -> dict[int, Column]:
    """Return the columns of amounts whose rows can be summed: not where each row is another measure."""
    if layout.months and layout.months.measure_position is not None:
        return {}
    return dict(layout.amounts)


def _accounted(
    reading: Reading,
    whole: Body,
    kinds: Mapping[str, np.ndarray],
    layout: _Layout,
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
            {
                *matched.doubled.values(),
                *matched.running.values(),
                *layout.lone.values(),
                *(layout.months.doubled if layout.months else ()),
            }
        ),
        taken=have | frozenset(pair.names if pair else ()),
    )
    reading = unread.account(reading, whole.cells, kinds, owners, int(whole.rows[0]) - 1 if len(whole.rows) else 0)
    return replace(reading, facts={**reading.facts, "cells": unread.cells_of(reading) + whole.above})


def _extra_cells(reading: Reading, content: Body) -> Reading:
    """Set lines aside that have more cells than heads: one cell too many, and all behind it are another column's."""
    bare = [at for at in content.cells if at >= len(content.headers) or not content.headers[at]]
    beyond = [at for at in bare if at > max((i for i, parts in enumerate(content.headers) if parts), default=-1)]
    if not beyond:
        return reading
    more = content.cells[beyond].notna().any(axis=1).to_numpy()
    last = content.cells[beyond[0] - 1].str.fullmatch(r"[-+]?\d{1,3}").fillna(False).to_numpy(dtype=bool)
    split = last & content.cells[beyond[0]].str.fullmatch(r"\d{3}(\.\d+)?").fillna(False).to_numpy(dtype=bool)
    if more.mean() > _MOST_LONGER and not split[more].all():
        return reading
    shown = ["，".join(content.cells.loc[at].iloc[beyond[0] - 1 :].dropna()) for at in np.flatnonzero(more)]
    heads = sum(1 for parts in content.headers if parts)
    hit = np.isin(reading.origin.row[""], content.rows[more])
    by_row = dict(zip(content.rows[more].tolist(), shown, strict=True))
    rows = reading.origin.row[""][hit].tolist()
    said = [by_row[row] for row in rows]
    return reading.flagged("more_cells_than_heads", hit, value=said, words={"heads": heads, "said": said})


def _lacking_cells(reading: Reading, content: Body) -> Reading:
    """Set lines aside that have fewer cells than heads: nobody can tell which is missing."""
    heads = 1 + max((i for i, parts in enumerate(content.headers) if parts), default=-1)
    lines = {row: many for row, many in content.marks.short.items() if many < heads}
    hit = np.isin(reading.origin.row[""], list(lines))
    # where most lines are short, the program that wrote them leaves out what is empty at the end
    if not hit.any() or hit.mean() > _MOST_LONGER:
        return reading
    said = [lines[row] for row in reading.origin.row[""][hit].tolist()]
    return reading.flagged("fewer_cells_than_heads", hit, value=[str(one) for one in said], words={"heads": heads})


def _shared(whole: Body, content: Body, layout: _Layout) -> dict[str, list[np.ndarray]]:
    """Return, for every amount that has a column, the records of each range merged over several rows."""
    if layout.months or layout.each:
        return {}
    names = {at: name for name, at in layout.matched.positions.items() if at in layout.amounts}
    found: dict[str, list[np.ndarray]] = {}
    for first, last, at in whole.merges.down:
        if at in names and first < len(whole.rows):
            records = np.flatnonzero(np.isin(content.rows, whole.rows[first : last + 1]))
            if len(records) > 1:
                found.setdefault(names[at], []).append(records)
    return found


def _from_headers(months: wide.Months | None, each: items.Items | None) -> dict[str, int]:
    """Return the columns whose values stand in the headers of a wide file."""
    if months:
        return {"month": -1}
    if not each:
        return {}
    named = {"list": -1} if any(group for group, _ in each.cells) else {}
    return {"item": -1, **dict.fromkeys((m for measures in each.cells.values() for m in measures), -1), **named}


def _without_other_rows(
    content: Body, table: Table, source: Source, layout: _Layout
) -> tuple[Body, dict[str, np.ndarray]]:
    """Return the rows that are data, and masks of the others by kind."""
    matched = layout.matched.positions
    needed = {c.name: matched[c.name] for c in table.columns if c.required and c.name in matched}
    if content.geometry is not None and not content.named:
        return content, {}
    texts = ["".join(parts[-1:]) for parts in content.headers]
    if table.name == "units" and "name" in matched:
        # a unit within another one is listed like any other, and counts on its own level
        content = replace(content, cells=body.without_part_words(content.cells, matched["name"]))
    masks = body.rows_without_data(content.cells, texts, needed, layout.amounts, content.title.splitlines())
    if masks["part"].any() and masks["total"].any():
        children = body.children_of_sums(content.cells, masks, layout.amounts)
        masks["part"] &= ~children
        for place in needed.values() if children.any() else ():
            content = replace(content, cells=body.without_part_words(content.cells, place, children))
    likely = np.zeros(len(content.cells), dtype=bool)
    if masks["part"].any():
        depths = np.array([content.marks.depths.get(row, 0) for row in content.rows.tolist()])
        sure, likely = body.further_parts(content.cells, masks, layout.amounts, depths)
        masks["part"] |= sure
    cells = content.cells
    if content.marks.struck and source.struck_out != "keep":
        struck = struck_rows(cells, content.rows, content.marks, layout.positions)
        masks["struck"] = struck & ~np.logical_or.reduce(list(masks.values()))
        cells = without_struck(cells, content.rows, content.marks)
    keep = ~np.logical_or.reduce(list(masks.values()))
    shapes = None if content.geometry is None else content.geometry[keep].reset_index(drop=True)
    at = np.flatnonzero(keep)
    # titles and notes stand at the ends: what is between them is taken as it is, without a copy
    together = len(at) and len(at) == at[-1] - at[0] + 1
    data = cells.iloc[at[0] : at[-1] + 1] if together else cells[keep]
    rest = replace(content, cells=data.reset_index(drop=True), rows=content.rows[keep], geometry=shapes)
    return replace(rest, facts={**rest.facts, "likely_parts": content.rows[likely & keep]}), masks


def _said_above(content: Body, table: Table, layout: _Layout) -> tuple[Body, dict[tuple[int, bool], np.ndarray]]:
    """Return the rows with identifiers taken from the row above where they say so, and where that was.

    A blank says so for the parts of a key and for units, never for the one column that tells rows apart.
    """
    if not content.named:
        return content, {}
    grouping = {*table.key, "unit_code"} if len(table.key) > 1 else {"unit_code"} - set(table.key)
    groups = {
        at
        for name, at in layout.matched.positions.items()
        if name in grouping and table[name].required and not table[name].derived and at not in layout.amounts
    }
    cells, found = body.said_above(content.cells, layout.positions - set(layout.amounts), groups)
    return replace(content, cells=cells), found


def _about_above(reading: Reading, content: Body, above: Mapping[tuple[int, bool], np.ndarray]) -> Reading:
    headers = _header_texts(content)
    for (at, blank), lines in above.items():
        rows = content.rows[lines]
        words = {"count": len(rows), "rows": rows_named(rows), "value": content.cells[at].iloc[lines[0]]}
        place = {"sheet": content.sheet, "row": int(rows[0]), "column": headers[content.sheet, at]}
        reading = reading.noted("blank_as_above" if blank else "said_as_above", **place, **words)
    return reading


def _header_texts(content: Body) -> dict[tuple[str, int], str]:
    joined = ["/".join(" ".join(part.split()) for part in parts) for parts in content.headers]
    return {(content.sheet, i): text for i, text in enumerate(joined)}


def _long(content: Body, table: Table, source: Source, matched: columns.Matched, pair: Pair | None) -> Reading:
    size = len(content.cells)
    places = dict(matched.positions) | (dict.fromkeys(pair.names, pair.position) if pair else {})
    text = pd.DataFrame({name: content.cells[p] for name, p in matched.positions.items()}, index=range(size))
    if pair:
        # the rows that are no data are gone by now
        halves = find_pair(content.headers, content.cells, table, matched.positions) or pair
        text = text.assign(longitude=halves.longitude.to_numpy(), latitude=halves.latitude.to_numpy())
    origin = Origin(
        sheet=_constant(content.sheet, size),
        row={"": content.rows},
        column={name: np.broadcast_to(np.int64(p), size) for name, p in places.items()},
        headers=_header_texts(content),
        cells=content.named and not content.lying,
    )
    frame = pd.DataFrame(index=range(size))
    if content.geometry is not None:
        frame = frame.assign(geometry=content.geometry.to_numpy())
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=content.geometry.crs)
    return Reading(source, table, frame, text, origin, np.zeros(size, dtype=bool))


def _melted_origin(content: Body, melted: wide.Melted | items.Melted) -> Origin:
    sheets, named = _constant(content.sheet, len(melted.text)), content.named and not content.lying
    return Origin(sheets, melted.row, melted.column, _header_texts(content), named)


def _constant(word: str, size: int) -> np.ndarray:
    return np.full(size, word, dtype=object)


def _melted(content: Body, table: Table, source: Source, matched: columns.Matched, months: wide.Months) -> Reading:
    amounts = {column.name for column in table.measures}
    ids = {name: p for name, p in matched.positions.items() if name not in amounts}
    melted = wide.melt(content.cells, content.rows, ids, months, table)
    size = len(melted.text)
    origin = _melted_origin(content, melted)
    frame = pd.DataFrame(index=range(size))
    reading = Reading(source, table, frame, melted.text, origin, np.zeros(size, dtype=bool))
    return _lost_rows(reading, content, months, melted)


def _itemised(
    content: Body, table: Table, source: Source, matched: columns.Matched, each: items.Items
) -> tuple[Reading, np.ndarray]:
    """Return one record a row and item, and the rows without a value of any item: they are left out as blank."""
    melted = items.melt(content.cells, content.rows, matched.positions, each, table)
    size = len(melted.text)
    origin = _melted_origin(content, melted)
    reading = Reading(source, table, pd.DataFrame(index=range(size)), melted.text, origin, np.zeros(size, dtype=bool))
    return reading, content.rows[melted.empty]


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


def _about_rows(reading: Reading, content: Body, gone: Mapping[str, np.ndarray]) -> Reading:
    for kind, rows in gone.items():
        if kind in _KINDS:
            words = {"kind": _KINDS[kind], "count": len(rows), "rows": rows_named(rows)}
            rule = {"struck": "struck_rows", "part": "part_rows"}.get(kind, "rows_left_out")
            reading = reading.noted(rule, sheet=content.sheet, row=int(rows[0]), **words)
    likely = np.asarray(content.facts.get("likely_parts", ()))
    if len(likely):
        words = {"rows": rows_named(likely), "count": len(likely)}
        reading = reading.noted("likely_parts", sheet=content.sheet, row=int(likely[0]), **words)
    bad = {row: said for row, said in content.marks.bad.items() if row in set(reading.origin.row[""].tolist())}
    if bad:
        hit = np.isin(reading.origin.row[""], list(bad))
        said = [bad[row] or "有" for row in reading.origin.row[""][hit].tolist()]
        reading = reading.flagged("undecodable", hit, words={"said": said}, value=said)
    return reading


def _about_columns(reading: Reading, content: Body, layout: _Layout) -> Reading:
    headers, matched, table = _header_texts(content), layout.matched, reading.table
    for position in matched.personal:
        header = headers[content.sheet, position]
        reading = reading.noted("personal_column", sheet=content.sheet, column=header, value=header)
    for name, position in matched.doubled.items():
        header = headers[content.sheet, position]
        words = {"label": table[name].label, "value": header, "table": table.name, "name": name}
        rule = "unsure_column" if name in matched.unsure else "duplicate_column"
        reading = reading.noted(rule, sheet=content.sheet, column=header, **words)
    for name, position in layout.lone.items():
        part, total = headers[content.sheet, position], matched.positions[name]
        one, whole = (parse(content.cells[at], Column("", "", "number")).values for at in (position, total))
        over = content.rows[(one > whole).to_numpy(dtype=bool, na_value=False)]
        words = {
            "label": table[name].label,
            "value": part,
            "head": headers[content.sheet, total],
            "rows": rows_named(over),
        }
        words |= {"table": table.name, "header": toml_text(part), "count": str(len(over))}
        rule = "part_over_total" if len(over) else "total_unchecked"
        reading = reading.noted(rule, sheet=content.sheet, column=part, **words)
    months = layout.months
    for position, month in months.doubled.items() if months else ():
        header = headers[content.sheet, position]
        reading = reading.noted("duplicate_column", sheet=content.sheet, column=header, label=month, value=header)
    if months and months.turn >= 0:
        header, year = headers[content.sheet, months.turn], months.month[months.turn][:4]
        reading = reading.noted("months_turn", sheet=content.sheet, column=header, value=header, year=year)
    for name, position in matched.running.items():
        header = headers[content.sheet, position]
        rule = "running_total" if name in matched.positions else "only_running_total"
        words = {"label": table[name].label, "value": header, "table": table.name}
        reading = reading.noted(rule, sheet=content.sheet, column=header, **words)
    if "longitude" in table:
        places = [matched.positions[name] for name in ("longitude", "latitude") if name in matched.positions]
        named = layout.pair.datum if layout.pair else datum_named(content.headers, places)
        reading = replace(reading, facts={**reading.facts, "head_datum": named} if named else reading.facts)
    return reading


def _parsed(
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
            values[column.name] = _empty(column.type, reading.frame.index)
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


def _about_merged_across(reading: Reading, whole: Body, layout: _Layout, *, kept: np.ndarray) -> Reading:
    """Warn of amounts that stand merged over columns of several amounts: which one they are is not known."""
    for row, first, last in whole.merges.across:
        over = [at for at in layout.amounts if first <= at <= last]
        if len(over) < 2 or whole.rows[row] not in kept or pd.isna(text := whole.cells.at[row, first]):
            continue
        place = {"cell": f"{column_letters(first)}{whole.rows[row]}"} if reading.origin.cells else {}
        heads = [reading.origin.headers.get((whole.sheet, at), "") for at in over]
        said = {"sheet": whole.sheet, "row": int(whole.rows[row]), "column": heads[0], "value": text}
        reading = reading.noted("merged_across", **place, **said, labels="、".join(heads))
    return reading


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
        words = _two_readings(reading, column, at, scale) if name in _TWO_READINGS else _words(name, column)
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


def _empty(kind: str, index: pd.Index) -> pd.Series:
    dtype = _DTYPES.get(kind, "float64")
    return pd.Series(np.nan if dtype == "float64" else None, index=index, dtype=dtype)  # type: ignore[call-overload]


def _words(rule: str, column: Column) -> dict[str, object]:
    if rule == "unknown_choice":
        entries = catalogue.load("codes")[column.values]
        return {"allowed": "、".join(entry["label"] for entry in entries.values())}
    if rule == "implausible_date":
        first, last = catalogue.load("cells")["years"]
        return {"first": first, "last": last}
    return {}
