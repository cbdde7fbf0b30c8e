"""网格事项: matters the group heads reported, at which level they were settled and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data.synthetic.matters import by_month, community_matters, in_order, matter_ledger
from data.synthetic.qingyang.people import Setting
from data.synthetic.qingyang.register import REGISTER

# How many in a hundred are settled in the grid, village, town and above.
_SETTLED = {"odds": (0.52, 0.31, 0.14, 0.03), "pull": 0.42, "powers": (0.0, 0.6, 1.4, 2.2), "at": 0.0}
_HOW: dict[str, Any] = {
    "days": 181, "levels": ("网格", "村(社区)", "乡镇", "县级"), "settled": _SETTLED, "slower": (1.0, 1.8, 3.4, 7.0),
    "better": 0.45, "stuck": (0.022, 0.025, 0.003, 0.1), "as_of": pd.Timestamp(2019, 1, 10, 18),
}  # fmt: skip
_STARTS = {"2018H1": pd.Timestamp(2018, 1, 1), "2018H2": pd.Timestamp(2018, 7, 1)}
_A_HALF_YEAR = {True: 1.9, False: 0.62}


def event_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 网格事项2018.csv in order of report."""
    rng, grids, kinds = REGISTER.random("events"), setting.grids, REGISTER.rows("matters.csv")
    usual = np.where(grids["urban"], _A_HALF_YEAR[True], _A_HALF_YEAR[False])
    communities = setting.units.set_index("code").loc[grids["unit_code"]]
    rows = in_order(
        community_matters(grids, kinds, setting.quality(communities, period), rng, usual=usual, start=start, **_HOW)
        for period, start in _STARTS.items()
    )
    return matter_ledger(rows, by_month(rows, head="QY"), of="事项", day="%Y/%m/%d %H:%M", settled_word="办结")
