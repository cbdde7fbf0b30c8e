"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from data.synthetic.zone_folder import Defect, Files, changed, inserted


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _services, _events, _funds, _points, _grid):
        files = step(files)
    return files


def _facilities(files: Files) -> Files:
    name, column = "设施台账.xlsx", "村居代码"
    frame = files.frames[name]
    at = int(np.flatnonzero((frame["县区"] == "环县") & (frame["设施类型"] == "文化广场"))[60])
    code = "621022104299"
    row = {"设施编号": "QY90000001", "设施名称": "河连湾文化广场", column: code}
    what = f"单元代码 {code} 不在行政单元表中"
    return files.altered(
        name, inserted(frame, at, row), Defect(name, "unit_by_place", "warning", at, column, code, what)
    )


def _services(files: Files) -> Files:
    name, month = "服务统计2018.csv", "2018年10月"
    frame = files.frames[name]
    asked = int(np.flatnonzero((frame["指标"] == "受理件数") & (frame["服务事项"] == "惠农补贴申报"))[700])
    requested = str(frame.at[asked, month])
    value = str(int(requested) + 30)
    what = f"办结件数 {value} 多于受理件数 {requested}"
    defect = Defect(name, "settled_over_requested", "error", asked + 1, month, value, what)
    return files.altered(name, changed(frame, asked + 1, month, value), defect)


def _events(files: Files) -> Files:
    name, column = "网格事项2018.csv", "办结时间"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["上报时间"] > "2018/04/15")[0])
    row = {"事项编号": "QY20180499901", column: "2018/03/02 10:20", "办结层级": "网格", "状态": "办结"}
    defect = Defect(name, "settled_before_reported", "error", at, column, str(row[column]), "办结时间早于上报时间")
    return files.altered(name, inserted(frame, at, row), defect)


def _funds(files: Files) -> Files:
    name, column = "资金台账.xlsx", "金额(万元)"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["收支"] == "支出")[900])
    defect = Defect(name, "out_of_range", "error", at, column, "-0.85", "金额为负")
    return files.altered(name, inserted(frame, at, {"流水号": "ZJ201890001", column: -0.85}), defect)


def _points(files: Files) -> Files:
    name, column = "道德积分.csv", "积分类别"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["积分类别"] == "红榜")[333])
    defect = Defect(name, "unknown_choice", "error", at, column, "灰榜", "积分类别“灰榜”不在允许值之中")
    return files.altered(name, inserted(frame, at, {column: "灰榜"}), defect)


def _grid(files: Files) -> Files:
    name = "网格.shp"
    frame = files.frames[name]
    first = int(np.flatnonzero(frame["网格类型"] == "农村")[4_000])
    copy = frame.iloc[[first]].assign(户数=frame["户数"].iloc[first] + 2)
    both = gpd.GeoDataFrame(pd.concat([frame, copy], ignore_index=True), crs=frame.crs)
    code = str(frame["网格编码"].iloc[first])
    what = f"网格编码 {code} 与第 {first + 1} 条记录重复"
    return files.altered(name, both, Defect(name, "duplicate_key", "error", len(frame), "网格编码", code, what))
