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

from govkit.analysis.finite import finite
from govkit.analysis.notes import note
from govkit.errors import GovkitError, UnknownNameError

# Demand points, or facilities on a network, that are looked at in one go: some tens of megabytes.
_AT_ONCE = 20_000
# Pairs that are kept between one walk over them and the next: half a gigabyte.
_MOST_KEPT = 20_000_000
# Ends of lines that lie closer than this, in metres, are one crossing.
_SNAP_M = 0.5
# Pairs handed on in one go, and minutes between facilities and crossings held at once: some tens of megabytes.
_PAIRS_AT_ONCE = 1_000_000
_CELLS_AT_ONCE = 8_000_000

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
    """Shortest ways along lines: ``graph`` of crossings in minutes, each way once, from the lower to the higher number;
    ``where`` they are (n × 2, metres), nearest crossing of each point, the minutes there; ``reach`` in metres.
    """

    graph: csr_array
    where: np.ndarray
    origin_node: np.ndarray
    origin_minutes: np.ndarray
    place_node: np.ndarray
    place_minutes: np.ndarray
    minutes: float
    reach: float

    @property
    def demand(self) -> int:
        """How many demand points there are."""
        return len(self.origin_node)

    @property
    def supply(self) -> int:
        """How many facilities there are."""
        return len(self.place_node)

    def pieces(self) -> Iterator[Piece]:
        """Yield the pairs, the facilities of one square after the other, with the crossings within reach of it.

        No way is shorter than the straight line, so that nothing outside is ever needed: work and memory grow with the
        number of points, not with their product.
        """
        order = np.argsort(self.origin_node, kind="stable")
        nodes = self.origin_node[order]
        held, pairs = list[Piece](), 0
        for near, facilities, ways in self._squares():
            place, at = np.nonzero(np.isfinite(ways))
            node = near[at]
            left, right = np.searchsorted(nodes, node), np.searchsorted(nodes, node, side="right")
            counts = right - left
            origin = order[np.repeat(left, counts) + _counted(counts)]
            place, at = np.repeat(place, counts), np.repeat(at, counts)
            minutes = ways[place, at] + self.origin_minutes[origin] + self.place_minutes[facilities][place]
            kept = minutes <= self.minutes
            held.append((origin[kept], facilities[place[kept]], minutes[kept]))
            pairs += len(held[-1][0])
            if pairs > _PAIRS_AT_ONCE:
                yield _together(held)
                held, pairs = [], 0
        yield _together(held)

    def _squares(self) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield crossings, facilities and minutes from these to those (a row a facility), infinite beyond the limit."""
        square = np.floor(self.where / self.reach).astype(np.int64)
        square -= square.min(axis=0) - 1
        rows = int(square[:, 1].max()) + 2
        number = square[:, 0] * rows + square[:, 1]
        order = np.argsort(number, kind="stable")
        ordered = number[order]
        mine = number[self.place_node]
        by_square = np.argsort(mine, kind="stable")
        ends = np.flatnonzero(np.diff(mine[by_square])) + 1
        local: np.ndarray = np.full(len(number), -1)
        for facilities in np.split(by_square, ends) if len(by_square) else []:
            here = mine[facilities[0]]
            columns = [here + across * rows for across in (-1, 0, 1)]
            spans = [np.searchsorted(ordered, (column - 1, column + 2)) for column in columns]
            near = np.concatenate([order[first:end] for first, end in spans])
            local[near] = np.arange(len(near))
            graph = _part(self.graph, near, local)
            at_once = max(1, int(_CELLS_AT_ONCE / len(near)))
            for first in range(0, len(facilities), at_once):
                some = facilities[first : first + at_once]
                start = local[self.place_node[some]]
                yield near, some, dijkstra(graph, directed=False, indices=start, limit=self.minutes)
            local[near] = -1


def _part(graph: csr_array, near: np.ndarray, local: np.ndarray) -> csr_array:
    """Return the graph of some crossings; ``local``: their new numbers, -1 for all others."""
    counts = graph.indptr[near + 1] - graph.indptr[near]
    at = np.repeat(graph.indptr[near], counts) + _counted(counts)
    ends = local[graph.indices[at]]
    kept = ends >= 0
    starts = np.repeat(np.arange(len(near)), counts)[kept]
    return csr_array((graph.data[at][kept], (starts, ends[kept])), shape=(len(near), len(near)))


def _together(pieces: list[Piece]) -> Piece:
    if not pieces:
        return np.array([], dtype=int), np.array([], dtype=int), np.array([])
    origin, place, minutes = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return origin, place, minutes


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


def given(frame: pd.DataFrame, demand: pd.Index, supply: pd.Index, notes: list[str], *, minutes: float) -> Given:
    """Return minutes from a frame with columns ``origin``, ``dest`` and ``minutes``, those above the limit left out.

    Pairs without minutes or of places that are neither ``demand`` nor ``supply`` are told in ``notes``. Raises
    UnknownNameError for a missing column, GovkitError for a pair or place that is there twice and for minutes below 0.
    """
    if not (demand.is_unique and supply.is_unique):
        raise GovkitError(
            "居民点或设施的编号（索引）有重复，对不上行程时间表。", todo="请先 set_index 到不重复的代码上。"
        )
    for name in ("origin", "dest", "minutes"):
        if name not in frame:
            raise UnknownNameError("列", name, map(str, frame.columns))
    taken = finite(frame["minutes"], "行程时间（minutes）")
    if (taken < 0).any():
        raise GovkitError(f"行程时间（minutes）有 {int((taken < 0).sum())} 个负数。", todo="请先改正。")
    strange = ~(frame["origin"].isin(demand) & frame["dest"].isin(supply))
    for lost, key in ((taken.isna(), "pairs_untimed"), (strange, "pairs_strange")):
        if lost.any():
            notes.append(note(key, count=int(lost.sum())))
    near = frame.assign(minutes=taken).loc[(taken <= minutes) & ~strange]
    if near.duplicated(["origin", "dest"]).any():
        raise GovkitError("行程时间表里有的起讫点出现了两次。", todo="每一对起讫点只留一行。")
    origin, place = demand.get_indexer(near["origin"]), supply.get_indexer(near["dest"])
    return Given(origin, place, near["minutes"].to_numpy(dtype=float), len(demand), len(supply))


def on_network(
    lines: gpd.GeoSeries,
    origins: np.ndarray,
    places: np.ndarray,
    *,
    minutes: float,
    metres_a_minute: float,
    barriers: gpd.GeoSeries | None = None,
) -> tuple[Network, tuple[np.ndarray, np.ndarray]]:
    """Return the ways along lines, and which demand points and facilities are too far from any line to be reached.

    ``lines``, ``barriers`` and points share a metric CRS; lines meet where they share a vertex. A point walks straight
    to its nearest vertex. ``barriers``: lines or areas that no way crosses (a railway, a river without bridge).
    """
    ends = _stretches(lines)
    if barriers is not None and len(barriers):
        crossed = np.unique(
            shapely.STRtree(shapely.linestrings(ends)).query(barriers.to_numpy(), predicate="intersects")[1]
        )
        ends = np.delete(ends, crossed, axis=0)
    if not len(ends):
        raise GovkitError("路网里没有线。", todo="请检查路网图层；障碍把路都切断时，去掉障碍再试。")
    whole = np.round(ends.reshape(-1, 2) / _SNAP_M).astype(np.int64)
    low = whole.min(axis=0)
    high = int(whole[:, 1].max() - low[1]) + 1
    number = (whole[:, 0] - low[0]) * high + whole[:, 1] - low[1]
    _, one_of, place = np.unique(number, return_index=True, return_inverse=True)
    vertices, place = ends.reshape(-1, 2)[one_of], place.reshape(-1, 2)
    # measured between the crossings themselves, so that no way can be shorter than the straight line
    cost = np.hypot(*(vertices[place[:, 0]] - vertices[place[:, 1]]).T) / metres_a_minute
    graph = _graph(place, cost, len(vertices))
    tree = cKDTree(vertices)
    (from_home, origin), (to_place, target) = tree.query(origins), tree.query(places)
    reach = minutes * metres_a_minute
    found = Network(
        graph, vertices, origin, from_home / metres_a_minute, target, to_place / metres_a_minute, minutes,
        reach * (1 + 1e-9),
    )  # fmt: skip
    return found, (from_home > reach, to_place > reach)


def _stretches(lines: gpd.GeoSeries) -> np.ndarray:
    """Return the ends (n × 2 × 2) of every stretch between two vertices."""
    parts = shapely.get_parts(lines[lines.notna()].to_numpy())
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]
    points, owner = shapely.get_coordinates(parts, return_index=True)
    inner = owner[1:] == owner[:-1]
    return np.stack([points[:-1][inner], points[1:][inner]], axis=1)


def _graph(place: np.ndarray, cost: np.ndarray, nodes: int) -> csr_array:
    """Return the graph with the quickest of several stretches between two crossings."""
    low, high = place.min(axis=1), place.max(axis=1)
    quickest = pd.DataFrame({"a": low, "b": high, "cost": cost}).loc[low < high].groupby(["a", "b"])["cost"].min()
    ends = quickest.index.to_frame().to_numpy()
    return coo_array((np.maximum(quickest.to_numpy(), 1e-12), (ends[:, 0], ends[:, 1])), shape=(nodes, nodes)).tocsr()
