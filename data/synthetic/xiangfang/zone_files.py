"""Everything together: units, grids, panel and ledgers to the files of a zone folder."""

from __future__ import annotations

import pandas as pd

from data.synthetic.listed import statistics
from data.synthetic.xiangfang import event_file, ledgers, panel_file, place_files, service_file
from data.synthetic.xiangfang.people import Setting, make_setting
from data.synthetic.xiangfang.planted import plant
from data.synthetic.xiangfang.register import REGISTER
from data.synthetic.zone_folder import Files, Layout, Sheet, writer

_AREAS, _PLACE = "面积(㎡)", "坐标(GCJ-02)"
_SHEETS = {
    "行政单元.xlsx": Sheet("行政单元"),
    "设施台账.xlsx": Sheet(
        "设施台账",
        "香坊区社区服务设施台账（截至2018年12月31日）",
        ("", "", "", "", _AREAS, _AREAS, _AREAS, "", "", _PLACE, _PLACE),
        ("建筑", "居民活动", "对外开放"),
        "注：睦邻中心“对外开放”为向社会组织免费开放的面积。",
    ),
    "社区经费.xlsx": Sheet("经费台账", "香坊区社区服务经费台账（2016—2018年）"),
    "队伍.xlsx": Sheet("队伍"),
    "组织.xlsx": Sheet("组织", "香坊区社区社会组织和居民议事会登记表"),
    "服务项目.xlsx": Sheet("项目台账", "香坊区社区服务项目台账（2016—2018年）"),
    "事项清单.xlsx": Sheet("事项清单", "香坊区社区事项清单（2018年修订）"),
    "改革任务.xlsx": Sheet("任务台账"),
    "统计指标.xlsx": Sheet("统计指标"),
}
_ENCODINGS = {"服务统计2016-2018.csv": "gb18030", "网格事项.csv": "utf-8-sig", "试点面板.csv": "gb18030"}


def zone_files(setting: Setting) -> Files:
    """Return the rows of every file, the planted defects in them."""
    panel = panel_file.outcomes(setting)
    records = service_file.service_records(setting, panel)
    organisations = ledgers.organisation_file(setting)
    frames = {
        "行政单元.xlsx": place_files.unit_file(setting),
        "网格.shp": place_files.grid_file(setting),
        "设施台账.xlsx": place_files.facility_file(setting),
        "服务统计2016-2018.csv": service_file.service_file(records),
        "网格事项.csv": event_file.event_file(setting),
        "社区经费.xlsx": ledgers.fund_file(setting),
        "队伍.xlsx": ledgers.staff_file(setting),
        "组织.xlsx": organisations,
        "服务项目.xlsx": ledgers.project_file(setting, organisations),
        "事项清单.xlsx": ledgers.item_file(),
        "改革任务.xlsx": ledgers.task_file(setting),
        "统计指标.xlsx": pd.concat([panel_file.statistics_file(setting, panel), statistics(setting.listed)]),
        "试点面板.csv": panel_file.panel_file(panel, service_file.cases(records)),
    }
    return plant(Files(frames))


write_zone = writer(REGISTER.here, lambda: zone_files(make_setting()), Layout(_SHEETS, _ENCODINGS))
