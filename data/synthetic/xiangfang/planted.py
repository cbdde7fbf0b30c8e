"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import numpy as np

from data.synthetic.zone_folder import Defect, Files, changed, inserted


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _services, _events, _funds, _projects, _panel):
        files = step(files)
    return files


def _facilities(files: Files) -> Files:
    name, column = "设施台账.xlsx", "所属社区代码"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["设施类型"] == "健身广场")[20])
    code = "230110006099"
    row = {"设施编号": "XF90000001", "设施名称": "东风小区健身广场", column: code}
    what = f"单元代码 {code} 不在行政单元表中"
    return files.altered(
        name, inserted(frame, at, row), Defect(name, "unit_by_place", "warning", at, column, code, what)
    )


def _services(files: Files) -> Files:
    name, month = "服务统计2016-2018.csv", "2017年9月"
    frame = files.frames[name]
    asked = int(np.flatnonzero(frame["指标"] == "申请件数")[77])
    requested = str(frame.at[asked, month])
    value = str(int(requested) + 9)
    what = f"办结件数 {value} 多于申请件数 {requested}"
    defect = Defect(name, "settled_over_requested", "error", asked + 1, month, value, what)
    return files.altered(name, changed(frame, asked + 1, month, value), defect)


def _events(files: Files) -> Files:
    name, column = "网格事项.csv", "网格编码"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["上报时间"] > "2018-05-10")[0])
    code = "230110012003019"
    row = {"事项编号": "XF20180599901", column: code}
    what = f"网格编码 {code} 不在网格图层中"
    return files.altered(name, inserted(frame, at, row), Defect(name, "unknown_grid", "error", at, column, code, what))


def _funds(files: Files) -> Files:
    name, column = "社区经费.xlsx", "日期"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["收支"] == "支出")[400])
    row = {"流水号": "JF20179001", column: "2017年2月30日"}
    what = "日期“2017年2月30日”不存在"
    defect = Defect(name, "unreadable_date", "error", at, column, "2017年2月30日", what)
    return files.altered(name, inserted(frame, at, row), defect)


def _projects(files: Files) -> Files:
    name, column = "服务项目.xlsx", "项目编号"
    frame = files.frames[name]
    code = str(frame.at[120, column])
    frame = inserted(frame, 120, {})
    what = f"项目编号 {code} 与上一行重复"
    return files.altered(name, changed(frame, 121, "项目名称", "（重报）" + str(frame.at[121, "项目名称"])),
                         Defect(name, "duplicate_key", "error", 121, column, code, what))  # fmt: skip


def _panel(files: Files) -> Files:
    name, column = "试点面板.csv", "数值"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["结果指标"] == "公共事务支出")[1_500])
    frame = inserted(frame, at, {"月份": "2018年13月", column: "23000"})
    what = "月份“2018年13月”不存在"
    return files.altered(name, frame, Defect(name, "unreadable_date", "error", at, "月份", "2018年13月", what))
