"""A made-up city as its files come: communities drawn by name, a list by name, points of a map, calls by name."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.intake.places.datum import from_cgcs2000

WEST, SOUTH, SIDE = 114.30, 30.60, 0.01
KINDS = ("公园", "幼儿园", "公交站", "养老院", "药店", "菜市场", "社区卫生服务站", "党群服务中心", "地铁站", "益民驿站")


def write_city(
    folder: Path, *, streets: int, each: int, points: int, calls: int, datum: str = "GCJ-02", shapes: str = "CGCS2000"
) -> pd.DataFrame:
    """Write a city without any code; return the communities: ``street``, ``name``, ``geometry`` (CGCS2000).

    ``datum`` is that of the points, ``shapes`` that of the layer; neither file says so. The frame's ``attrs["of"]``
    tells in which community each point lies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(20)
    rows = [(f"第{s + 1}大街街道", f"{s + 1}街{c + 1}号社区", s, c) for s in range(streets) for c in range(each)]
    boxes = [
        shapely.box(WEST + c * SIDE, SOUTH + s * SIDE, WEST + (c + 1) * SIDE, SOUTH + (s + 1) * SIDE)
        for _, _, s, c in rows
    ]
    communities = gpd.GeoDataFrame(
        {"street": [row[0] for row in rows], "name": [row[1] for row in rows]}, geometry=boxes, crs="EPSG:4490"
    )
    layer = communities.rename(columns={"name": "SQMC"})[["SQMC", "geometry"]].set_crs(4326, allow_override=True)

    def moved(corners: np.ndarray) -> np.ndarray:
        return np.column_stack(from_cgcs2000(corners[:, 0], corners[:, 1], shapes))

    layer = layer.set_geometry(gpd.GeoSeries(shapely.transform(np.array(boxes), moved), crs=4326))
    layer.to_file(folder / "社区面.shp", encoding="utf-8")
    (folder / "社区面.cpg").unlink(missing_ok=True)
    people = pd.DataFrame({"街道": communities["street"], "社区": communities["name"]})
    people.assign(户数=1000, 常住人口=draw.integers(2000, 4000, len(people))).to_excel(
        folder / "社区名单.xlsx", index=False
    )
    at = draw.integers(0, len(rows), points)
    lon, lat = (shapely.get_coordinates(shapely.centroid(np.array(boxes)[at]))[:, i] for i in (0, 1))
    lon, lat = lon + draw.uniform(-0.004, 0.004, points), lat + draw.uniform(-0.004, 0.004, points)
    lon, lat = from_cgcs2000(lon, lat, datum)
    names = [f"{KINDS[i % len(KINDS)]}{i}" for i in range(points)]
    kinds = [KINDS[i % len(KINDS)] for i in range(points)]
    pois = pd.DataFrame({"名称": names, "类型": kinds, "经度": np.round(lon, 6), "纬度": np.round(lat, 6)})
    pois.to_csv(folder / "POI.csv", index=False, encoding="utf-8-sig")
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(draw.integers(0, 360 * 24, calls), unit="h")
    of = draw.integers(0, len(rows), calls)
    phone = pd.DataFrame(
        {"事件类别": np.where(draw.random(calls) < 0.5, "噪声", "停车"), "来电时间": days.astype("str")}
    )
    phone = phone.assign(社区名称=[rows[i][1] for i in of])
    phone.to_csv(folder / "12345热线.csv", index=False, encoding="gbk")
    city = pd.DataFrame(communities)
    city.attrs["of"] = communities["name"].to_numpy()[at].tolist()
    return city
