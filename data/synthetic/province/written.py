"""The made-up province as partitioned GeoParquet: a folder a table, a file a county, boxes beside every shape."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.synthetic.province.lattice import Lattice, county_grids, draw_lattice, missing_places
from data.synthetic.province.plan import Plan, county_code
from data.synthetic.province.tables import county_facilities, county_matters, county_units

_ROWS_A_GROUP = 10_000


def county_tables(plan: Plan, lattice: Lattice, county: int) -> dict[str, pd.DataFrame]:
    """Return the tidy tables of one county by name."""
    grids = county_grids(plan, lattice, county)
    return {
        "units": county_units(grids),
        "grids": grids,
        "facilities": county_facilities(plan, grids, missing_places(plan, lattice, county), county),
        "events": county_matters(plan, grids, county),
    }


def write_province(folder: Path, plan: Plan) -> dict[str, int]:
    """Write ``folder/<table>/<county>.parquet`` for every table and county; return the rows and people written.

    The same plan gives the same bytes.
    """
    lattice = draw_lattice(plan)
    written = dict.fromkeys(plan.totals(), 0)
    for county in range(plan.counties):
        tables = county_tables(plan, lattice, county)
        for name, table in tables.items():
            _write(folder / name / f"{county_code(county)}.parquet", table)
        for name, number in _counted(tables).items():
            written[name] += number
    return written


def _write(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(table, gpd.GeoDataFrame):
        table.to_parquet(path, index=False, write_covering_bbox=True, row_group_size=_ROWS_A_GROUP)
    else:
        table.to_parquet(path, index=False)


def _counted(tables: dict[str, pd.DataFrame]) -> dict[str, int]:
    units, grids = tables["units"], tables["grids"]
    return {
        "counties": int((units["level"] == "county").sum()),
        "streets": int((units["level"] == "street").sum()),
        "communities": int((units["level"] == "community").sum()),
        "grids": len(grids),
        "facilities": len(tables["facilities"]),
        "matters": len(tables["events"]),
        "households": int(grids["households"].sum()),
        "population": int(grids["population"].sum()),
    }
