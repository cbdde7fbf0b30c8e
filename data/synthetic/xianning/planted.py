"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import numpy as np

from data.synthetic.zone_folder import Files


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
    row = {"设施编号": "XN99999901", "设施名称": "滨河健身广场", **swapped}
    files = files.with_row(name, at, row, "swapped_coordinates", "经度", "", "经度与纬度填反")
    at = int(np.flatnonzero(files.frames[name]["设施类型"] == "议事厅")[60])
    what = "建筑面积写作“约60”，不是数"
    return files.with_cell(name, at, "建筑", "约60", "unreadable_number", what, severity="warning")


def _services(files: Files) -> Files:
    name, at = "服务统计2021.csv", 8_420
    asked = int(files.frames[name].at[at, "受理件数"])
    what = f"办结件数 {asked + 5} 多于受理件数 {asked}"
    return files.with_cell(name, at, "办结件数", asked + 5, "settled_over_requested", what)


def _events(files: Files) -> Files:
    name, code = "网格事项2021.csv", "421281001001999"
    at = int(np.flatnonzero(files.frames[name]["上报时间"] > "2021-04-08")[0])
    row = {"事件编号": "XN2021999901", "网格编码": code}
    return files.with_row(name, at, row, "unknown_grid", "网格编码", code, f"网格编码 {code} 不在网格图层中")


def _funds(files: Files) -> Files:
    name, code = "经费台账.xlsx", "421223100099"
    at = int(np.flatnonzero(files.frames[name]["收支"] == "支出")[300])
    row = {"凭证号": "JF202199901", "社区代码": code}
    return files.with_row(name, at, row, "unknown_unit", "社区代码", code, f"单元代码 {code} 不在行政单元表中")


def _ratings(files: Files) -> Files:
    name, row = "考核评价2021.csv", {"评价者": "13月", "得分": 873.0}
    at = int(np.flatnonzero(files.frames[name]["评价主体"] == "居民")[400])
    return files.with_row(name, at, row, "out_of_range", "得分", "873.0", "得分 873 超出 0 至 100")


def _tasks(files: Files) -> Files:
    name, what = "任务台账.xlsx", "已完成的任务没有完成日期"
    at = int(np.flatnonzero(files.frames[name]["状态"] == "已完成")[120])
    return files.with_cell(name, at, "完成日期", None, "done_without_date", what, severity="warning")
