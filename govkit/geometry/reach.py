"""Who lives within reach of a place: circles of walking distance, and the residents of each grid inside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from govkit.geometry.threads import side_by_side

# Segments of a quarter circle: the polygon's area is within 0.3 % of the circle's.
_SEGMENTS = 12
# Ground with more corners is cut into pieces (to cut a polygon with all of a county's circles takes too long), but for
# what is smaller than this, in metres.
_MOST_CORNERS, _SMALL = 256, 1.0


def circles(points: np.ndarray, radii: Sequence[float]) -> dict[float, shapely.Geometry]:
    """Return for each radius (metres) the ground within it of any of the points (metric CRS), as one shape."""

    def ground(radius: float) -> shapely.Geometry:
        # Villages lie apart: their circles are united where they meet.
        return shapely.disjoint_subset_union_all(shapely.buffer(points, radius, quad_segs=_SEGMENTS))

    return dict(zip(radii, side_by_side(ground, radii), strict=True))


def residents_inside(
    rings: dict[float, shapely.Geometry], shapes: np.ndarray, people: np.ndarray
) -> dict[float, np.ndarray]:
    """Return for each ring the residents of each polygon inside it, taken to live evenly over the polygon.

    ``shapes`` are polygons in the rings' metric CRS, ``people`` floats; NaN where a polygon's residents are unknown.
    """
    area = np.maximum(shapely.area(shapes), 1e-9)
    inside = side_by_side(lambda ring: np.minimum(_area_inside(ring, shapes) / area, 1.0) * people, rings.values())
    return dict(zip(rings, inside, strict=True))


def _area_inside(ring: shapely.Geometry, shapes: np.ndarray) -> np.ndarray:
    # Each polygon meets a few of a ring's many pieces: cut with those alone.
    pieces = np.array(_pieces(ring), dtype=object)
    polygon, piece = shapely.STRtree(pieces).query(shapes, predicate="intersects")
    cut = shapely.area(shapely.intersection(shapes[polygon], pieces[piece]))
    return np.bincount(polygon, weights=cut, minlength=len(shapes))


def _pieces(ground: shapely.Geometry) -> list[shapely.Geometry]:
    """Return polygons of few corners that together are the ground: its parts, large ones halved and halved again."""
    waiting, found = list(shapely.get_parts(ground)), []
    while waiting:
        one = waiting.pop()
        west, south, east, north = one.bounds
        if shapely.get_num_coordinates(one) <= _MOST_CORNERS or max(east - west, north - south) < _SMALL:
            found.append(one)
            continue
        middle = (west + east) / 2, (south + north) / 2
        lengthwise = east - west > north - south
        first = (west, south, middle[0], north) if lengthwise else (west, south, east, middle[1])
        second = (middle[0], south, east, north) if lengthwise else (west, middle[1], east, north)
        halves = [shapely.clip_by_rect(one, *box) for box in (first, second)]
        waiting += [part for half in halves for part in shapely.get_parts(half) if part.area > 0]
    return found
