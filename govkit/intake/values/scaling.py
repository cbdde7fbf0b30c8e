"""In which unit the amounts of a column are: its header, a note of the sheet, a unit column or zone.toml say so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.schema import Column
from govkit.intake.values import quantities
from govkit.intake.values.quantities import plain, split_unit


@dataclass(frozen=True)
class Scale:
    """What one of the file's units is in the tidy unit, for all records or each. ``stated``: somebody said so."""

    factor: float | np.ndarray = 1.0
    stated: bool = False
    word: str = ""

    @property
    def usual(self) -> float:
        """The factor of most records."""
        if isinstance(self.factor, float):
            return self.factor
        values, counts = np.unique(self.factor, return_counts=True)
        return float(values[counts.argmax()]) if len(values) else 1.0


def scales_of(
    reading: Reading,
    headers: Sequence[tuple[str, ...]],
    cells: pd.DataFrame,
    rows: np.ndarray,
    *,
    title: str,
    notes: Sequence[str],
    name: str = "",
) -> tuple[dict[str, Scale], Reading]:
    """Return the scale of every amount, and the reading with what header, notes and units contradict each other in.

    ``cells`` and ``rows`` are the data rows of the sheet, ``title`` what stands above the header, ``notes`` below,
    ``name`` what sheet and file are called.
    """
    found, headed = {}, set()
    above, below = (
        quantities.units_in_name(title),
        [unit for note in notes for unit in quantities.units_in_title(note)],
    )
    called = quantities.units_in_name(name)
    by_row = _unit_column(headers, cells, rows)
    measures = [column for column in reading.table.measures if column.unit and column.name in reading.origin.column]
    for column in measures:
        if column.name in reading.source.units:
            word = reading.source.units[column.name]
            found[column.name] = Scale(quantities.factor(word, column.unit) or 1.0, True, word)
            continue
        words = {int(at): header_unit(headers[int(at)]) for at in np.unique(reading.origin.column[column.name])}
        for at, word in words.items():
            odd = word or quantities.odd_unit("".join(headers[at]), column.unit)
            if quantities.factor(odd, column.unit) is None:
                reading = _wrong_unit(reading, column, odd, "表头", at)
        in_head = {at: quantities.factor(word, column.unit) for at, word in words.items() if word}
        headed |= {column.name} if any(in_head.values()) else set()
        note, reading = _of_notes(reading, column, in_head, above, below, called)
        found[column.name] = _scale(reading, column, in_head, words, note, by_row)
    said = dict.fromkeys([*above, *below, *called])
    stray = [word for word in said if not any(quantities.factor(word, column.unit) for column in measures)]
    for column in measures:
        if not found[column.name].stated and not found[column.name].word:
            reading = _wrong_unit(reading, column, "、".join(stray), "表注")
    return found, _units_of_rows(reading, by_row, {c: found[c.name] for c in measures}, headed)


def _units_of_rows(
    reading: Reading, by_row: Mapping[int, str], scales: Mapping[Column, Scale], headed: Collection[str]
) -> Reading:
    """Set rows aside whose unit, in a column of units, no amount can have; warn where it is not that of the head.

    ``headed``: amounts that have their unit from the head. A column of units of which none fits is about other columns.
    """
    bare = [column for column in scales if column.name not in headed]
    known = {word: any(quantities.factor(word, column.unit) for column in bare) for word in by_row.values()}
    if bare and known and not any(known.values()):
        for column in bare:
            reading = _wrong_unit(reading, column, next(iter(known)), "单位栏")
    elif bare and not all(known.values()):
        at = np.isin(reading.origin.row[""], [row for row, word in by_row.items() if not known[word]])
        shown = [by_row[row] for row in reading.origin.row[""][at].tolist()]
        reading = reading.flagged("unknown_unit_of_row", at, value=shown)
    for column, scale in scales.items() if by_row else ():
        words = pd.Series(reading.origin.row.get(column.name, reading.origin.row[""])).map(by_row)
        own = words.map({one: quantities.factor(one, column.unit) for one in known}).astype("float64")
        at = (own.notna() & (own != scale.factor)).to_numpy() & reading.text[column.name].notna().to_numpy()
        heads = np.broadcast_to(np.asarray(scale.factor, dtype="float64"), len(own))[at]
        said = {
            "said": words[at].tolist(),
            "head": scale.word,
            "read": [f"{one:,.10g}" for one in heads],
            "other": [f"{one:,.10g}" for one in own[at]],
            "unit": tidy_word(column),
        }
        reading = reading.flagged("unit_column_and_head", at, column=column.name, words=said)
    return reading


def about_formats(reading: Reading, rescaled: Collection[tuple[int, int]], scales: Mapping[str, Scale]) -> Reading:
    """Warn once a column of amounts that only a number format scales, while nobody says in which unit they are.

    ``rescaled``: (row number, position) of cells that show another number than they hold, without a word for it.
    """
    for column in reading.table.measures:
        places = reading.origin.column.get(column.name)
        if not rescaled or places is None or scales.get(column.name, Scale()).stated:
            continue
        rows = reading.origin.row.get(column.name, reading.origin.row[""])
        at = np.array([place in rescaled for place in zip(rows.tolist(), places.tolist(), strict=True)], dtype=bool)
        if at.any():
            first = at & (np.cumsum(at) == 1)
            reading = reading.flagged("format_scaled", first, column=column.name, words={"count": int(at.sum())})
    return reading


def _scale(
    reading: Reading,
    column: Column,
    in_head: Mapping[int, float | None],
    words: Mapping[int, str],
    note: tuple[float, str] | None,
    by_row: Mapping[int, str],
) -> Scale:
    base, word = note or (1.0, "")
    places = reading.origin.column[column.name]
    factors = {at: factor for at, factor in in_head.items() if factor is not None}
    if by_row and not factors:
        said = pd.Series(reading.origin.row.get(column.name, reading.origin.row[""])).map(by_row)
        own = said.map({one: quantities.factor(one, column.unit) for one in said.dropna().unique()})
        if own.notna().any():
            return Scale(own.astype("float64").fillna(base).to_numpy(), True, "")
    if len(set(factors.values())) <= 1 and len(factors) == len(words):
        only = next(iter(factors.values()), base)
        return Scale(only, bool(factors) or note is not None, next((w for w in words.values() if w), word))
    if not factors:
        return Scale(base, note is not None, word)
    return Scale(np.array([factors.get(int(at), base) for at in places], dtype="float64"), True, "")


def _of_notes(
    reading: Reading,
    column: Column,
    in_head: Mapping[int, float | None],
    above: Sequence[str],
    below: Sequence[str],
    called: Sequence[str],
) -> tuple[tuple[float, str] | None, Reading]:
    """Return the unit that notes state for a column, and the reading with where they and the header differ."""
    said = [*above, *below, *called]
    every = [(factor, unit) for unit in said if (factor := quantities.factor(unit, column.unit)) is not None]
    # 人 and 个 fit many columns: only a word that changes the amount, or the tidy unit itself, speaks of this one
    if not every:
        return None, reading
    if len({factor for factor, _ in every}) > 1:
        words = {"label": column.label, "value": "、".join(dict.fromkeys(unit for _, unit in every))}
        reading = reading.noted("notes_differ", **words, unit=every[0][1])
    head = {factor for factor in in_head.values() if factor is not None}
    if head and head != {every[0][0]}:
        at, factor = next((at, factor) for at, factor in in_head.items() if factor is not None)
        text = reading.origin.headers.get((_sheet(reading), at), "")
        words = {"label": column.label, "value": every[0][1], "column": text, "sheet": _sheet(reading)}
        other = f"{every[0][0]:,.10g}"
        reading = reading.noted("note_and_head", **words, read=f"{factor:,.10g}", other=other, unit=column.unit)
    elif not head and not above and every[0][0] != 1:
        words = {"label": column.label, "value": every[0][1], "unit": tidy_word(column)}
        rule = "unit_of_note" if every[0][1] in below else "unit_of_name"
        reading = reading.noted(rule, **words, read=f"{every[0][0]:,.10g}")
    return every[0], reading


def tidy_word(column: Column) -> str:
    """Return what the unit of a tidy column is called."""
    words = catalogue.load("units_of_measure").get(column.unit, {})
    return next((word for word, factor in words.items() if factor == 1 and not word.isascii()), column.unit)


def _wrong_unit(reading: Reading, column: Column, word: str, where: str, position: int = -1) -> Reading:
    """Warn, at its first cell, of a column that is read in its tidy unit though ``where`` it says another kind of unit.

    ``position``: the column of the file that is meant, of several; -1 for all.
    """
    mine = reading.text[column.name].notna().to_numpy()
    if position >= 0:
        mine = mine & (reading.origin.column[column.name] == position)
    first = mine & (np.cumsum(mine) == 1) & bool(word)
    cells = reading.text[column.name][first].tolist()
    heads = [
        reading.origin.headers.get((_sheet(reading), int(at)), "") for at in reading.origin.column[column.name][first]
    ]
    words = {"where": where, "unit": tidy_word(column), "read": cells, "head": heads, "table": reading.table.name}
    return reading.flagged("wrong_unit", first, column=column.name, words=words, value=[word] * len(cells))


def _sheet(reading: Reading) -> str:
    return next((name for name, _ in reading.origin.headers), "")


def header_unit(parts: tuple[str, ...]) -> str:
    """Return the unit a header states, the lowest row first, ``""`` if none."""
    return next((unit for part in reversed(parts) if (unit := split_unit(part)[1])), "")


def unit_column(headers: Sequence[tuple[str, ...]], cells: pd.DataFrame) -> frozenset[int]:
    """Return the position of the column whose cells are units of measure, if there is one."""
    words = {plain(word) for word in catalogue.load("cells")["unit_headers"]}
    for at, parts in enumerate(headers):
        if parts and at in cells and plain(parts[-1]) in words:
            values = cells[at].dropna().map(plain)
            if values.isin(quantities.every_unit()).any():
                return frozenset({at})
    return frozenset()


def _unit_column(headers: Sequence[tuple[str, ...]], cells: pd.DataFrame, rows: np.ndarray) -> dict[int, str]:
    """Return row number → unit, where a column says so."""
    found = unit_column(headers, cells)
    return {int(r): v for r, v in zip(rows, cells[min(found)], strict=True) if not pd.isna(v)} if found else {}
