"""The same measure at several times: layers in common classes, and the one legend of many layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit.display.maps.layers.value_layers import choropleth_layer
from govkit.display.maps.sheet.classes import Quantity, classify
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.errors import ReportError


def period_layers(
    units: gpd.GeoDataFrame,
    values: pd.DataFrame,
    quantity: Quantity,
    *,
    breaks: Sequence[float] | None = None,
    scheme: str = "natural",
    classes: int = 0,
    **options: Any,
) -> list[tuple[str, Layer]]:
    """Return a choropleth a column of ``values`` (index: unit code), every one in the classes of all values together.

    ``options`` as for ``choropleth_layer``. Raises ReportError without a column, and as ``choropleth_layer`` does.
    """
    if values.shape[1] == 0:
        raise ReportError(f"「{quantity.label}」没有任何一期的数值。")
    mine = values.loc[values.index.isin(units[options.get("code", "unit_code")])]
    if breaks is None:
        numbers = mine.to_numpy(dtype=float, na_value=float("nan")).ravel()
        borders = classify(numbers, quantity, scheme=scheme, classes=classes).breaks
        scale = float(quantity.scaled(np.ones(1))[0])
        breaks = [border / scale for border in borders]
    return [
        (str(name), choropleth_layer(units, column, quantity, breaks=breaks, labelled=False, **options))
        for name, column in values.items()
    ]


def shared_legend(layers: Sequence[Layer]) -> list[Layer]:
    """Return one layer a title with every category any of them has, counts added up, in the order first met."""
    merged: dict[str, Layer] = {}
    for layer in layers:
        known = merged.get(layer.title)
        merged[layer.title] = layer if known is None else replace(known, categories=_together(known, layer))
    return list(merged.values())


def _together(one: Layer, other: Layer) -> tuple[Category, ...]:
    counts = {category.label: category for category in one.categories}
    for category in other.categories:
        known = counts.get(category.label)
        counts[category.label] = category if known is None else replace(known, count=known.count + category.count)
    last = [label for label, category in counts.items() if category.hatch and not category.symbol]
    return tuple(counts[label] for label in counts if label not in last) + tuple(counts[label] for label in last)
