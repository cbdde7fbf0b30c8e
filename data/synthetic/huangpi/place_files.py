"""Units and facilities as their files hold them."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data.synthetic.drawing import shared_out
from data.synthetic.huangpi.kit import TEAM, kit_of
from data.synthetic.huangpi.progress import grades_of, items_in_place
from data.synthetic.huangpi.register import REGISTER, YEARS, Setting
from data.synthetic.register import unit_heads

_CENTRE = "服务中心"
# 1 degree of longitude in the latitude of the district, in metres.
_DEGREE = 95_500.0


def unit_file(setting: Setting) -> gpd.GeoDataFrame:
    """Return the records of 行政单元.shp."""
    units = setting.units
    frame = unit_heads(units, code="区划代码").assign(
        治理类型=units["type"],
        形成方式=units["formed"],
        户数=units["households"].astype("int32"),
        常住人口=units["population"].astype("int32"),
    )
    return gpd.GeoDataFrame(frame, geometry=setting.shapes)


def facility_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 社区设施.xlsx: the premises of every community and what it has of the fifteen items."""
    rng = REGISTER.random("facilities")
    shapes = dict(zip(setting.units["code"], setting.shapes, strict=True))
    areas, reached, luck, kit = premises(setting), grades_of(setting), REGISTER.random("kit places"), kit_of(setting)
    kit = kit.loc[kit["kind"] != TEAM]
    rows: list[dict[str, object]] = []
    for community in setting.communities.itertuples():
        place = _middle(shapes[community.code])
        mine = [(_CENTRE, min(YEARS), float(areas[community.code]), True)]
        mine += [
            (kind, year, None, located)
            for kind, year, located in items_in_place(community.code, reached.loc[community.code])
        ]
        for number, (kind, year, area, located) in enumerate(mine, start=1):
            x, y = _near(place, rng) if located else (None, None)
            rows.append(_facility(community, number, kind, area, _opened(year, rng), x, y))
        for number, one in enumerate(kit.loc[kit["code"] == community.code].itertuples(), start=60):
            x, y = _near(place, luck) if one.kind.endswith("站") else (None, None)
            rows.append(_facility(community, number, one.kind, None, one.opened, x, y))
    return pd.DataFrame(rows)


def _facility(
    community: object, number: int, kind: str, area: float | None, opened: dt.date, x: float | None, y: float | None
) -> dict[str, object]:
    return {
        "社区代码": community.code,  # type: ignore[attr-defined]
        "设施编号": f"HP{community.code[6:]}{number:02d}",  # type: ignore[attr-defined]
        "设施名称": f"{community.name.removesuffix('社区')}社区{kind}",  # type: ignore[attr-defined]
        "设施类型": kind,
        "建筑面积(㎡)": area,
        "启用时间": opened,
        "经度": x,
        "纬度": y,
    }


def premises(setting: Setting) -> pd.Series:
    """Return the floor area (m²) of every community's premises: total, least, most and large ones as published."""
    published, communities = REGISTER.calibration(), setting.communities
    count, large = len(communities), int(published["premises_large"])
    least, most = int(published["premises_least_m2"]), int(published["premises_most_m2"])
    order = communities.sort_values("quality", ascending=False, kind="stable")["code"].to_numpy()
    small = [least, *(44 + 37 * np.linspace(0, 1, count - large - 1) ** 1.5).astype(int)]
    rest = int(published["premises_m2"]) - sum(small) - most
    big = shared_out(rest, np.linspace(1.9, 0.6, large - 1), least=100)
    return pd.Series([most, *sorted(big, reverse=True), *sorted(small, reverse=True)], index=order)


def _opened(year: int, rng: np.random.Generator) -> dt.date:
    """Return a day of the year; what the first year had already, was opened in the years before it or in it."""
    if year == min(YEARS):
        return dt.date(1999, 5, 1) + dt.timedelta(days=int(rng.integers(0, 1_650)))
    return dt.date(year, 3, 1) + dt.timedelta(days=int(rng.integers(0, 290)))


def _middle(shape: shapely.Polygon) -> tuple[float, float, float]:
    """Return longitude, latitude and free radius (degrees) of a place well inside a community."""
    circle = shapely.maximum_inscribed_circle(shape, tolerance=1e-5)
    x, y = circle.coords[0]
    return x, y, circle.length


def _near(middle: tuple[float, float, float], rng: np.random.Generator) -> tuple[float, float]:
    x, y, free = middle
    angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.75) * min(free, 300 / _DEGREE)
    return round(x + reach * np.cos(angle), 6), round(y + reach * np.sin(angle), 6)
