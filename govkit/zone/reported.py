"""Who has not reported yet: units without a row, in a month in which others have one or in a table of several files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from govkit import catalogue
from govkit.intake import Source
from govkit.intake.reading.assemble import findings_at
from govkit.intake.units.unit_names import stem_and_kinds
from govkit.periods import Period

# a level of which fewer than this share of units reports at all does not report by itself
_SHARE = 0.5
_MOST_NAMED = 12


def not_reported(tables: Mapping[str, pd.DataFrame], periods: Sequence[Period] = ()) -> pd.DataFrame:
    """Return one row for each table by month, month and level some units of which have no row.

    Columns: 数据, 月份, 层级, 应报, 已报, 未报 (names, the first dozen). Months are those from the first to the last of
    the table and of the report periods these lie in; a month without any row has nobody. Levels are those at which most
    units report.
    """
    rows: list[dict[str, object]] = []
    units = tables.get("units", pd.DataFrame(columns=["level"]))
    for name, table in tables.items():
        if "month" not in table or "unit_code" not in table:
            continue
        dated = table.dropna(subset=["month"])
        title = catalogue.load("tables")[name]["title"] if name in catalogue.load("tables") else name
        for level, mine in units.groupby("level", sort=False):
            reported = dated[dated["unit_code"].isin(mine["unit_code"])]
            if reported["unit_code"].nunique() < max(1.0, _SHARE * len(mine)):
                continue
            for month, lacking in _lacking(mine, reported, "unit_code", periods):
                said = {"数据": title, "月份": month, "层级": catalogue.label("level", str(level)), "应报": len(mine)}
                nobody = len(lacking) == len(mine)
                named = "（全部）" if nobody else _named(lacking)
                rows.append({**said, "已报": len(mine) - len(lacking), "未报": named})
    return pd.DataFrame(rows, columns=["数据", "月份", "层级", "应报", "已报", "未报"])


def returns_of(accounts: pd.DataFrame, table: pd.DataFrame, units: pd.DataFrame) -> int:
    """Return how many returns a source has: sheets called after a unit or month, and files.

    Of a table without months a file counts only if it bears the name of a unit: files of facilities may as well be one
    for each kind.
    """
    if "month" in table:
        return int(accounts["returns"].sum())
    stems = {stem for name in units["name"].dropna() if len(stem := stem_and_kinds(str(name))[0]) > 1}
    files = zip(accounts["file"].map(lambda one: Path(one).stem), accounts["returns"], strict=True)
    return sum(int(many) for stem, many in files if many > 1 or any(one in stem for one in stems))


def not_returned(
    source: Source,
    table: pd.DataFrame,
    units: pd.DataFrame,
    level: str,
    returns: int,
    periods: Sequence[Period] = (),
) -> pd.DataFrame:
    """Return a finding for the report units of ``level`` that none of a source's several returns is about.

    A return is a file, or a sheet called after a unit or a month. A table by month says it for each month that lacks
    some, and for months that lack all. Where there are more returns than report units, and most units of another level
    have rows, those of that level return, too. A table of one return has none: that it lists nothing of a unit may be
    because there is nothing.
    """
    if returns < 2 or "district_code" not in table or source.table == "units":
        return pd.DataFrame()
    told = []
    for one, mine in units.groupby("level", sort=False):
        key = "district_code" if one == level else "unit_code"
        if one != level and (returns <= (units["level"] == level).sum() or key not in table):
            continue
        never = mine.loc[~mine["unit_code"].isin(table[key]), "name"]
        if one != level and len(mine) - len(never) < max(1.0, _SHARE * len(mine)):
            continue
        unit = catalogue.load("levels")["unit_word"].get(str(one), "")
        several = f"{source.path} 等 {len(source.paths)} 个文件" if len(source.paths) > 1 else source.path
        words = {"unit": unit, "file": several, "files": returns, "all": len(mine)}
        if 0 < len(never) < len(mine):
            told.append(findings_at("not_returned", source, [words | {"count": len(never), "value": _named(never)}]))
        late = mine[~mine["name"].isin(never)]
        if "month" in table and table["month"].notna().any() and len(late):
            months = [
                words | {"month": month, "count": len(lacking), "all": len(late), "value": _named(lacking)}
                for month, lacking in _lacking(late, table.dropna(subset=["month"]), key, periods)
            ]
            told += [findings_at("not_returned_month", source, months)] if months else []
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame()


def _lacking(
    units: pd.DataFrame, table: pd.DataFrame, key: str, periods: Sequence[Period]
) -> list[tuple[str, pd.Series]]:
    """Return the months in which some units have no row, with their names."""
    month = table["month"].dt.to_period("M")
    given = table[key].groupby(month).agg(set)
    every = [(p, units.loc[~units["unit_code"].isin(given.get(p, set())), "name"]) for p in _months(month, periods)]
    return [(str(period), names) for period, names in every if len(names)]


def _months(month: pd.Series, periods: Sequence[Period]) -> pd.PeriodIndex:
    """Return the months from the first to the last, and to the ends of the report periods these two lie in."""
    ends = [month.min(), month.max()]
    spans = [(pd.Period(one.start, "M"), pd.Period(one.end, "M")) for one in periods]
    ends += [end for span in spans for end in span if any(span[0] <= one <= span[1] for one in (ends[0], ends[1]))]
    return pd.period_range(min(ends), max(ends), freq="M")


def _named(names: pd.Series) -> str:
    more = f"等 {len(names)} 个" if len(names) > _MOST_NAMED else ""
    return "、".join(names.head(_MOST_NAMED)) + more
