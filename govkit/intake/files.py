"""One source to one reading: the right reader for the file, every sheet that counts, all put together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from govkit.errors import SourceError
from govkit.intake import schema, sources
from govkit.intake.body import body_cells
from govkit.intake.columns import require
from govkit.intake.delimited import read_delimited
from govkit.intake.grid import Grid
from govkit.intake.header import find_header
from govkit.intake.place import to_cgcs2000
from govkit.intake.reading import Origin, Reading, finding
from govkit.intake.records import Body, read_records
from govkit.intake.schema import Table
from govkit.intake.sources import Source
from govkit.intake.vector import read_layer
from govkit.intake.workbook import read_workbook

_SAME_ENCODING = {"gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030", "936": "gb18030", "utf8": "utf-8"}


def read_source(folder: Path, source: Source) -> Reading:
    """Read the file a source names into records of its table; each cell is checked, nothing across rows or tables yet.

    Raises SourceError for whatever makes the whole file unusable.
    """
    path = sources.locate(folder, sources.checked(source))
    table = schema.table(source.table)
    digest, size = sources.fingerprint(path)
    suffix = path.suffix.lower()
    if suffix in sources.VECTOR:
        reading = _from_layer(path, table, source)
    elif suffix in sources.WORKBOOK:
        reading = _from_grids(read_workbook(path, source), table, source)
    elif suffix in sources.DELIMITED:
        _refuse_workbook(path, source)
        grid, encoding = read_delimited(path, source)
        reading = _from_grids([grid], table, source)
        reading = replace(reading, facts={**reading.facts, "encoding": encoding})
    else:
        raise _unknown_format(source)
    return replace(reading, facts={**reading.facts, "sha256": digest, "bytes": size})


def _refuse_workbook(path: Path, source: Source) -> None:
    with path.open("rb") as file:
        head = file.read(4)
    if head in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        raise SourceError(
            f"文件内容是工作簿，扩展名却是 {path.suffix}。",
            where=source.where,
            todo="把扩展名改为 .xlsx 或 .xls，或在表格软件中另存为“CSV UTF-8”。",
        )


def _unknown_format(source: Source) -> SourceError:
    known = (*sources.WORKBOOK, *sources.DELIMITED, *sources.VECTOR)
    return SourceError(
        f"不认识的文件格式：{Path(source.path).suffix or '（没有扩展名）'}",
        where=source.where,
        allowed="、".join(known),
        todo="另存为 .xlsx 或 .csv(UTF-8)。",
    )


def _from_layer(path: Path, table: Table, source: Source) -> Reading:
    layer = read_layer(path, source)
    geometry, notes, datum = to_cgcs2000(layer.geometry, source)
    content = Body(
        headers=tuple((header,) for header in layer.headers),
        cells=layer.cells.reset_index(drop=True),
        rows=np.arange(1, len(layer.cells) + 1),
        cut=path.suffix.lower() == ".shp",
        named=False,
        geometry=geometry.reset_index(drop=True),
        facts={"encoding": layer.encoding, "datum": datum},
    )
    reading = read_records(content, table, source)
    declared = layer.declared_encoding.lower().replace("iso-8859-1", "latin1")
    if declared and _SAME_ENCODING.get(declared, declared) != layer.encoding:
        words = {"declared": layer.declared_encoding, "found": layer.encoding.upper()}
        notes = [*notes, finding("encoding_declared_wrong", source, **words)]
    return replace(reading, findings=(*notes, *reading.findings))


def _from_grids(grids: Sequence[Grid], table: Table, source: Source) -> Reading:
    """Read the sheet meant, the first sheet that fits, or (``"*"``) every sheet that holds the table."""
    every, readings, failures = source.sheet == "*", [], []
    for grid in grids:
        try:
            content = _content(grid, table, source)
            readings.append(_noting_hidden(read_records(content, table, source), grid))
        except SourceError as error:
            failures.append((grid, error))
            continue
        if not every:
            break
    broken = [error for grid, error in failures if find_header(grid, table) is not None]
    if not readings or (every and broken):
        raise (broken or [error for _, error in failures])[0]
    notes = [finding("sheet_left_out", source, sheet=g.sheet, value=g.sheet) for g, _ in failures if every]
    whole = readings[0] if len(readings) == 1 else _together(readings)
    return replace(whole, findings=(*whole.findings, *notes))


def _noting_hidden(reading: Reading, grid: Grid) -> Reading:
    return reading.noted("hidden_sheet", sheet=grid.sheet, value=grid.sheet) if grid.hidden else reading


def _content(grid: Grid, table: Table, source: Source) -> Body:
    if grid.cells.dropna(how="all").empty:
        raise SourceError(
            f"工作表“{grid.sheet}”是空的。" if grid.sheet else "文件里没有任何内容。",
            where=source.where,
            todo="确认导出的是有数据的表。",
        )
    found = find_header(
        grid, table, extra=tuple(source.columns.values()), row=source.header_row, rows=source.header_rows
    )
    if found is None:
        first = next(row for row in grid.cells.itertuples(index=False) if any(not pd.isna(v) for v in row))
        headers = [() if pd.isna(cell) else (cell,) for cell in first]
        require({}, headers, table, source, sheet=grid.sheet)
    assert found is not None  # noqa: S101  (every table has a required column, so require raised)
    return Body(
        headers=tuple(header.parts for header in found.headers),
        cells=body_cells(grid, found.end).reset_index(drop=True),
        rows=np.arange(found.end + 1, len(grid.cells) + 1),
        sheet=grid.sheet,
        title=found.title,
        decimal=grid.decimal,
        facts={"sheet": grid.sheet},
    )


def _together(readings: Sequence[Reading]) -> Reading:
    """Put the readings of several sheets one below the other."""
    first = readings[0]
    names = {name for one in readings for name in one.origin.column}
    row = {"": np.concatenate([one.origin.row[""] for one in readings])}
    row |= {n: np.concatenate([one.origin.row.get(n, one.origin.row[""]) for one in readings]) for n in names}
    none = [np.full(len(one.frame), -1) for one in readings]
    column = {n: np.concatenate([one.origin.column.get(n, none[i]) for i, one in enumerate(readings)]) for n in names}
    headers = {key: text for one in readings for key, text in one.origin.headers.items()}
    sheet = np.concatenate([one.origin.sheet for one in readings])
    with warnings.catch_warnings():
        # a column that is empty on one sheet takes the type it has on the others
        warnings.simplefilter("ignore", FutureWarning)
        frame = pd.concat([one.frame for one in readings], ignore_index=True)
        text = pd.concat([one.text for one in readings], ignore_index=True)
    return replace(
        first,
        frame=frame,
        text=text,
        origin=Origin(sheet, row, column, headers),
        aside=np.concatenate([one.aside for one in readings]),
        left_out=sum(one.left_out for one in readings),
        lost=sum(one.lost for one in readings),
        findings=tuple(found for one in readings for found in one.findings),
        facts={**first.facts, "sheet": "、".join(str(one.facts.get("sheet")) for one in readings)},
    )
