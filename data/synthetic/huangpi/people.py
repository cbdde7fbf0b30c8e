"""Who lives where, what type each community is, and how well it does: what all ledgers start from."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from data.synthetic.drawing import shared_out
from data.synthetic.huangpi import register
from data.synthetic.huangpi.register import DEVELOPMENT_ZONE, QIANCHUAN, REGISTER, WUHU, Setting
from data.synthetic.huangpi.territory import PLANE, shapes_of

# Streets that worked for the 883 standard first do better.
_AHEAD = {QIANCHUAN: 0.5, WUHU: 0.35, DEVELOPMENT_ZONE: 0.9}
# Communities built around new housing.
_ESTATES = ("锦绣社区", "滠兴社区", "龙巢社区", "新建社区")


def settled() -> Setting:
    """Return the units with people, types and polygons."""
    units = REGISTER.units()
    made = shapes_of(units)
    shapes = np.array([made[code] for code in units["code"]])
    units = _populated(_formed(_typed(units)))
    return Setting(units, PLANE.placed(shapes), pd.Series(shapely.area(shapes), index=units.index))


def _typed(units: pd.DataFrame) -> pd.DataFrame:
    """Give every community its type (H8) and its own quality, about -1 to 1."""
    rng = REGISTER.random("types")
    community = units["kind"] == "urban_community"
    rank = units.groupby("parent").cumcount()
    kinds = np.where(rank == 0, register.MARKET, register.VILLAGE)
    kinds = np.where(units["parent"] == QIANCHUAN, register.STREET, kinds)
    kinds = np.where(units["parent"].eq(DEVELOPMENT_ZONE) | units["name"].isin(_ESTATES), register.ESTATE, kinds)
    own = units["parent"].map(_AHEAD).fillna(-0.25) + rng.normal(0, 0.35, len(units))
    return units.assign(type=pd.Series(kinds, index=units.index).where(community), quality=own.where(community))


def _formed(units: pd.DataFrame) -> pd.DataFrame:
    """Say how every community came to be (H12): new estates and villages turned communities, as many as published."""
    published, mine = REGISTER.calibration(), units["kind"] == "urban_community"
    estates, streets = (units.index[units["type"] == kind] for kind in (register.ESTATE, register.STREET))
    new = [*estates, *streets[::-1]][: int(published["newly_built"])]
    village = units.index[units["type"] == register.VILLAGE][: int(published["from_villages"])]
    formed = pd.Series("原有", index=units.index).where(mine)
    formed[new], formed[village] = "新建", "村改居"
    return units.assign(formed=formed)


def _populated(units: pd.DataFrame) -> pd.DataFrame:
    """Share the published households and people out over the communities, and sum them up the hierarchy."""
    rng, published = REGISTER.random("people"), REGISTER.calibration()
    mine = units["kind"] == "urban_community"
    weights = rng.lognormal(0, 0.3, int(mine.sum())) * np.where(units.loc[mine, "parent"] == QIANCHUAN, 1.6, 1.0)
    households = shared_out(int(published["households"]), weights)
    people = shared_out(int(published["population"]), households * rng.normal(3.2, 0.12, len(households)))
    units = units.assign(households=0, population=0)
    units.loc[mine, "households"], units.loc[mine, "population"] = households, people
    for kinds in (["street", "township"], ["county"]):
        above = units["kind"].isin(kinds)
        for column in ("households", "population"):
            sums = units.groupby("parent")[column].sum()
            units = units.assign(**{column: units[column].mask(above, units["code"].map(sums))})
    return units.astype({"households": int, "population": int})
