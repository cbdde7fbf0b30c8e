"""任务台账: work handed down five levels (X1, X2), and the problems of the bulletin and their fixing (X15)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.xianning.register import HALVES, REGISTER, Half, Setting, quality

COLUMNS = [
    "任务编号", "单元代码", "台账", "上级任务编号", "指标", "问题或任务", "责任层级", "责任单位", "承诺",
    "完成期限", "状态", "完成日期", "最近督查日期", "提出报告期",
]  # fmt: skip
_WORK, _FIXING = "工作事项清单", "整改问题"
_LEVELS = ("市", "县", "镇(街道)", "村(社区)", "小区")
# How far down a task goes, and the kinds of unit of each level.
_DOWN = {"county": 2, "town": 3, "village": 4, "compound": 5}
_AS_OF = dt.date(2022, 1, 10)
_PROBLEMS_A_COUNTY = 4

Row = tuple[object, ...]


def task_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 任务台账.xlsx."""
    rng = REGISTER.random("tasks")
    rows = [row for task in REGISTER.rows("tasks.csv") for row in _handed_down(setting, task, rng)]
    return pd.DataFrame([*rows, *_problems(setting, rng)], columns=COLUMNS)


def _handed_down(setting: Setting, task: dict[str, str], rng: np.random.Generator) -> list[Row]:
    """Return a task of the city and what became of it at every level below, each with its task above."""
    half = HALVES[int(task["half"]) - 1]
    units = setting.units.assign(well=quality(setting.units, half, "tasks"))
    rows: list[Row] = []
    above = {units["code"].iloc[0]}
    for depth in range(_DOWN[task["down_to"]]):
        here = units.loc[units["code"].isin(above)] if depth == 0 else units.loc[units["parent"].isin(above)]
        due = half.day(0.95 - 0.06 * depth)
        for unit in here.itertuples():
            parent = f"GZ{task['number']}-{unit.parent}" if depth else None
            owner = _owner(unit.name, depth, task["department"])
            state = _state(unit.well, due, half, rng)
            rows.append(
                (f"GZ{task['number']}-{unit.code}", unit.code, _WORK, parent, task["indicator"], task["problem"],
                 _LEVELS[depth], owner, "联席会议督办" if depth < 2 else "按月报送进度", due, *state, half.name)
            )  # fmt: skip
        above = set(here["code"])
    return rows


def _owner(name: str, depth: int, department: str) -> str:
    if depth < 2:
        return f"{'市' if depth == 0 else name}{department}"
    return name + (
        "办事处" if name.endswith("街道") else "政府" if depth == 2 else "居（村）委会" if depth == 3 else "党支部"
    )


def _state(
    well: float, due: dt.date, half: Half, rng: np.random.Generator
) -> tuple[str, dt.date | None, dt.date | None]:
    """Return state, closing date and last inspection of a task."""
    late = rng.random() < np.clip(0.16 - 0.16 * well, 0.02, 0.5)
    closed = due + dt.timedelta(days=int(rng.integers(8, 120) if late else -rng.integers(0, 35)))
    done = closed <= _AS_OF
    inspected = half.day(float(rng.uniform(0.5, 0.98))) if rng.random() < np.clip(0.9 + 0.08 * well, 0.5, 1) else None
    return "已完成" if done else "进行中", closed if done else None, inspected


def _problems(setting: Setting, rng: np.random.Generator) -> list[Row]:
    """Return the problems named to each county, some of them named again half a year later."""
    spec, rows = REGISTER.rows("problems.csv"), []
    for county in setting.counties.itertuples():
        order = rng.permutation(len(spec))
        for number, half in enumerate(HALVES):
            # two problems come back, the others are new ones
            chosen = order[2 * number : 2 * number + _PROBLEMS_A_COUNTY]
            well = county.quality + number * county.gain
            for at, item in enumerate(chosen):
                due = half.day(1.0) + dt.timedelta(days=-25 if at < 2 else 60)
                closed = due + dt.timedelta(days=int(rng.integers(-40, 30) - 25 * well))
                done = closed <= _AS_OF
                owner = f"{county.name}{spec[item]['department']}"
                rows.append(
                    (f"ZG{number + 1}-{county.code[:6]}-{at + 1}", county.code, _FIXING, None, spec[item]["indicator"],
                     spec[item]["problem"], "县", owner, spec[item]["advice"], due, "已销号" if done else "整改中",
                     closed if done else None, half.day(0.97), half.name)
                )  # fmt: skip
    return rows
