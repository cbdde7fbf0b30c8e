"""Who lives where, what sort of village it is, and how each county does: what all files start from."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.listed import Ground
from data.synthetic.qingyang.register import REGISTER
from data.synthetic.qingyang.territory import grids_of
from data.synthetic.register import with_sums

PERIODS = {"2018H1": "2018年上半年", "2018H2": "2018年下半年"}
COMMUNITIES = ["urban_community", "village"]
# The three villages the published account names, with their modes.
MODELS = {"毛寺村": "景区依托型", "李岭村": "产业带动型", "周庄村": "移民安置型"}
_MODEL_COUNTY = "621002"
_MODES = {"传统农业型": 0.66, "产业带动型": 0.19, "移民安置型": 0.08, "景区依托型": 0.03, "城郊融合型": 0.04}
_TOWNS = {"street": 7_400, "seat": 4_600, "town": 2_300}
_HOUSEHOLD = {"village": 3.4, "urban_community": 2.7}
# A village of a typical mode does somewhat better than one that lives by its fields alone.
_LIFT = {"景区依托型": 0.3, "产业带动型": 0.2, "移民安置型": 0.1, "城郊融合型": 0.1}


@dataclass(frozen=True)
class Setting:
    """The units with people, the grids with theirs, and how each county does in either period (about -1 to 1)."""

    units: pd.DataFrame
    grids: gpd.GeoDataFrame
    character: pd.DataFrame

    @property
    def communities(self) -> pd.DataFrame:
        """Communities and villages in code order: also ``county`` (6 digits), ``mode`` and ``own``."""
        return self.units.loc[self.units["kind"].isin(COMMUNITIES)].sort_values("code")

    @property
    def towns(self) -> pd.DataFrame:
        """Streets, towns and townships in code order."""
        return self.units.loc[self.units["kind"].isin(["street", "town", "township"])].sort_values("code")

    @property
    def listed(self) -> Ground:
        """What the zone's lists are made for."""
        return Ground(REGISTER, self.units, PERIODS, self.quality)

    def quality(self, units: pd.DataFrame, period: str) -> np.ndarray:
        """Return how well each of ``units`` does in a period: its county's character and its own."""
        return self.character.loc[units["county"], period].to_numpy() + units["own"].to_numpy()


def make_setting() -> Setting:
    """Return the units and grids with people and modes, and the character of every county."""
    rng, units = REGISTER.random("people"), REGISTER.units()
    units = units.assign(county=units["code"].str[:6])
    units = units.assign(mode=_modes(units, rng), population=_people(units, rng))
    size = units["kind"].map(_HOUSEHOLD)
    units = units.assign(households=(units["population"] / size).round().fillna(0).astype(int))
    lift = units["mode"].map(_LIFT).fillna(0.0)
    units = units.assign(own=lift + np.where(units["kind"].isin(COMMUNITIES), rng.normal(0, 0.3, len(units)), 0.0))
    rows = REGISTER.rows("counties.csv")
    columns = {"2018H1": [float(row["first"]) for row in rows], "2018H2": [float(row["second"]) for row in rows]}
    character = pd.DataFrame(columns, index=[row["code"] for row in rows])
    return Setting(
        with_sums(units, ["street", "town", "township"], ["county"], ["city"]),
        _peopled(grids_of(units), units, rng),
        character,
    )


def _modes(units: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return the mode of every village, None for other units."""
    drawn = rng.choice(list(_MODES), len(units), p=list(_MODES.values())).astype(object)
    drawn[units["kind"] != "village"] = None
    named = units["name"].isin(MODELS) & units["county"].eq(_MODEL_COUNTY) & units["kind"].eq("village")
    drawn[named] = units.loc[named, "name"].map(MODELS)
    return drawn


def _people(units: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return the people of every community and village: those of a county are as many as counties.csv says."""
    people = np.zeros(len(units), dtype=int)
    kinds, parents = units.set_index("code")["kind"], units["parent"]
    urban = (units["kind"] == "urban_community").to_numpy()
    in_seat = parents.isin(parents[urban].value_counts().loc[lambda n: n > 1].index).to_numpy()
    usual = np.where(
        parents.map(kinds) == "street", _TOWNS["street"], np.where(in_seat, _TOWNS["seat"], _TOWNS["town"])
    )
    people[urban] = (usual * rng.lognormal(0, 0.15, len(units))).round()[urban]
    for row in REGISTER.rows("counties.csv"):
        mine = (units["county"] == row["code"]).to_numpy()
        rural = mine & (units["kind"] == "village").to_numpy()
        rest = int(row["people"]) - int(people[mine & urban].sum())
        people[rural] = shared_out(rest, rng.lognormal(0, 0.3, int(rural.sum())), least=260)
    return people


def _peopled(grids: gpd.GeoDataFrame, units: pd.DataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the grids with the people and households of their units shared out among them."""
    known = units.set_index("code")
    households, population = np.zeros(len(grids), dtype=int), np.zeros(len(grids), dtype=int)
    for code, at in grids.groupby("unit_code").indices.items():
        weight = rng.lognormal(0, 0.25, len(at))
        households[at] = shared_out(int(known.at[code, "households"]), weight, least=5)
        population[at] = shared_out(int(known.at[code, "population"]), weight * rng.normal(1, 0.04, len(at)), least=12)
    return grids.assign(households=households, population=population)
