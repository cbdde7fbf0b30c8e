"""A map of any numbers of a zone's units."""

from __future__ import annotations

import pandas as pd

from govkit.display.front import map_setting
from govkit.display.maps import InteractiveMap, MapFigure, Quantity, Setting
from govkit.display.maps.layers.shown import border_layer, choropleth_layer
from govkit.errors import GovkitError
from govkit.zone.zone import Zone

_PERCENT = {"rate", "share"}


def choropleth(
    zone: Zone, values: pd.Series | pd.DataFrame, *, title: str, label: str, unit: str, interactive: bool, scheme: str
) -> MapFigure | InteractiveMap:
    """Map numbers of a zone's units, as ``Zone.map`` describes."""
    column = _column(values)
    about = {**values.attrs, **column.attrs}
    label = label or about.get("label") or str(column.name or "数值")
    percent = about.get("kind") in _PERCENT and column.name == "value"
    quantity = Quantity(label, "percent" if percent else "number", "" if percent else unit or about.get("unit", ""))
    units = zone.tables["units"]
    # Return 12-digit codes for codes (whole or without closing zeros, text or number) or names of units
    codes = list(units["unit_code"])
    known = dict(zip(units["name"], codes, strict=True)) | {code: code for code in codes}
    for level in (9, 6, 4):
        known |= {code[:level]: code for code in codes if code[level:].strip("0") == ""}
    column.index = pd.Index([known.get(str(one), str(one)) for one in column.index], name="unit_code")
    mine = units.loc[units["unit_code"].isin(column.index)]
    if mine.empty:
        raise GovkitError(
            f"这些数的索引不是本区的单元代码：{'、'.join(map(str, column.index[:3]))}……",
            allowed=f"单元代码，如 {units['unit_code'].iloc[-1]}，或单元名称",
            todo='用 zone.measure(…, by="community") 这样按单元取数，或用 .set_index("unit_code")。',
        )
    if "geometry" not in units or mine.geometry.isna().all():
        raise GovkitError(
            "没有边界数据，不能画图。", where=str(zone.folder), todo="请在 [sources.grids] 里给出网格图层。"
        )
    setting = setting_of(zone)
    layers = [choropleth_layer(mine, column, quantity, scheme=scheme)]
    if not (mine["level"] == zone.settings.district_level).all():
        layers.append(border_layer(units.loc[units["level"] == zone.settings.district_level]))
    title = title or "，".join(part for part in (label, about.get("period", "")) if part)
    return setting.interactive(title, layers) if interactive else setting.figure(title, layers)


def setting_of(zone: Zone, district: str | int | None = None) -> Setting:
    """Return what maps of a zone, or of one of its districts, share: notes, outline and locator."""
    on = zone.settings.periods[-1].end
    if district is None:
        return map_setting(zone.front, crs=zone.metric_crs, on=on, outline=zone.outline)
    shape = zone.district(district).shape
    return map_setting(zone.front, crs=zone.metric_crs, on=on, outline=shape, zone=zone.outline)


def _column(values: pd.Series | pd.DataFrame) -> pd.Series:
    """Return a frame's ``value``, ``score`` or only column of numbers, a series as it is; always a copy."""
    if isinstance(values, pd.Series):
        return values.copy()
    for name in ("value", "score"):
        if name in values:
            return values[name].copy()
    numbers = values.select_dtypes("number")
    if numbers.shape[1] != 1:
        raise GovkitError(
            f"不知道要画哪一列，数值列有：{'、'.join(map(str, numbers.columns)) or '没有'}。",
            todo='请给出一列：zone.map(frame["…"])。',
        )
    return numbers.iloc[:, 0].copy()
