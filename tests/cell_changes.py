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

# what an account says of bytes changes with any byte, and is no sign that anybody noticed
_BYTES = ["sha256", "bytes"]


@dataclass(frozen=True)
class Change:
    """One change: its kind, where, and the number a reader now sees there (None where that is not the point)."""

    kind: str
    where: str
    shown: float | None = None


def noticed(before: Intake, after: Intake, table: str) -> str:
    """Return what tells two readings of a zone apart: "table", "finding", "account", or ``""`` if nothing does."""
    if not before.tables[table].equals(after.tables[table]):
        return "table"
    told = [one.findings.drop(columns=["longitude", "latitude"]) for one in (before, after)]
    if not told[0].equals(told[1]):
        return "finding"
    accounts = [one.accounts.drop(columns=_BYTES) for one in (before, after)]
    return "" if accounts[0].equals(accounts[1]) else "account"


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
    below = page.cell(cell.row, page.max_column + 1)
    return _set(below, 123.4), None


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


KINDS: dict[str, Callable[[Any, Any], tuple[Undo, float | None] | None]] = {
    "number": _number, "text": _text, "date": _date, "blank": _blank, "extra cell": _filled, "invisible sign": _sign,
    "format": _format, "merge": _merge, "hidden row": _hide, "struck out": _strike, "comment": _comment,
}  # fmt: skip


def changed_workbooks(path: Path, *, many: int, seed: int, spare: Collection[str] = ()) -> Iterator[Change]:
    """Write ``path`` anew with one change at a time, ``many`` of each kind; at the end it is as it was.

    ``spare``: texts of cells to leave alone, such as what is about persons and never read.
    """
    raw = path.read_bytes()
    rng = random.Random(seed)
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    try:
        for kind, apply in KINDS.items():
            made = 0
            for _ in range(many * 12):
                cell = page.cell(rng.randint(1, page.max_row), rng.randint(1, page.max_column))
                spared = isinstance(cell, MergedCell) or cell.value in spare
                done = None if spared else apply(page, cell)
                if done is None:
                    continue
                undo, shown = done
                book.save(path)
                yield Change(kind, f"{page.title}!{cell.coordinate}", shown)
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
    """Return what it takes to read one table: itself, the units, and the grids where it is placed in them."""
    needed = ["units", *(["grids"] if table in {"events", "facilities"} else []), table]
    return {name: replace(sources[name]) for name in sources if name in needed}
