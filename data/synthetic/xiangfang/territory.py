"""The ground: from the district's outline to governance grids, every border shared."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.synthetic import partition
from data.synthetic.ground import Plane, warped
from data.synthetic.xiangfang.register import REGISTER

PLANE = Plane("EPSG:4551")
# Mesh spacing in metres: about nine faces a grid in the city, coarse in the towns' fields.
_URBAN_SPACING, _RURAL_SPACING = 92.0, 430.0
_SMOOTHED = 30.0
# The city: within this of the street seats' middle (metres).
_CITY_REACH = 7_000.0
_GRIDS = (5, 8)


def grids_of(units: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the governance grids in EPSG:4490, community by community: ``unit_code``, ``number`` (from 1).

    The whole district is shared out among its streets and towns and, within them, among their communities: the
    villages of the towns are no part of the published account, so a town's communities cover their ground as well.
    """
    rng = REGISTER.random("territory")
    mesh = _mesh()
    part_of = np.full(len(mesh.shapes), -1)
    rows: list[tuple[str, int]] = []
    for code, members in _communities(mesh, units, rng).items():
        count = int(rng.integers(_GRIDS[0], _GRIDS[1] + 1))
        seeds = partition.spread_seeds(mesh, members, count, rng)
        part_of[members] = partition.split(mesh, members, seeds, rng.lognormal(0, 0.25, count)) + len(rows)
        rows += [(code, number + 1) for number in range(count)]
    shapes = partition.merged(mesh, part_of, tolerance=_SMOOTHED)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["unit_code", "number"]), geometry=PLANE.placed(shapes))


def _mesh() -> partition.Mesh:
    outline = PLANE.outlines(REGISTER.here / "outline.geojson")["230110"]
    rng = REGISTER.random("mesh")
    streets = [(x, y) for name, x, y, _ in _anchors() if name.endswith("街道")]
    city = shapely.Point(*np.mean(streets, axis=0)).buffer(_CITY_REACH).intersection(outline)
    fine = partition.scattered(city, _URBAN_SPACING, rng)
    fields = partition.scattered(outline.difference(city), _RURAL_SPACING, rng)
    mesh = partition.build_mesh(outline, np.concatenate([fine, fields]))
    return partition.Mesh(mesh.shapes, warped(mesh.xy), mesh.area, mesh.touching)


def _anchors() -> list[tuple[str, float, float, float]]:
    """Return name, x, y in metres and ground (km², roughly) of every street and town."""
    rows = REGISTER.rows("anchors.csv")
    xy = PLANE.metres(np.array([[float(row["longitude"]), float(row["latitude"])] for row in rows]))
    return [(row["name"], x, y, float(row["area_weight"])) for row, (x, y) in zip(rows, xy, strict=True)]


def _communities(mesh: partition.Mesh, units: pd.DataFrame, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the faces of every community, by its code."""
    code_of = dict(zip(units["name"], units["code"], strict=True))
    found: dict[str, np.ndarray] = {}
    for name, members in _streets(mesh, units).items():
        below = units.loc[units["parent"] == code_of[name], "code"].to_list()
        seeds = partition.spread_seeds(mesh, members, len(below), rng)
        parts = partition.split(mesh, members, seeds, rng.lognormal(0, 0.22, len(below)))
        found |= {code: members[parts == number] for number, code in enumerate(below)}
    return dict(sorted(found.items()))


def _streets(mesh: partition.Mesh, units: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the faces of every street and town by name: the streets share the city, the towns what lies around it."""
    anchors = _anchors()
    streets = [one for one in anchors if one[0].endswith("街道")]
    towns = [one for one in anchors if not one[0].endswith("街道")]
    names = units.set_index("code")["name"]
    communities = units["parent"].map(names).value_counts()
    ground = [weight * communities[name] for name, _, _, weight in streets]
    middle = warped(np.mean([(x, y) for _, x, y, _ in streets], axis=0)[None])[0]
    everything = np.arange(len(mesh.shapes))
    city = partition.nearest_part(mesh, everything, np.hypot(*(mesh.xy - middle).T), sum(ground) * 1e6)
    fields = np.setdiff1d(everything, city)
    found = _shared(mesh, city, streets, ground) | _shared(mesh, fields, towns, [one[3] for one in towns])
    return {name: found[name] for name, *_ in anchors}


def _shared(
    mesh: partition.Mesh, members: np.ndarray, anchors: list[tuple[str, float, float, float]], ground: list[float]
) -> dict[str, np.ndarray]:
    seats = warped(np.array([(x, y) for _, x, y, _ in anchors]))
    labels = partition.split(mesh, members, seats, ground, hold=0.5)
    return {name: members[labels == position] for position, (name, *_) in enumerate(anchors)}
