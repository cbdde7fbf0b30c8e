"""Tidy frames → layers of things by kind: grids, borders, defects of grids, facilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from govkit import catalogue
from govkit.display.maps.layers.layer_parts import drawn_units, unit_layer, unit_name, words
from govkit.display.maps.layers.value_layers import choropleth_layer
from govkit.display.maps.sheet.classes import Quantity
from govkit.display.maps.sheet.shapes import drawable
from govkit.display.maps.sheet.spec import Category, Layer
from govkit.display.palette import colours
from govkit.errors import ReportError
from govkit.rounding import fixed


def grid_layer(
    grids: gpd.GeoDataFrame,
    *,
    by: str = "kind",
    title: str = "",
    classes: int = 0,
    breaks: Sequence[float] | None = None,
) -> Layer:
    """Grids coloured by ``kind`` or by classes of a number such as ``households``."""
    if by != "kind":
        quantity = Quantity(title or words(by), "integer", "户" if by == "households" else "")
        values = grids.set_index("grid_code")[by]
        values = values[~values.index.duplicated()]
        return choropleth_layer(
            grids, values, quantity, code="grid_code", key="grids", labelled=False, classes=classes, breaks=breaks
        )
    drawn, remarks = drawn_units(grids, "grid_code")
    looks = colours("grid_kind")
    present = [kind for kind in looks if (drawn["kind"] == kind).any()]
    members = np.array([present.index(kind) if kind in present else -1 for kind in drawn["kind"]])
    edge = colours("line")["unit"]
    categories = [
        Category(
            catalogue.label("grid_kind", kind), int((members == at).sum()), looks[kind]["fill"], edge, 0.35,
            hatch=looks[kind]["hatch"], hatch_colour=edge,
        )
        for at, kind in enumerate(present)
    ]  # fmt: skip
    facts = [
        ((words("kind"), catalogue.label("grid_kind", row.kind)), (words("households"), _count_text(row.households)))
        for row in drawn[["kind", "households"]].itertuples()
    ]
    return unit_layer(
        drawn, "grid_code", "grids", title or catalogue.load("tables")["grids"]["columns"]["kind"]["label"],
        categories, members, facts=facts, remarks=remarks, labelled=False,
    )  # fmt: skip


def _count_text(value: Any) -> str:
    return words("no_data") if pd.isna(value) else f"{int(value):,}"


def border_layer(units: gpd.GeoDataFrame, *, title: str = "", labelled: bool = True, filled: bool = False) -> Layer:
    """Borders of units with their names: drawn over grids (not filled), or under facilities (filled as land)."""
    drawn, remarks = drawn_units(units, "unit_code")
    fill = colours("paper")["land"] if filled else ""
    label = words("boundary", units=_unit_word(drawn))
    category = Category(label, len(drawn), fill, colours("line")["unit" if filled else "outline"], 0.8)
    return unit_layer(
        drawn, "unit_code", "borders", title or label, [category],
        np.zeros(len(drawn), dtype=int), remarks=remarks, labelled=labelled, facts=[()] * len(drawn),
    )  # fmt: skip


def grouped(layers: Sequence[Layer], above: gpd.GeoDataFrame | None) -> list[Layer]:
    """Return layers of more units than can be named (catalogue/charts.toml, ``some``) led by the units ``above`` them.

    Those have bold borders and names, what lies below them thin ones; of its units only a few ``pressing`` are named.
    """
    rule, most = catalogue.load("map_text")["above"], catalogue.load("charts")["units"]["some"]
    crowded = [layer.key for layer in layers if layer.shown and layer.labelled and len(layer.shapes) > most]
    if not crowded or above is None or len(above) > most:
        return list(layers)
    below, over = [], []
    for layer in layers:
        if layer.is_points or layer.is_lines or layer.numbered:
            over.append(layer)
            continue
        line = tuple(replace(one, width=one.width * rule["thinner"]) for one in layer.categories)
        named = layer.pressing & (np.sum(layer.pressing) <= most)
        ranks = np.where(named, layer.ranks, np.nan) if layer.key in crowded else layer.ranks
        below.append(replace(layer, categories=line, ranks=ranks))
    lead = border_layer(above)
    line = tuple(replace(one, width=rule["width"]) for one in lead.categories)
    return [*below, replace(lead, key="above", categories=line, ranks=np.full(len(lead.shapes), np.inf)), *over]


def _unit_word(units: gpd.GeoDataFrame) -> str:
    """Return what reports call these units, by their level; without that column they are communities."""
    levels = set(units["level"]) if "level" in units else {"community"}
    known = catalogue.load("levels")["unit_word"]
    if "kind" in units and units["kind"].isin(["town", "township"]).all():
        return words("townships")
    return known.get(levels.pop(), known["any"]) if len(levels) == 1 else known["any"]


def defect_layer(defects: gpd.GeoDataFrame) -> Layer:
    """Gaps and overlaps of the grids, numbered by area, largest first.

    ``defects``: polygons with ``kind`` (gap or overlap) and ``area_m2``; it may be empty: nothing was found then.
    """
    title = f"{words('gap')}、{words('overlap')}"
    if defects.empty:
        none = Category(words("no_defect"), 0, counted=False)
        return Layer(
            "defects",
            f"{words('gap')}、{words('overlap')}",
            np.array([], dtype=object),
            np.array([], dtype=int),
            (none,),
            (),
            (),
        )
    drawn, _ = drawable(defects, "网格缺陷表")
    drawn = drawn.sort_values("area_m2", ascending=False, kind="stable", ignore_index=True)
    looks = colours("defect")
    present = [kind for kind in looks if (drawn["kind"] == kind).any()]
    if not drawn["kind"].isin(looks).all():
        raise ReportError("网格缺陷的类型(kind)只能是 gap（空隙）或 overlap（重叠）。")
    members = np.array([present.index(kind) for kind in drawn["kind"]])
    categories = tuple(
        Category(words(kind), int((members == at).sum()), look["fill"], look["edge"], 0.9, look["hatch"], look["edge"])
        for at, kind in enumerate(present)
        for look in [looks[kind]]
    )
    areas = tuple(f"{fixed(area)} m²" for area in drawn["area_m2"])
    return Layer(
        "defects", title, np.asarray(drawn.geometry.array, dtype=object), members,
        categories, tuple(words(kind) for kind in drawn["kind"]), tuple(map(str, range(1, len(drawn) + 1))),
        tags=areas, facts=tuple(((words("area"), area),) for area in areas), numbered=True,
    )  # fmt: skip


def facility_layer(facilities: gpd.GeoDataFrame, *, title: str = "设施类型") -> Layer:
    """Facilities by kind, each kind with its own symbol and sign.

    Kinds of the place's own have the sign that ``facilities.attrs["signs"]`` gives them, or share that of 其他 and are
    named in the legend; a missing or unknown kind is 未注明.
    """
    signs = facilities.attrs.get("signs", {})
    drawn, undrawn = drawable(facilities, "设施台账", points=True)
    looks, themes = colours("facility_kind"), colours("theme")
    looks = {**{kind: {**looks["other"], "sign": sign} for kind, sign in signs.items() if _is_own(kind)}, **looks}
    kinds = [kind if kind in looks else "other" for kind in drawn["kind"]]
    present = [kind for kind in looks if kind in set(kinds)]
    members = np.array([present.index(kind) for kind in kinds])
    own = list(dict.fromkeys(kind for kind in drawn["kind"] if _is_own(kind) and kind not in looks))
    categories = tuple(
        Category(
            _other_kinds(own) if kind == "other" else catalogue.label("facility_kind", kind),
            int((members == at).sum()), themes[looks[kind]["theme"]], colours("ink")["halo"],
            symbol=looks[kind]["symbol"], sign=looks[kind]["sign"],
        )
        for at, kind in enumerate(present)
    )  # fmt: skip
    names = tuple(unit_name(name, code) for name, code in zip(drawn["name"], drawn["facility_id"], strict=True))
    labels = [kind if _is_own(kind) else categories[at].label for kind, at in zip(drawn["kind"], members, strict=True)]
    facts = tuple(
        ((words("kind"), label), *_area_fact(area))
        for label, area in zip(labels, drawn.get("floor_area_m2", pd.Series([None] * len(drawn))), strict=True)
    )
    remarks = (words("unplaced", n=len(undrawn)),) if undrawn else ()
    return Layer(
        "facilities", title, np.asarray(drawn.geometry.array, dtype=object), members, categories,
        names, tuple(drawn["facility_id"].astype(str)), facts=facts, remarks=remarks,
    )  # fmt: skip


def _is_own(kind: Any) -> bool:
    return isinstance(kind, str) and catalogue.is_own_kind("facility_kind", kind)


def _other_kinds(own: list[str]) -> str:
    """Name kinds of the place's own in a legend: one by itself, several as 其他 with the first of them."""
    if not own:
        return words("unknown_kind")
    return own[0] if len(own) == 1 else words("other_kinds", some="、".join(own[:2]), n=len(own))


def _area_fact(area: Any) -> tuple[tuple[str, str], ...]:
    if area is None or pd.isna(area):
        return ()
    return ((catalogue.load("tables")["facilities"]["columns"]["floor_area_m2"]["label"], f"{fixed(area)} m²"),)
