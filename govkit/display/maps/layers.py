"""Tidy frames → map layers: who is drawn, in which category, under which name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from govkit import catalogue
from govkit.display.fonts import printable
from govkit.display.maps.classes import Quantity, classify, nice_step
from govkit.display.maps.shapes import drawable
from govkit.display.maps.spec import Category, Layer
from govkit.display.palette import colours, interpolate, ramp
from govkit.errors import ReportError


def words(key: str, **values: Any) -> str:
    """Return a phrase of catalogue/map_text.toml [words], filled in."""
    return catalogue.load("map_text")["words"][key].format(**values)


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
    drawn, remarks = _drawn_units(units, code)
    mine = _values_of(drawn[code], values)
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
    return _unit_layer(
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
    drawn, remarks = _drawn_units(units, code)
    mine = _values_of(drawn[code], change)
    shown = quantity.scaled(mine.to_numpy(dtype=float, na_value=np.nan))
    if np.isinf(shown).any():
        raise ReportError(f"「{quantity.label}」中有无穷大的变化，不能分级。")
    half = 0.5 * 10.0 ** -(0 if quantity.kind == "integer" else quantity.digits)
    step = _change_step(shown, half)
    borders = [-2 * step, -step, -half, half, step, 2 * step]
    members = np.where(np.isnan(shown), -1, np.searchsorted(borders, np.nan_to_num(shown), side="right"))
    categories = _change_categories(step, members, higher_is_better=higher_is_better)
    texts = tuple(quantity.text(value, signed=True) for value in mine)
    return _unit_layer(
        drawn, code, "units", quantity.head, categories, members,
        tags=tuple(quantity.text(value, signed=True, with_unit=False) for value in mine),
        facts=[((quantity.label, text),) for text in texts],
        remarks=(words("worse_hatched"), *remarks), ranks=np.abs(shown),
    )  # fmt: skip


def _change_step(shown: np.ndarray, half: float) -> float:
    largest = np.nanmax(np.abs(shown)) if (~np.isnan(shown)).any() else 0.0
    return nice_step(max(float(largest) / 3, 2 * half))


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
    drawn, remarks = _drawn_units(units, code)
    _check_index(missing, drawn[code])
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
    return _unit_layer(
        drawn, code, "attainment", title, categories, members, facts=facts, remarks=remarks, ranks=counts.astype(float)
    )


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
    drawn, remarks = _drawn_units(grids, "grid_code")
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
    return _unit_layer(
        drawn, "grid_code", "grids", title or catalogue.load("tables")["grids"]["columns"]["kind"]["label"],
        categories, members, facts=facts, remarks=remarks, labelled=False,
    )  # fmt: skip


def _count_text(value: Any) -> str:
    return words("no_data") if pd.isna(value) else f"{int(value):,}"


def border_layer(units: gpd.GeoDataFrame, *, title: str = "", labelled: bool = True, filled: bool = False) -> Layer:
    """Borders of units with their names: drawn over grids (not filled), or under facilities (filled as land)."""
    drawn, remarks = _drawn_units(units, "unit_code")
    fill = colours("paper")["land"] if filled else ""
    category = Category(words("boundary"), len(drawn), fill, colours("line")["unit" if filled else "outline"], 0.8)
    return _unit_layer(
        drawn, "unit_code", "borders", title or words("boundary"), [category],
        np.zeros(len(drawn), dtype=int), remarks=remarks, labelled=labelled, facts=[()] * len(drawn),
    )  # fmt: skip


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
        raise ReportError("网格缺陷的类型(kind)只能是 gap（空白）或 overlap（重叠）。")
    members = np.array([present.index(kind) for kind in drawn["kind"]])
    categories = tuple(
        Category(words(kind), int((members == at).sum()), look["fill"], look["edge"], 0.9, look["hatch"], look["edge"])
        for at, kind in enumerate(present)
        for look in [looks[kind]]
    )
    areas = tuple(f"{area:,.0f} m²" for area in drawn["area_m2"])
    return Layer(
        "defects", title, np.asarray(drawn.geometry.array, dtype=object), members,
        categories, tuple(words(kind) for kind in drawn["kind"]), tuple(map(str, range(1, len(drawn) + 1))),
        tags=areas, facts=tuple(((words("area"), area),) for area in areas), numbered=True,
    )  # fmt: skip


def facility_layer(facilities: gpd.GeoDataFrame, *, title: str = "设施类型") -> Layer:
    """Facilities by kind, each kind with its own symbol and sign; a missing or unknown kind is drawn as 未注明."""
    drawn, undrawn = drawable(facilities, "设施台账", points=True)
    looks, themes = colours("facility_kind"), colours("theme")
    kinds = [kind if kind in looks else "other" for kind in drawn["kind"]]
    present = [kind for kind in looks if kind in set(kinds)]
    members = np.array([present.index(kind) for kind in kinds])
    categories = tuple(
        Category(
            words("unknown_kind") if kind == "other" else catalogue.label("facility_kind", kind),
            int((members == at).sum()), themes[looks[kind]["theme"]], colours("ink")["halo"],
            symbol=looks[kind]["symbol"], sign=looks[kind]["sign"],
        )
        for at, kind in enumerate(present)
    )  # fmt: skip
    names = tuple(_name(name, code) for name, code in zip(drawn["name"], drawn["facility_id"], strict=True))
    labels = [categories[at].label for at in members]
    facts = tuple(
        ((words("kind"), label), *_area_fact(area))
        for label, area in zip(labels, drawn.get("floor_area_m2", pd.Series([None] * len(drawn))), strict=True)
    )
    remarks = (words("unplaced", n=len(undrawn)),) if undrawn else ()
    return Layer(
        "facilities", title, np.asarray(drawn.geometry.array, dtype=object), members, categories,
        names, tuple(drawn["facility_id"].astype(str)), facts=facts, remarks=remarks,
    )  # fmt: skip


def _area_fact(area: Any) -> tuple[tuple[str, str], ...]:
    if area is None or pd.isna(area):
        return ()
    return ((catalogue.load("tables")["facilities"]["columns"]["floor_area_m2"]["label"], f"{area:,.0f} m²"),)


def hidden(layer: Layer) -> Layer:
    """Return the layer switched off at first on an interactive map, and left out of its print twin."""
    return replace(layer, shown=False)


def _name(name: Any, code: Any) -> str:
    text = str(code) if name is None or pd.isna(name) or not str(name).strip() else str(name)
    return printable(text, where=f"编码 {code}")


def _drawn_units(units: gpd.GeoDataFrame, code: str) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    what = "网格表" if code == "grid_code" else "行政单元表"
    drawn, undrawn = drawable(units, what)
    if not undrawn:
        return drawn, ()
    names = [_name(units["name"].iloc[at], units[code].iloc[at]) for at in undrawn]
    shown = catalogue.load("map_text")["separators"]["list"].join(names[:3]) + ("等" if len(names) > 3 else "")
    return drawn, (words("undrawn", n=len(undrawn), names=shown),)


def _values_of(codes: pd.Series, values: pd.Series) -> pd.Series:
    _check_index(values, codes)
    return pd.to_numeric(values, errors="coerce").reindex(codes.to_numpy())


def _check_index(values: pd.Series, codes: pd.Series) -> None:
    if not values.index.is_unique:
        twice = values.index[values.index.duplicated()][0]
        raise ReportError(f"绘图的数值中单元代码重复：{twice!r}", todo="每个单元只给一个值。")
    if len(values) and not values.index.isin(codes).any():
        raise ReportError(
            f"绘图的数值与边界没有一个共同的单元代码，例如 {values.index[0]!r} 与 {codes.iloc[0]!r}。",
            todo="检查两者是否用同一种代码、同一层级。",
        )


def _unit_layer(
    drawn: gpd.GeoDataFrame,
    code: str,
    key: str,
    title: str,
    categories: list[Category],
    members: np.ndarray,
    *,
    facts: Sequence[tuple[tuple[str, str], ...]],
    tags: tuple[str, ...] = (),
    remarks: tuple[str, ...] = (),
    labelled: bool = True,
    ranks: np.ndarray | None = None,
) -> Layer:
    """Finish a polygon layer: what has no category (-1) becomes the hatched category "no data", last."""
    nothing = members < 0
    if nothing.any():
        line, paper = colours("line"), colours("paper")
        categories = [*categories, Category(
            words("no_data"), int(nothing.sum()), paper["no_data"], line["unit"],
            hatch="/", hatch_colour=paper["no_data_hatch"],
        )]  # fmt: skip
        members = np.where(nothing, len(categories) - 1, members)
    areas = shapely.area(np.asarray(drawn.geometry.array, dtype=object))
    return Layer(
        key, printable(title), np.asarray(drawn.geometry.array, dtype=object), members, tuple(categories),
        tuple(_name(name, one) for name, one in zip(drawn["name"], drawn[code], strict=True)),
        tuple(drawn[code].astype(str)), tags=tags, facts=tuple(facts), remarks=remarks, labelled=labelled,
        ranks=areas if ranks is None else np.where(np.isnan(ranks), -np.inf, ranks),
    )  # fmt: skip
