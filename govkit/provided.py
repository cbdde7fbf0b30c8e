"""What was provided at all: a column nobody filled in is not a column of noughts, a short list is not a whole one.

Opening a zone notes with each table (``DataFrame.attrs``) which columns hold anything in the whole zone (``provided``),
whether its source is said to list everything there is (``complete``) or did so on one day (``census``), the day the
source shows (``vintage``), of which units rows were set aside (``lost``), and with the units the level numbers are
counted by (``base_level``). Slices of a table keep these notes. A table without them is judged by its own rows, and as
a list that may be short.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.catalogue.windows import window
from govkit.periods import Period

Tables = Mapping[str, pd.DataFrame]


# Which kinds of community belong to an area; every kind, of a place's own too, belongs to "all".
AREA_KINDS = {
    "all": ("village", "urban_community", "gacha", "company"),
    "rural": ("village", "gacha", "company"),
    "urban": ("urban_community",),
}
# The same where a zone, or a part of it, is not told below its streets and towns: they stand for their communities.
BASE_KINDS = {
    "rural": ("village", "gacha", "company", "town", "township", "sumu", "farm"),
    "urban": ("urban_community", "street"),
}
# The column that marks rows standing for units not shown apart (small numbers): their area, "mixed", else missing.
POOL = "pool_area"


# What stands for the unit of a row that was set aside because nobody knows whose it is.
ANYBODY = "*"


class Columns(tuple[Any, ...]):
    """What is noted with a table, names of columns mostly: pandas copies notes at every step, dear if name by name."""

    def __deepcopy__(self, _: object) -> Columns:
        return self


# Levels from the lowest that numbers are counted by upward.
_UPWARD = ("community", "street", "county", "city", "province")


def notes(
    table: pd.DataFrame, *, complete: bool, census: date | None, vintage: date | None, lost: Iterable[str] = ()
) -> dict[str, Any]:
    """Return what opening a zone notes with a table, from its rows and from what zone.toml says of its source.

    ``lost``: codes of units of which rows were set aside, ``ANYBODY`` for rows of which it is not known.
    """
    filled = Columns(str(column) for column in table if table[column].notna().any())
    noted = {"provided": filled, "complete": complete, "census": census, "vintage": vintage, "lost": Columns(lost)}
    return {**noted, "base_level": base_level(table)} if "level" in table and "parent" in table else noted


def area_of(kind: object) -> str:
    """Return the area a kind of unit belongs to, ``""`` for none.

    >>> area_of("village"), area_of("county")
    ('rural', '')
    """
    return next((area for area, kinds in BASE_KINDS.items() if kind in kinds), "")


def base_level(units: pd.DataFrame) -> str:
    """Return the level numbers are counted by: ``community``, or the lowest there is in a zone without communities.

    It is noted on opening a zone, so that a district without communities is not taken for such a zone.
    """
    noted = units.attrs.get("base_level")
    return str(noted) if noted else next((one for one in _UPWARD if units["level"].eq(one).any()), "community")


def base_units(units: pd.DataFrame) -> pd.DataFrame:
    """Return the units numbers are counted by: those of the base level, and of the report units and what is below them
    those that have nothing below them though others have, and say themselves how many people or households they have:
    these are told nowhere else.
    """
    base = base_level(units)
    alone = units["level"].isin(_UPWARD[_UPWARD.index(base) + 1 :]) & ~units["unit_code"].isin(units["parent"])
    alone &= units["district_code"].notna() if "district_code" in units else False
    alone &= units.reindex(columns=["population", "households"]).notna().any(axis="columns")
    return units.loc[units["level"].eq(base) | alone]


def provided(table: pd.DataFrame, column: str) -> bool:
    """Whether a column was filled in anywhere: blanks of a column that was are blanks, of one that was not nothing."""
    known = table.attrs.get("provided")
    return column in table and bool(column in known if known is not None else table[column].notna().any())


def complete(table: pd.DataFrame, name: str, period: Period) -> bool:
    """Whether what a table does not list in a period is not there: then a unit without a row has none of it."""
    if table.attrs.get("complete"):
        return True
    census = table.attrs.get("census")
    if census is None or census < period.start:
        return False
    return census <= period.end or _dated(table, name)


def may_have_more(table: pd.DataFrame, name: str, period: Period, units: pd.Series) -> np.ndarray:
    """Return which units may have more than a table lists in a period: every one where it may be short, and where it
    lists everything those of which a row could not be used, or all if nobody knows whose such a row is.
    """
    lost = table.attrs.get("lost", ())
    short = not complete(table, name, period) or ANYBODY in lost
    return np.full(len(units), True) if short else units.isin(lost).to_numpy(dtype=bool)


def known_in(table: pd.DataFrame, name: str, period: Period) -> bool:
    """Whether a table tells of a period: one drawn up later does only if its rows have a day or period of their own."""
    vintage = table.attrs.get("vintage")
    return vintage is None or vintage <= period.end or _dated(table, name)


def _dated(table: pd.DataFrame, name: str) -> bool:
    by = window(name).dated_by
    return "period" in table or (bool(by) and provided(table, by))


def lacking(needs: Iterable[str], tables: Tables) -> tuple[str, ...]:
    """Return in Chinese what of ``table`` or ``table.column`` names was not provided, in their order.

    >>> lacking(["services.satisfied"], {})
    ('服务统计',)
    """
    found: list[str] = []
    for need in needs:
        name, _, column = need.partition(".")
        entry = catalogue.load("tables")[name]
        if name not in tables:
            found.append(entry["title"])
        elif column and not provided(tables[name], column):
            found.append(f"{entry['title']}的“{entry['columns'][column]['label']}”")
    return tuple(dict.fromkeys(found))
