"""Everything together: units, grids and ledgers to the files of a zone folder."""

from __future__ import annotations

import pandas as pd

from data.synthetic.listed import checklist
from data.synthetic.qingyang import event_file, ledgers, money_file, place_files, service_file
from data.synthetic.qingyang.people import Setting, make_setting
from data.synthetic.qingyang.planted import plant
from data.synthetic.qingyang.register import REGISTER
from data.synthetic.zone_folder import Files, Layout, Sheet, writer

_ITEMS = tuple(row["item"] for row in REGISTER.rows("statistics.csv"))
_SHEETS = {
    "行政单元.xlsx": Sheet("行政单元"),
    "设施台账.xlsx": Sheet("设施台账", split="县区"),
    "资金台账.xlsx": Sheet("资金台账", "庆阳市农村社区建设资金台账（2018年度）"),
    "关爱服务统计.xlsx": Sheet(
        "关爱服务统计",
        "留守儿童和老人关爱服务统计表（2018年）",
        ("", "", *(item for item in _ITEMS for _ in range(2))),
        note="注：基数为应享受服务的人数。",
    ),
    "队伍.xlsx": Sheet("队伍"),
    "组织.xlsx": Sheet("组织"),
    "工作事项清单.xlsx": Sheet("工作事项清单", "庆阳市四级联动工作事项清单（2018年）"),
}
_ENCODINGS = {
    "服务统计2018.csv": "gb18030", "网格事项2018.csv": "utf-8-sig",
    "道德积分.csv": "gb18030", "文明活动.csv": "gb18030", "乡风文明清单.csv": "gb18030",
}  # fmt: skip


def zone_files(setting: Setting) -> Files:
    """Return the rows of every file, the planted defects in them."""
    frames: dict[str, pd.DataFrame] = {
        "行政单元.xlsx": place_files.unit_file(setting),
        "网格.shp": place_files.grid_file(setting),
        "设施台账.xlsx": place_files.facility_file(setting),
        "服务统计2018.csv": service_file.service_file(setting),
        "网格事项2018.csv": event_file.event_file(setting),
        "资金台账.xlsx": money_file.fund_file(setting),
        "道德积分.csv": money_file.points_file(setting),
        "关爱服务统计.xlsx": money_file.statistics_file(setting),
        "队伍.xlsx": ledgers.staff_file(setting),
        "组织.xlsx": ledgers.organisation_file(setting),
        "文明活动.csv": ledgers.activity_file(setting),
        "乡风文明清单.csv": checklist(setting.listed, proof="").drop(columns="佐证材料"),
        "工作事项清单.xlsx": ledgers.task_file(setting),
    }
    return plant(Files(frames))


write_zone = writer(REGISTER.here, lambda: zone_files(make_setting()), Layout(_SHEETS, _ENCODINGS, tight=True))
