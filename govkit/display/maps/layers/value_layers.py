"""Tidy frames → layers of polygons coloured by a value: classes, change, attainment of a standard, several periods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import check_index, drawn_units, unit_layer, values_of, words
from govkit.display.maps.sheet.classes import Quantity, classify, nice_step
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours, interpolate, ramp
from govkit.errors import ReportError


def choropleth_layer(
    units: gpd.GeoDataFrame,
    values: pd.Series,
    quantity: Quantity,
    *,
    scheme: str = "natural",
    classes: int = 0,
    breaks: Sequence[float] | None = None,
    colour: str = "sequential",
    code: str = "unit_code",
    key: str = "units",
    show_values: bool = False,
    labelled: bool = True,
) -> Layer:
    """Polygons coloured by classes of ``values`` (index: unit code; rates as fractions).

    A unit without value is hatched as no data; values of other units are ignored. ``show_values`` writes them below
    the names. Raises ReportError if nothing can be drawn or no unit is in ``values`` at all, and as ``classify`` does.
    """
    drawn, remarks = drawn_units(units, code)
    mine = values_of(drawn[code], values)
    groups = classify(
        mine.to_numpy(dtype=float, na_value=np.nan), quantity, scheme=scheme, classes=classes, breaks=breaks
    )
    fills = ramp(colour, len(groups.labels)) if groups.labels else ()
    line = colours("line")["unit"]
    categories = [
        Category(label, count, fill, line)
        for label, count, fill in zip(groups.labels, groups.counts, fills, strict=True)
    ]
    texts = tuple(quantity.text(value) for value in mine)
    notes = [words("include_lower"), words("darker_higher")] if len(groups.breaks) else []
    return unit_layer(
        drawn, code, key, quantity.head, categories, groups.members,
        tags=tuple(quantity.text(value, with_unit=False) for value in mine) if show_values else (),
        facts=[((quantity.label, text),) for text in texts],
        remarks=(*notes, *remarks), labelled=labelled, ranks=mine.to_numpy(dtype=float, na_value=np.nan),
    )  # fmt: skip


def change_layer(
    units: gpd.GeoDataFrame,
    change: pd.Series,
    quantity: Quantity,
    *,
    higher_is_better: bool = True,
    code: str = "unit_code",
) -> Layer:
    """Polygons coloured by a change (index: unit code; unscaled) about zero: better one hue, worse another and hatched.

    What rounds to zero at the digits shown is "even". Three classes a side, with one round step for both sides.
    """
    drawn, remarks = drawn_units(units, code)
    mine = values_of(drawn[code], change)
    shown = quantity.scaled(mine.to_numpy(dtype=float, na_value=np.nan))
    if np.isinf(shown).any():
        raise ReportError(f"「{quantity.label}」中有无穷大的变化，不能分级。")
    half = 0.5 * 10.0 ** -(0 if quantity.kind == "integer" else quantity.digits)
    largest = np.nanmax(np.abs(shown)) if (~np.isnan(shown)).any() else 0.0
    step = nice_step(max(float(largest) / 3, 2 * half))
    borders = [-2 * step, -step, -half, half, step, 2 * step]
    members = np.where(np.isnan(shown), -1, np.searchsorted(borders, np.nan_to_num(shown), side="right"))
    categories = _change_categories(step, members, higher_is_better=higher_is_better)
    texts = tuple(quantity.text(value, signed=True) for value in mine)
    return unit_layer(
        drawn, code, "units", quantity.head, categories, members,
        tags=tuple(quantity.text(value, signed=True, with_unit=False) for value in mine),
        facts=[((quantity.label, text),) for text in texts],
        remarks=(words("worse_hatched"), *remarks), ranks=np.abs(shown),
    )  # fmt: skip


def _change_categories(step: float, members: np.ndarray, *, higher_is_better: bool) -> list[Category]:
    scheme = colours("diverging")
    up, down = ("better", "worse") if higher_is_better else ("worse", "better")
    between = catalogue.load("map_text")["separators"]
    texts = [
        f"{between['from']}{2 * step:g}",
        f"{step:g}{between['between']}{2 * step:g}",
        f"{between['below']}{step:g}",
    ]
    sides = []
    for side, word in ((down, words("fall")), (up, words("rise"))):
        fills = interpolate(scheme[side], 3)[::-1]
        hatch = scheme["worse_hatch"] if side == "worse" else ""
        sides.append([(f"{word} {text}", fill, hatch) for text, fill in zip(texts, fills, strict=True)])
    looks = [*sides[0], (words("even"), scheme["even"], ""), *sides[1][::-1]]
    return [
        Category(label, int((members == at).sum()), fill, colours("line")["unit"], hatch=hatch)
        for at, (label, fill, hatch) in enumerate(looks)
    ]


def attainment_layer(units: gpd.GeoDataFrame, missing: pd.Series, title: str, *, code: str = "unit_code") -> Layer:
    """Polygons by attainment of a standard: met, missing 1, 2 … items.

    ``missing`` (index: unit code): the items missing, as a list of names or as a count; empty or 0 is met; NA is no
    data. Units that are not in its index are not judged.
    """
    drawn, remarks = drawn_units(units, code)
    check_index(missing, drawn[code])
    items = [missing.loc[one] if one in missing.index else None for one in drawn[code]]
    counts = np.array([_missing_count(one) for one in items])
    judged = drawn[code].isin(missing.index).to_numpy()
    style = colours("attainment")
    most = len(style["missing"])
    members = np.where(counts < 0, -1, np.minimum(counts, most))
    members = np.where(judged, members, most + 1)
    last = words("missing_more", n=most) if counts.max() > most else words("missing", n=most)
    labels = [words("met"), *(words("missing", n=n) for n in range(1, most)), last, words("not_judged")]
    fills = [style["met"], *style["missing"], style["not_judged"]]
    needed = [*range(int(members[judged].max(initial=0)) + 1), *([most + 1] if (~judged).any() else [])]
    line = colours("line")["unit"]
    categories = [Category(labels[at], int((members == at).sum()), fills[at], line) for at in needed]
    members = np.array([needed.index(at) if at >= 0 else -1 for at in members])
    facts = [_missing_facts(one, count) for one, count in zip(items, counts, strict=True)]
    made = unit_layer(
        drawn, code, "attainment", title, categories, members, facts=facts, remarks=remarks, ranks=counts.astype(float)
    )
    return replace(made, pressing=counts > 0)


def _missing_count(items: Any) -> int:
    if isinstance(items, (list, tuple, set, frozenset, np.ndarray)):
        return len(items)
    return -1 if items is None or pd.isna(items) else int(items)


def _missing_facts(items: Any, count: int) -> tuple[tuple[str, str], ...]:
    if count < 0:
        return ()
    if count == 0:
        return ((words("met"), "✓"),)
    named = isinstance(items, (list, tuple, set, frozenset, np.ndarray))
    text = (
        catalogue.load("map_text")["separators"]["list"].join(map(str, items)) if named else words("missing", n=count)
    )
    return ((words("missing_items"), text),)


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
