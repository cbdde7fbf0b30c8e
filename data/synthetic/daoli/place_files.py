"""Grids, units and facilities as their files hold them."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.daoli.people import Setting
from data.synthetic.daoli.register import calibration, random, read_csv
from data.synthetic.gcj02 import shifted
from data.synthetic.placing import middles, near
from data.synthetic.register import grid_layer, unit_heads

_FIRST_HALF_ENDS = dt.date(2018, 6, 30)
# Urban grids without a manager: two streets that lag behind in hiring.
_UNMANNED = {"230102003000": 4, "230102017000": 3}

# The share of villages with a chain store for daily needs (D17).
_WITH_STORE = 0.86
# Who assists a grid's manager, and how often.
_ASSISTANTS = {"志愿者数": 0.42, "党员数": 0.32, "学生数": 0.1, "退役军人数": 0.16}


def grid_file(setting: Setting) -> gpd.GeoDataFrame:
    """Return the records of 网格.shp."""
    rng, grids = random("grids"), setting.grids
    parent = setting.units.set_index("code")["parent"]
    manager = np.where(grids["urban"], "社区工作者", "村民代表").astype(object)
    for street, count in _UNMANNED.items():
        there = np.flatnonzero(grids["urban"] & (grids["unit_code"].map(parent) == street))
        manager[rng.choice(there, count, replace=False)] = None
    assistants = rng.integers(1, 7, len(grids))
    supervisors = np.where(grids["urban"], 1, rng.integers(1, 3, len(grids)))
    kinds = random("assistants").multinomial(assistants, list(_ASSISTANTS.values()))
    return grid_layer(
        grids,
        setting.units,
        name="第{}网格",
        kind=np.where(grids["urban"], "城市网格", "农村网格"),
        网格员身份=manager,
        督导员身份=np.where(grids["urban"], "街道干部", "镇干部"),
        督导员数=supervisors.astype("int32"),
        协管员数=assistants.astype("int32"),
        **{name: kinds[:, at].astype("int32") for at, name in enumerate(_ASSISTANTS)},
    )


def unit_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 行政单元.xlsx."""
    units = setting.units
    return unit_heads(units).assign(常住人口=units["population"], 户数=units["households"])


def facility_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 设施台账.xlsx: the twelve facilities of the standard in every village, and the urban ones.

    In every village all are open by the end of 2018; in some the last ones opened only in its second half.
    """
    rng = random("facilities")
    spec = read_csv("facilities.csv")
    centres = middles(setting.grids)
    large = set(_large(setting))
    rows: list[dict[str, object]] = []
    for _, unit in setting.communities.iterrows():
        rural = unit["kind"] == "village"
        late = _late(setting, unit, rng) if rural else 0
        mine = [item for item in spec if rural or rng.random() < float(item["urban_share"])]
        slow = set(rng.permutation(len(mine))[:late].tolist())
        for number, item in enumerate(mine):
            sizes = _sizes(item, unit, unit["code"] in large, setting.quality(unit, "2018H2"), rng)
            place = near(centres[unit["code"]], rng)
            opened = _opened(rng, late=number in slow)
            rows.append(_facility(item, unit, number, sizes, opened, place))
    rng = random("chain stores")
    for _, village in setting.villages.iterrows():
        if rng.random() < _WITH_STORE:
            place, opened = near(centres[village["code"]], rng), _opened(rng, late=False)
            rows.append(_facility({"kind": "便民连锁店"}, village, 30, (None, None, None), opened, place))
    frame = pd.DataFrame(rows)
    return shifted(frame)


def _facility(
    item: dict[str, str],
    unit: pd.Series,
    number: int,
    sizes: tuple[float | None, float | None, float | None],
    opened: dt.date,
    place: tuple[float, float],
) -> dict[str, object]:
    return {
        "设施编号": f"SS{unit['code'][6:]}{number + 1:02d}",
        "设施名称": f"{unit['name']}{item['kind']}",
        "设施类型": item["kind"],
        "所属村居代码": unit["code"],
        "建筑": sizes[0],
        "居民活动": sizes[1],
        "对外开放": sizes[2],
        "启用时间": opened,
        "经度": place[0],
        "纬度": place[1],
    }


def _large(setting: Setting) -> list[str]:
    """Return the villages with a centre of 1,000 m² or more: the best in each town, as many as published."""
    villages = setting.villages
    order = villages.assign(score=[setting.quality(unit, "2018H2") for _, unit in villages.iterrows()])
    order = order.sort_values("score", ascending=False, kind="stable")
    best = order.groupby("parent", sort=False).head(2)
    return list(best["code"].head(int(calibration()["large_centres"])))


def _late(setting: Setting, unit: pd.Series, rng: np.random.Generator) -> int:
    """Return how many facilities of a village opened only in the second half of 2018."""
    lag = max(0.0, 1.0 - 1.5 * setting.quality(unit, "2018H1"))
    return int(min(5, rng.poisson(lag)))


def _sizes(
    item: dict[str, str], unit: pd.Series, large: bool, quality: float, rng: np.random.Generator
) -> tuple[float | None, float | None, float | None]:
    """Return floor, activity and open area in m²; None where the kind has no building."""
    if not item["floor_area"]:
        return None, None, None
    if item["kind"] != "服务中心":
        floor = round(float(item["floor_area"]) * rng.lognormal(0, 0.25))
        return float(floor), None, None
    per_100_households = 30 * np.exp(0.16 * quality + rng.normal(0, 0.15))
    floor = round(per_100_households * unit["households"] / 100)
    if unit["kind"] == "village":
        floor = round(rng.uniform(1_020, 1_680)) if large else min(floor, 960)
    activity = round(floor * float(np.clip(0.59 + 0.05 * quality + rng.normal(0, 0.05), 0.35, 0.8)))
    return float(floor), float(activity), float(min(floor, round(activity * rng.uniform(0.9, 1.15))))


def _opened(rng: np.random.Generator, *, late: bool) -> dt.date:
    if late:
        return _FIRST_HALF_ENDS + dt.timedelta(days=int(rng.integers(5, 165)))
    return dt.date(2011, 3, 1) + dt.timedelta(days=int(rng.integers(0, 2_550)))
