"""One cell of a file changed at a time, and what an intake notices of it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Collection, Iterator
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyogrio
from openpyxl.cell import MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import Font

from govkit.intake import Intake, Source, read_zone_tables
from govkit.intake.reading import schema

# what an account says of bytes changes with any byte, and is no sign that anybody noticed
_BYTES = ["sha256", "bytes"]


@dataclass(frozen=True)
class Change:
    """One change: its kind, where, and the number a reader now sees and saw there (None where that does not count)."""

    kind: str
    where: str
    shown: float | None = None
    was: float | None = None


def noticed(before: Intake, after: Intake, table: str) -> str:
    """Return what tells two readings of a zone apart: "table", "finding", "account", or ``""`` if nothing does."""
    if not before.tables[table].equals(after.tables[table]):
        return "table"
    told = [one.findings.drop(columns=["longitude", "latitude"]) for one in (before, after)]
    if not told[0].equals(told[1]):
        return "finding"
    accounts = [one.accounts.drop(columns=_BYTES) for one in (before, after)]
    return "" if accounts[0].equals(accounts[1]) else "account"


# what leaves every number and text as it was: a table may lose a row over it, but hold nothing else
_SAME_VALUES = {"invisible sign", "comment", "hidden row", "hidden column", "column added", "extra cell"}


def wrongly(before: Intake, after: Intake, table: str, change: Change) -> str:
    """Return what a table now holds that no reader sees in the file, ``""`` where it holds what is there."""
    old, new = before.tables[table], after.tables[table]
    if len(old) != len(new) or list(old) != list(new):
        # another key may be one that was there twice before
        return "more rows" if len(new) > len(old) and change.kind in {*_SAME_VALUES, "number"} else ""
    for name in old:
        if name == "geometry" or old[name].equals(new[name]):
            continue
        lost = new[name].isna()
        there = ~(old[name].eq(new[name]) | lost).fillna(False).to_numpy(dtype=bool)
        if change.kind in _SAME_VALUES and there.any():
            return f"{name}: {old[name][there].iloc[0]!r} -> {new[name][there].iloc[0]!r}"
        if change.kind == "number" and change.was and change.shown and pd.api.types.is_numeric_dtype(old[name]):
            both = there & old[name].notna().to_numpy()
            ratio = new[name][both].astype("float64") / old[name][both].astype("float64")
            off = (ratio / (change.shown / change.was) - 1).abs() > 1e-6
            if off.any():
                return f"{name}: {old[name][both][off].iloc[0]!r} -> {new[name][both][off].iloc[0]!r}"
        if change.kind == "merge" and name in {one.name for one in schema.table(table).measures} and there.any():
            return f"{name}: {new[name][there].iloc[0]!r} in a row that is merged over"
    return ""


def read(folder: Path, sources: dict[str, Source], code: str, metric_crs: str, **options: Any) -> Intake:
    """Read some sources of a zone anew."""
    return read_zone_tables(folder, sources, code=code, metric_crs=metric_crs, **options)


Undo = Callable[[], None]


def _other_text(value: str) -> str:
    return value[:-1] + ("9" if value[-1] != "9" else "8") if value[-1:].isdigit() else f"{value}改"


def _set(cell: Any, value: Any) -> Undo:
    old = cell.value
    cell.value = value

    def undo() -> None:
        cell.value = old

    return undo


def _number(page: Any, cell: Any) -> tuple[Undo, float | None] | None:
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool):
        return None
    shown = float(cell.value) * 3 + 7
    return _set(cell, shown), shown


def _text(page: Any, cell: Any) -> tuple[Undo, None] | None:
    return (_set(cell, _other_text(cell.value)), None) if isinstance(cell.value, str) and cell.value.strip() else None


def _date(page: Any, cell: Any) -> tuple[Undo, None] | None:
    day = isinstance(cell.value, dt.datetime | dt.date)
    return (_set(cell, cell.value + dt.timedelta(days=400)), None) if day else None


def _blank(page: Any, cell: Any) -> tuple[Undo, None] | None:
    return (_set(cell, None), None) if cell.value is not None else None


def _filled(page: Any, cell: Any) -> tuple[Undo, None] | None:
    beyond = page.cell(cell.row, page.max_column + 1)
    beyond.value = 123.4

    def undo() -> None:
        del page._cells[beyond.row, beyond.column]

    return undo, None


def _sign(page: Any, cell: Any) -> tuple[Undo, None] | None:
    return (_set(cell, f"\u200b{cell.value}"), None) if isinstance(cell.value, str) and cell.value else None


def _format(page: Any, cell: Any) -> tuple[Undo, float | None] | None:
    if not isinstance(cell.value, int | float) or isinstance(cell.value, bool) or not cell.value:
        return None
    old = cell.number_format
    # no file is in 亿元, so that the amount is another one
    cell.number_format = '0.00"亿元"'

    def undo() -> None:
        cell.number_format = old

    return undo, None


def _merge(page: Any, cell: Any) -> tuple[Undo, None] | None:
    below = page.cell(cell.row + 1, cell.column)
    if cell.value is None or below.value is None or isinstance(below, MergedCell) or isinstance(cell, MergedCell):
        return None
    old, area = below.value, f"{cell.coordinate}:{below.coordinate}"
    page.merge_cells(area)

    def undo() -> None:
        page.unmerge_cells(area)
        page.cell(cell.row + 1, cell.column).value = old

    return undo, None


def _hide(page: Any, cell: Any) -> tuple[Undo, None] | None:
    row = page.row_dimensions[cell.row]
    if cell.value is None or row.hidden:
        return None
    row.hidden = True

    def undo() -> None:
        row.hidden = False

    return undo, None


def _strike(page: Any, cell: Any) -> tuple[Undo, None] | None:
    if cell.value is None:
        return None
    old = copy(cell.font)
    cell.font = Font(strike=True)

    def undo() -> None:
        cell.font = old

    return undo, None


def _comment(page: Any, cell: Any) -> tuple[Undo, None] | None:
    if cell.value is None or isinstance(cell, MergedCell):
        return None
    cell.comment = Comment("此数有误", "核")

    def undo() -> None:
        cell.comment = None

    return undo, None


def _hide_column(page: Any, cell: Any) -> tuple[Undo, None] | None:
    column = page.column_dimensions[cell.column_letter]
    if cell.value is None or column.hidden:
        return None
    column.hidden = True

    def undo() -> None:
        column.hidden = False

    return undo, None


def _head(page: Any, cell: Any) -> Any:
    """Return the cell of the head above a cell: the lowest text over it that stands in a row of many texts."""
    for row in range(1, min(cell.row, 9)):
        head = page.cell(row, cell.column)
        many = sum(isinstance(one.value, str) for one in page[row])
        if isinstance(head.value, str) and not isinstance(head, MergedCell) and many >= min(3, page.max_column):
            return head
    return None


def _renamed(page: Any, cell: Any) -> tuple[Undo, None] | None:
    head = _head(page, cell)
    return None if head is None else (_set(head, f"本级{head.value}数"), None)


def _added(page: Any, cell: Any) -> tuple[Undo, None] | None:
    head = _head(page, cell)
    if head is None:
        return None
    at = page.max_column + 1
    new = [page.cell(head.row, at), *(page.cell(row, at) for row in range(head.row + 1, head.row + 4))]
    for number, one in enumerate(new):
        one.value = number * 11 if number else "核实数"

    def undo() -> None:
        for one in new:
            del page._cells[one.row, one.column]

    return undo, None


def _footnote(page: Any, cell: Any) -> tuple[Undo, None] | None:
    below = page.cell(page.max_row + 1, 1)
    below.value = "注：金额单位为亿元，人数单位为万人"

    def undo() -> None:
        del page._cells[below.row, below.column]

    return undo, None


KINDS: dict[str, Callable[[Any, Any], tuple[Undo, float | None] | None]] = {
    "number": _number, "text": _text, "date": _date, "blank": _blank, "extra cell": _filled, "invisible sign": _sign,
    "format": _format, "merge": _merge, "hidden row": _hide, "struck out": _strike, "comment": _comment,
    "hidden column": _hide_column, "head renamed": _renamed, "column added": _added, "footnote": _footnote,
}  # fmt: skip


def changed_workbooks(path: Path, *, many: int, seed: int, spare: Collection[str] = ()) -> Iterator[Change]:
    """Write ``path`` anew with one change at a time, ``many`` of each kind; at the end it is as it was.

    ``spare``: texts of cells to leave alone, such as what is about persons and never read.
    """
    raw = path.read_bytes()
    rng = random.Random(seed)
    book = openpyxl.load_workbook(path)
    try:
        for kind, apply in KINDS.items():
            made = 0
            for _ in range(many * 40):
                page = rng.choice(book.worksheets)
                cell = page.cell(rng.randint(1, page.max_row), rng.randint(1, page.max_column))
                spared = isinstance(cell, MergedCell) or cell.value in spare
                was = cell.value
                done = None if spared else apply(page, cell)
                if done is None:
                    continue
                undo, shown = done
                book.save(path)
                seen = float(was) if isinstance(was, int | float) and shown is not None else None
                yield Change(kind, f"{page.title}!{cell.coordinate}", shown, seen)
                undo()
                made += 1
                if made == many:
                    break
    finally:
        path.write_bytes(raw)


def changed_lines(path: Path, *, many: int, seed: int, encoding: str) -> Iterator[Change]:
    """Write a comma-separated file anew with one change at a time."""
    raw = path.read_bytes()
    rng = random.Random(seed)
    lines = raw.decode(encoding).split("\r\n" if b"\r\n" in raw else "\n")
    end = "\r\n" if b"\r\n" in raw else "\n"
    full = [at for at, line in enumerate(lines) if line]
    kinds: dict[str, Callable[[list[str], int], list[str] | None]] = {
        "text": lambda cells, at: [*cells[:at], _other_text(cells[at]), *cells[at + 1 :]] if cells[at] else None,
        "blank": lambda cells, at: [*cells[:at], "", *cells[at + 1 :]] if cells[at] else None,
        "extra cell": lambda cells, at: [*cells, "123.4"],
        "invisible sign": lambda cells, at: (
            [*cells[:at], f"\u200b{cells[at]}", *cells[at + 1 :]] if cells[at] else None
        ),
    }
    try:
        for kind, apply in kinds.items():
            made = 0
            while made < many:
                line = rng.choice(full)
                cells = lines[line].split(",")
                other = apply(cells, rng.randrange(len(cells))) if '"' not in lines[line] else None
                if other is not None:
                    text = end.join([*lines[:line], ",".join(other), *lines[line + 1 :]])
                    path.write_bytes(text.encode(encoding))
                    yield Change(kind, f"line {line + 1}")
                    made += 1
    finally:
        path.write_bytes(raw)


def changed_layers(path: Path, *, many: int, seed: int, encoding: str) -> Iterator[Change]:
    """Write a Shapefile anew with one attribute or field name changed at a time, beginning with no change at all."""
    rng = random.Random(seed)
    frame = gpd.GeoDataFrame(pyogrio.read_dataframe(path, encoding=encoding))
    names = [name for name in frame if name != "geometry"]
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    yield Change("none", "")
    for _ in range(many):
        row, name = rng.randrange(len(frame)), rng.choice(names)
        value = frame[name].iloc[row]
        if pd.isna(value):
            continue
        column = frame[name].copy()
        column.iloc[row] = _other_text(value) if isinstance(value, str) else value + 1
        pyogrio.write_dataframe(frame.assign(**{name: column}), path, encoding=encoding)
        yield Change("attribute", f"{name} {row + 1}")
    for name in names:
        pyogrio.write_dataframe(frame.rename(columns={name: f"甲{name[:3]}"}), path, encoding=encoding)
        yield Change("field name", name)
    pyogrio.write_dataframe(frame, path, encoding=encoding)


def with_only(sources: dict[str, Source], table: str) -> dict[str, Source]:
    """Return what it takes to read one table: itself and the units; other tables could only help to notice."""
    return {name: replace(sources[name]) for name in sources if name in {"units", table}}
