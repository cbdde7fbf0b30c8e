"""What a form may ask for: measures, sums of columns and counts of rows, each found by the words people write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.measure import measure_info
from govkit.catalogue.windows import window
from govkit.errors import UnknownNameError
from govkit.intake.reading import schema
from govkit.intake.values.quantities import plain, split_unit
from govkit.periods import Period
from govkit.provided import complete
from govkit.research.zone import Zone

# Tables whose columns a form asks for by their own heads, in the order in which a word is taken.
_SUMMED = ("units", "grids", "services", "events", "organisations", "points", "panel")


@dataclass(frozen=True)
class Quantity:
    """One thing a form may ask for; ``unit`` is the tidy unit (``%`` for rates), ``table`` where it comes from.

    ``how`` is measure, sum or count; ``column`` what is summed, ``where`` which rows count (column, value).
    """

    key: str
    label: str
    unit: str
    how: str
    table: str
    column: str = ""
    where: tuple[tuple[str, str], ...] = ()
    definition: str = ""

    @property
    def adds_up(self) -> bool:
        """Whether the numbers of parts add up to that of the whole."""
        return self.how != "measure"


@dataclass(frozen=True)
class Answer:
    """A quantity of one unit: its value in the tidy unit (rates as fractions), None where it is not known.

    ``rows_missing``: rows without the value; a sum that lacks any is not known.
    """

    value: float | None
    rows_missing: int = 0


@cache
def quantities() -> dict[str, Quantity]:
    """Return every quantity by its key: the name of a measure, ``table.column`` or the name of a count."""
    found: dict[str, Quantity] = {}
    for name, entry in catalogue.load("measures").items():
        if "argument" not in entry:
            info = measure_info(name)
            found[name] = Quantity(name, info.label, info.unit, "measure", info.tables[-1], definition=info.definition)
    for key, entry in catalogue.load("forms")["counts"].items():
        table, _, column = entry.get("sum", entry.get("count", "")).partition(".")
        where = tuple(entry.get("where", {}).items())
        found[key] = Quantity(key, entry["label"], entry["unit"], "sum" if column else "count", table, column, where)
    for name in _SUMMED:
        for column in schema.table(name).measures:
            key = f"{name}.{column.name}"
            found[key] = Quantity(key, column.label, column.unit, "sum", name, column.name)
    return found


@cache
def words() -> dict[str, Quantity]:
    """Return the quantities by every word that means them, in plain form; the first of two that share a word."""
    every: list[tuple[str, Quantity]] = []
    counts = catalogue.load("forms")["counts"]
    for key, quantity in quantities().items():
        table, _, column = key.partition(".")
        aliases = schema.table(table)[column].words if column else counts.get(key, {}).get("aliases", ())
        every += [(word, quantity) for word in (quantity.label, key, *aliases)]
    for kind, entry in catalogue.load("codes")["facility_kind"].items():
        label, where = f"{entry['label']}数", (("kind", kind),)
        of_kind = Quantity(f"facilities:{kind}", label, "个", "count", "facilities", where=where)
        names = (entry["label"], *entry.get("aliases", ()))
        every += [(word + ending, of_kind) for word in names for ending in ("数", "个数", "数量", "")]
    # a word as it is written goes before one whose bracketed remark is left out: 社区（村）数 is not 社区数
    found = {plain(word): quantity for word, quantity in reversed(every)}
    for word, quantity in every:
        found.setdefault(split_unit(word)[0], quantity)
    return found


def quantity_named(word: str) -> Quantity | None:
    """Return the quantity a word means, with or without its unit; None if it means none.

    >>> quantity_named("居民满意度（%）").key, quantity_named("常住人口数").key, quantity_named("天气")
    ('satisfaction', 'units.population', None)
    """
    known, text = words(), plain(word)
    without_unit = text.replace(f"({split_unit(word)[1]})", "")
    return known.get(text) or known.get(without_unit) or known.get(split_unit(word)[0])


def by_key(key: str) -> Quantity:
    """Return a quantity by its key; raises UnknownNameError with the nearest keys."""
    found = quantities().get(key) or quantity_named(key)
    if found is None:
        raise UnknownNameError("指标或数据项", key, [*quantities(), *words()])
    return found


class Numbers:
    """The numbers of a zone as forms ask for them, each found once."""

    def __init__(self, zone: Zone) -> None:
        self._zone, self._kept = zone, dict[tuple[str, str, str], pd.DataFrame]()
        units = zone.tables["units"].drop_duplicates("unit_code")
        self._level = dict(zip(units["unit_code"], units["level"], strict=True))
        self._below = _descendants(units)
        self._below[zone.code.ljust(12, "0")] = frozenset(units["unit_code"])

    def answer(self, quantity: Quantity, unit_code: str, period: Period) -> Answer:
        """Return a quantity of one unit (12 digits) in a period; the zone itself is its own unit's code."""
        if self._zone.lacks(quantity.table):
            return Answer(None)
        return (
            self._measured(quantity, unit_code, period)
            if quantity.how == "measure"
            else self._added(quantity, unit_code, period)
        )

    def _measured(self, quantity: Quantity, unit_code: str, period: Period) -> Answer:
        level = self._level.get(unit_code, "")
        by = "zone" if unit_code == self._zone.code.ljust(12, "0") else level
        key = (quantity.key, by, period.id)
        if key not in self._kept:
            self._kept[key] = self._zone.measure(quantity.key, by=by, period=period)
        row = self._kept[key].reindex(["zone" if by == "zone" else unit_code]).iloc[0]
        value = row["value"]
        return Answer(None if pd.isna(value) else float(value))

    def _added(self, quantity: Quantity, unit_code: str, period: Period) -> Answer:
        rows = self._zone.tables[quantity.table]
        if quantity.table == "units" and quantity.column:
            return self._stock(rows, quantity.column, unit_code)
        rows = rows.loc[rows["unit_code"].isin(self._below.get(unit_code, ()))]
        for column, value in quantity.where:
            rows = rows.loc[rows[column] == value]
        rows = _in_period(rows, quantity.table, period)
        if quantity.how == "count":
            # none on the list is nought only where the list is stated complete
            whole = complete(self._zone.tables[quantity.table], quantity.table, period)
            return Answer(float(len(rows)) if len(rows) or whole else None)
        missing = int(rows[quantity.column].isna().sum())
        if rows.empty or missing:
            return Answer(None, missing)
        return Answer(float(rows[quantity.column].sum()))

    def _stock(self, units: pd.DataFrame, column: str, unit_code: str) -> Answer:
        """Return a unit's own entry, or the sum of its communities' where it has none and all of these have."""
        own = units.loc[units["unit_code"] == unit_code, column].dropna()
        if len(own):
            return Answer(float(own.iloc[0]))
        inside = units.loc[units["unit_code"].isin(self._below.get(unit_code, ())) & (units["level"] == "community")]
        missing = int(inside[column].isna().sum())
        return Answer(None, missing) if inside.empty or missing else Answer(float(inside[column].sum()))


def _in_period(rows: pd.DataFrame, table: str, period: Period) -> pd.DataFrame:
    counts = window(table)
    if counts.kind == "since":
        began = rows[counts.dated_by]
        return rows.loc[~(began > pd.Timestamp(period.end))]
    if "period" in rows:
        return (
            rows.loc[rows["period"].isna() | (rows["period"] == period.id)]
            if counts.undated
            else rows.loc[rows["period"] == period.id]
        )
    return rows


def _descendants(units: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Map every unit to itself and all units below it."""
    parents: dict[str, Any] = dict(zip(units["unit_code"], units["parent"], strict=True))
    found: dict[str, set[str]] = {code: {code} for code in parents}
    for code in parents:
        above, seen = parents[code], {code}
        while isinstance(above, str) and above in parents and above not in seen:
            found[above].add(code)
            seen.add(above)
            above = parents[above]
    return {code: frozenset(below) for code, below in found.items()}
