"""Tidy frames → layers that show how many: graduated symbols, and flows of matters between levels."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import drawn_units, unit_name, values_of, words
from govkit.display.maps.sheet.classes import Classes, Quantity, classify
from govkit.display.maps.sheet.shapes import drawable
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours
from govkit.errors import ReportError

_ARC = 0.16  # how far a flow bends aside, as a share of its length
_LEVELS = ("grid", "village", "town", "above")  # from below, as codes.toml [settled_level]


def symbol_layer(
    units: gpd.GeoDataFrame,
    counts: pd.Series,
    quantity: Quantity,
    *,
    breaks: Sequence[float] | None = None,
    classes: int = 4,
    code: str = "unit_code",
) -> Layer:
    """Circles for counts (index: unit code), one size a class, its area in proportion to the mean of its class.

    A unit with 0 or without a count has no circle; the remarks say how many these are. Raises ReportError for a
    negative count, and as ``choropleth_layer`` does.
    """
    drawn, remarks = drawn_units(units, code)
    mine = values_of(drawn[code], counts).to_numpy(dtype=float, na_value=np.nan)
    _refuse_negative(mine, drawn[code], quantity)
    there = np.nan_to_num(mine) > 0
    groups = classify(np.where(there, mine, np.nan), quantity, classes=classes, breaks=breaks)
    look = colours("count")
    radii = _radii(mine, groups)
    categories = tuple(
        Category(label, count, look["fill"], look["edge"], symbol="circle", radius=radius)
        for label, count, radius in zip(groups.labels, groups.counts, radii, strict=True)
    )
    kept = drawn.loc[there]
    places = shapely.point_on_surface(np.asarray(kept.geometry.array, dtype=object))
    texts = [quantity.text(value) for value in mine[there]]
    nothing = [(words("without_count"), int((mine == 0).sum())), (words("no_data"), int(np.isnan(mine).sum()))]
    return Layer(
        "counts", quantity.head, places, groups.members[there], categories,
        tuple(unit_name(name, one) for name, one in zip(kept["name"], kept[code], strict=True)),
        tuple(kept[code].astype(str)), facts=tuple(((quantity.label, text),) for text in texts),
        remarks=(*remarks, *(f"{label}：{words('count', n=n)}" for label, n in nothing if n)),
    )  # fmt: skip


def _refuse_negative(values: np.ndarray, codes: pd.Series, quantity: Quantity) -> None:
    below = np.flatnonzero(values < 0)
    if len(below):
        at = int(below[0])
        what = f"「{quantity.label}」中有负数：{values[at]:g}，数量不能小于零。"
        raise ReportError(what, where=f"单元 {codes.iloc[at]}", todo="改正来源，或改用变化图。")


def _radii(values: np.ndarray, groups: Classes) -> list[float]:
    """Return the radius in centimetres of each class: area follows the mean, the smallest stays visible."""
    limits = catalogue.load("map_text")["symbols"]
    means = np.array([
        values[groups.members == at].mean() if (groups.members == at).any() else 0.0 for at in range(len(groups.labels))
    ])  # fmt: skip
    most = min(limits["most_radius"], limits["room_a_symbol"] / float(np.sqrt(max(sum(groups.counts), 1))))
    largest = max(float(means.max(initial=0)), 1e-300)
    return [max(limits["least_radius"], most * float(np.sqrt(mean / largest))) for mean in means]


def level_flows(units: gpd.GeoDataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return how many settled matters each unit handed up: ``source``, ``target`` (its parent), ``count``.

    A matter of a community settled above the village level goes to its street or town; one settled above that goes on
    from there. ``events``: tidy matters with ``unit_code`` and ``settled_level``; matters not settled do not count.
    """
    parents = units.drop_duplicates("unit_code").set_index("unit_code")["parent"]
    settled = events.dropna(subset=["settled_level", "unit_code"])
    level = settled["settled_level"].map({name: at for at, name in enumerate(_LEVELS)})
    first = pd.DataFrame({"source": settled["unit_code"], "level": level})[level >= _LEVELS.index("town")]
    first = first.assign(target=first["source"].map(parents))
    second = first[first["level"] >= _LEVELS.index("above")]
    second = second.assign(source=second["target"], target=second["target"].map(parents))
    both = pd.concat([first, second]).dropna(subset=["source", "target"])
    return both.groupby(["source", "target"]).size().rename("count").reset_index()


def flow_layer(
    units: gpd.GeoDataFrame, flows: pd.DataFrame, quantity: Quantity, *, classes: int = 4, code: str = "unit_code"
) -> Layer:
    """Curved lines for flows (``source``, ``target``, ``count``), wider and darker the more; a dot marks no direction.

    A flow whose ends are not both in ``units``, or within one unit, is left out and counted in the remarks. Raises
    ReportError where no flow is left or a count is negative.
    """
    drawn, _ = drawable(units, "行政单元表")
    middles = dict(zip(drawn[code], shapely.point_on_surface(np.asarray(drawn.geometry.array)), strict=True))
    names = dict(zip(drawn[code], drawn["name"], strict=True))
    known = flows["source"].isin(middles) & flows["target"].isin(middles) & (flows["source"] != flows["target"])
    kept = flows.loc[known & (flows["count"] > 0)].sort_values("count", kind="stable", ignore_index=True)
    _refuse_negative(flows["count"].to_numpy(dtype=float), flows["source"], quantity)
    if kept.empty:
        raise ReportError(f"「{quantity.label}」没有一条可画的流向。", todo="检查起止单元的代码是否都在行政单元表中。")
    groups = classify(kept["count"].to_numpy(dtype=float), quantity, classes=classes)
    limits = catalogue.load("map_text")["symbols"]
    widths = np.linspace(limits["least_flow"], limits["most_flow"], len(groups.labels))
    fills = [colours("count")["flow"][at] for at in _spaced(len(groups.labels), len(colours("count")["flow"]))]
    categories = tuple(
        Category(label, count, edge=edge, width=float(width))
        for label, count, edge, width in zip(groups.labels, groups.counts, fills, widths, strict=True)
    )
    ends = list(zip(kept["source"], kept["target"], strict=True))
    lost = int((~known).sum())
    return Layer(
        "flows", quantity.head, np.array([_arc(middles[one], middles[other]) for one, other in ends], dtype=object),
        groups.members, categories,
        tuple(f"{unit_name(names[one], one)} → {unit_name(names[other], other)}" for one, other in ends),
        tuple(f"{one}-{other}" for one, other in ends),
        facts=tuple(((quantity.label, quantity.text(count)),) for count in kept["count"]),
        remarks=(words("upwards"), *((words("flows_left_out", n=lost),) if lost else ())),
    )  # fmt: skip


def _spaced(count: int, most: int) -> list[int]:
    return [round(at) for at in np.linspace(0, most - 1, count)] if count > 1 else [most - 1]


def _arc(start: shapely.Point, end: shapely.Point) -> shapely.LineString:
    """Return a curve from start to end that bends to its right, so that two ways between two places stay apart."""
    (x0, y0), (x1, y1) = (start.x, start.y), (end.x, end.y)
    aside = ((x0 + x1) / 2 + _ARC * (y1 - y0), (y0 + y1) / 2 - _ARC * (x1 - x0))
    share = np.linspace(0, 1, 17)[:, None]
    corners = np.array([(x0, y0), aside, (x1, y1)])
    curve = (1 - share) ** 2 * corners[0] + 2 * share * (1 - share) * corners[1] + share**2 * corners[2]
    return shapely.LineString(curve)
