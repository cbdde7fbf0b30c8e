"""Who lives within reach of a facility, for layers too large for memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from govkit import catalogue
from govkit.geometry.coverage import present
from govkit.geometry.reach import circles, residents_inside
from govkit.partitioned.layers import Box, Layer, Piece, check_same_crs

# No degree of latitude is shorter, nor one of longitude at the equator.
_METRES_A_DEGREE = 110_500.0


def reached(
    facilities: Layer, grids: Layer, *, crs: Any, kinds: Iterable[str] = (), radii: Sequence[float] = ()
) -> pd.DataFrame:
    """Return the residents of every grid within each radius (metres, straight line) of the nearest facility.

    Index: grid_code; one column a radius, then ``population``; NaN where a grid's population is unknown. Residents are
    taken to live evenly over their grid. ``kinds``: facilities of these kinds only (keys of codes.toml; all where none
    is given); ``radii``: those of access.toml where none is given; ``crs`` is metric. Grids are taken a piece at a
    time with the facilities about it. Raises SourceError if the two layers differ in CRS.
    """
    check_same_crs(facilities, grids)
    wanted = sorted(radii) or [one["radius_m"] for one in catalogue.load("access")["circle"]]
    parts = [_of_piece(facilities, grids, piece, list(kinds), wanted, crs) for piece in grids.pieces]
    columns = [*wanted, "population"]
    return pd.concat(parts) if parts else pd.DataFrame(columns=columns, index=pd.Index([], name="grid_code"))


def _of_piece(
    facilities: Layer, grids: Layer, piece: Piece, kinds: list[str], radii: list[float], crs: Any
) -> pd.DataFrame:
    frame = grids.piece_frame(piece, ["grid_code", "population"])
    people = frame["population"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    near = facilities.frame(_widened(piece.box, grids.crs, max(radii)), ["kind"])
    near = near.loc[near["kind"].isin(kinds) | (not kinds)]
    shapes = frame.geometry.to_crs(crs).to_numpy()
    points = near.geometry[present(near.geometry)].to_crs(crs).to_numpy()
    columns: dict[Any, np.ndarray] = dict(residents_inside(circles(points, radii), shapes, people))
    return pd.DataFrame({**columns, "population": people}, index=pd.Index(frame["grid_code"], name="grid_code"))


def _widened(box: Box, crs: Any, metres: float) -> Box:
    """Return a box in a layer's CRS (degrees or metres) widened by a length."""
    west, south, east, north = box
    if not pyproj.CRS(crs).is_geographic:
        return west - metres, south - metres, east + metres, north + metres
    up = metres / _METRES_A_DEGREE
    across = up / np.cos(np.radians(min(89.0, max(abs(south), abs(north)) + up)))
    return west - across, south - up, east + across, north + up
