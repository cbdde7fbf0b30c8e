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
    return {radius: np.minimum(_area_inside(ring, shapes) / area, 1.0) * people for radius, ring in rings.items()}


def _area_inside(ring: shapely.Geometry, shapes: np.ndarray) -> np.ndarray:
    # Each polygon meets a few of a ring's many parts: cut with those alone.
    parts = shapely.get_parts(ring)
    polygon, part = shapely.STRtree(parts).query(shapes, predicate="intersects")
    cut = shapely.area(shapely.intersection(shapes[polygon], parts[part]))
    return np.bincount(polygon, weights=cut, minlength=len(shapes))
