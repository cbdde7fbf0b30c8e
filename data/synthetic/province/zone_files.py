"""Some streets of the made-up province as a zone folder, to make reports of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from data.synthetic.province.lattice import draw_lattice
from data.synthetic.province.plan import METRIC, PERIODS, PROVINCE, STATEMENT, Plan, random
from data.synthetic.province.written import county_tables

_ITEMS = ("社保办理", "医保办理", "证明开具", "救助申请", "就业登记", "老年优待")
_A_CITY = 10

_ZONE = """\
name = "测算市社区治理实验区"
code = "{code}"
district_level = "street"
metric_crs = "{crs}"
synthetic = "{statement}"

[[periods]]
id = "{first}"
name = "{year}年上半年"
start = {year}-01-01
end = {year}-06-30

[[periods]]
id = "{second}"
name = "{year}年下半年"
start = {year}-07-01
end = {year}-12-31

{sources}
[judged_by]
standards = ["daoli_village_centre", "community_service_plan_14th"]
scheme = "daoli_333"

[report]
issuer = "测算市民政局"
date = "{next}年1月"
classification = "内部"
"""


def write_zone(folder: Path, plan: Plan, *, streets: int) -> None:
    """Write the first ``streets`` streets of the first city as a zone folder whose report units they are.

    All streets are equally large. Raises ValueError if the city has fewer.
    """
    counties = -(-streets // plan.streets)
    if counties > min(plan.counties, _A_CITY):
        raise ValueError(f"one city of the province has {min(plan.counties, _A_CITY) * plan.streets} streets")
    tables = zone_tables(plan, range(counties), streets)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet", index=False)
    year = int(PERIODS[0][:4])
    sources = "\n".join(f'[sources.{name}]\npath = "{name}.parquet"\n' for name in tables)
    text = _ZONE.format(
        code=f"{PROVINCE}01", crs=METRIC, statement=STATEMENT, first=PERIODS[0], second=PERIODS[1], year=year,
        next=year + 1, sources=sources,
    )  # fmt: skip
    (folder / "zone.toml").write_text(text, encoding="utf-8")


def zone_tables(plan: Plan, counties: range, streets: int) -> dict[str, pd.DataFrame]:
    """Return the tidy tables of the first ``streets`` streets of some counties, the city above them among the units."""
    lattice = draw_lattice(plan)
    drawn = [county_tables(plan, lattice, county) for county in counties]
    whole = {name: pd.concat([tables[name] for tables in drawn], ignore_index=True) for name in drawn[0]}
    units = whole["units"]
    kept = set(units.loc[units["level"] == "street", "unit_code"].head(streets).str[:9])
    cut = {"grids": "unit_code", "facilities": "unit_code", "events": "grid_code"}
    tables = {name: whole[name].loc[whole[name][by].str[:9].isin(kept)] for name, by in cut.items()}
    inside = units["unit_code"].str[:9].isin(kept) | (units["level"] == "county")
    city = {"unit_code": f"{PROVINCE}01".ljust(12, "0"), "name": "测算市", "level": "city", "kind": "city"}
    units = pd.concat([pd.DataFrame([city]), _recounted(units.loc[inside])], ignore_index=True)
    # the ledger of matters has no place of its own: a matter lies in its grid
    events = pd.DataFrame(tables["events"].drop(columns="geometry"))
    return {"units": units, **tables, "events": events, "services": _services(units)}


def _recounted(units: pd.DataFrame) -> pd.DataFrame:
    """Return the units, counties with the people of the streets that are left."""
    streets = units.loc[units["level"] == "street"].groupby("parent")[["population", "households"]].sum()
    people = units[["population", "households"]].copy()
    counties = units["level"] == "county"
    people.loc[counties] = streets.reindex(units.loc[counties, "unit_code"]).to_numpy()
    return units.assign(population=people["population"], households=people["households"])


def _services(units: pd.DataFrame) -> pd.DataFrame:
    """Return a row per community, month and item with what was asked for and what came of it."""
    rng = random(0, 4)
    codes = units.loc[units["level"] == "community", "unit_code"]
    months = pd.date_range(f"{PERIODS[0][:4]}-01-01", periods=12, freq="MS")
    frame = pd.MultiIndex.from_product([codes, months, _ITEMS], names=["unit_code", "month", "item"]).to_frame(
        index=False
    )
    requested = 1 + rng.poisson(9, len(frame))
    settled = rng.binomial(requested, 0.95)
    inside = rng.binomial(settled, 0.85)
    responses = rng.binomial(settled, 0.4)
    satisfied = rng.binomial(responses, 0.95)
    hours = np.round(settled * rng.lognormal(1.2, 0.3, len(frame)), 1)
    return frame.assign(
        requested=requested, settled=settled, settled_in_unit=inside, hours=hours, responses=responses,
        satisfied=satisfied,
    )  # fmt: skip
