"""Everything together: units, grids and ledgers to the files of a zone folder."""

from __future__ import annotations

from data.synthetic.listed import checklist
from data.synthetic.xianning import ledgers, place_files, rating_file, service_file, task_file
from data.synthetic.xianning.people import settled
from data.synthetic.xianning.planted import plant
from data.synthetic.xianning.register import REGISTER, Setting
from data.synthetic.zone_folder import Files, Layout, Sheet, writer

_AREAS, _PLACE = "面积(㎡)", "坐标(GCJ-02)"
_SHEETS = {
    "行政单元.xlsx": Sheet("行政单元"),
    "设施台账.xlsx": Sheet(
        "设施台账",
        "咸宁市城乡社区服务设施台账（2021年）",
        ("", "", "", "", _AREAS, _AREAS, _AREAS, "", "", _PLACE, _PLACE),
        note="注：各县（市、区）一张工作表，由市民政局汇总。",
        split="县（市、区）",
    ),
    "经费台账.xlsx": Sheet("经费台账", "咸宁市社区工作经费和惠民资金台账（2021年度）"),
    "社区工作者.xlsx": Sheet("社区工作者", merged=("报告期", "社区代码")),
    "综合体和党组织清单.xlsx": Sheet(
        "清单", "社区服务综合体“十要素”和党组织体系登记表", merged=("单元代码", "报告期", "清单")
    ),
    "任务台账.xlsx": Sheet("任务台账"),
    "社会组织.xlsx": Sheet("社会组织"),
    "试点与示范.xlsx": Sheet("试点与示范", note="注：试点任务由县（市、区）承担，单元一栏填县名。"),
}
_ENCODINGS = {
    "服务统计2021.csv": "gb18030",
    "网格事项2021.csv": "utf-8-sig",
    "统计指标.csv": "gb18030",
    "考核评价2021.csv": "gb18030",
    "志愿积分2021.csv": "gb18030",
}
# One county's clerk types with a full-width input method.
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
_TYPIST = "421222"


def zone_files(setting: Setting) -> Files:
    """Return the rows of every file, the planted defects in them."""
    points = service_file.point_file(setting)
    counts = points["人次"].astype(str)
    typed = points["社区代码"].str.startswith(_TYPIST)
    frames = {
        "行政单元.xlsx": place_files.unit_file(setting),
        "网格.shp": place_files.grid_file(setting),
        "设施台账.xlsx": place_files.facility_file(setting),
        "服务统计2021.csv": service_file.service_file(setting),
        "网格事项2021.csv": service_file.event_file(setting),
        "经费台账.xlsx": ledgers.fund_file(setting),
        "社区工作者.xlsx": ledgers.staff_file(setting),
        "综合体和党组织清单.xlsx": checklist(setting.listed, proof="咸社治档〔2021〕{number}号"),
        "任务台账.xlsx": task_file.task_file(setting),
        "社会组织.xlsx": ledgers.organisation_file(setting),
        "考核评价2021.csv": rating_file.rating_file(setting),
        "试点与示范.xlsx": ledgers.project_file(setting),
        "志愿积分2021.csv": points.assign(人次=counts.mask(typed, counts.str.translate(_FULL_WIDTH))),
        "统计指标.csv": ledgers.statistic_file(setting),
    }
    return plant(Files(frames))


write_zone = writer(REGISTER.here, lambda: zone_files(settled()), Layout(_SHEETS, _ENCODINGS))
