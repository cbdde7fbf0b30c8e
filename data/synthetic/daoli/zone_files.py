"""Everything together: units, grids and ledgers to the files of a zone folder."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from xlsxwriter.utility import xl_col_to_name

from data.synthetic.daoli import event_file, ledgers, place_files, service_file, task_file
from data.synthetic.daoli.people import Setting, settled
from data.synthetic.daoli.planted import Defect, Files, plant
from data.synthetic.daoli.register import HERE, read_units
from data.synthetic.daoli.territory import grids_of
from data.synthetic.writers import write_csv, write_shapefile, write_workbook

_AREAS = "面积(㎡)"


@dataclass(frozen=True)
class _Sheet:
    """How a workbook is laid out."""

    sheet: str
    title: str = ""
    groups: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    note: str = ""


_SHEETS = {
    "行政单元.xlsx": _Sheet("行政单元"),
    "设施台账.xlsx": _Sheet(
        "设施台账",
        "道里区城乡社区服务设施台账（截至2018年12月31日）",
        ("", "", "", "", _AREAS, _AREAS, _AREAS, "", "坐标(GCJ-02)", "坐标(GCJ-02)"),
        ("建筑", "居民活动", "对外开放"),
        "注：面积为使用面积与公摊面积之和；坐标由手机地图采集。",
    ),
    "专项资金.xlsx": _Sheet("专项资金台账", "道里区农村社区建设专项资金台账（2018年度）"),
    "队伍.xlsx": _Sheet("队伍"),
    "制度清单.xlsx": _Sheet("制度清单"),
    "任务台账.xlsx": _Sheet("任务台账", "道里区“333”工作法任务台账（2018年度）"),
    "组织队伍.xlsx": _Sheet("组织队伍"),
    "城乡结对.xlsx": _Sheet("城乡结对"),
}
_ENCODINGS = {"服务统计2018.csv": "gb18030", "网格事项2018.csv": "utf-8-sig"}


def make_setting() -> Setting:
    """Return the units, grids and people every file is made from."""
    units = read_units()
    return settled(units, grids_of(units))


def zone_files(setting: Setting) -> Files:
    """Return the rows of every file, the planted defects in them."""
    frames = {
        "行政单元.xlsx": place_files.unit_file(setting),
        "网格.shp": place_files.grid_file(setting),
        "设施台账.xlsx": place_files.facility_file(setting),
        "服务统计2018.csv": service_file.service_file(service_file.service_records(setting)),
        "网格事项2018.csv": event_file.event_file(setting),
        "专项资金.xlsx": ledgers.fund_file(setting),
        "队伍.xlsx": ledgers.staff_file(setting),
        "制度清单.xlsx": ledgers.checklist_file(setting),
        "任务台账.xlsx": task_file.task_file(setting),
        "组织队伍.xlsx": ledgers.organisation_file(setting),
        "城乡结对.xlsx": ledgers.pair_file(setting),
    }
    return plant(Files(frames))


def write_zone(folder: Path, *, planted: Path | None = None) -> None:
    """Write the zone folder and, to ``planted``, the list of planted defects (HERE/planted.csv by default)."""
    folder.mkdir(parents=True, exist_ok=True)
    files = zone_files(make_setting())
    first = {name: _written(folder / name, frame) for name, frame in files.frames.items()}
    shutil.copyfile(HERE / "zone.toml", folder / "zone.toml")
    _write_planted(planted or HERE / "planted.csv", files, first)


def _written(path: Path, frame: pd.DataFrame) -> int:
    """Write one file and return the number of its first data row."""
    if path.name in _SHEETS:
        return write_workbook(path, frame, **vars(_SHEETS[path.name]))
    if path.name in _ENCODINGS:
        return write_csv(path, frame, encoding=_ENCODINGS[path.name])
    return write_shapefile(path, frame)


def _write_planted(path: Path, files: Files, first: dict[str, int]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["file", "sheet", "row", "column", "cell", "rule", "severity", "value", "what"])
        table.writerows(_listed(defect, files.frames[defect.file], first[defect.file]) for defect in files.planted)


def _listed(defect: Defect, frame: pd.DataFrame, first: int) -> tuple[object, ...]:
    row = first + defect.index
    sheet = _SHEETS[defect.file].sheet if defect.file in _SHEETS else ""
    position = list(frame.columns).index(defect.column) if defect.column else -1
    cell = f"{xl_col_to_name(position)}{row}" if defect.column and not defect.file.endswith(".shp") else ""
    group = _SHEETS[defect.file].groups[position] if sheet and _SHEETS[defect.file].groups else ""
    column = f"{group}/{defect.column}" if group else defect.column
    return defect.file, sheet, row, column, cell, defect.rule, defect.severity, defect.value, defect.what
