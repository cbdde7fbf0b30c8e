"""Who has not reported yet: units without a row in a month in which others have one."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from govkit import catalogue
from govkit.documents.check.listing import table_titles

# a level of which fewer than this share of units reports at all does not report by itself
_SHARE = 0.5
_MOST_NAMED = 12


def not_reported(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row for each table by month, month and level some units of which have no row.

    Columns: 数据, 月份, 层级, 应报, 已报, 未报 (names, the first dozen). Months are those from the first to the last of
    the table; a month without any row has nobody. Levels are those at which most units report.
    """
    rows: list[dict[str, object]] = []
    units = tables.get("units", pd.DataFrame(columns=["level"]))
    for name, table in tables.items():
        if "month" not in table or "unit_code" not in table or table.empty:
            continue
        title = str(table_titles(pd.Series([name])).iloc[0])
        for level, mine in units.groupby("level", sort=False):
            reported = table[table["unit_code"].isin(mine["unit_code"])]
            if reported["unit_code"].nunique() < max(1.0, _SHARE * len(mine)):
                continue
            rows += _of_level(title, catalogue.label("level", str(level)), mine, reported)
    return pd.DataFrame(rows, columns=["数据", "月份", "层级", "应报", "已报", "未报"])


def _of_level(title: str, level: str, units: pd.DataFrame, table: pd.DataFrame) -> list[dict[str, object]]:
    month = table["month"].dt.to_period("M")
    given = table["unit_code"].groupby(month).agg(set)
    rows: list[dict[str, object]] = []
    for period in pd.period_range(month.min(), month.max(), freq="M"):
        there = given.get(period, set())
        lacking = units.loc[~units["unit_code"].isin(there), "name"]
        if len(lacking):
            names = "（全部）" if not there else "、".join(lacking.head(_MOST_NAMED))
            more = f"等 {len(lacking)} 个" if there and len(lacking) > _MOST_NAMED else ""
            said = {"数据": title, "月份": str(period), "层级": level, "应报": len(units)}
            rows.append({**said, "已报": len(units) - len(lacking), "未报": names + more})
    return rows
