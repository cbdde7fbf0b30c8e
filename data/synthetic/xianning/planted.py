"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import numpy as np

from data.synthetic.zone_folder import Defect, Files, changed, inserted


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _services, _events, _funds, _ratings, _tasks):
        files = step(files)
    return files


def _facilities(files: Files) -> Files:
    name = "设施台账.xlsx"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["设施类型"] == "健身广场")[15])
    swapped = {"经度": frame.at[at, "纬度"], "纬度": frame.at[at, "经度"]}
    frame = inserted(frame, at, {"设施编号": "XN99999901", "设施名称": "滨河健身广场", **swapped})
    files = files.altered(name, frame, Defect(name, "swapped_coordinates", "error", at, "经度", "", "经度与纬度填反"))
    at = int(np.flatnonzero(frame["设施类型"] == "议事厅")[60])
    frame = changed(frame, at, "建筑", "约60")
    what = "建筑面积写作“约60”，不是数"
    return files.altered(name, frame, Defect(name, "unreadable_number", "warning", at, "建筑", "约60", what))


def _services(files: Files) -> Files:
    name = "服务统计2021.csv"
    frame = files.frames[name]
    at = 8_420
    asked = int(frame.at[at, "受理件数"])
    frame = changed(frame, at, "办结件数", asked + 5)
    what = f"办结件数 {asked + 5} 多于受理件数 {asked}"
    defect = Defect(name, "settled_over_requested", "error", at, "办结件数", str(asked + 5), what)
    return files.altered(name, frame, defect)


def _events(files: Files) -> Files:
    name = "网格事项2021.csv"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["上报时间"] > "2021-04-08")[0])
    frame = inserted(frame, at, {"事件编号": "XN2021999901", "网格编码": "421281001001999"})
    what = "网格编码 421281001001999 不在网格图层中"
    return files.altered(name, frame, Defect(name, "unknown_grid", "error", at, "网格编码", "421281001001999", what))


def _funds(files: Files) -> Files:
    name = "经费台账.xlsx"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["收支"] == "支出")[300])
    frame = inserted(frame, at, {"凭证号": "JF202199901", "社区代码": "421223100099"})
    what = "单元代码 421223100099 不在行政单元表中"
    return files.altered(name, frame, Defect(name, "unknown_unit", "error", at, "社区代码", "421223100099", what))


def _ratings(files: Files) -> Files:
    name = "考核评价2021.csv"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["评价主体"] == "居民")[400])
    frame = inserted(frame, at, {"评价者": "13月", "得分": 873.0})
    what = "得分 873 超出 0 至 100"
    return files.altered(name, frame, Defect(name, "out_of_range", "error", at, "得分", "873.0", what))


def _tasks(files: Files) -> Files:
    name = "任务台账.xlsx"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["状态"] == "已完成")[120])
    frame = changed(frame, at, "完成日期", None)
    what = "已完成的任务没有完成日期"
    return files.altered(name, frame, Defect(name, "done_without_date", "warning", at, "完成日期", "", what))
