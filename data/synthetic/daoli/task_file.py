"""任务台账: indicators, commitments and inspections at three levels, the "333" method (D4)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from data.synthetic.daoli.people import HALF_NAMES, PERIODS, Setting
from data.synthetic.daoli.register import random, read_csv

_ENDS = {"2018H1": dt.date(2018, 6, 30), "2018H2": dt.date(2018, 12, 31)}
_AS_OF = dt.date(2019, 1, 10)
_LEVELS = {"区": "区", "镇": "镇(街道)", "村": "村(社区)"}


def task_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 任务台账.xlsx: every indicator in every street and town, the villages' own in each village."""
    rng = random("tasks")
    rows: list[tuple[object, ...]] = []
    streets = setting.units.loc[setting.units["kind"].isin(["street", "town"])]
    for period in PERIODS:
        for _, street in streets.iterrows():
            below = setting.units.loc[setting.units["parent"] == street["code"]]
            villages = below.loc[below["kind"] == "village"]
            quality = float(setting.character.loc[street["code"], period])
            for item in read_csv("indicators.csv"):
                if item["area"] == "rural" and villages.empty:
                    continue
                rows.append(_task(item, street["code"], street["name"], period, quality, rng))
                if item["level"] == "村":
                    rows += [
                        _task(item, v["code"], v["name"], period, setting.quality(v, period), rng)
                        for _, v in villages.iterrows()
                    ]
    columns = [
        "单元代码", "台账", "指标", "问题或任务", "责任层级", "责任单位", "承诺",
        "完成期限", "状态", "完成日期", "最近检查日期", "提出报告期",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "任务编号", "RW2018" + pd.Series(range(1, len(frame) + 1)).astype(str).str.zfill(4))
    return frame


def _task(
    item: dict[str, str], code: str, name: str, period: str, quality: float, rng: np.random.Generator
) -> tuple[object, ...]:
    due = _ENDS[period] - dt.timedelta(days=int(rng.integers(0, 75)))
    late = rng.random() < np.clip(0.13 - 0.13 * quality, 0.015, 0.45)
    closed = due + dt.timedelta(days=int(rng.integers(12, 160) if late else -rng.integers(0, 40)))
    done = closed <= _AS_OF
    seen = rng.random() < np.clip(0.9 + 0.08 * quality, 0.6, 0.99)
    inspected = _ENDS[period] - dt.timedelta(days=int(rng.integers(1, 90)))
    owner = f"{name}村民委员会" if not code.endswith("000") else item["owner"]
    return (
        code, "指标任务", item["indicator"], item["task"], _LEVELS[item["level"]], owner, item["commitment"],
        due, "已完成" if done else "进行中", closed if done else None, inspected if seen else None, HALF_NAMES[period],
    )  # fmt: skip
