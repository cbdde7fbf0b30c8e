"""Who lives where, who is in the pilot, and how each street and town does: what all files start from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.listed import Ground
from data.synthetic.register import with_sums
from data.synthetic.xiangfang.register import REGISTER
from data.synthetic.xiangfang.territory import grids_of

YEARS = (2016, 2017, 2018)
PILOT_SINCE = dt.date(2017, 5, 1)
# The published account does not name the pilot's three streets: these have 13 communities together.
PILOT_STREETS = ("建筑街道", "健康路街道", "王兆街道")
_HOUSEHOLD = 2.35
# What the pilot adds to how a street does, by year.
_LIFT = {2016: 0.0, 2017: 0.25, 2018: 0.55}


@dataclass(frozen=True)
class Setting:
    """The units with their people, the grids with theirs, and the character of every street and town by year."""

    units: pd.DataFrame
    grids: gpd.GeoDataFrame
    character: pd.DataFrame

    @property
    def communities(self) -> pd.DataFrame:
        """Communities in code order, ``pilot`` and ``own`` (how well it does beside its street) among the columns."""
        return self.units.loc[self.units["kind"] == "urban_community"].sort_values("code")

    @property
    def streets(self) -> pd.DataFrame:
        """Streets and towns in code order."""
        return self.units.loc[self.units["kind"].isin(["street", "town"])].sort_values("code")

    @property
    def listed(self) -> Ground:
        """What the zone's lists are made for."""
        return Ground(REGISTER, self.units, {str(year): f"{year}年" for year in YEARS}, self.well)

    def well(self, units: pd.DataFrame, year: str) -> np.ndarray:
        """Return how well communities do in a year."""
        return self.character[int(year)].reindex(units["parent"]).to_numpy() + units["own"].to_numpy()

    def quality(self, unit: pd.Series, year: int) -> float:
        """Return how well a community's street or town does in a year, about -1 to 1."""
        return float(self.character.loc[unit["parent"], year] + unit["own"])


def make_setting() -> Setting:
    """Return the units and grids with people, the pilot and the character of every street and town."""
    rng, units = REGISTER.random("people"), REGISTER.units()
    grids = grids_of(units)
    total = int(REGISTER.calibration()["population"])
    households = shared_out(round(total / _HOUSEHOLD), rng.lognormal(0, 0.25, len(grids)), least=60)
    population = shared_out(total, households * rng.normal(1, 0.04, len(grids)))
    grids = grids.assign(households=households, population=population)
    sums = grids.groupby("unit_code")[["households", "population"]].sum()
    units = with_sums(units.join(sums, on="code"), ["street", "town"], ["county"])
    pilots = set(units.loc[units["name"].isin(PILOT_STREETS), "code"])
    pilot = units["code"].isin(pilots) | units["parent"].isin(pilots)
    own = np.where(units["kind"] == "urban_community", rng.normal(0, 0.28, len(units)), 0.0)
    units = units.assign(pilot=pilot, own=own)
    return Setting(units, grids, _character(units, rng))


def _character(units: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return a row per street and town, a column a year: how well it does (about -1 to 1)."""
    streets = units.loc[units["kind"].isin(["street", "town"])].set_index("code")
    level = rng.normal(0.0, 0.38, len(streets))
    drawn = {}
    for year in YEARS:
        level = level + rng.normal(0.08, 0.12, len(streets))
        drawn[year] = level + np.where(streets["pilot"], _LIFT[year], 0.0)
    return pd.DataFrame(drawn, index=streets.index).clip(-1.1, 1.1)
