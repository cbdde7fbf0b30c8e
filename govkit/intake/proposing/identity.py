"""What a proposed zone is: its code, its name, the level of its report units, its projection; each with why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.intake.places import gauss_krueger
from govkit.intake.proposing.looking import Found
from govkit.intake.units.code_systems import ABROAD
from govkit.intake.units.completing import UPWARD
from govkit.intake.units.national import county_of, units_of
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
        zone = gauss_krueger.zone_of(known)
        note = (
            "" if middle is None or abs(middle - zone.meridian) < 3 else f"；但图形在东经 {fixed(middle, 1)}°，请核对"
        )
        return zone.epsg, f"按区划代码：CGCS2000 三度带，中央经线 {zone.meridian}°{note}"
    if middle is None:
        return "EPSG:4549", "没有坐标，无从推定；请核对"
    shapes = gpd.GeoSeries(gpd.points_from_xy([middle], [(bounds[0][1] + bounds[0][3]) / 2]), crs="EPSG:4490")
    spec = catalogue.load("points")
    if spec["longitude"][0] <= middle <= spec["longitude"][1]:
        zone = gauss_krueger.Zone3(3 * round(middle / 3))
        return zone.epsg, f"按图形的位置（东经 {fixed(middle, 1)}°）：CGCS2000 三度带，中央经线 {zone.meridian}°"
    return str(shapes.estimate_utm_crs()), f"按图形的位置（经度 {fixed(middle, 1)}°）"
