"""The ground: six counties divided among their towns, communities and villages, and these into governance grids.

A town's communities lie around its seat, the chosen village takes the fields; every border is shared.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.synthetic import partition
from data.synthetic.ground import Plane, warped
from data.synthetic.xianning.register import REGISTER

PLANE = Plane("EPSG:4547", decimals=6)
_FIELDS, _SEATS = 820.0, 108.0
# Ground of one urban community (m²), and grids of a community and of a village.
_COMMUNITY = 760_000.0
# Where a street has no village its communities share all of its ground, about so many times as much.
_WHOLE_TOWN = 5.0
_GRIDS = {"urban_community": (4, 6), "village": (4, 7)}
_SMOOTHED = 90.0

Seats = dict[str, tuple[np.ndarray, float, float]]


def grids_of(units: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the governance grids in EPSG:4490, community by community: ``unit_code``, ``number`` (from 1)."""
    rng, outlines = REGISTER.random("territory"), PLANE.outlines(REGISTER.here / "outline.geojson")
    seats = _seats(units)
    mesh = _mesh(outlines, seats)
    owner = np.full(len(mesh.shapes), "", dtype=object)
    for code, members in _counties(mesh, outlines).items():
        _settle(mesh, members, owner, units.loc[units["parent"] == code.ljust(12, "0")], units, seats, rng)
    part_of, rows = np.full(len(owner), -1), []
    kinds = dict(zip(units["code"], units["kind"], strict=True))
    for code in sorted(set(owner)):
        members, count = np.flatnonzero(owner == code), int(rng.integers(*_GRIDS[kinds[code]]))
        seeds = partition.spread_seeds(mesh, members, count, rng)
        part_of[members] = partition.split(mesh, members, seeds, rng.lognormal(0, 0.2, count)) + len(rows)
        rows += [(code, number + 1) for number in range(count)]
    shapes = partition.merged(mesh, part_of, tolerance=_SMOOTHED)
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["unit_code", "number"]), geometry=PLANE.placed(shapes))


def _seats(units: pd.DataFrame) -> Seats:
    """Return place (metres), ground of the urban communities (m²) and area weight of every town by code."""
    rows = {row["name"]: row for row in REGISTER.rows("anchors.csv")}
    towns = units.loc[units["kind"].isin(["street", "town", "township"])]
    urban = units.loc[units["kind"] == "urban_community", "parent"].value_counts()
    rural = set(units.loc[units["kind"] == "village", "parent"])
    found = {}
    for code, name in zip(towns["code"], towns["name"], strict=True):
        row = rows[name]
        place = PLANE.metres(np.array([[float(row["longitude"]), float(row["latitude"])]]))[0]
        share = _WHOLE_TOWN if code not in rural else 1.0
        found[code] = (place, share * _COMMUNITY * int(urban.get(code, 0)), float(row["area_weight"]))
    return found


def _mesh(outlines: dict[str, shapely.Polygon], seats: Seats) -> partition.Mesh:
    """Return the mesh of all counties: fine around the seats, coarse in the fields."""
    rng, whole = REGISTER.random("mesh"), shapely.union_all(list(outlines.values()))
    discs = [shapely.Point(*place).buffer(1.4 * (ground / np.pi) ** 0.5 + 250) for place, ground, _ in seats.values()]
    fine = shapely.union_all(discs).intersection(whole)
    points = [partition.scattered(fine, _SEATS, rng), partition.scattered(whole.difference(fine), _FIELDS, rng)]
    return partition.build_large_mesh(list(outlines.values()), np.concatenate(points))


def _counties(mesh: partition.Mesh, outlines: dict[str, shapely.Polygon]) -> dict[str, np.ndarray]:
    inside = shapely.point_on_surface(mesh.shapes)
    return {code: np.flatnonzero(shapely.contains(outline, inside)) for code, outline in outlines.items()}


def _settle(
    mesh: partition.Mesh,
    members: np.ndarray,
    owner: np.ndarray,
    towns: pd.DataFrame,
    units: pd.DataFrame,
    seats: Seats,
    rng: np.random.Generator,
) -> None:
    """Write the community or village of every face of a county into ``owner``."""
    bent = partition.Mesh(mesh.shapes, warped(mesh.xy), mesh.area, mesh.touching)
    places = warped(np.array([seats[code][0] for code in towns["code"]]))
    labels = partition.split(bent, members, places, [seats[code][2] for code in towns["code"]], hold=0.9)
    for number, town in enumerate(towns["code"]):
        mine, (place, ground, _) = members[labels == number], seats[town]
        below = units.loc[units["parent"] == town]
        urban = below.loc[below["kind"] == "urban_community", "code"].to_numpy()
        villages = below.loc[below["kind"] == "village", "code"].to_numpy()
        seat = mine
        if len(villages):
            owner[mine] = villages[0]
            seat = (
                partition.nearest_part(mesh, mine, np.hypot(*(mesh.xy - place).T), ground) if len(urban) else mine[:0]
            )
        if len(urban):
            seeds = partition.spread_seeds(mesh, seat, len(urban), rng)
            owner[seat] = urban[partition.split(mesh, seat, seeds, rng.lognormal(0, 0.2, len(urban)))]
