"""What a place consists of: ground, people, communities and grids; the map of all."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from govkit import catalogue
from govkit.analysis.measures.coverage import Ground, areas_km2, ground
from govkit.display.front import NO_MAP
from govkit.display.maps import kinds
from govkit.display.maps.layers import shown as layers
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.tables import frames
from govkit.display.tables.frames import map_defects
from govkit.display.words.phrases import say
from govkit.provided import base_units
from govkit.rounding import half_away
from govkit.sections.facilities import there
from govkit.sections.inputs import Inputs
from govkit.sections.section import Section, absent

_NOT_BELOW = "行政单元表里没有社区、村一级，不作下一级的列表和地图。"
_DENSITY = Quantity("人口密度", "integer", "人/km²")


def situation(inputs: Inputs) -> Section:
    """Say what the place consists of; for a district, with a table and a map of its communities."""
    grids = inputs.tables.get("grids")
    if inputs.is_zone:
        said = zone(inputs.place.name, inputs.units, grids, crs=inputs.crs)
        return Section("situation", "基本情况", finding=said, body=(said,))
    overview = units_overview(inputs.units, grids, crs=inputs.crs)
    said = district(inputs.name, inputs.units, overview, ground(inputs.units, grids, crs=inputs.crs))
    if not inputs.has_communities:
        return Section("situation", "基本情况", finding=said, body=(said, absent(_NOT_BELOW, figures=1, tables=1)))
    density = overview.set_axis(inputs.communities.sort_values("unit_code")["unit_code"])["density"]
    return Section(
        "situation",
        "基本情况",
        finding=said,
        body=(
            said,
            inputs.table("units_overview", _with_total(overview), place=inputs.name, emphasise=frames.is_total),
            inputs.map(density, f"{inputs.name}人口密度", _DENSITY),
        ),
        numbers={"communities": overview},
    )


def units_overview(units: pd.DataFrame, grids: pd.DataFrame | None, *, crs: str) -> pd.DataFrame:
    """Return communities with kind, population, households, area (km², in ``crs``), density and number of grids.

    Without a grid layer there is no column ``grids``.
    """
    here = base_units(units).sort_values("unit_code")
    area = areas_km2(here, crs=crs)
    table = pd.DataFrame(
        {
            "name": here["name"],
            "kind": here["kind"].map(lambda key: catalogue.label("unit_kind", key)),
            "population": here["population"],
            "households": here["households"],
            "area_km2": area,
            "density": (here["population"] / area.where(area > 0)).map(half_away),
        }
    )
    if grids is None:
        return table
    counts = here["unit_code"].map(grids.groupby("unit_code").size())
    return table.assign(grids=counts.fillna(0).astype("int64"))


def _with_total(overview: pd.DataFrame) -> pd.DataFrame:
    """Return the communities and what they are together."""
    sums = overview.drop(columns=["name", "kind", "density"]).sum(min_count=1)
    known = sums[["population", "area_km2"]].notna().all() and sums["area_km2"] > 0
    density = half_away(sums["population"] / sums["area_km2"]) if known else float("nan")
    return pd.concat([overview, pd.DataFrame([{"name": "合计", "kind": "", **sums, "density": density}])])


def members(units: pd.DataFrame) -> str:
    """Say how many communities and villages there are: ``22 个城市社区、5 个行政村``."""
    return _by_kind(base_units(units))


def _by_kind(units: pd.DataFrame) -> str:
    """Say how many units of each kind there are, in the order of the code list; a county by what its name says."""
    counts = units["kind"].value_counts()
    listed = catalogue.load("codes")["unit_kind"]
    endings = catalogue.load("levels")["county_kind"]
    told = []
    for kind in [kind for kind in [*listed, *counts.index.difference([*listed])] if counts.get(kind, 0)]:
        label = catalogue.label("unit_kind", kind)
        words = pd.Series({label: counts[kind]})
        if kind == "county" and "name" in units:
            words = units.loc[units["kind"].eq(kind), "name"].str[-1].map(endings).fillna(label).value_counts()
        told += [f"{count:,d} 个{word}" for word, count in words.items()]
    return "、".join(told) or "无下属单元"


def district(name: str, units: pd.DataFrame, overview: pd.DataFrame, there: Ground) -> str:
    """Say what a district consists of; ``overview`` as from ``units_overview``, ``there`` as from ``ground``."""
    sums = overview[["population", "households"]].sum(min_count=1)
    below = units.loc[units["parent"].isin(units["unit_code"])]
    # that no community has one below it lacks nothing
    lacking = name if units["level"].eq("community").all() else say("place.alone", name=name)
    text = say("place.is", name=name, members=_by_kind(below)) if len(below) else lacking
    text += _area(there)
    if pd.notna(sums["population"]) or pd.notna(sums["households"]):
        text += say("place.people", population=sums["population"], households=sums["households"])
    return text + _grids(there, "") + "。"


def _area(there: Ground) -> str:
    """Say the area, and of how many units where some have no boundary; nothing where none has."""
    if pd.isna(there.area_km2):
        return ""
    text = say("place.area", area_km2=there.area_km2)
    return text + (
        say("place.area_mapped", mapped=there.mapped, units=there.units) if there.mapped < there.units else ""
    )


def zone(name: str, units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | None, *, crs: str) -> str:
    """Say what a zone consists of; areas are measured in ``crs``, urban and rural by the grids' kind.

    Without grids the area is that of the communities' own polygons, and left out where they have none.
    """
    there = ground(units, grids, crs=crs)
    rows = by_area(units, grids, crs=crs).set_index("name")
    whole, rural = rows.loc["合计"], rows.loc["农村"] if "农村" in rows.index else None
    text = say("place.is", name=name, members=_by_kind(units.loc[units["parent"].isin(units["unit_code"])]))
    text += _area(there)
    text += say("place.of_rural", rural=rural["area_km2"]) if rural is not None and rural["area_km2"] > 0 else ""
    if pd.notna(whole["population"]) or pd.notna(whole["households"]):
        text += say("place.people", **whole[["population", "households"]])
    if rural is not None and rural["units"]:
        text += say("place.rural_people", population=rural["population"])
    if grids is None:
        return text + "。"
    kinds = grids["kind"].map(lambda key: catalogue.label("grid_kind", key), na_action="ignore").value_counts()
    listed = "、".join(f"{kind} {count:,d} 个" for kind, count in kinds.items())
    return text + _grids(there, f"（{listed}）" if len(kinds) > 1 else "") + "。"


def by_area(units: gpd.GeoDataFrame, grids: gpd.GeoDataFrame | None, *, crs: str) -> pd.DataFrame:
    """Return the countryside and the town of a zone that has both, then the whole.

    Columns: ``name``, ``units``, ``population``, ``households`` by the kind of community, ``area_km2`` and ``grids`` by
    the kind of grid; without grids the area is that of the communities' own polygons.
    """
    communities = base_units(units)
    shapes = grids if grids is not None else communities
    areas = areas_km2(shapes, crs=crs) if "geometry" in shapes else pd.Series(float("nan"), index=shapes.index)
    apart = (
        ("农村", communities["kind"].eq("village"), shapes["kind"].isin(["rural", "village"])),
        ("城市", communities["kind"].eq("urban_community"), shapes["kind"].isin(["urban", "urban_community"])),
    )
    rows = [
        {"name": word, "units": mine.sum(), **communities.loc[mine, ["population", "households"]].sum(min_count=1),
         "area_km2": areas[ground_of].sum(min_count=1), "grids": ground_of.sum()}
        for word, mine, ground_of in apart
        if mine.any() or ground_of.any()
    ]  # fmt: skip
    sums = communities[["population", "households"]].sum(min_count=1)
    total = {"area_km2": ground(units, grids, crs=crs).area_km2, "grids": len(shapes), "units": len(communities)}
    table = pd.DataFrame([*(rows if len(rows) > 1 else []), {"name": "合计", **sums, **total}])
    return table if grids is not None else table.drop(columns="grids")


def _grids(there: Ground, kinds: str) -> str:
    if not there.grids:
        return ""
    text = say("place.grids", grids=there.grids, kinds=kinds)
    inside, counted = there.households_in_grids, there.grids_counted
    if not counted:
        return text
    whole = counted == there.grids and inside == there.households
    told = "" if whole else say("place.in_grids", households=inside, grids=counted)
    return text + told + say("place.per_grid", households_per_grid=inside / counted)


def overview_map(inputs: Inputs) -> Section:
    """Return the interactive map that shows everything together."""
    word = inputs.place.unit_word
    heading = "得分与网格问题一览" if inputs.is_zone else "网格与设施一览"
    title = f"各{word}综合得分与网格问题" if inputs.is_zone else f"{inputs.name}网格与设施"
    if not inputs.mapped:
        return Section("overview_map", heading, body=(NO_MAP,))
    shown = _of_zone(inputs) if inputs.is_zone else _of_district(inputs)
    return Section("overview_map", heading, body=(kinds.interactive_map(shown, title, setting=inputs.setting),))


def _of_zone(inputs: Inputs) -> list[Any]:
    quantity, current = Quantity("综合得分", "number", "分"), inputs.common.current
    if current is None:
        shown = [layers.border_layer(inputs.members, filled=True)]
    else:
        shown = [layers.choropleth_layer(inputs.members, current.scores["score"], quantity)]
    return shown if inputs.lacks("grids") else [*shown, _defects(inputs)]


def _of_district(inputs: Inputs) -> list[Any]:
    shown = [layers.border_layer(inputs.communities, filled=True)]
    if not inputs.lacks("grids"):
        shown += [layers.grid_layer(inputs.tables["grids"]), _defects(inputs)]
    if inputs.lacks("facilities"):
        return shown
    facilities = layers.facility_layer(there(inputs))
    many = len(facilities.shapes) > catalogue.load("map_text")["limits"]["most_symbols"]
    return [*shown, layers.hidden(facilities) if many else facilities]


def _defects(inputs: Inputs) -> Any:
    return layers.defect_layer(map_defects(inputs.audit.gaps, inputs.audit.overlaps))
