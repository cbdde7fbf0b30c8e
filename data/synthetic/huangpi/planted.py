"""Defects planted on purpose: each is one that check has to find, and none touches a published total."""

from __future__ import annotations

import numpy as np

from data.synthetic.zone_folder import Defect, Files, changed, inserted


def plant(files: Files) -> Files:
    """Return the files with every defect planted."""
    for step in (_facilities, _funds, _checklist, _tasks):
        files = step(files)
    return files


def _facilities(files: Files) -> Files:
    name = "社区设施.xlsx"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["设施类型"] == "计算机")[3])
    frame = inserted(frame, at, {"设施编号": "HP99999901", "设施类型": "计算器"})
    what = "设施类型“计算器”不在可选值之内"
    files = files.altered(name, frame, Defect(name, "own_kind", "warning", at, "设施类型", "计算器", what))
    at = int(np.flatnonzero(frame["设施类型"] == "警务室")[20])
    code = str(frame.at[at - 1, "设施编号"])
    frame = inserted(frame, at, {"设施编号": code, "设施名称": "警务室（重报）", "经度": None, "纬度": None})
    what = f"设施编号 {code} 与上一行重复"
    return files.altered(name, frame, Defect(name, "duplicate_key", "error", at, "设施编号", code, what))


def _funds(files: Files) -> Files:
    name = "资金台账.xlsx"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["资金项目"] == "883投入")[70])
    frame = inserted(frame, at, {"凭证号": "PZ9901", "社区代码": "420116001099"})
    what = "单元代码 420116001099 不在行政单元表中"
    files = files.altered(name, frame, Defect(name, "unknown_unit", "error", at, "社区代码", "420116001099", what))
    at = int(np.flatnonzero(frame["资金项目"] == "883投入")[190])
    frame = inserted(frame, at, {"凭证号": "PZ9902", "日期": "2004-11-31"})
    what = "日期 2004-11-31 不存在"
    return files.altered(name, frame, Defect(name, "unreadable_date", "error", at, "日期", "2004-11-31", what))


def _checklist(files: Files) -> Files:
    name = "社区创建.csv"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["清单项"] == "居委会组织健全")[50])
    frame = changed(frame, at, "是否落实", "待定")
    what = "是否落实写作“待定”，不能判断是或否"
    return files.altered(name, frame, Defect(name, "unreadable_boolean", "error", at, "是否落实", "待定", what))


def _tasks(files: Files) -> Files:
    name = "任务台账.xlsx"
    frame = files.frames[name]
    at = int(np.flatnonzero(frame["完成情况"] == "已完成")[9])
    what = "已完成的任务没有完成日期"
    defect = Defect(name, "done_without_date", "warning", at, "完成日期", "", what)
    return files.altered(name, changed(frame, at, "完成日期", None), defect)
