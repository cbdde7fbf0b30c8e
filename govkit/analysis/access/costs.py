"""Minutes from where people live to facilities: straight lines with a detour, or a network of lines; piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from govkit.errors import GovkitError, UnknownNameError

# Demand points, or facilities on a network, that are looked at in one go: some tens of megabytes.
_AT_ONCE = 20_000
# Pairs that are kept between one walk over them and the next: half a gigabyte.
_MOST_KEPT = 20_000_000
# Ends of lines that lie closer than this, in metres, are one crossing.
_SNAP_M = 0.5

Piece = tuple[np.ndarray, np.ndarray, np.ndarray]


class Costs(Protocol):
    """Pairs of a demand point and a facility with the minutes between them, none above the limit."""

    @property
    def demand(self) -> int:
        """How many demand points there are."""

    @property
    def supply(self) -> int:
        """How many facilities there are."""

    def pieces(self) -> Iterator[Piece]:
        """Yield places of demand points, places of facilities, minutes; each pair once."""


@dataclass(frozen=True)
class Straight:
    """Straight lines times a detour factor; points (n × 2, metres), ``metres``: how far one walks within the limit."""

    origins: np.ndarray
    places: np.ndarray
    minutes: float
    metres_a_minute: float
    detour: float

    @property
    def demand(self) -> int:
        """How many demand points there are."""
        return len(self.origins)

    @property
    def supply(self) -> int:
        """How many facilities there are."""
        return len(self.places)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.places)

    def pieces(self) -> Iterator[Piece]:
        """Yield the pairs, some thousand demand points at a time."""
        reach = self.minutes * self.metres_a_minute / self.detour
        for first in range(0, len(self.origins), _AT_ONCE):
            part = self.origins[first : first + _AT_ONCE]
            # the tree keeps what is just as far as the limit only if that is not cut off by the last digit
            near = cKDTree(part).sparse_distance_matrix(self._tree, reach * (1 + 1e-12), output_type="ndarray")
            yield near["i"] + first, near["j"], near["v"] * self.detour / self.metres_a_minute


@dataclass(frozen=True, eq=False)
class Network:
    """Shortest ways along lines: ``graph`` of crossings in minutes, nearest crossing of each point, the way there."""

    graph: csr_array
    origin_node: np.ndarray
    origin_minutes: np.ndarray
    place_node: np.ndarray
    place_minutes: np.ndarray
    minutes: float

    @property
    def demand(self) -> int:
        """How many demand points there are."""
        return len(self.origin_node)

    @property
    def supply(self) -> int:
        """How many facilities there are."""
        return len(self.place_node)

    def pieces(self) -> Iterator[Piece]:
        """Yield the pairs, a few facilities at a time: from each the ways to all crossings within the limit."""
        order = np.argsort(self.origin_node, kind="stable")
        nodes = self.origin_node[order]
        at_once = max(1, int(4e7 / self.graph.shape[0]))
        for first in range(0, len(self.place_node), at_once):
            here = slice(first, first + at_once)
            ways = dijkstra(self.graph, directed=False, indices=self.place_node[here], limit=self.minutes)
            place, node = np.nonzero(np.isfinite(ways))
            left, right = np.searchsorted(nodes, node), np.searchsorted(nodes, node, side="right")
            counts = right - left
            origin = order[np.repeat(left, counts) + _counted(counts)]
            place, node = np.repeat(place, counts), np.repeat(node, counts)
            minutes = ways[place, node] + self.origin_minutes[origin] + self.place_minutes[here][place]
            kept = minutes <= self.minutes
            yield origin[kept], place[kept] + first, minutes[kept]


def _counted(counts: np.ndarray) -> np.ndarray:
    """Return 0, 1, … for each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


class Kept:
    """Pairs found once and kept, as long as they are few enough: a method walks over them several times."""

    def __init__(self, costs: Costs) -> None:
        self.costs, self._kept = costs, list[Piece]()
        self._whole = False

    @property
    def demand(self) -> int:
        """How many demand points there are."""
        return self.costs.demand

    @property
    def supply(self) -> int:
        """How many facilities there are."""
        return self.costs.supply

    def pieces(self) -> Iterator[Piece]:
        """Yield the pairs, from memory if they are all there."""
        if self._whole:
            yield from self._kept
            return
        kept, pairs = list[Piece](), 0
        for piece in self.costs.pieces():
            pairs += len(piece[0])
            kept = [*kept, piece] if pairs <= _MOST_KEPT else []
            yield piece
        if pairs <= _MOST_KEPT:
            self._kept, self._whole = kept, True


@dataclass(frozen=True, eq=False)
class Given:
    """Minutes that somebody else has found, as three arrays."""

    origin: np.ndarray
    place: np.ndarray
    cost: np.ndarray
    demand: int
    supply: int

    def pieces(self) -> Iterator[Piece]:
        """Yield all pairs at once."""
        yield self.origin, self.place, self.cost


def given(frame: pd.DataFrame, demand: pd.Index, supply: pd.Index, *, minutes: float) -> Given:
    """Return minutes from a frame with columns ``origin``, ``dest`` and ``minutes``, those above the limit left out.

    Raises UnknownNameError for a missing column, GovkitError for a pair that is there twice.
    """
    for name in ("origin", "dest", "minutes"):
        if name not in frame:
            raise UnknownNameError("列", name, map(str, frame.columns))
    near = frame.loc[frame["minutes"] <= minutes]
    if near.duplicated(["origin", "dest"]).any():
        raise GovkitError("行程时间表里有的起讫点出现了两次。", todo="每一对起讫点只留一行。")
    origin, place = demand.get_indexer(near["origin"]), supply.get_indexer(near["dest"])
    kept = (origin >= 0) & (place >= 0)
    cost = near["minutes"].to_numpy(dtype=float)
    return Given(origin[kept], place[kept], cost[kept], len(demand), len(supply))


def on_network(
    lines: gpd.GeoSeries,
    origins: np.ndarray,
    places: np.ndarray,
    *,
    minutes: float,
    metres_a_minute: float,
    barriers: gpd.GeoSeries | None = None,
) -> tuple[Network, np.ndarray]:
    """Return the ways along lines, and which demand points are too far from any line to be reached at all.

    ``lines``, ``barriers`` and points share a metric CRS; lines meet where they share a vertex. A point walks straight
    to its nearest vertex. ``barriers``: lines or areas that no way crosses (a railway, a river without bridge).
    """
    edges = _edges(lines)
    if barriers is not None and len(barriers):
        tree = shapely.STRtree(edges)
        crossed = np.unique(tree.query(barriers.to_numpy(), predicate="intersects")[1])
        edges = np.delete(edges, crossed)
    if not len(edges):
        raise GovkitError("路网里没有线。", todo="请检查路网图层；障碍把路都切断时，去掉障碍再试。")
    ends = shapely.get_coordinates(edges).reshape(-1, 2, 2)
    vertices, place = np.unique(np.round(ends.reshape(-1, 2) / _SNAP_M), axis=0, return_inverse=True)
    place = place.reshape(-1, 2)
    cost = np.hypot(*(ends[:, 0] - ends[:, 1]).T) / metres_a_minute
    graph = _graph(place, cost, len(vertices))
    tree = cKDTree(vertices * _SNAP_M)
    (from_home, origin), (to_place, target) = tree.query(origins), tree.query(places)
    found = Network(graph, origin, from_home / metres_a_minute, target, to_place / metres_a_minute, minutes)
    return found, from_home > minutes * metres_a_minute


def _edges(lines: gpd.GeoSeries) -> np.ndarray:
    """Return every stretch between two vertices as a line of its own."""
    parts = shapely.get_parts(lines[lines.notna()].to_numpy())
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    points, owner = shapely.get_coordinates(parts, return_index=True)
    inner = owner[1:] == owner[:-1]
    return shapely.linestrings(np.stack([points[:-1][inner], points[1:][inner]], axis=1))


def _graph(place: np.ndarray, cost: np.ndarray, nodes: int) -> csr_array:
    """Return the graph with the quickest of several stretches between two crossings."""
    low, high = place.min(axis=1), place.max(axis=1)
    quickest = pd.DataFrame({"a": low, "b": high, "cost": cost}).loc[low < high].groupby(["a", "b"])["cost"].min()
    ends = quickest.index.to_frame().to_numpy()
    return coo_array((np.maximum(quickest.to_numpy(), 1e-12), (ends[:, 0], ends[:, 1])), shape=(nodes, nodes)).tocsr()
