"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Transformer

from data.synthetic.zone_folder import Defect, Files, inserted, with_repeated_grid

_METRIC = Transformer.from_crs("EPSG:4490", "EPSG:4551", always_xy=True)
_LONGEST_EDGE, _SHORTEST_EDGE = 180.0, 80.0
_OVERLAP_M2, _GAP_M2 = 2_000.0, 1_500.0


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _services, _events, _funds):
        files = step(files)
    return _gap(_overlap(with_repeated_grid(files, "农村网格", 200, more=3)))


def _facilities(files: Files) -> Files:
    name = "设施台账.xlsx"
    frame = files.frames[name]
    rows = (
        (120, "unit_by_place", "所属村居代码", "230102104299", "单元代码 230102104299 不在行政单元表中",
         {"设施编号": "SS90000101", "设施名称": "榆树健身场地", "设施类型": "健身场地",
          "所属村居代码": "230102104299"}),
        (300, "swapped_coordinates", "经度", "", "经度与纬度填反",
         {"设施编号": "SS90000201", "设施名称": "滨江健身场地", "设施类型": "健身场地",
          "经度": frame.at[300, "纬度"], "纬度": frame.at[300, "经度"]}),
    )  # fmt: skip
    for at, rule, column, value, what, row in rows:
        severity = "warning" if rule == "unit_by_place" else "error"
        frame = inserted(frame, at, {"建筑": None, "居民活动": None, "对外开放": None, **row})
        files = files.altered(name, frame, Defect(name, rule, severity, at, column, value, what))
    first = 410
    frame = inserted(frame, first, {})
    frame = frame.assign(设施名称=frame["设施名称"].mask(frame.index == first + 1, frame["设施名称"] + "（重报）"))
    code = str(frame.at[first, "设施编号"])
    what = f"设施编号 {code} 与上一行重复"
    files = files.altered(name, frame, Defect(name, "duplicate_key", "error", first + 1, "设施编号", code, what))
    at = int(np.flatnonzero(frame["设施类型"].eq("多功能活动室") & frame.index.to_series().gt(500))[0])
    frame = frame.assign(建筑=frame["建筑"].astype(object).mask(frame.index == at, "约120"))
    defect = Defect(name, "unreadable_number", "warning", at, "建筑", "约120", "建筑面积写作“约120”，不是数")
    return files.altered(name, frame, defect)


def _services(files: Files) -> Files:
    name, month = "服务统计2018.csv", "2018年5月"
    frame = files.frames[name]
    urban = ~frame["村居名称"].str.endswith("村")
    asked = int(np.flatnonzero(urban & (frame["指标"] == "申请件数"))[40])
    requested = str(frame.at[asked, month])
    value = str(int(requested) + 7)
    what = f"办结件数 {value} 多于申请件数 {requested}"
    return files.with_cell(name, asked + 1, month, value, "settled_over_requested", what)


def _events(files: Files) -> Files:
    name, moment, code = "网格事项2018.csv", "2018-01-30 09:12:00", "230102101200999"
    row = {"事项编号": "SX20180399901", "办结时间": moment, "状态": "已办结", "办结层级": "网格"}
    at = int(np.flatnonzero(files.frames[name]["上报时间"] > "2018-03-12")[0])
    files = files.with_row(name, at, row, "settled_before_reported", "办结时间", moment, "办结时间早于上报时间")
    at = int(np.flatnonzero(files.frames[name]["上报时间"] > "2018-09-20")[0])
    row = {"事项编号": "SX20180999901", "网格编码": code}
    return files.with_row(name, at, row, "unknown_grid", "网格编码", code, f"网格编码 {code} 不在网格图层中")


def _funds(files: Files) -> Files:
    name, day = "专项资金.xlsx", "2018-13-05"
    at = int(np.flatnonzero(files.frames[name]["收支"] == "支出")[90])
    row: dict[str, object] = {"流水号": "ZJ20189001", "金额(万元)": -0.36}
    files = files.with_row(name, at, row, "out_of_range", "金额(万元)", "-0.36", "金额为负")
    at = int(np.flatnonzero(files.frames[name]["收支"] == "支出")[260])
    row = {"流水号": "ZJ20189002", "日期": day}
    return files.with_row(name, at, row, "unreadable_date", "日期", day, f"日期 {day} 不存在")


def _overlap(files: Files) -> Files:
    """Let a grid reach over its border into a neighbour of another village."""
    name = "网格.shp"
    frame = files.frames[name]
    mine, theirs, piece = _piece(frame, "230102103", _OVERLAP_M2)
    shapes = frame.geometry.to_numpy().copy()
    shapes[mine] = shapely.orient_polygons(shapely.union(shapes[mine], piece))
    codes = [str(frame["网格编码"].iloc[i]) for i in (mine, theirs)]
    what = f"网格 {codes[0]} 与 {codes[1]} 重叠约 {_OVERLAP_M2:.0f} m²"
    defect = Defect(name, "grid_overlap", "warning", mine, "", codes[0], what)
    return files.altered(name, gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=frame.crs)), defect)


def _gap(files: Files) -> Files:
    """Take a piece off a grid beside its border, so that nobody has it."""
    name = "网格.shp"
    frame = files.frames[name]
    theirs, mine, piece = _piece(frame, "230102104", _GAP_M2)
    shapes = frame.geometry.to_numpy().copy()
    shapes[mine] = shapely.orient_polygons(shapely.difference(shapes[mine], piece))
    codes = [str(frame["网格编码"].iloc[i]) for i in (mine, theirs)]
    what = f"网格 {codes[0]} 与 {codes[1]} 之间有缝隙约 {_GAP_M2:.0f} m²"
    defect = Defect(name, "grid_gap", "warning", mine, "", codes[0], what)
    return files.altered(name, gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, crs=frame.crs)), defect)


def _piece(frame: gpd.GeoDataFrame, town: str, area: float) -> tuple[int, int, shapely.Polygon]:
    """Return two rural grids of a town in different villages, and a triangle of ``area`` m² on their common edge.

    The triangle lies in the second grid and stands on two corners both have, so that no other edge changes.
    """
    rural = np.flatnonzero(frame["网格编码"].str.startswith(town) & (frame["网格类型"] == "农村网格"))
    shapes = frame.geometry.to_numpy()
    owners: dict[tuple[tuple[float, float], tuple[float, float]], int] = {}
    for i in rural.tolist():
        corners = [tuple(point) for point in shapes[i].exterior.coords]
        for start, end in itertools.pairwise(corners):
            other = owners.setdefault((min(start, end), max(start, end)), i)
            if other != i and frame["单元代码"].iloc[other] != frame["单元代码"].iloc[i]:
                piece = _triangle(start, end, shapes[i], area)
                if piece is not None:
                    return other, i, piece
    raise ValueError("no edge long enough for the planted defect")


def _triangle(
    start: tuple[float, ...], end: tuple[float, ...], inside: shapely.Polygon, area: float
) -> shapely.Polygon | None:
    """Return a triangle of ``area`` m² on an edge, its tip inside a polygon; None if it does not fit."""
    a, b = (np.array(_METRIC.transform(point[0], point[1])) for point in (start, end))
    length = float(np.hypot(*(b - a)))
    if not _SHORTEST_EDGE <= length <= _LONGEST_EDGE:
        return None
    normal = np.array([a[1] - b[1], b[0] - a[0]]) / length
    for side in (1, -1):
        tip = (a + b) / 2 + side * normal * 2 * area / length
        lon, lat = _METRIC.transform(tip[0], tip[1], direction="INVERSE")
        piece = shapely.Polygon([start, end, (round(lon, 7), round(lat, 7))])
        if inside.covers(piece) and shapely.intersection(piece.boundary, inside.boundary).geom_type == "LineString":
            return piece
    return None
