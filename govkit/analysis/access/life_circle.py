"""The 15-minute life circle: which share of the residents lives within walking distance of each kind of facility."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.scope import Scope, Tables
from govkit.geometry.coverage import present
from govkit.geometry.reach import circles, residents_inside
from govkit.periods import Period


def reach_by_kind(tables: Tables, period: Period, *, crs: Any) -> pd.DataFrame:
    """Return the share of residents within each life circle of each kind of facility, in the order of codes.toml.

    Columns: ``kind``, ``label``, ``places`` (located and open at the period's end), then one column a circle of
    ``access.toml`` named by its radius in metres (0–1). Residents are those of the grids whose population is known,
    taken to live evenly over their grid; distances are straight lines in the metric ``crs``. Empty without located
    facilities, grids or any population. Radii: GB 50180-2018.
    """
    radii = [one["radius_m"] for one in catalogue.load("access")["circle"]]
    columns = ["kind", "label", "places", *radii]
    scope = Scope(tables, period, by="zone")
    if scope.lacks("facilities", "grids"):
        return pd.DataFrame(columns=columns)
    places = gpd.GeoDataFrame(scope.rows("facilities"))
    places = places.loc[present(places.geometry)]
    grids = tables["grids"]
    people = grids["population"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(people) & grids.geometry.notna().to_numpy()
    if places.empty or not people[known].sum():
        return pd.DataFrame(columns=columns)
    shapes = grids.geometry[known].to_crs(crs).to_numpy()
    points = places.geometry.to_crs(crs)
    rows = []
    listed = catalogue.load("codes")["facility_kind"]
    for kind in [*listed, *sorted(set(places["kind"].dropna()) - set(listed))]:
        here = points[places["kind"].eq(kind)]
        if len(here):
            inside = residents_inside(circles(here.to_numpy(), radii), shapes, people[known])
            shares = [inside[radius].sum() / people[known].sum() for radius in radii]
            rows.append((kind, catalogue.label("facility_kind", kind), len(here), *shares))
    return pd.DataFrame(rows, columns=columns)
