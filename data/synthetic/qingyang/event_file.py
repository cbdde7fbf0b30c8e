"""网格事项: matters the group heads reported, at which level they were settled and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data.synthetic.matters import matter_ledger, settling_level
from data.synthetic.qingyang.people import Setting
from data.synthetic.qingyang.register import REGISTER

_LEVELS = np.array(["网格", "村(社区)", "乡镇", "县级"])
# How many in a hundred are settled in the grid, village, town and above.
_SETTLED: dict[str, Any] = {"odds": (0.52, 0.31, 0.14, 0.03), "pull": 0.42, "powers": (0.0, 0.6, 1.4, 2.2), "at": 0.0}
_AS_OF = pd.Timestamp(2019, 1, 10, 18)
_STARTS = {"2018H1": pd.Timestamp(2018, 1, 1), "2018H2": pd.Timestamp(2018, 7, 1)}
_A_HALF_YEAR = {True: 1.9, False: 0.62}
_SLOWER = np.array([1.0, 1.8, 3.4, 7.0])


def event_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 网格事项2018.csv in order of report."""
    rng = REGISTER.random("events")
    rows = pd.concat([_half(setting, period, rng) for period in _STARTS], ignore_index=True)
    rows = rows.sort_values(["reported", "grid"], kind="stable", ignore_index=True)
    month = rows["reported"].dt.strftime("%Y%m")
    number = rows.groupby(month).cumcount() + 1
    numbers = "QY" + month + number.astype(str).str.zfill(4)
    return matter_ledger(rows, numbers, of="事项", day="%Y/%m/%d %H:%M", settled_word="办结")


def _half(setting: Setting, period: str, rng: np.random.Generator) -> pd.DataFrame:
    grids, kinds = setting.grids, REGISTER.rows("matters.csv")
    quality = setting.quality(setting.units.set_index("code").loc[grids["unit_code"]], period)
    usual = np.where(grids["urban"], _A_HALF_YEAR[True], _A_HALF_YEAR[False])
    of = np.repeat(np.arange(len(grids)), rng.poisson(usual * rng.lognormal(0, 0.3, len(grids))))
    chance = np.array([float(kind["weight"]) for kind in kinds])
    kind = rng.choice(len(kinds), len(of), p=chance / chance.sum())
    level = settling_level(quality[of], rng, **_SETTLED)
    hours = np.array([float(one["hours"]) for one in kinds])[kind] * _SLOWER[level]
    hours = hours * np.exp(rng.normal(-0.45 * quality[of], 0.7))
    day, hour = rng.integers(0, 181, len(of)), 7 + 12 * rng.beta(2.4, 2.8, len(of))
    reported = (_STARTS[period] + pd.to_timedelta(day * 24 + hour, unit="h")).floor("min")
    settled = pd.Series((reported + pd.to_timedelta(hours, unit="h")).floor("min"))
    stuck = rng.random(len(of)) < np.clip(0.022 - 0.025 * quality[of], 0.003, 0.1)
    code = (grids["unit_code"] + grids["number"].astype(str).str.zfill(3)).to_numpy()
    return pd.DataFrame(
        {
            "grid": code[of],
            "kind": np.array([one["kind"] for one in kinds])[kind],
            "reported": reported,
            "settled": settled.mask(stuck | (settled > _AS_OF)),
            "level": _LEVELS[level],
        }
    )
