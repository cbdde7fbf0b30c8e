"""What a proposed zone is: its code, name, level, projection, periods and judges; each with why."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.catalogue.windows import window
from govkit.intake.places import projected
from govkit.intake.proposing.looking import Found
from govkit.intake.templates.fields import fill
from govkit.intake.templates.new_zone import half_years
from govkit.intake.units.code_systems import ABROAD
from govkit.intake.units.completing import UPWARD
from govkit.intake.units.national import county_of, units_of
from govkit.periods import Period, Term
from govkit.rounding import fixed, percent

# a code of no province: the zone has none that anybody knows
NO_CODE = ABROAD
_IN_WORDS = {
    "city": "市",
    "county": "县（区）",
    "street": "街道（乡镇）",
    "community": "社区（村）",
    "compound": "小区",
}


def code_of(units: Found) -> tuple[str, str]:
    """Return the code that all units share: that of the topmost, without its closing zeros."""
    codes = units.reading.frame["unit_code"].dropna()
    codes = codes.loc[codes.str.fullmatch(r"\d{6}|\d{9}|\d{12}")].str.ljust(12, "0")
    if codes.empty:
        code, called = county_of(_named_units(units))
        why = f"文件里没有区划代码；街道（乡镇）的名称与全国名单里的{called}相符；请核对"
        return (code, why) if code else (NO_CODE, "文件里没有区划代码，暂用 990000；知道的话请改")
    # a city above a single county is the county's parent, no part of the zone
    inside = codes.loc[~codes.str.endswith("0" * 8)] if not codes.str[:6].nunique() > 2 else codes
    inside = inside if len(inside) else codes
    for size in (9, 6, 4):
        if inside.str[:size].nunique() == 1:
            digits = inside.iloc[0][:size]
            return digits.rstrip("0") if size == 4 and digits.endswith("00") else digits, "各单元代码共同的开头"
    # slips apart, most of the units begin alike
    for size in (6, 4):
        share = inside.str[:size].value_counts(normalize=True)
        if share.iloc[0] > 0.9:
            return str(share.index[0]), f"{percent(share.iloc[0])} 的单元代码这样开头；请核对其余的"
    return NO_CODE, "各单元代码的开头不同，暂用 990000；请改"


def _named_units(units: Found) -> set[str]:
    """Return every name of a unit that the file says, of units and of those above them."""
    text = units.reading.text
    return {name for column in ("name", "parent") if column in text for name in text[column].dropna()}


def name_of(units: pd.DataFrame, code: str, folder: Path) -> tuple[str, str]:
    top = units.loc[units["unit_code"] == code.ljust(12, "0"), "name"]
    if len(top):
        return str(top.iloc[0]), "行政单元表里本区自己的一行"
    if len(code) == 6 and (listed := units_of(code, "nbs").codes.get(code.ljust(12, "0"))):
        return listed, "全国名单里这个代码的名称；请核对"
    return folder.resolve().name, "文件夹的名称；请核对"


def district_level(units: pd.DataFrame) -> tuple[str, str]:
    """Return the highest level of which there are several units."""
    counts = units["level"].value_counts()
    for level in reversed(UPWARD):
        if counts.get(level, 0) > 1:
            return level, f"有 {counts[level]} 个{_IN_WORDS[level]}，每个出一份报告"
    level = next((one for one in UPWARD if counts.get(one, 0)), "community")
    return level, f"只有{_IN_WORDS[level]}一级；请核对"


def metric_crs(taken: Mapping[str, Found], code: str) -> tuple[str, str]:
    """Return the projection in metres for the place where things lie, or which the code tells."""
    provinces = catalogue.load("gauss_krueger")["provinces"]
    known = code or code_of(taken["units"])[0]
    every = [
        reading.frame for one in taken.values() for reading in (one.reading, one.boundaries) if reading is not None
    ]
    bounds = [
        gpd.GeoSeries(frame["geometry"].dropna()).total_bounds
        for frame in every
        if "geometry" in frame and frame["geometry"].notna().any()
    ]
    middle = sum((one[0] + one[2]) / 2 for one in bounds) / len(bounds) if bounds else None
    if known[:2] in provinces:
        zone = projected.zone_of(known)
        note = (
            "" if middle is None or abs(middle - zone.meridian) < 3 else f"；但图形在东经 {fixed(middle, 1)}°，请核对"
        )
        return zone.epsg, f"按区划代码：CGCS2000 三度带，中央经线 {zone.meridian}°{note}"
    if middle is None:
        return "EPSG:4549", "没有坐标，无从推定；请核对"
    shapes = gpd.GeoSeries(gpd.points_from_xy([middle], [(bounds[0][1] + bounds[0][3]) / 2]), crs="EPSG:4490")
    spec = catalogue.load("points")
    if spec["longitude"][0] <= middle <= spec["longitude"][1]:
        zone = projected.Zone3(3 * round(middle / 3))
        return zone.epsg, f"按图形的位置（东经 {fixed(middle, 1)}°）：CGCS2000 三度带，中央经线 {zone.meridian}°"
    return str(shapes.estimate_utm_crs()), f"按图形的位置（经度 {fixed(middle, 1)}°）"


def judged_by(
    tables: Mapping[str, pd.DataFrame], times: tuple[Period, ...], name: str, day: dt.date
) -> tuple[str, str]:
    """Return what zone.toml says of the judges, and a first scheme ("" for none).

    Judges are the national standards in force in a period whose tables are all there; the scheme has all measures that
    the tables can carry, with equal weights.
    """
    said, names = catalogue.load("proposing")["text"], []
    there = {table for table, frame in tables.items() if len(frame)}
    for standard in catalogue.load("proposing")["national"]["standards"]:
        raw = catalogue.load(f"standards/{standard}")
        term = Term(raw.get("in_force_from"), raw.get("in_force_until"))
        needed = set(catalogue.load("proposing")["needs"][standard])
        bound = not raw.get("applies_to") or not set(raw["applies_to"]).isdisjoint(tables["units"]["kind"])
        if needed <= there and bound and any(term.covers(one) for one in times):
            names.append(standard)
    scheme = _first_scheme(tables, names, name, day)
    first = catalogue.load("proposing")["first_scheme"]
    text = fill(said["judged_by"], names=", ".join(json.dumps(one, ensure_ascii=False) for one in names))
    if not names and not scheme:
        return "", ""
    return text + fill(said["scheme_named" if scheme else "scheme_none"], **first), scheme


def _first_scheme(tables: Mapping[str, pd.DataFrame], standards: list[str], name: str, day: dt.date) -> str:
    """Return the text of a provisional scheme, "" where there are too few measures for one."""
    spec, said = catalogue.load("proposing")["first_scheme"], catalogue.load("proposing")["text"]
    known = catalogue.load("measures")
    leaves = [
        (f"{spec['of_standards']}_{one}", catalogue.load(f"standards/{one}")["title"], f"{spec['of_standards']}:{one}")
        for one in standards
        if catalogue.load(f"standards/{one}")["type"] == "standard"
    ]
    leaves += [
        (one, known[one]["label"], one)
        for one in spec["rates"]
        if all(len(tables.get(table, ())) for table in known[one]["tables"]) and _told(one, tables)
    ]
    if len(leaves) < spec["fewest"]:
        return ""
    weights = [round(1 / len(leaves), 6)] * (len(leaves) - 1)
    weights.append(round(1 - sum(weights), 6))
    text = fill(said["scheme_head"], day=day, name=name, count=len(leaves))
    for (id_, label, measure), weight in zip(leaves, weights, strict=True):
        text += fill(said["scheme_leaf"], id=id_, label=label, measure=measure, weight=weight)
    return text


def _told(measure: str, tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the columns that a measure counts are filled at all."""
    columns = catalogue.load("proposing")["first_scheme"]["columns"].get(measure, {})
    return all(tables[table][column].notna().any() for table, names in columns.items() for column in names)


# dates of fewer rows than this share are slips or old entries
_FEW = 0.02
_HALF = re.compile(r"(\d{4})(?:年?([上下])半年|[hH]([12]))")
_QUARTER = re.compile(r"(\d{4})(?:年?第?([一二三四1-4])季度?|[qQ]([1-4]))")
_YEAR = re.compile(r"(\d{4})年?度?")
_MOST_YEARS = 12


def periods_of(tables: Mapping[str, pd.DataFrame], today: dt.date) -> tuple[tuple[Period, ...], str]:
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
