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
    name, column, code = "设施台账.xlsx", "所属社区代码", "230110006099"
    at = int(np.flatnonzero(files.frames[name]["设施类型"] == "健身广场")[20])
    row = {"设施编号": "XF90000001", "设施名称": "东风小区健身广场", column: code}
    what = f"单元代码 {code} 不在行政单元表中"
    return files.with_row(name, at, row, "unit_by_place", column, code, what, severity="warning")


def _services(files: Files) -> Files:
    name, month = "服务统计2016-2018.csv", "2017年9月"
    frame = files.frames[name]
    asked = int(np.flatnonzero(frame["指标"] == "申请件数")[77])
    requested = str(frame.at[asked, month])
    value = str(int(requested) + 9)
    what = f"办结件数 {value} 多于申请件数 {requested}"
    return files.with_cell(name, asked + 1, month, value, "settled_over_requested", what)


def _events(files: Files) -> Files:
    name, column, code = "网格事项.csv", "网格编码", "230110012003019"
    at = int(np.flatnonzero(files.frames[name]["上报时间"] > "2018-05-10")[0])
    row = {"事项编号": "XF20180599901", column: code}
    return files.with_row(name, at, row, "unknown_grid", column, code, f"网格编码 {code} 不在网格图层中")


def _funds(files: Files) -> Files:
    name, column, day = "社区经费.xlsx", "日期", "2017年2月30日"
    at = int(np.flatnonzero(files.frames[name]["收支"] == "支出")[400])
    row = {"流水号": "JF20179001", column: day}
    return files.with_row(name, at, row, "unreadable_date", column, day, f"日期“{day}”不存在")


def _projects(files: Files) -> Files:
    name, column = "服务项目.xlsx", "项目编号"
    frame = files.frames[name]
    code = str(frame.at[120, column])
    frame = inserted(frame, 120, {})
    what = f"项目编号 {code} 与上一行重复"
    return files.altered(name, changed(frame, 121, "项目名称", "（重报）" + str(frame.at[121, "项目名称"])),
                         Defect(name, "duplicate_key", "error", 121, column, code, what))  # fmt: skip


def _panel(files: Files) -> Files:
    name, month = "试点面板.csv", "2018年13月"
    at = int(np.flatnonzero(files.frames[name]["结果指标"] == "公共事务支出")[1_500])
    row = {"月份": month, "数值": "23000"}
    return files.with_row(name, at, row, "unreadable_date", "月份", month, f"月份“{month}”不存在")
