"""Divide an outline into parts of given areas with shared, natural-looking borders.

The outline is cut once into a fine mesh of Voronoi faces. Every part, of whatever level, is a connected set of faces,
so that neighbours always share their vertices. Metric coordinates throughout; areas in m².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

# Enough for the areas to settle within a few per cent.
_ROUNDS = 40
# Corners are equal when they are within 0.1 mm.
_EDGE_DIGITS = 4


@dataclass(frozen=True)
class Mesh:
    """Faces of an outline: polygons, centroids (n × 2), areas, and which faces share an edge."""

    shapes: np.ndarray
    xy: np.ndarray
    area: np.ndarray
    touching: csr_array


def scattered(outline: shapely.Geometry, spacing: float, rng: np.random.Generator) -> np.ndarray:
    """Return points inside an outline, ``spacing`` metres apart, on a hexagonal lattice shaken out of order."""
    west, south, east, north = outline.bounds
    rows = np.arange(south, north + spacing, spacing * np.sqrt(3) / 2)
    columns = np.arange(west, east + spacing, spacing)
    x, y = np.meshgrid(columns, rows)
    x = x + (np.arange(len(rows)) % 2)[:, None] * spacing / 2
    points = np.column_stack([x.ravel(), y.ravel()]) + rng.normal(0, 0.24 * spacing, (x.size, 2))
    return points[shapely.contains_xy(outline, points[:, 0], points[:, 1])]


def build_mesh(outline: shapely.Polygon, points: np.ndarray) -> Mesh:
    """Return the Voronoi faces of ``points`` (n × 2) inside ``outline``; all lines are noded before faces are made."""
    lines = shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=outline, only_edges=True)
    noded = shapely.union_all([lines, outline.boundary], grid_size=0.001)
    faces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    inside = shapely.point_on_surface(faces)
    faces = faces[shapely.contains_properly(shapely.buffer(outline, 0.01), inside)]
    centres = shapely.get_coordinates(shapely.centroid(faces))
    return Mesh(faces, centres, shapely.area(faces), _touching(faces))


def build_large_mesh(outlines: Sequence[shapely.Polygon], points: np.ndarray) -> Mesh:
    """Return the Voronoi faces of ``points`` (n × 2) inside adjoining ``outlines``, none across a border of theirs.

    Only the faces at a border are noded with it: ten times as quick as ``build_mesh`` for fifty thousand faces.
    """
    whole = shapely.coverage_union_all(np.array(outlines))
    cells = np.array(shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=whole)))
    cells = shapely.transform(cells, lambda xy: xy.round(3))
    borders = shapely.union_all([outline.boundary for outline in outlines])
    shapely.prepare(borders)
    cut = shapely.intersects(borders, cells)
    noded = shapely.union_all([*shapely.boundary(cells[cut]), borders], grid_size=0.001)
    pieces = np.array(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    shapely.prepare(whole)
    pieces = pieces[shapely.contains_properly(whole, shapely.point_on_surface(pieces))]
    # what the cells at a border enclose is no piece of theirs, but a whole cell: it is among the others
    inner = cells[~cut]
    inner = inner[shapely.contains_properly(whole, shapely.centroid(inner))]
    tree = shapely.STRtree(inner)
    enclosed = np.unique(tree.query(shapely.point_on_surface(pieces), predicate="within")[0])
    faces = np.concatenate([inner, np.delete(pieces, enclosed)])
    return Mesh(faces, shapely.get_coordinates(shapely.centroid(faces)), shapely.area(faces), _touching(faces))


def _touching(faces: np.ndarray) -> csr_array:
    """Return which faces share an edge, as a symmetric matrix of ones."""
    coordinates, owner = shapely.get_coordinates(shapely.get_exterior_ring(faces), return_index=True)
    corner = np.unique(np.round(coordinates, _EDGE_DIGITS), axis=0, return_inverse=True)[1].ravel()
    same = owner[1:] == owner[:-1]
    ends = np.sort(np.stack([corner[:-1], corner[1:]], axis=1)[same], axis=1)
    faces_of = owner[:-1][same]
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    ends, faces_of = ends[order], faces_of[order]
    twin = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1))
    left, right = faces_of[twin], faces_of[twin + 1]
    ones = np.ones(2 * len(twin))
    pairs = (np.concatenate([left, right]), np.concatenate([right, left]))
    return csr_array((ones, pairs), shape=(len(faces), len(faces)))


def nearest_part(mesh: Mesh, members: np.ndarray, distance: np.ndarray, area: float) -> np.ndarray:
    """Return the connected ``members`` (face numbers) of least ``distance`` whose areas sum to ``area``."""
    order = members[np.argsort(distance[members], kind="stable")]
    wanted = order[: int(np.searchsorted(np.cumsum(mesh.area[order]), area)) + 1]
    labels = np.ones(len(members), dtype=int)
    labels[np.isin(members, wanted)] = 0
    return members[_connected(mesh, members, labels, 2) == 0]


def split(
    mesh: Mesh,
    members: np.ndarray,
    seeds: np.ndarray,
    shares: Sequence[float] | np.ndarray,
    *,
    hold: float = 0.0,
    rounds: int = _ROUNDS,
) -> np.ndarray:
    """Divide ``members`` (face numbers) into connected parts, one a seed, with areas in proportion to ``shares``.

    A power diagram whose weights are moved until the areas fit; its centres move to their parts' means, ``hold``
    (0–1) keeps them near the seeds. Fewer ``rounds`` are quicker and fit less. Returns the part of every member.
    """
    points, areas = mesh.xy[members], mesh.area[members]
    wanted = areas.sum() * np.asarray(shares, dtype=float) / np.sum(shares)
    centres, weights = seeds.astype(float), np.zeros(len(seeds))
    for turn in range(rounds):
        distance = ((points[:, None, :] - centres[None]) ** 2).sum(axis=2) - weights
        labels = distance.argmin(axis=1)
        have = np.bincount(labels, areas, minlength=len(seeds))
        weights = weights + 0.35 * (wanted - have) / np.pi
        if turn < rounds // 2:
            means = np.column_stack([np.bincount(labels, areas * p, minlength=len(seeds)) for p in points.T])
            means = np.where(have[:, None] > 0, means / np.maximum(have, 1e-9)[:, None], centres)
            centres = hold * seeds + (1 - hold) * means
    return _connected(mesh, members, labels, len(seeds))


def _connected(mesh: Mesh, members: np.ndarray, labels: np.ndarray, parts: int) -> np.ndarray:
    """Return labels with only the largest piece of every part; the rest goes to a neighbouring part."""
    row, col = _inner_pairs(mesh, members)
    labels = labels.copy()
    same = labels[row] == labels[col]
    kept = csr_array((np.ones(int(same.sum())), (row[same], col[same])), shape=(len(members), len(members)))
    piece = connected_components(kept, directed=False)[1]
    size = np.bincount(piece, mesh.area[members])
    free = np.ones(len(members), dtype=bool)
    for part in range(parts):
        pieces = np.unique(piece[labels == part])
        if len(pieces):
            free[piece == pieces[size[pieces].argmax()]] = False
    while free.any():
        edge = free[row] & ~free[col]
        if not edge.any():
            raise ValueError("the members are not connected")
        for face, near in zip(row[edge], labels[col[edge]], strict=True):
            if free[face]:
                labels[face], free[face] = near, False
    return labels


def _inner_pairs(mesh: Mesh, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of members that share an edge, as positions among the members."""
    graph = mesh.touching[members].tocoo()
    position = np.full(mesh.touching.shape[1], -1)
    position[members] = np.arange(len(members))
    inner = position[graph.col] >= 0
    return graph.row[inner], position[graph.col[inner]]


def spread_seeds(mesh: Mesh, members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` points of ``members`` far from each other (k-means++ with squared distances)."""
    points = mesh.xy[members]
    chosen = [points[rng.integers(len(points))]]
    nearest = ((points - chosen[0]) ** 2).sum(axis=1)
    for _ in range(count - 1):
        chosen.append(points[rng.choice(len(points), p=nearest / nearest.sum())])
        nearest = np.minimum(nearest, ((points - chosen[-1]) ** 2).sum(axis=1))
    return np.array(chosen)


def merged(mesh: Mesh, parts: np.ndarray, *, tolerance: float) -> np.ndarray:
    """Return the polygon of every part (numbers from 0), inner borders smoothed by ``tolerance`` metres."""
    shapes = [shapely.coverage_union_all(mesh.shapes[parts == part]) for part in range(int(parts.max()) + 1)]
    return shapely.coverage_simplify(np.array(shapes), tolerance, simplify_boundary=False)
