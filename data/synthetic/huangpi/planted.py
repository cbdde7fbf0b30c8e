"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import numpy as np

from data.synthetic.zone_folder import Files


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _funds, _checklist, _tasks):
        files = step(files)
    return files


def _facilities(files: Files) -> Files:
    name, what = "社区设施.xlsx", "设施类型“计算器”不在可选值之内"
    at = int(np.flatnonzero(files.frames[name]["设施类型"] == "计算机")[3])
    row: dict[str, object] = {"设施编号": "HP99999901", "设施类型": "计算器"}
    files = files.with_row(name, at, row, "own_kind", "设施类型", "计算器", what, severity="warning")
    at = int(np.flatnonzero(files.frames[name]["设施类型"] == "警务室")[20])
    code = str(files.frames[name].at[at - 1, "设施编号"])
    row = {"设施编号": code, "设施名称": "警务室（重报）", "经度": None, "纬度": None}
    return files.with_row(name, at, row, "duplicate_key", "设施编号", code, f"设施编号 {code} 与上一行重复")


def _funds(files: Files) -> Files:
    name, code, day = "资金台账.xlsx", "420116001099", "2004-11-31"
    at = int(np.flatnonzero(files.frames[name]["资金项目"] == "883投入")[70])
    row = {"凭证号": "PZ9901", "社区代码": code}
    files = files.with_row(name, at, row, "unknown_unit", "社区代码", code, f"单元代码 {code} 不在行政单元表中")
    at = int(np.flatnonzero(files.frames[name]["资金项目"] == "883投入")[190])
    row = {"凭证号": "PZ9902", "日期": day}
    return files.with_row(name, at, row, "unreadable_date", "日期", day, f"日期 {day} 不存在")


def _checklist(files: Files) -> Files:
    name, what = "社区创建.csv", "是否落实写作“待定”，不能判断是或否"
    at = int(np.flatnonzero(files.frames[name]["清单项"] == "居委会组织健全")[50])
    return files.with_cell(name, at, "是否落实", "待定", "unreadable_boolean", what)


def _tasks(files: Files) -> Files:
    name, what = "任务台账.xlsx", "已完成的任务没有完成日期"
    at = int(np.flatnonzero(files.frames[name]["完成情况"] == "已完成")[9])
    return files.with_cell(name, at, "完成日期", None, "done_without_date", what, severity="warning")
