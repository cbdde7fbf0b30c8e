"""The zone's units, published totals and random numbers, and the words its files share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.synthetic.listed import Ground
from data.synthetic.register import Register

REGISTER = Register(Path(__file__).parent, 420116)
YEARS = (2003, 2004, 2005)
QIANCHUAN, WUHU, DEVELOPMENT_ZONE = "420116001000", "420116013000", "420116403000"
# The four types of community (H8); the first community of a street in the countryside is its market town.
STREET, MARKET, VILLAGE, ESTATE = "街道型", "集镇型", "农民新村型", "开发小区型"


@dataclass(frozen=True)
class Setting:
    """Units in code order: code, name, parent, kind, type, quality (about -1 to 1), population, households.

    ``shapes`` are their polygons (EPSG:4490), ``ground`` the areas in m², in the same order.
    """

    units: pd.DataFrame
    shapes: gpd.GeoSeries
    ground: pd.Series

    @property
    def listed(self) -> Ground:
        """What the zone's lists are made for; quality is the same in every year."""
        years = {str(year): f"{year}年" for year in YEARS}
        return Ground(REGISTER, self.units, years, lambda rows, _: rows["quality"].to_numpy(dtype=float))

    @property
    def communities(self) -> pd.DataFrame:
        """The communities in code order, numbered from 0."""
        return self.units.loc[self.units["kind"] == "urban_community"].reset_index(drop=True)
