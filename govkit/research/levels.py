"""The levels numbers are taken at: community, street, county, city, governance type, or the zone as a whole."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from govkit import catalogue
from govkit.errors import GovkitError, UnknownNameError
from govkit.zone.linking import ancestors
from govkit.zone.zone import Zone

# What a level may be called, beside its key of codes.toml and its Chinese word.
LEVELS = {
    "district": ("报告单元", "district_code"),
    "community": ("社区", "村", "村（社区）", "unit_code"),
    "street": ("街道", "乡镇", "镇", "街道（镇）"),
    "county": ("县", "区", "区县", "县（市、区）"),
    "city": ("市",),
    "province": ("省",),
    "type": ("类型", "治理类型"),
    "zone": ("全区", "全市", "分区"),
}


def level_named(by: str) -> str:
    """Return the level a word means; UnknownNameError with the nearest ones otherwise.

    >>> level_named("街道"), level_named("type")
    ('street', 'type')
    """
    for level, words in LEVELS.items():
        if by == level or by in words:
            return level
    raise UnknownNameError("分组层级", str(by), list(LEVELS))


def grouped(zone: Zone, by: str) -> tuple[Mapping[str, pd.DataFrame], str]:
    """Return the tables of a zone and the grouping of ``analysis.measures.scope`` that together give a level.

    Where the level is neither the zone's report units nor its communities, ``district_code`` of the tables returned
    holds the level's code (of ``type``: the type's name). Raises GovkitError if the zone has no unit of the level.
    """
    level = level_named(by)
    if level in {"community", "zone"}:
        return zone.tables, "unit_code" if level == "community" else "zone"
    if level in {"district", zone.settings.district_level}:
        return zone.tables, "district_code"
    units = zone.tables["units"]
    if level == "type":
        group = units.drop_duplicates("unit_code").set_index("unit_code").get("type", pd.Series(dtype="str"))
        what, todo = "治理类型", "请在行政单元表里填写“治理类型”一列。"
    else:
        group = ancestors(units, level)
        what, todo = f"层级为“{catalogue.label('level', level)}”的单元", "请在行政单元表里补上这一级，或换一个层级。"
    if not group.notna().any():
        raise GovkitError(f"行政单元表里没有{what}，不能按 {by!r} 分组。", where=str(zone.folder), todo=todo)
    tables = {
        name: table.assign(district_code=table["unit_code"].map(group).astype("str"))
        for name, table in zone.tables.items()
    }
    return tables, "district_code"


def names_of(zone: Zone, codes: pd.Index) -> pd.Series:
    """Return what units are called by their codes; a type is called by itself, the zone by its name."""
    units = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    known = {**units.to_dict(), "zone": zone.name}
    return pd.Series([known.get(code, code) for code in codes], index=codes, dtype="str", name="name")
