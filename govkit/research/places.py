"""Access of a zone's residents to its facilities, and where to build next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from govkit import catalogue
from govkit.analysis.access.access import Access
from govkit.analysis.access.access import access as found_access
from govkit.analysis.measures.scope import Scope
from govkit.analysis.notes import note
from govkit.errors import GovkitError, SourceError, UnknownNameError
from govkit.geometry.coverage import present
from govkit.intake.reading import schema
from govkit.periods import Period
from govkit.zone.zone import Zone

_OSM = (".pbf", ".osm")
_FAR = 10_000.0  # minutes: a week's walk


def access(
    zone: Zone, kind: str, period: Period, *, layers: Mapping[str, Any], people: str | pd.Series, **options: Any
) -> Access:
    """Return the access of a zone's residents, as ``Zone.access`` describes."""
    notes: list[str] = []
    places, homes = _facilities(zone, kind, period), _homes(zone, people, notes)
    given = {**options, **{name: _layer(layer, notes) for name, layer in layers.items()}}
    found = found_access(homes, places, crs=zone.metric_crs, people=homes.attrs["people"], **given)
    return replace(found, notes=(*notes, *found.notes))


def sites(
    zone: Zone, kind: str, period: Period, *, layers: Mapping[str, Any], people: str | pd.Series, count: int | None,
    model: str, minutes: float, candidates: gpd.GeoDataFrame | None, cost: str | pd.Series | None, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """Return where to build next, as ``Zone.sites`` describes."""
    notes: list[str] = []
    homes = _homes(zone, people, notes)
    possible = _candidates(zone) if candidates is None else candidates
    if possible.crs is None:
        raise GovkitError("备选点没有坐标系。", todo="请用 set_crs 写明，如 EPSG:4490。")
    try:
        there = _facilities(zone, kind, period).geometry
        there = there[present(there)]
    except GovkitError:
        there = gpd.GeoSeries([], crs="EPSG:4490")  # none stands yet
    both = pd.concat([possible.geometry.to_crs(zone.metric_crs), there.to_crs(zone.metric_crs)])
    supply = gpd.GeoDataFrame(geometry=gpd.GeoSeries(both.to_numpy(), crs=zone.metric_crs))
    given = {**options, **{name: _layer(layer, notes) for name, layer in layers.items()}}
    # the farthest walk, or the mean of all walks, is to be known beyond the limit of those who count as covered
    farthest = minutes if model in {"MCLP", "LSCP"} else max(minutes, _FAR)
    ways = found_access(
        homes, supply, crs=zone.metric_crs, people=homes.attrs["people"], method="nearest", minutes=farthest, **given
    )
    found = ways.sites(
        count=count, model=model, minutes=minutes, standing=ways.facilities.index.to_numpy() >= len(possible),
        cost=_costs(possible, cost),
    )  # fmt: skip
    names = possible["name"].to_numpy() if "name" in possible else possible.index.to_numpy()
    at = found.index
    found.index = pd.Index(possible.index[at], name=possible.index.name or "site")
    found.insert(0, "name", names[at])
    found.attrs["notes"] = [*notes, *ways.notes, *found.attrs["notes"]]
    return found


def _costs(possible: gpd.GeoDataFrame, cost: str | pd.Series | None) -> pd.Series | None:
    if cost is None:
        return None
    if isinstance(cost, str) and cost not in possible:
        raise UnknownNameError("列", cost, map(str, possible.columns))
    given = possible[cost] if isinstance(cost, str) else cost
    known = pd.to_numeric(given.reindex(possible.index), errors="coerce").to_numpy(dtype=float)
    return pd.Series(known, index=pd.RangeIndex(len(known)))


def _candidates(zone: Zone) -> gpd.GeoDataFrame:
    """Return a point inside every community that has a shape, indexed by unit code."""
    units = zone.tables["units"]
    mine = (
        units.loc[(units["level"] == "community") & units.geometry.notna()] if "geometry" in units else units.iloc[:0]
    )
    if mine.empty:
        raise GovkitError("没有社区（村）的边界，定不出备选点。", todo="请用 candidates 给出备选点图层。")
    inside = mine.geometry.representative_point()
    return gpd.GeoDataFrame({"name": mine["name"].to_numpy()}, geometry=inside.to_numpy(), crs=units.crs).set_index(
        pd.Index(mine["unit_code"], name="unit_code")
    )


def _facilities(zone: Zone, kind: str, period: Period) -> gpd.GeoDataFrame:
    if zone.lacks("grids", "facilities"):
        what = "要有网格图层和设施台账，才能算可达性。"
        raise GovkitError(what, where=str(zone.folder), todo="请在 [sources.grids]、[sources.facilities] 里给出。")
    kinds = catalogue.load("codes")["facility_kind"]
    words = {word: key for key, entry in kinds.items() for word in (*entry.get("aliases", ()), entry["label"])}
    named = words | {key: key for key in kinds}
    if kind not in named:
        raise UnknownNameError("设施类型", str(kind), [*kinds, *(entry["label"] for entry in kinds.values())])
    places = gpd.GeoDataFrame(Scope(zone.tables, period, by="zone").rows("facilities"), crs="EPSG:4490")
    places = places.loc[places["kind"] == named[kind]].set_index("facility_id")
    if places.empty:
        raise GovkitError(f"本期没有“{kinds[named[kind]]['label']}”这类设施。", where=str(zone.folder))
    return places


def _homes(zone: Zone, people: str | pd.Series, notes: list[str]) -> gpd.GeoDataFrame:
    """Return the grids with their community and street by name and those asked for, in column ``attrs["people"]``."""
    if zone.lacks("grids"):
        raise GovkitError(
            "要有网格图层，才知道居民在哪里。", where=str(zone.folder), todo="请在 [sources.grids] 里给出。"
        )
    units = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")
    grids = zone.tables["grids"].set_index("grid_code")
    names = {"community": grids["unit_code"].map(units["name"]), "district": grids["district_code"].map(units["name"])}
    name, counted = _people(grids, units, people, notes)
    found = grids.assign(**names, **{name: counted})
    found.attrs["people"] = name
    return found


def _people(
    grids: gpd.GeoDataFrame, units: pd.DataFrame, people: str | pd.Series, notes: list[str]
) -> tuple[str, pd.Series]:
    """Return how many people of a group live in each grid: counted there, or those of its unit spread by population."""
    if isinstance(people, pd.Series):
        counted, name = people, str(people.name or "people")
        if people.index.isin(grids.index).any():
            return name, pd.to_numeric(people, errors="coerce").reindex(grids.index).astype("float64")
    else:
        labels = {
            word: column.name for column in schema.table("grids").columns for word in (column.label, *column.aliases)
        }
        name = labels.get(people, people)
        if name in grids and grids[name].notna().any():
            return name, grids[name].astype("Float64").astype("float64")
        if name not in units or not units[name].notna().any():
            counted_here = [one for one in labels.values() if one in grids and grids[one].notna().any()]
            known = [one for one in dict.fromkeys(counted_here) if pd.api.types.is_numeric_dtype(grids[one])]
            if name in labels.values():
                raise GovkitError(
                    f"网格和行政单元里都没有“{people}”的数。", allowed="、".join(known),
                    todo="请在网格图层或行政单元表里填上，或用 people= 给出按网格或社区编码的数。",
                )  # fmt: skip
            raise UnknownNameError("人群（网格或行政单元的列）", str(people), [*known, *labels, *labels.values()])
        counted = units[name]
    totals = pd.to_numeric(counted, errors="coerce").astype("Float64").astype("float64")
    heads = grids["population"].astype("Float64").astype("float64")
    share = heads / heads.groupby(grids["unit_code"]).transform("sum").replace(0, np.nan)
    spread = share * grids["unit_code"].map(totals[totals.index.isin(grids["unit_code"])])
    if spread.notna().sum() == 0:
        raise GovkitError(f"“{name}”没有一个单元有数，或没有网格人口可按比例分摊。")
    notes.append(note("shared_out", name=name))
    return name, spread


def _layer(layer: str | Path | gpd.GeoDataFrame | None, notes: list[str]) -> gpd.GeoDataFrame | None:
    if layer is None or isinstance(layer, gpd.GeoDataFrame):
        return layer
    path = Path(layer)
    todo = "请用 GeoPackage、GeoJSON、Shapefile 或 OSM PBF。"
    try:
        if path.suffix.lower() in _OSM:
            return _walked(gpd.read_file(path, layer="lines"), path, notes)
        listed = [str(name) for name, kind in pyogrio.list_layers(path) if kind and "Point" not in str(kind)]
        if len(listed) > 1:
            what = f"文件里有 {len(listed)} 个线、面图层：{'、'.join(listed[:6])}，不知道用哪一个。"
            raise SourceError(what, where=str(path), todo="请另存成只有一个图层的文件，或读成 GeoDataFrame 给出。")
        found = gpd.read_file(path, layer=listed[0]) if listed else gpd.read_file(path)
    except GovkitError:
        raise
    except Exception as error:
        raise SourceError(f"图层读不出来：{error}", where=str(path), todo=todo) from None
    if found.crs is None:
        raise SourceError("图层没有坐标系。", where=str(path), todo="请附上 .prj，或另存为带坐标系的 GeoPackage。")
    return found


def _walked(lines: gpd.GeoDataFrame, path: Path, notes: list[str]) -> gpd.GeoDataFrame:
    """Return the ways of OpenStreetMap that one may walk along."""
    roads = lines.loc[lines["highway"].notna()]
    tags = roads["other_tags"].fillna("") if "other_tags" in roads else pd.Series("", index=roads.index)
    shut = tags.str.contains(r'"foot"=>"no"') | (
        tags.str.contains(r'"access"=>"(?:no|private)"')
        & ~tags.str.contains(r'"foot"=>"(?:yes|designated|permissive)"')
    )
    found = roads.loc[~roads["highway"].isin(catalogue.load("access")["walking"]["not_walked"]) & ~shut]
    if found.empty:
        raise SourceError("文件里没有可步行的道路。", where=str(path), todo="请核对范围，或换一个路网图层。")
    notes.append(note("osm", file=path.name, used=len(found), left=len(roads) - len(found)))
    return found
