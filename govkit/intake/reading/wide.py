"""Wide tables (a column a month, a row a measure) to one record a unit, month and item; running totals."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.errors import SourceError
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.columns import header_words, match_word, running_total, time_span
from govkit.intake.reading.schema import Table
from govkit.intake.reading.sources import Source
from govkit.intake.reading.totals import additive
from govkit.intake.values.months import month_of
from govkit.intake.values.quantities import plain, split_unit

_FEWEST_MONTHS = 2


@dataclass(frozen=True)
class Months:
    """The month columns of a wide file: position → month as "2018-05", and position → measure ("" if a row says it).

    ``doubled``: positions of a month and measure that the file has already. ``turn``: where months without a year begin
    anew, such as January after December, -1 if they do not.
    """

    month: Mapping[int, str]
    measure: Mapping[int, str]
    measure_position: int | None
    doubled: Mapping[int, str] = field(default_factory=dict)
    turn: int = -1


@dataclass(frozen=True)
class Melted:
    """Records of a wide file: text and place of every value, and the rows of the file that did not become records.

    ``repeated``: row position → position of the row it repeats. ``unknown``: row positions whose measure is unknown.
    """

    text: pd.DataFrame
    row: Mapping[str, np.ndarray]
    column: Mapping[str, np.ndarray]
    repeated: Mapping[int, int]
    unknown: Sequence[int]


def find_months(
    headers: Sequence[tuple[str, ...]], table: Table, matched: Mapping[str, int], source: Source, title: str
) -> Months | None:
    """Return the month columns of a file, None if it is long.

    Raises SourceError if the headers lack a year that neither title nor file name gives, or if nothing says which
    measure the file holds.
    """
    if "month" not in table or "month" in matched or source.wide == "no":
        return None
    years = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", f"{title} {source.path}")
    found = {}
    for position, parts in enumerate(headers):
        # 1-3月 is a running total
        free = position not in matched.values() and time_span(parts)[1] != "running"
        month = month_of(parts, year=int(years[0]) if years else 0) if free else None
        if month:
            found[position] = month
    if len(found) < (1 if source.wide else _FEWEST_MONTHS):
        return None
    if any(month.startswith("0000") for month, _ in found.values()):
        raise SourceError(
            "月份列没有写年份。",
            where=source.where,
            todo="在表头写成“2018年1月”，或把年份写进文件名。",
        )
    words = {plain(word) for word in catalogue.load("cells")["measure_headers"]}
    hits = [i for i, parts in enumerate(headers) if any(split_unit(w)[0] in words for w in header_words(parts))]
    by_row = hits[0] if hits else None
    measures = {
        p: match_word((rest,), table) or "" if split_unit(rest)[0] else source.wide_value
        for p, (_, rest) in found.items()
    }
    if by_row is None and not all(measures.values()):
        raise _no_measure(table, source)
    first: dict[tuple[str, str], int] = {}
    for p, (name, _) in found.items():
        first.setdefault((name, measures[p]), p)
    doubled = {p: name for p, (name, _) in found.items() if first[name, measures[p]] != p}
    bare = [p for p in first.values() if str((month_of(headers[p]) or ("",))[0]).startswith("0000")]
    turns = [b for a, b in itertools.pairwise(bare) if found[b][0] < found[a][0] and measures[a] == measures[b]]
    months = {p: name for p, (name, _) in found.items() if p not in doubled}
    return Months(months, {p: measures[p] for p in months}, by_row, doubled, turns[0] if turns else -1)


def _no_measure(table: Table, source: Source) -> SourceError:
    return SourceError(
        "按月横排的表没有说明各行是哪一项指标。",
        where=source.where,
        allowed="、".join(f"{column.label}（{column.name}）" for column in table.measures),
        todo=f"加一列“指标”，或在 zone.toml 的 [sources.{source.table}] 下写 "
        f'wide_value = "{table.measures[0].name}"（表里是“{table.measures[0].label}”的话；是别的，换成它的英文名）。',
    )


def melt(cells: pd.DataFrame, rows: np.ndarray, ids: Mapping[str, int], months: Months, table: Table) -> Melted:
    """Turn wide rows into records; a record without any value is none. ``rows`` are the row numbers of ``cells``."""
    keys = cells[list(ids.values())].fillna("")
    group = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    measure_of_row = _measures_of_rows(cells, months, table)
    names = list(dict.fromkeys(months.month.values()))
    shape = (int(group.max()) + 1 if len(group) else 0, len(names))
    unknown = [i for i, name in enumerate(measure_of_row) if name is None]
    repeated = _repeated(group, measure_of_row)
    usable = np.ones(len(cells), dtype=bool)
    usable[[*unknown, *repeated]] = False
    values: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
    for position, month in months.month.items():
        column = cells[position].to_numpy(dtype=object)
        for name in dict.fromkeys(m for m in measure_of_row if m is not None):
            measure = name or months.measure[position]
            at = np.flatnonzero(usable & (measure_of_row == name))
            text, row, place = values.setdefault(measure, _empty(shape))
            text[group[at], names.index(month)] = column[at]
            row[group[at], names.index(month)] = rows[at]
            place[group[at], names.index(month)] = position
    return _records(cells, rows, ids, months, group, names, values, repeated, unknown)


def _measures_of_rows(cells: pd.DataFrame, months: Months, table: Table) -> np.ndarray:
    """Return the measure of every row: a tidy name, "" where the columns say it, None where it is unknown."""
    if months.measure_position is None:
        return np.full(len(cells), "", dtype=object)
    labels = cells[months.measure_position]
    known = {text: match_word((text,), table) for text in labels.dropna().unique()}
    amounts = {column.name for column in table.measures}
    known = {text: name if name in amounts else None for text, name in known.items()}
    return np.array([known.get(text) for text in labels], dtype=object)


def _repeated(group: np.ndarray, measure: np.ndarray) -> dict[int, int]:
    seen: dict[tuple[int, str], int] = {}
    again: dict[int, int] = {}
    for i, key in enumerate(zip(group, measure, strict=True)):
        if key[1] is not None and seen.setdefault(key, i) != i:
            again[i] = seen[key]
    return again


def _empty(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.full(shape, None, dtype=object), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)


def _records(
    cells: pd.DataFrame,
    rows: np.ndarray,
    ids: Mapping[str, int],
    months: Months,
    group: np.ndarray,
    names: list[str],
    values: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    repeated: Mapping[int, int],
    unknown: Sequence[int],
) -> Melted:
    groups = int(group.max()) + 1 if len(group) else 0
    first = np.zeros(groups, dtype=np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    filled = np.zeros((groups, len(names)), dtype=bool)
    for text, _, _ in values.values():
        filled |= ~pd.isna(text)
    keep = filled.ravel()
    record_row = np.repeat(rows[first], len(names))[keep]
    month_position = {month: position for position, month in reversed(list(months.month.items()))}
    records = {name: np.repeat(cells[p].to_numpy(dtype=object)[first], len(names))[keep] for name, p in ids.items()}
    row = {"": record_row} | dict.fromkeys(ids, record_row) | {"month": record_row}
    column = {name: np.broadcast_to(np.int64(p), len(record_row)) for name, p in ids.items()}
    records["month"] = np.tile(np.array(names, dtype=object), groups)[keep]
    column["month"] = np.tile(np.array([month_position[name] for name in names], dtype=np.int64), groups)[keep]
    for name, (values_of, rows_of, places_of) in values.items():
        records[name], row[name], column[name] = (part.ravel()[keep] for part in (values_of, rows_of, places_of))
        row[name] = np.where(row[name] > 0, row[name], record_row)
    frame = pd.DataFrame({name: pd.Series(part, dtype="str") for name, part in records.items()})
    return Melted(frame, row, column, repeated, unknown)


_JANUARY = 1


def differenced(reading: Reading) -> Reading:
    """Return the reading with each month's running total less that of the month before in its year.

    A column that says it is this month's stays. A total that falls, and one without that of the month before (after a
    gap, or first of a year and not January), have no number of their own: they become missing, with a finding.
    """
    if reading.source.cumulative != "year" or "month" not in reading.frame or reading.frame.empty:
        return reading
    others = [name for name in reading.table.key if name in reading.frame and name != "month"]
    month, usable = reading.frame["month"], ~reading.aside & reading.frame["month"].notna().to_numpy()
    order = reading.frame.loc[usable].assign(_year=month.dt.year).sort_values("month", kind="stable")
    groups = [*others, "_year"]
    before_month = order.groupby(groups, dropna=False, sort=False)["month"].shift().dt.month
    values, falls, first = {}, {}, {}
    for column in reading.table.measures:
        if column.name not in reading.text or not additive(column) or _is_of_month(reading, column.name):
            continue
        own = order[column.name].astype("float64")
        before = order.groupby(groups, dropna=False, sort=False)[column.name].shift().astype("float64")
        start = before_month.isna()
        amount = (own - before).where(~start, own)
        late = order["month"].dt.month != before_month.fillna(_JANUARY - 1) + 1
        falling = amount < 0
        values[column.name] = amount.mask(late | falling).reindex(reading.frame.index)
        falls[column.name] = falling.reindex(reading.frame.index, fill_value=False).to_numpy(dtype=bool)
        first[column.name] = late.reindex(reading.frame.index, fill_value=False).to_numpy(dtype=bool)
    whole = {name for name in values if str(reading.frame[name].dtype) == "Int64"}
    typed = {
        name: one.round().astype("Int64") if name in whole else one.astype("float64") for name, one in values.items()
    }
    frame = reading.frame.assign(**typed)
    reading = replace(reading, frame=frame)
    for name in values:
        reading = reading.flagged("total_falls", falls[name], column=name)
        reading = reading.flagged("total_starts_late", first[name] & reading.text[name].notna().to_numpy(), column=name)
    return (
        reading.noted("differenced", labels="、".join(reading.table[name].label for name in values))
        if values
        else reading
    )


def _is_of_month(reading: Reading, name: str) -> bool:
    """Whether the column an amount comes from says that it is this month's."""
    places = reading.origin.column.get(name)
    if places is None or not len(places):
        return False
    texts = {text for (_, at), text in reading.origin.headers.items() if at in set(np.unique(places).tolist())}
    parts = [tuple(text.split("/")) for text in texts]
    return any(time_span(one)[1] == "month" for one in parts) and not any(
        running_total(one, reading.table) for one in parts
    )
