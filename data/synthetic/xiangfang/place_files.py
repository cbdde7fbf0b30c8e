"""Grids, units and facilities as their files hold them."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.drawing import moved
from data.synthetic.gcj02 import shifted
from data.synthetic.placing import middles, near
from data.synthetic.register import grid_layer, unit_heads
from data.synthetic.xiangfang.people import PILOT_SINCE, Setting
from data.synthetic.xiangfang.register import REGISTER

# Square metres of service premises per 100 households where nothing else is known.
_PREMISES = 27.0
_ORIGINS = ("新建", "改建", "购置", "租用")


def unit_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 行政单元.xlsx; the pilot's streets and communities have a date."""
    units = setting.units
    kinds = np.where(units["pilot"], "试点社区", "非试点社区")
    return unit_heads(units).assign(
        常住人口=units["population"],
        户数=units["households"],
        社区类型=np.where(units["kind"] == "urban_community", kinds, None),
        试点起始日期=[PILOT_SINCE if pilot else None for pilot in units["pilot"]],
    )


def grid_file(setting: Setting) -> gpd.GeoDataFrame:
    """Return the records of 网格.shp."""
    rng, grids = REGISTER.random("grids"), setting.grids
    manager = np.where(rng.random(len(grids)) < 0.985, "社区工作者", None)
    assistants = rng.integers(1, 6, len(grids)).astype("int32")
    words = {"网格员身份": manager, "协管员数": assistants}
    return grid_layer(grids, setting.units, name="第{}网格", kind="城市网格", **words)


def facility_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 设施台账.xlsx: centres, neighbourhood centres, street halls and what else a community has."""
    rng, middle = REGISTER.random("facilities"), middles(setting.grids)
    rows: list[dict[str, object]] = []
    for _, unit in setting.communities.iterrows():
        mine = [_centre(setting, unit, rng), *_others(unit, rng)]
        for number, facility in enumerate(mine):
            rows.append(_placed(facility, unit, number + 1, near(middle[unit["code"]], rng)))
    frame = pd.DataFrame([*rows, *_neighbourhood_centres(setting, middle, rng), *_halls(setting, middle, rng)])
    frame = frame.sort_values("设施编号", kind="stable", ignore_index=True)
    return shifted(frame)


def _placed(facility: dict[str, object], unit: pd.Series, number: int, place: tuple[float, float]) -> dict[str, object]:
    head = {
        "设施编号": f"XF{unit['code'][6:]}{number:02d}",
        "设施名称": f"{unit['name']}{facility['设施类型']}",
        "设施类型": facility["设施类型"],
        "所属社区代码": unit["code"],
    }
    sizes = {name: facility.get(name) for name in ("建筑", "居民活动", "对外开放")}
    return {
        **head, **sizes, "取得方式": facility.get("取得方式"), "启用时间": facility["启用时间"],
        "经度": place[0], "纬度": place[1],
    }  # fmt: skip


def _centre(setting: Setting, unit: pd.Series, rng: np.random.Generator) -> dict[str, object]:
    quality = setting.quality(unit, 2018)
    floor = max(80, round(_PREMISES * unit["households"] / 100 * np.exp(0.15 * quality + rng.normal(0, 0.16))))
    activity = round(floor * float(np.clip(0.57 + 0.06 * quality + rng.normal(0, 0.05), 0.35, 0.8)))
    return {
        "设施类型": "社区服务中心", "建筑": floor, "居民活动": activity,
        "对外开放": min(floor, round(activity * rng.uniform(0.9, 1.1))),
        "取得方式": str(rng.choice(_ORIGINS)), "启用时间": _long_ago(rng),
    }  # fmt: skip


def _others(unit: pd.Series, rng: np.random.Generator) -> list[dict[str, object]]:
    found = []
    for item in REGISTER.rows("facilities.csv"):
        if rng.random() >= float(item["pilot_share" if unit["pilot"] else "share"]):
            continue
        floor = round(float(item["floor_area"]) * rng.lognormal(0, 0.25)) if item["floor_area"] else None
        new = unit["pilot"] and rng.random() < 0.35
        opened = PILOT_SINCE + dt.timedelta(days=int(rng.integers(20, 420))) if new else _long_ago(rng)
        found.append({"设施类型": item["kind"], "建筑": floor, "启用时间": opened})
    return found


def _neighbourhood_centres(
    setting: Setting, middle: dict[str, tuple[float, float, float]], rng: np.random.Generator
) -> list[dict[str, object]]:
    """Return one centre a pilot community; together the published share of their floor area is open free of charge."""
    published, pilots = REGISTER.calibration(), setting.communities.loc[setting.communities["pilot"]]
    floor = 10 * rng.integers(28, 92, int(published["neighbourhood_centres"]))
    open_ = np.floor(floor * rng.uniform(0.84, 0.94, len(floor))).astype(int)
    open_ = moved(open_, round(published["open_share"] * floor.sum()), floor, rng)
    rows = []
    for (_, unit), whole, free in zip(pilots.iterrows(), floor, open_, strict=True):
        opened = PILOT_SINCE + dt.timedelta(days=int(rng.integers(60, 560)))
        facility = {
            "设施类型": "睦邻中心", "建筑": int(whole), "居民活动": int(free), "对外开放": int(free),
            "取得方式": str(rng.choice(_ORIGINS)), "启用时间": opened,
        }  # fmt: skip
        rows.append(_placed(facility, unit, 90, near(middle[unit["code"]], rng)))
    return rows


def _halls(
    setting: Setting, middle: dict[str, tuple[float, float, float]], rng: np.random.Generator
) -> list[dict[str, object]]:
    """Return the public-service hall of every pilot street: one window, one stop, anywhere in the street."""
    rows = []
    for _, street in setting.streets.loc[setting.streets["pilot"]].iterrows():
        first = setting.communities.loc[setting.communities["parent"] == street["code"], "code"].iloc[0]
        floor = int(rng.integers(420, 900))
        facility = {"设施类型": "便民服务大厅", "建筑": floor, "取得方式": "改建", "启用时间": PILOT_SINCE}
        rows.append(_placed(facility, street, 1, near(middle[first], rng)))
    return rows


def _long_ago(rng: np.random.Generator) -> dt.date:
    return dt.date(2008, 3, 1) + dt.timedelta(days=int(rng.integers(0, 2_700)))
