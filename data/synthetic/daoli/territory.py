"""The ground: from the district's outline to governance grids, every border shared."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.synthetic import partition
from data.synthetic.daoli.register import HERE, Unit, calibration, random, read_csv
from data.synthetic.drawing import shared_out
from data.synthetic.ground import Plane, warped

PLANE = Plane("EPSG:4551")
# Mesh spacing: about nine faces a grid, in the fields and in the city.
_RURAL_SPACING, _URBAN_SPACING = 165.0, 72.0
# Inner borders are smoothed by this much (metres); the mesh's own zigzag is finer than any surveyed line.
_SMOOTHED = 26.0
# Town seats: an urban community of a town takes about this much ground (m²).
_TOWN_COMMUNITY = 330_000.0
# The city grew from the bridgehead on the river: the urban ground is what lies nearest to it.
_CITY = (126.6250, 45.7700)


@dataclass(frozen=True)
class _Ground:
    """What the division of one territory needs."""

    mesh: partition.Mesh
    rng: np.random.Generator


def outline() -> shapely.Polygon:
    """Return the district's outline in metres, scaled about its centroid to the published area."""
    metric = next(iter(PLANE.outlines(HERE / "outline.geojson").values()))
    factor = (calibration()["area_km2"] * 1e6 / metric.area) ** 0.5
    return shapely.affinity.scale(metric, factor, factor, origin="centroid")


def grids_of(units: list[Unit]) -> gpd.GeoDataFrame:
    """Return the governance grids in EPSG:4490, unit by unit: ``unit_code``, ``number`` (from 1), ``urban``.

    Villages have together as many grids as published, urban communities four to six each.
    """
    ground = _Ground(_mesh(), random("territory"))
    owner = _communities(ground, units)
    counts = _grid_counts(ground, units, owner)
    part_of = np.full(len(ground.mesh.shapes), -1)
    rows: list[tuple[str, int, bool]] = []
    for unit in sorted((u for u in units if u.code in counts), key=lambda u: u.code):
        members = np.flatnonzero(owner == unit.code)
        labels = _split_into_grids(ground, members, counts[unit.code])
        part_of[members] = labels + len(rows)
        rows += [(unit.code, i + 1, unit.kind == "urban_community") for i in range(counts[unit.code])]
    shapes = partition.merged(ground.mesh, part_of, tolerance=_SMOOTHED)
    frame = pd.DataFrame(rows, columns=["unit_code", "number", "urban"])
    return gpd.GeoDataFrame(frame, geometry=PLANE.placed(shapes))


def _mesh() -> partition.Mesh:
    """Return the mesh: fine in the city and around the town seats, coarse in the fields."""
    shape, rng = outline(), random("mesh")
    fine = shape.intersection(_fine_ground(shape))
    city = partition.scattered(fine, _URBAN_SPACING, rng)
    fields = partition.scattered(shape.difference(fine), _RURAL_SPACING, rng)
    mesh = partition.build_mesh(shape, np.concatenate([city, fields]))
    return replace(mesh, xy=warped(mesh.xy))


def _fine_ground(shape: shapely.Polygon) -> shapely.Geometry:
    places = _anchors()
    city = shapely.Point(*PLANE.metres(np.array([_CITY]))[0])
    reach = 1_000.0
    while city.buffer(reach).intersection(shape).area < 41e6:
        reach += 100
    seats = [shapely.Point(*places[name][:2]).buffer(1_300) for name in places if name.endswith("镇")]
    return shapely.union_all([city.buffer(reach), *seats])


def _anchors() -> dict[str, tuple[float, float, float]]:
    """Return x, y (metres) and weight of every street and town by name."""
    rows = read_csv("anchors.csv")
    xy = PLANE.metres(np.array([[float(row["longitude"]), float(row["latitude"])] for row in rows]))
    return {row["name"]: (x, y, float(row["area_weight"])) for row, (x, y) in zip(rows, xy, strict=True)}


def _communities(ground: _Ground, units: list[Unit]) -> np.ndarray:
    """Return the community or village of every face, as its code."""
    owner = np.full(len(ground.mesh.shapes), "", dtype=object)
    streets = [u for u in units if u.kind in {"street", "town"}]
    urban, rural = _urban_and_rural(ground, units)
    for street in streets:
        for members, kind in ((urban[street.code], "urban_community"), (rural[street.code], "village")):
            below = [u for u in units if u.parent == street.code and u.kind == kind]
            if below:
                seeds = partition.spread_seeds(ground.mesh, members, len(below), ground.rng)
                shares = ground.rng.lognormal(0, 0.25, len(below))
                labels = partition.split(ground.mesh, members, seeds, shares)
                owner[members] = np.array([u.code for u in below], dtype=object)[labels]
    return owner


def _urban_and_rural(ground: _Ground, units: list[Unit]) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the faces of every street's and town's urban and rural ground."""
    mesh, places, published = ground.mesh, _anchors(), calibration()
    streets = {u.code: u for u in units if u.kind in {"street", "town"}}
    below = {code: [u for u in units if u.parent == code] for code in streets}
    towns = [code for code, u in streets.items() if u.kind == "town"]
    in_towns = {code: _TOWN_COMMUNITY * sum(u.kind == "urban_community" for u in below[code]) for code in towns}
    city_area = (published["area_km2"] - published["rural_area_km2"]) * 1e6 - sum(in_towns.values())
    everything = np.arange(len(mesh.shapes))
    city = partition.nearest_part(mesh, everything, _from(mesh, warped(PLANE.metres(np.array([_CITY])))[0]), city_area)
    fields = np.setdiff1d(everything, city)
    urban: dict[str, np.ndarray] = {}
    rural: dict[str, np.ndarray] = {}
    inner = [code for code, u in streets.items() if u.kind == "street"]
    weight = [places[streets[code].name][2] * len(below[code]) for code in inner]
    weight = [w - 0.9 * 5 if streets[c].name == "群力街道" else w for c, w in zip(inner, weight, strict=True)]
    labels = partition.split(mesh, city, _seats(places, inner, streets), weight, hold=0.6)
    urban |= {code: city[labels == i] for i, code in enumerate(inner)}
    outer = [code for code in streets if any(u.kind == "village" for u in below[code])]
    villages = [sum(u.kind == "village" for u in below[code]) for code in outer]
    seats = _seats(places, outer, streets)
    labels = partition.split(mesh, fields, seats, villages, hold=0.5)
    for i, code in enumerate(outer):
        mine = fields[labels == i]
        if code in in_towns:
            urban[code] = partition.nearest_part(mesh, mine, _from(mesh, seats[i]), in_towns[code])
            mine = np.setdiff1d(mine, urban[code])
        rural[code] = mine
    return ({c: urban[c] for c in streets}, {c: rural.get(c, np.array([], dtype=int)) for c in streets})


def _seats(places: dict[str, tuple[float, float, float]], codes: list[str], units: dict[str, Unit]) -> np.ndarray:
    return warped(np.array([places[units[code].name][:2] for code in codes]))


def _from(mesh: partition.Mesh, place: np.ndarray) -> np.ndarray:
    return np.hypot(*(mesh.xy - place).T)


def _grid_counts(ground: _Ground, units: list[Unit], owner: np.ndarray) -> dict[str, int]:
    """Return how many grids each community and village has."""
    villages = sorted(u.code for u in units if u.kind == "village")
    area = np.array([ground.mesh.area[owner == code].sum() for code in villages])
    numbers = shared_out(int(calibration()["rural_grids"]), area**0.8, least=8)
    counts = dict(zip(villages, (int(n) for n in numbers), strict=True))
    urban = sorted(u.code for u in units if u.kind == "urban_community")
    return counts | dict(zip(urban, (int(n) for n in ground.rng.integers(4, 7, len(urban))), strict=True))


def _split_into_grids(ground: _Ground, members: np.ndarray, count: int) -> np.ndarray:
    seeds = partition.spread_seeds(ground.mesh, members, count, ground.rng)
    shares = ground.rng.lognormal(0, 0.28, count)
    labels = partition.split(ground.mesh, members, seeds, shares)
    if len(np.unique(labels)) < count:
        raise ValueError(f"{count} grids asked for, only {len(np.unique(labels))} made")
    # numbered from north-west to south-east, as a clerk would
    centre = np.array([ground.mesh.xy[members[labels == i]].mean(axis=0) for i in range(count)])
    order = np.argsort(centre[:, 0] - 2 * centre[:, 1], kind="stable")
    return np.argsort(order, kind="stable")[labels]
