"""Units, facilities and matters of one county of the made-up province, as the tidy tables hold them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.synthetic.province.plan import GEOGRAPHIC, PERIODS, Plan, county_code, random
from govkit import catalogue

# A facility lies within this many degrees of the middle of a grid: well inside.
_NEAR_MIDDLE = 0.0004
_YEAR = np.datetime64(f"{PERIODS[0][:4]}-01-01T00:00:00")
_MINUTES = 365 * 24 * 60
# What every community has one of: the kinds of the village standard of the first demonstration zone.
_KINDS = (
    "service_centre", "outdoor_ground", "farmers_school", "publicity_board", "affairs_board", "police_room",
    "activity_room", "reading_room", "relief_station", "clinic", "family_planning_station", "farm_information_station",
)  # fmt: skip
_MATTERS = ("环境卫生", "矛盾纠纷", "基础设施", "安全隐患", "民生服务", "政策咨询")
_LEVELS = ("grid", "village", "town", "above")
_LEVEL_SHARES = (0.62, 0.24, 0.11, 0.03)
_OPEN_SHARE = 0.04


def county_units(grids: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the units of a county, itself, its streets and communities, with the sums of their grids."""
    people = grids[["households", "population"]]
    code = grids["unit_code"]
    rows = []
    for level, digits in (("county", 6), ("street", 9), ("community", 12)):
        sums = people.groupby(code.str[:digits]).sum()
        below = sums.reset_index(names="unit_code").assign(level=level)
        rows.append(below.assign(parent=below["unit_code"].str[: {6: 4, 9: 6, 12: 9}[digits]].str.ljust(12, "0")))
    units = pd.concat(rows, ignore_index=True)
    urban = units["unit_code"].str[6:9].pipe(pd.to_numeric, errors="coerce") % 3 == 0
    kinds = {"street": ("street", "town"), "community": ("urban_community", "village"), "county": ("county",) * 2}
    units["kind"] = [kinds[level][not one] for level, one in zip(units["level"], urban, strict=True)]
    units["name"] = [_name(one) for one in units[["unit_code", "kind"]].itertuples(index=False)]
    return units.assign(unit_code=units["unit_code"].str.ljust(12, "0"))[
        ["unit_code", "name", "level", "parent", "kind", "population", "households"]
    ]


def _name(unit: tuple[str, str]) -> str:
    code, kind = unit
    if kind == "county":
        return f"测算{int(code[2:4])}市{int(code[4:6])}县"
    words = {"street": "街道", "town": "镇", "urban_community": "社区", "village": "村"}
    number = f"{int(code[2:4])}-{int(code[4:6])}-{int(code[6:9])}"
    return f"第{number}{words[kind]}" if len(code) == 9 else f"第{number}-{int(code[9:])}{words[kind]}"


def county_facilities(plan: Plan, grids: gpd.GeoDataFrame, missing: np.ndarray, county: int) -> gpd.GeoDataFrame:
    """Return a county's facilities: one of each kind of the village standard a community, the others anywhere.

    The last ones lie at ``missing``, on ground that no grid covers.
    """
    rng, kinds = random(county, 2), np.array(_KINDS, dtype=object)
    number = plan.facilities - len(missing)
    first = np.flatnonzero(~grids["unit_code"].duplicated())
    more = rng.integers(0, len(grids), max(0, number - len(first) * len(kinds)))
    grid = np.concatenate([np.repeat(first, len(kinds)), more])[:number]
    kind = np.concatenate([np.tile(kinds, len(first)), rng.choice(kinds, len(more))])[:number]
    order = np.argsort(grid, kind="stable")
    grid, kind = np.append(grid[order], [len(grids) - 1] * len(missing)), np.append(kind[order], kinds[: len(missing)])
    point = np.concatenate([_near(grids, grid[:number], rng), missing])
    floor = np.round(rng.lognormal(4.5, 0.6, len(grid)))
    centre = kind == "service_centre"
    households = grids.groupby("unit_code")["households"].sum().reindex(grids["unit_code"].to_numpy()[grid])
    floor = np.where(centre, np.round(households.to_numpy() * rng.uniform(0.25, 0.4, len(grid))), floor)
    words = catalogue.load("codes")["facility_kind"]
    serial = pd.Series(np.arange(1, len(grid) + 1)).astype("str").str.zfill(6)
    frame = pd.DataFrame(
        {
            "facility_id": "SS" + county_code(county) + serial,
            "name": [f"{words[one]['label']}{n}" for one, n in zip(kind, serial, strict=True)],
            "kind": kind,
            "unit_code": grids["unit_code"].to_numpy()[grid],
            "floor_area_m2": floor,
            "activity_area_m2": np.where(centre, np.round(floor * rng.uniform(0.5, 0.75, len(grid))), np.nan),
            "open_area_m2": np.where(centre, np.round(floor * rng.uniform(0.4, 0.7, len(grid))), np.nan),
            "opened": _YEAR.astype("datetime64[D]") - rng.integers(-150, 3000, len(grid)).astype("timedelta64[D]"),
        }
    )
    return gpd.GeoDataFrame(frame, geometry=shapely.points(point), crs=GEOGRAPHIC)


def county_matters(plan: Plan, grids: gpd.GeoDataFrame, county: int) -> gpd.GeoDataFrame:
    """Return a county's matters, reported over a year and in order of their grids."""
    rng, size = random(county, 3), plan.matters
    grid = np.sort(rng.integers(0, len(grids), size))
    reported = _YEAR + rng.integers(0, _MINUTES, size).astype("timedelta64[m]")
    level = rng.choice(len(_LEVELS), size, p=_LEVEL_SHARES)
    minutes = rng.exponential(np.array([1.0, 3.0, 8.0, 20.0])[level] * 24 * 60).astype("timedelta64[m]")
    still_open = rng.random(size) < _OPEN_SHARE
    number = pd.Series(np.arange(1, size + 1)).astype("str").str.zfill(7)
    frame = pd.DataFrame(
        {
            "event_id": "SX" + county_code(county) + number,
            "grid_code": grids["grid_code"].to_numpy()[grid],
            "kind": rng.choice(_MATTERS, size),
            "reported_at": reported,
            "settled_at": np.where(still_open, np.datetime64("NaT"), reported + minutes),
            "settled_level": np.where(still_open, None, np.array(_LEVELS, dtype=object)[level]),
            "state": np.where(still_open, "open", "settled"),
        }
    )
    return gpd.GeoDataFrame(frame, geometry=shapely.points(_near(grids, grid, rng)), crs=GEOGRAPHIC)


def _near(grids: gpd.GeoDataFrame, grid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a place near the middle of each grid asked for, as files round it."""
    bounds = shapely.bounds(grids.geometry.to_numpy())
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    return np.round(middle[grid] + rng.uniform(-_NEAR_MIDDLE, _NEAR_MIDDLE, (len(grid), 2)), 7)
