"""Everything together: units and ledgers to the files of a zone folder."""

from __future__ import annotations

from data.synthetic.huangpi import ledgers, place_files
from data.synthetic.huangpi.people import settled
from data.synthetic.huangpi.planted import plant
from data.synthetic.huangpi.register import REGISTER, Setting
from data.synthetic.zone_folder import Files, Layout, Sheet, writer

_SHEETS = {
    "社区设施.xlsx": Sheet(
        "设施登记",
        "黄陂区社区办公活动用房及“五室四机三站两校一场所”登记表",
        merged=("社区代码",),
        totals=("建筑面积(㎡)",),
        note="注：建筑面积只登记办公活动用房；各室设在用房之内，不另计面积。",
    ),
    "资金台账.xlsx": Sheet("883资金", "黄陂区883行动计划资金台账（2003—2005年）"),
    "社区干部.xlsx": Sheet("社区干部", merged=("报告期", "岗位")),
    "任务台账.xlsx": Sheet("任务分解", "黄陂区883行动计划任务分解表"),
    "社区组织.xlsx": Sheet("社区组织"),
    "类型示范.xlsx": Sheet("类型示范", note="注：单元一栏填街道和社区名称。"),
    "居民评议.xlsx": Sheet("居民评议", merged=("报告期", "评价主体", "评价者", "评价项目")),
}
_ENCODINGS = {"社区创建.csv": "gb18030", "统计指标.csv": "gb18030"}
# Typed by one clerk with a full-width input method.
_FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９．")


def zone_files(setting: Setting) -> Files:
    """Return the rows of every file, the planted defects in them."""
    statistics = ledgers.statistic_file(setting)
    typed = statistics["统计指标"] == "低保应保尽保"
    values = statistics["指标值"].astype(str)
    frames = {
        "行政单元.shp": place_files.unit_file(setting),
        "社区设施.xlsx": place_files.facility_file(setting),
        "资金台账.xlsx": ledgers.fund_file(setting),
        "社区干部.xlsx": ledgers.staff_file(setting),
        "社区创建.csv": ledgers.checklist_file(setting),
        "任务台账.xlsx": ledgers.task_file(setting),
        "社区组织.xlsx": ledgers.organisation_file(setting),
        "类型示范.xlsx": ledgers.project_file(setting),
        "统计指标.csv": statistics.assign(指标值=values.mask(typed, values.str.translate(_FULL_WIDTH))),
        "居民评议.xlsx": ledgers.rating_file(setting),
    }
    return plant(Files(frames))


write_zone = writer(REGISTER.here, lambda: zone_files(settled()), Layout(_SHEETS, _ENCODINGS))
