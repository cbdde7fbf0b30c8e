"""Who lives where, of what type each community is, and how well it does: what all ledgers start from."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.register import with_sums
from data.synthetic.xianning.register import REGISTER, Setting
from data.synthetic.xianning.territory import grids_of

# Households of a grid: GB/T 34300-2017 asks for 300 to 500 in towns.
_URBAN, _RURAL = 395.0, 118.0
_SIZE = {"urban_community": 2.75, "village": 3.15}
_COMPOUNDS = ("华庭小区", "新苑小区", "东方小区", "桂苑小区", "河畔小区", "学府小区")
# How the six counties do in the first half of 2021, and what the second adds; made up.
_COUNTIES = {
    "421202000000": (0.45, 0.15),
    "421281000000": (0.3, 0.2),
    "421221000000": (0.1, 0.25),
    "421222000000": (-0.05, 0.1),
    "421223000000": (-0.2, 0.45),
    "421224000000": (-0.35, -0.1),
}
COMPLEX, OLD, NEW, MARKET, RURAL = "综合体社区", "老旧小区社区", "新建商住社区", "集镇社区", "农村社区"


def settled() -> Setting:
    """Return the units with people, types and grids."""
    units = REGISTER.units()
    grids = _peopled(grids_of(units), units)
    sums = grids.groupby("unit_code")[["households", "population"]].sum()
    units = units.join(sums, on="code").fillna({"households": 0, "population": 0})
    parent = dict(zip(units["code"], units["parent"], strict=True))
    county = units["parent"].where(units["parent"].isin(list(_COUNTIES)), units["parent"].map(parent))
    units = units.assign(county=county.mask(units["kind"] == "county", units["code"]))
    units = _typed(_with_quality(with_sums(units, ["street", "town", "township"], ["county"], ["city"])))
    return Setting(_with_compounds(units).astype({"households": int, "population": int}), grids)


def _peopled(grids: gpd.GeoDataFrame, units: pd.DataFrame) -> gpd.GeoDataFrame:
    rng = REGISTER.random("people")
    kind = grids["unit_code"].map(units.set_index("code")["kind"])
    urban = (kind == "urban_community").to_numpy()
    households = np.where(urban, rng.normal(_URBAN, 48, len(grids)), rng.normal(_RURAL, 26, len(grids)))
    households = np.clip(households.round(), np.where(urban, 262, 45), np.where(urban, 560, 220)).astype(int)
    people = households * kind.map(_SIZE).to_numpy() * rng.normal(1, 0.03, len(grids))
    return grids.assign(urban=urban, households=households, population=people.round().astype(int))


def _with_quality(units: pd.DataFrame) -> pd.DataFrame:
    rng = REGISTER.random("quality")
    level, gain = (units["county"].map({code: pair[i] for code, pair in _COUNTIES.items()}).fillna(0.0) for i in (0, 1))
    own = np.where(units["kind"].isin(["urban_community", "village"]), rng.normal(0, 0.25, len(units)), 0.0)
    return units.assign(quality=level + own, gain=gain + rng.normal(0, 0.05, len(units)))


def _typed(units: pd.DataFrame) -> pd.DataFrame:
    """Give every community a type: two in each county hold a service complex, the rest by where they lie."""
    rng, urban = REGISTER.random("types"), units["kind"] == "urban_community"
    in_town = units["parent"].map(units.loc[urban, "parent"].value_counts()).fillna(0) >= 4
    kinds = np.where(rng.random(len(units)) < 0.55, OLD, NEW)
    kinds = np.where(in_town, kinds, MARKET)
    kinds = pd.Series(np.where(units["kind"] == "village", RURAL, kinds), index=units.index)
    best = units.loc[urban & in_town].sort_values("quality", ascending=False, kind="stable").groupby("county").head(2)
    kinds[best.index] = COMPLEX
    return units.assign(type=kinds.where(urban | (units["kind"] == "village")))


def _with_compounds(units: pd.DataFrame) -> pd.DataFrame:
    """Add the compounds: two or three in every community of a county's seat, with a share of its people."""
    rng, rows = REGISTER.random("compounds"), []
    seat = units.loc[units["type"].isin([COMPLEX, OLD, NEW])]
    for street, members in seat.groupby("parent", sort=True):
        number = 0
        for one in members.itertuples():
            names = rng.choice(_COMPOUNDS, int(rng.integers(2, 4)), replace=False)
            shares = shared_out(int(one.households), np.append(rng.uniform(0.6, 1.4, len(names)), 1.0))[:-1]
            for name, households in zip(names, shares, strict=True):
                number += 1
                rows.append(
                    {"code": f"{str(street)[:9]}{600 + number}", "name": f"{one.name.removesuffix('社区')}{name}",
                     "parent": one.code, "kind": "compound", "households": households,
                     "population": round(households * _SIZE["urban_community"]), "county": one.county,
                     "quality": one.quality, "gain": one.gain, "type": None}
                )  # fmt: skip
    return pd.concat([units, pd.DataFrame(rows)], ignore_index=True)
