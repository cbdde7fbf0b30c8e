"""Which Gauss-Krüger system metres without a declared one are in, told from the numbers; a code's 3-degree zone."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyproj

from govkit import catalogue

_MILLION = 1_000_000


@dataclass(frozen=True)
class Candidate:
    """A system the numbers may be in; ``longitude`` and ``latitude`` are where their middle would lie."""

    epsg: int
    name: str
    longitude: float
    latitude: float

    def __str__(self) -> str:
        return f"{self.name}（EPSG:{self.epsg}）"


def looks_projected(first: float, second: float) -> bool:
    """Whether two coordinates look like Gauss-Krüger metres, in either order.

    >>> looks_projected(42_475_000, 5_050_000), looks_projected(126.5, 45.6)
    (True, False)
    """
    return _easting_first(first, second) is not None


def easting_first(first: pd.Series, second: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return two columns of metres as eastings and northings, whichever way round most of them are."""
    pairs = [_easting_first(a, b) for a, b in zip(first, second, strict=True)]
    turned = [pair[0] != a for pair, a in zip(pairs, first, strict=True) if pair]
    return (second, first) if 2 * sum(turned) > len(turned) else (first, second)


def candidates(first: float, second: float, code: str = "") -> list[Candidate]:
    """Return the systems a position in metres may be in, the likeliest first.

    ``first`` and ``second`` are its coordinates in either order, ``code`` the division code of the zone it should lie
    in (or near). Without a zone number in the easting a system is kept only if it puts the position near the zone.

    >>> [str(one) for one in candidates(42_475_000, 5_050_000)][:2]
    ['CGCS2000 3 度带第 42 带（EPSG:4530）', '西安80 3 度带第 42 带（EPSG:2366）']
    >>> [one.epsg for one in candidates(475_000, 5_050_000, "230102")][:3]
    [4551, 2387, 2439]
    """
    pair = _easting_first(first, second)
    if pair is None:
        return []
    spec = catalogue.load("projections")
    found: list[Candidate] = []
    zone = int(pair[0] // _MILLION)
    for degree, width in spec["degree"].items():
        zones = range(width["first_zone"], width["last_zone"] + 1)
        if zone and zone not in zones:
            continue
        for number in [zone] if zone else zones:
            meridian = number * int(degree) + width["zero_meridian"]
            label = f"{width['name']}第 {number} 带" if zone else f"{width['name']}，中央经线 {meridian}°"
            for system in spec["systems"]:
                first_code = system["numbered" if zone else "plain"][degree]
                found.append(_candidate(first_code + number - zones[0], f"{system['name']} {label}", pair))
    return _near(found, code)[: spec["limits"]["most"]]


def _easting_first(first: float, second: float) -> tuple[float, float] | None:
    """Return (easting, northing); surveyors write the northing first and call it X."""
    limits, degrees = catalogue.load("projections")["limits"], catalogue.load("projections")["degree"]
    numbers = {0} | {n for one in degrees.values() for n in range(one["first_zone"], one["last_zone"] + 1)}

    def fits(easting: float, northing: float) -> bool:
        in_zone = limits["easting"][0] <= easting % _MILLION <= limits["easting"][1]
        return in_zone and easting // _MILLION in numbers and limits["northing"][0] <= northing <= limits["northing"][1]

    if fits(first, second):
        return first, second
    return (second, first) if fits(second, first) else None


def _candidate(epsg: int, name: str, pair: tuple[float, float]) -> Candidate:
    crs = pyproj.CRS.from_epsg(epsg)
    assert crs.geodetic_crs is not None  # noqa: S101  (every projected system has one)
    to_degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return Candidate(epsg, name, *to_degrees.transform(*pair))


def _near(found: list[Candidate], code: str) -> list[Candidate]:
    """Return the candidates that lie near the zone, nearest first; all of them where the code tells nothing."""
    spec, limits = catalogue.load("gauss_krueger"), catalogue.load("projections")["limits"]
    if code[:2] not in spec["provinces"]:
        return found
    meridian, latitude = zone_of(code).meridian, spec["provinces"][code[:2]]["seat"][1]

    def off(one: Candidate) -> float:
        return abs(one.longitude - meridian)

    near = [one for one in found if off(one) <= limits["near_meridian"]]
    near = [one for one in near if abs(one.latitude - latitude) <= limits["near_latitude"]]
    return sorted(near, key=lambda one: round(off(one), 1)) or found


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
