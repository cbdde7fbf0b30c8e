"""Tables with a column an item (a row a unit or a unit and month) to one record a row and item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.columns import is_personal, match_word
from govkit.intake.reading.schema import Column, Table
from govkit.intake.reading.sources import Source
from govkit.intake.values.quantities import every_unit, plain, split_unit
from govkit.intake.values.values import parse

_FEWEST_ITEMS = 2
_SAMPLE_ROWS = 200
_READABLE = 0.5


@dataclass(frozen=True)
class Items:
    """The item columns of a file: (group, item) → measure → position. ``positions`` are all of these."""

    cells: Mapping[tuple[str, str], Mapping[str, int]]

    @property
    def positions(self) -> frozenset[int]:
        """Every position that holds a value of an item."""
        return frozenset(position for measures in self.cells.values() for position in measures.values())


@dataclass(frozen=True)
class Melted:
    """Text and place of every record; ``empty`` are the row positions that hold no value of any item."""

    text: pd.DataFrame
    row: Mapping[str, np.ndarray]
    column: Mapping[str, np.ndarray]
    empty: np.ndarray


def find_items(
    headers: Sequence[tuple[str, ...]], cells: pd.DataFrame, table: Table, matched: Mapping[str, int], source: Source
) -> Items | None:
    """Return the item columns of a file, None if it has an item column of its own or names no items.

    An item column has a header of two rows, one of them a measure (社保 / 申请件数), or, where the table has just
    one column of values or zone.toml says which one is meant, a header that is no column of the table.
    """
    if "item" not in table or "item" in matched or source.wide not in {"", "item"} or "item" in source.fixed:
        return None
    values = {c.name: c for c in (*table.measures, *(c for c in table.columns if c.type == "boolean"))}
    only = source.wide_value or (next(iter(values)) if len(values) == 1 else "")
    by_hand = {position for name, position in matched.items() if name in source.columns}
    found: dict[tuple[str, str], dict[str, int]] = {}
    for position, parts in enumerate(headers):
        named = _named(parts, position, cells, table, values, only) if parts and position not in by_hand else None
        if named:
            group, item, measure = named
            found.setdefault((group, item), {}).setdefault(measure, position)
    return Items(found) if len(found) >= (1 if source.wide else _FEWEST_ITEMS) else None


def _named(
    parts: tuple[str, ...],
    position: int,
    cells: pd.DataFrame,
    table: Table,
    values: Mapping[str, Column],
    only: str,
) -> tuple[str, str, str] | None:
    """Return group, item and measure of a header, None if it is no item column."""
    measures = [match_word((part,), table) for part in parts]
    hits = [i for i, name in enumerate(measures) if name in values]
    if len(parts) > 1 and len(hits) == 1 and all(name is None for i, name in enumerate(measures) if i != hits[0]):
        rest = [part for i, part in enumerate(parts) if i != hits[0]]
        return None if _is_sum(rest) else ("", "".join(rest), str(measures[hits[0]]))
    plain_item = only and not hits and match_word(parts, table) is None and not _is_aside(parts)
    if not plain_item or not _readable(cells[position], values[only]):
        return None
    return parts[0] if len(parts) > 1 else "", parts[-1], only


def _is_sum(parts: Sequence[str]) -> bool:
    """Whether a header is a sum of items, a span of time or a unit and no item."""
    lists = catalogue.load("cells")
    words = {plain(word) for name in ("totals", "running_total", "this_month") for word in lists[name]}
    return any(split_unit(part)[0] in words or plain(part).strip("()") in every_unit() for part in parts)


def _is_aside(parts: tuple[str, ...]) -> bool:
    """Whether a header is a running number, a sum or a remark, or about a person."""
    lists = catalogue.load("cells")
    words = {plain(word) for word in (*lists["totals"], *lists["not_items"])}
    return is_personal("".join(parts)) or any(split_unit(part)[0] in words for part in parts)


def _readable(cells: pd.Series, column: Column) -> bool:
    filled = cells.dropna().head(_SAMPLE_ROWS)
    if filled.empty:
        return True
    return bool((parse(filled, column).values.notna()).mean() >= _READABLE)


def melt(cells: pd.DataFrame, rows: np.ndarray, ids: Mapping[str, int], items: Items, table: Table) -> Melted:
    """Turn rows with a column an item into records; an item without any value in a row is none."""
    at, which = _filled(cells, items)
    keys = list(items.cells)
    text: dict[str, np.ndarray] = {name: cells[p].to_numpy(dtype=object)[at] for name, p in ids.items()}
    row = {"": rows[at]} | dict.fromkeys((*ids, "item"), rows[at])
    column = {name: np.broadcast_to(np.int64(p), len(at)) for name, p in ids.items()}
    first = np.array([next(iter(items.cells[key].values())) for key in keys], dtype=np.int64)
    text["item"], column["item"] = np.array([item for _, item in keys], dtype=object)[which], first[which]
    if "list" in table and "list" not in ids and any(group for group, _ in keys):
        text["list"], column["list"] = np.array([group or None for group, _ in keys], dtype=object)[which], first[which]
        row["list"] = rows[at]
    for measure in dict.fromkeys(name for measures in items.cells.values() for name in measures):
        text[measure], column[measure] = _values(cells, items, measure, at, which)
        row[measure] = rows[at]
    frame = pd.DataFrame({name: pd.Series(part, dtype="str") for name, part in text.items()})
    return Melted(frame, row, column, np.setdiff1d(np.arange(len(cells)), at))


def _filled(cells: pd.DataFrame, items: Items) -> tuple[np.ndarray, np.ndarray]:
    """Return row and item positions of every record, row by row."""
    filled = [cells[list(measures.values())].notna().any(axis=1).to_numpy() for measures in items.cells.values()]
    at, which = np.nonzero(np.column_stack(filled))
    return at, which


def _values(
    cells: pd.DataFrame, items: Items, measure: str, at: np.ndarray, which: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return text and column of one measure for every record."""
    text, place = np.full(len(at), None, dtype=object), np.zeros(len(at), dtype=np.int64)
    for number, measures in enumerate(items.cells.values()):
        mine = which == number
        position = measures.get(measure)
        if position is None:
            place[mine] = next(iter(measures.values()))
        else:
            text[mine], place[mine] = cells[position].to_numpy(dtype=object)[at[mine]], position
    return text, place
