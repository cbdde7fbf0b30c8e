"""Units of a table drawn by a layer: each shape finds its unit by code, else by name and the name above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit.errors import nearest
from govkit.intake.reading.assemble import Reading
from govkit.intake.reading.sources import Source
from govkit.intake.units.code_systems import padded
from govkit.intake.units.hierarchy import Hierarchy

_MOST_NAMES = 8


def source_of_boundaries(source: Source) -> Source:
    """Return how the layer that draws a table's units is read: as units, of which names alone are needed."""
    columns = {"name": source.boundary_name} if source.boundary_name else {}
    return Source(
        "units", source.boundaries, datum=source.datum, crs=source.crs, columns=columns, kinds=source.kinds,
        country=source.country, corrections=source.corrections,
    )  # fmt: skip


def drawn(units: Reading, layer: Reading, hierarchy: Hierarchy, inner: Mapping[str, str]) -> Reading:
    """Return units with the shapes of a layer; the layer's reading is in ``facts["boundaries"]``.

    Several shapes of one unit are one. A shape whose unit is not in the table, or may be several, is set aside and
    said; so are units of the layer's level that stay without. ``inner``: codes of the layer → codes inside.
    """
    text = layer.text.reindex(columns=["unit_code", "name", "parent"])
    rows = text.astype("object").where(text.notna(), "").to_dict("records")
    found = pd.Series([_unit_of(row, hierarchy, inner) for row in rows], index=layer.frame.index, dtype="object")
    many, none = found.map(len) > 1, found.map(len) == 0
    words = {"names": ["、".join(hierarchy.shown(codes)) for codes in found[many & ~layer.aside]]}
    layer = layer.flagged("boundary_of_several", many & ~layer.aside, column="name", words=words)
    names = [str(name) for name in hierarchy.names.values()]
    near = [nearest(str(name), names) for name in layer.frame.loc[none & ~layer.aside, "name"]]
    hints = [f"，最接近的是{'、'.join(one)}" if one else "" for one in near]
    layer = layer.flagged("boundary_without_unit", none & ~layer.aside, column="name", words={"hint": hints})
    shapes: dict[str, list[shapely.Geometry]] = {}
    for at in np.flatnonzero(~layer.aside):
        shapes.setdefault(found.iloc[at][0], []).append(layer.frame["geometry"].iloc[at])
    whole = {code: parts[0] if len(parts) == 1 else shapely.union_all(parts) for code, parts in shapes.items()}
    column = gpd.GeoSeries([whole.get(code) for code in units.frame["unit_code"]], index=units.frame.index, crs=4490)
    frame = gpd.GeoDataFrame(units.frame.assign(geometry=column), geometry="geometry")
    units = replace(units, frame=frame, facts={**units.facts, "boundaries": layer})
    units = units.noted("units_drawn", value=layer.source.path, count=len(whole), file=layer.source.path)
    levels = frame.loc[frame["unit_code"].isin(whole), "level"]
    bare = frame["level"].isin(levels) & ~frame["unit_code"].isin(whole) & ~units.aside
    if not bare.any():
        return units
    first = bare & (bare.cumsum() == 1)
    some = "、".join(map(str, frame.loc[bare, "name"].head(_MOST_NAMES)))
    return units.flagged("units_not_drawn", first, column="name", words={"count": int(bare.sum()), "names": some})


def _unit_of(row: Mapping[str, str], hierarchy: Hierarchy, inner: Mapping[str, str]) -> list[str]:
    code = inner.get(row["unit_code"], padded(row["unit_code"]))
    if code in hierarchy.names:
        return [code]
    if not row["name"]:
        return []
    codes = hierarchy.called(row["name"]) or hierarchy.formerly_called(row["name"])
    if len(codes) > 1 and row["parent"]:
        above = set(hierarchy.called(row["parent"])) | {padded(row["parent"])}
        codes = [one for one in codes if not above.isdisjoint(hierarchy.above(one))]
    return codes
