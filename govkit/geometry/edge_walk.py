"""Which polygon holds which point, compiled: boxes from a net of cells, then a walk along the edges.

The crossing rule is that of GEOS's point-in-ring test. A sign too close to call in double precision (J. R. Shewchuk,
Adaptive Precision Floating-Point Arithmetic, 1997: the first filter of orient2d) and every point that may lie on a
border are left to the caller, so that the answers are those of GEOS to the last point.

Importing this module imports numba: only where there are points enough to be worth it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from govkit.geometry.flat_shapes import FlatShapes
from govkit.geometry.threads import cores, side_by_side

OUTSIDE, UNSURE = -1, -2
_CELLS_A_SHAPE = 1.0
# Boxes may lie in this many cells on average; larger cells otherwise.
_ENTRIES_A_SHAPE = 16
# A thread takes as many points at once, sorted by place: neighbours find their polygons still in the processor's cache.
_LEAST, _AT_ONCE = 1 << 16, 1 << 23
_TILES = 128
_FILTER = (3.0 + 16.0 * 2.0**-53) * 2.0**-53

_compiled = numba.njit(cache=True, nogil=True)


@dataclass(frozen=True, eq=False)
class EdgeNet:
    """Polygons as flat arrays and the net of square cells their boxes lie in.

    ``vertices`` and ``ring`` as in ``FlatShapes``; polygon p has the rings ``first[p]`` to ``first[p + 1]``, holes and
    parts alike; ``bounds`` (n × 4). Cell c holds ``members[start[c]:start[c + 1]]``.
    """

    vertices: np.ndarray
    ring: np.ndarray
    first: np.ndarray
    bounds: np.ndarray
    corner: tuple[float, float]
    cells: tuple[int, int]
    per_unit: float
    start: np.ndarray
    members: np.ndarray

    def locate(self, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for every point (n × 2) the first polygon that holds it and whether another one holds it too.

        ``OUTSIDE`` in none (or a coordinate is missing), ``UNSURE`` where only exact arithmetic can tell.
        """
        rank, again = np.empty(len(xy), dtype=np.int32), np.zeros(len(xy), dtype=bool)

        size = max(_LEAST, min(_AT_ONCE, -(-len(xy) // cores())))

        def part(begin: int) -> None:
            piece = slice(begin, begin + size)
            order = _by_place(xy[piece], *self.corner, *self._tiles())
            _walk_all(
                xy[piece], order, self.vertices, self.ring, self.first, self.bounds,
                *self.corner, *self.cells, self.per_unit, self.start, self.members, rank[piece], again[piece],
            )  # fmt: skip

        side_by_side(part, range(0, len(xy), size))
        return rank, again

    def near(self, xy: np.ndarray) -> np.ndarray:
        """Return the polygons, ascending, whose boxes may hold any of the points (n × 2, all inside the net)."""
        column, row = ((xy - self.corner) * self.per_unit).astype(np.int64).T
        cells = np.unique(row * self.cells[0] + column)
        return np.unique(np.concatenate([self.members[self.start[c] : self.start[c + 1]] for c in cells]))

    def _tiles(self) -> tuple[float, float]:
        """Tiles per unit of x and of y."""
        return tuple(_TILES * self.per_unit / cells for cells in self.cells)  # type: ignore[return-value]


def build_net(flat: FlatShapes) -> EdgeNet:
    """Return the net of polygons; empty ones hold nothing."""
    vertices, ring, first = flat.vertices, flat.ring, flat.part[flat.shape]
    ends = np.linspace(0, len(flat), cores() + 1).astype(int).tolist()
    parts = side_by_side(lambda at: _bounds(vertices, ring, first[ends[at] : ends[at + 1] + 1]), range(cores()))
    bounds = np.concatenate(parts)
    drawn = bounds[bounds[:, 0] <= bounds[:, 2]]
    if not len(drawn):
        drawn = np.zeros((1, 4))
    corner = (float(drawn[:, 0].min()), float(drawn[:, 1].min()))
    extent = drawn[:, 2].max() - corner[0], drawn[:, 3].max() - corner[1]
    per_unit = _resolution(extent, len(drawn))
    while True:
        cells = int(extent[0] * per_unit) + 1, int(extent[1] * per_unit) + 1
        start = _counted(bounds, *corner, *cells, per_unit)
        if start[-1] <= _ENTRIES_A_SHAPE * len(drawn) or max(cells) == 1:
            break
        per_unit /= 2
    members = _filled(bounds, *corner, cells[0], per_unit, start)
    return EdgeNet(vertices, ring, first, bounds, corner, cells, per_unit, start, members)


def _resolution(extent: tuple[float, float], shapes: int) -> float:
    """Return cells per unit of length: about as many cells as shapes."""
    area, longest = extent[0] * extent[1], max(extent)
    if longest == 0:
        return 1.0
    wanted = shapes * _CELLS_A_SHAPE
    # a layer as thin as a line: cells along it only
    return float(min(np.sqrt(wanted / area), wanted / longest * 1000) if area > 0 else wanted / longest)


@_compiled
def _bounds(vertices: np.ndarray, ring: np.ndarray, first: np.ndarray) -> np.ndarray:
    bounds = np.empty((len(first) - 1, 4))
    for shape in range(len(first) - 1):
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for at in range(ring[first[shape]], ring[first[shape + 1]]):
            x, y = vertices[at, 0], vertices[at, 1]
            west, east = min(west, x), max(east, x)
            south, north = min(south, y), max(north, y)
        bounds[shape, 0], bounds[shape, 1], bounds[shape, 2], bounds[shape, 3] = west, south, east, north
    return bounds


@_compiled
def _span(low: float, high: float, edge: float, per_unit: float) -> range:
    """Return the columns (or rows) of cells that an extent meets; none for an empty shape."""
    return range(int((low - edge) * per_unit), int((high - edge) * per_unit) + 1) if low <= high else range(0)


@_compiled
def _counted(bounds: np.ndarray, west: float, south: float, across: int, up: int, per_unit: float) -> np.ndarray:
    """Return where each cell's members begin."""
    start = np.zeros(across * up + 1, dtype=np.int64)
    for shape in range(len(bounds)):
        for row in _span(bounds[shape, 1], bounds[shape, 3], south, per_unit):
            for column in _span(bounds[shape, 0], bounds[shape, 2], west, per_unit):
                start[row * across + column + 1] += 1
    return np.cumsum(start)


@_compiled
def _filled(
    bounds: np.ndarray, west: float, south: float, across: int, per_unit: float, start: np.ndarray
) -> np.ndarray:
    """Return the members of all cells, in polygon order within each."""
    members, place = np.empty(start[-1], dtype=np.int32), start[:-1].copy()
    for shape in range(len(bounds)):
        for row in _span(bounds[shape, 1], bounds[shape, 3], south, per_unit):
            for column in _span(bounds[shape, 0], bounds[shape, 2], west, per_unit):
                cell = row * across + column
                members[place[cell]] = shape
                place[cell] += 1
    return members


@_compiled
def _by_place(xy: np.ndarray, west: float, south: float, tiles_x: float, tiles_y: float) -> np.ndarray:
    """Return the points' positions, sorted by the tile they lie in (counting sort)."""
    tile, start = np.empty(len(xy), dtype=np.int32), np.zeros(_TILES * _TILES + 1, dtype=np.int64)
    for at in range(len(xy)):
        column, row = (xy[at, 0] - west) * tiles_x, (xy[at, 1] - south) * tiles_y
        inside = 0 <= column < _TILES and 0 <= row < _TILES
        tile[at] = int(row) * _TILES + int(column) if inside else 0
        start[tile[at] + 1] += 1
    start = np.cumsum(start)
    order = np.empty(len(xy), dtype=np.int32)
    for at in range(len(xy)):
        order[start[tile[at]]] = at
        start[tile[at]] += 1
    return order


@_compiled
def _walk_all(
    xy: np.ndarray, order: np.ndarray, vertices: np.ndarray, ring: np.ndarray, first: np.ndarray, bounds: np.ndarray,
    west: float, south: float, across: int, up: int, per_unit: float, start: np.ndarray, members: np.ndarray,
    rank: np.ndarray, again: np.ndarray,
) -> None:  # fmt: skip
    """Write polygon and doubt of every point into ``rank`` and ``again``."""
    for at in order:
        x, y = xy[at, 0], xy[at, 1]
        rank[at] = OUTSIDE
        column, row = (x - west) * per_unit, (y - south) * per_unit
        if not (0 <= column < across and 0 <= row < up):
            continue
        cell = int(row) * across + int(column)
        for member in range(start[cell], start[cell + 1]):
            shape = members[member]
            if bounds[shape, 0] <= x <= bounds[shape, 2] and bounds[shape, 1] <= y <= bounds[shape, 3]:
                side = _side(vertices, ring, first[shape], first[shape + 1], x, y)
                if side == UNSURE:
                    rank[at] = UNSURE
                    break
                if side == 1 and rank[at] >= 0:
                    again[at] = True
                elif side == 1:
                    rank[at] = shape


@_compiled
def _side(vertices: np.ndarray, ring: np.ndarray, first: int, last: int, x: float, y: float) -> int:
    """Return 1 inside, 0 outside, UNSURE on or next to an edge: odd crossings of the ray from the point to the east."""
    odd = 0
    for one in range(first, last):
        ax, ay = vertices[ring[one], 0], vertices[ring[one], 1]
        for at in range(ring[one] + 1, ring[one + 1]):
            bx, by = vertices[at, 0], vertices[at, 1]
            if (ay > y) != (by > y):
                left, right = (ax - x) * (by - y), (ay - y) * (bx - x)
                if abs(left - right) <= _FILTER * (abs(left) + abs(right)):
                    return UNSURE
                odd ^= (left > right) == (by > ay)
            elif by == y and (bx == x or (ay == y and min(ax, bx) <= x <= max(ax, bx))):
                return UNSURE  # at a peak no edge is crossed
            ax, ay = bx, by
    return odd
