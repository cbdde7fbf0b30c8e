"""How large the made-up province is, and the totals its rows are made to meet."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

METRIC = "EPSG:4526"
GEOGRAPHIC = "EPSG:4490"
SEED = 990_000
# Division codes begin with a number that no province bears.
PROVINCE = "99"
PERIODS = ("2025H1", "2025H2")
STATEMENT = "本区数据为测速用合成数据，单位、人口、设施和事项均为虚构，不反映任何地方的实际情况。"


@dataclass(frozen=True)
class Plan:
    """The size of a province; every county, street and community is as large as the next.

    A street is a block of ``down`` × ``across`` grids in strips of ``strip`` rows; each strip holds ``communities``
    communities. Totals are per county: they are met to the last one.
    """

    counties: int = 100
    streets_down: int = 4
    streets_across: int = 5
    down: int = 20
    across: int = 25
    strip: int = 4
    communities: int = 3
    facilities: int = 10_000
    matters: int = 40_000
    households: int = 200_000
    population: int = 600_000

    @classmethod
    def at(cls, scale: float) -> Plan:
        """Return the province at a scale: 1 has 1,000,000 grids, 0.01 is a single county of 10,000."""
        return cls(counties=max(1, round(100 * scale)))

    @property
    def streets(self) -> int:
        """Streets a county."""
        return self.streets_down * self.streets_across

    @property
    def communities_a_street(self) -> int:
        """Communities a street."""
        return self.communities * self.down // self.strip

    @property
    def county_shape(self) -> tuple[int, int]:
        """Grids of a county, from south to north and from west to east."""
        return self.streets_down * self.down, self.streets_across * self.across

    @property
    def grids(self) -> int:
        """Grids a county."""
        return math.prod(self.county_shape)

    @property
    def counties_across(self) -> int:
        """Counties side by side in the province."""
        return math.ceil(math.sqrt(self.counties))

    @property
    def lattice_shape(self) -> tuple[int, int]:
        """Grids of the square of counties that the province lies in."""
        down, across = self.county_shape
        return math.ceil(self.counties / self.counties_across) * down, self.counties_across * across

    def totals(self) -> dict[str, int]:
        """Return what the whole province holds, by name."""
        a_county = {
            "streets": self.streets,
            "communities": self.streets * self.communities_a_street,
            "grids": self.grids,
            "facilities": self.facilities,
            "matters": self.matters,
            "households": self.households,
            "population": self.population,
        }
        return {"counties": self.counties} | {name: self.counties * number for name, number in a_county.items()}


def county_code(county: int) -> str:
    """Return the six-digit code of a county: ten counties a city.

    >>> county_code(0), county_code(23)
    ('990101', '990304')
    """
    return f"{PROVINCE}{county // 10 + 1:02d}{county % 10 + 1:02d}"


def random(county: int, purpose: int) -> np.random.Generator:
    """Return a generator of its own for every county and purpose: one county can be drawn without the others."""
    return np.random.default_rng([SEED, county, purpose])
