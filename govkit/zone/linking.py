"""Tables linked to districts and report periods: which of them each row belongs to."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.catalogue.windows import window
from govkit.intake.reading.sources import Source
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


def with_top(units: gpd.GeoDataFrame, *, code: str, name: str, level: str) -> gpd.GeoDataFrame:
    """Return the units with a row for the zone itself, made where the file has none.

    What stands highest in the file lies below it. Its people and households are not known: the file does not say.
    """
    top = code.ljust(12, "0")
    if units["unit_code"].isin([code, top]).any():
        return units
    above = catalogue.load("levels")["whole"]["above"][level]
    row: dict[str, Any] = {"unit_code": top, "name": name, "level": above, "kind": above}
    if "geometry" in units:
        shapes = units.loc[units["level"].eq(level), "geometry"]
        row["geometry"] = shapes.union_all() if shapes.notna().any() else None
    bare = pd.DataFrame([row]).reindex(columns=units.columns)
    first = bare.drop(columns="geometry", errors="ignore").astype(units.dtypes.drop("geometry", errors="ignore"))
    if "geometry" in units:
        shape = gpd.GeoSeries([row["geometry"]], crs=units.crs)
        first = gpd.GeoDataFrame(first, geometry=shape)[list(units.columns)]
    made = pd.concat([first, units], ignore_index=True)
    orphan = ~made["parent"].isin(made["unit_code"]) & made["unit_code"].ne(top)
    return made.assign(parent=made["parent"].mask(orphan, top))


def no_top_finding(source: Source, name: str) -> pd.DataFrame:
    """Return the finding that the row of the zone itself was made."""
    finding = {
        "severity": "warning",
        "rule": "no_top_unit",
        "table": source.table,
        "file": source.path,
        "reason": f"行政单元表里没有分区自己的一行，已按 zone.toml 补作“{name}”，人口、户数不详",
        "todo": "在行政单元表里补上这一行，各街道、乡镇（或区县）的上级代码填它的代码。",
    }
    return pd.DataFrame([finding])


def half_reported(source: Source, table: pd.DataFrame) -> pd.DataFrame:
    """Return a finding a unit and column for the rows that give one of two numbers that belong together.

    Such rows count in no rate. A column that nobody filled in is one finding for the whole table.
    """
    columns = catalogue.load("tables")[source.table]["columns"]
    found = []
    for group in catalogue.load("tables")[source.table].get("together", []):
        given = table[group].notna()
        half = given.any(axis="columns")
        for name in group:
            lost, label = half & ~given[name], columns[name]["label"]
            beside = "、".join(columns[one]["label"] for one in group if one != name)
            words = {"table": source.table, "file": source.path, "column": label}
            if half.any() and not given[name].any():
                reason = f"“{label}”整列没有填写，而“{beside}”填了；用到它的指标按未提供处理，不作 0"
                found.append(
                    {**words, "severity": "warning", "reason": reason, "todo": f"补填“{label}”；确为 0 的填 0。"}
                )
                continue
            for unit, rows in lost.groupby(table["unit_code"]).sum().items():
                if rows:
                    reason = f"{rows} 行填了“{beside}”而“{label}”空着；这些行不参与计算，不作 0"
                    own = {"unit_code": unit, "value": str(rows)}
                    todo = f"补填“{label}”；确为 0 的填 0。"
                    found.append({**words, **own, "severity": "warning", "reason": reason, "todo": todo})
    return pd.DataFrame(found).assign(rule="half_reported") if found else pd.DataFrame()
