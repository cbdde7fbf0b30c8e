"""Report periods told by the files: named in a column, or the halves or years that dates and months lie in."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

import pandas as pd

from govkit import catalogue
from govkit.catalogue.windows import window
from govkit.intake.templates.new_zone import half_years
from govkit.periods import Period

# dates of fewer rows than this share are slips or old entries
_FEW = 0.02
_HALF = re.compile(r"(\d{4})(?:年?([上下])半年|[hH]([12]))")
_QUARTER = re.compile(r"(\d{4})(?:年?第?([一二三四1-4])季度?|[qQ]([1-4]))")
_YEAR = re.compile(r"(\d{4})年?度?")
_MOST_YEARS = 12


def of_tables(tables: Mapping[str, pd.DataFrame], today: dt.date) -> tuple[tuple[Period, ...], str]:
    """Return the report periods and why: those that tables name, else those that most dates lie in."""
    named = [str(one) for table in tables.values() if "period" in table for one in table["period"].dropna().unique()]
    made = {period.id: period for name in named if (period := period_of(name))}
    if made:
        return _apart(made.values()), f"表里写的报告期：{'、'.join(dict.fromkeys(named))}"
    dates = pd.concat([pd.Series([], dtype="datetime64[s]"), *(_dates(name, table) for name, table in tables.items())])
    years = dates.dt.year.value_counts(normalize=True)
    years = sorted(int(year) for year in years.index[years >= _FEW])[-_MOST_YEARS:]
    if not years:
        return half_years(today.year), "文件里没有日期，暂定今年的两个半年；请核对"
    if len(years) == 1:
        return half_years(years[0]), f"日期在 {years[0]} 年，分上下半年；请核对"
    return tuple(_year(year) for year in years), f"日期在 {years[0]}—{years[-1]} 年，一年一期；请核对"


def period_of(name: str) -> Period | None:
    """Return the period a name means, None if it means none.

    >>> period_of("2018年上半年").id, period_of("2003").end.isoformat(), period_of("2021年第三季度").start.isoformat()
    ('2018H1', '2003-12-31', '2021-07-01')
    """
    text = "".join(name.split())
    if found := _HALF.fullmatch(text):
        half = 1 if found[2] == "上" or found[3] == "1" else 2
        return half_years(int(found[1]))[half - 1]
    if found := _QUARTER.fullmatch(text):
        number = "一二三四".find(found[2]) + 1 if found[2] and found[2] in "一二三四" else int(found[2] or found[3])
        start = dt.date(int(found[1]), 3 * number - 2, 1)
        end = (dt.date(start.year + number // 4, 3 * number % 12 + 1, 1)) - dt.timedelta(days=1)
        return Period(f"{found[1]}Q{number}", f"{found[1]}年第{'一二三四'[number - 1]}季度", start, end)
    found = _YEAR.fullmatch(text)
    return _year(int(found[1])) if found else None


def _year(year: int) -> Period:
    return Period(str(year), f"{year}年", dt.date(year, 1, 1), dt.date(year, 12, 31))


def _apart(made: object) -> tuple[Period, ...]:
    """Leave out a longer period that holds shorter ones: periods do not overlap."""
    every = sorted(made, key=lambda one: (one.start, one.end))  # type: ignore[call-overload]
    return tuple(
        one
        for one in every
        if not any(other is not one and one.start <= other.start and other.end <= one.end for other in every)
    )


def _dates(name: str, table: pd.DataFrame) -> pd.Series:
    """Return the days rows are counted by, of tables whose rows lie within a period."""
    counts = window(name) if "columns" in catalogue.load("tables").get(name, {}) else None
    if counts is None or counts.kind != "within" or counts.dated_by not in table:
        return pd.Series([], dtype="datetime64[s]")
    return table[counts.dated_by].dropna()
