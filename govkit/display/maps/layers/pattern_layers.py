"""Tidy frames → layers that show a pattern: units by kind, two measures at once, clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import check_index, drawn_units, unit_layer, values_of, words
from govkit.display.maps.sheet.classes import Quantity, classify
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours
from govkit.errors import ReportError
from govkit.local_patterns import QUADRANTS, discoveries, local_moran, neighbours, smoothed_rates
from govkit.rounding import fixed, percent


def category_layer(
    units: gpd.GeoDataFrame,
    kinds: pd.Series,
    title: str,
    *,
    labels: Mapping[str, str] | None = None,
    quiet: str = "",
    code: str = "unit_code",
) -> Layer:
    """Polygons by kind (index: unit code), each kind its colour and hatch.

    ``labels``: kind → what the legend says, in its order; kinds not in it follow as they are. ``quiet``: the kind of
    which there is nothing to say, in the colour of places without cluster. Raises ReportError for more kinds than a
    legend can hold.
    """
    drawn, remarks = drawn_units(units, code)
    check_index(kinds, drawn[code])
    mine = kinds.reindex(drawn[code].to_numpy())
    found = [str(one) for one in mine.dropna().unique()]
    known = [one for one in labels or {} if one in found]
    order = known + sorted(one for one in found if one not in known)
    most = catalogue.load("map_text")["limits"]["most_categories"]
    if len(order) > most:
        allowed = f"最多 {most} 类"
        raise ReportError(
            f"「{title}」有 {len(order)} 类，图例放不下，颜色也分不清。", allowed=allowed, todo="先把相近的类合并。"
        )
    look, none = colours("category"), colours("cluster")["none"]
    looks = [
        (none["fill"], none["hatch"])
        if kind == quiet
        else (look["fills"][at % len(look["fills"])], look["hatches"][at // 4])
        for at, kind in enumerate(order)
    ]
    members = np.array([-1 if pd.isna(one) else order.index(str(one)) for one in mine])
    categories = [
        Category(
            (labels or {}).get(kind, kind), int((members == at).sum()), fill, colours("line")["unit"], hatch=hatch,
            hatch_colour=look["hatch"],
        )
        for at, (kind, (fill, hatch)) in enumerate(zip(order, looks, strict=True))
    ]  # fmt: skip
    facts = [((title, categories[at].label if at >= 0 else words("no_data")),) for at in members]
    return unit_layer(drawn, code, "category", title, categories, members, facts=facts, remarks=remarks)


def bivariate_layer(
    units: gpd.GeoDataFrame,
    across: tuple[pd.Series, Quantity],
    up: tuple[pd.Series, Quantity],
    *,
    breaks: tuple[Sequence[float], Sequence[float]] | None = None,
    code: str = "unit_code",
) -> Layer:
    """Polygons by two measures at once, each (values by unit code, quantity) in three classes: nine colours.

    Thirds of the units unless ``breaks`` (two borders for each measure, unscaled) are given. A unit that lacks either
    value is no data. Raises ReportError where a measure has too few different values for three classes.
    """
    drawn, remarks = drawn_units(units, code)
    numbers = [values_of(drawn[code], values).to_numpy(dtype=float, na_value=np.nan) for values, _ in (across, up)]
    both = ~np.isnan(numbers[0]) & ~np.isnan(numbers[1])
    groups = [
        classify(np.where(both, mine, np.nan), quantity, scheme="quantiles", classes=3, breaks=given)
        for mine, (_, quantity), given in zip(numbers, (across, up), breaks or (None, None), strict=True)
    ]
    for group, (_, quantity) in zip(groups, (across, up), strict=True):
        if len(group.labels) != 3:
            raise ReportError(f"「{quantity.label}」的值太少或太集中，分不成三级。", todo="用 breaks 给出两个界限。")
    members = np.where(both, 3 * groups[1].members + groups[0].members, -1)
    quantities = (across[1], up[1])
    categories = [
        Category(
            f"{quantities[0].label} {groups[0].labels[column]}，{quantities[1].label} {groups[1].labels[row]}",
            int((members == 3 * row + column).sum()), _mixed(column, row), colours("line")["unit"],
        )
        for row in range(3)
        for column in range(3)
    ]  # fmt: skip
    facts = [
        tuple((quantity.label, quantity.text(one)) for quantity, one in zip(quantities, pair, strict=True))
        for pair in zip(*numbers, strict=True)
    ]
    borders = [f"{one.label}：{'、'.join(group.labels)}" for one, group in zip(quantities, groups, strict=True)]
    return unit_layer(
        drawn, code, "bivariate", f"{quantities[0].label}与{quantities[1].label}", categories, members,
        facts=facts, remarks=(*borders, *remarks), matrix=(quantities[0].head, quantities[1].head),
    )  # fmt: skip


def _mixed(column: int, row: int) -> str:
    """Return the colour of a field: its column's and its row's colour laid over each other."""
    look = colours("bivariate")
    pair = [[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in (look["across"][column], look["up"][row])]
    return "#" + "".join(f"{round(first * second / 255):02x}" for first, second in zip(*pair, strict=True))


def cluster_layer(
    units: gpd.GeoDataFrame,
    values: pd.Series,
    quantity: Quantity,
    *,
    false_discoveries: float = 0.05,
    people: pd.Series | None = None,
    code: str = "unit_code",
) -> Layer:
    """Polygons by local spatial association (LISA): high among high, low among low, and those unlike their neighbours.

    Anselin (1995), "Local indicators of spatial association": local Moran's I over neighbours that touch, two-sided
    pseudo p by permutations from a fixed start; of the units shown, at most ``false_discoveries`` are expected to be
    chance. With ``people`` the values are rates, drawn towards that of all where few stand behind them. Units without
    value or without neighbour are no data. Raises ReportError for fewer than 8 units with both, or where all values are
    equal.
    """
    drawn, remarks = drawn_units(units, code)
    mine = values_of(drawn[code], values).to_numpy(dtype=float, na_value=np.nan)
    shapes = np.asarray(drawn.geometry.array, dtype=object)
    judged, what = mine, quantity.label
    if people is not None:
        behind = values_of(drawn[code], people).to_numpy(dtype=float, na_value=np.nan)
        judged, what = smoothed_rates(mine * behind, behind), f"{quantity.label}（按人数平滑后）"
    found = local_moran(judged, neighbours(shapes, there=~np.isnan(judged)), what=what)
    significant = discoveries(found.p, rate=false_discoveries)
    members = np.where(np.isnan(found.i), -1, np.where(significant, found.quadrant, len(QUADRANTS)))
    look = colours("cluster")
    looks = [*(look[name] for name in QUADRANTS), look["none"]]
    labels = [*(words(f"cluster_{name}") for name in QUADRANTS), words("cluster_none")]
    categories = [
        Category(label, int((members == at).sum()), one["fill"], colours("line")["unit"], hatch=one["hatch"])
        for at, (label, one) in enumerate(zip(labels, looks, strict=True))
    ]
    facts = [
        ((quantity.label, quantity.text(value)), ("I", words("no_data") if np.isnan(i) else fixed(i, 2)),
         ("p", words("no_data") if np.isnan(p) else fixed(p, 3)))
        for value, i, p in zip(mine, found.i, found.p, strict=True)
    ]  # fmt: skip
    note = words("cluster_note", rate=percent(false_discoveries), i=fixed(found.global_i, 2))
    return unit_layer(
        drawn, code, "clusters", f"{quantity.label}{words('cluster')}", categories, members,
        facts=facts, remarks=(note, *remarks),
    )  # fmt: skip
