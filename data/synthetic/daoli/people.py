"""Who lives where, and how each street and town does: what all ledgers start from."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.daoli.register import REGISTER, Unit, calibration, random, read_csv
from data.synthetic.drawing import shared_out
from data.synthetic.listed import Ground
from data.synthetic.register import with_sums

HALF_NAMES = {"2018H1": "2018年上半年", "2018H2": "2018年下半年"}
PERIODS = tuple(HALF_NAMES)
_RURAL_HOUSEHOLD, _URBAN_HOUSEHOLD = 3.0, 2.45


@dataclass(frozen=True)
class Setting:
    """The units with their people, the grids with theirs, and the character of every street and town."""

    units: pd.DataFrame
    grids: gpd.GeoDataFrame
    character: pd.DataFrame

    @property
    def communities(self) -> pd.DataFrame:
        """Communities and villages in code order."""
        return self.units.loc[self.units["kind"].isin(["urban_community", "village"])].sort_values("code")

    @property
    def villages(self) -> pd.DataFrame:
        """Villages in code order."""
        return self.units.loc[self.units["kind"] == "village"].sort_values("code")

    @property
    def listed(self) -> Ground:
        """What the zone's lists are made for."""
        return Ground(REGISTER, self.units, HALF_NAMES, self.well)

    def well(self, units: pd.DataFrame, period: str) -> np.ndarray:
        """Return how well units do in a period, streets and towns by themselves."""
        street = units["code"].where(units["kind"].isin(["street", "town"]), units["parent"])
        return self.character[period].reindex(street).to_numpy() + units["own"].to_numpy()

    def quality(self, unit: pd.Series, period: str) -> float:
        """Return how well a community's street or town does in a period, about -1 to 1."""
        return float(self.character.loc[unit["parent"], period] + unit["own"])


def settled(units: list[Unit], grids: gpd.GeoDataFrame) -> Setting:
    """Return the units and grids with people and households."""
    rng = random("people")
    frame = pd.DataFrame([vars(unit) for unit in units])
    village, urban = frame["kind"] == "village", frame["kind"] == "urban_community"
    published = calibration()
    rural_people, people = int(published["rural_population"]), int(published["population"])
    grids = grids.assign(households=0, population=0)
    for which, total, size in (
        (grids["urban"], people - rural_people, _URBAN_HOUSEHOLD),
        (~grids["urban"], rural_people, _RURAL_HOUSEHOLD),
    ):
        spread = 0.13 if size == _URBAN_HOUSEHOLD else 0.3
        households = shared_out(round(total / size), rng.lognormal(0, spread, int(which.sum())))
        grids.loc[which, "households"] = households
        grids.loc[which, "population"] = shared_out(total, households * rng.normal(1, 0.04, len(households)))
    sums = grids.groupby("unit_code")[["households", "population"]].sum()
    frame = frame.join(sums, on="code")
    frame = frame.assign(own=np.where(village | urban, rng.normal(0, 0.3, len(frame)), 0.0))
    return Setting(with_sums(frame, ["street", "town"], ["county"]), grids, _character(frame, rng))


def _character(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return a row per street and town: how well it does in either period (about -1 to 1)."""
    streets = frame.loc[frame["kind"].isin(["street", "town"])].set_index("code")
    named = {row["name"]: (float(row["first"]), float(row["second"])) for row in read_csv("character.csv")}
    first = rng.normal(0.1, 0.45, len(streets))
    second = first + rng.normal(0.18, 0.2, len(streets))
    drawn = pd.DataFrame({"2018H1": first, "2018H2": second}, index=streets.index)
    for code, name in streets["name"].items():
        if name in named:
            drawn.loc[code] = named[name]
    return drawn.clip(-1.1, 1.1)
