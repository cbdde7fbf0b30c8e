"""The ground of the made-up province: a lattice of crooked grids that share every corner, with planted defects."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from data.synthetic.drawing import shared_out
from data.synthetic.province.plan import GEOGRAPHIC, METRIC, SEED, Plan, county_code, random

_SIDE = 200.0
_CORNER = np.array([38_450_000.0, 3_400_000.0])
# Points between two corners, and how far they and the corners lie off the straight lattice, as shares of a side.
_BENDS = 4
_CORNER_SHIFT, _BEND_SHIFT = 0.16, 0.04
# Files keep seven decimals of a degree, about 0.01 m.
_DECIMALS = 7
# Defects of each kind a county.
PLANTED = 2
_GROWN = 1.2


@dataclass(frozen=True)
class Lattice:
    """Corners (rows + 1 × columns + 1 × 2) and bends of the edges towards east and north, in METRIC."""

    corners: np.ndarray
    eastward: np.ndarray
    northward: np.ndarray


def draw_lattice(plan: Plan) -> Lattice:
    """Return the lattice of a whole province; county borders are its lines, so neighbours share their vertices."""
    rng = np.random.default_rng(SEED)
    rows, columns = plan.lattice_shape
    place = np.stack(np.meshgrid(np.arange(columns + 1.0), np.arange(rows + 1.0)), axis=-1)
    place = place + rng.uniform(-_CORNER_SHIFT, _CORNER_SHIFT, place.shape)
    corners = _CORNER + _SIDE * _winding(place)
    return Lattice(corners, _bent(corners, 1, rng), _bent(corners, 0, rng))


def _winding(place: np.ndarray) -> np.ndarray:
    """Return lattice places pushed along long waves, so that counties are no squares."""
    x, y = place[..., 0], place[..., 1]
    east = 6.0 * np.sin(y / 31 + x / 170) + 1.6 * np.sin(y / 11 - x / 40)
    north = 6.0 * np.sin(x / 37 - y / 150) + 1.6 * np.sin(x / 12 + y / 50)
    return np.stack([x + east, y + north], axis=-1)


def _bent(corners: np.ndarray, axis: int, rng: np.random.Generator) -> np.ndarray:
    """Return the bends of the edges along an axis of the lattice (… × bends × 2)."""
    start = corners[:, :-1] if axis == 1 else corners[:-1]
    end = corners[:, 1:] if axis == 1 else corners[1:]
    share = (np.arange(_BENDS) + 1)[:, None] / (_BENDS + 1)
    straight = start[..., None, :] + share * (end - start)[..., None, :]
    return straight + _SIDE * rng.uniform(-_BEND_SHIFT, _BEND_SHIFT, straight.shape)


def county_grids(plan: Plan, lattice: Lattice, county: int) -> gpd.GeoDataFrame:
    """Return the grids of a county in EPSG:4490 as the tidy table holds them, defects planted, in code order.

    As many grids are drawn twice as are left out, so that the number stays; ``PLANTED`` more reach into others.
    """
    place = _places(plan, county)
    rings = _rings(lattice, place["row"].to_numpy(), place["column"].to_numpy())
    missing, twice, grown = _chosen(plan, place)
    middle = rings[grown].mean(axis=1, keepdims=True)
    rings[grown] = middle + (rings[grown] - middle) * _GROWN
    kept = np.setdiff1d(np.arange(len(place)), missing)
    order = np.sort(np.concatenate([kept, twice]))
    frame = place.loc[order, ["unit_code"]].reset_index(drop=True)
    number = frame.groupby("unit_code").cumcount() + 1
    code = frame["unit_code"] + number.astype("str").str.zfill(3)
    frame = frame.assign(grid_code=code, name="第" + number.astype("str") + "网格", kind=_kinds(frame["unit_code"]))
    shapes = shapely.polygons(_degrees(rings[order]))
    return gpd.GeoDataFrame(_peopled(plan, frame, county), geometry=shapes, crs=GEOGRAPHIC)


def missing_places(plan: Plan, lattice: Lattice, county: int) -> np.ndarray:
    """Return a point (EPSG:4490) inside each grid that a county's layer lacks."""
    place = _places(plan, county)
    missing = place.loc[_chosen(plan, place)[0]]
    rings = _rings(lattice, missing["row"].to_numpy(), missing["column"].to_numpy())
    return _degrees(rings.mean(axis=1, keepdims=True))[:, 0]


def _places(plan: Plan, county: int) -> pd.DataFrame:
    """Return row, column and community of every grid of a county, communities as runs that wind along the strips."""
    down, across = plan.county_shape
    row, column = (part.ravel() for part in np.indices((down, across)))
    street = row // plan.down * plan.streets_across + column // plan.across
    inner_row, inner_column = row % plan.down, column % plan.across
    strip, step = inner_row // plan.strip, inner_row % plan.strip
    along = inner_column * plan.strip + np.where(inner_column % 2, plan.strip - 1 - step, step)
    community = strip * plan.communities + along * plan.communities // (plan.strip * plan.across)
    at = np.array([county // plan.counties_across * down, county % plan.counties_across * across])
    number = pd.Series(1000 * (street + 1) + community + 1)
    frame = pd.DataFrame({"row": row + at[0], "column": column + at[1], "along": along})
    frame["unit_code"] = county_code(county) + number.astype("str").str.zfill(6)
    return frame.sort_values(["unit_code", "along"], ignore_index=True).drop(columns="along")


def _rings(lattice: Lattice, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Return the rings of grids, counter-clockwise from the south-west corner (n × 20 × 2)."""
    corner = lattice.corners
    south, north = lattice.eastward[row, column], lattice.eastward[row + 1, column]
    west, east = lattice.northward[row, column], lattice.northward[row, column + 1]
    parts = [
        corner[row, column][:, None], south, corner[row, column + 1][:, None], east,
        corner[row + 1, column + 1][:, None], north[:, ::-1], corner[row + 1, column][:, None], west[:, ::-1],
    ]  # fmt: skip
    return np.concatenate(parts, axis=1)


def _degrees(points: np.ndarray) -> np.ndarray:
    turn = pyproj.Transformer.from_crs(METRIC, GEOGRAPHIC, always_xy=True)
    longitude, latitude = turn.transform(points[..., 0], points[..., 1])
    return np.round(np.stack([longitude, latitude], axis=-1), _DECIMALS)


def _chosen(plan: Plan, place: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which grids are left out, drawn twice and grown: every other one from the next, inside the county."""
    down, across = plan.county_shape
    first = place[["row", "column"]].min()
    row, column = place["row"] - first["row"], place["column"] - first["column"]
    step = max(3, down // 10)
    inner = (row % step == step // 2) & (column % step == step // 2) & row.between(1, down - 2)
    found = np.flatnonzero(inner & column.between(1, across - 2))
    if len(found) < 3 * PLANTED:
        raise ValueError(f"a county of {down} x {across} grids is too small for {3 * PLANTED} planted defects")
    chosen = found[:: len(found) // (3 * PLANTED)][: 3 * PLANTED]
    return chosen[0::3], chosen[1::3], chosen[2::3]


def _kinds(unit_code: pd.Series) -> np.ndarray:
    """Return the grids' kinds: a third of the streets are urban."""
    return np.where(unit_code.str[6:9].astype(int) % 3 == 0, "urban", "rural")


def _peopled(plan: Plan, frame: pd.DataFrame, county: int) -> pd.DataFrame:
    rng = random(county, 1)
    households = shared_out(plan.households, rng.lognormal(0, 0.3, len(frame)), least=1)
    population = shared_out(plan.population, households * rng.normal(1, 0.05, len(frame)))
    manager = np.where(frame["kind"] == "urban", "community_worker", "villager_representative").astype(object)
    manager[rng.random(len(frame)) < 0.02] = None
    return frame.assign(households=households, population=population, manager=manager)
