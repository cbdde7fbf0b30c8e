"""One look at every file of a folder: what it holds, and which table its heads fit, or why it is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake.formats.delimited import read_delimited
from govkit.intake.formats.files import read_source
from govkit.intake.formats.vector import read_layer
from govkit.intake.formats.workbook import read_workbook
from govkit.intake.reading import schema
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.columns import match_word
from govkit.intake.reading.sources import DELIMITED, VECTOR, WORKBOOK, Source
from govkit.intake.sheets.header import find_header
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.intake.values.quantities import split_unit

_COMPANIONS = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qmd", ".dat", ".map", ".id", ".mid")
_OURS = ("zone.toml", "kinds.toml", "codes.csv", "corrections.toml")
# scores: every needed column is there; a word of the file's name speaks for the table; a head nobody takes
_WHOLE, _NAMED, _UNREAD = 3.0, 2.5, 0.3
_FEWEST = 2
_MOST_NAMES = 12
_MOST_DEGREES = 180
_MOST_CODES, _SOME = 0.8, 0.5
# a list of units has most names once; a very short one says nothing
_DISTINCT, _FEW_NAMES = 0.7, 5
# E05001234, as statistical offices abroad number their areas
_CODE_ABROAD = re.compile(r"[A-Z]{1,3}[\dA-Z-]*\d{2,}")
ABROAD = "坐标不在我国境内"


@dataclass(frozen=True)
class Heads:
    """One sheet or layer: its heads in the way of each table, a sample of its cells, and its kind of shape."""

    name: str
    headers: dict[str, tuple[tuple[str, ...], ...]]
    cells: pd.DataFrame
    shape: str = ""


@dataclass(frozen=True)
class Found:
    """A file that holds a table: how to read it, what it says, why it was taken for that, the layer that draws it."""

    source: Source
    reading: Reading
    score: float
    why: str
    heads: frozenset[str] = field(default_factory=frozenset)
    boundaries: Reading | None = None
    _keys: dict[tuple[str, ...], set[tuple[str, ...]]] = field(default_factory=dict, repr=False)

    @property
    def table(self) -> str:
        """The table's name."""
        return self.source.table

    def keys(self, names: tuple[str, ...]) -> set[tuple[str, ...]]:
        """Return what the records say in columns; kept, for one of 300 files is compared with every other."""
        if names not in self._keys:
            self._keys[names] = set(map(tuple, self.reading.text[list(names)].fillna("").to_numpy()))
        return self._keys[names]


def files_in(folder: Path) -> list[Path]:
    """Return the files of a folder and below that may hold something, in name order, without what belongs to others."""
    every = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    shown = [path for path in every if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    beside = {path.with_suffix("") for path in shown if path.suffix.lower() in {".shp", ".tab", ".mif"}}
    return [
        path
        for path in shown
        if path.name not in _OURS and not (path.suffix.lower() in _COMPANIONS and path.with_suffix("") in beside)
        if ".gdb" not in {parent.suffix.lower() for parent in path.parents}
    ]


def look(
    folder: Path, path: Path, failed: set[tuple[object, ...]], *, code: str = "", country: str = "", crs: str = ""
) -> Found | str:
    """Return what table a file holds, or in Chinese why it is left out.

    ``crs`` is that of the folder's layers in metres, in which a table's metres are read. ``failed`` are ways that could
    not read other files of the same heads; they are tried last, and added to.
    """
    name, suffix = path.relative_to(folder).as_posix(), path.suffix.lower()
    if path.name.startswith("~$"):
        return "Office 打开文件时留下的临时文件，不是表；关闭文件后会自己消失"
    known = catalogue.load("proposing")["no_table"]
    if suffix in known:
        return str(known[suffix])
    if suffix not in (*WORKBOOK, *DELIMITED, *VECTOR):
        return f"不认识的格式（{suffix or '没有扩展名'}）"
    try:
        every = list(_heads(path, Source("units", name)))
    except SourceError as error:
        return str(error.what)
    except Exception as error:  # whatever lies in a folder, a look at it ends no run
        return f"读不出来（{type(error).__name__}）"
    every = [heads for heads in every if heads.headers]
    if not every:
        return "没有表头，或是空的"
    return _best(folder, name, every, failed, code, country, crs)


def _heads(path: Path, source: Source) -> Iterator[Heads]:
    if path.suffix.lower() in VECTOR:
        layer = read_layer(path, source)
        heads = tuple((str(head),) for head in layer.headers)
        shape = "" if layer.geometry is None else str(layer.geometry.geom_type.mode().get(0, ""))
        yield Heads(layer.layer, dict.fromkeys(catalogue.load("tables"), heads), layer.cells, shape)
        return
    grids = read_workbook(path, source) if path.suffix.lower() in WORKBOOK else [read_delimited(path, source)[0]]
    for grid in grids:
        headers, start = {}, len(grid.cells)
        for table in catalogue.load("tables"):
            found = find_header(grid, schema.table(table))
            if found is not None:
                headers[table] = tuple(header.parts for header in found.headers)
                start = min(start, found.end)
        if not headers and len(grid.cells) > 1:
            first = tuple((str(cell),) if isinstance(cell, str) else () for cell in grid.cells.iloc[0])
            headers, start = dict.fromkeys(catalogue.load("tables"), first), 1
        if headers and len(grid.cells) > start:
            yield Heads(grid.sheet, headers, grid.cells.iloc[start:].reset_index(drop=True))


def _best(
    folder: Path, name: str, every: list[Heads], failed: set[tuple[object, ...]], code: str, country: str, crs: str
) -> Found | str:
    """Read a file as the tables its heads fit, the best first, until one can be read with rows that count."""
    scores = [_scores(name, one) for one in every]
    scored = sorted(
        ((score, table, at) for at, known in enumerate(scores) for table, score in known.items()),
        key=lambda one: (-one[0], list(catalogue.load("tables")).index(one[1]), one[2]),
    )
    said, heads = "", tuple((one.shape, *one.headers.items()) for one in every)
    tried = [
        ((table, source.wide, heads), score, at, replace(source, country=country))
        for score, table, at in scored[:6]
        for source in _ways(table, name, every, at, scores)
    ]
    for way, score, at, source in sorted(tried, key=lambda one: one[0] in failed):
        try:
            reading = read_source(folder, source, code=code)
            if crs and _in_metres(reading):
                source = replace(source, crs=crs)
                reading = read_source(folder, source, code=code)
        except SourceError as error:
            said = said or str(error.what)
            failed.add(way)
            continue
        if not reading.frame.empty and reading.aside.mean() < 0.5:
            return Found(source, reading, score, _why(every[at], source), _names(every[at], source.table))
        away = any("point_outside_china" in set(part["rule"]) for part in reading.findings)
        said = said or (ABROAD if away else "大部分行读不成这张表")
        failed.add(way)
    listed = "、".join("/".join(parts) for parts in next(iter(every[0].headers.values()))[:_MOST_NAMES] if parts)
    return (
        f"像“{schema.table(scored[0][1]).title}”，但{said}"
        if scored and said
        else _nearly(name, every) or "表头不像任何一张表"
    ) + f"（表头：{listed}）"


def _in_metres(reading: Reading) -> bool:
    cells = reading.text.get("longitude")
    return cells is not None and bool(pd.to_numeric(cells, errors="coerce").abs().median() > _MOST_DEGREES)


def _scores(name: str, heads: Heads) -> dict[str, float]:
    """Return how well a sheet fits each table that it can be."""
    words, found = catalogue.load("proposing")["words"], {}
    for table, headers in heads.headers.items():
        described = schema.table(table)
        if not _shape_fits(described, heads.shape):
            continue
        matched = _matched(headers, table) | set(_by_values(heads, table))
        needed = {column.name for column in described.columns if column.required}
        kept = {column.name for column in described.columns if column.required and not column.derived}
        named = any(word in Path(name).stem.lower() for word in (*words.get(table, ()), described.title))
        like_units = _share_of_unit_names(heads) if table == "units" else 0.0
        if table == "units" and "unit_code" not in matched and _tells_what_happened(heads):
            # the same few names again and again: something that happens in units, not a list of them
            continue
        if table == "no_grid_needed" and not named:
            continue
        drawn = table == "units" and _is_drawn(heads)
        if table == "units" and like_units < _SOME and not drawn and not {"unit_code", "level"} <= matched:
            continue
        wide = "month" in kept or ("item" in kept and len(headers) > len(kept))
        if len(matched & kept) < len(kept) - (2 if wide else 0) or (
            len(matched) < min(_FEWEST, len(needed)) and like_units < _MOST_CODES and not drawn
        ):
            continue
        longest = max((len(word) for word in words.get(table, ()) if word in Path(name).stem.lower()), default=0)
        unread = sum(1 for parts in headers if parts) - len(matched)
        score = len(matched) + _WHOLE * (needed <= matched) + (_NAMED + longest / 10) * named - _UNREAD * unread
        score += _WHOLE * (like_units > _MOST_CODES and "Polygon" in heads.shape)
        found[table] = score
    return found


def _shape_fits(table: schema.Table, shape: str) -> bool:
    if not shape:
        return table.geometry != "polygon"
    if "Polygon" in shape:
        return table.geometry == "polygon" or table.name == "units"
    return "Point" in shape and (table.geometry == "point" or table.name == "events")


def _matched(headers: tuple[tuple[str, ...], ...], table: str) -> set[str]:
    return {found for parts in headers if parts and (found := match_word(parts, schema.table(table)))}


def _names(heads: Heads, table: str) -> frozenset[str]:
    return frozenset("/".join(parts) for parts in heads.headers[table] if parts)


def _by_values(heads: Heads, table: str) -> dict[str, str]:
    """Return the columns that only their cells tell: codes of units by their digits, their names by their endings."""
    headers, found = heads.headers[table], dict[str, str]()
    have = _matched(headers, table)
    named: list[tuple[int, str, bool]] = []
    if table != "units" and ("unit_code" not in schema.table(table) or "unit_code" in have):
        return {}
    for at, parts in enumerate(headers):
        if not parts or at >= heads.cells.shape[1] or match_word(parts, schema.table(table)):
            continue
        cells = heads.cells[at].dropna().astype("str")
        if cells.empty or len(cells) < 0.5 * len(heads.cells):
            continue
        coded = table != "units" or "unit_code" in have | set(found)
        drawn = table == "units" and "Polygon" in heads.shape and cells.is_unique and len(cells) == len(heads.cells)
        coded_as = [_is_code, *([_CODE_ABROAD.fullmatch] if drawn else [])]
        if not coded and cells.is_unique and any(_share(cells, one) > _MOST_CODES for one in coded_as):
            found["unit_code"] = "/".join(parts)
        elif drawn and "name" not in have and not cells.str.contains(r"\d|^$").any() and cells.map(str.isascii).all():
            named.append((cells.nunique(), "/".join(parts), False))
        elif _share(cells, _is_unit_name) > _MOST_CODES:
            named.append((cells.nunique(), "/".join(parts), not cells.is_unique))
    named.sort(key=lambda one: -one[0])
    if table != "units":
        return {"unit_code": named[0][1]} if named else {}
    if named and "name" not in have:
        found["name"] = named.pop(0)[1]
    # of two columns of names the one that repeats is that of the units above
    repeated = [head for _, head, repeats in named if repeats]
    if repeated and "parent" not in have:
        found["parent"] = repeated[0]
    if "name" not in have | set(found) and "parent" in have:
        # a list of streets says 街道 above their names, as a list of communities does above the streets they are in
        at = next(i for i, parts in enumerate(headers) if parts and match_word(parts, schema.table(table)) == "parent")
        cells = heads.cells[at].dropna().astype("str") if at < heads.cells.shape[1] else pd.Series(dtype="str")
        if len(cells) and cells.is_unique and _share(cells, _is_unit_name) > _MOST_CODES:
            found["name"] = "/".join(headers[at])
    return found


def _cells_of_units(heads: Heads) -> dict[str, pd.Series]:
    """Return the cells of each column of units that heads or values tell."""
    by_value, found = {head: column for column, head in _by_values(heads, "units").items()}, dict[str, pd.Series]()
    for at, parts in enumerate(heads.headers["units"]):
        column = by_value.get("/".join(parts)) or (match_word(parts, schema.table("units")) if parts else "")
        if column and at < heads.cells.shape[1] and heads.cells[at].notna().any():
            found.setdefault(column, heads.cells[at])
    return found


def _is_drawn(heads: Heads) -> bool:
    """Whether every polygon has a name of its own that is not Chinese: abroad names have no endings to go by."""
    cells = _cells_of_units(heads).get("name", pd.Series(dtype="str")).dropna()
    return "Polygon" in heads.shape and cells.is_unique and len(cells) > 1 and bool(cells.map(str.isascii).all())


def _share_of_unit_names(heads: Heads) -> float:
    """Return which share of the names in a sheet or layer end as names of units do."""
    cells = _cells_of_units(heads).get("name")
    return 0.0 if cells is None else _share(cells.dropna().astype("str"), _is_unit_name)


def _tells_what_happened(heads: Heads) -> bool:
    """Whether most names stand there several times over, or heads are those of a ledger: no list of units."""
    told = {split_unit(word)[0] for parts in heads.headers["units"] if parts for word in parts}
    if len(told & set(catalogue.load("proposing")["ledgers"]["heads"])) >= _FEWEST:
        return True
    cells = _cells_of_units(heads)
    rows = pd.DataFrame({column: cells[column] for column in ("name", "parent") if column in cells})
    rows = rows.dropna(subset=["name"]) if "name" in rows else rows.iloc[:0]
    return len(rows) > _FEW_NAMES and len(rows.drop_duplicates()) < _DISTINCT * len(rows)


def _nearly(name: str, every: list[Heads]) -> str:
    """Say what lacks for the table that a file's name speaks of, "" where it speaks of none."""
    stem, words = Path(name).stem.lower(), catalogue.load("proposing")["words"]
    for table, heads in ((table, one) for one in every for table in one.headers):
        described = schema.table(table)
        matched = _matched(heads.headers[table], table) | set(_by_values(heads, table))
        needed = [one for one in described.columns if one.required and not one.derived]
        lacking = [one.label for one in needed if one.name not in matched]
        if matched and lacking and any(word in stem for word in (*words.get(table, ()), described.title)):
            return f"像“{described.title}”，但没有{'、'.join(lacking)}"
    return ""


def _share(cells: pd.Series, test: Any) -> float:
    sample = cells.head(300)
    return float(sample.map(test).map(bool).mean())


def _is_code(text: str) -> bool:
    return text.isdigit() and len(text) in {6, 9, 12} and 11 <= int(text[:2]) <= 82


@lru_cache(maxsize=4096)
def _is_unit_name(text: str) -> bool:
    return bool(stem_and_kinds(text)[1]) or text.endswith(tuple(catalogue.load("unit_names")["own_endings"]))


def _ways(table: str, name: str, every: list[Heads], at: int, scores: Sequence[Mapping[str, float]]) -> list[Source]:
    """Return the ways a file may be read as a table, the likeliest first; ``scores``: how well each sheet fits each."""
    source = Source(table, name, columns=_by_values(every[at], table))
    mine = _names(every[at], table)
    alike = all(table in heads.headers and _names(heads, table) == mine for heads in every)
    fits = sum(bool(heads.name) and table in known for heads, known in zip(every, scores, strict=True))
    if len(every) > 1 and fits > 1 and alike:
        return [replace(source, sheet="*")]
    sheet = every[at].name if len(every) > 1 else ""
    source = replace(source, sheet=sheet)
    if table not in {"services", "statistics", "checklist"}:
        return [source]
    first = next((parts for parts in every[at].headers[table] if parts and "代码" in "".join(parts)), ())
    by_hand = (
        {} if not first or "unit_code" in _matched(every[at].headers[table], table) else {"unit_code": "/".join(first)}
    )
    item = replace(source, wide="item", columns={**source.columns, **by_hand})
    return [source, replace(source, wide="month"), item]


def _why(heads: Heads, source: Source) -> str:
    table = schema.table(source.table)
    labels = [table[one].label for one in _matched(heads.headers[source.table], source.table)]
    words = [f"表头有{'、'.join(sorted(labels)[:6])}"] if labels else []
    words += [f"“{head}”一列的内容是{table[column].label}" for column, head in source.columns.items()]
    if "Polygon" in heads.shape:
        words.append("图形是面" + ("，没有网格编码，所以是单元，不是网格" if source.table == "units" else ""))
    if source.crs:
        words.append(f"坐标是米，按边界图层的坐标系 {source.crs} 读")
    if source.sheet == "*":
        words.append("各工作表的表头相同")
    return "；".join(words)
