"""In which unit the amounts of a column are: its header, a note of the sheet, a unit column or zone.toml say so."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.catalogue import toml_text
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.schema import Column, Table
from govkit.intake.values import quantities
from govkit.intake.values.quantities import plain, split_unit

_LONGEST_LINE = 60


@dataclass(frozen=True)
class Scale:
    """What one of the file's units is in the tidy unit, for all records or each. ``stated``: somebody said so.

    ``wrong``: position of a column whose head states a unit of another kind → that unit: it is not read.
    """

    factor: float | np.ndarray = 1.0
    stated: bool = False
    word: str = ""
    wrong: Mapping[int, str] = field(default_factory=dict)

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
        heads = {int(at): headers[int(at)] for at in np.unique(reading.origin.column[column.name])}
        words = {at: header_unit(parts, column, reading.table) for at, parts in heads.items()}
        odd = {at: _odd_unit(heads[at], column) for at, word in words.items() if not word}
        for at, word in odd.items():
            if _counts(word, column):
                reading = _unit_beside(reading, column, word, "表头", at)
        for parts in heads.values():
            several = {one: quantities.factor(one, column.unit) for part in parts if (one := split_unit(part)[1])}
            if len({one for one in several.values() if one}) > 1:
                differ = {
                    "label": column.label,
                    "value": "、".join(several),
                    "unit": header_unit(parts, column, reading.table),
                }
                reading = reading.noted("notes_differ", column="/".join(parts), **differ)
        wrong = {at: word for at, word in odd.items() if word and not _counts(word, column)}
        in_head = {at: quantities.factor(word, column.unit) for at, word in words.items() if word}
        headed |= {column.name} if any(in_head.values()) else set()
        others = {one.unit for one in measures if one.unit != column.unit}
        note, reading = _of_notes(reading, column, in_head, above, below, called, others)
        found[column.name] = replace(_scale(reading, column, in_head, words, note, by_row), wrong=wrong)
    said = dict.fromkeys([*above, *below, *called])
    stray = [word for word in said if not any(quantities.factor(word, column.unit) for column in measures)]
    for column in measures:
        if not found[column.name].stated and not found[column.name].word:
            reading = _unit_beside(reading, column, "、".join(stray), "表注")
    found, reading = _units_of_items(reading, by_row, found)
    reading = _words_not_taken(reading, title, notes, said, found)
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
            reading = _unit_beside(reading, column, next(iter(known)), "单位栏")
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
    others: Collection[str],
) -> tuple[tuple[float, str] | None, Reading]:
    """Return the unit that notes state for a column, and the reading with where they and the header differ.

    ``others``: units of other amounts. 百件 is said of 件, and of 人次 only where nothing is counted in 件.
    """
    said = [*above, *below, *called]
    theirs = [one for one in said if plain(one).endswith(tuple(others)) and quantities.factor(one, column.unit) != 1]
    theirs = [one for one in theirs if not plain(one).endswith(column.unit) and quantities.factor(one, column.unit)]
    said = [one for one in said if one not in theirs]
    every = [(factor, unit) for unit in said if (factor := quantities.factor(unit, column.unit)) is not None]
    # 人 and 个 fit many columns: only a word that changes the amount, or the tidy unit itself, speaks of this one
    if not every:
        beside = theirs and not any(in_head.values())
        return None, _unit_beside(reading, column, theirs[0], "表注") if beside else reading
    if len({factor for factor, _ in every}) > 1:
        words = {"label": column.label, "value": "、".join(dict.fromkeys(unit for _, unit in every))}
        reading = reading.noted("notes_differ", **words, unit=every[0][1])
    head = {factor for factor in in_head.values() if factor is not None}
    if head and head != {every[0][0]}:
        at, factor = next((at, factor) for at, factor in in_head.items() if factor is not None)
        text = reading.origin.headers.get((reading.sheet, at), "")
        words = {"label": column.label, "value": every[0][1], "column": text, "sheet": reading.sheet}
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


def _unit_beside(reading: Reading, column: Column, word: str, where: str, position: int = -1) -> Reading:
    """Warn, at its first cell, of a column that is read in its tidy unit though ``where`` it says another kind of unit.

    ``position``: the column of the file that is meant, of several; -1 for all.
    """
    mine = reading.text[column.name].notna().to_numpy()
    if position >= 0:
        mine = mine & (reading.origin.column[column.name] == position)
    first = mine & (np.cumsum(mine) == 1) & bool(word)
    return _two_kinds(reading, "unit_beside", column, first, [word] * int(first.sum()), where)


def about_wrong_unit(reading: Reading, column: Column, at: np.ndarray, scale: Scale) -> Reading:
    """Say that cells below a head in a unit of another kind were not read: each of a column that rows need, else once.

    A count of something else is a count all the same; metres, shares or dollars are no 元.
    """
    at = at if column.required else at & (np.cumsum(at) == 1)
    places = reading.origin.column[column.name][at]
    return _two_kinds(reading, "wrong_unit", column, at, [scale.wrong[int(one)] for one in places], "表头")


def _two_kinds(reading: Reading, rule: str, column: Column, at: np.ndarray, said: Sequence[str], where: str) -> Reading:
    cells, places = reading.text[column.name][at].tolist(), reading.origin.column[column.name][at]
    heads = [reading.origin.headers.get((reading.sheet, int(one)), "") for one in places]
    words = {"where": where, "unit": tidy_word(column), "read": cells, "head": [toml_text(one)[1:-1] for one in heads]}
    words |= {"table": reading.table.name, "name": column.name}
    return reading.flagged(rule, at, column=column.name, words=words, value=said)


def _units_of_items(
    reading: Reading, by_row: Mapping[int, str], scales: dict[str, Scale]
) -> tuple[dict[str, Scale], Reading]:
    """Return the scales with amounts of one item in one unit, the one most of its rows have, and what that changes."""
    bare = [one for one in reading.table.measures if not one.unit and one.name in reading.origin.column]
    if not by_row or not bare or "item" not in reading.text:
        return scales, reading
    said = pd.Series(reading.origin.row[""]).map(by_row).map(quantities.plain, na_action="ignore")
    most = said.groupby(reading.text["item"].to_numpy()).transform(lambda one: one.mode().iloc[0] if one.any() else "")
    other = (said.notna() & (said != most)).to_numpy()
    if not other.any():
        return scales, reading
    pairs = {pair: quantities.ratio(*pair) for pair in zip(said[other], most[other], strict=True)}
    times = [pairs.get(pair, 1.0) for pair in zip(said, most, strict=True)]
    strange = other & np.array([one is None for one in times])
    words = {"said": said[other & ~strange].tolist(), "head": most[other & ~strange].tolist()}
    words["read"] = [f"{one:,.10g}" for one, hit in zip(times, other & ~strange, strict=True) if hit]
    reading = reading.flagged("unit_of_item", other & ~strange, column=bare[0].name, words=words)
    words = {"said": said[strange].tolist(), "head": most[strange].tolist()}
    reading = reading.flagged("unit_of_no_item", strange, column=bare[0].name, words=words)
    factors = np.array([one or 1.0 for one in times])
    return scales | {one.name: Scale(factors, True) for one in bare}, reading


def _words_not_taken(
    reading: Reading, title: str, notes: Sequence[str], said: Collection[str], scales: Mapping[str, Scale]
) -> Reading:
    """Name multiples of a unit (万元) in titles and notes by which nothing was converted."""
    units = {one.unit for one in reading.table.measures if one.name in reading.origin.column}
    told = {quantities.plain(one.word) for one in scales.values()}
    told |= {word for word in said if any(quantities.factor(word, unit) for unit in units)}
    kinds = set(catalogue.load("units_of_measure")) if "" in units else units
    for line in (*title.splitlines(), *notes):
        if words := [one for one in quantities.multiples_in(line, kinds) if one not in told]:
            reading = reading.noted("unit_not_taken", value=line.strip()[:_LONGEST_LINE], unit="、".join(words))
    return reading


def header_unit(parts: tuple[str, ...], column: Column, table: Table) -> str:
    """Return the unit of a column that a header states, the lowest row first, ``""`` if none that can be its own.

    A row of a tall header may hold the unit alone; per what it is counts where it goes without saying (元/月).
    """
    for part in reversed(parts):
        alone = plain(part).strip("()[]【】")
        for word in (split_unit(part)[1], alone):
            if word and quantities.factor(word, column.unit) is not None:
                return word
        unit, per = quantities.rate(quantities.odd_unit(part, column.unit) or alone)
        if per <= {*column.per, *(("月",) if "month" in table else ())} and quantities.factor(unit, column.unit):
            return unit
    return ""


def _odd_unit(parts: tuple[str, ...], column: Column) -> str:
    said = (split_unit(part)[1] for part in reversed(parts))
    return next((word for word in said if word), "") or quantities.odd_unit("".join(parts), column.unit)


def _counts(word: str, column: Column) -> bool:
    """Whether a column counts, and a word is what something else is counted in."""
    kinds = catalogue.load("cells")["counts"]
    return column.unit in kinds and any(quantities.factor(word, one) == 1 for one in kinds)


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
