"""WGS84 to GCJ-02, as Chinese map services shift their points; the generator's own, independent of what reads it."""

from __future__ import annotations

import numpy as np
import pandas as pd

# The Krasovsky ellipsoid, by which the shift is scaled.
_AXIS = 6_378_245.0
_ECCENTRICITY = 0.006_693_421_622_965_943


def to_gcj02(longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return GCJ-02 degrees of WGS84 (or CGCS2000) degrees inside China."""
    x, y = longitude - 105.0, latitude - 35.0
    waves = 20.0 * (np.sin(6 * np.pi * x) + np.sin(2 * np.pi * x))
    north = -100.0 + 2 * x + 3 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += 2 / 3 * (waves + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3))
    north += 2 / 3 * (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30))
    east = 300.0 + x + 2 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += 2 / 3 * (waves + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3))
    east += 2 / 3 * (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30))
    phi = np.radians(latitude)
    bend = 1 - _ECCENTRICITY * np.sin(phi) ** 2
    metres_a_degree = np.pi / 180 * _AXIS
    north = north / (metres_a_degree * (1 - _ECCENTRICITY) / bend**1.5)
    east = east / (metres_a_degree / np.sqrt(bend) * np.cos(phi))
    return longitude + east, latitude + north


def shifted(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows with 经度 and 纬度 in GCJ-02, to six places."""
    lon, lat = to_gcj02(frame["经度"].to_numpy(float), frame["纬度"].to_numpy(float))
    return frame.assign(经度=lon.round(6), 纬度=lat.round(6))
