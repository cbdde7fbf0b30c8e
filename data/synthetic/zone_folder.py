"""A zone folder from its frames: every file as its bureau lays it out, and the list of what was planted in them."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from data.synthetic.writers import sheets_of, write_csv, write_shapefile, write_workbook


@dataclass(frozen=True)
class Sheet:
    """How a workbook is laid out; see ``write_workbook``."""

    sheet: str
    title: str = ""
    groups: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    note: str = ""
    merged: tuple[str, ...] = ()
    split: str = ""


@dataclass(frozen=True)
class Defect:
    """One planted defect: ``rule`` is what check calls it, ``index`` the row of the frame (−1 for none)."""

    file: str
    rule: str
    severity: str
    index: int
    column: str
    value: str
    what: str


@dataclass(frozen=True)
class Files:
    """The files' rows before they are written, and what has been planted in them so far."""

    frames: dict[str, pd.DataFrame]
    planted: tuple[Defect, ...] = ()

    def altered(self, file: str, frame: pd.DataFrame, defect: Defect) -> Files:
        """Return the files with one of them replaced and a defect noted."""
        return replace(self, frames={**self.frames, file: frame}, planted=(*self.planted, defect))

    def with_row(
        self, file: str, at: int, row: Mapping[str, object], rule: str, column: str, value: str, what: str, *,
        severity: str = "error",
    ) -> Files:  # fmt: skip
        """Return the files with a row put before position ``at`` of one, as ``inserted``, and noted as a defect."""
        defect = Defect(file, rule, severity, at, column, value, what)
        return self.altered(file, inserted(self.frames[file], at, row), defect)

    def with_cell(
        self, file: str, at: int, column: str, cell: object, rule: str, what: str, *, severity: str = "error"
    ) -> Files:
        """Return the files with one cell replaced and noted as a defect; None empties it."""
        defect = Defect(file, rule, severity, at, column, "" if cell is None else str(cell), what)
        return self.altered(file, changed(self.frames[file], at, column, cell), defect)


@dataclass(frozen=True)
class Layout:
    """How the files of a zone are written: workbooks by name, encodings of CSV files; the rest are Shapefiles.

    ``tight``: the fields of Shapefiles are no wider than their longest value.
    """

    sheets: Mapping[str, Sheet]
    encodings: Mapping[str, str]
    tight: bool = False


def inserted(frame: pd.DataFrame, at: int, row: Mapping[str, object]) -> pd.DataFrame:
    """Return the frame with a row put before position ``at``; every other column is as in the row there."""
    extra = frame.iloc[[at]].astype(object)
    for name, value in row.items():
        extra = extra.assign(**{name: pd.Series([value], index=extra.index, dtype=object)})
    parts = [frame.iloc[:at].astype(object), extra, frame.iloc[at:].astype(object)]
    return pd.concat(parts, ignore_index=True)


def changed(frame: pd.DataFrame, at: int, column: str, value: object) -> pd.DataFrame:
    """Return the frame with one cell replaced."""
    values = frame[column].astype(object)
    return frame.assign(**{column: values.mask(frame.index == at, value)})


def write_folder(folder: Path, files: Files, layout: Layout, *, zone_toml: Path, planted: Path) -> None:
    """Write every file and zone.toml to ``folder`` and the list of planted defects to ``planted``."""
    folder.mkdir(parents=True, exist_ok=True)
    first = {name: _written(folder / name, frame, layout) for name, frame in files.frames.items()}
    shutil.copyfile(zone_toml, folder / "zone.toml")
    rows = [_listed(defect, files.frames[defect.file], first[defect.file], layout) for defect in files.planted]
    _write_planted(planted, rows)


def with_repeated_grid(files: Files, kind: str, nth: int, *, more: int) -> Files:
    """Return the files with the nth grid of a kind there twice, in 网格.shp, the second with ``more`` households."""
    name = "网格.shp"
    frame = files.frames[name]
    first = int(np.flatnonzero(frame["网格类型"] == kind)[nth])
    copy = frame.iloc[[first]].assign(户数=frame["户数"].iloc[first] + more)
    both = gpd.GeoDataFrame(pd.concat([frame, copy], ignore_index=True), crs=frame.crs)
    code = str(frame["网格编码"].iloc[first])
    what = f"网格编码 {code} 与第 {first + 1} 条记录重复"
    return files.altered(name, both, Defect(name, "duplicate_key", "error", len(frame), "网格编码", code, what))


def writer(here: Path, made: Callable[[], Files], layout: Layout) -> Callable[..., None]:
    """Return ``write_zone(folder, planted=None)``: the folder, and the list of planted defects.

    ``here`` holds zone.toml, and planted.csv where no other path is given; ``made`` makes the files' rows.
    """

    def write_zone(folder: Path, *, planted: Path | None = None) -> None:
        zone_toml = here / "zone.toml"
        write_folder(folder, made(), layout, zone_toml=zone_toml, planted=planted or here / "planted.csv")

    return write_zone


def _written(path: Path, frame: pd.DataFrame, layout: Layout) -> int:
    """Write one file and return the number of its first data row."""
    if path.name in layout.sheets:
        return write_workbook(path, frame, **vars(layout.sheets[path.name]))
    if path.name in layout.encodings:
        return write_csv(path, frame, encoding=layout.encodings[path.name])
    return write_shapefile(path, gpd.GeoDataFrame(frame), tight=layout.tight)


def _write_planted(path: Path, rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "sheet", "row", "column", "cell", "rule", "severity", "value", "what"])
        table.writerows(rows)


def _listed(defect: Defect, frame: pd.DataFrame, first: int, layout: Layout) -> tuple[object, ...]:
    book = layout.sheets.get(defect.file)
    pages = sheets_of(frame, sheet=book.sheet, split=book.split) if book else {"": frame}
    sheet, page = next((name, part) for name, part in pages.items() if defect.index in part.index)
    row = first + int(page.index.get_loc(defect.index))
    position = list(page.columns).index(defect.column) if defect.column else -1
    cell = f"{xl_col_to_name(position)}{row}" if defect.column and not defect.file.endswith(".shp") else ""
    group = book.groups[position] if book and book.groups and defect.column else ""
    column = f"{group}/{defect.column}" if group else defect.column
    return defect.file, sheet, row, column, cell, defect.rule, defect.severity, defect.value, defect.what
