"""The ground: from the outlines of eight counties to the grids of villager groups, every border shared."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.synthetic import partition
from data.synthetic.drawing import shared_out
from data.synthetic.ground import Plane, warped
from data.synthetic.qingyang.register import REGISTER

PLANE = Plane("EPSG:4545", decimals=6)
# Mesh faces a village has on average, whatever the size of its county's villages.
_FACES = 38
# An urban community takes about this much ground (m²), in faces of this spacing (m).
_COMMUNITY, _URBAN_SPACING = 1.3e6, 210.0
# Households an urban grid has, and the fewest grids of a village and of a community.
_HOUSEHOLDS, _FEWEST = 400, {"village": 3, "urban_community": 3}
# Borders are smoothed by this much (metres): valleys and ridges drawn at the scale of a city's map.
_SMOOTHED = 190.0
# The waves borders follow are longer than those of a city district.
_WAVES = 5.0
# How firmly a town keeps to its seat (0–1).
_HOLD = 0.3
# Grids need not be of the very size drawn for them.
_ROUNDS = 20


def grids_of(units: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the grids in EPSG:4490, unit by unit: ``unit_code``, ``number`` (from 1), ``urban``.

    There are as many as published; villages have as many more as their ground is larger. ``units`` needs ``code``,
    ``parent``, ``kind`` and ``households`` (of the communities).
    """
    rng = REGISTER.random("territory")
    outlines = PLANE.outlines(REGISTER.here / "outline.geojson")
    mesh = _mesh(outlines, units)
    ground = _communities(mesh, outlines, units, rng)
    counts = _counts(ground, units)
    urban = set(units.loc[units["kind"] == "urban_community", "code"])
    part_of = np.full(len(mesh.shapes), -1)
    rows: list[tuple[str, int, bool]] = []
    for code, members in ground.items():
        seeds = partition.spread_seeds(mesh, members, counts[code], rng)
        labels = partition.split(mesh, members, seeds, rng.lognormal(0, 0.2, counts[code]), rounds=_ROUNDS)
        if len(np.unique(labels)) < counts[code]:
            raise ValueError(f"{code}: {counts[code]} grids asked for, only {len(np.unique(labels))} made")
        part_of[members] = labels + len(rows)
        rows += [(code, number + 1, code in urban) for number in range(counts[code])]
    shapes = partition.merged(mesh, part_of, tolerance=_SMOOTHED)
    frame = pd.DataFrame(rows, columns=["unit_code", "number", "urban"])
    return gpd.GeoDataFrame(frame, geometry=PLANE.placed(shapes))


def _mesh(outlines: dict[str, shapely.Polygon], units: pd.DataFrame) -> partition.Mesh:
    """Return one mesh of the whole city, fine around the seats of urban communities, cut along county borders."""
    rng, points = REGISTER.random("mesh"), []
    villages = units.loc[units["kind"] == "village", "code"].str[:6].value_counts()
    towns = shapely.union_all([shapely.Point(x, y).buffer(reach) for x, y, reach in _towns(units)])
    whole = shapely.coverage_union_all(np.array(list(outlines.values())))
    for code, shape in outlines.items():
        spacing = float(np.sqrt(shape.area / villages[code] / (_FACES * np.sqrt(3) / 2)))
        points.append(partition.scattered(shape.difference(towns), spacing, rng))
    points.append(partition.scattered(whole.intersection(towns), _URBAN_SPACING, rng))
    mesh = partition.build_large_mesh(list(outlines.values()), np.concatenate(points))
    return partition.Mesh(mesh.shapes, _waved(mesh.xy), mesh.area, mesh.touching)


def _waved(points: np.ndarray) -> np.ndarray:
    return warped(points / _WAVES) * _WAVES


def _seats() -> dict[str, tuple[float, float]]:
    """Return x, y in metres of the seat of every street, town and township, by code."""
    rows = REGISTER.rows("anchors.csv")
    xy = PLANE.metres(np.array([[float(row["longitude"]), float(row["latitude"])] for row in rows]))
    return {row["unit_code"]: (x, y) for row, (x, y) in zip(rows, xy, strict=True)}


def _towns(units: pd.DataFrame) -> list[tuple[float, float, float]]:
    """Return x, y and reach (metres) of the built-up ground around every seat with urban communities."""
    count, seats = units.loc[units["kind"] == "urban_community", "parent"].value_counts(), _seats()
    return [(*seats[code], float(np.sqrt(n * _COMMUNITY / np.pi)) * 1.25) for code, n in sorted(count.items())]


def _communities(
    mesh: partition.Mesh, outlines: dict[str, shapely.Polygon], units: pd.DataFrame, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return the faces of every community and village, by its code."""
    inside = shapely.point_on_surface(mesh.shapes)
    x, y = shapely.get_x(inside), shapely.get_y(inside)
    seats, found = _seats(), {}
    streets = units.loc[units["kind"].isin(["street", "town", "township"])]
    for county, shape in outlines.items():
        members = np.flatnonzero(shapely.contains_xy(shape, x, y))
        mine = streets.loc[streets["parent"] == f"{county}000000", "code"].to_list()
        urban, rural = (_below(units, mine, kind) for kind in ("urban_community", "village"))
        for code, below in urban.items():
            distance = np.hypot(*(mesh.xy - _waved(np.array([seats[code]]))[0]).T)
            built = partition.nearest_part(mesh, members, distance, len(below) * _COMMUNITY)
            members = np.setdiff1d(members, built)
            found |= _shared(mesh, built, below, rng)
        share = np.array([len(below) for below in rural.values()])
        labels = partition.split(mesh, members, _waved(np.array([seats[code] for code in rural])), share, hold=_HOLD)
        for number, below in enumerate(rural.values()):
            found |= _shared(mesh, members[labels == number], below, rng)
    return dict(sorted(found.items()))


def _below(units: pd.DataFrame, parents: list[str], kind: str) -> dict[str, list[str]]:
    """Return the codes of a kind below every parent that has any."""
    mine = units.loc[units["kind"] == kind]
    found = {parent: mine.loc[mine["parent"] == parent, "code"].to_list() for parent in parents}
    return {parent: codes for parent, codes in found.items() if codes}


def _shared(
    mesh: partition.Mesh, members: np.ndarray, codes: list[str], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    seeds = partition.spread_seeds(mesh, members, len(codes), rng)
    labels = partition.split(mesh, members, seeds, rng.lognormal(0, 0.2, len(codes)))
    return {code: members[labels == number] for number, code in enumerate(codes)}


def _counts(ground: dict[str, np.ndarray], units: pd.DataFrame) -> dict[str, int]:
    """Return how many grids every community and village has: the published number in all."""
    homes = units.set_index("code")["households"]
    urban = units.loc[units["kind"] == "urban_community", "code"]
    counts = {code: max(_FEWEST["urban_community"], round(homes[code] / _HOUSEHOLDS)) for code in urban}
    villages = units.loc[units["kind"] == "village", "code"].to_list()
    faces = np.array([float(len(ground[code])) for code in villages])
    rest = int(REGISTER.calibration()["grids"]) - sum(counts.values())
    shared = shared_out(rest, faces**0.85, least=_FEWEST["village"])
    return counts | dict(zip(villages, (int(n) for n in shared), strict=True))
