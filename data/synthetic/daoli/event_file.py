"""网格事项: matters reported in the grids, at which level they were settled and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data.synthetic.daoli.people import PERIODS, Setting
from data.synthetic.daoli.register import random, read_csv
from data.synthetic.matters import by_month, drawn, in_order, matter_ledger, settling_level

LEVELS = ("网格", "村(社区)", "镇(街道)", "区及以上")
# The ledger was printed on this day: what was not settled by then is open.
_AS_OF = pd.Timestamp(2019, 1, 10, 18)
_A_HALF_YEAR = {True: 2.7, False: 6.2}
_STARTS = {"2018H1": pd.Timestamp(2018, 1, 1), "2018H2": pd.Timestamp(2018, 7, 1)}
_DAYS = {"2018H1": 181, "2018H2": 184}
# About 62, 24, 11 and 3 in a hundred are settled in the grid, village, town and above.
_LEVELS: dict[str, Any] = {
    "odds": (0.605, 0.245, 0.112, 0.030), "pull": 0.42, "powers": (0.0, 0.6, 1.4, 2.2), "at": 0.2,
}  # fmt: skip
# How much longer a matter takes at each level than in the grid.
_SLOWER = np.array([1.05, 2.1, 4.5, 9.0])


def event_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 网格事项2018.csv in order of report."""
    rng = random("events")
    rows = in_order(_half(setting, period, rng) for period in PERIODS)
    return matter_ledger(
        rows, by_month(rows, head="SX", digits=5), of="事项", day="%Y-%m-%d %H:%M:%S", settled_word="已办结"
    )


def _half(setting: Setting, period: str, rng: np.random.Generator) -> pd.DataFrame:
    grids = setting.grids
    community = setting.units.set_index("code").loc[grids["unit_code"]]
    quality = setting.character.loc[community["parent"], period].to_numpy() + community["own"].to_numpy()
    rural = ~grids["urban"].to_numpy()
    rate = np.where(rural, _A_HALF_YEAR[True], _A_HALF_YEAR[False]) * rng.lognormal(0, 0.3, len(grids))
    count = rng.poisson(rate)
    of = np.repeat(np.arange(len(grids)), count)
    code = (grids["unit_code"] + grids["number"].astype(str).str.zfill(3)).to_numpy()
    kinds = pd.DataFrame(read_csv("matters.csv"))
    kind = np.where(rural[of], drawn(kinds["rural"], len(of), rng), drawn(kinds["urban"], len(of), rng))
    level = settling_level(quality[of], rng, **_LEVELS)
    hours = kinds["hours"].astype(float).to_numpy()[kind] * _SLOWER[level]
    hours = hours * np.exp(rng.normal(-0.5 * quality[of], 0.7))
    reported = _STARTS[period] + pd.to_timedelta(_moments(_DAYS[period], len(of), rng), unit="s")
    settled = _by_day(reported + pd.to_timedelta((hours * 3600).round(), unit="s"))
    stuck = rng.random(len(of)) < np.clip(0.022 - 0.03 * quality[of], 0.003, 0.12)
    done = pd.Series(settled).mask(stuck | (settled > _AS_OF))
    names = kinds["kind"].to_numpy()[kind]
    return pd.DataFrame(
        {"grid": code[of], "kind": names, "reported": reported, "settled": done, "level": np.array(LEVELS)[level]}
    )


def _by_day(moments: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the moments, those between ten at night and six put off to eight in the morning, same minute."""
    night = (moments.hour >= 22) | (moments.hour < 6)
    morning = (moments + pd.Timedelta(hours=2)).normalize() + pd.Timedelta(hours=8)
    return moments.where(~night, morning + (moments - moments.floor("h")))


def _moments(days: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Return seconds from the period's start, between half past five and ten, most of them around noon."""
    day = rng.integers(0, days, size)
    hour = 5.5 + 16.5 * rng.beta(2.6, 3.0, size)
    return day * 86_400 + (hour * 3600).astype(int)
