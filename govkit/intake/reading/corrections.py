"""What a person has put right or accepted, kept apart from the files (corrections.toml), and cells read accordingly.

A ``[[cell]]`` names a place, what stood there, what it is read as, by whom and when; an ``[[accepted]]`` the id of a
finding and why it may stay. Files are never changed. A correction counts only as long as its place says what it said.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError, UnknownNameError, ZoneError
from govkit.files import write_whole
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.formats.signatures import is_workbook
from govkit.intake.formats.vector import read_layer
from govkit.intake.formats.workbook import read_workbook
from govkit.intake.reading.sources import VECTOR, WORKBOOK, Correction, Source, is_address, locate
from govkit.intake.sheets.entry import clean_text
from govkit.intake.sheets.grid import Grid, Layer
from govkit.intake.values.personal import mask_series

FILE = "corrections.toml"
_CELL = re.compile(r"([A-Z]{1,3})([1-9]\d*)")
# cells beside a corrected one, by which its row is known again
_BESIDE = 3
_NEEDED = {"cell": ("file", "cell", "now", "by", "on"), "accepted": ("id", "reason", "by", "on")}
_ALLOWED = {
    "cell": ("file", "sheet", "cell", "was", "now", "beside", "by", "on", "reason"),
    "accepted": ("id", "reason", "by", "on"),
}


@dataclass(frozen=True)
class Acceptance:
    """A finding that may stay as it is: its id, why, by whom and when (ISO date)."""

    id: str
    reason: str
    by: str
    on: str


@dataclass(frozen=True)
class Corrections:
    """What corrections.toml of a zone says, in its order."""

    cells: tuple[Correction, ...] = ()
    accepted: tuple[Acceptance, ...] = ()

    def reasons(self) -> dict[str, str]:
        """Return for the id of each accepted finding the reason, with name and date."""
        return {one.id: f"{one.reason}（{one.by}，{one.on}）" for one in self.accepted}

    def of(self, source: Source) -> tuple[Correction, ...]:
        """Return the corrections that may concern a source: of its files, or all where these are not named."""
        named = source.paths or (source.path,)
        vague = any(set("*?[") & set(path) or not Path(path).suffix for path in named)
        return tuple(one for one in self.cells if vague or one.file in named)


def read_corrections(folder: Path) -> Corrections:
    """Read ``corrections.toml`` of a zone folder, nothing where there is none; ZoneError with every defect."""
    path = folder / FILE
    if not path.is_file():
        return Corrections()
    raw = catalogue.read_toml(path)
    defects = [f"没有 [[{key}]] 这一类，可用的有 {'、'.join(_ALLOWED)}" for key in raw if key not in _ALLOWED]
    for kind in _ALLOWED:
        entries = raw.get(kind, [])
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            defects.append(f"{kind} 应写作 [[{kind}]] 下面逐行的 名 = 值")
            raw[kind] = []
            continue
        for number, one in enumerate(entries, start=1):
            defects += [f"第 {number} 个 [[{kind}]]：{line}" for line in _defects(kind, one)]
    if defects:
        raise ZoneError(f"{FILE} 有误：\n" + "\n".join(f"  - {line}" for line in defects), where=str(path))
    texts = {kind: [{key: str(value) for key, value in one.items()} for one in raw.get(kind, [])] for kind in _ALLOWED}
    return Corrections(
        tuple(Correction(**one) for one in texts["cell"]), tuple(Acceptance(**one) for one in texts["accepted"])
    )


def _defects(kind: str, entry: Mapping[str, Any]) -> list[str]:
    found = [f"没有 {key!r} 这一项，可用的有 {'、'.join(_ALLOWED[kind])}" for key in entry if key not in _ALLOWED[kind]]
    # an empty "now" empties the cell
    found += [f"缺少 {key}" for key in _NEEDED[kind] if key not in entry or (key != "now" and entry[key] == "")]
    found += [
        f"{key} 应为加引号的文字，现在是 {value!r}"
        for key, value in entry.items()
        if key in _ALLOWED[kind] and key != "on" and not isinstance(value, str)
    ]
    if "on" in entry and not isinstance(entry["on"], dt.date):
        found.append(f"on 应为不加引号的日期，如 2026-01-31，现在是 {entry['on']!r}")
    return found


def corrected_grids(grids: Sequence[Grid], source: Source) -> list[Grid]:
    """Return sheets with the cells that were put right; each says so, as does every correction that does not count."""
    done = list(grids)
    for one in _mine(source):
        at = next((i for i, grid in enumerate(done) if one.sheet in {"", grid.sheet}), None)
        if at is None:
            rule, words = "correction_without_place", _words(one)
            done[0:1] = [grid.remarking(rule, words) for grid in done[0:1]]
            continue
        cells, rule, words = _applied(done[at].cells, one, _position(one.cell))
        done[at] = replace(done[at], cells=cells).remarking(rule, words)
    return done


def corrected_layer(layer: Layer, source: Source) -> Layer:
    """Return a layer with the attributes that were put right; ``cell`` is ``12!NAME``: feature and field."""
    for one in _mine(source):
        cells, rule, words = _applied(layer.cells, one, _position_in_layer(one.cell, layer.headers))
        layer = replace(layer, cells=cells, remarks=(*layer.remarks, (rule, words)))
    return layer


def _mine(source: Source) -> Iterable[Correction]:
    """Yield the last correction of each cell of a file."""
    mine = [one for one in source.corrections if one.file == source.path]
    return {(one.sheet, one.cell): one for one in mine}.values()


def _words(one: Correction) -> dict[str, object]:
    row, _, head = one.cell.partition("!")
    where: dict[str, object] = {"sheet": one.sheet, "place": f"{one.sheet} {one.cell}".strip()}
    where |= {"row": int(row), "column": head} if head and row.isdigit() else {"cell": one.cell}
    said = {key: getattr(one, key) or "空" for key in ("was", "now")}
    return {**where, **said, "by": one.by, "on": one.on, "why": f"（{one.reason}）" if one.reason else ""}


def _applied(
    cells: pd.DataFrame, one: Correction, place: tuple[int, int] | None
) -> tuple[pd.DataFrame, str, dict[str, object]]:
    """Return the cells with one put right, or as they are where its place is gone or says something else."""
    words = _words(one)
    if place is None or place[0] >= len(cells) or place[1] >= cells.shape[1]:
        return cells, "correction_without_place", words
    row, column = place
    words["row"] = row + 1
    there, beside = shown_at(cells, row, column)
    words["value"] = there
    if there == one.now:
        return cells, "correction_done", words
    if there != one.was or (one.beside and beside != one.beside):
        return cells, "correction_outdated", {**words, "there": there or "空"}
    changed = cells.copy(deep=False)
    series = changed[column].copy()
    series.iloc[row] = one.now or None
    changed[column] = series
    return changed, "corrected_cell", {**words, "value": one.now}


def shown_at(cells: pd.DataFrame, row: int, column: int) -> tuple[str, str]:
    """Return what a cell says and what its row says beside it, persons masked."""
    texts = ["" if pd.isna(text) else clean_text(str(text)) for text in cells.iloc[row]]
    texts = mask_series(pd.Series(texts, dtype="str"))[0].tolist()
    return str(texts[column]), " | ".join([text for at, text in enumerate(texts) if text and at != column][:_BESIDE])


def _position(cell: str) -> tuple[int, int] | None:
    """Return row and column, from 0, of a cell's name.

    >>> _position("F17"), _position("Nowhere")
    ((16, 5), None)
    """
    named = _CELL.fullmatch(cell.upper().replace("$", ""))
    if named is None:
        return None
    column = 0
    for letter in named[1]:
        column = column * 26 + ord(letter) - 64
    return int(named[2]) - 1, column - 1


def _position_in_layer(cell: str, headers: Sequence[str]) -> tuple[int, int] | None:
    row, _, head = cell.partition("!")
    return (int(row) - 1, list(headers).index(head)) if row.isdigit() and int(row) and head in headers else None


def place_of(finding: Mapping[str, Any]) -> str:
    """Return the cell that a finding is about, as corrections.toml names it; "" where it is about none."""
    if isinstance(finding.get("cell"), str) and finding["cell"]:
        return str(finding["cell"])
    row, head = finding.get("row"), finding.get("column")
    return f"{int(row)}!{head}" if row is not None and not pd.isna(row) and isinstance(head, str) and head else ""


def correct(
    folder: Path,
    source: Source,
    *,
    file: str,
    cell: str,
    now: str,
    by: str,
    sheet: str = "",
    reason: str = "",
    on: dt.date | None = None,
) -> Correction:
    """Put down that a cell of a source's file is to be read as ``now``; the file stays as it is.

    ``cell`` is F17 in a sheet, ``12!NAME`` (feature and field) in a layer. Raises SourceError where there is no such
    place.
    """
    _named(by)
    cell = cell.strip()
    cells, place = _cells_and_place(folder, replace(source, path=file, corrections=()), sheet, cell)
    if place is None or place[0] >= len(cells) or place[1] >= cells.shape[1]:
        raise SourceError(f"没有这个单元格：{cell!r}", where=f"{file} {sheet}", allowed="如 F17；图层写 12!字段名")
    was, beside = shown_at(cells, *place)
    one = Correction(file, cell, now.strip(), by.strip(), _day(on), sheet, was, beside, reason.strip())
    known = read_corrections(folder)
    kept = tuple(old for old in known.cells if (old.file, old.sheet, old.cell) != (file, sheet, cell))
    _write(folder, replace(known, cells=(*kept, one)))
    return one


def _cells_and_place(
    folder: Path, source: Source, sheet: str, cell: str
) -> tuple[pd.DataFrame, tuple[int, int] | None]:
    if is_address(source.path):
        raise SourceError("数据库里的值不能在这里更正。", where=source.where, todo="请在数据库里改。")
    path = locate(folder, source)
    if path.suffix.lower() in VECTOR:
        layer = read_layer(path, source)
        return layer.cells, _position_in_layer(cell, layer.headers)
    sheets = path.suffix.lower() in WORKBOOK or is_workbook(path)
    held = read_workbook(path, source) if sheets else [read_delimited(path, source)[0]]
    names = [grid.sheet for grid in held]
    grid = next((grid for grid in held if sheet in {"", grid.sheet}), None)
    if grid is None:
        raise UnknownNameError("工作表", sheet, names, where=source.path)
    return grid.cells, _position(cell)


def accept(folder: Path, *, id: str, reason: str, by: str, on: dt.date | None = None) -> Acceptance:  # noqa: A002
    """Put down that a finding may stay as it is, and why. Raises ZoneError without a reason or a name."""
    _named(by)
    if not reason.strip():
        raise ZoneError("没有写理由。", todo="写明为什么可以这样。")
    one = Acceptance(id, reason.strip(), by.strip(), _day(on))
    known = read_corrections(folder)
    _write(folder, replace(known, accepted=(*(old for old in known.accepted if old.id != id), one)))
    return one


def withdraw(folder: Path, *, kind: str, number: int) -> None:
    """Take back a correction (``"cell"``) or an acceptance (``"accepted"``), by its place from 0."""
    known = read_corrections(folder)
    kept: list[Any] = list(known.cells if kind == "cell" else known.accepted)
    if not 0 <= number < len(kept):
        raise ZoneError(f"没有第 {number + 1} 条。", where=str(folder / FILE))
    del kept[number]
    _write(
        folder, Corrections(tuple(kept), known.accepted) if kind == "cell" else Corrections(known.cells, tuple(kept))
    )


def _named(by: str) -> None:
    if not by.strip():
        raise ZoneError("没有写姓名。", todo="写明是谁改的、谁认可的。")


def _day(on: dt.date | None) -> str:
    return (on or dt.datetime.now().astimezone().date()).isoformat()


def _write(folder: Path, known: Corrections) -> None:
    blocks = [catalogue.load("check")["corrections"]["head"].rstrip("\n")]
    for kind, entries in (("cell", known.cells), ("accepted", known.accepted)):
        for one in entries:
            said = {key: value for key, value in asdict(one).items() if value or key == "now"}
            lines = [
                f"{key} = {value if key == 'on' else json.dumps(value, ensure_ascii=False)}"
                for key, value in said.items()
            ]
            blocks.append(f"[[{kind}]]\n" + "\n".join(lines))
    write_whole(folder / FILE, ("\n\n".join(blocks) + "\n").replace("\n", "\r\n"))
