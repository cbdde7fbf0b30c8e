"""Access of a zone's residents to its facilities."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd

from govkit import catalogue
from govkit.analysis.access.access import Access
from govkit.analysis.access.access import access as found_access
from govkit.analysis.measures.scope import Scope
from govkit.errors import GovkitError, SourceError, UnknownNameError
from govkit.periods import Period
from govkit.zone.zone import Zone


def access(zone: Zone, kind: str, period: Period, *, layers: Mapping[str, Any], **options: Any) -> Access:
    """Return the access of a zone's residents, as ``Zone.access`` describes."""
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
    units = zone.tables["units"].drop_duplicates("unit_code").set_index("unit_code")["name"]
    grids = zone.tables["grids"].set_index("grid_code")
    names = {"community": grids["unit_code"].map(units), "district": grids["district_code"].map(units)}
    given = {**options, **{name: _layer(layer) for name, layer in layers.items()}}
    return found_access(grids.assign(**names), places, crs=zone.metric_crs, **given)


def _layer(layer: str | Path | gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if layer is None or isinstance(layer, gpd.GeoDataFrame):
        return layer
    path = Path(layer)
    try:
        found = gpd.read_file(path)
    except Exception as error:
        where = str(path)
        raise SourceError(
            f"图层读不出来：{error}", where=where, todo="请用 GeoPackage、GeoJSON 或 Shapefile。"
        ) from None
    if found.crs is None:
        raise SourceError("图层没有坐标系。", where=str(path), todo="请附上 .prj，或另存为带坐标系的 GeoPackage。")
    return found
