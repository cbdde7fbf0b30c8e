"""The zone's units, published totals and random numbers, its periods, and how well everyone does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.synthetic.listed import Ground
from data.synthetic.register import Register

REGISTER = Register(Path(__file__).parent, 421200)
OWN_DISTRICT = "421202000000"
# How far a county may be ahead of or behind itself in one topic.
_STRENGTH = 0.28


@dataclass(frozen=True)
class Half:
    """A report period: its id, its name, its months."""

    id: str
    name: str
    months: tuple[int, ...]

    def day(self, number: float) -> dt.date:
        """Return a day of the period, ``number`` from 0 (the first) to 1 (the last)."""
        return dt.date(2021, self.months[0], 1) + dt.timedelta(days=int(number * 180))


HALVES = (Half("2021H1", "2021年上半年", tuple(range(1, 7))), Half("2021H2", "2021年下半年", tuple(range(7, 13))))


@dataclass(frozen=True)
class Setting:
    """Units in code order (code, name, parent, kind, type, county, households, population, quality) and grids.

    ``quality`` is about -1 to 1 in the first half of the year, ``gain`` what the second half adds to it.
    """

    units: pd.DataFrame
    grids: gpd.GeoDataFrame

    @property
    def communities(self) -> pd.DataFrame:
        """The communities and villages in code order, numbered from 0."""
        return self._of("urban_community", "village")

    @property
    def counties(self) -> pd.DataFrame:
        """The six counties in code order, numbered from 0."""
        return self._of("county")

    @property
    def streets(self) -> pd.DataFrame:
        """The streets, towns and townships in code order, numbered from 0."""
        return self._of("street", "town", "township")

    @property
    def listed(self) -> Ground:
        """What the zone's lists are made for."""
        halves = {half.id: half for half in HALVES}
        names = {half.id: half.name for half in HALVES}
        units = self.units.sort_values("code")
        return Ground(REGISTER, units, names, lambda rows, half: quality(rows, halves[half], "lists").to_numpy())

    def _of(self, *kinds: str) -> pd.DataFrame:
        return self.units.loc[self.units["kind"].isin(kinds)].reset_index(drop=True)


def quality(rows: pd.DataFrame, half: Half, topic: str) -> pd.Series:
    """Return how well units do in a half year, about -1 to 1; every county has topics it is better or worse at."""
    counties = sorted({row["unit_code"] for row in REGISTER.rows("units.csv") if row["kind"] == "county"})
    drawn = REGISTER.random(f"strength in {topic}").normal(0, _STRENGTH, len(counties))
    better = rows["county"].map(dict(zip(counties, drawn, strict=True))).fillna(0.0)
    return rows["quality"] + better + (rows["gain"] if half is HALVES[1] else 0.0)
