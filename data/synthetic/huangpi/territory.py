"""The ground: the district's outline divided among the streets, and in each seat the ground of its communities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from data.synthetic import partition
from data.synthetic.ground import Plane, warped
from data.synthetic.huangpi.register import QIANCHUAN, REGISTER

PLANE = Plane("EPSG:4547", decimals=6)
_FIELDS, _SEATS = 640.0, 72.0
# Ground of one community (m²): the district's seat is built more densely than the market towns.
_DENSE, _LOOSE = 620_000.0, 900_000.0
_SMOOTHED = 60.0


def shapes_of(units: pd.DataFrame) -> dict[str, shapely.Geometry]:
    """Return the polygon of every unit in metres (PLANE) by code; communities are patches in their street's seat."""
    seats = _seats(units)
    mesh = _mesh(seats)
    owner = _owners(mesh, units, seats)
    names = sorted(set(owner))
    pieces = partition.merged(mesh, np.searchsorted(names, owner), tolerance=_SMOOTHED)
    made = dict(zip(names, pieces, strict=True))
    shapes = {code: made[code] for code in units.loc[units["kind"] == "urban_community", "code"]}
    for street in seats:
        inside = [made[street], *(made[code] for code in units.loc[units["parent"] == street, "code"])]
        shapes[street] = shapely.coverage_union_all(np.array(inside))
    return {units["code"].iloc[0]: shapely.coverage_union_all(pieces), **shapes}


def _seats(units: pd.DataFrame) -> dict[str, tuple[np.ndarray, float, float]]:
    """Return place (metres), ground of its communities (m²) and area weight of every street by code."""
    rows = {row["name"]: row for row in REGISTER.rows("anchors.csv")}
    streets = units.loc[units["kind"].isin(["street", "township"])]
    found = {}
    for code, name in zip(streets["code"], streets["name"], strict=True):
        row, count = rows[name], int((units["parent"] == code).sum())
        place = PLANE.metres(np.array([[float(row["longitude"]), float(row["latitude"])]]))[0]
        each = _DENSE if code == QIANCHUAN else _LOOSE
        found[code] = (place, each * count, float(row["area_weight"]))
    return found


def _mesh(seats: dict[str, tuple[np.ndarray, float, float]]) -> partition.Mesh:
    """Return the mesh: fine around the seats, coarse in the fields."""
    outline, rng = PLANE.outlines(REGISTER.here / "outline.geojson")["420116"], REGISTER.random("mesh")
    discs = [shapely.Point(*place).buffer(1.6 * (ground / np.pi) ** 0.5 + 300) for place, ground, _ in seats.values()]
    fine = shapely.union_all(discs).intersection(outline)
    points = [partition.scattered(fine, _SEATS, rng), partition.scattered(outline.difference(fine), _FIELDS, rng)]
    return partition.build_large_mesh([outline], np.concatenate(points))


def _owners(mesh: partition.Mesh, units: pd.DataFrame, seats: dict[str, tuple[np.ndarray, float, float]]) -> np.ndarray:
    """Return the community of every face, or its street where there is none."""
    rng, owner = REGISTER.random("territory"), np.full(len(mesh.shapes), "", dtype=object)
    bent = partition.Mesh(mesh.shapes, warped(mesh.xy), mesh.area, mesh.touching)
    places = warped(np.array([place for place, _, _ in seats.values()]))
    labels = partition.split(bent, np.arange(len(owner)), places, [weight for _, _, weight in seats.values()], hold=0.7)
    for number, (street, (place, ground, _)) in enumerate(seats.items()):
        mine = np.flatnonzero(labels == number)
        town = partition.nearest_part(mesh, mine, np.hypot(*(mesh.xy - place).T), ground)
        codes = units.loc[units["parent"] == street, "code"].to_numpy()
        owner[mine] = street
        seeds = partition.spread_seeds(mesh, town, len(codes), rng)
        owner[town] = codes[partition.split(mesh, town, seeds, rng.lognormal(0, 0.2, len(codes)))]
    return owner
