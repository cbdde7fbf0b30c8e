"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import numpy as np

from data.synthetic.zone_folder import Files, with_repeated_grid


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _services, _events, _funds, _points):
        files = step(files)
    return with_repeated_grid(files, "农村", 4_000, more=2)


def _facilities(files: Files) -> Files:
    name, column, code = "设施台账.xlsx", "村居代码", "621022104299"
    frame = files.frames[name]
    at = int(np.flatnonzero((frame["县区"] == "环县") & (frame["设施类型"] == "文化广场"))[60])
    row = {"设施编号": "QY90000001", "设施名称": "河连湾文化广场", column: code}
    what = f"单元代码 {code} 不在行政单元表中"
    return files.with_row(name, at, row, "unit_by_place", column, code, what, severity="warning")


def _services(files: Files) -> Files:
    name, month = "服务统计2018.csv", "2018年10月"
    frame = files.frames[name]
    asked = int(np.flatnonzero((frame["指标"] == "受理件数") & (frame["服务事项"] == "惠农补贴申报"))[700])
    requested = str(frame.at[asked, month])
    value = str(int(requested) + 30)
    what = f"办结件数 {value} 多于受理件数 {requested}"
    return files.with_cell(name, asked + 1, month, value, "settled_over_requested", what)


def _events(files: Files) -> Files:
    name, column, moment = "网格事项2018.csv", "办结时间", "2018/03/02 10:20"
    at = int(np.flatnonzero(files.frames[name]["上报时间"] > "2018/04/15")[0])
    row = {"事项编号": "QY20180499901", column: moment, "办结层级": "网格", "状态": "办结"}
    return files.with_row(name, at, row, "settled_before_reported", column, moment, "办结时间早于上报时间")


def _funds(files: Files) -> Files:
    name, column = "资金台账.xlsx", "金额(万元)"
    at = int(np.flatnonzero(files.frames[name]["收支"] == "支出")[900])
    row = {"流水号": "ZJ201890001", column: -0.85}
    return files.with_row(name, at, row, "out_of_range", column, "-0.85", "金额为负")


def _points(files: Files) -> Files:
    name, column, what = "道德积分.csv", "积分类别", "积分类别“灰榜”不在允许值之中"
    at = int(np.flatnonzero(files.frames[name][column] == "红榜")[333])
    return files.with_row(name, at, {column: "灰榜"}, "unknown_choice", column, "灰榜", what)
