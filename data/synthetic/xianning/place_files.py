"""Units, grids and facilities as their files hold them."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.drawing import shared_out
from data.synthetic.gcj02 import shifted
from data.synthetic.placing import middles, near
from data.synthetic.register import grid_layer, unit_heads
from data.synthetic.xianning.people import COMPLEX
from data.synthetic.xianning.register import HALVES, REGISTER, Setting

_COUNTY = "县（市、区）"
# How many communities' premises were handed over by builders and departments.
_HANDED_OVER = 22


def unit_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 行政单元.xlsx."""
    units = setting.units
    heads = unit_heads(units, county="县")
    return heads.assign(社区类型=units["type"], 常住人口=units["population"], 户数=units["households"])


def grid_file(setting: Setting) -> gpd.GeoDataFrame:
    """Return the records of 网格.shp; a few grids of the county furthest behind have no manager."""
    rng, grids = REGISTER.random("grids"), setting.grids
    manager = pd.Series(np.where(grids["urban"], "社区工作者", "村民代表"), index=grids.index)
    behind = np.flatnonzero(grids["unit_code"].str.startswith("421224"))
    manager = manager.mask(grids.index.isin(rng.choice(behind, 9, replace=False)))
    assistants = rng.integers(1, 6, len(grids)).astype("int32")
    kind = np.where(grids["urban"], "城市网格", "农村网格")
    words = {"网格员身份": manager, "协管员数": assistants}
    return grid_layer(grids, setting.units, name="第{}网格", kind=kind, **words)


def facility_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 设施台账.xlsx, a sheet a county: premises, complexes and what lies around them."""
    rng, spec = REGISTER.random("facilities"), REGISTER.rows("facilities.csv")
    places, handed = middles(setting.grids, tolerance=1e-4), _handed_over(setting)
    names = setting.units.set_index("code")["name"]
    rows: list[dict[str, object]] = []
    for unit in setting.communities.itertuples():
        for number, (kind, sizes, origin) in enumerate(_mine(unit, handed, spec, rng), start=1):
            x, y = near(places[unit.code], rng, most=0.75)
            late = kind not in {"党群服务中心", "服务综合体"} and rng.random() < 0.12
            rows.append(
                {_COUNTY: names[unit.county], "设施编号": f"XN{unit.code[4:]}{number:02d}",
                 "设施名称": f"{unit.name}{kind}", "设施类型": kind, "所属社区代码": unit.code,
                 "建筑": sizes[0], "居民活动": sizes[1], "社区使用": sizes[2], "用房来源": origin,
                 "启用时间": _opened(rng, late=late), "经度": x, "纬度": y}
            )  # fmt: skip
    frame = pd.DataFrame(rows).sort_values([_COUNTY, "设施编号"], kind="stable", ignore_index=True)
    return shifted(frame)


Sizes = tuple[float | None, float | None, float | None]


def _mine(
    unit: object, handed: pd.Series, spec: list[dict[str, str]], rng: np.random.Generator
) -> list[tuple[str, Sizes, str | None]]:
    """Return kind, areas and origin of everything one community has."""
    urban = unit.kind == "urban_community"  # type: ignore[attr-defined]
    level = float(unit.quality + unit.gain)  # type: ignore[attr-defined]
    found = [_premises(unit, handed, level, rng)]
    if unit.type == COMPLEX:  # type: ignore[attr-defined]
        floor = float(rng.integers(1_500, 3_200))
        found.append(("服务综合体", (floor, round(floor * 0.62), None), "自建"))
    for row in spec:
        if rng.random() < float(row["urban_share" if urban else "rural_share"]) + 0.12 * level:
            size = round(float(row["floor_area"]) * rng.lognormal(0, 0.2)) if row["floor_area"] else None
            found.append((row["kind"], (size, None, None), None))
    return found


def _premises(unit: object, handed: pd.Series, level: float, rng: np.random.Generator) -> tuple[str, Sizes, str]:
    code, households = unit.code, unit.households  # type: ignore[attr-defined]
    if code in handed.index:
        floor, origin, used = float(handed[code]), "移交", float(handed[code])
    else:
        floor = float(round(31.5 * np.exp(0.14 * level + rng.normal(0, 0.12)) * households / 100))
        origin, used = str(rng.choice(["自建", "租赁", "购置"], p=[0.6, 0.25, 0.15])), None
    activity = round(floor * float(np.clip(0.62 + 0.05 * level + rng.normal(0, 0.04), 0.4, 0.8)))
    return "党群服务中心", (floor, activity, used), origin


def _handed_over(setting: Setting) -> pd.Series:
    """Return the floor area (m²) of the premises handed over, in all as published, by community."""
    rng = REGISTER.random("handed over")
    urban = setting.communities.loc[setting.communities["kind"] == "urban_community"]
    chosen = urban.loc[np.sort(rng.choice(urban.index, _HANDED_OVER, replace=False))]
    weights = chosen["households"].to_numpy(float) * rng.lognormal(0, 0.15, len(chosen))
    return pd.Series(shared_out(int(REGISTER.calibration()["premises_handed_over_m2"]), weights), index=chosen["code"])


def _opened(rng: np.random.Generator, *, late: bool) -> dt.date:
    if late:
        return HALVES[1].day(float(rng.uniform(0.05, 0.9)))
    return dt.date(2013, 3, 1) + dt.timedelta(days=int(rng.integers(0, 2_800)))
