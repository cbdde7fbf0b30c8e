"""One source to one reading: the right reader for the file, every sheet that counts, all put together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake.formats import database
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.formats.signatures import is_workbook
from govkit.intake.formats.vector import read_layer
from govkit.intake.formats.workbook import read_workbook
from govkit.intake.places.place import to_cgcs2000, where_it_may_lie
from govkit.intake.places.polygons import find_shapes
from govkit.intake.reading import schema, sources
from govkit.intake.reading.assemble import Reading, finding, tidy_findings
from govkit.intake.reading.columns import looks_like_unit, match_word
from govkit.intake.reading.corrections import corrected_grids, corrected_layer
from govkit.intake.reading.layouts import Body, turned
from govkit.intake.reading.records import read_records
from govkit.intake.reading.schema import Table
from govkit.intake.reading.sources import Source
from govkit.intake.reading.together import together
from govkit.intake.sheets.blocks import tables_of_sheet
from govkit.intake.sheets.entry import clean_text, enter
from govkit.intake.sheets.grid import Grid, Layer, column_letters
from govkit.intake.sheets.header import find_header
from govkit.intake.sheets.marks import Marks, rows_named
from govkit.intake.sheets.unread import Cells, cells_of, digest_of, filled
from govkit.intake.units.unit_names import STREETS, stem_and_kinds
from govkit.intake.values.months import month_of
from govkit.intake.values.quantities import factor, plain, ratio, split_unit, units_in_title

_SAME_ENCODING = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "936": "gb18030", "utf8": "utf-8"}

# formats that have a place for the CRS, so that its absence is worth a word
_SEVERAL = 0.5
_HAVE_CRS = (".shp", ".gpkg", ".fgb", ".tab", ".mif", ".parquet")
_SHOWN_OF_A_SHAPE = 60
_SHORTEST_UNIT = 2
_HEAD_ROWS, _SHOWN_OF_A_HEAD = 10, 40
_PARTING = re.compile(r"[\s,，;；、|｜]+")


def read_source(folder: Path, source: Source, *, code: str = "") -> Reading:
    """Read the file a source names into records of its table; each cell is checked, nothing across rows or tables yet.

    ``code`` is the division code of the zone, which helps to guess a missing CRS. Raises SourceError for whatever
    makes the whole file unusable.
    """
    source, table = sources.checked(source), schema.table(source.table)
    if sources.is_address(source.path):
        layer = database.read_table(source)
        digest, size = database.fingerprint(layer)
        reading = _from_layer(layer, table, source, code=code)
    else:
        path = sources.locate(folder, source)
        digest, size = sources.fingerprint(path)
        try:
            reading = _from_file(path, table, source, code)
        except SourceError as error:
            # names and places may tell the columns that it lacks; the error stands if that does not help
            if not any(column.derived for column in table.columns):
                raise
            try:
                reading = _from_file(path, table, replace(source, lenient=True), code)
            except SourceError:
                raise error from None
            # where most units have several amounts a month, these are of several items
            keys = [name for name in table.key if name in reading.text]
            bare = "item" in table and "item" not in reading.text
            if bare and reading.text.duplicated(keys, keep=False).mean() > _SEVERAL:
                raise
    if reading.frame.empty:
        reading = reading.noted("no_rows")
    facts = {**reading.facts, "sha256": digest, "bytes": size}
    return replace(reading, findings=(tidy_findings(reading.findings),), facts=facts)


def _from_file(path: Path, table: Table, source: Source, code: str) -> Reading:
    suffix = path.suffix.lower()
    if suffix in sources.VECTOR:
        layer = corrected_layer(read_layer(path, source), source)
        cut = suffix in {".shp", ".zip"}
        return _from_layer(layer, table, source, code=code, cut=cut, bare=suffix not in _HAVE_CRS)
    if suffix in sources.WORKBOOK:
        return _from_grids(corrected_grids(read_workbook(path, source), source), table, source, code)
    if suffix in sources.DELIMITED:
        if is_workbook(path):
            return _from_grids(corrected_grids(read_workbook(path, source), source), table, source, code)
        grid, encoding = read_delimited(path, source)
        reading = _from_grids(corrected_grids([grid], source), table, source, code)
        return replace(reading, facts={**reading.facts, "encoding": encoding})
    raise _unknown_format(source)


def _unknown_format(source: Source) -> SourceError:
    known = (*sources.WORKBOOK, *sources.DELIMITED, *sources.VECTOR)
    return SourceError(
        f"不认识的文件格式：{Path(source.path).suffix or '（没有扩展名）'}",
        where=source.where,
        allowed="、".join(known),
        todo="另存为 .xlsx 或 .csv(UTF-8)。",
    )


def _from_layer(
    layer: Layer, table: Table, source: Source, *, code: str, cut: bool = False, bare: bool = True
) -> Reading:
    entered = enter(layer.cells.reset_index(drop=True))
    rows = np.arange(1, len(layer.cells) + 1)
    content = Body(
        headers=tuple((clean_text(str(header)),) for header in layer.headers),
        cells=entered.cells,
        rows=rows,
        sheet=layer.layer if layer.geometry is None else "",
        cut=cut,
        named=False,
        geometry=layer.geometry,
        given=source.fixed,
        facts={"encoding": layer.encoding, "sheet": layer.layer},
        marks=Marks(cleaned={at: rows[hit] for at, hit in entered.cleaned.items()}),
        above=Cells(head=len(layer.headers)),
    )
    fixed = []
    if layer.datum and not source.datum:
        source = replace(source, datum=layer.datum)
        fixed = [finding("datum_of_format", source, value=layer.datum, ending=Path(source.path).suffix)]
    reading = _from_body(content, table, source, code=code, bare=bare)
    notes = [finding("layer_left_out", source, value=name) for name in layer.also]
    notes += [*fixed, *(finding(rule, source, **words) for rule, words in layer.remarks)]
    declared = layer.declared_encoding.lower().replace("iso-8859-1", "latin1")
    if declared and _SAME_ENCODING.get(declared, declared) != layer.encoding:
        words = {"declared": layer.declared_encoding, "found": layer.encoding.upper()}
        notes.append(finding("encoding_declared_wrong", source, **words))
    return replace(reading, findings=(*notes, *reading.findings))


def _from_body(content: Body, table: Table, source: Source, *, code: str, bare: bool = True) -> Reading:
    """Read records with their shapes, be these of a layer or written into cells, in CGCS2000."""
    written = None
    if content.geometry is None and (table.geometry or table.name == "units"):
        written = find_shapes(content.headers, content.cells)
    if written:
        content = replace(content, geometry=written.shapes, taken=frozenset({written.position}))
    if content.geometry is None:
        return read_records(content, table, source)
    geometry, notes, datum = to_cgcs2000(content.geometry, source, code=code, bare=bare or written is not None)
    wrong = written.unreadable if written else np.zeros(len(geometry), dtype=bool)
    content = replace(content, geometry=geometry.reset_index(drop=True), facts={**content.facts, "datum": datum})
    reading = read_records(content, table, source)
    reading = replace(reading, findings=(*notes, *reading.findings))
    return _places_checked(_unreadable_shapes(reading, content, written.position, wrong) if written else reading)


def _unreadable_shapes(reading: Reading, content: Body, position: int, wrong: np.ndarray) -> Reading:
    """Flag the cells that should hold a shape and do not."""
    size = len(reading.frame)
    kept = np.isin(content.rows, reading.origin.row[""])
    column = {**reading.origin.column, "geometry": np.broadcast_to(np.int64(position), size)}
    reading = replace(reading, origin=replace(reading.origin, column=column))
    shown = content.cells[position][kept & wrong].str.slice(0, _SHOWN_OF_A_SHAPE)
    return reading.flagged("unreadable_shape", wrong[kept], column="geometry", value=list(shown))


def _places_checked(reading: Reading) -> Reading:
    """Flag shapes whose longitude and latitude are swapped or that lie outside China."""
    (east, north), bounds = where_it_may_lie(reading.source), reading.frame["geometry"].bounds
    x, y = bounds["minx"], bounds["miny"]
    ok = x.between(*east) & y.between(*north)
    if ok.all():
        return reading
    swapped = y.between(*east) & x.between(*north)
    shown = (x.round(6).astype("str") + ", " + y.round(6).astype("str")).to_numpy()
    there = x.notna() & ~ok & ~reading.aside
    for rule, at in (("swapped_coordinates", there & swapped), ("point_outside_china", there & ~swapped)):
        reading = reading.flagged(rule, at, value=list(shown[at.to_numpy()]))
    return reading


def _from_grids(grids: Sequence[Grid], table: Table, source: Source, code: str) -> Reading:
    """Read the sheet meant, the first sheet that fits, or (``"*"``) every sheet that holds the table.

    Where no sheet has a column for the unit or the month and the sheets bear the names of units or months, each is read
    for its own.
    """
    every = source.sheet == "*"
    if not every:
        # what everybody sees comes before a sheet that is hidden
        grids = sorted(grids, key=lambda grid: grid.hidden)
    of_file = _of_name(Path(source.path).stem, table, source, file=True)
    readings, failures = _sheets(grids, table, source, code, of_file, every=every, named=every)
    if not readings and not every and _are_named(grids, failures, table, source):
        readings, failures = _sheets(grids, table, source, code, of_file, every=True, named=True)
        every = True
    broken = [error for grid, error in failures if find_header(grid, table) is not None and not _is_sum(grid.sheet)]
    if not readings or (every and broken):
        raise (broken or [error for _, error in failures])[0]
    why = {True: "名为汇总或说明", False: "里没有本表的列"}
    notes = [
        finding("sheet_left_out", source, sheet=g.sheet, value=g.sheet, why=why[_is_sum(g.sheet)])
        for g, _ in failures
        if every
    ]
    read = {one.facts["sheet"] for one in readings}
    rest = [grid for grid in grids if grid.sheet not in read]
    if not every:
        at = next(i for i, grid in enumerate(grids) if grid.sheet == readings[0].facts["sheet"])
        also = [grid.sheet for grid in grids[at + 1 :] if _fits_too(grid, table, source)]
        notes = [finding("sheet_fits_too", source, sheet=name, value=name) for name in also]
    heads = {split_unit(head)[1] for one in readings for head in one.origin.headers.values()}
    told = [one for grid in grids for one in grid.remarks if not _says_units_of(table, heads, *one)]
    notes += [finding(rule, source, **words) for rule, words in told]
    # months from the name of a sheet or file that has no year
    assumed = any(
        "month" in one.text and "month" not in one.origin.column and not one.facts.get("month_by_title")
        for one in readings
        if not re.search(r"(?<!\d)(?:19|20)\d{2}(?!\d)", f"{source.path} {one.facts['sheet']}")
    )
    if source.year and assumed:
        notes.append(finding("year_of_periods", source, value=str(source.year)))
    whole = readings[0] if len(readings) == 1 else together(readings)
    returns = sum(_is_return(str(one.facts["sheet"]), one) for one in readings)
    whole = replace(whole, facts={**whole.facts, "returns": max(1, returns)})
    cells = sum((_unread_sheet(grid) for grid in rest), Cells()) if rest else Cells()
    facts = {**whole.facts, "cells": cells_of(whole) + cells} if rest else whole.facts
    return replace(whole, findings=(*whole.findings, *notes), facts=facts)


def _says_units_of(table: Table, heads: set[str], rule: str, words: Mapping[str, object]) -> bool:
    """Whether a text beside the cells says no more than the units that the table is read in, as our templates do.

    Not so where a head states a multiple of that unit (万元 over a hint that says 元).
    """
    said = units_in_title(str(words.get("value", ""))) if rule == "text_outside_cells" else ()
    kinds = {column.unit for column in table.columns if column.unit}
    at_odds = any(ratio(head, word) not in {None, 1.0} for head in heads if head for word in said)
    return bool(said) and not at_odds and all(any(factor(word, kind) == 1 for kind in kinds) for word in said)


def _is_return(sheet: str, reading: Reading) -> bool:
    """Whether a sheet is called after the unit or the month it is about."""
    unit_told = "unit_code" in reading.text and "unit_code" not in reading.origin.column
    return unit_told or looks_like_unit(unit_of_sheet(sheet)) or month_of((sheet,), year=1) is not None


def _unread_sheet(grid: Grid) -> Cells:
    """Count the cells of a sheet that is not read."""
    count = int(filled(grid.cells).sum())
    about = ({"sheet": grid.sheet, "column": "", "header": "", "cells": count, "from": 1},) if count else ()
    return Cells(unread=count, columns=about, digest=digest_of(grid.cells))


def _sheets(
    grids: Sequence[Grid],
    table: Table,
    source: Source,
    code: str,
    of_file: Mapping[str, str],
    *,
    every: bool,
    named: bool,
) -> tuple[list[Reading], list[tuple[Grid, SourceError]]]:
    """Return the readings of the first or of every sheet that can be read, and the sheets that cannot.

    ``of_file``: what the file's name says of rows that do not say it themselves. ``named``: so does a sheet's.
    """
    readings, failures = [], []
    sums = [grid.sheet for grid in grids if _is_sum(grid.sheet)] if every else []
    for grid in grids:
        try:
            if grid.sheet in sums and len(grids) > len(sums) + 1:
                raise SourceError("汇总表或说明，其余工作表已经读取。", where=source.where)
            of_sheet = _of_name(grid.sheet, table, source) if named and grid.sheet else {}
            given = {**of_file, **of_sheet, **source.fixed}
            given = {name: value for name, value in given.items() if name in table}
            readings.append(_sheet(grid, table, source, code, given))
        except SourceError as error:
            failures.append((grid, error))
            continue
        if not every:
            break
    return readings, failures


def _sheet(grid: Grid, table: Table, source: Source, code: str, given: Mapping[str, str]) -> Reading:
    """Return the tables of a sheet; one on its side is turned where it cannot be read as it stands."""
    lying = turned(grid, table)
    ways = [(grid, 0), *([lying] if lying else [])]
    if source.lenient:
        ways.reverse()
    for number, (one, _) in enumerate(ways, start=1):
        try:
            blocks = [
                replace(block, given=given, lying=one is not grid) for block in tables_of_sheet(one, table, source)
            ]
            parts = [_from_body(block, table, source, code=code) for block in blocks]
        except SourceError as error:
            if number == len(ways):
                raise _heads_in_one_cell(grid, table, source) or error from None
            continue
        break
    reading = _noting_hidden(parts[0] if len(parts) == 1 else together(parts, sheet=grid.sheet), one)
    return reading if one is grid else reading.noted("turned", sheet=grid.sheet, first=(lying or (one, 0))[1] + 2)


def _heads_in_one_cell(grid: Grid, table: Table, source: Source) -> SourceError | None:
    """Return the refusal of a sheet whose heads nothing parts into columns, None of any other."""
    for row, line in enumerate(grid.cells.head(_HEAD_ROWS).itertuples(index=False), start=1):
        for text in (one for one in line if not pd.isna(one)):
            words = _PARTING.split(text.strip())
            if len({match_word((word,), table) for word in words} - {None}) > 1:
                sign = catalogue.load("cells")["parting_signs"].get(_PARTING.search(text.strip())[0][0], "空格")  # type: ignore[index]
                return SourceError(
                    f"第 {row} 行的几个列名在同一格里（“{text.strip()[:_SHOWN_OF_A_HEAD]}”），没有分成列。",
                    where=source.where + (f" 工作表“{grid.sheet}”" if grid.sheet else ""),
                    todo=f"用表格软件打开，选中这一列，按“数据—分列—分隔符号”以{sign}分开，另存为 .xlsx 后重试。",
                )
    return None


def _of_name(name: str, table: Table, source: Source, *, file: bool = False) -> dict[str, str]:
    """Return what the name of a sheet or ``file`` says of its rows: their month or their unit."""
    month = month_of((name,), year=_year(source)) if "month" in table else None
    found = {"month": month[0]} if month and not month[0].startswith("0000") else {}
    unit = unit_of_sheet(month[1] if month else name)
    if month and len(unit) < _SHORTEST_UNIT:
        return found
    if table.name == "units":  # what lists of units are called after is above them
        return {**found, "parent": unit} if not stem_and_kinds(unit)[1].isdisjoint(STREETS) else found
    # files are called after many things, units among them
    return found if file and not looks_like_unit(unit) else {**found, "unit_code": unit}


def unit_of_sheet(name: str) -> str:
    """Return the unit a sheet is named after: without number, brackets and year.

    >>> unit_of_sheet("3.群力街道(2018年)"), unit_of_sheet("230102019")
    ('群力街道', '230102019')
    """
    if name.isdigit():
        return name
    word = re.sub(r"[(（\[【].*?[)）\]】]", "", name).strip()
    word = re.sub(r"^(?:[0-9]+|[一二三四五六七八九十]+)[.．、_\-\s]+", "", word)
    return re.sub(r"(?:19|20)\d{2}(?:年度?)?(?:[上下]半年|\d{1,2}月)?", "", word).strip(" _-") or name


def _are_named(
    grids: Sequence[Grid], failures: Sequence[tuple[Grid, SourceError]], table: Table, source: Source
) -> bool:
    """Whether the sheets that hold the table bear names such as units have, or are called after months."""
    fit = [grid.sheet for grid, _ in failures if find_header(grid, table) is not None and not _is_sum(grid.sheet)]
    months = "month" in table and all(month_of((name,), year=1) is not None for name in fit)
    if months and fit and not _year(source) and all(month_of((name,))[0].startswith("0000") for name in fit):  # type: ignore[index]
        raise SourceError(
            f"工作表按月份命名（{'、'.join(fit[:4])}），但不知道是哪一年。",
            where=source.where,
            todo="把年份写进工作表名或文件名，如“2025年3月”。",
        )
    units = [unit_of_sheet(name) for name in fit]
    named = sum(looks_like_unit(one) or one.isdigit() for one in units)
    # a short name among full ones is looked up like them
    return bool(fit) and (months or (len(grids) > 1 and named > len(fit) / 2))


def _is_sum(sheet: str) -> bool:
    """Whether a sheet is called after what sums the others up or explains them."""
    name = plain(sheet)
    return name.endswith(tuple(catalogue.load("cells")["sum_sheets"]))


def _year(source: Source) -> int:
    """Return the year that the file's name states, or the only year of the zone's periods; 0 without one."""
    named = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", source.path)
    return int(named[0]) if named else source.year


def _fits_too(grid: Grid, table: Table, source: Source) -> bool:
    """Whether a sheet that is not read has every needed column and at least one row below its header."""
    found = find_header(grid, table, extra=tuple(source.columns.values()))
    if found is None or grid.cells.iloc[found.end :].dropna(how="all").empty:
        return False
    have = {match_word(header.parts, table) for header in found.headers} | set(source.fixed) | set(source.columns)
    return all(column.name in have for column in table.columns if column.required)


def _noting_hidden(reading: Reading, grid: Grid) -> Reading:
    """Note that a sheet, rows or columns of it are hidden: they are read all the same."""
    if grid.hidden:
        reading = reading.noted("hidden_sheet", sheet=grid.sheet, value=grid.sheet)
    if not (grid.hidden_rows or grid.hidden_columns):
        return reading
    filled_rows = np.flatnonzero(grid.cells.notna().any(axis=1).to_numpy())
    rows = sorted({row + 1 for row in grid.hidden_rows} & {int(row) + 1 for row in filled_rows})
    if rows:
        reading = reading.noted("hidden_rows", sheet=grid.sheet, row=rows[0], count=len(rows), rows=rows_named(rows))
    used = {int(at) for places in reading.origin.column.values() for at in np.unique(places)}
    below = grid.cells.iloc[int(min(reading.origin.row[""], default=1)) - 1 :]
    filled_columns = {int(str(at)) for at in below if below[at].notna().any()}
    for position in sorted(filled_columns & set(grid.hidden_columns)):
        header = reading.origin.headers.get((grid.sheet, position), "")
        rule = "hidden_column" if position in used else "hidden_unread"
        reading = reading.noted(rule, sheet=grid.sheet, column=header, value=column_letters(position))
    return reading
