"""Grids, units and facilities as their files hold them."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.placing import middles, near
from data.synthetic.qingyang.people import Setting
from data.synthetic.qingyang.register import REGISTER
from data.synthetic.register import grid_layer, unit_heads

_FIRST_HALF_ENDS = dt.date(2018, 6, 30)
# Square metres of service premises per 100 households where nothing else is known.
_PREMISES = {"urban_community": 31.0, "village": 36.0}


def unit_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 行政单元.xlsx, from the city down to its villages."""
    units = setting.units
    heads = unit_heads(units, county="县")
    return heads.assign(常住人口=units["population"], 户数=units["households"], 治理模式=units["mode"])


def grid_file(setting: Setting) -> gpd.GeoDataFrame:
    """Return the records of 网格.shp: a grid a villager (or residents') group, its head the manager."""
    grids = setting.grids
    kind = np.where(grids["urban"], "城市", "农村")
    return grid_layer(grids, setting.units, name="{}组", kind=kind, 网格员身份="组长")


def facility_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 设施台账.xlsx, a sheet a county (``县区``): every unit has its premises, not all the rest."""
    rng, middle = REGISTER.random("facilities"), middles(setting.grids, tolerance=5e-4)
    names = setting.units.set_index("code")["name"]
    places = setting.communities
    first, second = (setting.quality(places, period) for period in setting.character)
    rows: list[dict[str, object]] = []
    for (_, unit), before, now in zip(places.iterrows(), first, second, strict=True):
        for number, (kind, floor, opened) in enumerate([_premises(unit, now, rng), *_others(unit, before, now, rng)]):
            x, y = near(middle[unit["code"]], rng)
            rows.append(
                {
                    "县区": names[f"{unit['county']}000000"],
                    "设施编号": f"QY{unit['code'][3:]}{number + 1:02d}",
                    "设施名称": f"{unit['name']}{kind}",
                    "设施类型": kind,
                    "村居代码": unit["code"],
                    "建筑面积(㎡)": floor,
                    "活动面积(㎡)": round(floor * rng.uniform(0.5, 0.75)) if number == 0 and floor else None,
                    "启用时间": opened,
                    "经度": round(x, 5),
                    "纬度": round(y, 5),
                }
            )
    return pd.DataFrame(rows)


def _premises(unit: pd.Series, quality: float, rng: np.random.Generator) -> tuple[str, float, dt.date]:
    """Return the service centre of a community or the service station of a village: everyone has one."""
    kind = "社区服务中心" if unit["kind"] == "urban_community" else "农村社区服务站"
    usual = _PREMISES[unit["kind"]] * unit["households"] / 100
    return kind, float(max(60, round(usual * np.exp(0.1 * quality + rng.normal(0, 0.18))))), _long_ago(rng)


def _others(
    unit: pd.Series, before: float, now: float, rng: np.random.Generator
) -> list[tuple[str, float | None, dt.date]]:
    """Return what else of "six rooms, one school, one square" a unit has by the end of 2018, some only lately."""
    found: list[tuple[str, float | None, dt.date]] = []
    for item in REGISTER.rows("facilities.csv"):
        ease = float(item["village" if unit["kind"] == "village" else "urban"])
        # how much easier an item is than the hardest decides what a weak village lacks
        had, has = (1 / (1 + np.exp(-(ease + 1.4 * quality))) for quality in (before - 0.35, max(before, now)))
        luck = rng.random()
        floor = float(round(float(item["floor_area"]) * rng.lognormal(0, 0.2))) if item["floor_area"] else None
        if luck < had:
            found.append((item["kind"], floor, _long_ago(rng)))
        elif luck < has:
            found.append((item["kind"], floor, _FIRST_HALF_ENDS + dt.timedelta(days=int(rng.integers(5, 170)))))
    return found


def _long_ago(rng: np.random.Generator) -> dt.date:
    return dt.date(2012, 3, 1) + dt.timedelta(days=int(rng.integers(0, 2_200)))
