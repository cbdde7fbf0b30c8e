"""GCJ-02 and BD-09 to CGCS2000 and back.

GCJ-02 shifts WGS 84 positions inside China by some hundred metres, BD-09 shifts GCJ-02 once more. The forward formulas
are the ones open map projects have used since 2010 (eviltransform and others); no official text exists. CGCS2000 and
WGS 84 differ by centimetres and are treated as one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

_A = 6378245.0  # Krasovsky 1940 semi-major axis
_EE = 0.00669342162296594323  # its first eccentricity squared
_BD_TURN = np.pi * 3000.0 / 180.0
# 1e-10 degrees is a hundredth of a millimetre
_CLOSE = 1e-10
_MOST_STEPS = 30

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]


def to_cgcs2000(longitude: ArrayLike, latitude: ArrayLike, datum: str) -> Pair:
    """Return positions of ``datum`` ("GCJ-02", "BD-09", "CGCS2000", "WGS84") in CGCS2000, degrees.

    The inverse is found by iteration and is better than 1 cm. Missing stays missing.
    """
    lon, lat = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    if datum == "GCJ-02":
        return _inverse(lon, lat, gcj02_from_cgcs2000)
    if datum == "BD-09":
        return _inverse(*_inverse(lon, lat, bd09_from_gcj02), gcj02_from_cgcs2000)
    return lon, lat


def from_cgcs2000(longitude: ArrayLike, latitude: ArrayLike, datum: str) -> Pair:
    """Return CGCS2000 positions in ``datum``, degrees."""
    lon, lat = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    if datum == "GCJ-02":
        return gcj02_from_cgcs2000(lon, lat)
    return bd09_from_gcj02(*gcj02_from_cgcs2000(lon, lat)) if datum == "BD-09" else (lon, lat)


def gcj02_from_cgcs2000(lon: Floats, lat: Floats) -> Pair:
    """Return the GCJ-02 position of CGCS2000 ones; outside China's box they are left as they are."""
    x, y = lon - 105.0, lat - 35.0
    radians = np.radians(lat)
    magic = 1 - _EE * np.sin(radians) ** 2
    root = np.sqrt(magic)
    north = np.degrees(_north(x, y) / (_A * (1 - _EE) / (magic * root)))
    east = np.degrees(_east(x, y) / (_A / root * np.cos(radians)))
    inside = (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    return lon + np.where(inside, east, 0.0), lat + np.where(inside, north, 0.0)


def _waves(x: Floats) -> Floats:
    return (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0


def _north(x: Floats, y: Floats) -> Floats:
    metres = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    metres = metres + _waves(x)
    metres = metres + (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    return metres + (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0


def _east(x: Floats, y: Floats) -> Floats:
    metres = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    metres = metres + _waves(x)
    metres = metres + (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    return metres + (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0


def bd09_from_gcj02(lon: Floats, lat: Floats) -> Pair:
    """Return the BD-09 position of GCJ-02 ones."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _inverse(lon: Floats, lat: Floats, forward: Callable[[Floats, Floats], Pair]) -> Pair:
    """Solve ``forward(x) = (lon, lat)`` by fixed-point steps; the shift changes by less than a thousandth of a step."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_MOST_STEPS):
        there_x, there_y = forward(x, y)
        dx, dy = lon - there_x, lat - there_y
        x, y = x + dx, y + dy
        if not np.any(np.maximum(np.abs(dx), np.abs(dy)) > _CLOSE):
            break
    return x, y
