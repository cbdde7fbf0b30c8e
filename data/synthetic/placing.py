"""Points well inside communities, for their facilities."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

# The farthest from the middle a facility stands, in degrees (about 600 m).
_FARTHEST = 0.006


def middles(grids: gpd.GeoDataFrame, *, tolerance: float = 1e-5) -> dict[str, tuple[float, float, float]]:
    """Return longitude, latitude and free radius (degrees) of a place well inside each ``unit_code``'s grids.

    ``tolerance`` (degrees) is how far from the very middle the place may be: less is slower.
    """
    found = {}
    for code, group in grids.groupby("unit_code"):
        whole = shapely.coverage_union_all(group.geometry.to_numpy())
        largest = max(shapely.get_parts(whole), key=lambda part: part.area)
        # the degree of longitude is shorter by a third here: a circle in degrees is good enough to stay inside
        circle = shapely.maximum_inscribed_circle(largest, tolerance=tolerance)
        x, y = circle.coords[0]
        found[str(code)] = (x, y, circle.length)
    return found


def near(middle: tuple[float, float, float], rng: np.random.Generator, *, most: float = 0.8) -> tuple[float, float]:
    """Return longitude and latitude of a point around a community's middle, within ``most`` of its free radius."""
    x, y, free = middle
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, most) * min(free, _FARTHEST)
    return x + reach * np.cos(angle), y + reach * np.sin(angle)
