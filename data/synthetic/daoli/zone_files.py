"""Everything together: units, grids and ledgers to the files of a zone folder."""

from __future__ import annotations

from data.synthetic.daoli import event_file, ledgers, place_files, service_file, task_file
from data.synthetic.daoli.people import Setting, settled
from data.synthetic.daoli.planted import plant
from data.synthetic.daoli.register import HERE, read_units
from data.synthetic.daoli.territory import grids_of
from data.synthetic.listed import checklist, statistics
from data.synthetic.zone_folder import Files, Layout, Sheet, writer

_AREAS = "面积(㎡)"


_SHEETS = {
    "行政单元.xlsx": Sheet("行政单元"),
    "设施台账.xlsx": Sheet(
        "设施台账",
        "道里区城乡社区服务设施台账（截至2018年12月31日）",
        ("", "", "", "", _AREAS, _AREAS, _AREAS, "", "坐标(GCJ-02)", "坐标(GCJ-02)"),
        ("建筑", "居民活动", "对外开放"),
        "注：面积为使用面积与公摊面积之和；坐标由手机地图采集。",
    ),
    "专项资金.xlsx": Sheet("专项资金台账", "道里区农村社区建设专项资金台账（2018年度）"),
    "队伍.xlsx": Sheet("队伍"),
    "制度清单.xlsx": Sheet("制度清单"),
    "任务台账.xlsx": Sheet("任务台账", "道里区“333”工作法任务台账（2018年度）"),
    "组织队伍.xlsx": Sheet("组织队伍"),
    "城乡结对.xlsx": Sheet("城乡结对"),
    "购买服务和培训.xlsx": Sheet("购买服务和培训", "道里区购买社会组织服务和农民培训台账（2018年度）"),
    "救助帮扶.xlsx": Sheet("救助帮扶"),
}
_ENCODINGS = {"服务统计2018.csv": "gb18030", "网格事项2018.csv": "utf-8-sig"}


def make_setting() -> Setting:
    """Return the units, grids and people every file is made from."""
    units = read_units()
    return settled(units, grids_of(units))


def zone_files(setting: Setting) -> Files:
    """Return the rows of every file, the planted defects in them."""
    organisations = ledgers.organisation_file(setting)
    frames = {
        "行政单元.xlsx": place_files.unit_file(setting),
        "网格.shp": place_files.grid_file(setting),
        "设施台账.xlsx": place_files.facility_file(setting),
        "服务统计2018.csv": service_file.service_file(service_file.service_records(setting)),
        "网格事项2018.csv": event_file.event_file(setting),
        "专项资金.xlsx": ledgers.fund_file(setting),
        "队伍.xlsx": ledgers.staff_file(setting),
        "制度清单.xlsx": checklist(setting.listed, proof="道里农社建档〔2018〕{number}号"),
        "任务台账.xlsx": task_file.task_file(setting),
        "组织队伍.xlsx": organisations,
        "城乡结对.xlsx": ledgers.pair_file(setting),
        "购买服务和培训.xlsx": ledgers.project_file(setting, organisations),
        "救助帮扶.xlsx": statistics(setting.listed),
    }
    return plant(Files(frames))


write_zone = writer(HERE, lambda: zone_files(make_setting()), Layout(_SHEETS, _ENCODINGS))
