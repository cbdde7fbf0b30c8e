"""网格事项: matters reported in the grids, at which level they were settled and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data.synthetic.matters import matter_ledger, settling_level
from data.synthetic.xiangfang.people import YEARS, Setting
from data.synthetic.xiangfang.register import REGISTER

_LEVELS = np.array(["网格", "社区", "街道", "区及以上"])
# How many in a hundred are settled in the grid, village, town and above.
_SETTLED: dict[str, Any] = {"odds": (0.58, 0.27, 0.12, 0.03), "pull": 0.45, "powers": (0.0, 0.6, 1.4, 2.2), "at": 0.0}
_AS_OF = pd.Timestamp(2019, 1, 10, 18)
_A_YEAR = 4.2
_SLOWER = np.array([1.0, 1.9, 3.6, 7.5])


def event_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 网格事项.csv in order of report."""
    rng = REGISTER.random("events")
    rows = pd.concat([_year(setting, year, rng) for year in YEARS], ignore_index=True)
    rows = rows.sort_values(["reported", "grid"], kind="stable", ignore_index=True)
    month = rows["reported"].dt.strftime("%Y%m")
    number = rows.groupby(month).cumcount() + 1
    numbers = "XF" + month + number.astype(str).str.zfill(4)
    return matter_ledger(rows, numbers, of="事项", day="%Y-%m-%d %H:%M", settled_word="已办结")


def _year(setting: Setting, year: int, rng: np.random.Generator) -> pd.DataFrame:
    grids, kinds = setting.grids, REGISTER.rows("matters.csv")
    community = setting.units.set_index("code").loc[grids["unit_code"]]
    quality = setting.character.loc[community["parent"], year].to_numpy() + community["own"].to_numpy()
    of = np.repeat(np.arange(len(grids)), rng.poisson(_A_YEAR * rng.lognormal(0, 0.3, len(grids))))
    chance = np.array([float(kind["weight"]) for kind in kinds])
    kind = rng.choice(len(kinds), len(of), p=chance / chance.sum())
    level = settling_level(quality[of], rng, **_SETTLED)
    hours = np.array([float(one["hours"]) for one in kinds])[kind] * _SLOWER[level]
    hours = hours * np.exp(rng.normal(-0.5 * quality[of], 0.7))
    day, hour = rng.integers(0, 365, len(of)), 7 + 12 * rng.beta(2.4, 2.8, len(of))
    reported = (pd.Timestamp(year, 1, 1) + pd.to_timedelta(day * 24 + hour, unit="h")).floor("min")
    settled = pd.Series((reported + pd.to_timedelta(hours, unit="h")).floor("min"))
    stuck = rng.random(len(of)) < np.clip(0.02 - 0.02 * quality[of], 0.003, 0.08)
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
