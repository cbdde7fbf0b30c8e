"""How far each community has come in each year: its grade (H2) and, in step with it, which of the fifteen items it has.

The grades of the standard huangpi_five_rooms are reached by the number of items, so that both tell the same story.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from data.synthetic.huangpi.register import DEVELOPMENT_ZONE, QIANCHUAN, REGISTER, WUHU, YEARS, Setting

GRADES = ("等级社区", "市一级社区", "883社区", "文明社区")
# Items a community has below the first grade, from the first grade on, from city grade one on, and at 883.
_ITEMS = ((5, 8), (9, 11), (12, 14), (15, 15))
# Who may reach 883: the communities the third step of the plan names; so many of each street do.
_AT_883 = {QIANCHUAN: 4, WUHU: 1, DEVELOPMENT_ZONE: 1}


def grades_of(setting: Setting) -> pd.DataFrame:
    """Return how many of the four grades each community (index: code) has reached by the end of each year."""
    communities = setting.communities.sort_values("quality", ascending=False, kind="stable")
    first = [
        code
        for street, most in _AT_883.items()
        for code in communities.loc[communities["parent"] == street, "code"].head(most)
    ]
    order = first + [code for code in communities["code"] if code not in first]
    reached = pd.DataFrame(0, index=order, columns=list(YEARS))
    for row in REGISTER.rows("grades.csv"):
        for year in YEARS:
            reached.loc[order[: int(row[str(year)])], year] += 1
    return reached.sort_index()


def items_in_place(code: str, grades: pd.Series) -> list[tuple[str, int, bool]]:
    """Return a community's items of the fifteen: kind, first year it counts in, whether it has a place of its own.

    ``grades`` are those it has reached by the end of each year (a row of ``grades_of``).
    """
    rng = REGISTER.random(f"items {code}")
    spec = REGISTER.rows("facilities.csv")
    chances = np.array([float(row["priority"]) for row in spec])
    order = rng.choice(len(spec), len(spec), replace=False, p=chances / chances.sum())
    counts = np.maximum.accumulate([rng.integers(low, high + 1) for low, high in (_range(g) for g in grades)])
    found = []
    for position, item in enumerate(order[: counts[-1]]):
        year = YEARS[int(np.searchsorted(counts, position, side="right"))]
        found.append((spec[item]["kind"], year, spec[item]["located"] == "1"))
    return found


def _range(grade: int) -> tuple[int, int]:
    return _ITEMS[min(grade, len(_ITEMS) - 1)]
