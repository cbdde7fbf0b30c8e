"""A zone folder from its frames: every file as its bureau lays it out, and the list of what was planted in them."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
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
