"""Who lives within reach of a place: circles of walking distance, and the residents of each grid inside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

# Segments of a quarter circle: the polygon's area is within 0.3 % of the circle's.
_SEGMENTS = 12


def circles(points: np.ndarray, radii: Sequence[float]) -> dict[float, shapely.Geometry]:
    """Return for each radius (metres) the ground within it of any of the points (metric CRS), as one shape."""
    return {radius: shapely.union_all(shapely.buffer(points, radius, quad_segs=_SEGMENTS)) for radius in radii}


def residents_inside(
    rings: dict[float, shapely.Geometry], shapes: np.ndarray, people: np.ndarray
) -> dict[float, np.ndarray]:
    """Return for each ring the residents of each polygon inside it, taken to live evenly over the polygon.

    ``shapes`` are polygons in the rings' metric CRS, ``people`` floats; NaN where a polygon's residents are unknown.
    """
    area = np.maximum(shapely.area(shapes), 1e-9)
    found = {}
    for radius, ring in rings.items():
        shapely.prepare(ring)
        share = np.zeros(len(shapes))
        near = shapely.intersects(ring, shapes)
        whole = near & shapely.contains_properly(ring, shapes)
        share[whole] = 1.0
        partly = near & ~whole
        share[partly] = shapely.area(shapely.intersection(shapes[partly], ring)) / area[partly]
        found[radius] = np.minimum(share, 1.0) * people
    return found
