"""Where and in which months a zone's matters gather, on a map and month by month."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from govkit.analysis.notes import note
from govkit.analysis.pattern.space_time import Gatherings, space_time
from govkit.display.charts import ChartFigure
from govkit.display.charts import months as drawn_months
from govkit.display.maps import MapFigure
from govkit.display.maps.layers.shown import border_layer, category_layer
from govkit.errors import GovkitError, UnknownNameError
from govkit.research.maps import setting_of
from govkit.rounding import fixed
from govkit.zone.zone import Zone

LEVELS = {"grid": "grid_code", "网格": "grid_code", "community": "unit_code", "社区": "unit_code", "村": "unit_code"}


def gatherings(zone: Zone, *, kind: str, by: str, people: bool, draws: int) -> Gatherings:
    """Return a zone's gatherings of matters, as ``Zone.hot_spots`` describes."""
    if by not in LEVELS:
        raise UnknownNameError("层级", str(by), list(LEVELS))
    code = LEVELS[by]
    if zone.lacks("events"):
        raise GovkitError(
            "要有网格事项，才看得出时空聚集。", where=str(zone.folder), todo="请在 [sources.events] 里给出。"
        )
    events = zone.tables["events"]
    kinds = events["kind"].dropna().unique() if "kind" in events else []
    if kind and kind not in kinds:
        raise UnknownNameError("事项类别", kind, list(kinds))
    mine = events.loc[(events["kind"] == kind) if kind else slice(None)]
    month = mine["reported_at"].dt.to_period("M")
    layer = _layer(zone, code)
    counts = pd.crosstab(mine[code], month).reindex(layer.index, fill_value=0)
    every = pd.period_range(month.min(), month.max(), freq="M") if len(mine) else counts.columns
    heads = layer["population"].astype("Float64").astype("float64") if people else None
    found = space_time(layer, counts, people=heads, crs=zone.metric_crs, draws=draws)
    notes = list(found.notes)
    if silent := [str(one) for one in every if one not in counts.columns]:
        notes.append(note("silent_months", months="、".join(silent)))
    if lost := int((~mine[code].isin(layer.index)).sum()):
        notes.append(note("stray_grids" if code == "grid_code" else "stray_communities", count=lost))
    names = layer["name"] if "name" in layer else pd.Series(layer.index, index=layer.index)
    places = found.places.assign(name=names, geometry=layer.geometry)
    return Gatherings(found.clusters, gpd.GeoDataFrame(places, crs=layer.crs), found.months, tuple(notes))


def _layer(zone: Zone, code: str) -> gpd.GeoDataFrame:
    if code == "grid_code":
        if zone.lacks("grids"):
            raise GovkitError(
                "没有网格图层。", where=str(zone.folder), todo='请在 [sources.grids] 里给出，或用 by="community"。'
            )
        return zone.tables["grids"].set_index(code)
    units = zone.tables["units"]
    if "geometry" not in units:
        raise GovkitError(
            "没有社区（村）的边界。", where=str(zone.folder), todo="请在 [sources.grids] 里给出网格图层。"
        )
    return units.loc[units["level"] == "community"].drop_duplicates(code).set_index(code)


def gatherings_map(zone: Zone, found: Gatherings) -> MapFigure:
    """Return a map of the gatherings that chance does not explain, as ``Zone.hot_spot_map`` describes."""
    labels = {
        str(at): f"{row.first} 至 {row.last}：{row.events:,} 件，为预期的 {fixed(row.ratio, 1)} 倍"
        for at, row in enumerate(found.clusters.itertuples(), start=1)
        if row.clear
    }
    shown = gpd.GeoDataFrame(found.places.reset_index(names="code"), crs=found.places.crs)
    kinds = found.places["cluster"].fillna(0).astype("str").where(found.places["events"].notna())
    labels_ = {**labels, "0": "看不出聚集"}
    layer = category_layer(shown, kinds, "时空聚集", labels=labels_, quiet="0", code="code")
    units = zone.tables["units"]
    border = border_layer(units.loc[units["level"] == zone.settings.district_level])
    title = f"网格事项的时空聚集（{len(labels)} 处）" if labels else "网格事项：看不出时空聚集"
    return setting_of(zone).figure(title, [layer, border])


def gatherings_chart(found: Gatherings) -> ChartFigure | str:
    """Return the events of the first gathering's places month by month, or a sentence where there is none."""
    clear = found.clusters.loc[found.clusters["clear"]]
    if clear.empty:
        return "没有一处聚集超出偶然。"
    first = clear.iloc[0]
    frame = pd.DataFrame(
        {"month": [str(one) for one in found.months.index], "value": found.months["events"].to_numpy()}
    )
    finding = f"{first['first']} 至 {first['last']}，{first['places']} 个地方上报 {first['events']:,} 件，"
    finding += f"为预期的 {fixed(first['ratio'], 1)} 倍"
    return drawn_months(frame, finding=finding, what="上报事项", note=found.notes[0])
