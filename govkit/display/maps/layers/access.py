"""Who lives within reach of a facility: walking circles, and the residents outside them by grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import words
from govkit.display.maps.layers.value_layers import choropleth_layer
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.shapes import drawable, from_metric, polygon, to_metric
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours, ramp
from govkit.errors import ReportError
from govkit.geometry.reach import circles, residents_inside


def reached(
    facilities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, *, metric_crs: str, radii: Sequence[float] = ()
) -> pd.DataFrame:
    """Return the residents within each radius (metres, straight line) of the nearest facility.

    Index: grid_code; one column a radius, then ``population``; NA where a grid's population is unknown. Residents are
    taken to live evenly over their grid. ``radii``: those of catalogue/access.toml where none are given.
    Raises ReportError without facilities, grids or any population.
    """
    points, shapes, drawn = _prepared(facilities, grids, metric_crs)
    people = drawn["population"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    inside = residents_inside(circles(points, _radii(radii)), shapes, people)
    every: dict[Any, np.ndarray] = {**inside, "population": people}
    return pd.DataFrame(every, index=pd.Index(drawn["grid_code"], name="grid_code"))


def access_layers(
    facilities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, what: str, *, metric_crs: str, radii: Sequence[float] = ()
) -> list[Layer]:
    """Circles about facilities with the share of residents inside, and above them the grid parts outside, by residents.

    ``what`` names the facility (服务中心). Residents as in ``reached``; errors as there.
    """
    points, shapes, drawn = _prepared(facilities, grids, metric_crs)
    table = reached(facilities, grids, metric_crs=metric_crs, radii=radii)
    rings = circles(points, _radii(radii))
    outside = shapely.difference(shapes, rings[max(rings)])
    left = table["population"] - table[max(rings)]
    return [*_outside_layer(drawn, outside, left, metric_crs), _circle_layer(rings, shapes, table, what, metric_crs)]


def _prepared(
    facilities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, metric_crs: str
) -> tuple[np.ndarray, np.ndarray, gpd.GeoDataFrame]:
    points, _ = drawable(facilities, "设施台账", points=True)
    drawn, _ = drawable(grids.drop_duplicates("grid_code"), "网格表")
    if drawn["population"].isna().all():
        raise ReportError("网格表没有人口数，不能推算覆盖的居民。", todo="在网格表中填写人口数。")
    in_metres = [to_metric(np.asarray(one.geometry.array, dtype=object), metric_crs) for one in (points, drawn)]
    return in_metres[0], in_metres[1], drawn


def _radii(radii: Sequence[float]) -> list[float]:
    wanted = sorted(radii) or [one["radius_m"] for one in catalogue.load("access")["circle"]]
    if wanted[0] <= 0:
        raise ReportError(f"服务半径应大于零：{wanted[0]:g}")
    return list(wanted)


def _circle_layer(
    rings: dict[float, shapely.Geometry], shapes: np.ndarray, table: pd.DataFrame, what: str, metric_crs: str
) -> Layer:
    """Return rings from the innermost outwards; the legend says what share of the residents each radius reaches."""
    land = shapely.union_all(shapes)
    radii = sorted(rings)
    inner = [None, *(rings[radius] for radius in radii[:-1])]
    cut = [
        rings[radius] if less is None else rings[radius].difference(less)
        for radius, less in zip(radii, inner, strict=True)
    ]
    parts = [polygon(one.intersection(land)) for one in cut]
    there = [at for at, part in enumerate(parts) if part is not None]
    known = table.dropna()
    total = float(known["population"].sum())
    shares = [float(known[radius].sum()) / total if total else float("nan") for radius in radii]
    names = {one["radius_m"]: one["name"] for one in catalogue.load("access")["circle"]}
    labels = [
        words("within", name=names.get(radius, ""), metres=f"{radius:g}", share=Quantity("", "percent").text(share))
        for radius, share in zip(radii, shares, strict=True)
    ]
    fills = ramp("sequential", len(radii) + 3)[1 : len(radii) + 1][::-1]
    categories = tuple(
        Category(label, 1, fill, colours("line")["unit"], 0.4, counted=False)
        for label, fill in zip(labels, fills, strict=True)
    )
    drawn = from_metric(np.array([parts[at] for at in there], dtype=object), metric_crs)
    unknown = len(table) - len(known)
    return Layer(
        "access", f"{what}{words('access')}", drawn, np.array(there, dtype=int), categories,
        tuple(labels[at] for at in there), tuple(f"{radii[at]:g}" for at in there), facts=((),) * len(there),
        remarks=(words("straight"), *((words("people_unknown", n=unknown),) if unknown else ())),
    )  # fmt: skip


def _outside_layer(drawn: gpd.GeoDataFrame, outside: np.ndarray, left: pd.Series, metric_crs: str) -> list[Layer]:
    """Return the parts of grids where at least half a person lives out of reach; no layer where nobody does."""
    parts = np.array([polygon(one) for one in outside], dtype=object)
    there = np.array([part is not None for part in parts]) & (left.to_numpy(dtype=float, na_value=0) >= 0.5)
    if not there.any():
        return []
    geometry = gpd.GeoSeries(list(from_metric(parts[there], metric_crs)), crs="EPSG:4490")
    frame = drawn.loc[there].reset_index(drop=True).set_geometry(geometry)
    values = left.loc[left.index.isin(frame["grid_code"])].round()
    quantity = Quantity(words("out_of_reach"), "integer", "人")
    return [choropleth_layer(
        frame, values, quantity, code="grid_code", key="unreached", colour="warm", classes=4, labelled=False
    )]  # fmt: skip
