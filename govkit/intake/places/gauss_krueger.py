"""Which CGCS2000 3-degree Gauss-Krüger projection suits a division, guessed from its code."""

from __future__ import annotations

from dataclasses import dataclass

from govkit import catalogue

_WIDTH = 3


@dataclass(frozen=True)
class Zone3:
    """A 3-degree zone by its central meridian in degrees east."""

    meridian: int

    @property
    def epsg(self) -> str:
        """The coordinate system without zone number in the easting, such as ``"EPSG:4551"``."""
        spec = catalogue.load("gauss_krueger")
        return f"EPSG:{spec['first_epsg'] + (self.meridian - spec['first_meridian']) // _WIDTH}"

    @property
    def extent(self) -> tuple[float, float]:
        """Its western and eastern bound in degrees."""
        return self.meridian - _WIDTH / 2, self.meridian + _WIDTH / 2

    @property
    def neighbours(self) -> tuple[Zone3, ...]:
        """This zone, then the zones beside it that exist, the nearest first."""
        spec = catalogue.load("gauss_krueger")
        near = (self.meridian + step * _WIDTH for step in (0, -1, 1, -2, 2))
        return tuple(Zone3(one) for one in near if spec["first_meridian"] <= one <= spec["last_meridian"])


def zone_of(code: str) -> Zone3:
    """Return the zone of a division code: its prefecture's where listed, else the one its province's seat lies in.

    >>> zone_of("230102").epsg, zone_of("621002").epsg
    ('EPSG:4551', 'EPSG:4545')
    """
    spec = catalogue.load("gauss_krueger")
    for meridian, prefectures in spec["prefectures"].items():
        if code[:4] in prefectures:
            return Zone3(int(meridian))
    longitude = spec["provinces"][code[:2]]["seat"][0]
    return Zone3(_WIDTH * round(longitude / _WIDTH))
