"""Tables linked to districts and report periods: which of them each row belongs to."""

from __future__ import annotations

import pandas as pd

from govkit.catalogue.windows import window
from govkit.intake import Source
from govkit.periods import Period


def ancestors(units: pd.DataFrame, level: str) -> pd.Series:
    """Map every unit code to the code of the unit of ``level`` that it is or lies in; NA for units above that level."""
    parent = dict(zip(units["unit_code"], units["parent"], strict=True))
    level_of = dict(zip(units["unit_code"], units["level"], strict=True))

    def climb(code: str) -> str | None:
        seen: set[str] = set()
        while isinstance(code, str) and code in level_of and code not in seen:
            if level_of[code] == level:
                return code
            seen.add(code)
            code = parent[code]
        return None

    return pd.Series({code: climb(code) for code in level_of}, dtype="str")


def linked(
    name: str, table: pd.DataFrame, district_of: pd.Series, periods: tuple[Period, ...]
) -> tuple[pd.DataFrame, int]:
    """Return the table with ``district_code`` and ``period``, and how many rows lie outside every period."""
    table = table.assign(district_code=table["unit_code"].map(district_of).astype("str"))
    counts = window(name)
    if counts.kind == "within":
        table = table.assign(period=_period_of(table[counts.dated_by], periods))
    elif "period" in table:
        ids = {alias: period.id for period in periods for alias in (period.id, period.name)}
        named = table["period"]
        table = table.assign(period=named.map(ids).astype("str"))
        # A row that names no period counts in every one (an organisation that is simply there).
        return table, int((table["period"].isna() & named.notna()).sum())
    else:
        return table, 0
    return table, int(table["period"].isna().sum())


def _period_of(dates: pd.Series, periods: tuple[Period, ...]) -> pd.Series:
    found = pd.Series(pd.NA, index=dates.index, dtype="str")
    for period in periods:
        after_end = pd.Timestamp(period.end) + pd.Timedelta(days=1)
        found[(dates >= pd.Timestamp(period.start)) & (dates < after_end)] = period.id
    return found


def outside_finding(source: Source, rows: int, periods: tuple[Period, ...]) -> pd.DataFrame:
    finding = {
        "severity": "note",
        "rule": "outside_periods",
        "table": source.table,
        "file": source.path,
        "reason": f"{rows} 行不属于 zone.toml 中的任何报告期，不参与计算",
        "todo": f"如应计入，请核对日期或报告期名称（现有：{'、'.join(period.id for period in periods)}）。",
    }
    return pd.DataFrame([finding])
