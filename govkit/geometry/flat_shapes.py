"""Polygons as flat arrays: a million take a third of a gigabyte, and compiled code can walk along their edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import shapely

from govkit.geometry.threads import side_by_side


@dataclass(frozen=True, eq=False)
class FlatShapes:
    """Polygons and multipolygons without height, in the order given.

    ``vertices`` (m × 2); ring r is ``vertices[ring[r]:ring[r + 1]]``, closed; part p has the rings ``part[p]`` to
    ``part[p + 1]``, its outline first; shape s has the parts ``shape[s]`` to ``shape[s + 1]``, none if it is missing or
    empty.
    """

    vertices: np.ndarray
    ring: np.ndarray
    part: np.ndarray
    shape: np.ndarray

    def __len__(self) -> int:
        return len(self.shape) - 1

    @classmethod
    def of_shapes(cls, shapes: np.ndarray) -> FlatShapes:
        """Return shapely polygons as flat arrays."""
        whole = np.where(shapely.is_missing(shapes), shapely.MultiPolygon(), shapes)
        if not len(whole):
            nothing = np.zeros(1, dtype=np.int64)
            return cls(np.empty((0, 2)), nothing, nothing, nothing)
        kind, vertices, offsets = shapely.to_ragged_array(whole, include_z=False)
        if kind == shapely.GeometryType.POLYGON:
            offsets = (*offsets, np.arange(len(whole) + 1))
        return cls(np.ascontiguousarray(vertices), *(one.astype(np.int64) for one in offsets))

    @classmethod
    def of_binary(cls, shapes: pa.Array) -> FlatShapes:
        """Return polygons in well-known binary as flat arrays (needs geoarrow)."""
        import geoarrow.pyarrow as ga

        parts = ga.as_geoarrow(shapes, type=ga.multipolygon().with_coord_type(ga.CoordType.INTERLEAVED)).storage
        rings = parts.values.values
        offsets = [one.offsets.to_numpy().astype(np.int64) for one in (rings, parts.values, parts)]
        return cls(rings.values.values.to_numpy().reshape(-1, 2), *offsets)

    @classmethod
    def joined(cls, pieces: Sequence[FlatShapes]) -> FlatShapes:
        """Return the shapes of several pieces, one after the other."""
        if len(pieces) == 1:
            return pieces[0]
        begins = np.cumsum([0, *(len(one.vertices) for one in pieces)])
        vertices = np.empty((begins[-1], 2))

        # Memory a process has not used before costs more than what is copied into it: that is shared, too.
        def put(number: int) -> None:
            vertices[begins[number] : begins[number + 1]] = pieces[number].vertices

        side_by_side(put, range(len(pieces)))
        levels = [[getattr(one, level) for one in pieces] for level in ("ring", "part", "shape")]
        return cls(vertices, *map(_strung, levels))

    def shapes(self, positions: np.ndarray) -> np.ndarray:
        """Return the shapes at some positions as shapely multipolygons."""
        shape, parts = _taken(self.shape, positions)
        part, rings = _taken(self.part, parts)
        ring, corners = _taken(self.ring, rings)
        kind = shapely.GeometryType.MULTIPOLYGON
        return shapely.from_ragged_array(kind, self.vertices[corners], (ring, part, shape))


def _strung(offsets: list[np.ndarray]) -> np.ndarray:
    """Return offsets into several arrays as offsets into these one after the other."""
    begins = np.cumsum([0, *(one[-1] for one in offsets)])
    return np.concatenate([begins[:1], *(one[1:] + begin for one, begin in zip(offsets, begins, strict=False))])


def _taken(offsets: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the offsets of some of the lists alone, and where what they hold stands."""
    begins, lengths = offsets[positions], offsets[positions + 1] - offsets[positions]
    taken = np.concatenate([[0], np.cumsum(lengths)])
    return taken, np.repeat(begins - taken[:-1], lengths) + np.arange(taken[-1])
