"""网格事项: matters reported in the grids, at which level they were settled and when."""

from __future__ import annotations

from typing import Any

import pandas as pd

from data.synthetic.matters import by_month, community_matters, in_order, matter_ledger
from data.synthetic.xiangfang.people import YEARS, Setting
from data.synthetic.xiangfang.register import REGISTER

# How many in a hundred are settled in the grid, village, town and above.
_SETTLED = {"odds": (0.58, 0.27, 0.12, 0.03), "pull": 0.45, "powers": (0.0, 0.6, 1.4, 2.2), "at": 0.0}
_HOW: dict[str, Any] = {
    "usual": 4.2, "days": 365, "levels": ("网格", "社区", "街道", "区及以上"), "settled": _SETTLED,
    "slower": (1.0, 1.9, 3.6, 7.5), "better": 0.5, "stuck": (0.02, 0.02, 0.003, 0.08),
    "as_of": pd.Timestamp(2019, 1, 10, 18),
}  # fmt: skip


def event_file(setting: Setting) -> pd.DataFrame:
    """Return the rows of 网格事项.csv in order of report."""
    rng, grids, kinds = REGISTER.random("events"), setting.grids, REGISTER.rows("matters.csv")
    communities = setting.units.set_index("code").loc[grids["unit_code"]]
    rows = in_order(
        community_matters(
            grids, kinds, setting.well(communities, str(year)), rng, start=pd.Timestamp(year, 1, 1), **_HOW
        )
        for year in YEARS
    )
    return matter_ledger(rows, by_month(rows, head="XF"), of="事项", day="%Y-%m-%d %H:%M", settled_word="已办结")
